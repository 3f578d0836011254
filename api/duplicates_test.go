package api

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/text"
)

func TestPairsOfPeopleWhoMayBeOneAreListedUntilItIsDecided(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	one, other := fixture.Person(t, r.pool, called(text.Map{"en": "Talgat Kaliyev"})), fixture.Person(t, r.pool, called(text.Map{"ru": "Калиев Талгат"}))
	third := fixture.Person(t, r.pool, called(text.Map{"kk": "Қалиев Талғат"}))
	fixture.Person(t, r.pool, called(text.Map{"en": "Zarema Shaukenova"}))
	for who, name := range map[int64]string{one: "Assembly of People of Kazakhstan", other: "Assembly of the People of Kazakhstan"} {
		institute := fixture.Organization(t, r.pool, func(in *organization.Input) { in.Name = text.Map{"en": name} })
		fixture.Affiliation(t, r.pool, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = who, institute })
	}
	pairs := func(query string) (list []string) {
		for next := "/v1/people/duplicates" + query; next != ""; {
			page := pageOf(t, c.get(t, next).want(t, 200))
			for _, d := range page.Data {
				list = append(list, fmt.Sprint(path(d, "first", "id"), " ", path(d, "second", "id")))
			}
			next = ""
			if page.Page.Next != nil {
				next = *page.Page.Next
			}
		}
		return list
	}
	all := []string{fmt.Sprint(one, " ", other), fmt.Sprint(one, " ", third), fmt.Sprint(other, " ", third)}
	for _, query := range []string{"", "?limit=1", "?limit=1000&min_score=0.95"} {
		if got := pairs(query); len(got) != 3 || !sameSet(got, all) {
			t.Errorf("%s: %v, want %v", query, got, all)
		}
	}
	first := c.get(t, "/v1/people/duplicates?lang=ru").want(t, 200)
	for _, want := range []string{`"name_text":"Калиев Талгат"`, `"matched":"Talgat Kaliyev"`, `"feature":"organization","query":"Assembly of People of Kazakhstan","record":"Assembly of the People of Kazakhstan"`, `"cursor":"`} {
		if !strings.Contains(first.Body.String(), want) {
			t.Errorf("%s lacks %s", first.Body, want)
		}
	}
	c.make(t, "/v1/distinctions", `{"type":"people","first_id":%d,"second_id":%d}`, third, one)
	c.post(t, fmt.Sprintf("/v1/people/%d/merge", other), fmt.Sprintf(`{"into":%d}`, one)).want(t, 200)
	if got := pairs(""); len(got) != 0 {
		t.Errorf("decided, and still listed: %v", got)
	}
	for query, mistake := range map[string]string{
		"min_score=0.5": "min_score too_small", "min_score=2": "min_score too_large", "min_score=x": "min_score wrong_type", "min_score=NaN": "min_score wrong_type", "limit=0": "limit too_small", "cursor=x": "cursor bad_cursor", "min_scores=1": "min_scores unknown_parameter_hint",
	} {
		c.get(t, "/v1/people/duplicates?"+query).wantProblem(t, 400, "bad_parameters", mistake)
	}
}

func TestPairsOfOrganizationsAreListed(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, name := range []string{"Kazakhstan Institute for Strategic Studies", "Kazakhstan Institute for Strategic Studies (LLP)", "Nazarbayev University"} {
		fixture.Organization(t, r.pool, func(in *organization.Input) { in.Name = text.Map{"en": name} })
	}
	if page := pageOf(t, r.as(t, actor.Read).get(t, "/v1/organizations/duplicates").want(t, 200)); len(page.Data) != 1 || path(page.Data[0], "second", "id") != float64(2) {
		t.Errorf("%v", page.Data)
	}
}

func TestWhoIsCreatedAsAnotherOneStaysAnotherOne(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	known := fixture.Person(t, r.pool, called(text.Map{"en": "Talgat Kaliyev"}))
	body := `{"name":{"ru":"Талгат Калиев"}}`
	c.post(t, "/v1/people", body).wantProblem(t, 409, "duplicate_candidates")
	before := r.changeCount(t)
	c.post(t, "/v1/people?allow_duplicate=true&dry_run=true", body).want(t, 200)
	if n := r.changeCount(t); n != before {
		t.Errorf("a dry run made %d changes", n-before)
	}
	c.post(t, "/v1/people?allow_duplicate=true", body).want(t, 201)
	if list := pageOf(t, c.get(t, fmt.Sprintf("/v1/distinctions?person=%d", known)).want(t, 200)).Data; len(list) != 1 {
		t.Errorf("distinctions: %v", list)
	}
	if page := pageOf(t, c.get(t, "/v1/people/duplicates").want(t, 200)); len(page.Data) != 0 {
		t.Errorf("listed: %v", page.Data)
	}
}

func TestDecisionsAboutDuplicatesAreMadeAllOrNone(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Read, actor.Write)
	var ids []int64
	for _, name := range []string{"Talgat Kaliyev", "Kaliyev Talgat", "Yerlan Karin", "Karin Yerlan"} {
		ids = append(ids, fixture.Person(t, r.pool, called(text.Map{"en": name})))
	}
	body := func(format string) string { return fmt.Sprintf(format, ids[0], ids[1], ids[2], ids[3]) }
	const both = `{"decisions":[{"first_id":%d,"second_id":%d,"decision":"merge"},{"first_id":%d,"second_id":%d,"decision":"distinct","note":"Father and son."}]}`
	before := r.changeCount(t)
	c.post(t, "/v1/people/duplicates?dry_run=true", body(both)).want(t, 200)
	c.post(t, "/v1/people/duplicates", `{"decisions":[{"first_id":1,"second_id":2,"decision":"merge"},{"first_id":3,"second_id":999,"decision":"merge"}]}`).
		wantProblem(t, 409, "not_found", "/decisions/1/second_id not_found")
	c.post(t, "/v1/people/duplicates", `{"decisions":[{"first_id":1,"second_id":1,"decision":"distinct"},{"first_id":1,"second_id":2,"decision":"split"}]}`).
		wantProblem(t, 422, "validation_failed", "/decisions/1/decision not_allowed", "/decisions/0/second_id same_record")
	if n := r.changeCount(t); n != before {
		t.Errorf("%d changes", n-before)
	}
	done := c.post(t, "/v1/people/duplicates", body(both)).want(t, 200).object(t)["data"].([]any)
	if len(done) != 2 || path(done[0], "merge_id") == nil || path(done[1], "distinction_id") == nil || path(done[1], "merge_id") != nil {
		t.Errorf("settled %v", done)
	}
	if page := pageOf(t, c.get(t, "/v1/people/duplicates").want(t, 200)); len(page.Data) != 0 {
		t.Errorf("still listed: %v", page.Data)
	}
	c.act(t, fmt.Sprint("/v1/merges/", path(done[0], "merge_id"), "/undo")).want(t, 200)
	page := pageOf(t, c.get(t, "/v1/people/duplicates").want(t, 200))
	if len(page.Data) != 1 || path(page.Data[0], "records") != 0.0 {
		t.Errorf("after the undo: %v", page.Data)
	}
}

// sameSet reports whether two lists have the same members.
func sameSet(a, b []string) bool {
	in := map[string]int{}
	for _, x := range a {
		in[x]++
	}
	for _, x := range b {
		in[x]--
	}
	for _, n := range in {
		if n != 0 {
			return false
		}
	}
	return true
}

func TestManyWhoCreateLikeNamesAtOnceAllSucceed(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	var all sync.WaitGroup
	for range 11 { // each is compared with ten others at most
		all.Go(func() {
			c.post(t, "/v1/people?allow_duplicate=true", `{"name":{"en":"Talgat Kaliyev"}}`).want(t, 201)
		})
	}
	all.Wait()
	if n := r.rows(t, "SELECT count(*) FROM distinctions"); n != 11*10/2 {
		t.Errorf("%d distinctions between 11 people", n)
	}
}
