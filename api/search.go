package api

import (
	"context"
	"net/http"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/search"

	"github.com/labstack/echo/v4"
)

const searchPath = "/v1/search"

// search finds records of all types.
//
//	@ID				search
//	@Summary		Search records of all types
//	@Description	Finds people and organizations by name in any spelling, and round tables, statements, documents, topics and places
//	@Description	by their texts in Kazakh, Russian and English. A record must match every word; the words may be in different
//	@Description	languages and in any order. `"…"` or `«…»` search for a phrase. The last word may be incomplete. A word that no text
//	@Description	contains is replaced by the most similar ones. Words that are too common, such as "of", do not count: a text of
//	@Description	such words only finds nothing.
//	@Description
//	@Description	A round table or statement is also found by the names of its topics and places, and a statement by the title of its
//	@Description	round table. Such results come last; `matched` says why they were found, and `related` names the other record.
//	@Description	`highlight` marks the matching words of `context`. The counts are of all matching records, up to 500 of a type.
//	@Tags			Search
//	@x-view			true
//	@Param			params	query		search.Params	false	"-"
//	@Success		200		{object}	search.Results	"The found records, the best match first."
//	@Router			/v1/search [get]
func (s *server) search(c echo.Context) error {
	var p search.Params
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
		return err
	}
	cached := s.cacheable(c)
	if done, err := cached.sendCached(c, matchList); done || err != nil {
		return err
	}
	var results search.Results
	var state paging.State
	err := s.shares.run(c, func(ctx context.Context) (err error) {
		results, state, err = search.Searcher{DB: s.db, Finders: s.matcher.Finders}.Search(ctx, p)
		return err
	})
	if err != nil {
		return err
	}
	cached.setState(c, state, "")
	results.Meta = search.Meta{Cursor: s.changeCursor(c.Request().Context(), state.Head), License: License}
	localize(&results, p.Lang)
	return sendCacheable(c, http.StatusOK, echo.MIMEApplicationJSON, results, cached)
}
