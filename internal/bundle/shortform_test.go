package bundle

import (
	"slices"
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

func TestALearnedShortFormMatchesOnlyInTheSameOrganization(t *testing.T) {
	db := dbtest.New(t)
	id := madeBy(must(t, db, attended("Алексей Ким")), "people")[0]
	learned := working("А. Ким", "Institute of Ethnopolitics")
	learned.Attendees[0].Person.ID = &id
	if _, err := createWith(t, db, learned, true); err != nil {
		t.Fatal(err)
	}
	isMatch := func(in Input) bool {
		t.Helper()
		r, err := create(t, db, in)
		if err != nil {
			if got := candidatesOf(t, err); !slices.Contains(got, id) {
				t.Errorf("candidates %v", got)
			}
			return false
		}
		return slices.ContainsFunc(r.Matched, func(m Matched) bool { return m.Type == "people" && m.ID == id })
	}
	for _, c := range []struct {
		name, organization string
		want               bool
	}{
		{"А. Ким", "Music School", false}, {"Ким А.", "Music School", false}, {"А. Ким", "Institute of Ethnopolitics", true},
		{"Алексей Ким", "Music School", true},
	} {
		if got := isMatch(working(c.name, c.organization)); got != c.want {
			t.Errorf("%s of the %s: matched %v, want %v", c.name, c.organization, got, c.want)
		}
	}
	if !isMatch(attended("А. Ким")) {
		t.Error("a document without organizations asked")
	}
	must(t, db, working("Анна Ким", "History Museum"))
	if isMatch(attended("А. Ким")) {
		t.Error("a short form of another person, too, was matched")
	}
	if isMatch(working("А. Ким", "History Museum")) {
		t.Error("a short form of a person of the organization was matched with another one")
	}
	if !isMatch(attended("Алексей Ким")) {
		t.Error("a full name asked")
	}
}

func TestAnAbbreviationMatchesOnlyIfNoOtherOrganizationFits(t *testing.T) {
	db := dbtest.New(t)
	named := func(name string, short ...string) Input {
		return event(func(in *Input) {
			o := Organization{Name: name, New: short != nil}
			if short != nil {
				o.OtherNames = []text.OtherName{{Text: short[0], Kind: spelling.AsListed}}
			}
			in.Organizers = []Organizer{{Organization: o}}
		})
	}
	id := madeBy(must(t, db, named("Institute of Public Policy", "IPP")), "organizations")[0]
	if r := must(t, db, named("IPP")); len(r.Matched) != 1 || r.Matched[0].ID != id {
		t.Errorf("%+v", r)
	}
	other := madeBy(must(t, db, named("Initiative for Peace and Progress", "Peace Initiative")), "organizations")[0]
	_, err := create(t, db, named("IPP"))
	if got := candidatesOf(t, err); !slices.Equal(got, []int64{id, other}) {
		t.Errorf("candidates %v, want %v", got, []int64{id, other})
	}
}

func TestALoneSurnameMatchesAColleagueUnlessAnotherPersonHasIt(t *testing.T) {
	db := dbtest.New(t)
	id := madeBy(must(t, db, working("Talgat Kaliyev", "Institute of Ethnopolitics")), "people")[0]
	r := must(t, db, working("Kaliyev", "Institute of Ethnopolitics"))
	if m := r.Matched[len(r.Matched)-1]; m.ID != id {
		t.Errorf("%+v", r.Matched)
	}
	other := madeBy(must(t, db, working("Timur Kaliyev", "Music School")), "people")[0]
	_, err := create(t, db, working("Kaliyev", "Institute of Ethnopolitics"))
	if got := candidatesOf(t, err); len(got) != 2 || !slices.Contains(got, id) || !slices.Contains(got, other) {
		t.Errorf("candidates %v", got)
	}
}

func TestAMentionWithAFullNameIsNoShortForm(t *testing.T) {
	db := dbtest.New(t)
	in := attended("Talgat Kaliyev")
	in.Statements = []Statement{{
		Speaker: new("Talgat Kaliyev"), Texts: []Text{{Text: "Yes."}},
		QuotedPerson: &Person{Name: "T. Kaliyev", OtherNames: []text.OtherName{{Text: "Timur Kaliyev", Kind: "alias"}}},
	}}
	if r := must(t, db, in); r.Counts["people"] != 2 || len(r.United) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestANamesakeInAnotherScriptStaysTheSamePerson(t *testing.T) {
	db := dbtest.New(t)
	person := func(name, id string) Attendee {
		return Attendee{Person: &Person{Name: name, ExternalIDs: []string{id}}}
	}
	in := event(func(in *Input) {
		in.Attendees = []Attendee{person("Асан Ибраев", "wikidata:Q2"), person("Asan Ibrayev", "wikidata:Q1")}
		in.Documents = []Document{{Title: text.Map{"en": "A book"}, Authors: []Person{*person("Asan Ibrayev", "wikidata:Q2").Person}}}
	})
	if r := must(t, db, in); r.Counts["people"] != 2 || len(r.United) != 1 {
		t.Errorf("%+v", r)
	}
	var names string
	if err := db.QueryRow(t.Context(), `SELECT string_agg(x.external_id, ' ') FROM document_authors a JOIN external_ids x ON x.type = 'people' AND x.id = a.person_id`).
		Scan(&names); err != nil || names != "wikidata:Q2" {
		t.Errorf("the author is %s, %v", names, err)
	}
}

func TestTwoPeopleAreNotTakenForOneRecordInAnotherScript(t *testing.T) {
	db := dbtest.New(t)
	id := madeBy(must(t, db, attended("Дана Омарова")), "people")[0]
	in := attended("Dana Omarova", "Дана Омарова")
	in.Attendees[0].Person.ExternalIDs, in.Attendees[1].Person.ExternalIDs = []string{"wikidata:Q900401"}, []string{"wikidata:Q900402"}
	_, err := create(t, db, in)
	if code, found := mistakes(t, err); code != "ambiguous_names" || !slices.Equal(found[:2], []string{"/attendees/0/person ambiguous_name", "/attendees/1/person ambiguous_name"}) ||
		!slices.Equal(candidatesOf(t, err), []int64{id}) {
		t.Errorf("%s %v", code, found)
	}
}
