package api

import (
	"context"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/formats/popolo"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/input"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// popoloParams are the parameters of the Popolo export.
type popoloParams struct {
	Lang string `query:"lang" form:"lang" validate:"omitempty,language" example:"ru"` // The language of names and titles, or the next one of the chain ru, en, kk. Names in other languages become other names.
}

// exportPopolo sends people, organizations, affiliations and round tables as a Popolo document.
//
//	@ID				exportPopolo
//	@Summary		Export a Popolo document
//	@Description	Returns one document, which shows one moment of the registry, with the members of the Popolo project: `persons`,
//	@Description	`organizations`, `memberships` (the positions of people) and `events` (the round tables, each with its first
//	@Description	organizer and its named attendees).
//	@Tags			Exports
//	@x-file			true
//	@Param			params	query		popoloParams	false	"-"
//	@Success		200		{object}	popolo.Export	"The document."
//	@Router			/v1/exports/popolo.json [get]
func (s *server) exportPopolo(c echo.Context) error {
	var p popoloParams
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
		return err
	}
	return s.sendFile(c, s.cacheable(c), echo.MIMEApplicationJSON, s.datedName("popolo", "json"), func(ctx context.Context, tx pgx.Tx, to *download) error {
		return popolo.Writer{Lang: p.Lang, Base: s.config.PublicBaseURL, License: License}.Write(ctx, tx, to, to.send)
	})
}

// popoloImportParams are the parameters of the Popolo import.
type popoloImportParams struct {
	importing
	Language string `query:"language" form:"language" validate:"omitempty,language" example:"ru"`          // The language of texts that do not name theirs. By default, Kazakh or Russian if the letters indicate it, otherwise English.
	Source   string `query:"source" form:"source" validate:"omitempty,max=40,scheme" example:"parliament"` // The publisher of the document, in lower case. The registry stores the ids of people, organizations and events as external ids, `source:id`, and finds the objects by them in the next import. Affiliations have no external ids: `ignored` names the `id` of a membership.
}

// importPopolo imports a Popolo document.
//
//	@ID				importPopolo
//	@Summary		Import a Popolo document
//	@Description	Takes a document as `GET /v1/exports/popolo.json` returns it, or another one with `persons`, `organizations`,
//	@Description	`memberships`, `posts` and `events`, up to 20 MiB. The schemas of the Popolo project validate what is taken over. People and
//	@Description	organizations are found by our id if the name agrees, by `identifiers`, or by the exact name if it is unambiguous
//	@Description	(for people also by their organization). A name that may mean several records is rejected with the candidates
//	@Description	unless `allow_duplicate=true`. Memberships become affiliations; events become drafts of round tables,
//	@Description	except legislative periods, which date their memberships. Records with contradicting identifiers are never one.
//	@Description
//	@Description	The import adds what the registry lacks and replaces nothing. `kept` names the properties of which the registry
//	@Description	has another value, `ignored` those that it cannot store. Importing the same document again changes nothing.
//	@Tags			Imports
//	@Param			params		query		popoloImportParams	false	"-"
//	@Param			document	body		object				true	"The document."
//	@Success		201			{object}	imports.Import		"The result of each object, in the order of writing: organizations, people, memberships, events."
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
		return popolo.Import(ctx, tx, doc, head, popolo.Options{
			Base: s.config.PublicBaseURL, Lang: p.Language, Source: p.Source, AllowDuplicate: p.AllowDuplicate,
			MessageLang: messageLanguage(c.Request()), People: s.people, Organizations: s.organizations,
		})
	})
}
