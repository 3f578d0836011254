package attendee_test

import (
	"testing"

	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"
)

func TestEveryFilterRuns(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	institute := fixture.Organization(t, db)
	event := fixture.RoundTable(t, db)
	draft := fixture.RoundTable(t, db, fixture.Draft)
	undated := fixture.RoundTable(t, db, func(in *roundtable.Input) { in.StartsOn, in.EndsOn, in.DatePrecision = nil, nil, "" })
	restricted := fixture.Person(t, db, func(in *person.Input) { in.Visibility = "restricted" })
	for _, at := range []int64{event, draft, undated} {
		fixture.Attendee(t, db, func(in *attendee.Input) {
			in.RoundTableID, in.PersonID, in.Roles = at, &restricted, []string{"moderator", "speaker"}
		})
		fixture.Attendee(t, db, func(in *attendee.Input) {
			in.RoundTableID, in.Affiliations = at, []attendee.Affiliation{{OrganizationID: &institute}, {Title: text.Map{"en": "writer"}}}
		})
		fixture.Attendee(t, db, func(in *attendee.Input) { in.RoundTableID, in.OrganizationID = at, &institute })
		name := "A. Sarym"
		fixture.Attendee(t, db, func(in *attendee.Input) { in.RoundTableID, in.NameAsListed = at, &name })
	}
	fixture.EveryFilter(t, db, attendee.List,
		func(f *attendee.Filter) { f.Organization = []int64{institute} },
		func(f *attendee.Filter) { f.Role = []string{"moderator"} },
		func(f *attendee.Filter) { f.Role = []string{"moderator", "speaker"} },
		func(f *attendee.Filter) { f.Person = []int64{restricted} },
		func(f *attendee.Filter) { f.RoundTable = []int64{event, draft} })
}
