// Package reference builds the SQL of references to other records: how responses show them, how filters match them,
// and how lists of them are written. It does not read records.
package reference

import (
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// To returns the reference {id, name} to the row of an alias. It is NULL if an outer join found no row.
func To(alias, name string) string {
	return "CASE WHEN " + alias + ".id IS NOT NULL THEN json_build_object('id', " + alias + ".id, 'name', " + alias + "." + name + ") END"
}

// RoundTable returns the text.RoundTableRef to the row of an alias. It is NULL if an outer join found no row.
func RoundTable(alias string) string {
	return "CASE WHEN " + alias + ".id IS NOT NULL THEN json_build_object('id', " + alias + ".id, 'name', " + alias + ".title, " +
		"'starts_on', " + alias + ".starts_on, 'date_precision', " + alias + ".date_precision, 'format', " + alias + ".format) END"
}

// Person returns the text.PersonRef of a person at a round table. Its position is the first one that the attendee
// record has, or else the one that the person held on that day. id, roundTable and startsOn are expressions. With
// public, a restricted person is NULL.
func Person(id, roundTable, startsOn string, public bool) string {
	return "(SELECT " + personObject + personFrom + PositionAt("ref_person.id", roundTable, startsOn) +
		" WHERE ref_person.id = " + id + Shown("ref_person", public) + ")"
}

// People returns the array of the text.PersonRefs of the people in a link table, in the order of its column position.
// links is the table with the alias m and its join condition, such as "statement_people m ON m.statement_id = s.id".
func People(links, roundTable, startsOn string, public bool) string {
	return "(SELECT coalesce(json_agg(" + personObject + " ORDER BY m.position), '[]')" + personFrom +
		PositionAt("ref_person.id", roundTable, startsOn) + " JOIN " + links + " AND m.person_id = ref_person.id" + Shown("ref_person", public) + ")"
}

const personFrom = " FROM people ref_person"

const personObject = `json_build_object('id', ref_person.id, 'name', ref_person.name, 'organization', ` +
	`CASE WHEN held_at.id IS NOT NULL THEN json_build_object('id', held_at.id, 'name', held_at.name) END, ` +
	`'organization_as_listed', held.organization_as_listed, 'position', held.title)`

// PositionAt joins the position that a person had at a round table as held, and its organization as held_at.
func PositionAt(person, roundTable, startsOn string) string {
	return ` LEFT JOIN LATERAL (
		(SELECT f.organization_id, f.organization_as_listed, f.title
		 FROM attendees at JOIN attendee_affiliations f ON f.attendee_id = at.id
		 WHERE at.round_table_id = ` + roundTable + ` AND at.person_id = ` + person + ` ORDER BY f.position LIMIT 1)
		UNION ALL
		(SELECT c.organization_id, NULL, c.title FROM affiliations c
		 WHERE c.person_id = ` + person + ` AND c.held_during @> ` + startsOn + `
		 ORDER BY c.is_primary DESC, lower(c.held_during) DESC NULLS LAST, c.id LIMIT 1)
		LIMIT 1) held ON true LEFT JOIN organizations held_at ON held_at.id = held.organization_id`
}

// Public returns the predicate that the person of the alias is not restricted.
func Public(alias string) string { return alias + ".visibility = 'public'" }

// Shown returns " AND " and the predicate of Public if public is set, else "".
func Shown(alias string, public bool) string {
	if public {
		return " AND " + Public(alias)
	}
	return ""
}

// PersonIn returns the predicate that a column has the id of one of the people, and its argument. With public,
// restricted people do not match. The subquery is evaluated once, so that the index of the column can be used.
func PersonIn(column, name string, people []int64, public bool) (cond string, value any) {
	if !public {
		return pg.OneOf(column, name, people)
	}
	shown := "SELECT person.id FROM people person WHERE person.id = ANY(@" + name + ")" + Shown("person", public)
	if len(people) == 1 {
		return column + " = (" + shown + ")", people
	}
	return column + " = ANY (ARRAY(" + shown + "))", people
}

// AddPeople adds the predicate of PersonIn unless people is empty.
func AddPeople(w *pg.Where, column, name string, people []int64, public bool) {
	if len(people) > 0 {
		cond, value := PersonIn(column, name, people, public)
		w.Add(cond, name, value)
	}
}

// Through is pg.Through with the predicate of PersonIn.
func Through(w *pg.Where, l pg.Link, column, name string, people []int64, public bool) {
	if len(people) > 0 {
		cond, value := PersonIn(column, name, people, public)
		l.Cond, l.Leads = cond, len(people) == 1
		w.Through(l, name, value)
	}
}

// AddExternalIDs keeps the records of a table that have one of the external ids, unless there are none. column has the
// ids of the records.
func AddExternalIDs(w *pg.Where, column, table string, externalIDs []string) {
	if len(externalIDs) > 0 {
		w.Add(column+" IN (SELECT x.id FROM external_ids x WHERE x.type = '"+table+"' AND x.external_id = ANY(@external_id))", "external_id", externalIDs)
	}
}

// OrganizationLinks is a link table of attendees and organizations with the sort date. An organization is the
// attendee itself, that of a position, or the one that the attendee stood for.
const OrganizationLinks = `(SELECT organization_id, starts_key, id AS attendee_id FROM attendees
	UNION ALL SELECT organization_id, starts_key, attendee_id FROM attendee_affiliations
	UNION ALL SELECT on_behalf_of_organization_id, starts_key, id FROM attendees) l`

// List is a list of references in a link table with a column position.
type List struct {
	Table   string // the link table: "document_authors"
	Owner   string // its column with the record that has the list: "document_id"
	Column  string // its column with the references: "person_id"
	Records string // the table that they refer to: "people"
	Pointer string // of the list in a body: "/author_ids"
}

// Replace adds to the batch what replaces the list of a record where it differs from old. It inserts only references
// that exist and adds all others to fields, each by its index.
func (l List) Replace(b *pgx.Batch, id int64, old, refs []int64, fields *[]apperr.Field) {
	if slices.Equal(old, refs) {
		return
	}
	if len(old) > 0 {
		b.Queue("DELETE FROM "+l.Table+" WHERE "+l.Owner+" = $1", id)
	}
	if len(refs) == 0 {
		return
	}
	b.Queue("INSERT INTO "+l.Table+" ("+l.Owner+", "+l.Column+", position)"+
		" SELECT @id::bigint, g.ref, g.position FROM unnest(@refs::bigint[]) WITH ORDINALITY g(ref, position)"+
		" WHERE EXISTS (SELECT FROM "+l.Records+" x WHERE x.id = g.ref) RETURNING "+l.Column,
		pg.Args{"id": id, "refs": refs}).Query(func(rows pgx.Rows) error {
		known, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		for i, ref := range refs {
			if !slices.Contains(known, ref) {
				*fields = append(*fields, apperr.At(l.Pointer+"/"+strconv.Itoa(i), "unknown_reference"))
			}
		}
		return err
	})
}
