package api

import (
	"context"
	"net/http"
	"reflect"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/match"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/spelling"

	"github.com/labstack/echo/v4"
)

// sought returns the records that a list is restricted to by a search for a name; nil if q is empty.
var sought = match.Search

// lookupParams are the parameters of a lookup.
type lookupParams struct {
	Q     string `query:"q" form:"q" validate:"max=200" example:"Токаев"`          // The typed text: a name or the beginning of one, in any spelling, script and word order.
	Limit int    `query:"limit" form:"limit" default:"10" validate:"min=1,max=50"` // Records to return at most, 1 to 50.
	Lang  string `query:"lang" form:"lang" validate:"omitempty,language"`          // Adds `<field>_text` and `<field>_lang` to every text, in this language or, if missing, the first available of ru, en, kk.
}

// lookupOf finds records by the text that a user types.
func lookupOf[H any](find func(m *match.Matcher, ctx context.Context, typed string, limit int) (H, error)) Operation {
	return with[lookupParams, H](func(s *server, c echo.Context) error {
		var p lookupParams
		if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
			return err
		}
		hits, err := find(s.matcher, c.Request().Context(), p.Q, p.Limit)
		if err != nil {
			return err
		}
		localize(&hits, p.Lang)
		return send(c, http.StatusOK, echo.MIMEApplicationJSON, hits)
	})
}

// matchingOf matches names with records of a type.
func matchingOf(t match.RecordType) Operation {
	return Operation{Route: Route{handle: func(s *server, c echo.Context) error {
		in, err := body[match.Input](c)
		if err != nil {
			return err
		}
		if err := noQuery(c); err != nil {
			return err
		}
		results, err := s.matcher.Match(c.Request().Context(), t, in.Queries)
		if err != nil {
			return err
		}
		return send(c, http.StatusOK, echo.MIMEApplicationJSON, results)
	}}, Body: reflect.TypeFor[match.Input](), Answer: reflect.TypeFor[match.Results]()}
}

// duplicatesOf lists pairs of records that may be the same.
func duplicatesOf[D any](find func(*match.Matcher, context.Context, match.DuplicateFilter) (paging.Page[D], error)) Operation {
	return with[match.DuplicateFilter, Page[D]](func(s *server, c echo.Context) error {
		var f match.DuplicateFilter
		values := c.QueryParams()
		fields := input.Bind(values, &f)
		if f.Cursor != "" {
			after, err := s.cursors.decode(f.Cursor, c.Request().URL.Path, values)
			if err == nil && len(after.Keys) == 1 {
				f.After = &spelling.Place{ID: after.ID}
				f.After.Uses, err = strconv.ParseInt(after.Keys[0], 10, 64)
			}
			if err != nil {
				fields = append(fields, apperr.In("cursor", "bad_cursor"))
			}
		}
		if err := apperr.BadQuery(fields); err != nil {
			return err
		}
		page, err := find(s.matcher, c.Request().Context(), f)
		if err != nil {
			return err
		}
		return s.list(c, &paging.PageParams{Lang: f.Lang}, page.Items, infoOf(page), nil)
	})
}
