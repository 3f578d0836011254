package statement

import (
	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
)

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
			"sequence":  {SQL: "s.sequence", Type: "integer"},
			"starts_on": {SQL: "s.starts_key", Type: "integer", Date: true},
		},
		Default: "-starts_on,sequence",
	}
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
		json_build_object('id', r.id, 'name', r.title) AS round_table,
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

// where turns the filter into predicates. For the public, restricted people do not match.
func (f Filter) where(public bool) (w pg.Where) {
	pg.In(&w, "s.id", "id", f.ID)
	pg.In(&w, "s.round_table_id", "round_table", f.RoundTable)
	paging.Starts(&w, "s.starts_key", f.StartsFrom, f.StartsTo)
	reference.AddPeople(&w, "s.person_key", "person", f.Person, public)
	attendeesOf := pg.Link{Table: reference.OrganizationLinks, Parent: "attendee_id", Key: "s.attendee_id"}
	pg.Through(&w, attendeesOf, "l.organization_id", "organization", f.Organization)
	pg.Through(&w, link("statement_topics l"), "l.topic_id", "topic", f.Topic)
	pg.In(&w, "s.kind", "kind", f.Kind)
	pg.In(&w, "s.act", "act", f.Act)
	if len(f.Lang) > 0 {
		w.Vary("EXISTS (SELECT FROM statement_texts t WHERE t.statement_id = s.id AND t.lang = ANY(@langs))", "langs", f.Lang)
	}
	reference.Through(&w, link("statement_people l"), "l.person_id", "mention_person", f.MentionPerson, public)
	pg.Through(&w, link("statement_organizations l"), "l.organization_id", "mention_organization", f.MentionOrganization)
	if f.Q != "" {
		w.Among(pg.Set{
			Column: "s.id", IDs: "SELECT t.statement_id FROM statement_texts t WHERE t.search @@ search_query(@q)",
			Exists: "EXISTS (SELECT FROM statement_texts t WHERE t.statement_id = s.id AND t.search @@ search_query(@q))",
			Args:   pg.Args{"q": f.Q}, Varies: true,
		})
	}
	return w
}

// link is a link table of statements.
func link(table string) pg.Link { return pg.Link{Table: table, Parent: "statement_id"} }
