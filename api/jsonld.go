package api

import (
	"context"
	"io"

	"roundtables.kz/registry/internal/formats/schemaorg"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Records in JSON-LD. Each has an address of its own, /v1/people/12.jsonld, and its record returns the same to clients that prefer
// JSON-LD.

const mediaJSONLD = "application/ld+json"

// linkedData returns the writer of JSON-LD.
func (s *server) linkedData() schemaorg.Writer {
	return schemaorg.Writer{Base: s.config.PublicBaseURL, License: License}
}

// linkedRecord is a type of record in JSON-LD.
type linkedRecord[T any] struct {
	get   func(context.Context, pg.DB, int64) (T, error)
	large func(T) bool // whether it is sent page by page; nil: never
	write func(w schemaorg.Writer, ctx context.Context, tx pgx.Tx, r T, to io.Writer, flush func() error) error
}

var linkedRoundTable = linkedRecord[roundtable.RoundTable]{
	get: roundtable.Get, large: schemaorg.IsLarge,
	write: func(w schemaorg.Writer, ctx context.Context, tx pgx.Tx, r roundtable.RoundTable, to io.Writer, flush func() error) error {
		return w.Write(ctx, tx, r, to, flush)
	},
}

var linkedPerson = linkedRecord[person.Person]{
	get: person.Get,
	write: func(w schemaorg.Writer, ctx context.Context, tx pgx.Tx, p person.Person, to io.Writer, _ func() error) error {
		return w.WritePerson(ctx, tx, p, to)
	},
}

var linkedOrganization = linkedRecord[organization.Organization]{
	get: organization.Get,
	write: func(w schemaorg.Writer, _ context.Context, _ pgx.Tx, o organization.Organization, to io.Writer, _ func() error) error {
		return w.WriteOrganization(o, to)
	},
}

// send sends the record in the path, or 304 if the client has it. It takes no parameters.
func (l linkedRecord[T]) send(s *server, c echo.Context) error {
	if err := noQuery(c); err != nil {
		return err
	}
	return recordFile[T]{
		mediaType: mediaJSONLD, extension: ".jsonld", get: l.get, large: l.large,
		write: func(ctx context.Context, tx pgx.Tx, r T, to io.Writer, flush func() error) error {
			return l.write(s.linkedData(), ctx, tx, r, to, flush)
		},
	}.send(s, c)
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
	o.Produces = "json," + mediaJSONLD
	return o.having(properties{also: mediaJSONLD, alsoStreams: true})
}

// jsonLDNote documents withJSONLD. what is what it returns.
func jsonLDNote(what string) string {
	return "{description} `GET /v1/{collection}/{id}.jsonld`, or this " +
		"operation with `Accept: application/ld+json` and no parameters, returns " + what
}

// getRoundTableJSONLD sends a round table as an Event of schema.org.
//
//	@ID				getRoundTableJsonLd
//	@Summary		Get a round table in JSON-LD
//	@Description	Returns an Event of schema.org with its attendees (Role, with their positions at the event) and statements
//	@Description	(Quotation), as the address of the record does with `Accept: application/ld+json`.
//	@Tags			Round tables
//	@Produce		application/ld+json
//	@x-file			true
//	@Param			id	path		int		true	"The round table."
//	@Success		200	{object}	object	"The event."
//	@Router			/v1/round-tables/{id}.jsonld [get]
func (s *server) getRoundTableJSONLD(c echo.Context) error { return linkedRoundTable.send(s, c) }

// getPersonJSONLD sends a person as a Person of schema.org.
//
//	@ID				getPersonJsonLd
//	@Summary		Get a person in JSON-LD
//	@Description	Returns a Person of schema.org with all positions over time (EmployeeRole), as the address of the record does
//	@Description	with `Accept: application/ld+json`.
//	@Tags			People
//	@Produce		application/ld+json
//	@x-file			true
//	@Param			id	path		int		true	"The person."
//	@Success		200	{object}	object	"The person."
//	@Router			/v1/people/{id}.jsonld [get]
func (s *server) getPersonJSONLD(c echo.Context) error { return linkedPerson.send(s, c) }

// getOrganizationJSONLD sends an organization as an Organization of schema.org.
//
//	@ID				getOrganizationJsonLd
//	@Summary		Get an organization in JSON-LD
//	@Description	Returns an Organization of schema.org, as the address of the record does with `Accept: application/ld+json`.
//	@Tags			Organizations
//	@Produce		application/ld+json
//	@x-file			true
//	@Param			id	path		int		true	"The organization."
//	@Success		200	{object}	object	"The organization."
//	@Router			/v1/organizations/{id}.jsonld [get]
func (s *server) getOrganizationJSONLD(c echo.Context) error { return linkedOrganization.send(s, c) }
