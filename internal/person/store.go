package person

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

// Table is the table of people, Type their record type in the change log.
const (
	Table = "people"
	Type  = "people"
)

// Spellings is the index of the names of people.
var Spellings = spelling.Index{
	Table: "person_names", Owner: "person_id", Records: Table, Hidden: "NOT (" + reference.Public("r") + ")",
	References: `SELECT person_id FROM attendees UNION ALL SELECT on_behalf_of_person_id FROM attendees UNION ALL SELECT person_id FROM affiliations
		UNION ALL SELECT quoted_person_id FROM statements UNION ALL SELECT person_id FROM statement_people
		UNION ALL SELECT person_id FROM document_authors UNION ALL SELECT person_id FROM contacts`,
	Columns: "r.name, r.other_names", Read: spelling.Reader(func(p Person) (int64, []string) { return p.ID, p.spellings() }),
}

// sourceFor returns how the actor reads people.
var sourceFor = actor.PerView(newSource)

// newSource returns how people are read. The public does not see restricted people and notes.
func newSource(public bool) paging.Source {
	s := paging.Source{
		Table: "people p",
		ID:    "p.id",
		Sorts: map[string]paging.Column{
			"name":       {SQL: "p.name_sort", Type: "text"},
			"updated_at": {SQL: "p.updated_at", Type: "timestamptz"},
		},
		Default: "name",
	}
	s.Dimensions, s.Metrics = dimensions(public)
	notes := "p.notes"
	if public {
		s.Visible = reference.Public("p")
		notes = "NULL::text AS notes"
	}
	s.Columns = changes.Columns("p") + `, p.name, p.other_names, p.honorific, p.bio, p.external_ids, p.visibility, ` + notes + `,
		(SELECT json_build_object('organization', json_build_object('id', g.id, 'name', g.name), 'title', f.title)
		 FROM affiliations f JOIN organizations g ON g.id = f.organization_id WHERE f.person_id = p.id AND f.held_during @> current_date
		 ORDER BY f.is_primary DESC, lower(f.held_during) DESC NULLS LAST, f.id LIMIT 1) AS affiliation`
	reference.AddCounts(&s, Type, public)
	return s
}

// published joins the round table of a column if only published ones count.
func published(roundTable string, public bool) string {
	if public {
		return " JOIN round_tables r ON r.id = " + roundTable + " AND r.publication = 'published'"
	}
	return ""
}

// dimensions returns what aggregates of people group them by, and what they count. The filters of the list match the same.
func dimensions(public bool) (map[string]paging.Dimension, map[string]paging.Values) {
	attended, said := published("a.round_table_id", public), published("s.round_table_id", public)
	organizations := paging.Values{Pairs: "SELECT f.person_id, f.organization_id FROM affiliations f" +
		" UNION ALL SELECT a.person_id, f.organization_id FROM attendee_affiliations f JOIN attendees a ON a.id = f.attendee_id" + attended}
	topics := paging.Values{Pairs: "SELECT s.person_key, t.topic_id FROM statement_topics t JOIN statements s ON s.id = t.statement_id" + said +
		" UNION ALL SELECT a.person_id, t.topic_id FROM round_table_topics t JOIN attendees a ON a.round_table_id = t.round_table_id" + attended}
	roles := paging.Values{Pairs: "SELECT a.person_id, h.role FROM attendee_roles h JOIN attendees a ON a.id = h.attendee_id" + attended}
	return map[string]paging.Dimension{
			"organization": {Values: organizations, Named: reference.NamedOrganizations},
			"topic":        {Values: topics, Named: reference.NamedTopics},
			"role":         {Values: roles, Named: reference.NamedRoles},
		}, map[string]paging.Values{
			"people":        {SQL: "p.id"},
			"organizations": organizations,
			"topics":        topics,
			"round_tables":  {Pairs: "SELECT a.person_id, a.round_table_id FROM attendees a" + attended, Once: true},
			"statements":    {Pairs: "SELECT s.person_key, s.id FROM statements s" + said, Once: true},
			"recommendations": {Pairs: "SELECT s.person_key, x.id FROM recommendations x JOIN statements s ON s.id = x.statement_id" + said,
				Once: true},
		}
}

// List returns a page of people.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Person], error) {
	w := f.where(actor.From(ctx).SeesOnlyPublished(), sourceFor(ctx).Dimensions)
	page, err := paging.Query[Person](ctx, db, f.Found.Ranked(Spellings, sourceFor(ctx), &w, f.Q, f.Sort), w, f.Params)
	page.State = f.Found.State(page.State)
	return page, err
}

// where turns the filter into predicates. For the public, unpublished round tables do not count.
func (f Filter) where(public bool, d map[string]paging.Dimension) (w pg.Where) {
	attended, said := published("a.round_table_id", public), published("s.round_table_id", public)
	// OFFSET 0 below keeps PostgreSQL from computing all of a large set before it returns the first record.
	pg.In(&w, "p.id", "id", f.ID)
	holding := func(cond, name string, value any) {
		w.Among(pg.Set{
			Column: "p.id", Args: pg.Args{name: value},
			IDs: `SELECT f.person_id FROM affiliations f WHERE ` + cond + `
				UNION ALL SELECT a.person_id FROM attendee_affiliations f JOIN attendees a ON a.id = f.attendee_id` + attended + ` WHERE ` + cond,
			Exists: `EXISTS (SELECT FROM affiliations f WHERE f.person_id = p.id AND ` + cond + ` OFFSET 0)
				OR EXISTS (SELECT FROM attendees a JOIN attendee_affiliations f ON f.attendee_id = a.id` + attended + `
					WHERE a.person_id = p.id AND ` + cond + ` OFFSET 0)`,
		})
	}
	if len(f.Organization) > 0 {
		cond, value := pg.OneOf("f.organization_id", "organization", f.Organization)
		holding(cond, "organization", value)
	}
	if cond := f.OrganizationTreeFilter.In("f.organization_id"); cond != "" {
		holding(cond, "organization_tree", f.OrganizationTree)
	}
	if len(f.Role) > 0 {
		cond, value := pg.OneOf("h.role", "role", f.Role)
		w.Among(pg.Set{
			Column: "p.id", Args: pg.Args{"role": value}, Varies: true,
			IDs:    "SELECT a.person_id FROM attendee_roles h JOIN attendees a ON a.id = h.attendee_id" + attended + " WHERE " + cond,
			Exists: "EXISTS (SELECT FROM attendees a JOIN attendee_roles h ON h.attendee_id = a.id" + attended + " WHERE a.person_id = p.id AND " + cond + ")",
		})
	}
	if len(f.Topic) > 0 {
		cond, value := pg.OneOf("t.topic_id", "topic", f.Topic)
		w.Among(pg.Set{
			Column: "p.id", Args: pg.Args{"topic": value}, Varies: true,
			IDs: `SELECT s.person_key FROM statement_topics t JOIN statements s ON s.id = t.statement_id` + said + ` WHERE ` + cond + `
				UNION ALL SELECT a.person_id FROM round_table_topics t JOIN attendees a ON a.round_table_id = t.round_table_id` + attended + ` WHERE ` + cond,
			Exists: `EXISTS (SELECT FROM statements s JOIN statement_topics t ON t.statement_id = s.id` + said + `
					WHERE s.person_key = p.id AND ` + cond + ` OFFSET 0)
				OR EXISTS (SELECT FROM attendees a JOIN round_table_topics t ON t.round_table_id = a.round_table_id` + attended + `
					WHERE a.person_id = p.id AND ` + cond + ` OFFSET 0)`,
		})
	}
	if len(f.RoundTable) > 0 {
		cond, value := pg.OneOf("a.round_table_id", "round_table", f.RoundTable)
		w.Add("p.id IN (SELECT a.person_id FROM attendees a"+attended+" WHERE "+cond+")", "round_table", value)
	}
	reference.AddExternalIDs(&w, "p.id", Table, f.ExternalID)
	pg.Together(&w, "p.id", d["organization"].Link(), "l.key", "organization", f.AllOrganizations)
	pg.Together(&w, "p.id", d["topic"].Link(), "l.key", "topic", f.AllTopics)
	pg.Together(&w, "p.id", d["role"].Link(), "l.key", "role", f.AllRoles)
	f.Found.Search(Spellings, &w, "p.id", f.Q)
	return w
}

// Get returns one person. It returns apperr.NotFound if there is none and apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (Person, error) {
	return changes.Get[Person](ctx, db, sourceFor(ctx), Type, id)
}

// Distinct checks that no existing person most likely has one of the names. Otherwise it returns apperr.Conflict with
// the candidates. People with contradicting identifiers are others.
func Distinct(ctx context.Context, tx pgx.Tx, s *spelling.Session, in Input) error {
	return s.Distinct(ctx, tx, spelling.Of(in.Name), in.ExternalIDs)
}

// Create creates a person. An external id that another record has is apperr.Conflict.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	return pg.Create(ctx, tx, Table, in, Insert)
}

// Insert queues the statements of Create.
func Insert(b *pgx.Batch, id int64, in Input, _ *[]apperr.Field) {
	args := in.args()
	args["id"] = id
	b.Queue(`
		INSERT INTO people (id, name, other_names, honorific, bio, external_ids, visibility, notes)
		VALUES (@id, @name, @other_names, @honorific, @bio, @external_ids, @visibility, @notes)`, args)
	Spellings.Add(b, id, in.spellings())
}

// Update replaces the content of old, with the errors of Create. Content that is already stored changes nothing, not
// even the version.
func Update(ctx context.Context, tx pgx.Tx, old Person, in Input) error {
	args := in.args()
	args["id"] = old.ID
	err := pg.Exec(ctx, tx, `
		UPDATE people SET name = @name, other_names = @other_names, honorific = @honorific, bio = @bio, external_ids = @external_ids,
			visibility = @visibility, notes = @notes WHERE id = @id`, args)
	if err != nil {
		return err
	}
	return Spellings.Save(ctx, tx, old.ID, in.spellings())
}

// AddSpelling adds another name to a person unless the person has the name already in some form. If the list of names
// is full, AddSpelling returns apperr.Invalid.
func AddSpelling(ctx context.Context, tx pgx.Tx, id int64, name text.OtherName) error {
	p, err := Get(ctx, pg.ForUpdate{Tx: tx}, id)
	if err != nil {
		return err
	}
	in := p.Input
	if in.OtherNames, err = spelling.AddName(in.OtherNames, in.spellings(), name); err != nil {
		return err
	}
	return Update(ctx, tx, p, in)
}

func (in Input) args() pg.Args {
	in.complete()
	return pg.Args{
		"name": in.Name, "other_names": in.OtherNames, "honorific": in.Honorific, "bio": in.Bio, "external_ids": in.ExternalIDs,
		"visibility": in.Visibility, "notes": in.Notes,
	}
}

// lastRoundTables is the number of round tables of a person that Affiliations reads: some people attend thousands.
const lastRoundTables = 50

// Affiliations returns the positions of the people, from their affiliations and their last round tables, each organization
// once. Current positions come first, as in the record of a person, then the most recent past ones, then future ones. For
// the public it reads only published round tables. It does not check whether the actor may see the people.
func Affiliations(ctx context.Context, db pg.DB, people []int64) (map[int64][]Position, error) {
	published := ""
	if actor.From(ctx).SeesOnlyPublished() {
		published = " JOIN round_tables r ON r.id = a.round_table_id AND r.publication = 'published'"
	}
	rows, err := db.Query(ctx, `
		SELECT w.person_id, g.id, g.name, w.title
		FROM (SELECT DISTINCT ON (person_id, organization_id) *
			FROM (SELECT f.person_id, f.organization_id, f.title, lower(f.held_during) AS since, f.id AS item,
					CASE WHEN f.held_during @> current_date THEN 99999999 + f.is_primary::integer
						WHEN lower(f.held_during) > current_date THEN -1
						ELSE coalesce(to_char(upper(f.held_during), 'YYYYMMDD')::integer, f.from_key) END AS heard
				FROM affiliations f WHERE f.person_id = ANY(@people)
				UNION ALL
				SELECT p.id, f.organization_id, f.title, NULL, f.position, f.starts_key
				FROM unnest(@people::bigint[]) p(id) CROSS JOIN LATERAL (
					SELECT a.id FROM attendees a`+published+` WHERE a.person_id = p.id ORDER BY a.starts_key DESC, a.id DESC LIMIT @last) a
				JOIN attendee_affiliations f ON f.attendee_id = a.id AND f.organization_id IS NOT NULL) known
			ORDER BY person_id, organization_id, heard DESC, since DESC NULLS LAST, item) w
		JOIN organizations g ON g.id = w.organization_id
		ORDER BY w.person_id, w.heard DESC, w.since DESC NULLS LAST, w.item, w.organization_id`, pg.Args{"people": people, "last": lastRoundTables})
	if err != nil {
		return nil, pg.Error(err)
	}
	of := map[int64][]Position{}
	var id int64
	var organization text.Ref
	var title text.Map
	_, err = pgx.ForEachRow(rows, []any{&id, &organization.ID, &organization.Name, &title}, func() error {
		of[id] = append(of[id], Position{Organization: organization, Title: title})
		return nil
	})
	return of, pg.Error(err)
}

// AffiliatedWith returns the organizations of the people, from all of their affiliations and round tables.
func AffiliatedWith(ctx context.Context, db pg.DB, people []int64) (map[int64][]text.Ref, error) {
	rows, err := db.Query(ctx, `
		SELECT w.person_id, g.id, g.name
		FROM (SELECT person_id, organization_id FROM affiliations WHERE person_id = ANY(@people)
			UNION SELECT a.person_id, f.organization_id
			FROM attendees a JOIN attendee_affiliations f ON f.attendee_id = a.id WHERE a.person_id = ANY(@people)) w
		JOIN organizations g ON g.id = w.organization_id`, pg.Args{"people": people})
	if err != nil {
		return nil, pg.Error(err)
	}
	of := map[int64][]text.Ref{}
	var id int64
	var organization text.Ref
	_, err = pgx.ForEachRow(rows, []any{&id, &organization.ID, &organization.Name}, func() error {
		of[id] = append(of[id], organization)
		return nil
	})
	return of, pg.Error(err)
}
