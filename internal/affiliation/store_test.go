package affiliation_test

import (
	"testing"
	"time"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func partial(s string) *date.Partial {
	p := date.Partial(s)
	return &p
}

func TestEveryFilterRuns(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	someone := fixture.Person(t, db)
	for _, from := range []*date.Partial{nil, nil, partial("2017"), partial("2017-05"), partial("2017-05-02")} {
		institute := fixture.Organization(t, db)
		fixture.Affiliation(t, db, func(in *affiliation.Input) { in.PersonID, in.OrganizationID, in.From = someone, institute, from })
	}
	fixture.EveryFilter(t, db, affiliation.List, func(f *affiliation.Filter) { f.Person = []int64{someone} })
}

func TestAPositionIsHeldFromItsFirstPossibleDayToItsLast(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	someone, institute := fixture.Person(t, db), fixture.Organization(t, db)
	fixture.Affiliation(t, db, func(in *affiliation.Input) {
		in.PersonID, in.OrganizationID, in.From, in.To = someone, institute, partial("2017-05"), partial("2019")
	})
	fixture.Affiliation(t, db, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = someone, fixture.Organization(t, db) })
	for day, want := range map[string]int{"2017-04-30": 1, "2017-05-01": 2, "2019-12-31": 2, "2020-01-01": 1} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		page, err := affiliation.List(fixture.Context(), db, affiliation.Filter{On: &date.Day{Time: at}})
		if err != nil || len(page.Items) != want {
			t.Errorf("on %s: %d positions (%v), want %d", day, len(page.Items), err, want)
		}
	}
}
