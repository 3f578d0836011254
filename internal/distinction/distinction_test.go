package distinction_test

import (
	"testing"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/fixture"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestEveryFilterRuns(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	person, organization := fixture.Person(t, db), fixture.Organization(t, db)
	for _, in := range []distinction.Input{
		{Type: "people", FirstID: person, SecondID: fixture.Person(t, db)},
		{Type: "people", FirstID: fixture.Person(t, db), SecondID: fixture.Person(t, db)},
		{Type: "organizations", FirstID: organization, SecondID: fixture.Organization(t, db)},
	} {
		err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
			_, err := distinction.Create(t.Context(), tx, in)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	fixture.EveryFilter(t, db, distinction.List,
		func(f *distinction.Filter) { f.Person = []int64{person} }, func(f *distinction.Filter) { f.Organization = []int64{organization} })
}

func TestDistinctPairsReturnsTheRecordedPairsOfAType(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	one, other, third := fixture.Person(t, db), fixture.Person(t, db), fixture.Person(t, db)
	err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
		_, err := distinction.Create(t.Context(), tx, distinction.Input{Type: "people", FirstID: third, SecondID: one})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := distinction.DistinctPairs(t.Context(), db, "people", []int64{one, other, third})
	if err != nil || len(pairs) != 1 || !pairs[[2]int64{one, third}] {
		t.Errorf("%v, %v", pairs, err)
	}
	if pairs, err := distinction.DistinctPairs(t.Context(), db, "organizations", []int64{one, other, third}); err != nil || len(pairs) != 0 {
		t.Errorf("%v, %v", pairs, err)
	}
}
