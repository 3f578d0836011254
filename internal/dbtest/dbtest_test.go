package dbtest

import (
	"context"
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

func TestWhatATestWritesNoOtherSees(t *testing.T) {
	t.Parallel()
	one, other := New(t), New(t)
	if err := addTopic(t.Context(), one, "Water"); err != nil {
		t.Fatal(err)
	}
	if mine, theirs := topics(t, one), topics(t, other); mine != 1 || theirs != 0 {
		t.Errorf("%d and %d topics", mine, theirs)
	}
}

func TestADatabaseIsFilledOnceAndItsCopiesAreApart(t *testing.T) {
	t.Parallel()
	var filled int
	fill := func(ctx context.Context, db *pgxpool.Pool) error {
		filled++
		return addTopic(ctx, db, "Water")
	}
	for range 2 {
		db := Filled(t, "a topic", fill)
		if err := addTopic(t.Context(), db, "Energy"); err != nil {
			t.Fatal(err)
		}
		if n := topics(t, db); n != 2 {
			t.Errorf("%d topics, want the one of the filling and one more", n)
		}
	}
	if filled != 1 {
		t.Errorf("filled %d times", filled)
	}
}

func TestADatabaseGoesWithItsTest(t *testing.T) {
	t.Parallel()
	var names []string
	t.Run("inner", func(t *testing.T) {
		for _, db := range []*pgxpool.Pool{New(t), Open(t, Empty(t), pg.Options{})} {
			names = append(names, db.Config().ConnConfig.Database)
		}
	})
	var left int
	if err := shared.admin.QueryRow(t.Context(), "SELECT count(*) FROM pg_database WHERE datname = ANY($1)", names).Scan(&left); err != nil || left != 0 || len(names) != 2 {
		t.Errorf("%d of %v are left: %v", left, names, err)
	}
}

func TestTheRoleOfATestIsNoSuperuser(t *testing.T) {
	t.Parallel()
	var super bool
	if err := New(t).QueryRow(t.Context(), "SELECT rolsuper FROM pg_roles WHERE rolname = current_user").Scan(&super); err != nil || super {
		t.Errorf("superuser %v: %v", super, err)
	}
}
