package recommendation

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

// Table is the table of recommendations, Type their record type in the change log.
const (
	Table = "recommendations"
	Type  = "recommendations"
)

// sourceFor returns how the actor reads recommendations.
var sourceFor = actor.PerView(newSource)

// newSource returns how recommendations are read. The public sees only those of published round tables, without
// restricted people and without evidence that only unpublished round tables link to.
func newSource(public bool) paging.Source {
	s := paging.Source{
		Table: "recommendations x",
		ID:    "x.id",
		Sorts: map[string]paging.Column{
			"position":   {SQL: "x.position", Type: "integer"},
			"starts_on":  {SQL: "x.starts_key", Type: "integer", Date: true},
			"updated_at": {SQL: "x.updated_at", Type: "timestamptz"},
		},
		Default: "-starts_on",
		Within:  "position",
	}
	s.Dimensions, s.Metrics = dimensions(public)
	open := ""
	if public {
		s.Visible = "r.publication = 'published'"
		open = " AND documents_public(d.id)"
	}
	s.Joins = "LEFT JOIN round_tables r ON r.id = x.round_table_id" // PostgreSQL drops an outer join that nothing uses
	s.Shown = `LEFT JOIN statements s ON s.id = x.statement_id
		LEFT JOIN people p ON p.id = s.person_key` + reference.Shown("p", public) + `
		LEFT JOIN organizations g ON g.id = x.addressee_id
		LEFT JOIN documents d ON d.id = x.evidence_document_id` + open
	s.Columns = changes.Columns("x") + `, x.round_table_id, x.statement_id, x.text, x.addressee_id, x.status, x.status_on, x.position,
		d.id AS evidence_document_id,
		` + reference.RoundTable("r") + ` AS round_table,
		CASE WHEN p.id IS NOT NULL THEN jsonb_build_object('id', p.id, 'name', p.name) || coalesce((
			SELECT jsonb_build_object('organization_as_listed', f.organization_as_listed, 'position', f.title,
				'organization', CASE WHEN at.id IS NOT NULL THEN jsonb_build_object('id', at.id, 'name', at.name) END)
			FROM attendee_affiliations f LEFT JOIN organizations at ON at.id = f.organization_id
			WHERE f.attendee_id = s.attendee_id ORDER BY f.position LIMIT 1), '{}') END AS person,
		CASE WHEN g.id IS NOT NULL THEN json_build_object('id', g.id, 'name', g.name) END AS addressee,
		CASE WHEN d.id IS NOT NULL THEN json_build_object('id', d.id, 'name', d.title) END AS evidence_document`
	return s
}

// dimensions returns what aggregates of recommendations group them by, and what they count.
func dimensions(public bool) (map[string]paging.Dimension, map[string]paging.Values) {
	const event = "x.round_table_id"
	person := paging.Values{Joins: "LEFT JOIN statements said ON said.id = x.statement_id", SQL: reference.Unrestricted("nullif(said.person_key, 0)", public)}
	topics := paging.Values{Pairs: "SELECT recommendation_id, topic_id FROM " + topicLinks}
	addressee := paging.Values{SQL: "x.addressee_id"}
	d := reference.EventDimensions(event, "x.starts_key", public)
	delete(d, "organization") // the addressee is the only one of a recommendation
	d["status"] = paging.Dimension{Values: paging.Values{SQL: "x.status"}, Vocabulary: "recommendation_status"}
	d["addressee"] = paging.Dimension{Values: addressee, Named: reference.NamedOrganizations}
	d["person"] = paging.Dimension{Values: person, Named: reference.NamedPeople}
	d["topic"] = paging.Dimension{Values: topics, Named: reference.NamedTopics}
	return d, map[string]paging.Values{
		"round_tables":    {SQL: event},
		"people":          person,
		"organizations":   addressee,
		"topics":          topics,
		"statements":      {SQL: "x.statement_id"},
		"recommendations": {SQL: "x.id"},
	}
}

// topicLinks links topics to the recommendations of their statements and of their round tables.
const topicLinks = `(SELECT t.topic_id, t.starts_key, y.id AS recommendation_id
	FROM statement_topics t JOIN recommendations y ON y.statement_id = t.statement_id
	UNION ALL SELECT t.topic_id, t.starts_key, y.id FROM round_table_topics t JOIN recommendations y ON y.round_table_id = t.round_table_id) l`

// where turns the filter into predicates. For the public, restricted people do not match.
func (f Filter) where(public bool) (w pg.Where) {
	pg.In(&w, "x.id", "id", f.ID)
	pg.In(&w, "x.round_table_id", "round_table", f.RoundTable)
	pg.In(&w, "x.status", "status", f.Status)
	pg.In(&w, "x.addressee_id", "addressee", f.Addressee)
	paging.Starts(&w, "x.starts_key", f.StartsFrom, f.StartsTo)
	pg.Through(&w, pg.Link{Table: topicLinks, Parent: "recommendation_id"}, "l.topic_id", "topic", f.Topic)
	if len(f.Person) > 0 {
		cond, value := reference.PersonIn("l.person_key", "person", f.Person, public)
		w.Add("x.statement_id IN (SELECT l.id FROM statements l WHERE "+cond+")", "person", value)
	}
	pg.Together(&w, "x.id", pg.Link{Table: topicLinks, Parent: "recommendation_id"}, "l.topic_id", "topic", f.AllTopics)
	f.EventFilter.Add(&w, "x.round_table_id", "x.starts_key", public)
	f.EventLanguageFilter.Add(&w, "x.round_table_id")
	f.EventRoleFilter.Add(&w, "x.round_table_id")
	return w
}

// List returns a page of recommendations.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Recommendation], error) {
	return paging.Query[Recommendation](ctx, db, sourceFor(ctx), f.where(actor.From(ctx).SeesOnlyPublished()), f.Params)
}

// ListWithin returns a page of the recommendations of one round table, in their order. It does not check that the round table
// exists.
func ListWithin(ctx context.Context, db pg.DB, roundTable int64, f Within) (paging.Page[Recommendation], error) {
	if f.Sort == "" {
		f.Sort = "position"
	}
	return List(ctx, db, Filter{Within: f, RoundTable: []int64{roundTable}})
}

// Get returns one recommendation. It returns apperr.NotFound if there is none and apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (Recommendation, error) {
	return changes.Get[Recommendation](ctx, db, sourceFor(ctx), Type, id)
}

// Create creates a recommendation. An unknown round table, addressee or document is apperr.Invalid, and so is a
// statement of another round table.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	in.complete()
	return pg.ID(ctx, tx, insertRecommendation, in.args())
}

// Insert queues the statement of Create.
func Insert(b *pgx.Batch, id int64, in Input, _ *[]apperr.Field) {
	in.complete()
	args := in.args()
	args["id"] = id
	b.Queue(insertRecommendation, args)
}

const insertRecommendation = `
		INSERT INTO recommendations (id, round_table_id, statement_id, text, addressee_id, status, status_on, evidence_document_id, position)
		VALUES (coalesce(@id, nextval(pg_get_serial_sequence('recommendations', 'id'))), @round_table_id, @statement_id, @text,
			@addressee_id, @status, @status_on, @evidence_document_id, coalesce(@position,
				(SELECT least(coalesce(max(y.position), 0) + 1, 100000) FROM recommendations y WHERE y.round_table_id = @round_table_id)))
		RETURNING id`

// Update replaces the content of old, with the errors of Create. Content that is already stored changes nothing, not
// even the version.
func Update(ctx context.Context, tx pgx.Tx, old Recommendation, in Input) error {
	in.complete()
	args := in.args()
	args["id"] = old.ID
	return pg.Exec(ctx, tx, `
		UPDATE recommendations SET round_table_id = @round_table_id, statement_id = @statement_id, text = @text, addressee_id = @addressee_id,
			status = @status, status_on = @status_on, evidence_document_id = @evidence_document_id,
			position = coalesce(@position, position)
		WHERE id = @id`, args)
}

func (in Input) args() pg.Args {
	return pg.Args{
		"id": nil, "round_table_id": in.RoundTableID, "statement_id": in.StatementID, "text": in.Text, "addressee_id": in.AddresseeID,
		"status": in.Status, "status_on": in.StatusOn, "evidence_document_id": in.EvidenceDocumentID,
		"position": in.Position,
	}
}

// OfRoundTables returns the first recommendations of each round table, up to per for each.
func OfRoundTables(ctx context.Context, db pg.DB, roundTables []int64, per int) ([]Recommendation, error) {
	return paging.Each[Recommendation](ctx, db, sourceFor(ctx), "c.round_table_id", "c.position, c.id", roundTables, per)
}
