package sample_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// texts returns the values of a column.
func texts(t *testing.T, db *pgxpool.Pool, sql string, args pg.Args) []string {
	t.Helper()
	rows, err := db.Query(context.Background(), sql, args)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return list
}

// line formats expected values like the queries of this file.
func line(t *testing.T, parts ...any) string {
	t.Helper()
	b, err := json.Marshal(parts)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	normal := func(list []string) []any {
		all := make([]any, len(list))
		for i, s := range list {
			if err := json.Unmarshal([]byte(s), &all[i]); err != nil {
				t.Fatal(err)
			}
		}
		return all
	}
	if !reflect.DeepEqual(normal(got), normal(want)) {
		t.Errorf("%s:\n got %s\nwant %s", what, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

func TestEveryEventMatchesItsSource(t *testing.T) {
	db := loaded(t)
	known := readExpected(t)
	if len(known.Events) != 43 {
		t.Fatalf("%d events are expected", len(known.Events))
	}
	for _, e := range known.Events {
		t.Run(e.ID, func(t *testing.T) {
			ids := texts(t, db, "SELECT id::text FROM external_ids WHERE type = 'round_tables' AND external_id = @id", pg.Args{"id": "kaziss:" + e.ID})
			if len(ids) != 1 {
				t.Fatalf("events with this id: %v", ids)
			}
			w := world{db, ids[0], known}
			w.head(t, e)
			w.participants(t, e)
			w.speech(t, e)
			w.papers(t, e)
		})
	}
}

// world is one event in the database with the expected values.
type world struct {
	db    *pgxpool.Pool
	event string
	known expected
}

func (w world) list(t *testing.T, sql string) []string {
	t.Helper()
	return texts(t, w.db, sql, pg.Args{"event": w.event})
}

func (w world) head(t *testing.T, e expectedEvent) {
	t.Helper()
	var start *string
	if e.Date != nil {
		day := (*e.Date + "-01")[:10]
		start = &day
	}
	got := w.list(t, `SELECT jsonb_build_array((SELECT min(value) FROM jsonb_each_text(title)), starts_on, ends_on)::text FROM round_tables WHERE id = @event::bigint`)
	equal(t, "title and dates", got, []string{line(t, e.Title, start, e.End)})
	notes := w.list(t, "SELECT notes FROM round_tables WHERE id = @event::bigint")[0]
	for _, note := range append([]string{"Source: " + e.Publisher + "."}, e.Notes...) {
		if !strings.Contains("\n"+notes+"\n", "\n"+note+"\n") {
			t.Errorf("the notes lack %q", note)
		}
	}
	if e.City != nil && !strings.Contains(notes, "City as written: "+*e.City+".") {
		t.Errorf("the notes lack the city as written: %s", *e.City)
	}
	if where := e.City; where != nil {
		keys := w.list(t, "SELECT n.key FROM place_names n JOIN round_tables r ON r.place_id = n.place_id WHERE r.id = @event::bigint")
		if !contains(keys, names.Key(*where)) {
			t.Errorf("the place is not known as %s: %v", *where, keys)
		}
	}
}

func (w world) participants(t *testing.T, e expectedEvent) {
	t.Helper()
	var want []string
	for _, o := range e.Organizers {
		want = append(want, line(t, o[0], o[1], w.organization(t, &o[1])))
	}
	equal(t, "organizers", w.list(t, `SELECT jsonb_build_array(o.kind, o.name_as_listed, o.organization_id::text)::text FROM organizers o WHERE o.round_table_id = @event::bigint ORDER BY o.position`), want)

	want = nil
	for _, a := range e.Attendees {
		positions := []any{}
		for _, p := range a.Positions {
			positions = append(positions, []any{p[0], p[1], w.organization(t, p[1])})
		}
		want = append(want, line(t, a.Name, w.person(t, &a.Name), a.Roles, positions))
	}
	equal(t, "people who attended", w.list(t, `SELECT jsonb_build_array(a.name_as_listed, a.person_id::text,
			(SELECT jsonb_agg(r.role ORDER BY r.position) FROM attendee_roles r WHERE r.attendee_id = a.id),
			(SELECT coalesce(jsonb_agg(jsonb_build_array((SELECT min(value) FROM jsonb_each_text(f.title)), f.organization_as_listed, f.organization_id::text) ORDER BY f.position), '[]') FROM attendee_affiliations f WHERE f.attendee_id = a.id))::text
		FROM attendees a WHERE a.round_table_id = @event::bigint AND a.person_id IS NOT NULL ORDER BY a.position`), want)

	posts := map[string]string{
		"the Director of KazISS, named only by position in the headline": "Director",
		"an expert of KazISS (not named in the part read)":               "expert",
	}
	want = nil
	for _, g := range e.Groups {
		kind := "group"
		if post, ok := posts[g.Description]; ok {
			kind, g.Description = "post", post
		}
		want = append(want, line(t, kind, g.Description, g.Size))
	}
	equal(t, "groups and posts", w.list(t, `SELECT CASE WHEN a.description IS NOT NULL THEN jsonb_build_array('group', a.description ->> 'en', a.group_size)
			ELSE jsonb_build_array('post', (SELECT f.title ->> 'en' FROM attendee_affiliations f WHERE f.attendee_id = a.id), NULL) END::text
		FROM attendees a WHERE a.round_table_id = @event::bigint AND a.person_id IS NULL ORDER BY a.position`), want)
}

func (w world) speech(t *testing.T, e expectedEvent) {
	t.Helper()
	var want []string
	for i, s := range e.Statements {
		said := s.Speaker
		if said == nil {
			said = s.Collective
		}
		want = append(want, line(t, i+1, s.Kind, s.Act, s.Text, w.person(t, s.Speaker), said, s.Topics, w.people(t, s.People), w.organizations(t, s.Organizations), len(s.Places), len(s.Documents)))
		keys := w.list(t, `SELECT n.key FROM statements s JOIN statement_places m ON m.statement_id = s.id JOIN place_names n USING (place_id) WHERE s.round_table_id = @event::bigint`)
		for _, place := range s.Places {
			if !contains(keys, names.Key(place)) && place != "Akmola" { // the region, not the city of this name
				t.Errorf("statement %d: %s is not mentioned", i+1, place)
			}
		}
	}
	equal(t, "statements", w.list(t, `SELECT jsonb_build_array(s.sequence, s.kind, s.act, t.text, a.person_id::text, coalesce(s.attribution, a.name_as_listed),
			(SELECT coalesce(jsonb_agg(o.label ->> 'en' ORDER BY l.position), '[]') FROM statement_topics l JOIN topics o ON o.id = l.topic_id WHERE l.statement_id = s.id),
			(SELECT coalesce(jsonb_agg(m.person_id::text ORDER BY m.position), '[]') FROM statement_people m WHERE m.statement_id = s.id),
			(SELECT coalesce(jsonb_agg(m.organization_id::text ORDER BY m.position), '[]') FROM statement_organizations m WHERE m.statement_id = s.id),
			(SELECT count(*) FROM statement_places m WHERE m.statement_id = s.id),
			(SELECT count(*) FROM statement_documents m WHERE m.statement_id = s.id))::text
		FROM statements s JOIN statement_texts t ON t.statement_id = s.id AND t.original AND t.lang = 'en' LEFT JOIN attendees a ON a.id = s.attendee_id
		WHERE s.round_table_id = @event::bigint ORDER BY s.sequence`), want)
}

func (w world) papers(t *testing.T, e expectedEvent) {
	t.Helper()
	var want []string
	for _, p := range e.Proposals {
		want = append(want, line(t, p[1], w.person(t, p[0])))
	}
	equal(t, "proposals", w.list(t, `SELECT jsonb_build_array(r.text ->> 'en', a.person_id::text)::text
		FROM recommendations r JOIN statements s ON s.id = r.statement_id LEFT JOIN attendees a ON a.id = s.attendee_id WHERE r.round_table_id = @event::bigint ORDER BY r.id`), want)
	want = []string{line(t, "Report of the event: "+e.Publisher, e.URL)}
	for _, d := range e.Documents {
		want = append(want, line(t, d[0], d[1]))
	}
	equal(t, "documents", w.list(t, `SELECT jsonb_build_array((SELECT min(value) FROM jsonb_each_text(d.title)), coalesce(d.url, d.kind))::text
		FROM document_links l JOIN documents d ON d.id = l.document_id WHERE l.round_table_id = @event::bigint ORDER BY l.position`), want)
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
