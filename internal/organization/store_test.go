package organization_test

import (
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organization"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestEveryFilterRuns(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	fixture.Organization(t, db)
	fixture.Organization(t, db)
	fixture.EveryFilter(t, db, organization.List)
}
