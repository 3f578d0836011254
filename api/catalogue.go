package api

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/formats/schemaorg"

	"github.com/labstack/echo/v4"
)

const cataloguePath = "/v1"

// publishedFile is a file or a feed with records of the whole registry.
type publishedFile struct {
	title, about    string // for people
	content         string // what it holds, with its format
	path, mediaType string
}

// publishedFiles are all of them, for the catalogue and for the index.
var publishedFiles = []publishedFile{
	{"Whole registry", "All collections as CSV with a description of their columns, in one archive.", "All collections (Data Package)", archivePath, mediaZIP},
	{"Popolo", "People, organizations and events in the Popolo format.", "People, organizations and events (Popolo)",
		"/v1/exports/popolo.json", echo.MIMEApplicationJSON},
	{"Calendar", "Round tables for calendar programs.", "Round tables (iCalendar)", "/v1/calendar.ics", plainType(mediaICS)},
	{"Atom feed", "Round tables for feed readers.", "The latest round tables (Atom)", "/v1/feed.atom", "application/atom+xml"},
	{"JSON feed", "The same as JSON.", "The latest round tables (JSON Feed)", "/v1/feed.json", "application/feed+json"},
}

// formatAbout describes the formats of every collection (export.Formats) for the index.
var formatAbout = map[string]string{
	"csv": "Every collection as a table.", "ndjson": "Every collection with a record on each line.", "xlsx": "Every collection as a workbook.",
}

// plainType returns a media type without its parameters.
func plainType(mediaType string) string {
	plain, _, _ := strings.Cut(mediaType, ";")
	return plain
}

// showCatalogue describes the collections and their files.
//
//	@ID				getCatalogue
//	@Summary		List the collections and their files
//	@Description	Returns the registry as a Dataset with all collections that you may read, each with the addresses of its files. The
//	@Description	terms are those of schema.org and DCAT, in JSON-LD, for programs that collect descriptions of data.
//	@Tags			Exports
//	@Produce		application/ld+json
//	@Success		200	{object}	object	"The description."
//	@Router			/v1 [get]
func (s *server) showCatalogue(c echo.Context) error {
	if err := noQuery(c); err != nil {
		return err
	}
	ctx := c.Request().Context()
	modified, err := changes.LastAt(ctx, s.db, actor.From(ctx).SeesOnlyPublished())
	if err != nil {
		return err
	}
	whole := schemaorg.Dataset{Path: cataloguePath, Name: indexTitle, Description: indexDescription}
	for _, f := range publishedFiles {
		whole.Files = append(whole.Files, schemaorg.Distribution{Path: f.path, Name: f.content, MediaType: f.mediaType})
	}
	for _, d := range exportedTo(actor.From(ctx)) {
		part := schemaorg.Dataset{Path: "/v1/" + d.Type, Name: sentenceCase(d.Many), Description: d.About}
		for _, format := range export.Formats {
			file := schemaorg.Distribution{Path: "/v1/exports/" + d.Type + "." + format, MediaType: export.MediaTypes[format]}
			file.Name = part.Name + " (" + strings.ToUpper(format) + ")"
			part.Files = append(part.Files, file)
		}
		whole.Parts = append(whole.Parts, part)
	}
	var body bytes.Buffer
	if err := s.linkedData().WriteDataset(&body, whole, modified); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Link", licenseLink)
	h.Set(echo.HeaderContentLength, strconv.Itoa(body.Len()))
	return c.Blob(http.StatusOK, mediaJSONLD, body.Bytes())
}

// sentenceCase begins with an upper case letter.
func sentenceCase(words string) string { return strings.ToUpper(words[:1]) + words[1:] }
