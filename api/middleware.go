package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/labstack/echo/v4"
)

// errorKey is where fail stores the error for the log line.
const errorKey = "error"

// routeKey is where guard stores the route of a request.
const routeKey = "route"

// routeOf returns the route of a request; the zero value outside the data API.
func routeOf(c echo.Context) Route {
	if r, ok := c.Get(routeKey).(*Route); ok {
		return *r
	}
	return Route{}
}

// maxURL is the longest accepted request target, in bytes.
const maxURL = 8 << 10

// The security headers of every response. Handlers that need another policy, such as the documentation, replace them.
var (
	nosniff        = []string{"nosniff"}
	noReferrer     = []string{"no-referrer"}
	nothingAllowed = []string{"default-src 'none'; frame-ancestors 'none'"}
	anyOrigin      = []string{"cross-origin"}
	onlyHTTPS      = []string{"max-age=31536000"}
)

// observe sets the request id and the security headers, logs and counts the request, and turns a panic into a 500. The requests of
// a page are part of the request of its visitor.
func (s *server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	secure := strings.HasPrefix(s.config.PublicBaseURL, "https://")
	return func(c echo.Context) (err error) {
		if ofPage(c.Request().Context()) {
			return next(c)
		}
		began := time.Now()
		h := c.Response().Header()
		h.Set(echo.HeaderXRequestID, rand.Text())
		h["X-Content-Type-Options"] = nosniff
		h["Referrer-Policy"] = noReferrer
		h["Content-Security-Policy"] = nothingAllowed
		h["Cross-Origin-Resource-Policy"] = anyOrigin
		if secure {
			h["Strict-Transport-Security"] = onlyHTTPS
		}
		s.metrics.inFlight.Inc()
		defer func() {
			s.metrics.inFlight.Dec()
			p := recover()
			if p != nil && p != http.ErrAbortHandler {
				err = &panicError{p, debug.Stack()}
			}
			if err != nil {
				s.fail(err, c)
			}
			took := time.Since(began)
			s.metrics.observe(c, took)
			s.logLine(c, took)
			if p == http.ErrAbortHandler || c.Response().Status == statusClientGone {
				panic(http.ErrAbortHandler) // the response is incomplete, or the client has gone: the server must close the connection
			}
			err = nil
		}()
		if len(c.Request().RequestURI) > maxURL {
			return echo.NewHTTPError(http.StatusRequestURITooLong)
		}
		return next(c)
	}
}

// panicError is a recovered panic.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// logLine logs a request in one line. While the database does not answer, one failed request a second is logged, with the number
// of those that failed since the line before; the others are at the debug level. Of what the client sent, it holds only the method: no body, key, name or path.
func (s *server) logLine(c echo.Context, took time.Duration) {
	level := slog.LevelInfo
	if s.operations[c.Path()] {
		level = slog.LevelDebug // probes come every few seconds
	}
	ctx, log := c.Request().Context(), s.config.Log
	err, failed := c.Get(errorKey).(error)
	var cut cutOff
	broken := errors.As(err, &cut)
	if failed && c.Response().Status >= 500 || broken && !errors.Is(err, context.Canceled) {
		level = slog.LevelError
	}
	code, failures := "", 0
	var known *apperr.Error
	if errors.As(err, &known) {
		code = known.Code
	}
	if level == slog.LevelError && isOutage(code) {
		var now bool
		if failures, now = s.outage.logs(); !now {
			level = slog.LevelDebug
		}
	}
	if !log.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 10)
	attrs = append(attrs, slog.String("method", methodLabel(c.Request().Method)), slog.String("route", c.Path()),
		slog.Int("status", c.Response().Status), slog.Duration("took", took), slog.String("actor", actor.From(ctx).String()),
		slog.String("request_id", c.Response().Header().Get(echo.HeaderXRequestID)))
	if broken {
		attrs = append(attrs, slog.Bool("cut_off", true))
	}
	if code != "" {
		attrs = append(attrs, slog.String("code", code))
	}
	if failures > 0 {
		attrs = append(attrs, slog.Int("failed", failures))
	}
	if level == slog.LevelError {
		attrs = append(attrs, slog.String("error", err.Error()))
		var bug *panicError
		if errors.As(err, &bug) {
			attrs = append(attrs, slog.String("stack", string(bug.stack)))
		}
	}
	line := slog.NewRecord(time.Now(), level, "request", 0) // without the caller, which is always this function
	line.AddAttrs(attrs...)
	_ = log.Handler().Handle(ctx, line)
}

// guard wraps a route: it sets the deadline, identifies the actor, counts the request against the quota and checks the scope.
func (s *server) guard(r Route) echo.HandlerFunc {
	handle := s.idempotent(r, s.audited(r, s.withOtherStates(r, s.withNames(r, r.handler(s)))))
	vary := r.vary()
	return func(c echo.Context) (err error) {
		c.Set(routeKey, &r)
		bodyRead := false
		defer func() {
			if err != nil && !bodyRead {
				abandonBody(c)
			}
		}()
		if !r.onlyReads() {
			if err := s.crossOrigin(c.Request()); err != nil {
				return err
			}
		}
		if err := checkQuery(c); err != nil {
			return err
		}
		ctx := detached(c.Request().Context())
		if limit, ok := r.timeLimit(s, c); ok {
			limited, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			ctx = limited
		}
		who, err := s.identify(ctx, c)
		if err != nil {
			return err
		}
		if s.config.ReviewRequired {
			ctx = roundtable.RequireReview(ctx)
		}
		c.SetRequest(c.Request().WithContext(actor.With(ctx, who)))
		refund, err := s.takeQuota(c, who)
		if err != nil {
			return err
		}
		if err := admit(who, r.Scope); err != nil {
			return err
		}
		if r.slow {
			held, err := s.imports.enter(c)
			if err != nil {
				return err
			}
			defer s.imports.leave(held)
			extend(c)
		}
		if !r.acceptable(c.Request()) {
			return apperr.New(apperr.NotAcceptable, "not_acceptable")
		}
		bodyRead = true
		h := c.Response().Header()
		addVary(h, vary)
		h.Set("Cache-Control", r.cacheControl(who))
		if who.Anonymous() {
			h["Timing-Allow-Origin"] = allOrigins
		}
		err = handle(c)
		if pg.Cut(err) && r.Method == http.MethodGet && !c.Response().Committed {
			err = handle(c) // with another connection
		}
		if err == nil {
			s.outage.end(s.config.Log)
		}
		if err == nil && c.Response().Status == http.StatusNotModified {
			refund() // 304 does not count
		}
		return err
	}
}

// cacheControl returns who may store a response, and for how long: a browser keeps what a key reads and asks whether it has
// changed, except personal data.
func (r Route) cacheControl(who actor.Actor) string {
	switch {
	case r.Method != http.MethodGet || slices.Contains(slices.Collect(r.Scope.Each()), actor.PII):
		return "private, no-store"
	case who.Anonymous():
		return "public, max-age=0, must-revalidate"
	}
	return "private, no-cache"
}

// addVary adds names of headers to Vary, which stays one header.
func addVary(h http.Header, names string) {
	if was := h.Get(echo.HeaderVary); was != "" {
		names = was + ", " + names
	}
	h.Set(echo.HeaderVary, names)
}

// abandonTime is how long Go's server may read the body of a rejected request before it sends the response.
const abandonTime = time.Second

// abandonBody ends the reading of a body that arrives slowly after the request was rejected for its header.
func abandonBody(c echo.Context) {
	if c.Request().ContentLength != 0 {
		_ = http.NewResponseController(c.Response()).SetReadDeadline(time.Now().Add(abandonTime)) // the response writers of tests have none
	}
}

// admit returns an error unless the actor has the scope of a route. The error names the first missing one.
func admit(who actor.Actor, scope actor.Scope) error {
	for one := range scope.Each() {
		switch {
		case who.Can(one):
		case who.Anonymous():
			return apperr.New(apperr.Unauthorized, "key_required", "scope", string(one))
		default:
			return apperr.MissingScope(string(one))
		}
	}
	return nil
}

// identify returns the actor of a bearer key or of a key as the password of HTTP Basic, or an anonymous actor. Wrong keys count
// against the address that they come from. When its quota is used up, few keys of the address are looked up at once, and
// wrong ones get 429: others behind the same proxy may send valid keys.
func (s *server) identify(ctx context.Context, c echo.Context) (actor.Actor, error) {
	if c.Request().Header.Get(echo.HeaderAuthorization) == "" {
		return actor.Actor{}, nil
	}
	token := bearer(c.Request())
	if token == "" {
		return actor.Actor{}, apperr.New(apperr.Unauthorized, "bad_authorization")
	}
	from := clientOf(c.RealIP())
	q := s.failures.look(from)
	suspect := q.used >= s.failures.quota && !s.keys.Seen(token)
	if suspect {
		leave, err := s.lookups.enter(ctx, from)
		if err != nil {
			return actor.Actor{}, s.failures.reject(c, q)
		}
		defer leave()
	}
	who, err := s.keys.Actor(ctx, token)
	if apperr.IsKind(err, apperr.Unauthorized) {
		s.failures.take(from)
		if suspect {
			err = s.failures.reject(c, q)
		}
	}
	return who, err
}

// bearer returns the key of the Authorization header, or "".
func bearer(r *http.Request) string {
	header := r.Header.Get(echo.HeaderAuthorization)
	if scheme, rest, found := strings.Cut(header, " "); found && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(rest)
	}
	_, password, _ := r.BasicAuth()
	return password
}

// checkQuery rejects a malformed query string and one that contains a key, because addresses end up in logs and histories.
func checkQuery(c echo.Context) error {
	raw := c.Request().URL.RawQuery
	if raw == "" {
		return nil
	}
	if _, err := url.ParseQuery(raw); err != nil {
		return apperr.New(apperr.Malformed, "malformed_query")
	}
	for name, values := range c.QueryParams() {
		if !utf8.ValidString(name) {
			return apperr.BadQuery([]apperr.Field{apperr.In(name, "invalid_utf8")})
		}
		switch strings.ToLower(name) {
		case "api_key", "apikey", "api-key", "key", "token", "access_token", "authorization":
			return apperr.BadQuery([]apperr.Field{apperr.In(name, "key_in_query")})
		}
		for _, v := range values {
			if strings.HasPrefix(v, "rtr_") {
				return apperr.BadQuery([]apperr.Field{apperr.In(name, "key_in_query")})
			}
		}
	}
	return nil
}
