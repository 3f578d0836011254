package schemaorg

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// wantJSON compares the JSON of a value.
func wantJSON(t *testing.T, what string, v any, want string) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var got, wanted any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatalf("%s: %v", want, err)
	}
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("%s: %s\nwant %s", what, raw, want)
	}
}

var site = Writer{Base: "https://example.org", License: "https://licence"}

func dayOf(month time.Month, day int) *date.Day {
	return &date.Day{Time: time.Date(2020, month, day, 0, 0, 0, 0, time.UTC)}
}

func TestAnEventHasAllThatIsKnown(t *testing.T) {
	t.Parallel()
	url := "https://example.org/live"
	r := roundtable.RoundTable{
		Record: changes.Record{ID: 13, UpdatedAt: time.Date(2021, 1, 1, 5, 0, 0, 0, time.FixedZone("", 5*3600))},
		Input: roundtable.Input{
			Title: text.Map{"en": "Dialogue", "kk-Latn": "Suhbat"}, Purpose: text.Map{"en": "To talk."}, Status: "held", Mode: "hybrid", Languages: []string{"ru"}, Venue: text.Map{"en": "Hall"}, OnlineURL: &url,
			StartsOn: dayOf(2, 27), EndsOn: dayOf(2, 28), DatePrecision: "day", ExternalIDs: []string{"wikidata:Q1"},
		},
		Place: &text.Ref{ID: 2, Name: text.Map{"en": "Almaty"}}, Parent: &text.RoundTableRef{ID: 12, Name: text.Map{"en": "Forum"}},
		Topics: []text.Ref{{ID: 3, Name: text.Map{"en": "Language"}}}, Organizers: []roundtable.OrganizerRef{{ID: 5, Kind: "host", Name: text.Map{"en": "Institute"}}},
		DocumentLinks: []roundtable.LinkedDocument{{Document: text.Ref{ID: 4, Name: text.Map{"en": "Press"}}}},
	}
	wantJSON(t, "event", site.event(r), `{
		"@context": "https://schema.org", "@type": "Event", "@id": "https://example.org/v1/round-tables/13", "identifier": ["wikidata:Q1"],
		"url": "https://example.org/v1/round-tables/13", "license": "https://licence", "sameAs": ["http://www.wikidata.org/entity/Q1"],
		"name": [{"@language": "en", "@value": "Dialogue"}, {"@language": "kk-latn", "@value": "Suhbat"}], "description": [{"@language": "en", "@value": "To talk."}],
		"eventStatus": "https://schema.org/EventScheduled", "eventAttendanceMode": "https://schema.org/MixedEventAttendanceMode", "dateModified": "2021-01-01T00:00:00Z",
		"startDate": "2020-02-27", "endDate": "2020-02-28", "inLanguage": ["ru"],
		"location": [
			{"@type": "Place", "@id": "https://example.org/v1/round-tables/13#venue", "name": [{"@language": "en", "@value": "Hall"}], "containedInPlace": {"@type": "Place", "@id": "https://example.org/v1/places/2", "name": [{"@language": "en", "@value": "Almaty"}]}},
			{"@type": "VirtualLocation", "@id": "https://example.org/v1/round-tables/13#online", "url": "https://example.org/live"}],
		"about": [{"@type": "DefinedTerm", "@id": "https://example.org/v1/topics/3", "name": [{"@language": "en", "@value": "Language"}]}],
		"organizer": [{"@type": "OrganizationRole", "@id": "https://example.org/v1/round-tables/13#organizer-5-host", "roleName": "host", "organizer": {"@type": "Organization", "@id": "https://example.org/v1/organizations/5", "name": [{"@language": "en", "@value": "Institute"}]}}],
		"subjectOf": [{"@type": "CreativeWork", "@id": "https://example.org/v1/documents/4", "name": [{"@language": "en", "@value": "Press"}]}],
		"superEvent": {"@type": "Event", "@id": "https://example.org/v1/round-tables/12", "name": [{"@language": "en", "@value": "Forum"}]}
	}`)
}

func TestAnEventOmitsWhatIsUnknown(t *testing.T) {
	t.Parallel()
	r := roundtable.RoundTable{Input: roundtable.Input{Title: text.Map{"en": "Dialogue"}, Status: "cancelled", Mode: "unknown", DatePrecision: "unknown"}}
	wantJSON(t, "event", Writer{}.event(r), `{"@context": "https://schema.org", "@type": "Event", "@id": "/v1/round-tables/0", "url": "/v1/round-tables/0", "license": "", "identifier": [],
		"name": [{"@language": "en", "@value": "Dialogue"}], "eventStatus": "https://schema.org/EventCancelled", "dateModified": "0001-01-01T00:00:00Z"}`)
}

func TestDatesAreAsPreciseAsTheyAreKnown(t *testing.T) {
	t.Parallel()
	at := time.Date(2020, 2, 27, 10, 0, 0, 0, time.FixedZone("", 6*3600))
	for _, c := range []struct {
		precision     string
		starts, ends  *date.Day
		from, to      *time.Time
		start, finish any
	}{
		{"year", dayOf(1, 1), dayOf(12, 31), nil, nil, "2020", nil},
		{"month", dayOf(2, 1), dayOf(2, 29), nil, nil, "2020-02", nil},
		{"day", dayOf(2, 27), nil, nil, nil, "2020-02-27", nil},
		{"day", dayOf(2, 27), dayOf(2, 27), &at, nil, "2020-02-27T10:00:00+06:00", "2020-02-27"},
		{"day", dayOf(2, 27), dayOf(2, 27), &at, &at, "2020-02-27T10:00:00+06:00", "2020-02-27T10:00:00+06:00"},
		{"unknown", nil, nil, nil, nil, nil, nil},
	} {
		e := site.event(roundtable.RoundTable{Input: roundtable.Input{DatePrecision: c.precision, StartsOn: c.starts, EndsOn: c.ends, StartsAt: c.from, EndsAt: c.to}})
		if e["startDate"] != c.start || e["endDate"] != c.finish {
			t.Errorf("%+v: %v to %v", c, e["startDate"], e["endDate"])
		}
	}
}

func TestAnAttendeeIsAPersonAnOrganizationOrAnAudience(t *testing.T) {
	t.Parallel()
	listed, institute := "S. Akhmetov", "The Institute"
	fund := text.Ref{ID: 5, Name: text.Map{"en": "Fund"}}
	const at = `"@id": "https://example.org/v1/attendees/0`
	for want, a := range map[string]attendee.Attendee{
		`{"@type": "OrganizationRole", ` + at + `", "roleName": ["speaker"], "attendee": {"@type": "Person", "@id": "https://example.org/v1/people/1", "name": [{"@language": "en", "@value": "Serik"}]},
			"worksFor": [{"@type": "EmployeeRole", ` + at + `#position-1", "roleName": [{"@language": "en", "@value": "Head"}],
				"worksFor": {"@type": "Organization", "@id": "https://example.org/v1/organizations/5", "name": [{"@language": "en", "@value": "Fund"}]}},
				{"@type": "EmployeeRole", ` + at + `#position-2", "roleName": [{"@language": "en", "@value": "Analyst"}]}]}`: {
			Input: attendee.Input{Roles: []string{"speaker"}}, Person: &text.PersonRef{ID: 1, Name: text.Map{"en": "Serik"}},
			Affiliations: []attendee.Position{{Affiliation: attendee.Affiliation{Title: text.Map{"en": "Head"}}, Organization: &fund}, {Affiliation: attendee.Affiliation{Title: text.Map{"en": "Analyst"}}}},
		},
		`{"@type": "Role", ` + at + `", "roleName": [], "attendee": {"@type": "Organization", "@id": "https://example.org/v1/organizations/5", "name": [{"@language": "en", "@value": "Fund"}]}}`: {Organization: &fund},
		`{"@type": "Role", ` + at + `", "roleName": [], "attendee": {"@type": "Audience", ` + at + `#attendee", "name": [{"@language": "en", "@value": "Students"}]}}`: {
			Input: attendee.Input{Description: text.Map{"en": "Students"}},
		},
		`{"@type": "OrganizationRole", ` + at + `", "roleName": [], "attendee": {"@type": "Person", ` + at + `#attendee", "name": "S. Akhmetov"},
			"worksFor": [{"@type": "EmployeeRole", ` + at + `#position-1", "worksFor": {"@type": "Organization", ` + at + `#organization-1", "name": "The Institute"}}]}`: {
			Input: attendee.Input{NameAsListed: &listed}, Affiliations: []attendee.Position{{Affiliation: attendee.Affiliation{OrganizationAsListed: &institute}}},
		},
		`{"@type": "Role", ` + at + `", "roleName": [], "attendee": {"@type": "Person", ` + at + `#attendee"}}`: {},
	} {
		wantJSON(t, "attendee", site.attendee(a), want)
	}
}

func TestAStatementNamesItsSpeakerElseItsAttribution(t *testing.T) {
	t.Parallel()
	credit := "From the floor"
	said := statement.Input{Texts: []statement.Text{{Lang: "kk-Latn", Text: "Ia."}, {Lang: "en", Text: "Yes."}}}
	credited := said
	credited.Attribution = &credit
	bySpeaker := statement.Statement{
		Record: changes.Record{ID: 7}, Input: said, Speaker: &text.PersonRef{ID: 1, Name: text.Map{"en": "Serik"}},
		Document: &text.Ref{ID: 4, Name: text.Map{"en": "Press"}}, Topics: []text.Ref{{ID: 3, Name: text.Map{"en": "Language"}}},
	}
	byOthers := statement.Statement{Record: changes.Record{ID: 8}, Input: credited}
	const texts = `"license": "https://licence", "text": [{"@language": "kk-latn", "@value": "Ia."}, {"@language": "en", "@value": "Yes."}]`
	wantJSON(t, "of a person", site.statement(bySpeaker), `{"@type": "Quotation", "@id": "https://example.org/v1/statements/7", `+texts+`,
		"about": [{"@type": "DefinedTerm", "@id": "https://example.org/v1/topics/3", "name": [{"@language": "en", "@value": "Language"}]}],
		"creator": {"@type": "Person", "@id": "https://example.org/v1/people/1", "name": [{"@language": "en", "@value": "Serik"}]},
		"isBasedOn": {"@type": "CreativeWork", "@id": "https://example.org/v1/documents/4", "name": [{"@language": "en", "@value": "Press"}]}}`)
	wantJSON(t, "of others", site.statement(byOthers), `{"@type": "Quotation", "@id": "https://example.org/v1/statements/8", `+texts+`, "creditText": "From the floor"}`)
}

func TestADocumentHasEveryAttendeeAndStatement(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.RoundTable(t, db)
	var statements []string
	for range 3 {
		fixture.Attendee(t, db, func(in *attendee.Input) { in.RoundTableID = id })
	}
	for range 2 {
		s := fixture.Statement(t, db, func(in *statement.Input) { in.RoundTableID = id })
		statements = append(statements, site.link("statements", s))
	}
	fixture.Statement(t, db) // of another round table
	r, err := roundtable.Get(fixture.Context(), db, id)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	flushed := 0
	if err := site.Write(fixture.Context(), db, r, &b, func() error { flushed++; return nil }); err != nil {
		t.Fatal(err)
	}
	var got struct {
		ID       string `json:"@id"`
		Attendee []struct {
			Type string `json:"@type"`
		}
		WorkFeatured []struct {
			ID string `json:"@id"`
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, b.Bytes())
	}
	var ids []string
	for _, s := range got.WorkFeatured {
		ids = append(ids, s.ID)
	}
	slices.Sort(ids)
	if got.ID != site.link("round-tables", id) || len(got.Attendee) != 3 || got.Attendee[0].Type != "Role" || !slices.Equal(ids, statements) || flushed < 2 {
		t.Errorf("%d flushes: %s", flushed, b.Bytes())
	}
}

func TestADocumentOfARoundTableWithoutPartsHasNoEmptyLists(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := site.Write(t.Context(), nil, roundtable.RoundTable{}, &b, nil); err != nil {
		t.Fatal(err)
	}
	if s := b.String(); strings.Contains(s, "attendee\"") || strings.Contains(s, "workFeatured") {
		t.Error(s)
	}
}

func TestARoundTableIsLargeWithMorePartsThanAreHeldInMemory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		attendees, statements int64
		want                  bool
	}{{AtOnce, AtOnce, false}, {AtOnce + 1, 0, true}, {0, AtOnce + 1, true}} {
		var r roundtable.RoundTable
		r.Counts.Attendees, r.Counts.Statements = c.attendees, c.statements
		if got := IsLarge(r); got != c.want {
			t.Errorf("%d attendees, %d statements: %t", c.attendees, c.statements, got)
		}
	}
}

func TestAPersonHasNamesIdentifiersAndPositionsOverTime(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	from, en := date.Partial("2019-05"), "en"
	org := fixture.Organization(t, db, func(in *organization.Input) { in.Name = text.Map{"en": "Fund"} })
	id := fixture.Person(t, db, func(in *person.Input) {
		in.Name, in.Honorific, in.Bio = text.Map{"en": "Serik"}, text.Map{"en": "Dr."}, text.Map{"en": "A scholar."}
		in.ExternalIDs = []string{"orcid:0000-0002-1825-0097", "orcid:https://orcid.org/1", "local:7"}
		in.OtherNames = []text.OtherName{{Text: "Sirik", Kind: "misspelling"}, {Text: "S.", Lang: &en, Kind: "abbreviated"}, {Text: "Серік", Kind: "alias"}}
	})
	fixture.Affiliation(t, db, func(in *affiliation.Input) {
		in.PersonID, in.OrganizationID, in.Title, in.From = id, org, text.Map{"en": "Head"}, &from
	})
	var b bytes.Buffer
	err := changes.Snapshot(t.Context(), db, func(tx pgx.Tx) error {
		p, err := person.Get(t.Context(), tx, id)
		if err != nil {
			return err
		}
		p.UpdatedAt = time.Time{}
		return site.WritePerson(t.Context(), tx, p, &b)
	})
	if err != nil {
		t.Fatal(err)
	}
	wantJSON(t, "person", json.RawMessage(b.Bytes()), `{
		"@context": "https://schema.org", "@type": "Person", "@id": "https://example.org/v1/people/1", "url": "https://example.org/v1/people/1", "license": "https://licence",
		"dateModified": "0001-01-01T00:00:00Z", "identifier": ["orcid:0000-0002-1825-0097", "orcid:https://orcid.org/1", "local:7"], "sameAs": ["https://orcid.org/0000-0002-1825-0097"],
		"name": [{"@language": "en", "@value": "Serik"}], "alternateName": [{"@language": "en", "@value": "S."}, {"@value": "Серік"}],
		"honorificPrefix": [{"@language": "en", "@value": "Dr."}], "description": [{"@language": "en", "@value": "A scholar."}],
		"worksFor": [{"@type": "EmployeeRole", "@id": "https://example.org/v1/affiliations/1", "roleName": [{"@language": "en", "@value": "Head"}], "startDate": "2019-05",
			"worksFor": {"@type": "Organization", "@id": "https://example.org/v1/organizations/1", "name": [{"@language": "en", "@value": "Fund"}]}}]}`)
}

func TestAnOrganizationHasNamesDatesAndItsParent(t *testing.T) {
	t.Parallel()
	founded, dissolved, country, site2 := date.Partial("1993"), date.Partial("2020-02"), "KZ", "https://fund.example"
	var b bytes.Buffer
	err := site.WriteOrganization(organization.Organization{
		Record: changes.Record{ID: 5}, Parent: &text.Ref{ID: 6, Name: text.Map{"en": "Academy"}},
		Input: organization.Input{Name: text.Map{"en": "Fund"}, ShortName: text.Map{"ru": "Ф"}, Country: &country, Website: &site2, FoundedOn: &founded, DissolvedOn: &dissolved},
	}, &b)
	if err != nil {
		t.Fatal(err)
	}
	wantJSON(t, "organization", json.RawMessage(b.Bytes()), `{
		"@context": "https://schema.org", "@type": "Organization", "@id": "https://example.org/v1/organizations/5", "url": "https://fund.example", "license": "https://licence",
		"dateModified": "0001-01-01T00:00:00Z", "identifier": [], "name": [{"@language": "en", "@value": "Fund"}], "alternateName": [{"@language": "ru", "@value": "Ф"}],
		"parentOrganization": {"@type": "Organization", "@id": "https://example.org/v1/organizations/6", "name": [{"@language": "en", "@value": "Academy"}]},
		"address": {"@type": "PostalAddress", "@id": "https://example.org/v1/organizations/5#address", "addressCountry": "KZ"}, "foundingDate": "1993", "dissolutionDate": "2020-02"}`)
}
