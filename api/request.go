package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"
)

// The limits of a body, in bytes.
const (
	maxBody  = 1 << 20
	maxFile  = 20 << 20 // of an import
	maxForm  = 64 << 10 // of what a form has around its file
	maxDrain = 64 << 20 // of a rejected body that is read and discarded
)

// id reads the {id} of the path: a positive integer, or apperr.NotFound.
func id(c echo.Context) (int64, error) { return pathID(c, "id") }

func pathID(c echo.Context, name string) (int64, error) {
	n, err := strconv.ParseInt(c.Param(name), 10, 64)
	if err != nil || n < 1 || c.Param(name)[0] == '+' {
		return 0, apperr.New(apperr.NotFound, "not_found")
	}
	return n, nil
}

// body decodes and validates a JSON body, and reports all field errors together (see input.Decode).
func body[T any](c echo.Context) (in T, err error) {
	raw, err := readJSON(c, "application/json")
	if err == nil {
		err = input.Decode(raw, &in)
	}
	return in, err
}

// readJSON reads the body and checks its media type, size and syntax.
func readJSON(c echo.Context, types ...string) (jsontext.Value, error) {
	raw, err := readBody(c, types...)
	if err != nil {
		return nil, err
	}
	if err := input.Scan(raw); err != nil {
		return nil, err
	}
	noteRemoved(c, input.Removed(raw))
	return raw, nil
}

// noteRemoved tells the client from which members of its body characters are removed (see input.Clean).
func noteRemoved(c echo.Context, pointers []string) {
	for i, p := range pointers {
		pointers[i] = strings.ReplaceAll(url.PathEscape(p), "%2F", "/")
	}
	if len(pointers) > 0 {
		c.Response().Header().Set("X-Removed-Characters", strings.Join(pointers, ", "))
	}
}

// readBody reads the body and checks its media type and size.
func readBody(c echo.Context, types ...string) ([]byte, error) {
	if _, _, err := mediaType(c, types...); err != nil {
		return nil, err
	}
	return readAll(c)
}

// mediaType returns the media type of the body with its parameters. It returns apperr.Media unless it is one of types.
func mediaType(c echo.Context, types ...string) (media string, parameters map[string]string, err error) {
	media, parameters, err = mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err == nil && slices.Contains(types, media) {
		return media, parameters, nil
	}
	e := apperr.New(apperr.Media, "unsupported_media_type", "allowed", strings.Join(types, ", "))
	e.Extra = map[string]any{"allowed": types}
	if !asksFirst(c.Request()) {
		drain(c.Request())
	}
	return "", nil, e
}

// readAll reads all of the body, up to its limit.
func readAll(c echo.Context) (raw []byte, err error) {
	err = readWith(c, func(body io.Reader) (err error) {
		raw, err = io.ReadAll(body)
		return err
	})
	return raw, err
}

// readWith calls read with the body, which ends at its limit. An error of the body is apperr.TooLarge or apperr.Malformed.
func readWith(c echo.Context, read func(io.Reader) error) error {
	most, limit := maxBody, maxBody
	r := c.Request()
	if routeOf(c).file {
		most, limit = maxFile, maxFile
		if isForm(r) {
			limit += maxForm
		}
	}
	rejection := apperr.New(apperr.TooLarge, "body_too_large", "max", strconv.Itoa(most))
	if r.ContentLength > int64(limit) && asksFirst(r) {
		return rejection
	}
	err := read(http.MaxBytesReader(c.Response(), r.Body, int64(limit)))
	var tooLarge *http.MaxBytesError
	var known *apperr.Error
	switch {
	case errors.As(err, &tooLarge):
		drain(r)
		return rejection
	case errors.As(err, &known):
		drain(r)
		return err
	case err != nil:
		return &apperr.Error{Kind: apperr.Malformed, Code: "body_unreadable", Err: err}
	}
	return nil
}

// asksFirst reports whether the client waits for 100 Continue before it sends the body.
func asksFirst(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Expect"), "100-continue")
}

// drain reads the rest of a rejected body, so that the client can read the response. Unauthenticated requests are not
// drained.
func drain(r *http.Request) { _, _ = io.CopyN(io.Discard, r.Body, maxDrain) }

// query binds the query string to the filter of a list: it rejects unknown parameters, applies defaults and decodes the cursor.
func query[F any](s *server, c echo.Context) (F, error) {
	f, fields := bindQuery[F](s, c)
	return f, apperr.BadQuery(fields)
}

// facetQuery is query with the facets, if the records of the list can be grouped.
func facetQuery[F any](s *server, c echo.Context) (f F, p facetParams, err error) {
	dimensions := dimensionsOf(c)
	if len(dimensions) == 0 {
		f, err = query[F](s, c)
		return f, p, err
	}
	f, fields := bindQuery[F](s, c, &p)
	return f, p, apperr.BadQuery(append(fields, p.check(dimensions)...))
}

// bindQuery binds the query string to the filter of a list, and to further parameters.
func bindQuery[F any](s *server, c echo.Context, extra ...any) (F, []apperr.Field) {
	var f F
	values := c.QueryParams()
	var fields []apperr.Field
	if len(extra) == 0 {
		fields = input.Bind(values, &f)
	} else {
		fields = input.BindAll(values, nil, append([]any{&f}, extra...)...)
	}
	p := paging.ParamsOf(&f)
	if p.Cursor != "" {
		after, err := s.cursors.decode(p.Cursor, c.Request().URL.Path, values)
		if err != nil {
			fields = append(fields, apperr.In("cursor", "bad_cursor"))
		}
		p.After = after
	}
	return f, fields
}

// ofPages are the parameters that a list without pages does not have.
var ofPages = []string{"limit", "cursor", "count"}

// queryWhole is query for a list without pages. It also binds extra, a pointer to a struct.
func queryWhole[F any](c echo.Context, extra any) (F, error) {
	var f F
	fields := input.BindAll(c.QueryParams(), ofPages, &f, extra)
	return f, apperr.BadQuery(fields)
}

// noQuery rejects every query parameter.
func noQuery(c echo.Context) error { return apperr.BadQuery(input.Bind(c.QueryParams(), &struct{}{})) }
