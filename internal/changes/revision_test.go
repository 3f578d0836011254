package changes_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// said returns revisions as "topics 1 create 1", each with its actor and reason.
func said(page paging.Page[changes.Revision]) (list []string) {
	for _, r := range page.Items {
		s := fmt.Sprintf("%s %d %s %d by %s", r.Type, r.ID, r.Op, r.Version, r.Actor)
		if r.ActorName != nil {
			s += " (" + *r.ActorName + ")"
		}
		if r.Reason != nil {
			s += ": " + *r.Reason
		}
		list = append(list, s)
	}
	return list
}

// as runs a statement as an actor.
func as(t *testing.T, db *pgxpool.Pool, a actor.Actor, reason, sql string, args ...any) {
	t.Helper()
	err := changes.Write(actor.With(context.Background(), a), db, changes.Options{Reason: reason}, func(tx pgx.Tx) error {
		exec(t, tx, sql, args...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAHistoryListsTheChangesOfOneRecordNewestFirst(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	key, _ := fixture.APIKey(t, db)
	name := value[string](t, db, "SELECT name FROM api_keys WHERE id = $1", key)
	id := fixture.Topic(t, db)
	fixture.Topic(t, db)
	as(t, db, actor.Actor{KeyID: key}, "a typo", `UPDATE topics SET label = '{"en": "Language"}' WHERE id = $1`, id)
	as(t, db, actor.System("test"), "", "DELETE FROM topics WHERE id = $1", id)
	want := []string{
		fmt.Sprintf("topics %d delete 3 by system:test", id),
		fmt.Sprintf("topics %d update 2 by key:%d (%s): a typo", id, key, name),
		fmt.Sprintf("topics %d create 1 by system:test", id),
	}
	page, err := changes.History(fixture.Context(), db, "topics", id, paging.PageParams{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if got := said(page); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAHistoryOmitsChangesOfVisibilityCausedByOtherRecords(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	event := fixture.RoundTable(t, db)
	seat := fixture.Attendee(t, db, func(in *attendee.Input) { in.RoundTableID = event })
	exec(t, db, "UPDATE round_tables SET publication = 'withdrawn' WHERE id = $1", event)
	if ops := ops(entriesOfAttendee(t, db, seat)); !strings.Contains(ops, "visibility") {
		t.Fatalf("the log has no entry of that kind: %s", ops)
	}
	page, err := changes.History(fixture.Context(), db, "attendees", seat, paging.PageParams{Limit: 10})
	if err != nil || len(page.Items) != 1 || page.Items[0].Op != "create" {
		t.Errorf("%q, %v", said(page), err)
	}
}

// entriesOfAttendee returns the entries of an attendee; the last one need not be the head.
func entriesOfAttendee(t *testing.T, db *pgxpool.Pool, id int64) []entry {
	t.Helper()
	rows, err := db.Query(t.Context(), selectEntries+"WHERE type = 'attendees' AND id = $1 ORDER BY seq", id)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[entry])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAnAuditIsFilteredByTypeActorAndDay(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	fixture.Topic(t, db)
	fixture.Organization(t, db)
	as(t, db, actor.System("seed"), "", insertTopic, "Language")
	written := value[time.Time](t, db, "SELECT at FROM changes WHERE actor = 'system:seed'").UTC().Truncate(24 * time.Hour)
	day := func(days int) *date.Instant { return &date.Instant{Time: written.AddDate(0, 0, days)} }
	seeded := func(f *changes.AuditFilter) { f.Actor = []string{"system:seed"} }
	for _, c := range []struct {
		name string
		set  func(*changes.AuditFilter)
		want int
	}{
		{"topics", func(f *changes.AuditFilter) { f.Type = []string{"topics"} }, 2},
		{"topics and organizations", func(f *changes.AuditFilter) { f.Type = []string{"topics", "organizations"} }, 3},
		{"the actor", seeded, 1},
		{"topics of an actor", func(f *changes.AuditFilter) { f.Type, f.Actor = []string{"topics"}, []string{"system:test"} }, 1},
		{"from the day on", func(f *changes.AuditFilter) { seeded(f); f.From = day(0) }, 1},
		{"from the next day on", func(f *changes.AuditFilter) { seeded(f); f.From = day(1) }, 0},
		{"before the day", func(f *changes.AuditFilter) { seeded(f); f.To = day(0) }, 0},
		{"before the next day", func(f *changes.AuditFilter) { seeded(f); f.To = day(1) }, 1},
	} {
		f := changes.AuditFilter{PageParams: paging.PageParams{Limit: 100}}
		c.set(&f)
		page, err := changes.Audit(fixture.Context(), db, f)
		if err != nil || len(page.Items) != c.want {
			t.Errorf("%s: %q, want %d (%v)", c.name, said(page), c.want, err)
		}
	}
}

func TestChangesNameTheInnermostFieldsAndListsAsAWhole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, before, after, want string }{
		{"created", ``, `{"id":1,"created_at":"x","label":{"en":"A"}}`, `/label: <nil> -> map[en:A]`},
		{"deleted", `{"id":1,"label":"A"}`, ``, `/label: A -> <nil>`},
		{"inside of an object", `{"title":{"en":"A","ru":"Б"}}`, `{"title":{"en":"A","ru":"В","kk":"Г"}}`, `/title/kk: <nil> -> Г, /title/ru: Б -> В`},
		{"a list", `{"ids":[1,2]}`, `{"ids":[2,1]}`, `/ids: [1 2] -> [2 1]`},
		{"the same", `{"a":{"b":[1]},"c":null}`, `{"c":null,"a":{"b":[1]}}`, ``},
		{"an object that was none", `{"a":null}`, `{"a":{"b":1}}`, `/a: <nil> -> map[b:1]`},
		{"escaped names", `{"a/b":{"c~d":1}}`, `{"a/b":{"c~d":2}}`, `/a~1b/c~0d: 1 -> 2`},
	} {
		r := changes.Revision{}
		if c.before != "" {
			r.Before = []byte(c.before)
		}
		if c.after != "" {
			r.After = []byte(c.after)
		}
		list, err := r.Changes()
		var got []string
		for _, f := range list {
			got = append(got, fmt.Sprintf("%s: %v -> %v", f.Pointer, f.Before, f.After))
		}
		if err != nil || strings.Join(got, ", ") != c.want || list == nil {
			t.Errorf("%s: %v, want %s (%v)", c.name, got, c.want, err)
		}
	}
	if _, err := (changes.Revision{Type: "topics", ID: 7, After: []byte("{")}).Changes(); err == nil || !strings.Contains(err.Error(), "topics 7") {
		t.Errorf("a broken entry: %v", err)
	}
}

func TestThePublicSeesOnlyPublishedRecords(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	draft, published := fixture.RoundTable(t, db, fixture.Draft), fixture.RoundTable(t, db)
	gone, goneDraft := fixture.RoundTable(t, db), fixture.RoundTable(t, db, fixture.Draft)
	exec(t, db, "DELETE FROM round_tables WHERE id = ANY ($1)", []int64{gone, goneDraft})
	public := context.Background()
	for _, c := range []struct {
		name string
		ctx  context.Context
		id   int64
		want string
	}{
		{"a published one", public, published, ""}, {"a draft", public, draft, "not_found"}, {"a deleted one", public, gone, "deleted"},
		{"a deleted draft", public, goneDraft, "not_found"}, {"none", public, 4711, "not_found"},
		{"a draft for editors", fixture.Context(), draft, ""}, {"a deleted draft for editors", fixture.Context(), goneDraft, "deleted"}, {"none for editors", fixture.Context(), 4711, "not_found"},
	} {
		err := changes.See(c.ctx, db, "round_tables", "round-tables", c.id)
		if c.want == "" && err != nil || c.want != "" && codeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestAMergedRecordPointsToTheEndOfTheChain(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	var ids []int64
	for range 3 {
		ids = append(ids, fixture.Person(t, db))
	}
	for i, from := range ids[:2] {
		merge := fixture.Insert(t, db, "INSERT INTO merges (type, from_id, into_id, name) SELECT 'people', $1, $2, name FROM people WHERE id = $1 RETURNING id", from, ids[i+1])
		write(t, db, func(tx pgx.Tx) {
			exec(t, tx, "INSERT INTO merged (type, id, into_id, merge_id) VALUES ('people', $1, $2, $3)", from, ids[i+1], merge)
			exec(t, tx, "DELETE FROM people WHERE id = $1", from)
		})
	}
	for _, id := range ids[:2] {
		_, err := changes.Lock(fixture.Context(), db, "people", "people", id)
		var e *apperr.Error
		if !errors.As(err, &e) || e.Kind != apperr.Merged || e.Extra["into"] != ids[2] || e.Args["type"] != "people" || e.Args["id"] != fmt.Sprint(id) {
			t.Errorf("person %d: %+v, want into %d", id, err, ids[2])
		}
	}
	if version, err := changes.Lock(fixture.Context(), db, "people", "people", ids[2]); err != nil || version != 1 {
		t.Errorf("version %d, %v", version, err)
	}
}

func TestASnapshotSeesOneStateAndWritesNothing(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	err := changes.Snapshot(t.Context(), db, func(tx pgx.Tx) error {
		before := value[int](t, tx, "SELECT count(*) FROM topics")
		fixture.Topic(t, db)
		if after := value[int](t, tx, "SELECT count(*) FROM topics"); after != before {
			t.Errorf("%d topics became %d", before, after)
		}
		_, err := tx.Exec(t.Context(), insertTopic, "Language")
		return err
	})
	if !pg.IsCode(err, "25006") { // read_only_sql_transaction
		t.Errorf("a write succeeded: %v", err)
	}
}
