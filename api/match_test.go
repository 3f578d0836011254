package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/match"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/text"
)

func called(names text.Map) func(*person.Input) {
	return func(in *person.Input) { in.Name = names }
}

func TestALookupFindsANameInAnySpellingAndSaysWhichOneMatched(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	karin := fixture.Person(t, r.pool, called(text.Map{"ru": "Ерлан Карин", "en": "Yerlan Karin"}))
	fixture.Person(t, r.pool, called(text.Map{"en": "Aidos Sarym"}))
	hidden := fixture.Person(t, r.pool, func(in *person.Input) { in.Name, in.Visibility = text.Map{"en": "Erlan Karin"}, "restricted" })
	institute := fixture.Organization(t, r.pool, func(in *organization.Input) {
		in.Name, in.ShortName = text.Map{"en": "Kazakhstan Institute for Strategic Studies"}, text.Map{"en": "KazISS"}
	})
	fixture.Affiliation(t, r.pool, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = karin, institute })
	for q, want := range map[string]string{"Карин Ерлан": "Ерлан Карин", "erlan kar": "Yerlan Karin", "Қарин": "Ерлан Карин", "Karin": "Yerlan Karin"} {
		var hits match.PersonHits
		decodeReply(t, r.as(t).do(t, "GET", "/v1/people/lookup?q="+url.QueryEscape(q), nil).want(t, 200), &hits)
		if len(hits.Data) != 1 || hits.Data[0].ID != karin || hits.Data[0].Matched != want || hits.Data[0].Affiliation == nil || hits.Data[0].Affiliation.Organization.ID != institute {
			t.Errorf("%s: %+v", q, hits.Data)
		}
	}
	var hits match.PersonHits
	decodeReply(t, r.as(t, actor.Read).get(t, "/v1/people/lookup?q=Erlan+Karin").want(t, 200), &hits)
	if len(hits.Data) != 2 || hits.Data[1].ID != hidden {
		t.Errorf("who may read restricted names: %+v", hits.Data)
	}
	for _, q := range []string{"kaziss", "institute strategic"} {
		var hits match.OrganizationHits
		decodeReply(t, r.as(t).do(t, "GET", "/v1/organizations/lookup?q="+url.QueryEscape(q), nil).want(t, 200), &hits)
		if len(hits.Data) != 1 || hits.Data[0].ID != institute {
			t.Errorf("%s: %+v", q, hits.Data)
		}
	}
}

func TestAPersonIsToldApartByWhereThePersonWasAtARoundTable(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	institute := fixture.Organization(t, r.pool, func(in *organization.Input) { in.Name = text.Map{"en": "Academy of Public Administration"} })
	someone := fixture.Person(t, r.pool, called(text.Map{"en": "Zhanseit Tuimebayev"}))
	seat := func(event int64) {
		fixture.Attendee(t, r.pool, func(in *attendee.Input) {
			in.RoundTableID, in.PersonID = event, &someone
			in.Affiliations = []attendee.Affiliation{{OrganizationID: &institute, Title: text.Map{"en": "Rector"}}}
		})
	}
	public := r.as(t)
	says := func(affiliation, band string) {
		t.Helper()
		var hits match.PersonHits
		decodeReply(t, public.get(t, "/v1/people/lookup?q=tuimebayev").want(t, http.StatusOK), &hits)
		got := ""
		if of := hits.Data[0].Affiliation; of != nil {
			got = of.Title["en"] + ", " + of.Organization.Name["en"]
		}
		if got != affiliation {
			t.Errorf("the lookup says %q, want %q", got, affiliation)
		}
		var matches match.Results
		body := `{"queries":[{"name":"Zh. Tuimebayev","organization":"Academy of public administration"}]}`
		decodeReply(t, public.do(t, "POST", "/v1/people/match", body, "Content-Type", jsonBody).want(t, http.StatusOK), &matches)
		if got := matches.Data[0].Candidates[0].Band; got != band {
			t.Errorf("the match is %q, want %q", got, band)
		}
	}
	says("", "possible")
	seat(fixture.RoundTable(t, r.pool, fixture.Draft))
	says("", "possible")
	seat(fixture.RoundTable(t, r.pool))
	says("Rector, Academy of Public Administration", "match")
}

func TestALookupOfWhatIsNoNameFindsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	fixture.Person(t, r.pool, called(text.Map{"en": "Yerlan Karin"}))
	for _, q := range []string{"", " ", "…", "🙂", "́", "\u202e", "ж", strings.Repeat("ы", 200)} {
		var hits match.PersonHits
		decodeReply(t, r.as(t).do(t, "GET", "/v1/people/lookup?q="+url.QueryEscape(q), nil).want(t, 200), &hits)
		if len(hits.Data) != 0 {
			t.Errorf("%.10q: %+v", q, hits.Data)
		}
	}
	r.as(t).do(t, "GET", "/v1/people/lookup?q="+strings.Repeat("a", 201), nil).wantProblem(t, 400, "bad_parameters", "q too_long")
	r.as(t).do(t, "GET", "/v1/people/lookup?q=%00", nil).want(t, 400)
	r.as(t).do(t, "GET", "/v1/people/lookup?q=a&limit=51", nil).want(t, 400)
}

func TestAMatchSaysHowSureItIsAndWhy(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	institute := fixture.Organization(t, r.pool, func(in *organization.Input) { in.Name = text.Map{"en": "Academy of Public Administration"} })
	sarym := fixture.Person(t, r.pool, called(text.Map{"ru": "Айдос Сарым"}))
	first := fixture.Person(t, r.pool, called(text.Map{"en": "Zhanseit Tuimebayev"}))
	fixture.Affiliation(t, r.pool, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = first, institute })
	fixture.Person(t, r.pool, func(in *person.Input) { in.Name, in.Visibility = text.Map{"en": "Aidos Sarym"}, "restricted" })
	body := `{"queries":[{"name":"Sarym, Aidos"},{"name":"Zh. Tuimebayev"},{"name":"Zh. Tuimebayev","organization":"Academy of public administration"},{"name":"Nobody Whom We Know"},{"name":"…"}]}`
	var got match.Results
	decodeReply(t, r.as(t).do(t, "POST", "/v1/people/match", body, "Content-Type", jsonBody).want(t, 200), &got)
	want := []string{fmt.Sprint(sarym, " match"), fmt.Sprint(first, " possible"), fmt.Sprint(first, " match"), "", ""}
	for i, w := range want {
		said := ""
		if c := got.Data[i].Candidates; len(c) > 0 {
			said = fmt.Sprint(c[0].ID, " ", c[0].Band)
			if len(c) > 1 || len(c[0].Reasons) == 0 || c[0].Reasons[0].Feature != "name" {
				t.Errorf("query %d: %+v", i, c)
			}
		}
		if said != w {
			t.Errorf("query %d: %q, want %q", i, said, w)
		}
	}
	if c := got.Data[2].Candidates[0]; len(c.Reasons) != 2 || c.Reasons[1].Feature != "organization" || c.Reasons[1].Score < .99 {
		t.Errorf("the organization is no reason: %+v", c.Reasons)
	}
	decodeReply(t, r.as(t).do(t, "POST", "/v1/organizations/match", `{"queries":[{"name":"ACADEMY OF PUBLIC ADMINISTRATION"}]}`, "Content-Type", jsonBody).want(t, 200), &got)
	if c := got.Data[0].Candidates; len(c) != 1 || c[0].ID != institute || c[0].Band != "match" {
		t.Errorf("organization: %+v", c)
	}
	r.as(t).do(t, "POST", "/v1/people/match", `{"queries":[]}`, "Content-Type", jsonBody).want(t, 422)
	r.as(t).do(t, "POST", "/v1/people/match", `{"queries":[{"name":""}]}`, "Content-Type", jsonBody).want(t, 422)
	r.as(t).do(t, "POST", "/v1/people/match", `{"queries":[`+strings.Repeat(`{"name":"A"},`, 100)+`{"name":"A"}]}`, "Content-Type", jsonBody).want(t, 422)
}

// Names that were written by others, by another process or by hand, are found at once.
func TestANewSpellingIsFoundFromItsCommitOn(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	found := func(q string) int {
		t.Helper()
		var hits match.PersonHits
		decodeReply(t, c.do(t, "GET", "/v1/people/lookup?q="+url.QueryEscape(q), nil).want(t, 200), &hits)
		return len(hits.Data)
	}
	if n := found("Leonid Prokopenko"); n != 0 {
		t.Fatalf("%d before", n)
	}
	at := c.make(t, "/v1/people", `{"name":{"ru":"Леонид Прокопенко"}}`)
	if n := found("Leonid Prokopenko"); n != 1 {
		t.Errorf("%d after the creation", n)
	}
	c.patch(t, at, `{"name":{"ru":"Аскар Нурша"}}`).want(t, http.StatusOK)
	if a, b := found("Leonid Prokopenko"), found("Askar Nursha"); a != 0 || b != 1 {
		t.Errorf("%d and %d after the change", a, b)
	}
	c.del(t, at).want(t, http.StatusNoContent)
	if n := found("Askar Nursha"); n != 0 {
		t.Errorf("%d after the deletion", n)
	}
}

func TestAPersonInAnotherScriptIsADuplicate(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	c.make(t, "/v1/people", `{"name":{"en":"Kassym-Jomart Tokayev"}}`)
	c.post(t, "/v1/people", `{"name":{"kk":"Тоқаев Қасым-Жомарт Кемелұлы"}}`).wantProblem(t, http.StatusConflict, "duplicate_candidates")
	for _, short := range []string{"K. Tokayev", "Tokayev", "Mr. Tokayev", "г-н Токаев", "ТОКАЕВ К."} {
		c.post(t, "/v1/people", `{"name":{"en":"`+short+`"}}`).wantProblem(t, http.StatusConflict, "duplicate_candidates")
	}
	c.make(t, "/v1/people", `{"name":{"en":"N. Tokayev"}}`)
	c.make(t, "/v1/people", `{"name":{"en":"Aidos Sarym"}}`)
}

func TestMatchingFindsAShortFormAndWhatALookupFinds(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	for _, name := range []string{"Talgat Kaliyev", "Gulnara Iskakova"} {
		c.make(t, "/v1/people", `{"name":{"en":%q}}`, name)
	}
	for name, want := range map[string]int64{"Kaliyev": 1, "KALIYEV": 1, "Mr. Kaliyev": 1, "Т. Калиев": 1, "Gulnara Omarova": 2} {
		found := c.post(t, "/v1/people/match", `{"queries":[{"name":"`+name+`"}]}`).want(t, 200)
		var got match.Results
		decodeReply(t, found, &got)
		if list := got.Data[0].Candidates; len(list) != 1 || list[0].ID != want || list[0].Band != "possible" {
			t.Errorf("match %s: %s", name, found.Body)
		}
	}
}

func TestRecordsWithContradictingIdentifiersAreDifferent(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write, actor.Read)
	c.make(t, "/v1/people", `{"name":{"en":"Nurlan Akhmetov"},"external_ids":["wikidata:Q900100"]}`)
	c.make(t, "/v1/people", `{"name":{"ru":"Нурлан Ахметов"},"external_ids":["https://www.wikidata.org/wiki/Q900102"]}`)
	c.post(t, "/v1/people", `{"name":{"en":"Nurlan Akhmetov"},"external_ids":["orcid:0000-0002-1825-0097"]}`).wantProblem(t, 409, "duplicate_candidates")
	if page := pageOf(t, c.get(t, "/v1/people/duplicates").want(t, 200)); len(page.Data) != 0 {
		t.Errorf("listed as duplicates: %v", page.Data)
	}
	c.post(t, "/v1/people/1/merge", `{"into":2}`).wantProblem(t, 409, "different_identifiers")
	found := c.post(t, "/v1/people/match", `{"queries":[{"name":"Nurlan Akhmetov","external_ids":["wikidata:Q900102"]}]}`).want(t, 200)
	var got match.Results
	decodeReply(t, found, &got)
	if list := got.Data[0].Candidates; len(list) != 1 || list[0].ID != 2 || list[0].Band != "match" {
		t.Errorf("match: %s", found.Body)
	}
}

func TestAPlaceholderIsNotTheNameOfAPerson(t *testing.T) {
	t.Parallel()
	c := newRig(t, nil).as(t, actor.Write)
	c.post(t, "/v1/people", `{"name":{"en":"TBD"}}`).wantProblem(t, 422, "validation_failed", "/name/en not_a_name")
	c.post(t, "/v1/people", `{"name":{"en":"Anita X / Boris Y"}}`).wantProblem(t, 422, "validation_failed", "/name/en several_names")
	c.post(t, "/v1/people", `{"name":{"en":"Anita X"},"other_names":[{"text":"N.N.","kind":"alias"}]}`).wantProblem(t, 422, "validation_failed", "/other_names/0/text not_a_name")
}

func decodeReply(t *testing.T, answer reply, into any) {
	t.Helper()
	if err := json.Unmarshal(answer.Body.Bytes(), into); err != nil {
		t.Fatal(err)
	}
}

func TestALookupEndsWithThoseWhoMayHaveAnotherSurnameNowUnlessSomebodySurelyFits(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	before := fixture.Person(t, r.pool, called(text.Map{"ru": "Гульнара Бектас"}))
	other := fixture.Person(t, r.pool, called(text.Map{"en": "Gulnara Tynyshbay"}))
	fixture.Person(t, r.pool, called(text.Map{"en": "Daniyar Bektas"}))
	fixture.Organization(t, r.pool, func(in *organization.Input) { in.Name = text.Map{"en": "Gulnara Foundation"} })
	c := r.as(t, actor.Read)
	for q, want := range map[string][]int64{"Gulnara Omarova": {before, other}, "Gulnara Bektas": {before}, "Gulnara": {before, other}} {
		var ids []int64
		for _, hit := range c.get(t, "/v1/people/lookup?q="+url.QueryEscape(q)).want(t, http.StatusOK).object(t)["data"].([]any) {
			ids = append(ids, int64(hit.(map[string]any)["id"].(float64)))
		}
		if !slices.Equal(ids, want) {
			t.Errorf("%s: %v, want %v", q, ids, want)
		}
	}
	if hits := c.get(t, "/v1/organizations/lookup?q=Gulnara+Omarova").want(t, http.StatusOK).object(t)["data"].([]any); len(hits) > 0 {
		t.Errorf("organizations: %v", hits)
	}
	if list := c.get(t, "/v1/people?q=Gulnara+Omarova").want(t, http.StatusOK).object(t)["data"].([]any); len(list) > 0 {
		t.Errorf("a list is narrowed to %v", list)
	}
}

func TestWhoIsHiddenLeavesNoTraceInALookup(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	hide := func(in *person.Input) { in.Visibility = "restricted" }
	for n := range 25 {
		fixture.Person(t, r.pool, called(text.Map{"en": "Ybyraqym " + string(rune('A'+n)) + "lan"}), hide)
	}
	seen := fixture.Person(t, r.pool, called(text.Map{"en": "Ybyraqym Yeserkepov"}))
	fixture.Person(t, r.pool, called(text.Map{"en": "Ybyraqym Yeserkepov"}), hide)
	paths := []string{"/v1/people/lookup?q=Ybyraqym&limit=1", "/v1/people/lookup?q=Ybyraqym+Wolfeschlegel", "/v1/people?q=Yeserkepova+Ybyraqym", "/v1/people?q=Ybyraqym&limit=1"}
	for _, path := range paths {
		data := r.as(t).get(t, path).want(t, http.StatusOK).object(t)["data"].([]any)
		if len(data) != 1 || data[0].(map[string]any)["id"] != float64(seen) {
			t.Errorf("%s: %v", path, data)
		}
	}
	if data := r.as(t, actor.Read, actor.PII).get(t, "/v1/people/lookup?q=Ybyraqym&limit=50").want(t, http.StatusOK).object(t)["data"].([]any); len(data) != 27 {
		t.Errorf("%d are found by those who see everybody", len(data))
	}
}
