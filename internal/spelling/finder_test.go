package spelling_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func newFinder(t *testing.T, db *pgxpool.Pool) *spelling.Finder {
	t.Helper()
	f, err := spelling.NewFinder(db, person.Spellings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// found returns the ids of the people that match a name.
func found(t *testing.T, f *spelling.Finder, name string) []int64 {
	t.Helper()
	matches, err := f.Find(t.Context(), names.Possible, 10, name)
	if err != nil {
		t.Fatal(err)
	}
	ids := []int64{}
	for _, m := range matches {
		ids = append(ids, m.ID)
	}
	return ids
}

func named(name string) person.Input { return person.Input{Name: text.Map{"en": name}} }

func TestUncommittedRecordsAreNotFound(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	f := newFinder(t, db)
	fixture.Person(t, db, func(in *person.Input) { *in = named("Yerlan Karin") })
	rolledBack := errors.New("rolled back")
	err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
		if _, err := person.Create(fixture.Context(), tx, named("Aidos Sarym")); err != nil {
			return err
		}
		if _, err := tx.Exec(t.Context(), "SET CONSTRAINTS ALL IMMEDIATE"); err != nil { // writes the change log entry within this transaction
			return err
		}
		if n := len(found(t, f, "Айдос Сарым")); n != 0 {
			t.Errorf("%d found before the commit", n)
		}
		return rolledBack
	})
	if !errors.Is(err, rolledBack) {
		t.Fatal(err)
	}
	if n := len(found(t, f, "Айдос Сарым")); n != 0 {
		t.Errorf("%d found after the rollback", n)
	}
	if n := len(found(t, f, "Ерлан Карин")); n != 1 {
		t.Errorf("%d of the other one", n)
	}
}

func TestCreatingAPersonTwiceConcurrentlyIsRejected(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	f := newFinder(t, db)
	attempts, committed := 0, make(chan error, 1)
	create := func(name string, afterCheck func()) error {
		ctx := fixture.Context()
		return changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error {
			in, session := named(name), f.Session()
			if err := person.Distinct(ctx, tx, session, in); err != nil {
				return err
			}
			afterCheck()
			if _, err := person.Create(ctx, tx, in); err != nil {
				return err
			}
			return session.Confirm(ctx, tx)
		})
	}
	err := create("Касым-Жомарт Токаев", func() { // the other one is checked, created and committed in between: it waits for nothing
		attempts++
		go func() { committed <- create("Kassym-Jomart Tokayev", func() {}) }()
		if err := <-committed; err != nil {
			t.Error(err)
		}
	})
	var rejected *apperr.Error
	if !errors.As(err, &rejected) || rejected.Code != "duplicate_candidates" || attempts != 1 {
		t.Errorf("%v after %d attempts", err, attempts)
	}
}

func TestOfManyWhoCreateOnePersonAtOnceOneSucceeds(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	f := newFinder(t, db)
	ctx := fixture.Context()
	done := make(chan error)
	const clients = 8
	for i := range clients {
		go func() {
			done <- changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error {
				in, session := named([]string{"Kassym-Jomart Tokayev", "Касым-Жомарт Токаев"}[i%2]), f.Session()
				if err := person.Distinct(ctx, tx, session, in); err != nil {
					return err
				}
				if _, err := person.Create(ctx, tx, in); err != nil {
					return err
				}
				return session.Confirm(ctx, tx)
			})
		}()
	}
	created := 0
	for range clients {
		var rejected *apperr.Error
		switch err := <-done; {
		case err == nil:
			created++
		case !errors.As(err, &rejected) || rejected.Code != "duplicate_candidates":
			t.Error(err)
		}
	}
	if created != 1 {
		t.Errorf("%d were created", created)
	}
}

// A database that was restored to an earlier state has a shorter log than before.
func TestNamesAreReloadedWhenTheLogIsShorterThanBefore(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	f := newFinder(t, db)
	kept := fixture.Person(t, db, func(in *person.Input) { *in = named("Yerlan Karin") })
	lost := fixture.Person(t, db, func(in *person.Input) { *in = named("Aidos Sarym") })
	if len(found(t, f, "Aidos Sarym")) != 1 {
		t.Fatal("not found before")
	}
	for _, sql := range []string{
		"ALTER TABLE changes DISABLE TRIGGER USER", "ALTER TABLE people DISABLE TRIGGER USER",
		fmt.Sprint("DELETE FROM people WHERE id = ", lost), fmt.Sprint("DELETE FROM changes WHERE type = 'people' AND id = ", lost),
	} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(found(t, f, "Aidos Sarym")); n != 0 {
		t.Errorf("%d found after the restore", n)
	}
	if ids := found(t, f, "Карин Ерлан"); len(ids) != 1 || ids[0] != kept {
		t.Errorf("%v", ids)
	}
}

func TestAFinderStopsWithTheContextOfTheCaller(t *testing.T) {
	t.Parallel()
	f := newFinder(t, dbtest.New(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Find(ctx, names.Possible, 1, "Aidos Sarym"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
