package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"

	"roundtables.kz/registry/internal/apperr"

	"github.com/labstack/echo/v4"
)

// CORS rules. Pages of all origins may read public data. Pages of listed origins may also send keys and write. Credentials
// that a browser stores (cookies, passwords) are never allowed.
var (
	allOrigins = []string{"*"}
	exposed    = []string{"ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, X-Change-Cursor, X-Dry-Run, X-As-Of, " +
		"X-Removed-Characters, Idempotency-Replayed, Content-Disposition"}
)

const (
	readMethods  = "GET, HEAD"
	writeMethods = "GET, HEAD, POST, PUT, PATCH, DELETE"
	readHeaders  = "Accept, Accept-Language, If-None-Match, Last-Event-ID"
	writeHeaders = readHeaders + ", Authorization, Content-Type, Idempotency-Key, If-Match, X-Change-Reason"
)

// cors responds to preflight requests and sets the headers for other origins (Fetch standard, CORS protocol).
func (s *server) cors(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r, h := c.Request(), c.Response().Header()
		if r.Method == http.MethodGet || r.Method == http.MethodHead || s.reads(r.Method, r.URL.Path) {
			// The same for every origin, so that caches may store one response for all.
			h["Access-Control-Allow-Origin"] = allOrigins
			h["Access-Control-Expose-Headers"] = exposed
			return next(c)
		}
		origin := r.Header.Get(echo.HeaderOrigin)
		if origin == "" {
			return next(c)
		}
		addVary(h, echo.HeaderOrigin)
		listed := s.config.trusts(origin)
		if r.Method == http.MethodOptions && r.Header.Get(echo.HeaderAccessControlRequestMethod) != "" {
			preflight(h, origin, listed, s.reads(r.Header.Get(echo.HeaderAccessControlRequestMethod), r.URL.Path))
			return c.NoContent(http.StatusNoContent)
		}
		if listed {
			h.Set(echo.HeaderAccessControlAllowOrigin, origin)
			h["Access-Control-Expose-Headers"] = exposed
		}
		return next(c)
	}
}

// trusts reports whether pages of an origin may send keys and write.
func (c Config) trusts(origin string) bool {
	if slices.Contains(c.CORSOrigins, origin) {
		return true
	}
	at, err := url.Parse(origin)
	if !c.LocalOrigins || err != nil || at.Scheme != "http" && at.Scheme != "https" {
		return false
	}
	ip, err := netip.ParseAddr(at.Hostname())
	return at.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// reads reports whether a request is a POST that only reads.
func (s *server) reads(method, path string) bool {
	return method == http.MethodPost && s.readPaths[path]
}

func preflight(h http.Header, origin string, listed, reads bool) {
	allow := func(origin, methods, headers string) {
		h.Set(echo.HeaderAccessControlAllowOrigin, origin)
		h.Set(echo.HeaderAccessControlAllowMethods, methods)
		h.Set(echo.HeaderAccessControlAllowHeaders, headers)
	}
	switch {
	case listed:
		allow(origin, writeMethods, writeHeaders)
	case reads:
		allow("*", readMethods+", POST", readHeaders+", Content-Type")
	default:
		allow("*", readMethods, readHeaders)
	}
	addVary(h, "Access-Control-Request-Method, Access-Control-Request-Headers")
	h.Set(echo.HeaderAccessControlMaxAge, "7200")
}

// newCrossOrigin returns a check that rejects writes from pages of unlisted origins, which could use a stored password.
// Other clients than browsers send neither Origin nor Sec-Fetch-Site and pass.
func newCrossOrigin(config Config) (func(*http.Request) error, error) {
	protection := http.NewCrossOriginProtection()
	trusted := slices.Clone(config.CORSOrigins)
	if config.PublicBaseURL != "" {
		base, err := url.Parse(config.PublicBaseURL)
		if err != nil || base.Scheme == "" || base.Host == "" {
			return nil, fmt.Errorf("the public base URL %q has no scheme or no host", config.PublicBaseURL)
		}
		trusted = append(trusted, base.Scheme+"://"+base.Host)
	}
	for _, origin := range trusted {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("allow the origin %q: %w", origin, err)
		}
	}
	return func(r *http.Request) error {
		if config.trusts(r.Header.Get(echo.HeaderOrigin)) {
			return nil
		}
		if err := protection.Check(r); err != nil {
			return &apperr.Error{Kind: apperr.Forbidden, Code: "cross_origin", Err: err}
		}
		return nil
	}, nil
}
