package merge

import "strings"

// foldAttendees folds two attendances of the same round table. It combines roles and affiliations, moves statements, and
// fills empty fields of the kept attendance. owner is the column of the attendee: person_id or organization_id.
func foldAttendees(owner string) fold {
	// represented is the on_behalf_of column of a row; it must not name the attendee.
	represented := func(alias, name string) string {
		column := alias + ".on_behalf_of_" + name
		if name != owner {
			return column
		}
		return "nullif(nullif(" + column + ", @from), @into)"
	}
	f := fold{recordType: "attendees", table: "attendees", owner: owner, same: "b.round_table_id = a.round_table_id"}
	f.combine = []string{
		`INSERT INTO attendee_roles (attendee_id, role, position)
		SELECT m.into_id, r.role, r.position + (SELECT coalesce(max(x.position), 0) FROM attendee_roles x WHERE x.attendee_id = m.into_id)
		FROM merged m JOIN attendee_roles r ON r.attendee_id = m.id
		WHERE m.merge_id = @merge AND m.type = 'attendees' AND NOT EXISTS (SELECT FROM attendee_roles x WHERE x.attendee_id = m.into_id AND x.role = r.role)`,

		`INSERT INTO attendee_affiliations (attendee_id, position, organization_id, organization_as_listed, title)
		SELECT m.into_id, f.position + (SELECT coalesce(max(x.position), 0) FROM attendee_affiliations x WHERE x.attendee_id = m.into_id),
			f.organization_id, f.organization_as_listed, f.title
		FROM merged m JOIN attendee_affiliations f ON f.attendee_id = m.id
		WHERE m.merge_id = @merge AND m.type = 'attendees'
			AND NOT EXISTS (SELECT FROM attendee_affiliations x WHERE x.attendee_id = m.into_id AND ` + samePosition("x", "f") + `)`,

		// Attendance recorded after the event takes precedence over plans.
		`UPDATE attendees b SET name_as_listed = coalesce(b.name_as_listed, a.name_as_listed),
			attendance = (ARRAY['attended', 'online', 'absent', 'confirmed', 'invited'])[least(` + attendanceRank("a") + `, ` + attendanceRank("b") + `)],
			on_behalf_of_person_id = CASE WHEN ` + represented("b", "organization_id") + ` IS NULL
				THEN coalesce(` + represented("b", "person_id") + `, ` + represented("a", "person_id") + `) END,
			on_behalf_of_organization_id = CASE WHEN ` + represented("b", "person_id") + ` IS NULL
				THEN coalesce(` + represented("b", "organization_id") + `, ` + represented("a", "organization_id") + `) END
		FROM ` + f.fromPairs(),

		`UPDATE statements s SET attendee_id = m.into_id FROM merged m WHERE m.merge_id = @merge AND m.type = 'attendees' AND s.attendee_id = m.id`,
	}
	return f
}

func attendanceRank(alias string) string {
	return "array_position(ARRAY['attended', 'online', 'absent', 'confirmed', 'invited'], " + alias + ".attendance)"
}

// samePosition returns the SQL condition that two affiliations at an event are equal: same title, same organization.
func samePosition(a, b string) string {
	return strings.NewReplacer("{a}", a, "{b}", b).Replace(`{a}.title IS NOT DISTINCT FROM {b}.title AND ({a}.organization_id = {b}.organization_id
			OR num_nonnulls({a}.organization_id, {b}.organization_id) = 0 AND {a}.organization_as_listed IS NOT DISTINCT FROM {b}.organization_as_listed)`)
}

// foldAffiliations folds two affiliations with the same organization or person, title and start.
func foldAffiliations(owner, other string) fold {
	f := fold{recordType: "affiliations", table: "affiliations", owner: owner,
		same: "b." + other + " = a." + other + " AND b.title IS NOT DISTINCT FROM a.title AND b.held_from IS NOT DISTINCT FROM a.held_from"}
	f.combine = []string{
		`WITH released AS (UPDATE affiliations a SET external_ids = '{}' FROM merged m JOIN affiliations was ON was.id = m.id
				WHERE m.merge_id = @merge AND m.type = 'affiliations' AND a.id = m.id AND a.external_ids <> '{}' RETURNING m.into_id, was.external_ids),
			given AS (SELECT r.into_id, array_agg(id) AS ids FROM released r CROSS JOIN unnest(r.external_ids) id GROUP BY r.into_id)
			UPDATE affiliations b SET external_ids = b.external_ids || given.ids FROM given WHERE b.id = given.into_id`,
		"UPDATE affiliations b SET held_to = coalesce(b.held_to, a.held_to), is_primary = b.is_primary OR a.is_primary FROM " + f.fromPairs(),
	}
	return f
}

// moveLinks returns the statements that redirect a link table to the kept record, without creating duplicates.
func moveLinks(table, column, record string) []string {
	return strings.Split(strings.NewReplacer("{table}", table, "{column}", column, "{record}", record).Replace(
		`DELETE FROM {table} a WHERE a.{column} = @from AND EXISTS (SELECT FROM {table} b WHERE b.{record} = a.{record} AND b.{column} = @into);`+
			`UPDATE {table} SET {column} = @into WHERE {column} = @from`), ";")
}

// moveOnBehalf returns the statement that redirects on_behalf_of references. An attendee that would represent itself
// then has no on_behalf_of.
func moveOnBehalf(owner string) string {
	return strings.ReplaceAll(`UPDATE attendees SET on_behalf_of_{owner} = CASE WHEN {owner} = @into THEN NULL ELSE @into::bigint END
		WHERE on_behalf_of_{owner} = @from OR on_behalf_of_{owner} = @into AND {owner} = @into`, "{owner}", owner)
}

// moveDistinctions moves the distinctions of the removed record to the kept one.
var moveDistinctions = []string{
	`INSERT INTO merged (type, id, into_id, merge_id) SELECT 'distinctions', a.id, b.id, @merge FROM distinctions a JOIN distinctions b
		ON b.type = a.type AND @into IN (b.first_id, b.second_id) AND b.first_id + b.second_id - @into = a.first_id + a.second_id - @from
		WHERE a.type = @type AND @from IN (a.first_id, a.second_id)`,
	`DELETE FROM distinctions a USING merged m WHERE m.merge_id = @merge AND m.type = 'distinctions' AND a.id = m.id`,
	`UPDATE distinctions SET first_id = least(first_id + second_id - @from, @into), second_id = greatest(first_id + second_id - @from, @into)
		WHERE type = @type AND @from IN (first_id, second_id)`,
}
