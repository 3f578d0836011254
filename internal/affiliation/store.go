package affiliation

import (
	"context"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"

	"github.com/jackc/pgx/v5"
)

// Table is the table of affiliations, Type their record type in the change log.
const (
	Table = "affiliations"
	Type  = "affiliations"
)

// sourceFor returns how the actor reads affiliations.
var sourceFor = actor.PerView(newSource)

// newSource returns how affiliations are read. The public does not see those of restricted people.
func newSource(public bool) paging.Source {
	s := paging.Source{
		Columns: changes.Columns("f") + `, f.person_id, f.organization_id, f.title, f.held_from, f.held_to, f.is_primary, f.external_ids,
			json_build_object('id', p.id, 'name', p.name) AS person, json_build_object('id', o.id, 'name', o.name) AS organization`,
		Table: "affiliations f",
		Joins: "JOIN people p ON p.id = f.person_id JOIN organizations o ON o.id = f.organization_id",
		ID:    "f.id",
		Sorts: map[string]paging.Column{
			"from":       {SQL: "f.from_key", Type: "integer", Date: true},
			"updated_at": {SQL: "f.updated_at", Type: "timestamptz"},
		},
		Default: "-from",
		Dimensions: map[string]paging.Dimension{
			"person":       {Values: paging.Values{SQL: "f.person_id"}, Named: reference.NamedPeople},
			"organization": {Values: paging.Values{SQL: "f.organization_id"}, Named: reference.NamedOrganizations},
		},
		Metrics: map[string]paging.Values{"people": {SQL: "f.person_id"}, "organizations": {SQL: "f.organization_id"}},
	}
	if public {
		s.Visible = reference.Public("p")
	}
	return s
}

// List returns a page of affiliations.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Affiliation], error) {
	var w pg.Where
	pg.In(&w, "f.id", "id", f.ID)
	pg.In(&w, "f.person_id", "person", f.Person)
	pg.In(&w, "f.organization_id", "organization", f.Organization)
	reference.AddExternalIDs(&w, "f.id", Table, f.ExternalID)
	if f.On != nil {
		w.Add("f.held_during @> @on::date", "on", *f.On)
	}
	return paging.Query[Affiliation](ctx, db, sourceFor(ctx), w, f.Params)
}

// Get returns one affiliation. It returns apperr.NotFound if there is none and apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (Affiliation, error) {
	return changes.Get[Affiliation](ctx, db, sourceFor(ctx), Type, id)
}

// Create creates an affiliation. An unknown person or organization is apperr.Invalid. A duplicate with the same title
// and beginning is apperr.Conflict.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	return pg.ID(ctx, tx, `
		INSERT INTO affiliations (person_id, organization_id, title, held_from, held_to, is_primary, external_ids)
		VALUES (@person_id, @organization_id, @title, @held_from, @held_to, @is_primary, @external_ids) RETURNING id`, in.args())
}

// Update replaces the content of old, with the errors of Create. Content that is already stored changes nothing, not
// even the version.
func Update(ctx context.Context, tx pgx.Tx, old Affiliation, in Input) error {
	args := in.args()
	args["id"] = old.ID
	return pg.Exec(ctx, tx, `
		UPDATE affiliations SET person_id = @person_id, organization_id = @organization_id, title = @title, held_from = @held_from,
			held_to = @held_to, is_primary = @is_primary, external_ids = @external_ids WHERE id = @id`, args)
}

func (in Input) args() pg.Args {
	return pg.Args{
		"person_id": in.PersonID, "organization_id": in.OrganizationID, "title": in.Title, "held_from": in.From, "held_to": in.To, "is_primary": in.Primary,
		"external_ids": pg.OrEmpty(in.ExternalIDs),
	}
}

// latestFirst is the order of the positions of one person or organization.
const latestFirst = "c.from_key DESC, c.id DESC"

// OfPeople returns the latest positions of each person, up to per for each.
func OfPeople(ctx context.Context, db pg.DB, people []int64, per int) ([]Affiliation, error) {
	return paging.Each[Affiliation](ctx, db, sourceFor(ctx), "c.person_id", latestFirst, people, per)
}

// OfOrganizations returns the latest positions in each organization, up to per for each.
func OfOrganizations(ctx context.Context, db pg.DB, organizations []int64, per int) ([]Affiliation, error) {
	return paging.Each[Affiliation](ctx, db, sourceFor(ctx), "c.organization_id", latestFirst, organizations, per)
}
