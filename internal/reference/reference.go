// Package reference writes the SQL of short references, so that every answer shows other records alike. It is not for
// reading records.
package reference

import "roundtables.kz/registry/internal/pg"

// To gives the reference {id, name} to the row of an alias; NULL where an outer join found no row.
func To(alias, name string) string {
	return "CASE WHEN " + alias + ".id IS NOT NULL THEN json_build_object('id', " + alias + ".id, 'name', " + alias + "." + name + ") END"
}

// Person gives the text.PersonRef of a person at a round table: with the first position frozen there, else the one that
// the person held on the day. id, roundTable and startsOn are expressions; public hides restricted people (NULL).
func Person(id, roundTable, startsOn string, public bool) string {
	return "(SELECT " + personObject + personFrom + PositionAt("ref_person.id", roundTable, startsOn) + " WHERE ref_person.id = " + id + Shown("ref_person", public) + ")"
}

// People gives the array of the text.PersonRefs of the people that a link table names, in the order of its position.
// links is the table with the alias m and what ties it, such as "statement_people m ON m.statement_id = s.id".
func People(links, roundTable, startsOn string, public bool) string {
	return "(SELECT coalesce(json_agg(" + personObject + " ORDER BY m.position), '[]')" + personFrom +
		PositionAt("ref_person.id", roundTable, startsOn) + " JOIN " + links + " AND m.person_id = ref_person.id" + Shown("ref_person", public) + ")"
}

const personFrom = " FROM people ref_person"

const personObject = `json_build_object('id', ref_person.id, 'name', ref_person.name, 'organization', ` +
	`CASE WHEN held_at.id IS NOT NULL THEN json_build_object('id', held_at.id, 'name', held_at.name) END, ` +
	`'organization_as_listed', held.organization_as_listed, 'position', held.title)`

// PositionAt joins, as held and held_at, the position that a person had at a round table, and its organization.
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

// Public is the predicate that the person of the alias is not restricted.
func Public(alias string) string { return alias + ".visibility = 'public'" }

// Shown adds it for the public.
func Shown(alias string, public bool) string {
	if public {
		return " AND " + Public(alias)
	}
	return ""
}

// Whom gives the predicate that a column names one of the people, and its argument. The public finds nobody who is
// restricted; the people are known before the column is looked at, so that its index serves.
func Whom(column, name string, people []int64, public bool) (cond string, value any) {
	if !public {
		return pg.OneOf(column, name, people)
	}
	shown := "SELECT whom.id FROM people whom WHERE whom.id = ANY(@" + name + ")" + Shown("whom", public)
	if len(people) == 1 {
		return column + " = (" + shown + ")", people
	}
	return column + " = ANY (ARRAY(" + shown + "))", people
}

// OrganizationLinks is a link table of the organizations behind attendees, with the date that it carries: the attendee
// itself, a position there, or on whose behalf.
const OrganizationLinks = `(SELECT organization_id, starts_key, id AS attendee_id FROM attendees
	UNION ALL SELECT organization_id, starts_key, attendee_id FROM attendee_affiliations
	UNION ALL SELECT on_behalf_of_organization_id, starts_key, id FROM attendees) l`
