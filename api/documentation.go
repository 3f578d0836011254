package api

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"roundtables.kz/registry/api/docs"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/openapi"

	"github.com/labstack/echo/v4"
)

// Documentation returns the routes of the OpenAPI documents, Swagger UI, the guides and the pages that show the registry. They
// require no key, and the OpenAPI documents do not describe them.
func Documentation() []Route {
	get := http.MethodGet
	return append(pages(), []Route{
		route(get, "/openapi.json", "", openDocument("application/json", openapi.V31)),
		route(get, "/openapi-3.0.json", "", openDocument("application/json", openapi.V30)),
		route(get, "/swagger.json", "", openDocument("application/json", openapi.V20)),
		route(get, "/docs", "", redirectTo("/docs/")),
		route(get, "/docs/*", "", (*server).showDocs),
		route(get, "/docs/guides", "", redirectTo("/docs/guides/")),
		route(get, "/docs/guides/", "", (*server).showGuide),
		route(get, "/docs/guides/:name", "", (*server).showGuide),
		route(get, "/docs/examples/*", "", (*server).showExample),
	}...)
}

// openDocument serves a document, compressed with gzip, that any page may read. `lang` is the language of its texts; they are English
// by default. A document is translated when the first client asks for its language.
func openDocument(mediaType string, gzipped []byte) func(*server, echo.Context) error {
	files := map[string]func() (docs.File, error){}
	for _, lang := range openapi.Languages {
		files[lang] = sync.OnceValues(func() (docs.File, error) {
			file := docs.Compressed(mediaType, gzipped)
			if lang == openapi.Languages[0] {
				return file, nil
			}
			document, err := file.Content()
			if err == nil {
				document, _, err = openapi.Translate(document, lang) // a test finds texts that lack a translation
			}
			return docs.NewFile(mediaType, document), err
		})
	}
	return func(_ *server, c echo.Context) error {
		lang, err := documentLanguage(c, openapi.Languages[0])
		if err != nil {
			return err
		}
		file, err := files[lang]()
		if err != nil {
			return fmt.Errorf("translate a document: %w", err)
		}
		c.Response().Header().Set(echo.HeaderAccessControlAllowOrigin, "*")
		return serveFile(c, file)
	}
}

// documentLanguage returns the language of openapi.Languages that `lang` names, with or without a region, or else the default.
func documentLanguage(c echo.Context, byDefault string) (string, error) {
	given := c.QueryParam("lang")
	if given == "" {
		return byDefault, nil
	}
	lang, _, _ := strings.Cut(strings.ToLower(given), "-")
	if !slices.Contains(openapi.Languages, lang) {
		f := apperr.In("lang", "not_allowed", "allowed", strings.Join(openapi.Languages, ", "))
		f.Allowed = openapi.Languages
		return "", apperr.BadQuery([]apperr.Field{f})
	}
	return lang, nil
}

// redirectTo sends clients to another path, with their parameters.
func redirectTo(path string) func(*server, echo.Context) error {
	return func(_ *server, c echo.Context) error {
		to := url.URL{Path: path, RawQuery: c.Request().URL.RawQuery}
		return c.Redirect(http.StatusMovedPermanently, to.String())
	}
}

// showDocs sends Swagger UI, in the language of `lang` or else of Accept-Language, or a file that it loads.
func (s *server) showDocs(c echo.Context) error {
	if c.Param("*") != "" {
		return servePage(c, docs.Files(), c.Param("*"))
	}
	lang, err := documentLanguage(c, messageLanguage(c.Request()))
	if err != nil {
		return err
	}
	page, _ := docs.Index(lang)
	isolate(c)
	return serveFile(c, page, "Accept-Language")
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

// serveFile sends a file that changes only with the release. Caches store it and revalidate it. vary are further headers of requests that
// it depends on.
func serveFile(c echo.Context, f docs.File, vary ...string) error {
	h := c.Response().Header()
	h.Set("ETag", `"`+f.Tag+`"`)
	h.Set("Cache-Control", "public, no-cache")
	h.Set(echo.HeaderVary, strings.Join(append(vary, echo.HeaderAcceptEncoding), ", "))
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

// guides are the rendered guides: the pages by name, and the links to them in order.
type guides struct {
	pages map[string]docs.File
	links []docs.Link
}

// newGuides renders the guides when the first client asks for one. address is the public address of the service.
func newGuides(address string) func() (guides, error) {
	return sync.OnceValues(func() (g guides, err error) {
		g.pages, g.links, err = docs.Guides(openapi.Guides, address)
		if err != nil {
			err = fmt.Errorf("render the guides: %w", err)
		}
		return g, err
	})
}

// showGuide sends the page of a guide, or the index of guides.
func (s *server) showGuide(c echo.Context) error {
	g, err := s.guides()
	if err != nil {
		return err
	}
	return servePage(c, g.pages, c.Param("name"))
}

// examples are the programs that the guides link to, by their path under openapi/examples.
var examples = sync.OnceValue(func() map[string]docs.File {
	files := map[string]docs.File{}
	root, err := fs.Sub(openapi.Guides, "examples")
	if err != nil {
		panic(err) // it is part of the program
	}
	_ = fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, path)
		files[path] = docs.NewFile("text/plain; charset=utf-8", content)
		return err
	})
	return files
})

// showExample sends an example program as text.
func (s *server) showExample(c echo.Context) error {
	return servePage(c, examples(), c.Param("*"))
}

// Explanation explains an error code.
//
//	@Description	The meaning of an error code.
type Explanation struct {
	Code string `json:"code" example:"stale_version"` // The code.
	// The text in each language. A name in braces is a placeholder.
	Text map[string]string `json:"text" example:"en:The record has changed since you read it."`
} //	@name	ErrorExplanation

var explanationPage = template.Must(template.New("explanation").Parse(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Code}}</title></head>
<body>
<h1><code>{{.Code}}</code></h1>
{{range $lang, $text := .Text}}<p lang="{{$lang}}">{{$text}}</p>
{{end}}<p>Programs should look at the member <code>code</code> of a problem, never at its texts.</p>
<p><a href="/docs/">Documentation</a></p>
</body>
</html>
`))

// explainProblem explains an error code: a page for browsers, JSON for other clients.
//
//	@ID				explainProblem
//	@Summary		Explain an error code
//	@Description	The member `type` of every problem links here. Browsers get a page.
//	@Tags			Service
//	@Produce		json,html
//	@Param			code	path		string		true	"The code of a problem or of a field error."
//	@Success		200		{object}	Explanation	"The meaning of the code, in three languages."
//	@Failure		404		{object}	Problem		"The code does not exist."
//	@Router			/problems/{code} [get]
func (s *server) explainProblem(c echo.Context) error {
	e := Explanation{Code: c.Param("code"), Text: apperr.Texts(c.Param("code"))}
	if e.Text == nil {
		return apperr.New(apperr.NotFound, "not_found")
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "public, max-age=3600")
	addVary(h, echo.HeaderAccept)
	if !prefers(c.Request(), echo.MIMETextHTML) {
		return send(c, http.StatusOK, echo.MIMEApplicationJSON, e)
	}
	var page bytes.Buffer
	if err := explanationPage.Execute(&page, e); err != nil {
		return fmt.Errorf("write the page of a code: %w", err)
	}
	return c.HTMLBlob(http.StatusOK, page.Bytes())
}
