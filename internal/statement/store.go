package statement

import (
	"context"
	"reflect"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"

	"github.com/jackc/pgx/v5"
)

// Table is the table of statements, Type their record type in the change log.
const (
	Table = "statements"
	Type  = "statements"
)

// List returns a page of statements.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Statement], error) {
	return paging.Query[Statement](ctx, db, sourceFor(ctx), f.where(actor.From(ctx).SeesOnlyPublished()), f.Params)
}

// ListWithin returns a page of the statements of one round table, in the order of the source. It does not
// check that the round table exists.
func ListWithin(ctx context.Context, db pg.DB, roundTable int64, f Within) (paging.Page[Statement], error) {
	if f.Sort == "" {
		f.Sort = "sequence"
	}
	return List(ctx, db, Filter{Within: f, RoundTable: []int64{roundTable}})
}

// Get returns one statement. It returns apperr.NotFound if there is none and apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (Statement, error) {
	return changes.Get[Statement](ctx, db, sourceFor(ctx), Type, id)
}

// Create creates a statement. Without a sequence number it becomes the last one of its round table. An unknown
// reference is apperr.Invalid, and so is an attendee or an answered statement of another round table.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	return pg.Create(ctx, tx, Table, in, Insert)
}

// Insert queues the statements of Create.
func Insert(b *pgx.Batch, id int64, in Input, fields *[]apperr.Field) {
	in.complete()
	args := in.args()
	args["id"] = id
	b.Queue(`
		INSERT INTO statements (id, round_table_id, attendee_id, attribution, kind, act, sequence, quoted_person_id, in_reply_to_id, document_id, locator)
		VALUES (@id, @round_table_id, @attendee_id, @attribution, @kind, @act,
			coalesce(@sequence, (SELECT least(coalesce(max(s.sequence), 0) + 1, 1000000) FROM statements s WHERE s.round_table_id = @round_table_id)),
			@quoted_person_id, @in_reply_to_id, @document_id, @locator)`, args)
	queueParts(b, id, Input{}, in, fields)
}

// Update replaces the content of old, with the errors of Create. Another round table is apperr.Invalid. Without a
// sequence number it keeps its own. Content that is already stored changes nothing, not even the version.
func Update(ctx context.Context, tx pgx.Tx, old Statement, in Input) error {
	in.complete()
	if err := input.Keeps(old.Input, in); err != nil {
		return err
	}
	args := in.args()
	delete(args, "round_table_id")
	args["id"] = old.ID
	err := pg.Exec(ctx, tx, `
		UPDATE statements SET attendee_id = @attendee_id, attribution = @attribution, kind = @kind, act = @act, sequence = coalesce(@sequence, sequence),
			quoted_person_id = @quoted_person_id, in_reply_to_id = @in_reply_to_id, document_id = @document_id, locator = @locator
		WHERE id = @id`, args)
	if err != nil {
		return err
	}
	return setParts(ctx, tx, old.ID, old.Input, in)
}

func (in Input) args() pg.Args {
	return pg.Args{
		"round_table_id": in.RoundTableID, "attendee_id": in.AttendeeID, "attribution": in.Attribution, "kind": in.Kind, "act": in.Act,
		"sequence": in.Sequence, "quoted_person_id": in.QuotedPersonID, "in_reply_to_id": in.InReplyToID, "document_id": in.DocumentID, "locator": in.Locator,
	}
}

// OfRoundTables returns up to per statements of each round table, in the order of the source.
func OfRoundTables(ctx context.Context, db pg.DB, roundTables []int64, per int) ([]Statement, error) {
	return paging.Each[Statement](ctx, db, sourceFor(ctx), "c.round_table_id", "c.sequence, c.id", roundTables, per)
}

// OfAttendees returns up to per statements of each attendee, in the order of the source.
func OfAttendees(ctx context.Context, db pg.DB, attendees []int64, per int) ([]Statement, error) {
	return paging.Each[Statement](ctx, db, sourceFor(ctx), "c.attendee_id", "c.sequence, c.id", attendees, per)
}

// OfPeople returns up to per statements of each person, the latest first.
func OfPeople(ctx context.Context, db pg.DB, people []int64, per int) ([]Statement, error) {
	return paging.Each[Statement](ctx, db, sourceFor(ctx), "c.person_key", "c.starts_key DESC, c.id DESC", people, per)
}

// sourceFor returns how the actor reads statements.
var sourceFor = actor.PerView(newSource)

// newSource returns how statements are read. The public sees only those of published round tables, and nothing that
// names restricted people.
func newSource(public bool) paging.Source {
	s := paging.Source{
		Table: "statements s",
		Joins: "LEFT JOIN round_tables r ON r.id = s.round_table_id", // PostgreSQL drops an outer join that nothing uses
		Shown: `LEFT JOIN attendees a ON a.id = s.attendee_id
			LEFT JOIN people p ON p.id = a.person_id` + reference.Shown("p", public) + `
			LEFT JOIN LATERAL (SELECT f.organization_id, f.organization_as_listed, f.title FROM attendee_affiliations f
				WHERE f.attendee_id = a.id ORDER BY f.position LIMIT 1) held ON true
			LEFT JOIN organizations g ON g.id = coalesce(a.organization_id, held.organization_id)
			LEFT JOIN people q ON q.id = s.quoted_person_id` + reference.Shown("q", public) + `
			LEFT JOIN documents d ON d.id = s.document_id`,
		ID: "s.id",
		Sorts: map[string]paging.Column{
			"sequence":   {SQL: "s.sequence", Type: "integer"},
			"starts_on":  {SQL: "s.starts_key", Type: "integer", Date: true},
			"updated_at": {SQL: "s.updated_at", Type: "timestamptz"},
		},
		Default: "-starts_on",
		Within:  "sequence",
	}
	s.Dimensions, s.Metrics = dimensions(public)
	named := "true"
	if public {
		s.Visible = "r.publication = 'published'"
		named = "a.person_id IS NULL OR p.id IS NOT NULL"
	}
	const day = "coalesce(r.starts_on, current_date)"
	s.Columns = changes.Columns("s") + `, s.round_table_id, s.attendee_id,
		CASE WHEN ` + named + ` THEN s.attribution END AS attribution, s.kind, s.act, s.sequence,
		q.id AS quoted_person_id, s.in_reply_to_id, s.document_id, s.locator,
		(SELECT json_agg(json_build_object('lang', t.lang, 'text', t.text, 'original', t.original, 'translator', t.translator) ORDER BY t.position)
		 FROM statement_texts t WHERE t.statement_id = s.id) AS texts,
		` + reference.RoundTable("r") + ` AS round_table,
		CASE WHEN p.id IS NOT NULL THEN json_build_object('id', p.id, 'name', p.name) END AS speaker,
		CASE WHEN a.id IS NOT NULL THEN json_build_object('id', a.id,
			'name_as_listed', CASE WHEN ` + named + ` THEN a.name_as_listed END, 'description', a.description,
			'organization', ` + reference.To("g", "name") + `, 'organization_as_listed', held.organization_as_listed, 'position', held.title) END AS attendee,
		(SELECT coalesce(json_agg(json_build_object('id', t.id, 'name', t.label) ORDER BY m.position), '[]')
		 FROM statement_topics m JOIN topics t ON t.id = m.topic_id WHERE m.statement_id = s.id) AS topics,
		json_build_object(
			'people', ` + reference.People("statement_people m ON m.statement_id = s.id", "s.round_table_id", day, public) + `,
			'organizations', (SELECT coalesce(json_agg(json_build_object('id', o.id, 'name', o.name) ORDER BY m.position), '[]')
				FROM statement_organizations m JOIN organizations o ON o.id = m.organization_id WHERE m.statement_id = s.id),
			'places', (SELECT coalesce(json_agg(json_build_object('id', o.id, 'name', o.name) ORDER BY m.position), '[]')
				FROM statement_places m JOIN places o ON o.id = m.place_id WHERE m.statement_id = s.id),
			'documents', (SELECT coalesce(json_agg(json_build_object('id', o.id, 'name', o.title) ORDER BY m.position), '[]')
				FROM statement_documents m JOIN documents o ON o.id = m.document_id WHERE m.statement_id = s.id)) AS mentioned,
		CASE WHEN q.id IS NOT NULL THEN ` + reference.Person("q.id", "s.round_table_id", day, public) + ` END AS quoted_person,
		` + reference.To("d", "title") + ` AS document`
	return s
}

// dimensions returns what aggregates of statements group them by, and what they count.
func dimensions(public bool) (map[string]paging.Dimension, map[string]paging.Values) {
	const event, attendee = "s.round_table_id", "s.attendee_id"
	speaker := paging.Values{SQL: reference.Unrestricted("nullif(s.person_key, 0)", public)}
	organizations := reference.AttendeeOrganizations(attendee)
	topics := paging.Values{Pairs: "SELECT statement_id, topic_id FROM statement_topics", Once: true}
	d := reference.EventDimensions(event, "s.starts_key", public)
	d["person"] = paging.Dimension{Values: speaker, Named: reference.NamedPeople, Counted: reference.CountedSpeakers(public)}
	d["organization"] = paging.Dimension{Values: organizations, Named: reference.NamedOrganizations}
	d["topic"] = paging.Dimension{Values: topics, Named: reference.NamedTopics}
	d["kind"] = paging.Dimension{Values: paging.Values{SQL: "s.kind"}, Vocabulary: "statement_kind"}
	d["act"] = paging.Dimension{Values: paging.Values{SQL: "s.act"}, Vocabulary: "act"}
	d["language"] = paging.Dimension{Values: paging.Values{Pairs: "SELECT statement_id, lang FROM statement_texts", Once: true},
		Vocabulary: "language", Parameter: "text_lang"}
	d["role"] = paging.Dimension{Values: paging.Values{On: attendee, Pairs: "SELECT attendee_id, role FROM attendee_roles", Once: true},
		Named: reference.NamedRoles}
	return d, map[string]paging.Values{
		"round_tables":    {SQL: event},
		"people":          speaker,
		"organizations":   organizations,
		"topics":          topics,
		"statements":      {SQL: "s.id"},
		"recommendations": {Pairs: "SELECT statement_id, id FROM recommendations", Once: true},
	}
}

// where turns the filter into predicates. For the public, restricted people do not match.
func (f Filter) where(public bool) (w pg.Where) {
	pg.In(&w, "s.id", "id", f.ID)
	pg.In(&w, "s.round_table_id", "round_table", f.RoundTable)
	paging.Starts(&w, "s.starts_key", f.StartsFrom, f.StartsTo)
	reference.AddPeople(&w, "s.person_key", "person", f.Person, public)
	attendeesOf := pg.Link{Table: reference.OrganizationLinks, Parent: "attendee_id", Key: "s.attendee_id"}
	pg.Through(&w, attendeesOf, "l.organization_id", "organization", f.Organization)
	f.OrganizationTreeFilter.Through(&w, attendeesOf, "l.organization_id")
	pg.Through(&w, link("statement_topics l"), "l.topic_id", "topic", f.Topic)
	pg.In(&w, "s.kind", "kind", f.Kind)
	pg.In(&w, "s.act", "act", f.Act)
	if len(f.TextLang) > 0 {
		w.Vary("EXISTS (SELECT FROM statement_texts t WHERE t.statement_id = s.id AND t.lang = ANY(@text_lang))", "text_lang", f.TextLang)
	}
	roles := pg.Link{Table: "attendee_roles l", Parent: "attendee_id", Key: "s.attendee_id"}
	pg.Through(&w, roles, "l.role", "role", f.Role)
	pg.Together(&w, "s.attendee_id", roles, "l.role", "role", f.AllRoles)
	pg.Together(&w, "s.attendee_id", attendeesOf, "l.organization_id", "organization", f.AllOrganizations)
	pg.Together(&w, "s.id", link("statement_topics l"), "l.topic_id", "topic", f.AllTopics)
	pg.Together(&w, "s.id", link("statement_texts l"), "l.lang", "text_lang", f.AllTextLangs)
	f.EventFilter.Add(&w, "s.round_table_id", "s.starts_key", public)
	f.EventStatusFilter.Add(&w, "s.round_table_id")
	reference.Through(&w, link("statement_people l"), "l.person_id", "mention_person", f.MentionPerson, public)
	pg.Through(&w, link("statement_organizations l"), "l.organization_id", "mention_organization", f.MentionOrganization)
	mentions := func(table, column, name string, ids []int64) {
		if len(ids) > 0 {
			w.Among(pg.Set{
				Column: "s.id", IDs: "SELECT l.statement_id FROM " + table + " l WHERE l." + column + " = ANY(@" + name + ")",
				Args: pg.Args{name: ids},
			})
		}
	}
	mentions("statement_places", "place_id", "mention_place", f.MentionPlace)
	mentions("statement_documents", "document_id", "mention_document", f.MentionDocument)
	pg.In(&w, "s.document_id", "document", f.Document)
	reference.AddSearch(&w, "s.id", Type, f.Q, public)
	return w
}

// link is a link table of statements.
func link(table string) pg.Link { return pg.Link{Table: table, Parent: "statement_id"} }

// lists are the lists of a statement that refer to other records.
var lists = []struct {
	reference.List
	of func(Input) []int64
}{
	{listOf("topics", "topic_id", "/topic_ids"), func(in Input) []int64 { return in.TopicIDs }},
	{listOf("people", "person_id", "/mentions/person_ids"), func(in Input) []int64 { return in.Mentions.PersonIDs }},
	{listOf("organizations", "organization_id", "/mentions/organization_ids"), func(in Input) []int64 { return in.Mentions.OrganizationIDs }},
	{listOf("places", "place_id", "/mentions/place_ids"), func(in Input) []int64 { return in.Mentions.PlaceIDs }},
	{listOf("documents", "document_id", "/mentions/document_ids"), func(in Input) []int64 { return in.Mentions.DocumentIDs }},
}

func listOf(records, column, pointer string) reference.List {
	return reference.List{Table: "statement_" + records, Owner: "statement_id", Column: column, Records: records, Pointer: pointer}
}

// numbered is a text with its order, as it is inserted.
type numbered struct {
	Text
	Position int `json:"position"`
}

// setParts replaces the texts and lists of a statement where they differ from old, in one round trip. It inserts only
// references that exist and reports all others together as apperr.Invalid, each by its index.
func setParts(ctx context.Context, tx pgx.Tx, id int64, old, in Input) error {
	var parts pgx.Batch
	var fields []apperr.Field
	queueParts(&parts, id, old, in, &fields)
	if err := pg.Send(ctx, tx, "set the parts of a statement", &parts); err != nil {
		return err
	}
	return apperr.Validation(fields)
}

func queueParts(parts *pgx.Batch, id int64, old, in Input, fields *[]apperr.Field) {
	if !reflect.DeepEqual(old.Texts, in.Texts) {
		if len(old.Texts) > 0 {
			parts.Queue("DELETE FROM statement_texts WHERE statement_id = $1", id)
		}
		list := make([]numbered, len(in.Texts))
		for i, t := range in.Texts {
			list[i] = numbered{t, i + 1}
		}
		parts.Queue(`
			INSERT INTO statement_texts (statement_id, lang, text, original, translator, position)
			SELECT @id::bigint, g.lang, g.text, g.original, g.translator, g.position
			FROM jsonb_to_recordset(@list::jsonb) g(lang text, text text, original boolean, translator text, position integer)`,
			pg.Args{"id": id, "list": list})
	}
	for _, l := range lists {
		l.Replace(parts, id, l.of(old), l.of(in), fields)
	}
}
