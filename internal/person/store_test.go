package person_test

import (
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/text"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestEveryFilterRuns(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	institute := fixture.Organization(t, db)
	name := text.Map{"en": "Aidos Sarym"}
	fixture.Person(t, db, func(in *person.Input) { in.Name = name })
	restricted := fixture.Person(t, db, func(in *person.Input) { in.Name, in.Visibility = name, "restricted" })
	fixture.Person(t, db)
	event := fixture.RoundTable(t, db)
	attendee := fixture.Insert(t, db, "INSERT INTO attendees (round_table_id, person_id, position) VALUES ($1, $2, 1) RETURNING id", event, restricted)
	fixture.Insert(t, db, "INSERT INTO attendee_affiliations (attendee_id, position, organization_id) VALUES ($1, 1, $2) RETURNING attendee_id", attendee, institute)
	fixture.EveryFilter(t, db, person.List,
		func(f *person.Filter) { f.Q = "sarym aidos" },
		func(f *person.Filter) { f.Q = "Aidos Sarym" },
		func(f *person.Filter) { f.Q = "…" },
		func(f *person.Filter) { f.Organization = []int64{institute} },
		func(f *person.Filter) { f.RoundTable = []int64{event} })
}
