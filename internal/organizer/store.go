package organizer

import (
	"context"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"

	"github.com/jackc/pgx/v5"
)

// Table is the table of organizers, Type their record type in the change log.
const (
	Table = "organizers"
	Type  = "organizers"
)

// sourceFor returns how the actor reads organizers.
var sourceFor = actor.PerView(newSource)

// newSource returns how organizers are read. The public sees only those of published round tables.
func newSource(public bool) paging.Source {
	s := paging.Source{
		Columns: changes.Columns("o") + `, o.round_table_id, o.organization_id, o.kind, o.name_as_listed, o.position,
			` + reference.RoundTable("r") + ` AS round_table, json_build_object('id', g.id, 'name', g.name) AS organization`,
		Table: "organizers o",
		Joins: "LEFT JOIN round_tables r ON r.id = o.round_table_id", // PostgreSQL drops an outer join that nothing uses
		Shown: "JOIN organizations g ON g.id = o.organization_id",
		ID:    "o.id",
		Sorts: map[string]paging.Column{
			"position":   {SQL: "o.position", Type: "integer"},
			"starts_on":  {SQL: "o.starts_key", Type: "integer", Date: true},
			"updated_at": {SQL: "o.updated_at", Type: "timestamptz"},
		},
		Default: "position",
		Within:  "position",
	}
	if public {
		s.Visible = "r.publication = 'published'"
	}
	const event = "o.round_table_id"
	s.Dimensions, s.Metrics = reference.EventDimensions(event, "o.starts_key", public), reference.EventMetrics(event, public)
	organization := paging.Values{SQL: "o.organization_id"}
	s.Dimensions["organization"] = paging.Dimension{Values: organization, Named: reference.NamedOrganizations}
	s.Dimensions["kind"] = paging.Dimension{Values: paging.Values{SQL: "o.kind"}, Vocabulary: "organizer_kind"}
	s.Metrics["organizations"] = organization
	return s
}

// List returns a page of organizers.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Organizer], error) {
	var w pg.Where
	pg.In(&w, "o.id", "id", f.ID)
	pg.In(&w, "o.round_table_id", "round_table", f.RoundTable)
	pg.In(&w, "o.organization_id", "organization", f.Organization)
	if cond := f.OrganizationTreeFilter.In("o.organization_id"); cond != "" {
		w.Vary(cond, "organization_tree", f.OrganizationTree)
	}
	pg.In(&w, "o.kind", "kind", f.Kind)
	paging.Starts(&w, "o.starts_key", f.StartsFrom, f.StartsTo)
	const event = "o.round_table_id"
	public := actor.From(ctx).SeesOnlyPublished()
	f.EventFilter.Add(&w, event, "o.starts_key", public)
	f.EventStatusFilter.Add(&w, event)
	f.EventTopicFilter.Add(&w, event)
	f.EventLanguageFilter.Add(&w, event)
	f.EventRoleFilter.Add(&w, event)
	f.EventPersonFilter.Add(&w, event, public)
	return paging.Query[Organizer](ctx, db, sourceFor(ctx), w, f.Params)
}

// ListWithin returns a page of the organizers of one round table. It does not check that the round table exists.
func ListWithin(ctx context.Context, db pg.DB, roundTable int64, f Within) (paging.Page[Organizer], error) {
	return List(ctx, db, Filter{Within: f, RoundTable: []int64{roundTable}})
}

// Get returns one organizer. It returns apperr.NotFound if there is none and apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (Organizer, error) {
	return changes.Get[Organizer](ctx, db, sourceFor(ctx), Type, id)
}

// Create creates an organizer. Without a position it becomes the last one of its round table. An unknown round table or
// organization is apperr.Invalid. A duplicate is apperr.Conflict.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	in.complete()
	return pg.ID(ctx, tx, insertOrganizer, in.args())
}

// Insert queues the statement of Create.
func Insert(b *pgx.Batch, id int64, in Input, _ *[]apperr.Field) {
	in.complete()
	args := in.args()
	args["id"] = id
	b.Queue(insertOrganizer, args)
}

const insertOrganizer = `
		INSERT INTO organizers (id, round_table_id, organization_id, kind, name_as_listed, position)
		VALUES (coalesce(@id, nextval(pg_get_serial_sequence('organizers', 'id'))), @round_table_id, @organization_id, @kind, @name_as_listed,
			coalesce(@position, (SELECT least(coalesce(max(o.position), 0) + 1, 100000) FROM organizers o WHERE o.round_table_id = @round_table_id)))
		RETURNING id`

// Update replaces the content of old, with the errors of Create. Without a position it keeps its own. Content that is
// already stored changes nothing, not even the version.
func Update(ctx context.Context, tx pgx.Tx, old Organizer, in Input) error {
	in.complete()
	args := in.args()
	args["id"] = old.ID
	return pg.Exec(ctx, tx, `
		UPDATE organizers SET round_table_id = @round_table_id, organization_id = @organization_id, kind = @kind,
			name_as_listed = @name_as_listed, position = coalesce(@position, position) WHERE id = @id`, args)
}

func (in Input) args() pg.Args {
	return pg.Args{
		"id": nil, "round_table_id": in.RoundTableID, "organization_id": in.OrganizationID, "kind": in.Kind,
		"name_as_listed": in.NameAsListed, "position": in.Position,
	}
}

// OfRoundTables returns up to per organizers of each round table, in the order of the source.
func OfRoundTables(ctx context.Context, db pg.DB, roundTables []int64, per int) ([]Organizer, error) {
	return paging.Each[Organizer](ctx, db, sourceFor(ctx), "c.round_table_id", "c.position, c.id", roundTables, per)
}

// OfOrganizations returns the latest organizer records of each organization, up to per for each.
func OfOrganizations(ctx context.Context, db pg.DB, organizations []int64, per int) ([]Organizer, error) {
	return paging.Each[Organizer](ctx, db, sourceFor(ctx), "c.organization_id", "c.starts_key DESC, c.id DESC", organizations, per)
}
