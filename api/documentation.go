package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"roundtables.kz/registry/api/docs"
	"roundtables.kz/registry/openapi"

	"github.com/labstack/echo/v4"
)

// Documentation returns the routes of the OpenAPI documents, Swagger UI and the guides. They require no key, and the
// OpenAPI documents do not describe them.
func Documentation() []Route {
	get := http.MethodGet
	return []Route{
		{get, "/openapi.json", "", openDocument("application/json", openapi.V31)},
		{get, "/openapi-3.0.json", "", openDocument("application/json", openapi.V30)},
		{get, "/swagger.json", "", openDocument("application/json", openapi.V20)},
		{get, "/docs", "", redirectTo("/docs/")},
		{get, "/docs/*", "", (*server).showDocs},
		{get, "/docs/guides", "", redirectTo("/docs/guides/")},
		{get, "/docs/guides/", "", (*server).showGuide},
		{get, "/docs/guides/:name", "", (*server).showGuide},
		{get, "/docs/examples/*", "", (*server).showExample},
	}
}

// openDocument serves a file, compressed with gzip, that any page may read.
func openDocument(mediaType string, gzipped []byte) func(*server, echo.Context) error {
	file := sync.OnceValue(func() docs.File { return docs.Compressed(mediaType, gzipped) })
	return func(_ *server, c echo.Context) error {
		c.Response().Header().Set(echo.HeaderAccessControlAllowOrigin, "*")
		return serveFile(c, file())
	}
}

// redirectTo sends clients to another path.
func redirectTo(path string) func(*server, echo.Context) error {
	return func(_ *server, c echo.Context) error { return c.Redirect(http.StatusMovedPermanently, path) }
}

func (s *server) showDocs(c echo.Context) error {
	return servePage(c, docs.Files(), c.Param("*"))
}

// servePage serves one of the pages that show the API, or a file that they load.
func servePage(c echo.Context, files map[string]docs.File, name string) error {
	f, ok := files[name]
	if !ok {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	isolate(c)
	return serveFile(c, f)
}

// isolate sets the policy of pages: they load nothing from other sites, and no other site embeds them.
func isolate(c echo.Context) {
	c.Response().Header().Set("Content-Security-Policy", docs.Policy)
	c.Response().Header().Set("Cross-Origin-Resource-Policy", "same-origin")
}

// serveFile sends a file that changes only with the release. Caches store it and revalidate it.
func serveFile(c echo.Context, f docs.File) error {
	h := c.Response().Header()
	h.Set("ETag", `"`+f.Tag+`"`)
	h.Set("Cache-Control", "public, no-cache")
	h.Set(echo.HeaderVary, echo.HeaderAcceptEncoding)
	// Search for the tag instead of comparing it: caches weaken it, and compression adds a suffix.
	if strings.Contains(c.Request().Header.Get("If-None-Match"), f.Tag) {
		h.Set("ETag", matchedETag(c.Request(), f.Tag))
		return c.NoContent(http.StatusNotModified)
	}
	if acceptsGzip(c.Request()) {
		h.Set("ETag", `"`+f.Tag+gzipSuffix+`"`)
		h.Set(echo.HeaderContentEncoding, "gzip")
		h.Set(echo.HeaderContentLength, strconv.Itoa(len(f.Gzip)))
		return c.Blob(http.StatusOK, f.Type, f.Gzip)
	}
	h.Set(echo.HeaderContentLength, strconv.Itoa(f.Size()))
	if c.Request().Method == http.MethodHead {
		h.Set(echo.HeaderContentType, f.Type)
		return c.NoContent(http.StatusOK)
	}
	content, err := f.Content()
	if err != nil {
		return fmt.Errorf("decompress a file of the documentation: %w", err)
	}
	return c.Blob(http.StatusOK, f.Type, content)
}
