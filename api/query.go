package api

import (
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"

	"github.com/labstack/echo/v4"
)

// query binds the query string to the filter of a list: strictly, with defaults and the decoded cursor.
func query[F any](s *server, c echo.Context) (F, error) {
	var f F
	values := c.QueryParams()
	fields := input.Bind(values, &f)
	p := paging.ParamsOf(&f)
	if p.Cursor != "" {
		after, err := s.cursors.decode(p.Cursor, c.Request().URL.Path, values)
		if err != nil {
			fields = append(fields, apperr.In("cursor", "bad_cursor"))
		}
		p.After = after
	}
	if p.Lang == "" {
		p.Lang = acceptedLanguage(c.Request())
	}
	return f, apperr.BadQuery(fields)
}

// ofPages are the parameters that make no sense for a list that is read whole.
var ofPages = []string{"limit", "cursor", "count"}

// queryWhole is query for a list that is read whole: without the parameters of pages, with those of extra, a pointer to a
// struct. What is answered depends on the address alone, hence not on Accept-Language.
func queryWhole[F any](c echo.Context, extra any) (F, error) {
	var f F
	fields := input.BindAll(c.QueryParams(), ofPages, &f, extra)
	return f, apperr.BadQuery(fields)
}

// noQuery rejects every query parameter.
func noQuery(c echo.Context) error { return apperr.BadQuery(input.Bind(c.QueryParams(), &struct{}{})) }
