package check

import (
	"encoding/json"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/roundtable"
)

// finding is one kind of finding: a SELECT of its records from events r.
type finding struct {
	Code         string // of its message; without the prefix it is that of the finding
	severity     string
	recordType   string // of the record
	id           string // SQL: its id
	field        string // in the record; empty: the record as a whole
	args         string // SQL: what its message shows, as jsonb; empty: nothing
	method, path string // SQL for path: the request that mends it
	from         string // joins and WHERE
}

// prefix distinguishes the messages of findings from those of errors.
const prefix = "finding_"

func (f finding) code() string { return strings.TrimPrefix(f.Code, prefix) }

// Translate writes the message in a language: en, ru or kk.
func (f *Finding) Translate(lang string) {
	args := apperr.Args{}
	_ = json.Unmarshal(f.Args, &args)
	f.Message = apperr.Message(prefix+f.Code, lang, args)
}

// mistake returns an error as the error of a field. Only a field of the round table itself has a pointer.
func (f *Finding) mistake() apperr.Field {
	args := apperr.Args{}
	_ = json.Unmarshal(f.Args, &args)
	m := apperr.Field{Code: prefix + f.Code, Args: args}
	if f.Type == roundtable.Type && f.Field != nil {
		m.Pointer = *f.Field
	}
	return m
}

// mixed matches words in which Latin and Cyrillic letters stand side by side.
const mixed = `~ '[A-Za-z][\u0400-\u04FF]|[\u0400-\u04FF][A-Za-z]'`

// malformed matches addresses without a host name, and those with spaces.
const malformed = `!~ '^https?://[^[:space:]/?#.]+([.][^[:space:]/?#.]+)+([/?#][^[:space:]]*)?$'`

const (
	eventPath    = "'/v1/round-tables/' || r.id"
	attendeePath = "'/v1/attendees/' || a.id"
	sourceLink   = "EXISTS (SELECT FROM document_links l WHERE l.round_table_id = r.id AND l.relation = 'source')"
)

// all are the kinds of findings. An event without a date needs a source that gives none.
var all = []finding{
	{Code: "finding_no_date", severity: "error", field: "/starts_on", from: "WHERE r.starts_on IS NULL AND NOT " + sourceLink},
	{Code: "finding_date_unknown", severity: "warning", field: "/starts_on", from: "WHERE r.starts_on IS NULL AND " + sourceLink},
	{Code: "finding_no_place", severity: "warning", field: "/place_id", from: "WHERE r.place_id IS NULL AND r.mode <> 'online'"},
	{Code: "finding_no_source", severity: "warning", field: "/document_links", from: "WHERE NOT " + sourceLink},
	{Code: "finding_no_language", severity: "warning", field: "/languages", from: "WHERE r.languages = '{}'"},
	{Code: "finding_no_organizer", severity: "warning", method: "POST", path: "'/v1/organizers'",
		from: "WHERE NOT EXISTS (SELECT FROM organizers o WHERE o.round_table_id = r.id)"},
	{Code: "finding_no_attendee", severity: "warning", method: "POST", path: "'/v1/attendees'",
		from: "WHERE NOT EXISTS (SELECT FROM attendees a WHERE a.round_table_id = r.id)"},
	{Code: "finding_malformed_link", severity: "error", field: "/online_url", args: "jsonb_build_object('value', r.online_url)",
		from: "WHERE r.online_url " + malformed},
	{Code: "finding_malformed_link", severity: "error", recordType: "documents", id: "d.id", field: "/url", args: "jsonb_build_object('value', d.url)",
		path: "'/v1/documents/' || d.id",
		from: "JOIN document_links l ON l.round_table_id = r.id JOIN documents d ON d.id = l.document_id WHERE d.url " + malformed},
	{Code: "finding_similar_event", severity: "warning", method: "GET", path: "'/v1/round-tables/' || s.id",
		args: "jsonb_build_object('other', s.id::text, 'title', coalesce(s.title ->> 'ru', s.title ->> 'en', s.title ->> 'kk', ''))",
		from: "CROSS JOIN LATERAL " + roundtable.Similar + " f JOIN round_tables s ON s.id = f.id"},
	{Code: "finding_attendee_without_position", severity: "warning", recordType: "attendees", id: "a.id", field: "/affiliations",
		path: attendeePath, args: attendeeName,
		from: `JOIN attendees a ON a.round_table_id = r.id WHERE (a.person_id IS NOT NULL
			OR a.name_as_listed IS NOT NULL AND a.organization_id IS NULL AND a.description IS NULL)
			AND NOT EXISTS (SELECT FROM attendee_affiliations f WHERE f.attendee_id = a.id)`},
	{Code: "finding_unresolved_attendee", severity: "warning", recordType: "attendees", id: "a.id", method: "POST",
		path: attendeePath + " || '/resolve'", args: attendeeName,
		from: "JOIN attendees a ON a.round_table_id = r.id WHERE a.person_id IS NULL AND a.organization_id IS NULL AND a.description IS NULL"},
	{Code: "finding_mixed_script", severity: "warning", recordType: "attendees", id: "a.id", field: "/name_as_listed", path: attendeePath,
		args: "jsonb_build_object('value', a.name_as_listed)",
		from: "JOIN attendees a ON a.round_table_id = r.id WHERE a.name_as_listed " + mixed},
	{Code: "finding_mixed_script", severity: "warning", recordType: "people", id: "p.id", field: "/name", path: "'/v1/people/' || p.id",
		args: "jsonb_build_object('value', (SELECT min(n.value) FROM jsonb_each_text(p.name) n WHERE n.value " + mixed + "))",
		from: "JOIN attendees a ON a.round_table_id = r.id JOIN people p ON p.id = a.person_id WHERE p.name::text " + mixed},
	{Code: "finding_mixed_script", severity: "warning", recordType: "organizations", id: "g.id", field: "/name", path: "'/v1/organizations/' || g.id",
		args: "jsonb_build_object('value', (SELECT min(n.value) FROM jsonb_each_text(g.name) n WHERE n.value " + mixed + "))",
		from: `JOIN (SELECT round_table_id, organization_id FROM organizers UNION SELECT round_table_id, organization_id FROM attendee_affiliations) u
			ON u.round_table_id = r.id JOIN organizations g ON g.id = u.organization_id WHERE g.name::text ` + mixed},
	{Code: "finding_statement_without_original", severity: "error", recordType: "statements", id: "s.id", field: "/texts", path: "'/v1/statements/' || s.id",
		from: `JOIN statements s ON s.round_table_id = r.id
			WHERE NOT EXISTS (SELECT FROM statement_texts t WHERE t.statement_id = s.id AND t.original)`},
	{Code: "finding_statement_out_of_order", severity: "warning", recordType: "statements", id: "s.id", field: "/sequence", method: "POST",
		path: eventPath + " || '/statements/order'", args: "jsonb_build_object('value', s.sequence::text)",
		from: `JOIN statements s ON s.round_table_id = r.id
			WHERE EXISTS (SELECT FROM statements e WHERE e.round_table_id = r.id AND e.sequence = s.sequence AND e.id < s.id)`},
}

const attendeeName = `jsonb_build_object('name', coalesce(a.name_as_listed,
	(SELECT coalesce(p.name ->> 'ru', p.name ->> 'en', p.name ->> 'kk') FROM people p WHERE p.id = a.person_id), '#' || a.id))`

// Codes are the codes of the findings.
var Codes = input.DefineEnum("findings", codes())

func codes() (list []string) {
	seen := map[string]bool{}
	for _, f := range all {
		if !seen[f.code()] {
			list = append(list, f.code())
		}
		seen[f.code()] = true
	}
	return list
}

// findings is the SELECT of all findings in all events. Its key identifies a finding while the data stay as they are.
var findings = union(all)

// blocking is the same SELECT of those findings that prevent publication.
var blocking = union(slices.DeleteFunc(slices.Clone(all), func(f finding) bool { return f.severity != "error" }))

func union(kinds []finding) string {
	parts := make([]string, len(kinds))
	or := func(text, other string) string {
		if text == "" {
			return other
		}
		return text
	}
	for i, f := range kinds {
		field := "NULL::text"
		if f.field != "" {
			field = "'" + f.field + "'"
		}
		parts[i] = "SELECT DISTINCT '" + f.severity + "' AS severity, '" + f.code() + "' AS code, r.id AS round_table_id, r.publication, '" +
			or(f.recordType, "round-tables") + "' AS type, " + or(f.id, "r.id") + " AS id, " +
			field + " AS field, " + or(f.args, "'{}'::jsonb") + " AS args, '" +
			or(f.method, "PATCH") + "' AS method, " + or(f.path, eventPath) + " AS path FROM round_tables r " + f.from
	}
	return "SELECT u.*, hashtextextended(concat_ws(' ', u.code, u.round_table_id, u.type, u.id, u.field, u.args), 0) AS key FROM (" +
		strings.Join(parts, "\nUNION ALL ") + ") u"
}
