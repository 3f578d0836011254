package dbtest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5/pgxpool"
)

func TestMain(m *testing.M) { Main(m) }

func topics(t *testing.T, db *pgxpool.Pool) (n int) {
	t.Helper()
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM topics").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func addTopic(ctx context.Context, db *pgxpool.Pool, label string) error {
	_, err := db.Exec(ctx, `INSERT INTO topics (label) VALUES (jsonb_build_object('en', $1::text))`, label)
	return err
}

func TestTestsDoNotSeeEachOthersData(t *testing.T) {
	t.Parallel()
	one, other := New(t), New(t)
	if err := addTopic(t.Context(), one, "Water"); err != nil {
		t.Fatal(err)
	}
	if mine, theirs := topics(t, one), topics(t, other); mine != 1 || theirs != 0 {
		t.Errorf("%d and %d topics", mine, theirs)
	}
}

func TestADatabaseIsFilledOnceAndItsCopiesAreIndependent(t *testing.T) {
	t.Parallel()
	var filled int
	name := newName("topic") // unique, because with -count another run may have filled it
	fillOnce := func(ctx context.Context, db *pgxpool.Pool) error {
		filled++
		return addTopic(ctx, db, "Water")
	}
	for range 2 {
		db := Filled(t, name, fillOnce)
		if err := addTopic(t.Context(), db, "Energy"); err != nil {
			t.Fatal(err)
		}
		if n := topics(t, db); n != 2 {
			t.Errorf("%d topics, want the filled one and one more", n)
		}
	}
	if filled != 1 {
		t.Errorf("filled %d times", filled)
	}
}

func TestADatabaseIsDroppedWithItsTest(t *testing.T) {
	t.Parallel()
	var names []string
	ran := t.Run("inner", func(t *testing.T) {
		for _, db := range []*pgxpool.Pool{New(t), Open(t, Empty(t), pg.Options{})} {
			names = append(names, db.Config().ConnConfig.Database)
		}
	})
	if !ran {
		return
	}
	if left := existing(t, names...); len(left) != 0 || len(names) != 2 {
		t.Errorf("%v of %v are left", left, names)
	}
}

func TestTheRoleOfATestIsNotASuperuser(t *testing.T) {
	t.Parallel()
	var super bool
	if err := New(t).QueryRow(t.Context(), "SELECT rolsuper FROM pg_roles WHERE rolname = current_user").Scan(&super); err != nil || super {
		t.Errorf("superuser %v: %v", super, err)
	}
}

// existing returns the names of the databases that exist.
func existing(t *testing.T, names ...string) (found []string) {
	t.Helper()
	if err := shared.admin.row("SELECT coalesce(array_agg(datname::text), '{}') FROM pg_database WHERE datname = ANY($1)", []any{names}, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestDatabasesOfKilledProcessesAreDropped(t *testing.T) {
	t.Parallel()
	Server(t)
	prefix := strings.ReplaceAll(newName("killed"), "_", "")
	left, template, kept := prefix+"_left", prefix+"_template", prefix+"_kept"
	for _, name := range []string{left, template, kept} {
		if err := shared.admin.create(name, "template0", ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := shared.admin.exec("ALTER DATABASE " + template + " IS_TEMPLATE true"); err != nil {
		t.Fatal(err)
	}
	if err := shared.admin.dropOrphans(kept, prefix); err != nil {
		t.Fatal(err)
	}
	if found := existing(t, left, template, kept); len(found) != 1 || found[0] != kept {
		t.Errorf("%v are there, want %s", found, kept)
	}
	if err := shared.admin.drop(kept); err != nil {
		t.Error(err)
	}
}

func TestASecondProcessDropsNothing(t *testing.T) {
	t.Parallel()
	mine := New(t).Config().ConnConfig.Database
	second, err := newAdmin(t.Context(), Server(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := second.close(); err != nil {
		t.Fatal(err)
	}
	if found := existing(t, mine); len(found) != 1 {
		t.Error("the database of a running test was dropped")
	}
}

func TestAFailedFillLeavesNoDatabase(t *testing.T) {
	t.Parallel()
	var database string
	broken := errors.New("broken")
	made := fillOnce(migrated(t), Server(t), func(_ context.Context, db *pgxpool.Pool) error {
		database = db.Config().ConnConfig.Database
		return broken
	})
	for range 2 {
		if _, err := made(); !errors.Is(err, broken) {
			t.Error(err)
		}
	}
	if found := existing(t, database); database == "" || len(found) != 0 {
		t.Errorf("%v is left of %q", found, database)
	}
}
