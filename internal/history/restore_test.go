package history_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"roundtables.kz/registry/api"
	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func restore(ctx context.Context, t *testing.T, db *pgxpool.Pool, logged string, id int64, version *int64) error {
	t.Helper()
	return changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error { return kind(t, logged).Restore(ctx, tx, id, version) })
}

func remove(t *testing.T, db *pgxpool.Pool, table string, id int64) {
	t.Helper()
	write(t, db, func(tx pgx.Tx) error { return changes.Delete(t.Context(), tx, table, id) })
}

func run(t *testing.T, db *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	write(t, db, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	})
}

// rename gives a topic another label.
func rename(t *testing.T, db *pgxpool.Pool, id int64, label string) {
	t.Helper()
	run(t, db, "UPDATE topics SET label = jsonb_build_object('en', $2::text) WHERE id = $1", id, label)
}

// labelOf returns the label of a topic with its version.
func labelOf(t *testing.T, db *pgxpool.Pool, id int64) string {
	t.Helper()
	got, err := topic.Get(fixture.Context(), db, id)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(got.Label["en"], " ", got.Version)
}

func named(label string) func(*topic.Input) {
	return func(in *topic.Input) { in.Label = text.Map{"en": label} }
}

// refused returns the error as the client gets it, an empty one if it is none.
func refused(t *testing.T, err error) (e apperr.Error) {
	t.Helper()
	var found *apperr.Error
	if !errors.As(err, &found) {
		t.Errorf("want an error for the client, got %v", err)
		return e
	}
	return *found
}

func wantError(t *testing.T, what string, err error, kind apperr.Kind, code string) {
	t.Helper()
	e := refused(t, err)
	if e.Kind != kind || e.Code != code && (len(e.Fields) == 0 || e.Fields[0].Pointer+" "+e.Fields[0].Code != code) {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func TestADeletedRecordIsRestoredToItsLastState(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Topic(t, db, named("First"))
	rename(t, db, id, "Second")
	remove(t, db, topic.Table, id)
	if err := restore(fixture.Context(), t, db, topic.Type, id, nil); err != nil {
		t.Fatal(err)
	}
	if got := labelOf(t, db, id); got != "Second 4" {
		t.Error(got)
	}
}

func TestARecordDeletedOrNotIsRestoredToAnyOfItsVersions(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Topic(t, db, named("First"))
	rename(t, db, id, "Second")
	for i, c := range []struct {
		delete  bool
		version int64
		want    string
	}{{false, 1, "First 3"}, {false, 2, "Second 4"}, {true, 1, "First 6"}, {false, 6, "First 6"}} {
		if c.delete {
			remove(t, db, topic.Table, id)
		}
		if err := restore(fixture.Context(), t, db, topic.Type, id, &c.version); err != nil {
			t.Fatal(i, err)
		}
		if got := labelOf(t, db, id); got != c.want {
			t.Errorf("restore %d: %s, want %s", i, got, c.want)
		}
	}
}

func TestARestoreRequiresAVersionThatTheRecordHad(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Topic(t, db)
	wantError(t, "no version", restore(fixture.Context(), t, db, topic.Type, id, nil), apperr.Invalid, "/version version_needed")
	wantError(t, "no such version", restore(fixture.Context(), t, db, topic.Type, id, new(int64(9))), apperr.Invalid, "/version unknown_version")
	wantError(t, "no such record", restore(fixture.Context(), t, db, topic.Type, id+1, nil), apperr.NotFound, "not_found")
	remove(t, db, topic.Table, id)
	wantError(t, "the version of the deletion", restore(fixture.Context(), t, db, topic.Type, id, new(int64(2))), apperr.Invalid, "/version unknown_version")
}

func TestARestoreOfAMergedRecordIsRejectedWithItsMerge(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	from, into := fixture.Person(t, db), fixture.Person(t, db)
	merge := fixture.Insert(t, db, "INSERT INTO merges (type, from_id, into_id, name) SELECT 'people', $1, $2, name FROM people WHERE id = $1 RETURNING id", from, into)
	write(t, db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "INSERT INTO merged (type, id, into_id, merge_id) VALUES ('people', $1, $2, $3)", from, into, merge); err != nil {
			return err
		}
		return changes.Delete(t.Context(), tx, person.Table, from)
	})
	err := restore(fixture.Context(), t, db, person.Type, from, nil)
	wantError(t, "merged", err, apperr.Conflict, "restore_merged")
	e := refused(t, err)
	if e.Extra["merge_id"] != merge || e.Extra["into"] != into {
		t.Errorf("%v", e.Extra)
	}
}

func TestARestoreOfAPublishedRoundTableRequiresTheScopePublish(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	editor := actor.With(context.Background(), actor.Actor{Name: "editor", KeyID: 1, Scopes: []actor.Scope{actor.Read, actor.Write}})
	published := fixture.RoundTable(t, db)
	draft := fixture.RoundTable(t, db, fixture.Draft)
	remove(t, db, roundtable.Table, published)
	remove(t, db, roundtable.Table, draft)
	if err := restore(editor, t, db, roundtable.Type, published, nil); !apperr.IsKind(err, apperr.Forbidden) {
		t.Errorf("a published one: %v", err)
	}
	if err := restore(editor, t, db, roundtable.Type, draft, nil); err != nil {
		t.Errorf("a draft: %v", err)
	}
	if err := restore(fixture.Context(), t, db, roundtable.Type, published, nil); err != nil {
		t.Errorf("with the scope: %v", err)
	}
}

func TestARestoredPersonIsFoundByTheSameNames(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Person(t, db)
	was := recordsOf(t, db, kind(t, person.Type))[0]
	remove(t, db, person.Table, id)
	if err := restore(fixture.Context(), t, db, person.Type, id, nil); err != nil {
		t.Fatal(err)
	}
	if is := recordsOf(t, db, kind(t, person.Type))[0]; len(is.Keys) == 0 || !slices.Equal(is.Keys, was.Keys) {
		t.Errorf("found by %v, was by %v", is.Keys, was.Keys)
	}
}

// head returns the newest entry of the log.
func head(t *testing.T, db *pgxpool.Pool) int64 {
	t.Helper()
	h, err := changes.ReadHead(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return h.Seq
}

// touched returns what the entries of the log after first changed.
func touched(ctx context.Context, t *testing.T, tx pgx.Tx, first int64, without string) []history.Touched {
	t.Helper()
	list, err := api.Kinds().TouchedBetween(ctx, tx, first+1, 1<<40, without)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAWriteIsUndoneRecordByRecord(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	changed, deleted := fixture.Topic(t, db, named("Before")), fixture.Topic(t, db, named("Deleted"))
	person := fixture.Person(t, db)
	before := head(t, db)
	made := fixture.Topic(t, db)
	rename(t, db, changed, "After")
	remove(t, db, topic.Table, deleted)
	run(t, db, "UPDATE people SET visibility = 'restricted' WHERE id = $1", person)
	write(t, db, func(tx pgx.Tx) error {
		list := touched(t.Context(), t, tx, before, "people")
		var ids []int64
		for _, r := range list {
			ids = append(ids, r.ID)
			if !r.Same || r.Type != topic.Type || r.Actor != "system:test" || r.At.IsZero() || (r.Before == nil) != (r.ID == made) {
				t.Errorf("%+v", r)
			}
		}
		if !slices.Equal(ids, []int64{made, changed, deleted}) || history.Unchanged(list) != nil {
			t.Errorf("touched %v, %v", ids, history.Unchanged(list))
		}
		for _, r := range list {
			if err := api.Kinds().PutBack(t.Context(), tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	if got := labelOf(t, db, changed); got != "Before 3" {
		t.Errorf("the changed one: %s", got)
	}
	if got := labelOf(t, db, deleted); got != "Deleted 3" {
		t.Errorf("the deleted one: %s", got)
	}
	if _, err := topic.Get(fixture.Context(), db, made); !apperr.IsKind(err, apperr.Gone) {
		t.Errorf("the new one: %v", err)
	}
}

func TestAnUndoThatWouldLoseLaterChangesIsRejected(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	one, other := fixture.Topic(t, db, named("One")), fixture.Topic(t, db, named("Other"))
	before := head(t, db)
	rename(t, db, one, "Two")
	rename(t, db, other, "Changed")
	last := head(t, db)
	unchanged := func() (err error) {
		write(t, db, func(tx pgx.Tx) error {
			list, failed := api.Kinds().TouchedBetween(t.Context(), tx, before+1, last, "")
			err = history.Unchanged(list)
			return failed
		})
		return err
	}
	if err := unchanged(); err != nil {
		t.Error(err)
	}
	rename(t, db, one, "Three")
	err := unchanged()
	wantError(t, "one has changed", err, apperr.Conflict, "changed_since")
	e := refused(t, err)
	if since, _ := e.Extra["changed_since"].([]history.Since); len(since) != 1 || since[0].ID != one || since[0].Type != topic.Type || since[0].Op != "update" || since[0].Actor != "system:test" {
		t.Errorf("%+v", e.Extra)
	}
	rename(t, db, one, "Two")
	if err := unchanged(); err != nil {
		t.Errorf("it is again what the write made of it: %v", err)
	}
}

func TestAnUndoThatFailsNamesTheRecordAndTheReason(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	parent := fixture.Organization(t, db)
	child := fixture.Organization(t, db, func(in *organization.Input) { in.ParentID = &parent })
	before := head(t, db)
	remove(t, db, organization.Table, child)
	middle := head(t, db)
	remove(t, db, organization.Table, parent)
	putBack := func(first, last int64) error {
		return changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
			list, err := api.Kinds().TouchedBetween(t.Context(), tx, first+1, last, "")
			if err != nil {
				return err
			}
			return api.Kinds().PutBack(t.Context(), tx, list[0])
		})
	}
	err := putBack(before, middle)
	wantError(t, "its parent is gone", err, apperr.Conflict, "cannot_come_back")
	e := refused(t, err)
	if e.Args["id"] != fmt.Sprint(child) || len(e.Fields) != 1 || e.Fields[0].Code != "unknown_reference" {
		t.Errorf("%+v", e)
	}
	taken := fixture.Person(t, db, func(in *person.Input) { in.ExternalIDs = []string{"wikidata:Q1"} })
	before = head(t, db)
	remove(t, db, person.Table, taken)
	middle = head(t, db)
	fixture.Person(t, db, func(in *person.Input) { in.ExternalIDs = []string{"wikidata:Q1"} })
	err = putBack(before, middle)
	wantError(t, "its identifier is taken", err, apperr.Conflict, "cannot_come_back")
	e = refused(t, err)
	if e.Args["type"] != person.Type || e.Args["id"] != fmt.Sprint(taken) || len(e.Fields) != 1 || e.Fields[0].Code != "already_taken" {
		t.Errorf("%+v", e)
	}
	before = head(t, db)
	event := fixture.RoundTable(t, db)
	middle = head(t, db)
	fixture.Attendee(t, db, func(in *attendee.Input) { in.RoundTableID = event })
	wantError(t, "an attendee refers to it", putBack(before, middle), apperr.Conflict, "in_use")
	if err := api.Kinds().PutBack(t.Context(), nil, history.Touched{Since: history.Since{Type: "imports", ID: 1}}); err == nil {
		t.Error("an import was put back")
	}
}

func TestTheRecordsToUndoAreLocked(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	before := head(t, db)
	id := fixture.Topic(t, db)
	write(t, db, func(tx pgx.Tx) error {
		touched(t.Context(), t, tx, before, "")
		_, err := db.Exec(t.Context(), "SELECT FROM topics WHERE id = $1 FOR UPDATE NOWAIT", id)
		if !pg.IsCode(err, "55P03") {
			t.Errorf("another transaction locks it, too: %v", err)
		}
		return nil
	})
}
