package popolo_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/formats/popolo"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"

	"pgregory.net/rapid"
)

var (
	words    = rapid.StringOfN(rapid.SampledFrom([]rune("aя қҒ\"<&\u2028\U0001F600-./'")), 1, 12, -1)
	langs    = rapid.SampledFrom([]string{"kk", "ru", "en", "kk-Latn", "sr-Latn-RS"})
	texts    = rapid.Custom(func(t *rapid.T) text.Map { return rapid.MapOfN(langs, words, 1, 3).Draw(t, "text") })
	maybe    = rapid.OneOf(rapid.Just(text.Map(nil)), texts)
	partials = rapid.Map(rapid.SampledFrom([]date.Partial{"", "0001", "1999", "2020-02", "2020-02-27", "9999-12-31"}), func(p date.Partial) *date.Partial {
		if p == "" {
			return nil
		}
		return &p
	})
	external = rapid.SliceOfN(rapid.SampledFrom([]string{"wikidata:Q1", "a.b-c_d:e:f/g", "orcid:0000-0001", "x:ұ"}), 0, 3)
	parents  = rapid.SampledFrom([]*int64{nil, new(int64)})
	others   = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) text.OtherName {
		o := text.OtherName{Text: words.Draw(t, "other"), Kind: rapid.SampledFrom([]string{"alias", "former"}).Draw(t, "kind")}
		if lang := langs.Draw(t, "lang"); lang != "en" {
			o.Lang = &lang
		}
		return o
	}), 0, 3)
)

func TestWhateverARecordHoldsIsValidAsPopolo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := popolo.Writer{
			Lang: rapid.OneOf(rapid.Just(""), langs).Draw(t, "lang"),
			Base: rapid.SampledFrom([]string{"", "https://registry.example.org"}).Draw(t, "base"),
		}
		valid(t, "person", p.Person(person.Person{Record: changes.Record{ID: 7}, Input: person.Input{
			Name: texts.Draw(t, "name"), OtherNames: others.Draw(t, "others"), Honorific: maybe.Draw(t, "honorific"), Bio: maybe.Draw(t, "bio"), ExternalIDs: external.Draw(t, "ids"),
		}}))
		website := rapid.SampledFrom([]string{"", "https://kisi.kz", "http://қазақстан.қаз/жол?a=ә#б", "https://example.org/a%20b"}).Draw(t, "website")
		valid(t, "organization", p.Organization(organization.Organization{Record: changes.Record{ID: 7}, Input: organization.Input{
			Name: texts.Draw(t, "name"), ShortName: maybe.Draw(t, "short"), OtherNames: others.Draw(t, "others"), Kind: "other", ParentID: parents.Draw(t, "parent"),
			Website: orNil(website), FoundedOn: partials.Draw(t, "founded"), DissolvedOn: partials.Draw(t, "dissolved"), ExternalIDs: external.Draw(t, "ids"),
		}}))
		valid(t, "membership", p.Membership(affiliation.Affiliation{Record: changes.Record{ID: 7}, Input: affiliation.Input{
			PersonID: 1, OrganizationID: 2, Title: maybe.Draw(t, "title"), From: partials.Draw(t, "from"), To: partials.Draw(t, "to"),
		}}))
		event := p.Event(drawEvent(t))
		event["attendees"] = []popolo.Object{p.Attendee(attendee.Attendee{Person: &text.PersonRef{ID: 1, Name: texts.Draw(t, "attendee")}})}
		if o := p.Attendee(attendee.Attendee{}); o != nil {
			t.Errorf("an attendee without a person is %v", o)
		}
		valid(t, "event", event)
	})
}

func drawEvent(t *rapid.T) roundtable.RoundTable {
	r := roundtable.RoundTable{Record: changes.Record{ID: 7}, Input: roundtable.Input{
		Title: texts.Draw(t, "title"), Purpose: maybe.Draw(t, "purpose"), Format: "forum", Status: "held", Venue: maybe.Draw(t, "venue"),
		DatePrecision: rapid.SampledFrom([]string{"day", "month", "year", "unknown"}).Draw(t, "precision"), ExternalIDs: external.Draw(t, "ids"), ParentID: parents.Draw(t, "parent"),
	}}
	if r.DatePrecision != "unknown" {
		r.StartsOn = &date.Day{Time: time.Date(rapid.SampledFrom([]int{1, 1991, 2020, 9999}).Draw(t, "year"), 1, 1, 0, 0, 0, 0, time.UTC)}
		r.EndsOn = r.StartsOn
	}
	if r.DatePrecision == "day" && rapid.Bool().Draw(t, "timed") {
		zone := time.FixedZone("", rapid.SampledFrom([]int{0, 5 * 3600, -(3*3600 + 1800)}).Draw(t, "offset"))
		at := time.Date(2020, 2, 27, 10, 0, 0, 123456000, zone)
		r.StartsAt, r.EndsAt = &at, &at
	}
	if rapid.Bool().Draw(t, "placed") {
		r.Place = &text.Ref{ID: 1, Name: texts.Draw(t, "place")}
	}
	if rapid.Bool().Draw(t, "organized") {
		r.Organizers = []roundtable.OrganizerRef{{ID: 3, Name: texts.Draw(t, "organizer")}}
	}
	return r
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func valid(t interface{ Fatalf(string, ...any) }, class string, o popolo.Object) {
	raw, err := json.Marshal(o)
	if err != nil {
		t.Fatalf("%v: %v", o, err)
	}
	if fields, err := popolo.Check(class, "", raw); err != nil || len(fields) > 0 {
		t.Fatalf("%s is no %s: %v %v", raw, class, fields, err)
	}
}

func TestEveryMistakeAgainstTheSchemasOfPopoloIsFoundWhereItIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		class, object string
		want          []string
	}{
		{"person", `{"id":"1","name":null,"birth_date":"1970-01","image":"https://example.org/a.jpg","email":"a@example.org","anything":[1]}`, nil},
		{"person", `{"id":1,"birth_date":"1.1.1970","image":"a.jpg","email":"nobody","links":[{"note":"x"},{"url":"x y"}],"other_names":{}}`, []string{
			"/p/birth_date bad_popolo_date", "/p/email bad_format", "/p/id wrong_type", "/p/image bad_format", "/p/links/0/url required", "/p/links/1/url bad_format", "/p/other_names wrong_type",
		}},
		{"membership", `{"person":{"memberships":[{"start_date":"20"}]},"post":{"label":7}}`, []string{"/p/person/memberships/0/start_date bad_popolo_date", "/p/post/label wrong_type"}},
		{"event", `{"start_date":"2020-02-27T10:00+05","end_date":"2020-02-27 10:00","attendees":[{"name":"a"},"b"],"identifiers":[{"scheme":"a"}]}`, []string{
			"/p/attendees/1 wrong_type", "/p/end_date bad_popolo_date", "/p/identifiers/0/identifier required",
		}},
		{"organization", `[]`, []string{"/p wrong_type"}},
		{"post", `{"organization":{"founding_date":1}}`, []string{"/p/organization/founding_date wrong_type"}},
		{"area", `{"a/b":1,"geometry":"x","parent":{"sources":[{}]}}`, []string{"/p/geometry wrong_type", "/p/parent/sources/0/url required"}},
	} {
		fields, err := popolo.Check(c.class, "/p", []byte(c.object))
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Sorted(maps.Keys(index(fields))); !slices.Equal(got, c.want) {
			t.Errorf("%s %s: %q, want %q", c.class, c.object, got, c.want)
		}
	}
}

func index(fields []apperr.Field) map[string]bool {
	all := map[string]bool{}
	for _, f := range fields {
		all[f.Pointer+" "+f.Code] = true
	}
	return all
}
