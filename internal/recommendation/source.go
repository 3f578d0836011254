package recommendation

import (
	"context"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
)

// Source is how recommendations are read by keys with the scope read.
var Source = newSource(false)

// publicSource is how the public reads them.
var publicSource = newSource(true)

func sourceFor(ctx context.Context) paging.Source {
	if actor.From(ctx).SeesOnlyPublished() {
		return publicSource
	}
	return Source
}

// newSource returns how recommendations are read. The public sees only those of published round tables, without
// restricted people and without evidence that only unpublished round tables link to.
func newSource(public bool) paging.Source {
	s := paging.Source{
		Table: "recommendations x",
		ID:    "x.id",
		Sorts: map[string]paging.Column{
			"starts_on":  {SQL: "x.starts_key", Type: "integer", Date: true},
			"updated_at": {SQL: "x.updated_at", Type: "timestamptz"},
		},
		Default: "-starts_on",
	}
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
	s.Columns = changes.Columns("x") + `, x.round_table_id, x.statement_id, x.text, x.addressee_id, x.status, x.status_on, d.id AS evidence_document_id,
		json_build_object('id', r.id, 'name', r.title) AS round_table,
		CASE WHEN p.id IS NOT NULL THEN jsonb_build_object('id', p.id, 'name', p.name) || coalesce((
			SELECT jsonb_build_object('organization_as_listed', f.organization_as_listed, 'position', f.title,
				'organization', CASE WHEN at.id IS NOT NULL THEN jsonb_build_object('id', at.id, 'name', at.name) END)
			FROM attendee_affiliations f LEFT JOIN organizations at ON at.id = f.organization_id
			WHERE f.attendee_id = s.attendee_id ORDER BY f.position LIMIT 1), '{}') END AS person,
		CASE WHEN g.id IS NOT NULL THEN json_build_object('id', g.id, 'name', g.name) END AS addressee,
		CASE WHEN d.id IS NOT NULL THEN json_build_object('id', d.id, 'name', d.title) END AS evidence_document`
	return s
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
	if len(f.Topic) > 0 {
		cond, value := pg.OneOf("l.topic_id", "topic", f.Topic)
		w.Through(pg.Link{Table: topicLinks, Parent: "recommendation_id", Cond: cond, Leads: len(f.Topic) == 1}, "topic", value)
	}
	if len(f.Person) > 0 {
		cond, value := reference.PersonIn("l.person_key", "person", f.Person, public)
		w.Add("x.statement_id IN (SELECT l.id FROM statements l WHERE "+cond+")", "person", value)
	}
	return w
}
