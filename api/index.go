package api

import (
	"net/http"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/labstack/echo/v4"
)

// Index is the response at the root of the service.
//
//	@Description	The links of the service.
type Index struct {
	Title       string      `json:"title" example:"Registry of round tables"`                       // Name of the service.
	Description string      `json:"description" example:"Round tables of policy institutes: …"`     // What it holds.
	License     string      `json:"license" example:"https://creativecommons.org/licenses/by/4.0/"` // Licence of the data.
	Links       []IndexLink `json:"links"`                                                          // The links.
} //	@name	Links

// IndexLink is one entry of the index.
//
//	@Description	A page, a document or a format of the service.
type IndexLink struct {
	Group       string `json:"group" example:"data"`                         // `documentation`, `guides`, `data` or `service`.
	Title       string `json:"title" example:"Round tables as CSV"`          // For people.
	Description string `json:"description" example:"All rows, for a table."` // One sentence.
	Href        string `json:"href" example:"/v1/exports/round-tables.csv"`  // The address.
	Type        string `json:"type" example:"text/csv"`                      // Its media type.
} //	@name	IndexLink

const indexTitle = "Registry of round tables"

const indexDescription = "Round tables, conferences and briefings of policy institutes: who organized and attended them, " +
	"what was said and what was proposed."

// indexGroups are the groups of links. The page about the data has a heading for each.
var indexGroups = []string{"documentation", "guides", "data", "service"}

// indexLinks are all links except the guides and the files (see export.Formats and publishedFiles).
var indexLinks = []IndexLink{
	{"documentation", "Swagger UI", "Every operation, with forms to try it.", "/docs/", "text/html"},
	{"documentation", "OpenAPI 3.1", "The description of the API for programs.", "/openapi.json", "application/json"},
	{"documentation", "OpenAPI 3.0", "The same, for tools that do not support 3.1.", "/openapi-3.0.json", "application/json"},
	{"documentation", "Swagger 2.0", "The same, for old tools.", "/swagger.json", "application/json"},

	{"data", "Round tables", "A page of the newest events, as JSON.", "/v1/round-tables?sort=-starts_on", "application/json"},
	{"data", "Catalogue", "All collections with their files, as schema.org and DCAT.", cataloguePath, mediaJSONLD},
	{"data", "Changes", "Everything, then what changed, for mirrors.", "/v1/changes", "application/json"},
	{"data", "Reconciliation", "The address for OpenRefine.", "/v1/reconcile", "application/json"},

	{"service", "Readiness", "Whether the service can handle requests.", "/readyz", "application/json"},
}

// showIndex sends the links of the service; to browsers it sends the first page in the language that they accept.
//
//	@ID				getIndex
//	@Summary		List the links
//	@Description	Links to the documentation, the guides and the formats of the data. Browsers get a page.
//	@Tags			Service
//	@Produce		json,html
//	@Success		200	{object}	Index	"The links."
//	@Router			/ [get]
func (s *server) showIndex(c echo.Context) error {
	h := c.Response().Header()
	addVary(h, echo.HeaderAccept)
	if prefers(c.Request(), echo.MIMETextHTML) {
		addVary(h, "Accept-Language")
		return s.showPage(c, messageLanguage(c.Request()), "")
	}
	g, err := s.guides()
	if err != nil {
		return err
	}
	links := slices.Clone(indexLinks)
	for _, format := range export.Formats {
		path := "/v1/exports/" + roundtable.Type + "." + format
		links = append(links, IndexLink{"data", strings.ToUpper(format), formatAbout[format], path, plainType(export.MediaTypes[format])})
	}
	for _, f := range publishedFiles {
		links = append(links, IndexLink{"data", f.title, f.about, f.path, f.mediaType})
	}
	for _, l := range g.links {
		links = append(links, IndexLink{"guides", l.Title, l.Summary, "/docs/guides/" + l.Name, "text/html"})
	}
	for i := range links {
		links[i].Href = s.config.PublicBaseURL + links[i].Href
	}
	h.Set("Cache-Control", "public, no-cache")
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, Index{indexTitle, indexDescription, License, links})
}
