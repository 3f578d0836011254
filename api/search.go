package api

import (
	"context"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/search"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

const searchPath = "/v1/search"

// SearchResults are the results of a search.
//
//	@Description	The records that match the text, the best match first.
type SearchResults struct {
	Data   []search.Hit   `json:"data"`   // The records.
	Counts map[string]int `json:"counts"` // The number of matching records by type, for all searched types. Counting stops at 500.
	Meta   ViewMeta       `json:"meta"`
} //	@name	SearchResults

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
//	@Success		200		{object}	SearchResults	"The found records, the best match first."
//	@Router			/v1/search [get]
func (s *server) search(c echo.Context) error {
	var p search.Params
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
		return err
	}
	return s.sendView(c, func(ctx context.Context, tx pgx.Tx, meta ViewMeta) (any, error) {
		found, err := search.Searcher{DB: tx, Finders: s.matcher.Finders}.Search(ctx, p)
		if err != nil {
			return nil, err
		}
		if p.Lang != "" {
			text.Localize(found.Data, p.Lang)
		}
		return SearchResults{found.Data, found.Counts, meta}, nil
	})
}
