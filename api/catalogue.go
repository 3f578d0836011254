package api

import (
	"bytes"
	"strings"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/formats/schemaorg"

	"github.com/labstack/echo/v4"
)

const cataloguePath = "/v1"

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
	whole := schemaorg.Dataset{
		Path: cataloguePath, Name: indexTitle, Description: indexDescription,
		Files: []schemaorg.Distribution{
			{Path: archivePath, Name: "All collections (Data Package)", MediaType: mediaZIP},
			{Path: "/v1/exports/popolo.json", Name: "People, organizations and events (Popolo)", MediaType: echo.MIMEApplicationJSON},
			{Path: "/v1/calendar.ics", Name: "Round tables (iCalendar)", MediaType: "text/calendar"},
		},
	}
	for _, r := range exportedTo(actor.From(ctx)) {
		d := r.Describe()
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
	return sendDocument(c, &body)
}

// sentenceCase begins with an upper case letter.
func sentenceCase(words string) string { return strings.ToUpper(words[:1]) + words[1:] }
