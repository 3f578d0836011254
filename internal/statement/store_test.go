package statement_test

import (
	"testing"

	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/statement"
)

func TestEveryFilterRuns(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	topic, institute := fixture.Topic(t, db), fixture.Organization(t, db)
	known, restricted := fixture.Person(t, db), fixture.Person(t, db, func(in *person.Input) { in.Visibility = "restricted" })
	for _, event := range []int64{fixture.RoundTable(t, db), fixture.RoundTable(t, db), fixture.RoundTable(t, db, fixture.Draft)} {
		for _, who := range []int64{known, restricted} {
			speaker := fixture.Attendee(t, db, func(in *attendee.Input) {
				in.RoundTableID, in.PersonID, in.Affiliations = event, &who, []attendee.Affiliation{{OrganizationID: &institute}}
			})
			for range 2 {
				fixture.Statement(t, db, func(in *statement.Input) {
					in.RoundTableID, in.AttendeeID, in.TopicIDs, in.QuotedPersonID = event, &speaker, []int64{topic}, &who
					in.Mentions = statement.Mentions{PersonIDs: []int64{known, restricted}, OrganizationIDs: []int64{institute}}
				})
			}
		}
	}
	fixture.EveryFilter(t, db, statement.List,
		func(f *statement.Filter) { f.Person = []int64{known} },
		func(f *statement.Filter) { f.Person = []int64{known, restricted} },
		func(f *statement.Filter) { f.Organization = []int64{institute} },
		func(f *statement.Filter) { f.Topic = []int64{topic} },
		func(f *statement.Filter) { f.MentionPerson = []int64{restricted} },
		func(f *statement.Filter) { f.MentionPerson = []int64{known, restricted} },
		func(f *statement.Filter) { f.MentionOrganization = []int64{institute} },
		func(f *statement.Filter) { f.TextLang = []string{"en"} },
		func(f *statement.Filter) { f.Q = "candid agencies" },
		func(f *statement.Filter) { f.Q = "nothing of that" })
}
