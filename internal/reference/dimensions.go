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
	return paging.Values{On: on, Once: true, Pairs: "SELECT e.round_table_id, " + Unrestricted("e.id", public) +
		" FROM event_counts e WHERE e.type = 'people' AND e.listed"}
}

// EventOrganizations are the organizations at round tables: organizers, attendees, and those of attendees.
func EventOrganizations(on string) paging.Values {
	return paging.Values{On: on, Once: true, Pairs: "SELECT e.round_table_id, e.id FROM event_counts e WHERE e.type = 'organizations' AND e.listed"}
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

// EventTotals adds to the metrics of round tables what the schema has counted already: the values at all round tables that the actor
// sees. It returns the number of the round tables.
func EventTotals(metrics map[string]paging.Values, public bool) (roundTables string) {
	set := func(name, total string) {
		v := metrics[name]
		v.Total = total
		metrics[name] = v
	}
	of := func(recordType string) string {
		return "FROM record_counts c WHERE c.type = '" + recordType + "' AND " + publishedOnly("c", public)
	}
	listed := func(recordType string) string { return "SELECT count(*) " + of(recordType) + " AND c.round_tables > 0" }
	roundTables = "SELECT c.round_tables " + of("all")
	people, recommendations := listed("people"), "SELECT count(*) FROM recommendations x"
	if public {
		people += " AND EXISTS (SELECT FROM people p WHERE p.id = c.id AND " + Public("p") + ")"
		recommendations += " JOIN round_tables r ON r.id = x.round_table_id AND r.publication = 'published'"
	}
	set("round_tables", roundTables)
	set("people", people)
	set("organizations", listed("organizations"))
	set("topics", listed("topics"))
	set("statements", "SELECT c.statements "+of("all"))
	set("recommendations", recommendations)
	return roundTables
}

// CountedSpeakers is how many statements each person has made, as the actor sees them (see paging.Dimension).
func CountedSpeakers(public bool) string {
	only := publishedOnly("c", public)
	const statements = "FROM record_counts c WHERE c.type = "
	return "SELECT " + Unrestricted("c.id", public) + ", c.statements " + statements + "'people' AND " + only + " AND c.statements > 0" +
		" UNION ALL SELECT NULL, (SELECT c.statements " + statements + "'all' AND " + only + ")" +
		" - (SELECT coalesce(sum(c.statements), 0) " + statements + "'people' AND " + only + ")"
}

// publishedOnly is the predicate that a row of record_counts has the counts that the actor sees.
func publishedOnly(alias string, public bool) string {
	if public {
		return alias + ".published_only"
	}
	return "NOT " + alias + ".published_only"
}
