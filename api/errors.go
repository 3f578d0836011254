package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/check"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"
	"golang.org/x/text/language"
)

// Problem is the response to every request that fails (RFC 9457).
//
//	@Description	The error (RFC 9457). `code` is stable and for programs. `title`, `detail` and the messages are for people, in the
//	@Description	language of `Accept-Language` (en, ru, kk).
type Problem struct {
	Type     string         `json:"type" example:"/problems/validation_failed"`     // Address of the explanation of `code`.
	Title    string         `json:"title" example:"The request breaks a rule."`     // The problem in one sentence.
	Status   int            `json:"status" example:"422"`                           // HTTP status.
	Detail   string         `json:"detail,omitempty" example:"/title: is required"` // The details of this error.
	Instance string         `json:"instance" example:"01JD3Z6V2N8Q4T7M0KX5W9R1BC"`  // The request id, as in `X-Request-Id` and in the log of the service.
	Code     string         `json:"code" example:"validation_failed"`               // The error code, for programs.
	Errors   []ProblemError `json:"errors,omitempty"`                               // The errors that were found: at most 100, fewer if they are long.
	Omitted  int            `json:"errors_omitted,omitzero" example:"17"`           // The number of further errors. Absent if `errors` has all of them.
	Extra    map[string]any `json:",embed" swaggerignore:"true"`                    // Additional members of some codes: current_version, referenced_by, deleted_at, erased_at, candidates, summary and doubtful as in BundleReport.
} //	@name	Problem

// ProblemError is the error of one field.
//
//	@Description	The error of one field, parameter or header.
type ProblemError struct {
	Pointer    string             `json:"pointer,omitempty" example:"/title"`        // The field in the body (RFC 6901).
	Parameter  string             `json:"parameter,omitempty" example:"starts_from"` // The parameter or header.
	Code       string             `json:"code" example:"required"`                   // The error code, for programs.
	Message    string             `json:"message" example:"is required"`             // The error in words.
	Allowed    []string           `json:"allowed,omitempty"`                         // The allowed values.
	Candidates []apperr.Candidate `json:"candidates,omitempty"`                      // The records that the value may refer to.
} //	@name	ProblemError

// statusOf is the only mapping of errors to HTTP statuses.
var statusOf = map[apperr.Kind]int{
	apperr.Malformed:     http.StatusBadRequest,
	apperr.Unauthorized:  http.StatusUnauthorized,
	apperr.Forbidden:     http.StatusForbidden,
	apperr.NotFound:      http.StatusNotFound,
	apperr.NotAcceptable: http.StatusNotAcceptable,
	apperr.Conflict:      http.StatusConflict,
	apperr.Gone:          http.StatusGone,
	apperr.Merged:        http.StatusPermanentRedirect,
	apperr.Stale:         http.StatusPreconditionFailed,
	apperr.TooLarge:      http.StatusRequestEntityTooLarge,
	apperr.Media:         http.StatusUnsupportedMediaType,
	apperr.Invalid:       http.StatusUnprocessableEntity,
	apperr.Required:      http.StatusPreconditionRequired,
	apperr.TooMany:       http.StatusTooManyRequests,
	apperr.Unavailable:   http.StatusServiceUnavailable,
}

// codeOf maps the statuses of the router to error codes.
var codeOf = map[int]string{
	http.StatusNotFound:              "no_such_path",
	http.StatusMethodNotAllowed:      "method_not_allowed",
	http.StatusRequestEntityTooLarge: "body_too_large",
	http.StatusRequestURITooLong:     "uri_too_long",
}

// statusClientGone is the status in logs and metrics if the client closed the connection early, as in nginx.
const statusClientGone = 499

// problem converts an error to a problem. An internal error becomes a 500 without details.
func problem(err error, lang string) Problem {
	var e *apperr.Error
	var router *echo.HTTPError
	switch {
	case errors.As(err, &e):
	case errors.As(err, &router) && codeOf[router.Code] != "":
		code := codeOf[router.Code]
		return Problem{Status: router.Code, Code: code, Title: apperr.Message(code, lang, nil), Type: "/problems/" + code}
	case errors.Is(err, context.Canceled): // the client has closed the connection; only the log shows this
		return Problem{Status: statusClientGone, Code: "canceled", Title: apperr.Message("canceled", lang, nil), Type: "/problems/canceled"}
	case errors.Is(err, context.DeadlineExceeded):
		e = &apperr.Error{Kind: apperr.Unavailable, Code: "timeout"}
	default:
		return Problem{Status: http.StatusInternalServerError, Code: "internal",
			Title: apperr.Message("internal", lang, nil), Type: "/problems/internal"}
	}
	p := Problem{Type: "/problems/" + e.Code, Title: apperr.Message(e.Code, lang, e.Args),
		Status: statusOf[e.Kind], Code: e.Code, Extra: e.Extra}
	if findings, ok := e.Extra["findings"].([]check.Finding); ok {
		translated(lang, findings)
	}
	p.addErrors(e, lang)
	return p
}

// The bounds of the errors in a problem: a response never exceeds 64 KiB.
const (
	maxErrorBytes = 48 << 10 // of all errors
	inDetail      = 3        // errors that Detail names
)

// addErrors adds the errors of fields, until they are too long, and summarizes the first ones in Detail.
func (p *Problem) addErrors(e *apperr.Error, lang string) {
	p.Omitted = e.Omitted
	var details []string
	left := maxErrorBytes
	for i, f := range e.Fields {
		m := ProblemError{f.Pointer, f.Parameter, f.Code, apperr.Message(f.Code, lang, f.Args), f.Allowed, f.Candidates}
		raw, err := json.Marshal(m)
		if left -= len(raw); left < 0 || err != nil {
			p.Omitted += len(e.Fields) - i
			break
		}
		p.Errors = append(p.Errors, m)
		where := f.Pointer + f.Parameter
		if where != "" { // else it is the body as a whole
			where += ": "
		}
		details = append(details, where+m.Message)
	}
	if more := len(details) - inDetail + p.Omitted; more > 0 && len(details) >= inDetail {
		details = append(details[:inDetail], apperr.Message("more_errors", lang, apperr.Args{"count": strconv.Itoa(more)}))
	}
	p.Detail = strings.Join(details, "; ")
}

// fail sends the problem of an error. It is Echo's error handler, and nothing else sends problems.
func (s *server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	p := problem(err, messageLanguage(c.Request()))
	p.Instance = c.Response().Header().Get(echo.HeaderXRequestID)
	h := c.Response().Header()
	h.Del("ETag")
	h.Del(echo.HeaderLastModified)
	h.Set("Cache-Control", "no-store")
	switch p.Status {
	case http.StatusPermanentRedirect:
		redirectMerged(c, err, &p)
	case http.StatusUnauthorized:
		h.Add("WWW-Authenticate", `Bearer realm="registry"`)
		if c.Request().Header.Get("Sec-Fetch-Mode") == "" { // for a script of a page, a browser would open its own login dialog
			h.Add("WWW-Authenticate", `Basic realm="registry", charset="UTF-8"`)
		}
	case http.StatusServiceUnavailable:
		if p.Code == "database_unavailable" {
			s.outage.fail()
		}
		if h.Get(echo.HeaderRetryAfter) == "" {
			h.Set(echo.HeaderRetryAfter, strconv.Itoa(s.retryAfter(c.Request().Context(), p.Code)))
		}
	}
	c.Set(errorKey, err)
	if p.Status == statusClientGone {
		c.Response().Status = statusClientGone // for the log; nothing is sent
		return
	}
	if s.failAsPage(c, err) {
		return
	}
	if broken := send(c, p.Status, "application/problem+json", p); broken != nil && !c.Response().Committed {
		// The problem cannot be encoded. Without this, Go would answer 200 without a body.
		c.Set(errorKey, errors.Join(err, broken))
		_ = c.Blob(http.StatusInternalServerError, "application/problem+json", []byte(`{"type":"/problems/internal","status":500,"code":"internal"}`))
	}
}

// redirectMerged redirects reads of a merged record to the record that it became part of. Writes return 409, because their
// If-Match holds the version of another record.
func redirectMerged(c echo.Context, err error, p *Problem) {
	r := c.Request()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		p.Status = http.StatusConflict
		return
	}
	var e *apperr.Error
	if !errors.As(err, &e) {
		return
	}
	was, is := "/"+e.Args["type"]+"/"+e.Args["id"], fmt.Sprintf("/%s/%v", e.Args["type"], e.Extra["into"])
	to := url.URL{Path: strings.Replace(r.URL.Path, was, is, 1), RawQuery: r.URL.RawQuery}
	c.Response().Header().Set(echo.HeaderLocation, to.String())
}

var messageMatcher = language.NewMatcher([]language.Tag{language.English, language.Russian, language.Kazakh})

// messageLanguage returns the language of messages.
func messageLanguage(r *http.Request) string {
	header := r.Header.Get("Accept-Language")
	if header == "" {
		return "en"
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return "en"
	}
	_, index, _ := messageMatcher.Match(tags...)
	return apperr.Languages[index]
}
