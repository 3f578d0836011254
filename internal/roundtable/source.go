package roundtable

import (
	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
)

// sourceFor returns how the actor reads round tables.
var sourceFor = actor.PerView(newSource)

// newSource returns how round tables are read. The public sees only published ones, without notes and without
// unpublished parents. Documents of a published round table are public, and so are all counts.
func newSource(public bool) paging.Source {
	s := paging.Source{
		Table: "round_tables r",
		Joins: "LEFT JOIN places place ON place.id = r.place_id LEFT JOIN round_tables parent ON parent.id = r.parent_id",
		ID:    "r.id",
		Sorts: map[string]paging.Column{
			"starts_on":  {SQL: "r.starts_key", Type: "integer", Date: true},
			"title":      {SQL: "r.title_sort", Type: "text"},
			"updated_at": {SQL: "r.updated_at", Type: "timestamptz"},
		},
		Default: "-starts_on",
	}
	notes := "r.notes"
	if public {
		s.Visible = "r.publication = 'published'"
		s.Joins += " AND parent.publication = 'published'"
		notes = "NULL::text AS notes"
	}
	s.Columns = changes.Columns("r") + `, r.title, r.purpose, r.format, r.status, r.publication, r.starts_on, r.ends_on, r.date_precision,
		r.starts_at, r.ends_at, r.timezone, r.mode, r.place_id, r.venue, r.online_url, parent.id AS parent_id,
		r.languages, r.outcome, r.external_ids, ` + notes + `,
		CASE WHEN place.id IS NOT NULL THEN json_build_object('id', place.id, 'name', place.name) END AS place,
		CASE WHEN parent.id IS NOT NULL THEN json_build_object('id', parent.id, 'name', parent.title) END AS parent,
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

// The link tables of round tables with organizations and with people, with the sort date. A WHERE in them would keep
// PostgreSQL from merging the indexes in order.
const (
	organizationLinks = `(SELECT organization_id, starts_key, round_table_id FROM organizers
		UNION ALL SELECT organization_id, starts_key, round_table_id FROM attendee_affiliations
		UNION ALL SELECT organization_id, starts_key, round_table_id FROM attendees) l`
	personLinks = `(SELECT person_id, starts_key, round_table_id FROM attendees
		UNION ALL SELECT quoted_person_id, starts_key, round_table_id FROM statements) l`
)

// where turns the filter into predicates. For the public, records that it does not see do not count.
func (f Filter) where(public bool) (w pg.Where) {
	pg.In(&w, "r.id", "id", f.ID)
	paging.Starts(&w, "r.starts_key", f.StartsFrom, f.StartsTo)
	pg.Through(&w, link("organizers l"), "l.organization_id", "organizer", f.Organizer)
	pg.Through(&w, link(organizationLinks), "l.organization_id", "organization", f.Organization)
	pg.Through(&w, link("attendee_roles l"), "l.role", "role", f.Role)
	pg.Through(&w, link("round_table_topics l"), "l.topic_id", "topic", f.Topic)
	reference.Through(&w, link(personLinks), "l.person_id", "person", f.Person, public)
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
	if f.Q != "" {
		w.Among(pg.Set{
			Column: "r.id", IDs: "SELECT f.id FROM round_tables f WHERE f.search @@ search_query(@q)",
			Exists: "r.search @@ search_query(@q)", Args: pg.Args{"q": f.Q}, Varies: true,
		})
	}
	if f.HasStatements != nil {
		const hasStatements = "EXISTS (SELECT FROM statements s WHERE s.round_table_id = r.id)"
		if *f.HasStatements {
			w.Vary(hasStatements)
		} else {
			w.Vary("NOT " + hasStatements)
		}
	}
	if len(f.Parent) > 0 {
		cond, value := pg.OneOf("r.parent_id", "parent", f.Parent)
		if public {
			cond += " AND EXISTS (SELECT FROM round_tables p WHERE p.id = r.parent_id AND p.publication = 'published')"
		}
		w.Add(cond, "parent", value)
	}
	reference.AddExternalIDs(&w, "r.id", Table, f.ExternalID)
	return w
}

// link is a link table of round tables.
func link(table string) pg.Link { return pg.Link{Table: table, Parent: "round_table_id"} }
