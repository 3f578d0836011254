package api

import (
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"

	"github.com/labstack/echo/v4"
)

// filter is a pointer to the filter of a list.
type filter[F any] interface {
	*F
	Page() *paging.Params
}

// query binds the query string to a filter, applies defaults, refuses unknown names and checks the values.
func query[F any, P filter[F]](s *server, c echo.Context) (F, error) {
	var f F
	values := c.QueryParams()
	fields := input.Bind(values, &f)
	p := P(&f).Page()
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
func queryWhole[F any, P filter[F]](c echo.Context, extra any) (F, error) {
	var f F
	fields := input.BindAll(c.QueryParams(), ofPages, &f, extra)
	return f, apperr.BadQuery(fields)
}
