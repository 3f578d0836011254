package place_test

import (
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/place"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestEveryFilterRuns(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	fixture.Place(t, db)
	fixture.Place(t, db)
	fixture.EveryFilter(t, db, place.List)
}
