package spelling_test

import (
	"testing"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"

	"github.com/jackc/pgx/v5"
)

func TestASessionTakesEachLockOnceAndAgainAfterARollbackToASavepoint(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	s := newFinder(t, db).Session()
	ctx := fixture.Context()
	err := changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error {
		wantLocks := func(when string, want int) {
			t.Helper()
			var n int
			err := tx.QueryRow(ctx, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND classid = hashtext('person_names')::bigint & 4294967295").Scan(&n)
			if err != nil || n != want {
				t.Errorf("%s: %d locks, %v; want %d", when, n, err, want)
			}
		}
		distinct := func(tx pgx.Tx, name string) {
			t.Helper()
			if err := person.Distinct(ctx, tx, s, named(name)); err != nil {
				t.Error(err)
			}
		}
		distinct(tx, "Айдос Сарым")
		wantLocks("one name", 1)
		sub, err := tx.Begin(ctx)
		if err != nil {
			return err
		}
		distinct(sub, "Aidos Sarym") // same phonetic key
		distinct(sub, "Zhanseit Tuimebayev")
		wantLocks("two names", 2)
		if err := sub.Rollback(ctx); err != nil {
			return err
		}
		wantLocks("after the rollback", 1)
		s.RolledBack()
		distinct(tx, "Zhanseit Tuimebayev")
		wantLocks("both again", 2)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
