package api

import (
	"net/http"
	"strings"
	"sync"

	"roundtables.kz/registry/api/docs"
	"roundtables.kz/registry/openapi"

	"github.com/labstack/echo/v4"
)

// Documentation is the third table of routes: the document of the API and the pages that show it. They need no key and
// are not in the document themselves.
func Documentation() []Route {
	get := http.MethodGet
	return []Route{
		{get, "/openapi.json", "", openDocument("application/json", openapi.V31)},
		{get, "/openapi-3.0.json", "", openDocument("application/json", openapi.V30)},
		{get, "/swagger.json", "", openDocument("application/json", openapi.V20)},
		{get, "/docs", "", (*server).toDocs},
		{get, "/docs/*", "", (*server).showDocs},
	}
}

// openDocument serves a file that any page may read.
func openDocument(mediaType string, body []byte) func(*server, echo.Context) error {
	file := sync.OnceValue(func() docs.File { return docs.NewFile(mediaType, body) })
	return func(_ *server, c echo.Context) error {
		c.Response().Header().Set(echo.HeaderAccessControlAllowOrigin, "*")
		return serveFile(c, file())
	}
}

func (s *server) toDocs(c echo.Context) error {
	return c.Redirect(http.StatusMovedPermanently, "/docs/")
}

func (s *server) showDocs(c echo.Context) error {
	f, ok := docs.Files()[c.Param("*")]
	if !ok {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	c.Response().Header().Set("Content-Security-Policy", docs.Policy)
	c.Response().Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	return serveFile(c, f)
}

// serveFile answers a file that changes only with the service: caches ask whether theirs is still good.
func serveFile(c echo.Context, f docs.File) error {
	h := c.Response().Header()
	h.Set("ETag", `"`+f.Tag+`"`)
	h.Set("Cache-Control", "public, no-cache")
	// The tag is looked for, not compared: caches weaken it, and compression adds a suffix.
	if strings.Contains(c.Request().Header.Get("If-None-Match"), f.Tag) {
		h.Set("ETag", heldForm(c.Request(), f.Tag))
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, f.Type, f.Body)
}
