package role_test

import (
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/role"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestEveryFilterRuns(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	fixture.Role(t, db)
	fixture.Role(t, db)
	fixture.EveryFilter(t, db, role.List)
}
