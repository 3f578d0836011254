package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/text"
)

// listed makes an attendee who is known by a name only.
func (r *rig) listed(t *testing.T, event int64, name string) string {
	t.Helper()
	id := fixture.Attendee(t, r.pool, func(in *attendee.Input) {
		in.RoundTableID, in.NameAsListed, in.Roles = event, &name, []string{"speaker"}
	})
	return fmt.Sprint("/v1/attendees/", id)
}

func TestUnresolvedAttendeesComeWithWhoTheyMayBe(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	event := fixture.RoundTable(t, r.pool)
	karin := fixture.Person(t, r.pool, called(text.Map{"en": "Yerlan Karin"}))
	hidden := fixture.Person(t, r.pool, func(in *person.Input) { in.Name, in.Visibility = text.Map{"ru": "Карин Ерлан"}, "restricted" })
	institute := fixture.Organization(t, r.pool, func(in *organization.Input) { in.Name = text.Map{"en": "Institute of World Economics"} })
	fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID = event })
	r.listed(t, event, "Ерлан Карин")
	r.listed(t, event, "Институт мировой экономики")
	r.listed(t, event, "Institute of World Economics")
	fixture.Attendee(t, r.pool, func(in *attendee.Input) {
		in.RoundTableID, in.Affiliations = event, []attendee.Affiliation{{Title: text.Map{"en": "Rector"}}}
	})
	all := "/v1/attendees?resolved=false&sort=position&lang=ru"
	within := fmt.Sprintf("/v1/round-tables/%d/attendees?resolved=false&fields=roles", event)
	ids := func(of actor.Scope, path string) (all [][]int64) {
		var page struct{ Data []Attendee }
		decodeReply(t, r.as(t, of).get(t, path).want(t, 200), &page)
		for _, a := range page.Data {
			if a.Candidates == nil {
				t.Errorf("no list of candidates: %+v", a)
			}
			list := []int64{}
			for _, c := range a.Candidates {
				list = append(list, c.ID)
			}
			all = append(all, list)
		}
		return all
	}
	for _, path := range []string{all, within} {
		if got, want := fmt.Sprint(ids(actor.Read, path)), fmt.Sprint([][]int64{{karin, hidden}, {}, {institute}, {}}); got != want {
			t.Errorf("a reader, %s: %s, want %s", path, got, want)
		}
		if got, want := fmt.Sprint(ids(actor.PII, path)), fmt.Sprint([][]int64{{karin}, {}, {institute}, {}}); got != want {
			t.Errorf("who sees what is published, %s: %s, want %s", path, got, want)
		}
	}
	if page := pageOf(t, r.as(t).get(t, "/v1/attendees?resolved=false&limit=500").want(t, 200)); page.Page.Limit != maxIncludingPage {
		t.Errorf("a page of %d", page.Page.Limit)
	}
	if body := r.as(t).get(t, "/v1/attendees?resolved=true").want(t, 200).Body.String(); strings.Contains(body, "candidates") {
		t.Errorf("those who are known have candidates: %s", body)
	}
}

func TestAnUnresolvedAttendeeIsMostLikelyWhoCameFromTheSameOrganizationBefore(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	academy := fixture.Organization(t, r.pool, func(in *organization.Input) { in.Name = text.Map{"en": "Academy of Public Administration"} })
	from := func(in *attendee.Input) {
		in.Affiliations = []attendee.Affiliation{{OrganizationID: &academy, Title: text.Map{"en": "Rector"}}}
	}
	namesake := fixture.Person(t, r.pool, called(text.Map{"en": "Zhanat Tuimebayev"}))
	rector := fixture.Person(t, r.pool, called(text.Map{"en": "Zhanseit Tuimebayev"}))
	fixture.Attendee(t, r.pool, from, func(in *attendee.Input) { in.PersonID = &rector })
	event, name, asListed := fixture.RoundTable(t, r.pool), "Zh. Tuimebayev", "The Academy of Public Administration"
	fixture.Attendee(t, r.pool, from, func(in *attendee.Input) { in.RoundTableID, in.NameAsListed = event, &name })
	fixture.Attendee(t, r.pool, func(in *attendee.Input) {
		in.RoundTableID, in.NameAsListed, in.Affiliations = event, &name, []attendee.Affiliation{{OrganizationAsListed: &asListed}}
	})
	fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID, in.NameAsListed = event, &name })
	var page struct{ Data []Attendee }
	decodeReply(t, r.as(t).get(t, "/v1/attendees?resolved=false&sort=position,id").want(t, http.StatusOK), &page)
	var got []string
	for _, a := range page.Data {
		for _, c := range a.Candidates {
			got = append(got, fmt.Sprint(c.ID, " ", c.Band, " ", len(c.Reasons)))
		}
	}
	want := []string{
		fmt.Sprint(rector, " match 2"), fmt.Sprint(namesake, " possible 1"),
		fmt.Sprint(rector, " match 2"), fmt.Sprint(namesake, " possible 1"),
		fmt.Sprint(namesake, " possible 1"), fmt.Sprint(rector, " possible 1"),
	}
	if len(got) == len(want) {
		slices.Sort(got[4:]) // nothing tells these two apart
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAnAttendeeIsLinkedToWhoItIs(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	event, someone, institute := fixture.RoundTable(t, r.pool), fixture.Person(t, r.pool), fixture.Organization(t, r.pool)
	at := r.listed(t, event, "Е. Карин")
	before := r.changeCount(t)
	whom := fmt.Sprintf(`{"person_id":%d,"keep_spelling":true}`, someone)
	if tried := c.post(t, at+"/resolve?dry_run=true", whom).want(t, http.StatusOK).object(t); tried["person_id"] != float64(someone) || r.changeCount(t) != before {
		t.Errorf("dry run: %v", tried)
	}
	linked := c.post(t, at+"/resolve", whom).want(t, http.StatusOK)
	if a := linked.object(t); a["person_id"] != float64(someone) || a["name_as_listed"] != "Е. Карин" || fmt.Sprint(a["roles"]) != "[speaker]" || !strings.HasPrefix(linked.Header().Get("ETag"), `"2-`) {
		t.Errorf("linked: %v", a)
	}
	if found := pageOf(t, c.get(t, "/v1/people?q=%D0%95.%20%D0%9A%D0%B0%D1%80%D0%B8%D0%BD").want(t, 200)).Data; len(found) != 1 {
		t.Errorf("the kept spelling finds %v", found)
	}
	c.post(t, at+"/resolve", whom).wantProblem(t, 409, "already_resolved")
	group := fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID, in.Description = event, text.Map{"en": "Students"} })
	c.post(t, fmt.Sprintf("/v1/attendees/%d/resolve", group), whom).wantProblem(t, 409, "already_resolved")

	other := r.listed(t, event, "Institute")
	c.post(t, other+"/resolve", whom).wantProblem(t, 409, "already_exists", "/person_id already_attends")
	organizationID := fmt.Sprintf(`{"organization_id":%d}`, institute)
	if a := c.post(t, other+"/resolve?learn=false", organizationID).want(t, http.StatusOK).object(t); a["organization_id"] != float64(institute) {
		t.Errorf("linked: %v", a)
	}
	if names := c.get(t, fmt.Sprint("/v1/organizations/", institute)).want(t, 200).object(t)["other_names"]; len(names.([]any)) != 0 {
		t.Errorf("a spelling was remembered despite learn=false: %v", names)
	}
	third := r.listed(t, fixture.RoundTable(t, r.pool), "Institute")
	c.post(t, third+"/resolve", organizationID).want(t, http.StatusOK)
	names := c.get(t, fmt.Sprint("/v1/organizations/", institute)).want(t, 200).object(t)["other_names"].([]any)
	if len(names) != 1 || path(names[0], "text") != "Institute" || path(names[0], "kind") != "as_listed" {
		t.Errorf("remembered: %v", names)
	}
}

func TestASpellingIsKeptOnceAndOnlyIfItIsAName(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	full := make([]text.OtherName, text.MaxOtherNames)
	for i := range full {
		full[i] = text.OtherName{Text: fmt.Sprint("Karin ", i), Kind: "alias"}
	}
	known := fixture.Person(t, r.pool, called(text.Map{"ru": "Ерлан Карин"}))
	famous := fixture.Person(t, r.pool, func(in *person.Input) { in.OtherNames = full })
	keep := func(name string, someone int64) reply {
		return c.post(t, r.listed(t, fixture.RoundTable(t, r.pool), name)+"/resolve", fmt.Sprintf(`{"person_id":%d,"keep_spelling":true}`, someone))
	}
	for _, name := range []string{"ерлан  КАРИН", " ", "—"} {
		keep(name, known).want(t, 200)
	}
	keep("karin 7", famous).want(t, 200)
	before := r.changeCount(t)
	keep("E. Karin", famous).wantProblem(t, 422, "validation_failed", "/keep_spelling other_names_full")
	if after := r.changeCount(t); after != before+2 { // the round table and the attendee of the test
		t.Errorf("%d changes, want 2", after-before)
	}
	for _, id := range []int64{known, famous} {
		if got := c.get(t, fmt.Sprint("/v1/people/", id)).want(t, 200).Header().Get("ETag"); !strings.HasPrefix(got, `"1-`) {
			t.Errorf("person %d has the version %s", id, got)
		}
	}
}

func TestWhatBreaksARuleOfLinkingIsToldAtItsPlace(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	at := r.listed(t, fixture.RoundTable(t, r.pool), "Е. Карин")
	c.refusals(t, at+"/resolve", map[string][]string{
		`{}`:                                  {"/person_id who_needed"},
		`{"person_id":1,"organization_id":1}`: {"/organization_id one_attendee"},
		`{"person_id":0}`:                     {"/person_id too_small"},
		`{"person_id":999}`:                   {"/person_id unknown_reference"},
		`{"organization_id":999,"keep_spelling":true}`: {"/organization_id unknown_reference"},
		`{"person":1,"organization_id":1}`:             {"/person unknown_field_hint"},
	})
	c.post(t, "/v1/attendees/999/resolve", `{"person_id":1}`).wantProblem(t, 404, "not_found")
}
