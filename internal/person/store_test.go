package person_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/roundtable"
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

func TestWhereAPersonWorksIsKnownByAffiliationsAndRoundTables(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	someone, nobody := fixture.Person(t, db), fixture.Person(t, db)
	name := map[int64]string{}
	at := func(title string) int64 {
		id := fixture.Organization(t, db)
		name[id] = title
		return id
	}
	held := func(organization int64, from, to *date.Partial, primary bool) {
		fixture.Affiliation(t, db, func(in *affiliation.Input) {
			in.PersonID, in.OrganizationID, in.Title, in.Primary = someone, organization, text.Map{"en": name[organization]}, primary
			in.From, in.To = from, to
		})
	}
	attended := func(day *date.Day, publication string, organizations ...int64) {
		event := fixture.RoundTable(t, db, func(in *roundtable.Input) { in.StartsOn, in.Publication = day, publication })
		fixture.Attendee(t, db, func(in *attendee.Input) {
			in.RoundTableID, in.PersonID = event, &someone
			for i := range organizations {
				in.Affiliations = append(in.Affiliations, attendee.Affiliation{OrganizationID: &organizations[i], Title: text.Map{"en": name[organizations[i]]}})
			}
			in.Affiliations = append(in.Affiliations, attendee.Affiliation{Title: text.Map{"en": "a post of no organization"}})
		})
	}
	today, primary, past, longAgo, lately, undated, planned, often, future := at("today"), at("primary"), at("past"), at("long ago"), at("lately"), at("undated"), at("planned"), at("often"), at("future")
	in := func(p date.Partial) *date.Partial { return &p }
	held(today, in("2024"), nil, false)
	held(primary, in("2010"), nil, true)
	held(past, in("2001"), in("2015-06"), false)
	held(future, in("2090"), nil, false)
	attended(fixture.Day(2012, time.May, 3), "published", longAgo, primary)
	attended(fixture.Day(2023, time.May, 3), "published", lately, longAgo)
	attended(nil, "published", undated)
	attended(fixture.Day(2025, time.May, 3), "draft", planned)
	wants := func(reader, public []int64) {
		t.Helper()
		for _, c := range []struct {
			who  context.Context
			want []int64
		}{{fixture.Context(), reader}, {context.Background(), public}} {
			places, err := person.Affiliations(c.who, db, []int64{someone, nobody})
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, p := range places[someone] {
				got = append(got, p.Organization.ID)
				if p.Organization.Name == nil || p.Title["en"] != name[p.Organization.ID] {
					t.Errorf("%+v, want %s", p, name[p.Organization.ID])
				}
			}
			if len(places) != 1 || !slices.Equal(got, c.want) {
				t.Errorf("%v: %v, want %v", c.who, got, c.want)
			}
		}
	}
	wants([]int64{primary, today, planned, lately, longAgo, past, undated, future}, []int64{primary, today, lately, longAgo, past, undated, future})
	for range 50 {
		attended(fixture.Day(2024, time.May, 3), "published", often)
	}
	wants([]int64{primary, today, planned, often, past, future}, []int64{primary, today, often, past, future})
	everywhere, err := person.AffiliatedWith(context.Background(), db, []int64{someone, nobody})
	if err != nil || len(everywhere) != 1 || len(everywhere[someone]) != 9 {
		t.Errorf("%v, %v", everywhere, err)
	}
}

func TestEveryFilterOfReadsRuns(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	someone := fixture.Person(t, db)
	for _, data := range []string{person.Contacts, person.Contacts, person.Disclosure} {
		if err := person.RecordRead(t.Context(), db, "key:7", someone, data); err != nil {
			t.Fatal(err)
		}
	}
	fixture.EveryFilter(t, db, person.ListReads, func(f *person.ReadFilter) { f.Person = []int64{someone} })
}
