package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/formats/popolo"
	"roundtables.kz/registry/internal/formats/schemaorg"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"

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

const mediaJSONLD = "application/ld+json"

// linkedData returns the writer of JSON-LD.
func (s *server) linkedData() schemaorg.Writer {
	return schemaorg.Writer{Base: s.config.PublicBaseURL, License: License}
}

// withJSONLD makes the operation Get also return JSON-LD, which send sends.
func withJSONLD(o Operation, send func(*server, echo.Context) error) Operation {
	getJSON := o.handle
	o.handle = func(s *server, c echo.Context) error {
		if prefers(c.Request(), mediaJSONLD) {
			return send(s, c)
		}
		return getJSON(s, c)
	}
	o.properties, o.Produces = properties{also: mediaJSONLD, alsoStreams: true}, "json,"+mediaJSONLD
	return o
}

// jsonLDNote documents withJSONLD. what is what it returns.
func jsonLDNote(what string) string {
	return "With `Accept: application/ld+json`, returns " + what + " This form takes no parameters."
}

// sendJSONLD sends a record as the document that write writes.
func sendJSONLD[T any](get func(context.Context, pg.DB, int64) (T, error),
	write func(w schemaorg.Writer, ctx context.Context, tx pgx.Tx, r T, to io.Writer) error) func(*server, echo.Context) error {
	return func(s *server, c echo.Context) error {
		n, err := idOnly(c)
		if err != nil {
			return err
		}
		ctx := c.Request().Context()
		var body bytes.Buffer
		err = changes.Snapshot(ctx, s.db, func(tx pgx.Tx) error {
			r, err := get(ctx, tx, n)
			if err != nil {
				return err
			}
			return write(s.linkedData(), ctx, tx, r, &body)
		})
		if err != nil {
			return err
		}
		return sendDocument(c, &body)
	}
}

// idOnly returns the id in the path of a request without parameters.
func idOnly(c echo.Context) (int64, error) {
	if err := noQuery(c); err != nil {
		return 0, err
	}
	return id(c)
}

// sendDocument sends JSON-LD.
func sendDocument(c echo.Context, body *bytes.Buffer) error {
	h := c.Response().Header()
	h.Set("Link", licenseLink)
	h.Set(echo.HeaderContentLength, strconv.Itoa(body.Len()))
	return c.Blob(http.StatusOK, mediaJSONLD, body.Bytes())
}

// getEventOfSchemaOrg sends a round table as an Event of schema.org. A large one is sent page by page.
func (s *server) getEventOfSchemaOrg(c echo.Context) error {
	n, err := idOnly(c)
	if err != nil {
		return err
	}
	w := s.linkedData()
	ctx := c.Request().Context()
	var body bytes.Buffer
	large := false
	err = changes.Snapshot(ctx, s.db, func(tx pgx.Tx) error {
		r, err := roundtable.Get(ctx, tx, n)
		if large = schemaorg.IsLarge(r); err != nil || large {
			return err
		}
		return w.Write(ctx, tx, r, &body, func() error { return nil })
	})
	if err != nil {
		return err
	}
	if !large {
		return sendDocument(c, &body)
	}
	return s.snapshot(c, func(ctx context.Context, tx pgx.Tx) error {
		r, err := roundtable.Get(ctx, tx, n)
		if err != nil {
			return err
		}
		to := newDownload(c, http.Header{echo.HeaderContentType: {mediaJSONLD}, "Link": {licenseLink}})
		if err := w.Write(ctx, tx, r, to, to.send); err != nil {
			return err
		}
		return to.send()
	})
}
