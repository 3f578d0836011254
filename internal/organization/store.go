package organization

import (
	"context"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// Table is the table of organizations, Type their record type in the change log.
const (
	Table = "organizations"
	Type  = "organizations"
)

// Spellings is the index of the names of organizations.
var Spellings = spelling.Index{
	Table: "organization_names", Owner: "organization_id", Records: Table, Organizations: true,
	References: `SELECT organization_id FROM organizers UNION ALL SELECT organization_id FROM attendees
		UNION ALL SELECT on_behalf_of_organization_id FROM attendees UNION ALL SELECT organization_id FROM attendee_affiliations
		UNION ALL SELECT organization_id FROM affiliations UNION ALL SELECT organization_id FROM statement_organizations
		UNION ALL SELECT addressee_id FROM recommendations UNION ALL SELECT parent_id FROM organizations`,
	Columns: "r.name, r.short_name, r.other_names", Read: spelling.Reader(func(o Organization) (int64, []string) { return o.ID, o.spellings() }),
}

// sourceFor returns how the actor reads organizations.
var sourceFor = actor.PerView(newSource)

// newSource returns how organizations are read. For the public, aggregates count nothing of unpublished round tables.
func newSource(public bool) paging.Source {
	s := paging.Source{
		Columns: changes.Columns("o") + `, o.name, o.short_name, o.other_names, o.kind, o.parent_id, o.country, o.website,
			o.founded_on, o.dissolved_on, o.external_ids,
			CASE WHEN u.id IS NOT NULL THEN json_build_object('id', u.id, 'name', u.name) END AS parent`,
		Table: "organizations o",
		Joins: "LEFT JOIN organizations u ON u.id = o.parent_id",
		ID:    "o.id",
		Sorts: map[string]paging.Column{
			"name":       {SQL: "o.name_sort", Type: "text"},
			"updated_at": {SQL: "o.updated_at", Type: "timestamptz"},
		},
		Default: "name",
	}
	s.Dimensions, s.Metrics = dimensions(public)
	reference.AddCounts(&s, Type, public)
	return s
}

// dimensions returns what aggregates of organizations group them by, and what they count at their round tables.
func dimensions(public bool) (map[string]paging.Dimension, map[string]paging.Values) {
	at := func(columns, joins string) string {
		if public {
			joins += " JOIN round_tables r ON r.id = l.round_table_id AND r.publication = 'published'"
		}
		return "SELECT l.organization_id, " + columns + " FROM " + reference.EventOrganizationLinks + joins
	}
	topics := paging.Values{Pairs: at("t.topic_id", " JOIN round_table_topics t ON t.round_table_id = l.round_table_id")}
	people := "SELECT f.organization_id, " + reference.Unrestricted("f.person_id", public) + " FROM affiliations f" +
		" UNION ALL SELECT f.organization_id, " + reference.Unrestricted("a.person_id", public) +
		" FROM attendee_affiliations f JOIN attendees a ON a.id = f.attendee_id"
	recommendations := "SELECT x.addressee_id, x.id FROM recommendations x"
	if public {
		people += " JOIN round_tables r ON r.id = a.round_table_id AND r.publication = 'published'"
		recommendations += " JOIN round_tables r ON r.id = x.round_table_id AND r.publication = 'published'"
	}
	parent := paging.Dimension{Values: paging.Values{SQL: "o.parent_id"}, Named: reference.NamedOrganizations, Parameter: "parent"}
	return map[string]paging.Dimension{
			"kind":         {Values: paging.Values{SQL: "o.kind"}, Vocabulary: "organization_kind"},
			"country":      {Values: paging.Values{SQL: "o.country"}, Vocabulary: "country"},
			"parent":       parent,
			"organization": parent,
			"topic":        {Values: topics, Named: reference.NamedTopics},
		}, map[string]paging.Values{
			"organizations":   {SQL: "o.id"},
			"round_tables":    {Pairs: at("l.round_table_id", "")},
			"topics":          topics,
			"people":          {Pairs: people},
			"statements":      {Pairs: statements(public)},
			"recommendations": {Pairs: recommendations, Once: true},
		}
}

// statements are the statements of organizations, of people in a position there, and on their behalf.
func statements(public bool) string {
	published := ""
	if public {
		published = " JOIN round_tables r ON r.id = s.round_table_id AND r.publication = 'published'"
	}
	return "SELECT l.organization_id, s.id FROM " + reference.OrganizationLinks + " JOIN statements s ON s.attendee_id = l.attendee_id" + published
}

// List returns a page of organizations.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Organization], error) {
	var w pg.Where
	pg.In(&w, "o.id", "id", f.ID)
	pg.In(&w, "o.kind", "kind", f.Kind)
	pg.In(&w, "o.country", "country", f.Country)
	pg.In(&w, "o.parent_id", "parent", f.Parent)
	source := sourceFor(ctx)
	topics := source.Dimensions["topic"].Link()
	if len(f.Topic) > 0 {
		w.Among(pg.Set{Column: "o.id", IDs: "SELECT l.record FROM " + topics.Table + " WHERE l.key = ANY(@topic)",
			Args: pg.Args{"topic": f.Topic}, Varies: true})
	}
	pg.Together(&w, "o.id", topics, "l.key", "topic", f.AllTopics)
	reference.AddExternalIDs(&w, "o.id", Table, f.ExternalID)
	f.Found.Search(Spellings, &w, "o.id", f.Q)
	page, err := paging.Query[Organization](ctx, db, f.Found.Ranked(Spellings, source, &w, f.Q, f.Sort), w, f.Params)
	page.State = f.Found.State(page.State)
	return page, err
}

// Get returns one organization. It returns apperr.NotFound if there is none and apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (Organization, error) {
	return changes.Get[Organization](ctx, db, sourceFor(ctx), Type, id)
}

// Distinct checks that no existing organization most likely has one of the names. Otherwise it returns
// apperr.Conflict with the candidates.
func Distinct(ctx context.Context, tx pgx.Tx, s *spelling.Session, in Input) error {
	return s.Distinct(ctx, tx, spelling.Of(in.Name), in.ExternalIDs)
}

// Create creates an organization. An unknown parent is apperr.Invalid. An external id that another record has is
// apperr.Conflict.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	return pg.Create(ctx, tx, Table, in, Insert)
}

// Insert queues the statements of Create.
func Insert(b *pgx.Batch, id int64, in Input, _ *[]apperr.Field) {
	args := in.args()
	args["id"] = id
	b.Queue(`
		INSERT INTO organizations (id, name, short_name, other_names, kind, parent_id, country, website, founded_on, dissolved_on, external_ids)
		VALUES (@id, @name, @short_name, @other_names, @kind, @parent_id, @country, @website, @founded_on, @dissolved_on, @external_ids)`, args)
	Spellings.Add(b, id, in.spellings())
}

// Update replaces the content of old, with the errors of Create. A parent that is a part of the organization is
// apperr.Invalid. Content that is already stored changes nothing, not even the version.
func Update(ctx context.Context, tx pgx.Tx, old Organization, in Input) error {
	args := in.args()
	args["id"] = old.ID
	err := pg.Exec(ctx, tx, `
		UPDATE organizations SET name = @name, short_name = @short_name, other_names = @other_names, kind = @kind, parent_id = @parent_id,
			country = @country, website = @website, founded_on = @founded_on, dissolved_on = @dissolved_on, external_ids = @external_ids
		WHERE id = @id`, args)
	if err != nil {
		return err
	}
	return Spellings.Save(ctx, tx, old.ID, in.spellings())
}

// AddSpelling adds another name to an organization unless it has the name already in some form. If its list of names
// is full, AddSpelling returns apperr.Invalid.
func AddSpelling(ctx context.Context, tx pgx.Tx, id int64, name text.OtherName) error {
	o, err := Get(ctx, pg.ForUpdate{Tx: tx}, id)
	if err != nil {
		return err
	}
	in := o.Input
	if in.OtherNames, err = spelling.AddName(in.OtherNames, in.spellings(), name); err != nil {
		return err
	}
	return Update(ctx, tx, o, in)
}

func (in Input) args() pg.Args {
	in.complete()
	return pg.Args{
		"name": in.Name, "short_name": in.ShortName, "other_names": in.OtherNames, "kind": in.Kind, "parent_id": in.ParentID, "country": in.Country,
		"website": in.Website, "founded_on": in.FoundedOn, "dissolved_on": in.DissolvedOn, "external_ids": in.ExternalIDs,
	}
}
