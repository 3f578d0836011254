package attendee_test

import (
	"context"
	"slices"
	"testing"

	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestAReadForUpdateThatWaitedSeesTheWholeChangeThatItWaitedFor(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Attendee(t, db, func(in *attendee.Input) { in.Roles = []string{"speaker"} })
	ctx := fixture.Context()
	read := func(tx pgx.Tx) attendee.Attendee {
		a, err := attendee.Get(ctx, pg.ForUpdate{Tx: tx}, id)
		if err != nil {
			t.Error(err)
		}
		return a
	}
	second := make(chan attendee.Attendee, 1)
	err := changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error {
		old := read(tx)
		go func() {
			var a attendee.Attendee
			if err := changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error { a = read(tx); return nil }); err != nil {
				t.Error(err)
			}
			second <- a
		}()
		in := old.Input
		in.Roles = []string{"moderator", "welcome"}
		if err := attendee.Update(ctx, tx, old, in); err != nil {
			return err
		}
		return waitForLock(ctx, db)
	})
	if err != nil {
		t.Fatal(err)
	}
	if a := <-second; a.Version != 2 || !slices.Equal(a.Roles, []string{"moderator", "welcome"}) {
		t.Errorf("version %d, roles %v", a.Version, a.Roles)
	}
}

// waitForLock returns when a session of the database waits for a lock.
func waitForLock(ctx context.Context, db *pgxpool.Pool) error {
	for waiting := false; !waiting; {
		if err := db.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')").Scan(&waiting); err != nil {
			return err
		}
	}
	return nil
}
