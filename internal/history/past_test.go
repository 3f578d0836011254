package history_test

import (
	"testing"
	"time"

	"roundtables.kz/registry/api"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// TestTheNewestPastIsThePresent compares, for a record of every kind, the row that the past shows with the row of the table: no
// column may be missing, and none may have another value.
func TestTheNewestPastIsThePresent(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	fixture.Everything(t, db)
	for _, k := range api.Kinds() {
		tables := map[string]string{k.Table: "id"}
		for _, p := range partTables[k.Type] {
			tables[p.table] = p.owner
		}
		for table, key := range tables {
			rows := func(tx pgx.Tx, id int64) string {
				all, err := pg.Value[string](t.Context(), tx, "SELECT coalesce(jsonb_agg(to_jsonb(r) - 'xact' ORDER BY to_jsonb(r)), '[]')::text FROM "+table+" r WHERE "+key+" = @id", pg.Args{"id": id})
				if err != nil {
					t.Fatal(k.Type, table, err)
				}
				return all
			}
			for _, r := range recordsOf(t, db, k) {
				tx, err := db.Begin(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				want := rows(tx, r.ID)
				if err := api.Kinds().ShowPast(t.Context(), tx, k.Type, r.ID, time.Now()); err != nil {
					t.Fatal(k.Type, err)
				}
				if got := rows(tx, r.ID); got != want {
					t.Errorf("%s %d in %s:\npast    %s\npresent %s", k.Type, r.ID, table, got, want)
				}
				if err := tx.Rollback(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// partTables are the tables of the parts of records, with the columns of their owners.
var partTables = map[string][]struct{ table, owner string }{
	"round-tables": {{"round_table_topics", "round_table_id"}, {"document_links", "round_table_id"}},
	"attendees":    {{"attendee_roles", "attendee_id"}, {"attendee_affiliations", "attendee_id"}},
	"statements": {
		{"statement_texts", "statement_id"}, {"statement_topics", "statement_id"}, {"statement_people", "statement_id"},
		{"statement_organizations", "statement_id"}, {"statement_places", "statement_id"}, {"statement_documents", "statement_id"},
	},
	"documents": {{"document_authors", "document_id"}},
}

func TestThePastOfAnEventHasItsDeletedPartsAndThePeopleInThem(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	event := fixture.RoundTable(t, db)
	someone := fixture.Person(t, db)
	seat := fixture.Attendee(t, db, func(in *attendee.Input) {
		in.RoundTableID, in.PersonID, in.Roles = event, &someone, []string{"moderator"}
	})
	last, err := changes.LastAt(t.Context(), db, false)
	if err != nil {
		t.Fatal(err)
	}
	write(t, db, func(tx pgx.Tx) error { return changes.Delete(t.Context(), tx, attendee.Table, seat) })
	write(t, db, func(tx pgx.Tx) error { return changes.Delete(t.Context(), tx, "people", someone) })
	later := fixture.Attendee(t, db, func(in *attendee.Input) { in.RoundTableID = event })
	people := func(tx pgx.Tx) (n int) {
		if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM event_counts WHERE type = 'people' AND id = $1", someone).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	past := func(id int64, when time.Time) (attendee.Attendee, error) {
		tx, err := db.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(t.Context()) }()
		if err := api.Kinds().ShowPast(t.Context(), tx, attendee.Type, id, when); err != nil {
			t.Fatal(err)
		}
		if attended := people(tx) == 1; id == seat && attended != when.Equal(*last) {
			t.Errorf("the person is counted at %s: %t", when, attended)
		}
		return attendee.Get(fixture.Context(), tx, id)
	}
	at := *last
	a, err := past(seat, at)
	if err != nil || a.Version != 1 || len(a.Roles) != 1 || a.Roles[0] != "moderator" || a.Person == nil || a.Person.ID != someone {
		t.Errorf("the deleted attendee: %+v, %v", a, err)
	}
	if _, err := past(seat, time.Now()); err == nil {
		t.Error("a deleted attendee exists after its deletion")
	}
	if _, err := past(later, at); err == nil {
		t.Error("an attendee exists before its creation")
	}
}
