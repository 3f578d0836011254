package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/text"
)

// life walks a record from its creation to its deletion, and gives its address before that.
func (c caller) life(t *testing.T, list, body, patch string) {
	t.Helper()
	before := c.changeCount(t)
	c.post(t, list+"?dry_run=true", body).want(t, http.StatusOK)
	if c.changeCount(t) != before {
		t.Error("a dry run left a trace")
	}
	made := c.post(t, list, body).want(t, http.StatusCreated)
	at := made.Header().Get("Location")
	if !strings.HasPrefix(made.Header().Get("ETag"), `"1-`) || !strings.HasPrefix(at, list+"/") {
		t.Errorf("ETag %s, Location %s", made.Header().Get("ETag"), at)
	}
	if got := c.get(t, at).want(t, http.StatusOK); got.Body.String() != made.Body.String() {
		t.Errorf("read: %s, made: %s", got.Body, made.Body)
	}
	found := false
	for _, d := range pageOf(t, c.get(t, list+"?limit=500").want(t, http.StatusOK)).Data {
		found = found || strings.HasSuffix(at, fmt.Sprintf("/%v", d["id"]))
	}
	if !found {
		t.Error("the list lacks the record")
	}
	before = c.changeCount(t)
	if !strings.HasPrefix(c.patch(t, at, body).want(t, http.StatusOK).Header().Get("ETag"), `"1-`) || c.changeCount(t) != before {
		t.Error("a patch with the same content made a version")
	}
	if got := c.patch(t, at, patch).want(t, http.StatusOK).Header().Get("ETag"); !strings.HasPrefix(got, `"2-`) {
		t.Errorf("ETag after a patch: %s", got)
	}
	c.del(t, at).want(t, http.StatusNoContent)
	c.get(t, at).wantProblem(t, http.StatusGone, "deleted")
}

func TestPeopleOrganizationsPlacesRolesAndPositionsLiveOverHTTP(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write, actor.PII)
	someone, institute := fixture.Person(t, r.pool), fixture.Organization(t, r.pool)
	for list, bodies := range map[string][2]string{
		"/v1/people":        {`{"name":{"en":"Aigul Sadvokasova"},"other_names":[{"text":"A. Sadvokasova","lang":null,"kind":"abbreviated"}],"external_ids":["wikidata:Q1"],"notes":"Check."}`, `{"bio":{"en":"Chairman"}}`},
		"/v1/organizations": {`{"name":{"en":"KazISS Institute"},"short_name":{"en":"KazISS"},"kind":"think_tank","country":"KZ","website":"https://kisi.kz","founded_on":"1993","external_ids":["ror:05dxps055"]}`, `{"dissolved_on":"2020-05"}`},
		"/v1/places":        {`{"name":{"en":"Astana"},"former_names":[{"name":{"en":"Nur-Sultan"},"until":"2022-09"}],"country":"KZ","latitude":51.1,"longitude":71.4}`, `{"region":"Capital"}`},
		"/v1/roles":         {`{"code":"envoy","label":{"en":"Envoy"},"speaks":true}`, `{"rank":5}`},
		"/v1/affiliations":  {fmt.Sprintf(`{"person_id":%d,"organization_id":%d,"title":{"en":"Director"},"from":"2017-05","primary":true}`, someone, institute), `{"to":"2021"}`},
		fmt.Sprintf("/v1/people/%d/contacts", someone): {`{"kind":"email","value":"office@example.org"}`, `{"note":"Assistant"}`},
	} {
		t.Run(list, func(t *testing.T) { c.life(t, list, bodies[0], bodies[1]) })
	}
}

func TestWhatBreaksARuleOfAPersonOrAnOrganizationIsToldAtItsPlace(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write, actor.PII)
	someone, institute := fixture.Person(t, r.pool), fixture.Organization(t, r.pool)
	c.refusals(t, "/v1/people", map[string][]string{
		`{}`:                       {"/name required"},
		`{"name":{}}`:              {"/name empty_text"},
		`{"name":{"en":" "}}`:      {"/name/en blank"},
		`{"name":{"english":"A"}}`: {"/name/english unknown_language"},
		`{"name":{"en":"` + strings.Repeat("a", 301) + `"}}`:                               {"/name/en too_long"},
		`{"name":{"en":"A"},"other_names":[{"text":"B","kind":"nick"}]}`:                   {"/other_names/0/kind not_allowed"},
		`{"name":{"en":"A"},"other_names":[{"text":" ","kind":"alias"},{"kind":"alias"}]}`: {"/other_names/0/text blank", "/other_names/1/text required"},
		`{"name":{"en":"A"},"external_ids":["Q1"]}`:                                        {"/external_ids/0 bad_external_id"},
		`{"name":{"en":"A"},"external_ids":["kisi:1","kisi:1"]}`:                           {"/external_ids duplicate"},
		`{"name":{"en":"A"},"visibility":"secret"}`:                                        {"/visibility not_allowed"},
		`{"name":{"en":"A"},"contacts":[]}`:                                                {"/contacts unknown_field"},
	})
	c.refusals(t, "/v1/organizations", map[string][]string{
		`{"name":{"en":"A"},"country":"KAZ"}`:                              {"/country unknown_country"},
		`{"name":{"en":"A"},"website":"kisi.kz"}`:                          {"/website bad_url"},
		`{"name":{"en":"A"},"founded_on":"2001-02-30"}`:                    {"/founded_on no_such_date"},
		`{"name":{"en":"A"},"founded_on":"2001","dissolved_on":"2000-12"}`: {"/dissolved_on before_start"},
		`{"name":{"en":"A"},"kind":"club"}`:                                {"/kind not_allowed"},
		`{"name":{"en":"A"},"parent_id":999}`:                              {"/parent_id unknown_reference"},
	})
	c.refusals(t, "/v1/places", map[string][]string{
		`{"name":{"en":"A"},"latitude":91,"longitude":0}`:          {"/latitude too_large"},
		`{"name":{"en":"A"},"latitude":9}`:                         {"/longitude required"},
		`{"name":{"en":"A"},"former_names":[{"name":{"en":" "}}]}`: {"/former_names/0/name/en blank"},
		`{"name":{"en":"A"},"former_names":[{"until":"2020"}]}`:    {"/former_names/0/name required"},
		`{"name":{"en":"A"},"parent_id":999}`:                      {"/parent_id unknown_reference"},
	})
	c.refusals(t, "/v1/roles", map[string][]string{
		`{"code":"Envoy","label":{"en":"A"}}`:           {"/code bad_code"},
		`{"code":"envoy","label":{"en":"A"},"rank":-1}`: {"/rank too_small"},
	})
	c.refusals(t, "/v1/affiliations", map[string][]string{
		fmt.Sprintf(`{"person_id":999,"organization_id":%d}`, institute):                                         {"/person_id unknown_reference"},
		fmt.Sprintf(`{"person_id":%d,"organization_id":999}`, someone):                                           {"/organization_id unknown_reference"},
		fmt.Sprintf(`{"person_id":%d,"organization_id":%d,"from":"2020-03","to":"2020-02"}`, someone, institute): {"/to before_start"},
	})
	c.refusals(t, fmt.Sprintf("/v1/people/%d/contacts", someone), map[string][]string{
		`{"kind":"fax","value":"1"}`:   {"/kind not_allowed"},
		`{"kind":"email","value":" "}`: {"/value blank"},
	})
}

func TestCyclesAndWhatIsTakenAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	for list, name := range map[string]string{"/v1/organizations": "name", "/v1/places": "name", "/v1/topics": "label"} {
		top := c.make(t, list, `{"%s":{"en":"Top"}}`, name)
		below := c.make(t, list, `{"%s":{"en":"Below"},"parent_id":%s}`, name, top[strings.LastIndex(top, "/")+1:])
		id := below[strings.LastIndex(below, "/")+1:]
		c.patch(t, top, `{"parent_id":`+id+`}`).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/parent_id cycle")
		c.patch(t, below, `{"parent_id":`+id+`}`).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/parent_id cycle")
		c.del(t, top).wantProblem(t, http.StatusConflict, "in_use")
	}
	c.make(t, "/v1/people", `{"name":{"en":"One"},"external_ids":["kisi:1"]}`)
	c.post(t, "/v1/people", `{"name":{"en":"Two"},"external_ids":["kisi:1"]}`).wantProblem(t, http.StatusConflict, "already_exists", "/external_ids already_taken")
	c.post(t, "/v1/roles", `{"code":"moderator","label":{"en":"M"}}`).wantProblem(t, http.StatusConflict, "already_exists", "/code already_taken")
	envoy := c.make(t, "/v1/roles", `{"code":"envoy","label":{"en":"Envoy"}}`)
	c.patch(t, envoy, `{"code":"legate"}`).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/code immutable")
}

func TestANameThatIsThereAlreadyIsRefusedWithItsCandidatesUnlessTheClientKnows(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	for list, body := range map[string]string{
		"/v1/people":        `{"name":{"en":"Talgat  KALIYEV"}}`,
		"/v1/organizations": `{"name":{"en":"Talgat  KALIYEV"}}`,
	} {
		c.make(t, list, `{"name":{"en":"Other"},"other_names":[{"text":"Talgat Kaliyev","kind":"alias"}]}`)
		before := c.changeCount(t)
		refused := c.post(t, list, body)
		refused.wantProblem(t, http.StatusConflict, "duplicate_candidates")
		if !strings.Contains(refused.Body.String(), `"candidates":[{"id":1,"name":"Other","score":1}]`) || c.changeCount(t) != before {
			t.Errorf("%s: %s", list, refused.Body)
		}
		c.post(t, list+"?allow_duplicate=true", body).want(t, http.StatusCreated)
	}
}

func TestANameIsFoundByItsWordsInAnyOrderTheBestMatchFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t)
	name := func(s string, others ...string) func(*person.Input) {
		return func(in *person.Input) {
			in.Name = text.Map{"kk": s}
			for _, o := range others {
				in.OtherNames = append(in.OtherNames, text.OtherName{Text: o, Kind: "alias"})
			}
		}
	}
	longer := fixture.Person(t, r.pool, name("Қасым-Жомарт Тоқаев Кемелұлы"))
	exact := fixture.Person(t, r.pool, name("Тоқаев Қасым-Жомарт", "K.-J. Tokayev"))
	woman := fixture.Person(t, r.pool, name("Тоқаева Мадина"))
	for q, want := range map[string][]int64{
		"Тоқаев Қасым-Жомарт": {exact, longer}, "қасым жомарт тоқаев": {exact, longer}, "тоқа жомарт": {exact, longer}, "Kassym-Jomart Tokayev": {exact, longer},
		"Токаев Касым-Жомарт Кемелевич": {longer, exact}, "Тоқaев Қacым-Жoмарт": {exact, longer}, "Toqaeva Madina": {woman}, "Tokayev Nobody": nil, "%": nil, "_": nil, "…": nil, "🙂": nil,
	} {
		got := ids(pageOf(t, c.do(t, "GET", "/v1/people?q="+url.QueryEscape(q), nil).want(t, 200)))
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q found %v, want %v", q, got, want)
		}
	}
}

func TestARestrictedPersonIsNotThereForThePublic(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	public, reader := r.as(t), r.as(t, actor.Read)
	hidden := fixture.Person(t, r.pool, func(in *person.Input) {
		in.Name, in.Visibility, in.Notes = text.Map{"en": "Canary"}, "restricted", &[]string{"Canary note"}[0]
	})
	shown := fixture.Person(t, r.pool, func(in *person.Input) { in.Notes = &[]string{"Canary note"}[0] })
	institute := fixture.Organization(t, r.pool)
	for _, p := range []int64{hidden, shown} {
		fixture.Affiliation(t, r.pool, func(in *affiliation.Input) { in.PersonID, in.OrganizationID, in.Primary = p, institute, true })
	}
	for _, path := range []string{"/v1/people", "/v1/people?q=canary", fmt.Sprintf("/v1/people?organization=%d&count=exact", institute), "/v1/affiliations", fmt.Sprintf("/v1/affiliations?person=%d", hidden), fmt.Sprintf("/v1/people/%d", shown)} {
		if body := public.get(t, path).want(t, 200).Body.String(); strings.Contains(body, "Canary") || strings.Contains(body, `"total":2`) {
			t.Errorf("GET %s shows the public: %s", path, body)
		}
	}
	public.get(t, fmt.Sprintf("/v1/people/%d", hidden)).wantProblem(t, 404, "not_found")
	public.get(t, fmt.Sprintf("/v1/affiliations/%d", 1)).wantProblem(t, 404, "not_found")
	if body := reader.get(t, fmt.Sprintf("/v1/people/%d", hidden)).want(t, 200).Body.String(); !strings.Contains(body, "Canary note") || !strings.Contains(body, `"affiliation":{"organization":{"id":1`) {
		t.Errorf("an editor sees %s", body)
	}
}

func TestContactsTakeTheirOwnScopeAndStayWithTheirPerson(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	someone, other := fixture.Person(t, r.pool), fixture.Person(t, r.pool)
	list := fmt.Sprintf("/v1/people/%d/contacts", someone)
	c := r.as(t, actor.PII, actor.Write)
	at := c.make(t, list, `{"kind":"email","value":"canary@example.org"}`)
	r.as(t, actor.Read, actor.Write, actor.Publish, actor.Admin).get(t, list).wantProblem(t, 403, "scope_missing")
	r.as(t).get(t, list).wantProblem(t, 401, "key_required")
	c.get(t, strings.Replace(at, list, fmt.Sprintf("/v1/people/%d/contacts", other), 1)).wantProblem(t, 404, "not_found")
	c.get(t, "/v1/people/999/contacts").wantProblem(t, 404, "not_found")
	c.post(t, "/v1/people/999/contacts", `{"kind":"email","value":"a@example.org"}`).wantProblem(t, 404, "not_found")
	c.post(t, list, `{"kind":"email","value":"canary@example.org"}`).wantProblem(t, 409, "already_exists", "/value already_taken")
	if body := r.as(t, actor.Read).get(t, fmt.Sprintf("/v1/people/%d", someone)).want(t, 200).Body.String(); strings.Contains(body, "canary") {
		t.Errorf("the person shows a contact: %s", body)
	}
}

func TestARoleThatAttendeesHaveIsNotDeleted(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	attendee := fixture.Insert(t, r.pool, "INSERT INTO attendees (round_table_id, name_as_listed, position) VALUES ($1, 'A. Sarym', 1) RETURNING id", fixture.RoundTable(t, r.pool))
	fixture.Insert(t, r.pool, "INSERT INTO attendee_roles (attendee_id, role, position) VALUES ($1, 'moderator', 1) RETURNING attendee_id", attendee)
	c := r.as(t, actor.Write)
	refused := c.del(t, "/v1/roles/1")
	refused.wantProblem(t, http.StatusConflict, "in_use")
	if !strings.Contains(refused.Body.String(), `"referenced_by":{"attendees":1}`) {
		t.Errorf("%s", refused.Body)
	}
}

func TestAnOtherNameIsAddedToThose(t *testing.T) {
	t.Parallel()
	c := newRig(t, nil).as(t, actor.Write)
	at := c.make(t, "/v1/people", `{"name":{"en":"Serik Zhanov"},"other_names":[{"text":"S. Zhanov","lang":"en","kind":"abbreviated"}]}`)
	added := c.post(t, at+"/other-names", `{"text":"С. Жанов","lang":"ru","kind":"abbreviated"}`).want(t, http.StatusOK).object(t)
	if names := added["other_names"].([]any); len(names) != 2 || path(names[1], "text") != "С. Жанов" {
		t.Errorf("other names %v", names)
	}
	if again := c.post(t, at+"/other-names", `{"text":"С. Жанов","lang":"ru","kind":"abbreviated"}`).want(t, http.StatusOK).object(t); again["version"] != 2.0 {
		t.Errorf("the same name again made version %v", again["version"])
	}
	c.post(t, at+"/other-names", `{"text":"","lang":"ru","kind":"alias"}`).want(t, http.StatusUnprocessableEntity)
}
