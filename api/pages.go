package api

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"roundtables.kz/registry/api/docs"
	"roundtables.kz/registry/api/site"
	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/paging"

	"github.com/labstack/echo/v4"
)

const mediaHTML = "text/html; charset=utf-8"

// pages returns the routes of the pages that show the registry to people. They are no operations of the API: package site makes
// them from responses of the API.
func pages() []Route {
	get := http.MethodGet
	routes := []Route{
		route(get, "/site/*", "", (*server).showSiteFile),
		route(get, "/sitemap.xml", "", (*server).showSitemap),
		route(get, "/robots.txt", "", (*server).showRobots),
	}
	for _, lang := range site.Languages {
		routes = append(routes,
			route(get, "/"+lang, "", redirectTo("/"+lang+"/")),
			route(get, "/"+lang+"/*", "", func(s *server, c echo.Context) error { return s.showPage(c, lang, c.Param("*")) }))
	}
	return routes
}

// newSite returns the pages, which read from a handler of the API.
func (s *server) newSite(api http.Handler) *site.Site {
	return site.New(site.Config{Get: readFrom(api), Base: cmp.Or(s.config.PublicBaseURL, s.config.OwnURL), License: License})
}

// showPage sends a page. It shows what the public sees, whatever key the request has.
func (s *server) showPage(c echo.Context, lang, path string) error {
	setPageHeaders(c, lang, path)
	if err := s.sendPage(c, lang, path); err != nil {
		return s.sendFailure(c, lang, err)
	}
	return nil
}

func setPageHeaders(c echo.Context, lang, path string) {
	h := c.Response().Header()
	h.Set("Content-Security-Policy", site.Policy(path))
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Language", lang)
}

func (s *server) sendPage(c echo.Context, lang, path string) error {
	if err := checkQuery(c); err != nil {
		return err
	}
	refund, err := s.takeQuota(c, actor.Actor{})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(detached(c.Request().Context()), s.config.RequestTimeout)
	defer cancel()
	c.SetRequest(c.Request().WithContext(ctx))
	query := url.Values{}
	for name, values := range c.QueryParams() {
		query.Set(name, strings.Join(values, ","))
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "public, max-age=0, must-revalidate")
	cached := s.cacheableAt(c, "/"+lang+"/"+path, query, "")
	mediaType := mediaHTML
	if name := site.ChartName(path); name != "" {
		mediaType = site.MediaTypeSVG
		h.Set(echo.HeaderContentDisposition, `inline; filename="`+name+`"`)
	}
	cached.response.mediaType = mediaType
	if done, err := cached.sendCached(c, matchList); done || err != nil {
		if c.Response().Status == http.StatusNotModified {
			refund()
		}
		return err
	}
	state, err := paging.ReadState(ctx, s.spare()) // before the page is read, which may then be newer but never older than its tag
	if err != nil {
		return err
	}
	page, err := s.site.Render(context.WithValue(ctx, visitorKey{}, c.Request()), lang, path, query)
	if err != nil {
		return err
	}
	if page.Location != "" {
		return c.Redirect(page.Status, page.Location)
	}
	if page.Status != http.StatusOK {
		h.Set("Cache-Control", "no-store")
		h.Del(echo.HeaderContentDisposition)
		return c.Blob(page.Status, mediaHTML, page.Body)
	}
	if page.Incomplete {
		h.Set("Cache-Control", "no-store")
		return c.Blob(http.StatusOK, mediaType, page.Body)
	}
	cached.setState(c, state, "")
	cached.store(c, page.Body)
	return c.Blob(http.StatusOK, mediaType, page.Body)
}

// sendFailure sends the page of an error, and leaves the error to the log.
func (s *server) sendFailure(c echo.Context, lang string, err error) error {
	if c.Response().Committed {
		return err
	}
	status := problem(err, lang).Status
	page, failed := s.site.Failure(lang, status)
	if failed != nil {
		return failed
	}
	c.Set(errorKey, err)
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().Header().Del(echo.HeaderContentDisposition)
	return c.Blob(status, mediaHTML, page.Body)
}

// failAsPage sends the page of an error that ended a request for a page before it was made, such as an address that is too long. It
// returns false if the request is for something else.
func (s *server) failAsPage(c echo.Context, err error) bool {
	for _, lang := range site.Languages {
		if strings.HasPrefix(c.Request().URL.Path, "/"+lang+"/") && (c.Request().Method == http.MethodGet || c.Request().Method == http.MethodHead) {
			setPageHeaders(c, lang, "")
			return s.sendFailure(c, lang, err) == nil
		}
	}
	return false
}

// siteFiles are the files that the pages load.
var siteFiles = sync.OnceValue(func() map[string]docs.File {
	files := map[string]docs.File{}
	for name, content := range site.Files() {
		files[name] = docs.NewFile(docs.TypeOf(name), content)
	}
	return files
})

func (s *server) showSiteFile(c echo.Context) error { return servePage(c, siteFiles(), c.Param("*")) }

func (s *server) showSitemap(c echo.Context) error {
	if _, err := s.takeQuota(c, actor.Actor{}); err != nil {
		return err
	}
	ctx := context.WithValue(c.Request().Context(), visitorKey{}, c.Request())
	content, err := s.site.Sitemap(ctx)
	if err != nil {
		return fmt.Errorf("list the pages: %w", err)
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=3600")
	return c.Blob(http.StatusOK, "application/xml", content)
}

func (s *server) showRobots(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "public, max-age=3600")
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", s.site.Robots())
}

// visitorKey is where the context of a request that a page sends holds the request of the visitor.
type visitorKey struct{}

// ofPage reports whether a request was sent by a page. It is part of the request of a visitor, which counts against the quota and has
// a log line.
func ofPage(ctx context.Context) bool { return ctx.Value(visitorKey{}) != nil }

// readFrom returns a function that sends a GET to the API in this process, without a key.
func readFrom(api http.Handler) func(ctx context.Context, target, lang string) site.Answer {
	return func(ctx context.Context, target, lang string) site.Answer {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
		if err != nil {
			return site.Answer{Status: http.StatusBadRequest}
		}
		if visitor, ok := ctx.Value(visitorKey{}).(*http.Request); ok {
			r.RemoteAddr = visitor.RemoteAddr
			r.Header[echo.HeaderXForwardedFor] = visitor.Header[echo.HeaderXForwardedFor]
		}
		r.RequestURI = target
		r.Header.Set("Accept-Language", lang)
		answer := answerBuffer{header: http.Header{}, status: http.StatusOK}
		api.ServeHTTP(&answer, r)
		return site.Answer{Status: answer.status, Location: answer.header.Get(echo.HeaderLocation), Body: answer.Bytes()}
	}
}

// answerBuffer collects a response.
type answerBuffer struct {
	bytes.Buffer
	header http.Header
	status int
}

func (a *answerBuffer) Header() http.Header    { return a.header }
func (a *answerBuffer) WriteHeader(status int) { a.status = status }
