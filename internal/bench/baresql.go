package main

import (
	"encoding/json"
	"time"
)

// The rows of the bare handler, in the order of their columns, and their SQL.

type bareRecord struct {
	ID        int64     `json:"id"`
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

type bareEvent struct {
	bareRecord
	Title         json.RawMessage `json:"title"`
	Purpose       json.RawMessage `json:"purpose"`
	Format        string          `json:"format"`
	Status        string          `json:"status"`
	Publication   string          `json:"publication"`
	StartsOn      *string         `json:"starts_on"`
	EndsOn        *string         `json:"ends_on"`
	DatePrecision string          `json:"date_precision"`
	StartsAt      *time.Time      `json:"starts_at"`
	EndsAt        *time.Time      `json:"ends_at"`
	Timezone      string          `json:"timezone"`
	Mode          string          `json:"mode"`
	PlaceID       *int64          `json:"place_id"`
	PlaceAsListed *string         `json:"place_as_listed"`
	Venue         json.RawMessage `json:"venue"`
	OnlineURL     *string         `json:"online_url"`
	ParentID      *int64          `json:"parent_id"`
	Languages     []string        `json:"languages"`
	Outcome       json.RawMessage `json:"outcome"`
	ExternalIDs   []string        `json:"external_ids"`
	Notes         *string         `json:"notes"`
	Review        json.RawMessage `json:"review"`
	Place         json.RawMessage `json:"place"`
	Parent        json.RawMessage `json:"parent"`
	Topics        json.RawMessage `json:"topics"`
	TopicIDs      []int64         `json:"topic_ids"`
	DocumentLinks json.RawMessage `json:"document_links"`
	Organizers    json.RawMessage `json:"organizers"`
	Counts        json.RawMessage `json:"counts"`
}

const (
	roundTableObject = `json_build_object('id', r.id, 'name', r.title, 'starts_on', r.starts_on, 'date_precision', r.date_precision, 'format', r.format)`
	parentObject     = `json_build_object('id', u.id, 'name', u.title, 'starts_on', u.starts_on, 'date_precision', u.date_precision, 'format', u.format)`

	eventColumns = `r.id, r.version, r.created_at, r.updated_at, r.title, r.purpose, r.format, r.status, r.publication, r.starts_on::text, r.ends_on::text, r.date_precision,
		r.starts_at, r.ends_at, r.timezone, r.mode, r.place_id, r.place_as_listed, r.venue, r.online_url, r.parent_id, r.languages, r.outcome, r.external_ids, r.notes,
		CASE WHEN r.submitted_by IS NOT NULL THEN json_build_object('submitted_by', r.submitted_by, 'submitted_at', r.submitted_at, 'note', r.review_note,
			'submitted_by_name', (SELECT k.name FROM api_keys k WHERE 'key:' || k.id = r.submitted_by)) END,
		CASE WHEN p.id IS NOT NULL THEN json_build_object('id', p.id, 'name', p.name) END,
		CASE WHEN u.id IS NOT NULL THEN ` + parentObject + ` END,
		(SELECT coalesce(json_agg(json_build_object('id', t.id, 'name', t.label) ORDER BY l.position), '[]') FROM round_table_topics l JOIN topics t ON t.id = l.topic_id WHERE l.round_table_id = r.id),
		ARRAY(SELECT l.topic_id FROM round_table_topics l WHERE l.round_table_id = r.id ORDER BY l.position),
		(SELECT coalesce(json_agg(json_build_object('document_id', l.document_id, 'relation', l.relation, 'document', json_build_object('id', d.id, 'name', d.title)) ORDER BY l.position), '[]')
		 FROM document_links l JOIN documents d ON d.id = l.document_id WHERE l.round_table_id = r.id),
		(SELECT coalesce(json_agg(json_build_object('id', o.organization_id, 'name', g.name, 'kind', o.kind) ORDER BY o.position, o.id), '[]')
		 FROM organizers o JOIN organizations g ON g.id = o.organization_id WHERE o.round_table_id = r.id),
		json_build_object('organizers', (SELECT count(*) FROM organizers o WHERE o.round_table_id = r.id),
			'attendees', (SELECT count(*) FROM attendees a WHERE a.round_table_id = r.id),
			'speakers', (SELECT count(DISTINCT attendee_id) FROM (SELECT s.attendee_id FROM statements s WHERE s.round_table_id = r.id
				UNION ALL SELECT h.attendee_id FROM attendee_roles h WHERE h.round_table_id = r.id AND h.role = ANY (ARRAY(SELECT code FROM roles WHERE speaks))) x),
			'statements', (SELECT count(*) FROM statements s WHERE s.round_table_id = r.id),
			'recommendations', (SELECT count(*) FROM recommendations x WHERE x.round_table_id = r.id))`
	eventJoins           = " LEFT JOIN places p ON p.id = r.place_id LEFT JOIN round_tables u ON u.id = r.parent_id"
	eventSQL             = "SELECT " + eventColumns + " FROM round_tables r" + eventJoins
	eventsSQL            = eventSQL + " WHERE r.starts_key > 0 AND r.starts_key <= $1 ORDER BY r.starts_key DESC, r.id DESC LIMIT 50"
	eventsOfOrganizerSQL = "SELECT " + eventColumns + ` FROM (SELECT o.round_table_id, o.starts_key FROM organizers o WHERE o.organization_id = $1
		GROUP BY o.starts_key, o.round_table_id ORDER BY o.starts_key DESC, o.round_table_id DESC LIMIT 50) l JOIN round_tables r ON r.id = l.round_table_id` + eventJoins +
		" ORDER BY l.starts_key DESC, l.round_table_id DESC"
)

type bareOrganizer struct {
	bareRecord
	RoundTableID   int64           `json:"round_table_id"`
	OrganizationID int64           `json:"organization_id"`
	Kind           string          `json:"kind"`
	NameAsListed   *string         `json:"name_as_listed"`
	Position       int64           `json:"position"`
	RoundTable     json.RawMessage `json:"round_table"`
	Organization   json.RawMessage `json:"organization"`
}

const organizersOfEventSQL = `SELECT o.id, o.version, o.created_at, o.updated_at, o.round_table_id, o.organization_id, o.kind, o.name_as_listed, o.position,
	` + roundTableObject + `, json_build_object('id', g.id, 'name', g.name)
	FROM organizers o JOIN round_tables r ON r.id = o.round_table_id JOIN organizations g ON g.id = o.organization_id WHERE o.round_table_id = $1 ORDER BY o.position, o.id LIMIT 500`

type bareAttendee struct {
	bareRecord
	RoundTableID   int64           `json:"round_table_id"`
	PersonID       *int64          `json:"person_id"`
	OrganizationID *int64          `json:"organization_id"`
	NameAsListed   *string         `json:"name_as_listed"`
	Description    json.RawMessage `json:"description"`
	GroupSize      *int64          `json:"group_size"`
	Attendance     string          `json:"attendance"`
	Position       int64           `json:"position"`
	Roles          []string        `json:"roles"`
	RoundTable     json.RawMessage `json:"round_table"`
	Person         json.RawMessage `json:"person"`
	Organization   json.RawMessage `json:"organization"`
	Affiliations   json.RawMessage `json:"affiliations"`
	OnBehalfOf     json.RawMessage `json:"on_behalf_of"`
}

const attendeesOfEventSQL = `SELECT a.id, a.version, a.created_at, a.updated_at, a.round_table_id, a.person_id, a.organization_id, a.name_as_listed, a.description, a.group_size, a.attendance, a.position,
	ARRAY(SELECT h.role FROM attendee_roles h WHERE h.attendee_id = a.id ORDER BY h.position),
	` + roundTableObject + `,
	CASE WHEN p.id IS NOT NULL THEN json_build_object('id', p.id, 'name', p.name, 'organization', f.list -> 0 -> 'organization', 'organization_as_listed', f.list -> 0 -> 'organization_as_listed', 'position', f.list -> 0 -> 'title') END,
	CASE WHEN g.id IS NOT NULL THEN json_build_object('id', g.id, 'name', g.name) END,
	f.list,
	CASE WHEN bp.id IS NOT NULL OR bg.id IS NOT NULL THEN json_build_object('person_id', bp.id, 'organization_id', bg.id,
		'person', CASE WHEN bp.id IS NOT NULL THEN json_build_object('id', bp.id, 'name', bp.name) END,
		'organization', CASE WHEN bg.id IS NOT NULL THEN json_build_object('id', bg.id, 'name', bg.name) END) END
	FROM attendees a JOIN round_tables r ON r.id = a.round_table_id LEFT JOIN people p ON p.id = a.person_id LEFT JOIN organizations g ON g.id = a.organization_id
	LEFT JOIN people bp ON bp.id = a.on_behalf_of_person_id LEFT JOIN organizations bg ON bg.id = a.on_behalf_of_organization_id
	CROSS JOIN LATERAL (SELECT coalesce(json_agg(json_build_object('organization_id', x.organization_id, 'organization_as_listed', x.organization_as_listed, 'title', x.title,
		'organization', CASE WHEN o.id IS NOT NULL THEN json_build_object('id', o.id, 'name', o.name) END) ORDER BY x.position), '[]') AS list
		FROM attendee_affiliations x LEFT JOIN organizations o ON o.id = x.organization_id WHERE x.attendee_id = a.id) f
	WHERE a.round_table_id = $1 ORDER BY a.position, a.id LIMIT 500`

type barePerson struct {
	bareRecord
	Name        json.RawMessage `json:"name"`
	OtherNames  json.RawMessage `json:"other_names"`
	Honorific   json.RawMessage `json:"honorific"`
	Bio         json.RawMessage `json:"bio"`
	ExternalIDs []string        `json:"external_ids"`
	Visibility  string          `json:"visibility"`
	Notes       *string         `json:"notes"`
	Affiliation json.RawMessage `json:"affiliation"`
}

const peopleOfOrganizationSQL = `SELECT p.id, p.version, p.created_at, p.updated_at, p.name, p.other_names, p.honorific, p.bio, p.external_ids, p.visibility, p.notes,
	(SELECT json_build_object('organization', json_build_object('id', g.id, 'name', g.name), 'title', f.title)
	 FROM affiliations f JOIN organizations g ON g.id = f.organization_id WHERE f.person_id = p.id AND f.held_during @> current_date
	 ORDER BY f.is_primary DESC, lower(f.held_during) DESC NULLS LAST, f.id LIMIT 1)
	FROM people p WHERE p.id IN (SELECT f.person_id FROM affiliations f WHERE f.organization_id = $1
		UNION SELECT a.person_id FROM attendee_affiliations f JOIN attendees a ON a.id = f.attendee_id WHERE f.organization_id = $1)
	ORDER BY p.name_sort, p.id LIMIT 50`

type bareStatement struct {
	bareRecord
	RoundTableID   int64           `json:"round_table_id"`
	AttendeeID     *int64          `json:"attendee_id"`
	Attribution    *string         `json:"attribution"`
	Kind           string          `json:"kind"`
	Act            string          `json:"act"`
	Sequence       int64           `json:"sequence"`
	QuotedPersonID *int64          `json:"quoted_person_id"`
	InReplyToID    *int64          `json:"in_reply_to_id"`
	DocumentID     *int64          `json:"document_id"`
	Locator        *string         `json:"locator"`
	Texts          json.RawMessage `json:"texts"`
	RoundTable     json.RawMessage `json:"round_table"`
	Speaker        json.RawMessage `json:"speaker"`
	Attendee       json.RawMessage `json:"attendee"`
	Topics         json.RawMessage `json:"topics"`
	TopicIDs       []int64         `json:"topic_ids"`
	Mentioned      json.RawMessage `json:"mentioned"`
	Mentions       json.RawMessage `json:"mentions"`
	QuotedPerson   json.RawMessage `json:"quoted_person"`
	Document       json.RawMessage `json:"document"`
}

// heldAt joins the affiliation of person x at the round table of statement s: the recorded one, or else the one of that day.
const heldAt = ` LEFT JOIN LATERAL ((SELECT f.organization_id, f.organization_as_listed, f.title FROM attendees y JOIN attendee_affiliations f ON f.attendee_id = y.id
		WHERE y.round_table_id = s.round_table_id AND y.person_id = x.id ORDER BY f.position LIMIT 1)
	UNION ALL (SELECT c.organization_id, NULL, c.title FROM affiliations c WHERE c.person_id = x.id AND c.held_during @> coalesce(r.starts_on, current_date)
		ORDER BY c.is_primary DESC, lower(c.held_during) DESC NULLS LAST, c.id LIMIT 1) LIMIT 1) h ON true LEFT JOIN organizations ho ON ho.id = h.organization_id`

const (
	personObject = `json_build_object('id', x.id, 'name', x.name, 'organization', CASE WHEN ho.id IS NOT NULL THEN json_build_object('id', ho.id, 'name', ho.name) END,
		'organization_as_listed', h.organization_as_listed, 'position', h.title)`
	statementSQL = `SELECT s.id, s.version, s.created_at, s.updated_at, s.round_table_id, s.attendee_id, s.attribution, s.kind, s.act, s.sequence, s.quoted_person_id, s.in_reply_to_id, s.document_id, s.locator,
		(SELECT json_agg(json_build_object('lang', t.lang, 'text', t.text, 'original', t.original, 'translator', t.translator) ORDER BY t.position) FROM statement_texts t WHERE t.statement_id = s.id),
		` + roundTableObject + `,
		CASE WHEN p.id IS NOT NULL THEN json_build_object('id', p.id, 'name', p.name, 'organization', CASE WHEN g.id IS NOT NULL THEN json_build_object('id', g.id, 'name', g.name) END,
			'organization_as_listed', held.organization_as_listed, 'position', held.title) END,
		CASE WHEN a.id IS NOT NULL THEN json_build_object('id', a.id, 'name_as_listed', a.name_as_listed, 'description', a.description,
			'organization', CASE WHEN g.id IS NOT NULL THEN json_build_object('id', g.id, 'name', g.name) END, 'organization_as_listed', held.organization_as_listed, 'position', held.title) END,
		(SELECT coalesce(json_agg(json_build_object('id', t.id, 'name', t.label) ORDER BY m.position), '[]') FROM statement_topics m JOIN topics t ON t.id = m.topic_id WHERE m.statement_id = s.id),
		ARRAY(SELECT m.topic_id FROM statement_topics m WHERE m.statement_id = s.id ORDER BY m.position),
		json_build_object('people', (SELECT coalesce(json_agg(` + personObject + ` ORDER BY m.position), '[]') FROM people x` + heldAt + ` JOIN statement_people m ON m.statement_id = s.id AND m.person_id = x.id),
			'organizations', (SELECT coalesce(json_agg(json_build_object('id', o.id, 'name', o.name) ORDER BY m.position), '[]') FROM statement_organizations m JOIN organizations o ON o.id = m.organization_id WHERE m.statement_id = s.id),
			'places', (SELECT coalesce(json_agg(json_build_object('id', o.id, 'name', o.name) ORDER BY m.position), '[]') FROM statement_places m JOIN places o ON o.id = m.place_id WHERE m.statement_id = s.id),
			'documents', (SELECT coalesce(json_agg(json_build_object('id', o.id, 'name', o.title) ORDER BY m.position), '[]') FROM statement_documents m JOIN documents o ON o.id = m.document_id WHERE m.statement_id = s.id)),
		json_build_object('person_ids', ARRAY(SELECT m.person_id FROM statement_people m WHERE m.statement_id = s.id ORDER BY m.position), 'organization_ids', ARRAY(SELECT m.organization_id FROM statement_organizations m WHERE m.statement_id = s.id ORDER BY m.position), 'place_ids', ARRAY(SELECT m.place_id FROM statement_places m WHERE m.statement_id = s.id ORDER BY m.position), 'document_ids', ARRAY(SELECT m.document_id FROM statement_documents m WHERE m.statement_id = s.id ORDER BY m.position)),
		(SELECT ` + personObject + ` FROM people x` + heldAt + ` WHERE x.id = s.quoted_person_id),
		CASE WHEN d.id IS NOT NULL THEN json_build_object('id', d.id, 'name', d.title) END
		FROM statements s JOIN round_tables r ON r.id = s.round_table_id LEFT JOIN attendees a ON a.id = s.attendee_id LEFT JOIN people p ON p.id = a.person_id
		LEFT JOIN LATERAL (SELECT f.organization_id, f.organization_as_listed, f.title FROM attendee_affiliations f WHERE f.attendee_id = a.id ORDER BY f.position LIMIT 1) held ON true
		LEFT JOIN organizations g ON g.id = coalesce(a.organization_id, held.organization_id) LEFT JOIN documents d ON d.id = s.document_id`
	statementsOfEventSQL  = statementSQL + " WHERE s.round_table_id = $1 ORDER BY s.sequence, s.id LIMIT 500"
	statementsOfPersonSQL = statementSQL + " WHERE s.person_key = $1 ORDER BY s.starts_key DESC, s.id DESC LIMIT 50"
)
