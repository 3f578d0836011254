package reference

import "roundtables.kz/registry/internal/paging"

// The records that groups of an aggregate stand for: SELECTs of key, id and label.
const (
	NamedTopics        = "SELECT id, id, label FROM topics"
	NamedPlaces        = "SELECT id, id, name FROM places"
	NamedPeople        = "SELECT id, id, name FROM people"
	NamedOrganizations = "SELECT id, id, name FROM organizations"
	NamedRoles         = "SELECT code, id, label FROM roles"
	namedRoundTables   = "SELECT id, id, title FROM round_tables"
)

// Unrestricted returns a column of people, with NULL instead of a restricted one if public is set. So an aggregate neither names
// nor counts what the public does not see.
func Unrestricted(column string, public bool) string {
	if !public {
		return column
	}
	return "CASE WHEN " + column + " NOT IN (SELECT hidden.id FROM people hidden WHERE hidden.visibility = 'restricted') THEN " + column + " END"
}

// RoleNamed returns SQL for the code of the role that a text names: the code in any case, or its label in any language. It is null
// if there is none.
func RoleNamed(name string) string {
	return `(SELECT r.code FROM roles r WHERE r.code IN (` + name + `, lower(` + name + `))
		OR EXISTS (SELECT FROM jsonb_each_text(r.label) l WHERE lower(l.value COLLATE "und-x-icu") = lower(` + name + ` COLLATE "und-x-icu"))
		ORDER BY r.code = ` + name + ` DESC, r.rank, r.code LIMIT 1)`
}

// EventPeople are the people at round tables: those that attended and those that were quoted. on is the column with the round table.
func EventPeople(on string, public bool) paging.Values {
	return paging.Values{On: on, Pairs: "SELECT l.round_table_id, " + Unrestricted("l.person_id", public) + " FROM " + EventPersonLinks}
}

// EventOrganizations are the organizations at round tables: organizers, attendees, and those of attendees.
func EventOrganizations(on string) paging.Values {
	return paging.Values{On: on, Pairs: "SELECT round_table_id, organization_id FROM " + EventOrganizationLinks}
}

// EventTopics are the topics of round tables.
func EventTopics(on string) paging.Values {
	return paging.Values{On: on, Once: true, Pairs: "SELECT round_table_id, topic_id FROM round_table_topics"}
}

// AttendeeOrganizations are the organizations of attendees, as OrganizationLinks links them. on is the column with the attendee.
func AttendeeOrganizations(on string) paging.Values {
	return paging.Values{On: on, Pairs: "SELECT attendee_id, organization_id FROM " + OrganizationLinks}
}

// EventDimensions are what the round tables, or their parts, can be grouped by. on is the column with the round table, startsKey
// that with its date, and r the alias of the table of round tables. A public caller sees no unpublished parent.
func EventDimensions(on, startsKey string, public bool) map[string]paging.Dimension {
	parent := "LEFT JOIN round_tables event_parent ON event_parent.id = r.parent_id"
	if public {
		parent += " AND event_parent.publication = 'published'"
	}
	at := func(unit paging.Unit) paging.Dimension {
		d := paging.Dimension{Values: paging.Values{SQL: startsKey}, Time: unit}
		if unit == paging.Weekday {
			d.Vocabulary = "weekday"
		}
		return d
	}
	code := func(name string) paging.Dimension {
		return paging.Dimension{Values: paging.Values{SQL: "r." + name}, Vocabulary: name}
	}
	return map[string]paging.Dimension{
		"year": at(paging.Year), "quarter": at(paging.Quarter), "month": at(paging.Month), "week": at(paging.Week), "weekday": at(paging.Weekday),
		"format": code("format"), "mode": code("mode"), "status": code("status"),
		"place": {Values: paging.Values{SQL: "r.place_id"}, Named: NamedPlaces},
		"country": {Values: paging.Values{SQL: "event_place.country", Joins: "LEFT JOIN places event_place ON event_place.id = r.place_id"},
			Vocabulary: "country"},
		"parent":       {Values: paging.Values{SQL: "event_parent.id", Joins: parent}, Named: namedRoundTables},
		"organizer":    {Values: paging.Values{On: on, Pairs: "SELECT round_table_id, organization_id FROM organizers"}, Named: NamedOrganizations},
		"organization": {Values: EventOrganizations(on), Named: NamedOrganizations},
		"topic":        {Values: EventTopics(on), Named: NamedTopics},
		"language":     {Values: paging.Values{On: on, Pairs: "SELECT e.id, unnest(e.languages) FROM round_tables e"}, Vocabulary: "language"},
		"person":       {Values: EventPeople(on, public), Named: NamedPeople},
		"role":         {Values: paging.Values{On: on, Pairs: "SELECT round_table_id, role FROM attendee_roles"}, Named: NamedRoles},
	}
}

// EventMetrics are what aggregates of round tables, or of their parts, count at the round tables.
func EventMetrics(on string, public bool) map[string]paging.Values {
	return map[string]paging.Values{
		"round_tables":    {SQL: on},
		"people":          EventPeople(on, public),
		"organizations":   EventOrganizations(on),
		"topics":          EventTopics(on),
		"statements":      {On: on, Once: true, Pairs: "SELECT round_table_id, id FROM statements"},
		"recommendations": {On: on, Once: true, Pairs: "SELECT round_table_id, id FROM recommendations"},
	}
}
