package api

import (
	"context"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/formats/popolo"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/input"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// popoloParams are what the export as Popolo takes.
type popoloParams struct {
	Lang string `query:"lang" form:"lang" validate:"omitempty,language" example:"ru"` // The language of names and titles, or the next one of the chain ru, en, kk. Names in other languages are among the other names.
}

// exportPopolo sends people, organizations, affiliations and round tables as Popolo.
//
//	@ID				exportPopolo
//	@Summary		Export people, organizations, memberships and events as Popolo
//	@Description	All of them in one document of one moment, in the terms of the Popolo project: `persons`, `organizations`, `memberships` (the positions of people) and `events` (the round tables, each with its first organizer and all its attendees with names).
//	@Tags			Exports
//	@Param			params	query		popoloParams	false	"-"
//	@Success		200		{object}	popolo.Export	"The document."
//	@Router			/v1/exports/popolo.json [get]
func (s *server) exportPopolo(c echo.Context) error {
	var p popoloParams
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
		return err
	}
	name := "popolo-" + s.config.Now().UTC().Format(time.DateOnly) + ".json"
	return s.sendFile(c, echo.MIMEApplicationJSON, name, func(ctx context.Context, tx pgx.Tx, to *download) error {
		return popolo.Writer{Lang: p.Lang, Base: s.config.PublicBaseURL}.Write(ctx, tx, to, to.send)
	})
}

// popoloImportParams are what an import of Popolo takes.
type popoloImportParams struct {
	importing
	Language string `query:"language" form:"language" validate:"omitempty,language" example:"ru"`          // The language of texts that do not say theirs. Left out, it is guessed: Kazakh or Russian by the letters, else English.
	Source   string `query:"source" form:"source" validate:"omitempty,max=40,scheme" example:"parliament"` // Whose document it is, in small letters: its ids are kept as external ids, `source:id`, and its objects are found by them the next time.
}

// importPopolo takes a Popolo document.
//
//	@ID				importPopolo
//	@Summary		Import people, organizations, memberships and events from Popolo
//	@Description	A document as `GET /v1/exports/popolo.json` sends it, or another one of the Popolo project's terms (`persons`, `organizations`, `memberships`, `posts`, `events`), up to 20 MiB. It is held against the project's schemas. People and organizations are found by our id where the name agrees, by `identifiers`, or by the exact name where it leaves no doubt (of people also by their organization); who may be several records is refused with the candidates unless `allow_duplicate=true`. Memberships become affiliations, events become drafts of round tables.
//	@Description	The import adds what the registry lacks and replaces nothing: `kept` names the properties of which the registry has another value, `ignored` those that it has no place for. The same document again changes nothing. Try it with `dry_run=true` first.
//	@Tags			Imports
//	@Param			params		query		popoloImportParams	false	"-"
//	@Param			document	body		object				true	"The document."
//	@Success		201			{object}	imports.Import		"What became of each object, in the order in which they were written: organizations, people, memberships, events."
//	@Router			/v1/imports/popolo [post]
func (s *server) importPopolo(c echo.Context) error {
	raw, err := readJSON(c, "application/json")
	if err != nil {
		return err
	}
	doc, err := popolo.Read(raw)
	if err != nil {
		return err
	}
	var p popoloImportParams
	return s.importWith(c, &p, &p.importing, "json", raw, func(ctx context.Context, tx pgx.Tx, head *imports.Head) ([]imports.Row, error) {
		results, err := popolo.Import(ctx, tx, doc, popolo.Options{
			Base: s.config.PublicBaseURL, Lang: p.Language, Source: p.Source, AllowDuplicate: p.AllowDuplicate,
			People: s.people, Organizations: s.organizations,
		})
		if err != nil {
			return nil, err
		}
		head.Ignored = doc.Ignored
		lang := messageLanguage(c.Request())
		rows := make([]imports.Row, len(results))
		for i, r := range results {
			head.Add(r.Action)
			rows[i] = r.Row
			for _, f := range r.Mistakes {
				rows[i].Errors = append(rows[i].Errors, imports.NewMistake(f, lang))
			}
		}
		return rows, nil
	})
}
