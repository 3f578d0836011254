package api

import (
	"cmp"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"

	"github.com/labstack/echo/v4"
)

// query binds the query string to the filter of a list: it rejects unknown parameters, applies defaults and decodes the cursor.
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
	p.Lang = cmp.Or(p.Lang, acceptedLanguage(c.Request()))
	return f, apperr.BadQuery(fields)
}

// ofPages are the parameters that a list without pages does not have.
var ofPages = []string{"limit", "cursor", "count"}

// queryWhole is query for a list without pages. It also binds extra, a pointer to a struct. It ignores Accept-Language, because
// the response must depend on the address only.
func queryWhole[F any](c echo.Context, extra any) (F, error) {
	var f F
	fields := input.BindAll(c.QueryParams(), ofPages, &f, extra)
	return f, apperr.BadQuery(fields)
}

// noQuery rejects every query parameter.
func noQuery(c echo.Context) error { return apperr.BadQuery(input.Bind(c.QueryParams(), &struct{}{})) }
