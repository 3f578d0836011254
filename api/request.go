package api

import (
	"cmp"
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

// maxRemoved is how many members the header X-Removed-Characters names.
const maxRemoved = 20

// noteRemoved tells the client from which members of its body characters are removed (see input.Clean).
func noteRemoved(c echo.Context, pointers []string) {
	for i, p := range pointers[:min(len(pointers), maxRemoved)] {
		pointers[i] = strings.ReplaceAll(url.PathEscape(p), "%2F", "/")
	}
	if len(pointers) > 0 {
		c.Response().Header().Set("X-Removed-Characters", strings.Join(pointers[:min(len(pointers), maxRemoved)], ", "))
	}
}

// readBody reads the body and checks its media type and size.
func readBody(c echo.Context, types ...string) ([]byte, error) {
	media, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || !slices.Contains(types, media) {
		e := apperr.New(apperr.Media, "unsupported_media_type", "allowed", strings.Join(types, ", "))
		e.Extra = map[string]any{"allowed": types}
		if !asksFirst(c.Request()) {
			drain(c.Request())
		}
		return nil, e
	}
	return readAll(c)
}

// readAll reads all of the body, up to its limit.
func readAll(c echo.Context) ([]byte, error) {
	most := maxBody
	if isImport(c.Path()) {
		most = maxFile
	}
	r := c.Request()
	rejection := apperr.New(apperr.TooLarge, "body_too_large", "max", strconv.Itoa(most))
	if r.ContentLength > int64(most) && asksFirst(r) {
		return nil, rejection
	}
	raw, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, int64(most)))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		drain(r)
		return nil, rejection
	case err != nil:
		return nil, &apperr.Error{Kind: apperr.Malformed, Code: "body_unreadable", Err: err}
	}
	return raw, nil
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
