package reference_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5/pgxpool"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// read gives the only value of a query.
func read[T any](t *testing.T, db *pgxpool.Pool, sql string, args pg.Args) (v T) {
	t.Helper()
	if args == nil {
		args = pg.Args{}
	}
	if err := db.QueryRow(t.Context(), sql, args).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func someone(t *testing.T, db *pgxpool.Pool, name, visibility string) int64 {
	t.Helper()
	return fixture.Insert(t, db, "INSERT INTO people (name, visibility) VALUES (jsonb_build_object('en', $1::text), $2) RETURNING id", name, visibility)
}

func TestAReferenceToNoRowIsNull(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	fixture.Organization(t, db, func(in *organization.Input) { in.Name = text.Map{"en": "Fund"} })
	query := "SELECT " + reference.To("o", "name") + " FROM (SELECT 1) one LEFT JOIN organizations o ON "
	if got := read[*text.Ref](t, db, query+"true", nil); got == nil || got.ID == 0 || got.Name["en"] != "Fund" {
		t.Errorf("%+v", got)
	}
	if got := read[*text.Ref](t, db, query+"false", nil); got != nil {
		t.Errorf("%+v", got)
	}
}

// position gives what a reference says of a person at a round table, as "organization, listed as, title".
func position(t *testing.T, db *pgxpool.Pool, person, event int64, day string) string {
	t.Helper()
	r := read[*text.PersonRef](t, db, "SELECT "+reference.Person("@person", "@event", "@day::date", false), pg.Args{"person": person, "event": event, "day": day})
	if r == nil || r.ID != person || r.Name == nil {
		t.Fatalf("%+v", r)
	}
	organization, listed, title := "none", "none", r.Position["en"]
	if r.Organization != nil {
		organization = r.Organization.Name["en"]
	}
	if r.OrganizationAsListed != nil {
		listed = *r.OrganizationAsListed
	}
	return fmt.Sprintf("%s, %s, %s", organization, listed, title)
}

func TestAPersonIsShownWithThePositionOfTheDay(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	who := someone(t, db, "Irina Chernykh", "public")
	institute := fixture.Organization(t, db, func(in *organization.Input) { in.Name = text.Map{"en": "Institute"} })
	fund := fixture.Organization(t, db, func(in *organization.Input) { in.Name = text.Map{"en": "Fund"} })
	held := func(at int64, from, to, title string, primary bool) {
		fixture.Affiliation(t, db, func(in *affiliation.Input) {
			in.PersonID, in.OrganizationID, in.Title, in.Primary = who, at, text.Map{"en": title}, primary
			in.From, in.To = new(date.Partial(from)), new(date.Partial(to))
		})
	}
	held(institute, "2010", "2014", "Researcher", false)
	held(institute, "2013", "2016", "Director", false)
	held(fund, "2012", "2013", "Adviser", true)
	listed := "The Institute"
	frozen := fixture.RoundTable(t, db)
	fixture.Attendee(t, db, func(in *attendee.Input) {
		in.RoundTableID, in.PersonID = frozen, &who
		in.Affiliations = []attendee.Affiliation{{OrganizationID: &institute, OrganizationAsListed: &listed, Title: text.Map{"en": "Speaker"}}, {Title: text.Map{"en": "Second"}}}
	})
	elsewhere := fixture.RoundTable(t, db)
	for _, c := range []struct {
		event     int64
		day, want string
	}{
		{frozen, "2011-05-01", "Institute, The Institute, Speaker"}, // frozen at the event
		{elsewhere, "2011-05-01", "Institute, none, Researcher"},
		{elsewhere, "2013-05-01", "Fund, none, Adviser"},       // the primary one
		{elsewhere, "2014-05-01", "Institute, none, Director"}, // the later one
		{elsewhere, "2018-05-01", "none, none, "},
	} {
		if got := position(t, db, who, c.event, c.day); got != c.want {
			t.Errorf("on %s at event %d: %s, want %s", c.day, c.event, got, c.want)
		}
	}
}

func TestThePublicSeesNoReferenceToARestrictedPerson(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for visibility, shown := range map[string]bool{"public": true, "restricted": false} {
		who := someone(t, db, "Irina Chernykh", visibility)
		for _, public := range []bool{true, false} {
			r := read[*text.PersonRef](t, db, "SELECT "+reference.Person("@person", "NULL::bigint", "NULL::date", public), pg.Args{"person": who})
			if (r != nil) != (shown || !public) {
				t.Errorf("%s person, public %t: %+v", visibility, public, r)
			}
		}
	}
}

func TestPeopleAreShownInTheirOrderAndNeverNull(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	first, hidden, third := someone(t, db, "Zhanna", "public"), someone(t, db, "Hidden", "restricted"), someone(t, db, "Aidos", "public")
	links := func(where string) string {
		return fmt.Sprintf("(VALUES (%d, 1), (%d, 2), (%d, 3)) m(person_id, position) ON %s", first, hidden, third, where)
	}
	for _, c := range []struct {
		where  string
		public bool
		want   []int64
	}{
		{"true", false, []int64{first, hidden, third}}, {"true", true, []int64{first, third}}, {"false", false, []int64{}},
	} {
		list := read[[]text.PersonRef](t, db, "SELECT "+reference.People(links(c.where), "NULL::bigint", "NULL::date", c.public), nil)
		ids := []int64{}
		for _, r := range list {
			ids = append(ids, r.ID)
		}
		if list == nil || !slices.Equal(ids, c.want) {
			t.Errorf("%s, public %t: %v, want %v", c.where, c.public, ids, c.want)
		}
	}
}

func TestThePublicFindsNothingByARestrictedPerson(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	known, hidden, other := someone(t, db, "Known", "public"), someone(t, db, "Hidden", "restricted"), someone(t, db, "Other", "public")
	for _, c := range []struct {
		people []int64
		public bool
		want   []int64
	}{
		{[]int64{known}, true, []int64{known}}, {[]int64{hidden}, true, nil}, {[]int64{hidden}, false, []int64{hidden}},
		{[]int64{known, hidden, other}, true, []int64{known, other}}, {[]int64{known, hidden}, false, []int64{known, hidden}},
	} {
		cond, value := reference.PersonIn("p.id", "person", c.people, c.public)
		got := read[[]int64](t, db, "SELECT array_agg(p.id ORDER BY p.id) FROM people p WHERE "+cond, pg.Args{"person": value})
		if !slices.Equal(got, c.want) {
			t.Errorf("%v, public %t: %v, want %v", c.people, c.public, got, c.want)
		}
	}
}

func TestAnAttendeeIsLinkedToItsOwnTheirAndTheRepresentedOrganization(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	var organizations []int64
	for range 3 {
		organizations = append(organizations, fixture.Organization(t, db))
	}
	who := fixture.Person(t, db, func(*person.Input) {})
	fixture.Attendee(t, db, func(in *attendee.Input) { in.OrganizationID = &organizations[0] })
	fixture.Attendee(t, db, func(in *attendee.Input) {
		in.PersonID, in.OnBehalfOf = &who, &attendee.OnBehalfOf{OrganizationID: &organizations[2]}
		in.Affiliations = []attendee.Affiliation{{OrganizationID: &organizations[1]}}
	})
	var got []int64
	err := db.QueryRow(context.Background(), "SELECT array_agg(organization_id ORDER BY organization_id) FROM "+reference.OrganizationLinks+" WHERE organization_id IS NOT NULL").Scan(&got)
	if err != nil || !slices.Equal(got, organizations) {
		t.Errorf("%v, want %v (%v)", got, organizations, err)
	}
}
