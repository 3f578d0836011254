package privacy_test

import (
	"testing"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/privacy"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestADryRunOfAnErasureKeepsEverything(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	someone := fixture.Person(t, db)
	for _, dry := range []bool{true, false} {
		err := changes.Write(fixture.Context(), db, changes.Options{DryRun: dry}, func(tx pgx.Tx) error {
			_, err := privacy.Erase(fixture.Context(), tx, someone)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var left int
		if err := db.QueryRow(t.Context(), "SELECT count(*) FROM people").Scan(&left); err != nil || (left == 1) != dry {
			t.Errorf("%d people are left, %v", left, err)
		}
	}
}
