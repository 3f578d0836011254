package roundtable

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"

	"github.com/jackc/pgx/v5"
)

// Table is the table of round tables, Type their record type in the change log.
const (
	Table = "round_tables"
	Type  = "round-tables"
)

// List returns a page of round tables.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[RoundTable], error) {
	return paging.Query[RoundTable](ctx, db, sourceFor(ctx), f.where(actor.From(ctx).SeesOnlyPublished()), f.Params)
}

// Get returns one round table. It returns apperr.NotFound if there is none and apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (RoundTable, error) {
	return changes.Get[RoundTable](ctx, db, sourceFor(ctx), Type, id)
}

// Finish sets the fields that are derived from the columns of the row.
func (r *RoundTable) Finish() {
	r.localize()
	for _, t := range r.Topics {
		r.TopicIDs = append(r.TopicIDs, t.ID)
	}
	for _, d := range r.DocumentLinks {
		r.Input.DocumentLinks = append(r.Input.DocumentLinks, d.DocumentLink)
	}
}

// Create creates a round table. A published or withdrawn one is apperr.Forbidden without the scope publish. An
// unknown place, parent, topic or document is apperr.Invalid. An external id that another record has is
// apperr.Conflict.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	if err := mayPublish(ctx, "draft", in.Publication, ""); err != nil {
		return 0, err
	}
	return pg.Create(ctx, tx, Table, in, Insert)
}

// Insert queues the statements of Create. It does not check whether the actor may publish.
func Insert(b *pgx.Batch, id int64, in Input, fields *[]apperr.Field) {
	in.complete()
	args := in.args()
	args["id"] = id
	b.Queue(`
		INSERT INTO round_tables (id, title, purpose, format, status, publication, starts_on, ends_on, date_precision, starts_at, ends_at, timezone,
			mode, place_id, place_as_listed, venue, online_url, parent_id, languages, outcome, external_ids, notes)
		VALUES (@id, @title, @purpose, @format, @status, @publication, @starts_on, @ends_on, @date_precision, @starts_at, @ends_at, @timezone,
			@mode, @place_id, @place_as_listed, @venue, @online_url, @parent_id, @languages, @outcome, @external_ids, @notes)`, args)
	queueParts(b, id, Input{}, in, fields)
}

// Update replaces the content of old, with the errors of Create. A parent that is a descendant is apperr.Invalid.
// Content that is already stored changes nothing, not even the version.
func Update(ctx context.Context, tx pgx.Tx, old RoundTable, in Input) error {
	in.complete()
	if err := mayPublish(ctx, old.Publication, in.Publication, old.submitter()); err != nil {
		return err
	}
	args := in.args()
	args["id"] = old.ID
	err := pg.Exec(ctx, tx, `
		UPDATE round_tables SET title = @title, purpose = @purpose, format = @format, status = @status, publication = @publication,
			starts_on = @starts_on, ends_on = @ends_on, date_precision = @date_precision, starts_at = @starts_at, ends_at = @ends_at,
			timezone = @timezone, mode = @mode, place_id = @place_id, place_as_listed = @place_as_listed,
			venue = @venue, online_url = @online_url, parent_id = @parent_id,
			languages = @languages, outcome = @outcome, external_ids = @external_ids, notes = @notes
		WHERE id = @id`, args)
	if err != nil {
		return err
	}
	return setParts(ctx, tx, old.ID, old.Input, in)
}

// MayPublish checks that the actor may change the publication. A change from or to published or withdrawn requires
// the scope publish; otherwise it is apperr.Forbidden.
func MayPublish(ctx context.Context, was, is string) error {
	moves := func(publication string) bool { return publication == "published" || publication == "withdrawn" }
	if was == is || !moves(was) && !moves(is) || actor.From(ctx).Can(actor.Publish) {
		return nil
	}
	return apperr.MissingScope(string(actor.Publish))
}

// Guard is MayPublish for the snapshots of a round table before and after a change. A round table that does not exist counts
// as a draft, but a withdrawn one may be deleted: the public sees no difference.
func Guard(ctx context.Context, was, is json.RawMessage) error {
	if is == nil && publication(was) == "withdrawn" {
		return nil
	}
	return mayPublish(ctx, publication(was), publication(is), "")
}

// publication returns the publication state in a snapshot.
func publication(snapshot json.RawMessage) string {
	var r struct{ Publication string }
	if json.Unmarshal(snapshot, &r) != nil || r.Publication == "" {
		return "draft"
	}
	return r.Publication
}

func (in Input) args() pg.Args {
	return pg.Args{
		"title": in.Title, "purpose": in.Purpose, "format": in.Format, "status": in.Status, "publication": in.Publication,
		"starts_on": in.StartsOn, "ends_on": in.EndsOn, "date_precision": in.DatePrecision, "starts_at": in.StartsAt, "ends_at": in.EndsAt,
		"timezone": in.Timezone, "mode": in.Mode, "place_id": in.PlaceID, "place_as_listed": in.PlaceAsListed, "venue": in.Venue, "online_url": in.OnlineURL,
		"parent_id": in.ParentID, "languages": pg.OrEmpty(in.Languages), "outcome": in.Outcome, "external_ids": pg.OrEmpty(in.ExternalIDs), "notes": in.Notes,
	}
}

// sourceFor returns how the actor reads round tables.
var sourceFor = actor.PerView(newSource)

// newSource returns how round tables are read. The public sees only published ones, without notes and without
// unpublished parents. Documents of a published round table are public, and so are all counts.
func newSource(public bool) paging.Source {
	const sizes = "JOIN event_sizes sizes ON sizes.round_table_id = r.id"
	s := paging.Source{
		Table: "round_tables r",
		Joins: "LEFT JOIN places place ON place.id = r.place_id LEFT JOIN round_tables parent ON parent.id = r.parent_id",
		ID:    "r.id",
		Sorts: map[string]paging.Column{
			"starts_on":  {SQL: "r.starts_key", Type: "integer", Date: true},
			"title":      {SQL: "r.title_sort", Type: "text"},
			"updated_at": {SQL: "r.updated_at", Type: "timestamptz"},
			// The schema keeps these counts (see the migration chart_counts).
			"counts.attendees":  {SQL: "sizes.attendees", Type: "integer", Joins: sizes},
			"counts.organizers": {SQL: "sizes.organizers", Type: "integer", Joins: sizes},
			"counts.statements": {SQL: "sizes.statements", Type: "integer", Joins: sizes},
		},
		Default:    "-starts_on",
		Dimensions: reference.EventDimensions("r.id", "r.starts_key", public),
		Metrics:    reference.EventMetrics("r.id", public),
	}
	s.Total = reference.EventTotals(s.Metrics, public)
	notes, review := "r.notes", `CASE WHEN r.submitted_by IS NOT NULL THEN jsonb_build_object('submitted_by', r.submitted_by, 'submitted_at', r.submitted_at,
		'note', r.review_note, 'submitted_by_name', (SELECT k.name FROM api_keys k WHERE 'key:' || k.id = r.submitted_by)) END`
	if public {
		s.Visible = "r.publication = 'published'"
		s.Joins += " AND parent.publication = 'published'"
		notes, review = "NULL::text AS notes", "NULL::jsonb"
	}
	s.Columns = changes.Columns("r") + `, r.title, r.purpose, r.format, r.status, r.publication, r.starts_on, r.ends_on, r.date_precision,
		r.starts_at, r.ends_at, r.timezone, r.mode, r.place_id, r.place_as_listed, r.venue, r.online_url, parent.id AS parent_id,
		r.languages, r.outcome, r.external_ids, ` + notes + `,
		` + review + ` AS review,
		CASE WHEN place.id IS NOT NULL THEN json_build_object('id', place.id, 'name', place.name) END AS place,
		` + reference.RoundTable("parent") + ` AS parent,
		(SELECT coalesce(json_agg(json_build_object('id', t.id, 'name', t.label) ORDER BY l.position), '[]')
		 FROM round_table_topics l JOIN topics t ON t.id = l.topic_id WHERE l.round_table_id = r.id) AS topics,
		(SELECT coalesce(json_agg(json_build_object('document_id', l.document_id, 'relation', l.relation,
			'document', json_build_object('id', d.id, 'name', d.title)) ORDER BY l.position), '[]')
		 FROM document_links l JOIN documents d ON d.id = l.document_id WHERE l.round_table_id = r.id) AS document_links,
		(SELECT coalesce(json_agg(json_build_object('id', o.organization_id, 'name', g.name, 'kind', o.kind) ORDER BY o.position, o.id), '[]')
		 FROM organizers o JOIN organizations g ON g.id = o.organization_id WHERE o.round_table_id = r.id) AS organizers,
		json_build_object(
			'organizers', (SELECT count(*) FROM organizers o WHERE o.round_table_id = r.id),
			'attendees', (SELECT count(*) FROM attendees a WHERE a.round_table_id = r.id),
			'speakers', (SELECT count(DISTINCT attendee_id) FROM (
				SELECT s.attendee_id FROM statements s WHERE s.round_table_id = r.id
				UNION ALL SELECT h.attendee_id FROM attendee_roles h
				WHERE h.round_table_id = r.id AND h.role = ANY (ARRAY(SELECT code FROM roles WHERE speaks))) speaking),
			'statements', (SELECT count(*) FROM statements s WHERE s.round_table_id = r.id),
			'recommendations', (SELECT count(*) FROM recommendations x WHERE x.round_table_id = r.id)) AS counts`
	return s
}

// where turns the filter into predicates. For the public, records that it does not see do not count.
func (f Filter) where(public bool) (w pg.Where) {
	pg.In(&w, "r.id", "id", f.ID)
	paging.Starts(&w, "r.starts_key", f.StartsFrom, f.StartsTo)
	pg.Through(&w, link("organizers l"), "l.organization_id", "organizer", f.Organizer)
	pg.Through(&w, link(reference.EventOrganizationLinks), "l.organization_id", "organization", f.Organization)
	f.OrganizationTreeFilter.Through(&w, link(reference.EventOrganizationLinks), "l.organization_id")
	pg.Through(&w, link("attendee_roles l"), "l.role", "role", f.Role)
	pg.Through(&w, link("round_table_topics l"), "l.topic_id", "topic", f.Topic)
	reference.Through(&w, link(reference.EventPersonLinks), "l.person_id", "person", f.Person, public)
	pg.In(&w, "r.place_id", "place", f.Place)
	if len(f.Country) > 0 {
		w.Among(pg.Set{Column: "r.place_id", IDs: "SELECT c.id FROM places c WHERE c.country = ANY(@country)", Args: pg.Args{"country": f.Country}})
	}
	pg.In(&w, "r.format", "format", f.Format)
	pg.In(&w, "r.status", "status", f.Status)
	pg.In(&w, "r.mode", "mode", f.Mode)
	pg.In(&w, "r.publication", "publication", f.Publication)
	if len(f.Language) > 0 {
		w.Vary("r.languages && @language", "language", f.Language)
	}
	reference.AddSearch(&w, "r.id", Type, f.Q, public)
	has := func(asked *bool, predicate string) {
		switch {
		case asked == nil:
		case *asked:
			w.Vary(predicate)
		default:
			w.Vary("NOT " + predicate)
		}
	}
	has(f.HasStatements, "EXISTS (SELECT FROM statements s WHERE s.round_table_id = r.id)")
	has(f.HasPeople, "EXISTS (SELECT FROM attendees a JOIN people n ON n.id = a.person_id"+reference.Shown("n", public)+" WHERE a.round_table_id = r.id)")
	if len(f.Document) > 0 {
		w.Among(pg.Set{
			Column: "r.id", IDs: "SELECT l.round_table_id FROM document_links l WHERE l.document_id = ANY(@document)",
			Args: pg.Args{"document": f.Document},
		})
	}
	if len(f.Parent) > 0 {
		cond, value := pg.OneOf("r.parent_id", "parent", f.Parent)
		if public {
			cond += " AND EXISTS (SELECT FROM round_tables p WHERE p.id = r.parent_id AND p.publication = 'published')"
		}
		w.Add(cond, "parent", value)
	}
	reference.AddExternalIDs(&w, "r.id", Table, f.ExternalID)
	f.addTogether(&w, public)
	reference.AddDates(&w, "r.starts_key", f.Weekday, f.DatePrecision)
	return w
}

// addTogether adds the filters whose values a round table must have together.
func (f Filter) addTogether(w *pg.Where, public bool) {
	const id = "r.id"
	pg.Together(w, id, link("organizers l"), "l.organization_id", "organizer", f.AllOrganizers)
	pg.Together(w, id, link(reference.EventOrganizationLinks), "l.organization_id", "organization", f.AllOrganizations)
	pg.Together(w, id, link("attendee_roles l"), "l.role", "role", f.AllRoles)
	pg.Together(w, id, link("round_table_topics l"), "l.topic_id", "topic", f.AllTopics)
	reference.TogetherPeople(w, id, link(reference.EventPersonLinks), "l.person_id", "person", f.AllPeople, public)
	if len(f.AllLanguages) > 0 {
		w.Vary("r.languages @> @all_language", "all_language", f.AllLanguages)
	}
}

// link is a link table of round tables.
func link(table string) pg.Link { return pg.Link{Table: table, Parent: "round_table_id"} }

var topics = reference.List{Table: "round_table_topics", Owner: "round_table_id", Column: "topic_id", Records: "topics", Pointer: "/topic_ids"}

// setParts replaces the documents and topics of a round table where they differ from old, in one round trip. It reports
// all references to records that do not exist as one apperr.Invalid, each with its index in the list.
func setParts(ctx context.Context, tx pgx.Tx, id int64, old, in Input) error {
	var parts pgx.Batch
	var fields []apperr.Field
	queueParts(&parts, id, old, in, &fields)
	if err := pg.Send(ctx, tx, "set the parts of a round table", &parts); err != nil {
		return err
	}
	return apperr.Validation(fields)
}

func queueParts(b *pgx.Batch, id int64, old, in Input, fields *[]apperr.Field) {
	setDocuments(b, id, old.DocumentLinks, in.DocumentLinks, fields)
	topics.Replace(b, id, old.TopicIDs, in.TopicIDs, fields)
}

// setDocuments is reference.List.Replace for the links to documents, which have a relation.
func setDocuments(b *pgx.Batch, id int64, old, links []DocumentLink, fields *[]apperr.Field) {
	if slices.Equal(old, links) {
		return
	}
	if len(old) > 0 {
		b.Queue("DELETE FROM document_links WHERE round_table_id = $1", id)
	}
	b.Queue(`
		INSERT INTO document_links (round_table_id, document_id, relation, position)
		SELECT @id::bigint, g.document_id, g.relation, g.position
		FROM ROWS FROM (jsonb_to_recordset(@links::jsonb) AS (document_id bigint, relation text)) WITH ORDINALITY g(document_id, relation, position)
		WHERE EXISTS (SELECT FROM documents d WHERE d.id = g.document_id)
		RETURNING document_id`, pg.Args{"id": id, "links": pg.OrEmpty(links)}).Query(func(rows pgx.Rows) error {
		known, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		for i, l := range links {
			if !slices.Contains(known, l.DocumentID) {
				*fields = append(*fields, apperr.At("/document_links/"+strconv.Itoa(i)+"/document_id", "unknown_reference"))
			}
		}
		return err
	})
}
