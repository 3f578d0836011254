package spelling_test

import (
	"testing"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"

	"github.com/jackc/pgx/v5"
)

func TestOnlyTheConfirmationOfASessionTakesALock(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	f := newFinder(t, db)
	ctx := fixture.Context()
	for dryRun, want := range map[bool]int{false: 1, true: 0} {
		err := changes.Write(ctx, db, changes.Options{DryRun: dryRun}, func(tx pgx.Tx) error {
			locks := func() (n int) {
				if err := tx.QueryRow(ctx, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()").Scan(&n); err != nil {
					t.Error(err)
				}
				return n
			}
			s := f.Session()
			for _, name := range []string{"Айдос Сарым", "Zhanseit Tuimebayev"} {
				if err := person.Distinct(ctx, tx, s, named(name)); err != nil {
					t.Error(err)
				}
			}
			if n := locks(); n != 0 {
				t.Errorf("%d locks after the check", n)
			}
			if err := s.Confirm(ctx, tx); err != nil {
				t.Error(err)
			}
			if n := locks(); n != want {
				t.Errorf("dry run %v: %d locks, want %d", dryRun, n, want)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
