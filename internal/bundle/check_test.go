package bundle

import (
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/dbtest"
)

func TestAnErrorIsReportedOnce(t *testing.T) {
	long := strings.Repeat("x", 501)
	for _, c := range []struct {
		pointer string
		value   any
		want    []string
	}{
		{"/lang", "xx-", []string{"/lang unknown_language"}},
		{"/lang", nil, []string{"/lang required"}},
		{"/round_table", nil, []string{"/round_table required"}},
		{"/round_table/title", nil, []string{"/round_table/title required"}},
		{"/round_table/title", 1, []string{"/round_table/title wrong_type"}},
		{"/round_table/format", "party", []string{"/round_table/format not_allowed"}},
		{"/round_table/date_precision", "hour", []string{"/round_table/date_precision not_allowed"}},
		{"/organizers/0/organization", nil, []string{"/organizers/0/organization required"}},
		{"/organizers/0", map[string]any{"organization": map[string]any{"name": long}}, []string{"/organizers/0/organization/name too_long"}},
		{"/attendees/1/person/name", long, []string{"/attendees/1/person/name too_long"}},
		{"/attendees/1/person", map[string]any{}, []string{"/attendees/1/person/name required"}},
		{"/attendees/1/person", 7, []string{"/attendees/1/person wrong_type"}},
		{"/people/0/names", map[string]any{}, []string{"/people/0/names empty_text"}},
		{"/people/0/names", map[string]any{"xx-": "A"}, []string{"/people/0/names/xx- unknown_language"}},
		{"/statements/0/texts", nil, []string{"/statements/0/texts required"}},
		{"/statements/0/texts/0/text", nil, []string{"/statements/0/texts/0/text required"}},
		{"/places/0/former_names/0/name", map[string]any{"en": long}, []string{"/places/0/former_names/0/name/en too_long"}},
		{"/documents/0/relation", "", []string{"/documents/0/relation required"}},
	} {
		document := decoded(t, wholeBundle)
		_, set := at(t, document, c.pointer)
		set(c.value)
		var found []string
		for _, f := range checked(t, document) {
			found = append(found, f.Pointer+" "+f.Code)
		}
		if !slices.Equal(found, c.want) {
			t.Errorf("%s = %v: %v, want %v", c.pointer, c.value, found, c.want)
		}
	}
}

func TestAnErrorPointsToTheMentionThatAValueComesFrom(t *testing.T) {
	db := dbtest.New(t)
	from, until := date.Partial("2001"), date.Partial("1999")
	_, err := create(t, db, event(func(in *Input) {
		in.Organizers = []Organizer{{Organization: Organization{Name: "Institute", FoundedOn: &from}}, {Organization: Organization{Name: "Council"}, Kind: "host"}}
		in.Attendees = []Attendee{{Organization: &Organization{Name: "institute", DissolvedOn: &until}}}
		in.Places = []Place{{Name: "Almaty", Latitude: new(43.2)}}
	}))
	want := []string{"/attendees/0/organization/dissolved_on before_start", "/places/0/longitude required"}
	if _, found := mistakes(t, err); !slices.Equal(found, want) {
		t.Errorf("%v, want %v", found, want)
	}
}

func TestANameWithoutLettersIsRejectedWhereverItStands(t *testing.T) {
	db := dbtest.New(t)
	_, err := create(t, db, event(func(in *Input) {
		in.Organizers = []Organizer{{Organization: Organization{Name: "…"}}}
		in.Attendees = []Attendee{{Person: &Person{Name: "   "}, Affiliations: []Affiliation{{Organization: &Organization{Name: "Institute"}}}}}
		in.RoundTable.Topics = []string{"-"}
	}))
	want := []string{"/attendees/0/person no_name", "/organizers/0/organization no_name", "/round_table/topics/0 no_name"}
	if _, found := mistakes(t, err); !slices.Equal(found, want) {
		t.Errorf("%v, want %v", found, want)
	}
}
