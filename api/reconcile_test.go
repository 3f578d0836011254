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
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/match"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/text"
)

// queriesForm makes the form of an example, whose queries are JSON.
func queriesForm(t *testing.T, example []byte) string {
	t.Helper()
	var in struct{ Queries json.RawMessage }
	if err := json.Unmarshal(example, &in); err != nil {
		t.Fatal(err)
	}
	return url.Values{"queries": {string(in.Queries)}}.Encode()
}

func (c caller) postQueries(t *testing.T, queries string) reply {
	t.Helper()
	return c.do(t, "POST", reconcilePath, url.Values{"queries": {queries}}.Encode(), "Content-Type", formBody)
}

// reconcile asks by a form and holds the answer against the rules of the protocol: its schema of a result batch, an answer
// for each query, the best first.
func (c caller) reconcile(t *testing.T, queries string) map[string][]match.ReconcileCandidate {
	t.Helper()
	answer := c.postQueries(t, queries).want(t, http.StatusOK)
	var asked map[string]json.RawMessage
	var got map[string]struct{ Result *[]map[string]any }
	decodeReply(t, answer, &got)
	if err := json.Unmarshal([]byte(queries), &asked); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(asked) {
		t.Fatalf("%d answers to %d queries: %s", len(got), len(asked), answer.Body)
	}
	for id := range asked {
		if got[id].Result == nil {
			t.Fatalf("no result for %s: %s", id, answer.Body)
		}
		checkCandidates(t, *got[id].Result)
	}
	var results map[string]match.ReconcileResult
	decodeReply(t, answer, &results)
	found := map[string][]match.ReconcileCandidate{}
	for id, r := range results {
		found[id] = r.Result
	}
	return found
}

func checkCandidates(t *testing.T, list []map[string]any) {
	t.Helper()
	before := 100.
	for i, c := range list {
		id, _ := c["id"].(string)
		name, _ := c["name"].(string)
		score, isNumber := c["score"].(float64)
		match, isBool := c["match"].(bool)
		types, _ := c["type"].([]any)
		features, _ := c["features"].([]any)
		if id == "" || name == "" || !isNumber || !isBool || len(types) != 1 || len(features) == 0 {
			t.Fatalf("not a candidate: %v", c)
		}
		if score < 0 || score > before {
			t.Errorf("a score of %v after %v", score, before)
		}
		before = score
		if match && i > 0 {
			t.Errorf("candidate %d is a match: %v", i, list)
		}
		kind, _ := types[0].(map[string]any)
		if kind["id"] == nil || kind["name"] == nil || !strings.HasPrefix(id, fmt.Sprint(kind["id"], "/")) {
			t.Errorf("%s is of type %v", id, kind)
		}
		var seen []any
		for _, f := range features {
			feature, _ := f.(map[string]any)
			if _, isNumber := feature["value"].(float64); feature["id"] == nil || !isNumber || slices.Contains(seen, feature["id"]) {
				t.Errorf("not a feature, or twice: %v", features)
			}
			seen = append(seen, feature["id"])
		}
	}
}

// said writes candidates as "people/1 match, people/2".
func said(list []match.ReconcileCandidate) string {
	parts := make([]string, len(list))
	for i, c := range list {
		parts[i] = c.ID
		if c.Match {
			parts[i] += " match"
		}
	}
	return strings.Join(parts, ", ")
}

func TestANamesakeOfWhomNothingIsKnownIsNoSurerForWhereTheOtherOneWorks(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	office := fixture.Organization(t, r.pool, func(in *organization.Input) {
		in.Name = text.Map{"en": "Presidential Administration of the Republic of Kazakhstan"}
		in.OtherNames = []text.OtherName{{Text: "Presidential Administration", Kind: "alias"}}
	})
	one := fixture.Person(t, r.pool, func(in *person.Input) {
		in.Name, in.OtherNames = text.Map{"en": "Maulen Ashimbayev"}, []text.OtherName{{Text: "M. Ashimbaev", Kind: "abbreviated"}}
	})
	fixture.Affiliation(t, r.pool, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = one, office })
	fixture.Person(t, r.pool, called(text.Map{"en": "M.S. Ashimbaeva"}))
	for _, at := range []string{"Presidential Administration", "Senate of the Parliament", "Сенат Парламента"} {
		list := r.as(t).reconcile(t, fmt.Sprintf(`{"q":{"query":"Ашимбаев М.С.","type":"people","properties":[{"pid":"organization","v":%q}]}}`, at))["q"]
		if said := said(list); len(list) != 2 || strings.Contains(said, "match") {
			t.Errorf("%s: %s", at, said)
		}
	}
	sure := r.as(t).reconcile(t, `{"q":{"query":"M. Ashimbaev","type":"people","properties":[{"pid":"organization","v":"Presidential Administration"}]}}`)["q"]
	if said := said(sure); !strings.HasPrefix(said, fmt.Sprint("people/", one)) {
		t.Errorf("with the organization: %s", said)
	}
}

func TestATableIsMatchedByAFormOrAnAddress(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	public := r.as(t)
	institute := fixture.Organization(t, r.pool, func(in *organization.Input) {
		in.Name, in.ShortName = text.Map{"en": "Kazakhstan Institute for Strategic Studies", "ru": "Казахстанский институт стратегических исследований"}, text.Map{"en": "KazISS"}
		in.Country, in.Kind, in.ExternalIDs = new("KZ"), "think_tank", []string{"wikidata:Q6434884"}
	})
	karin := fixture.Person(t, r.pool, func(in *person.Input) {
		in.Name, in.ExternalIDs = text.Map{"ru": "Ерлан Карин", "en": "Yerlan Karin"}, []string{"wikidata:Q57339"}
		in.OtherNames = []text.OtherName{{Text: "Karin", Kind: "abbreviated"}}
	})
	fixture.Affiliation(t, r.pool, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = karin, institute })
	p, o := fmt.Sprint("people/", karin), fmt.Sprint("organizations/", institute)
	queries := map[string]string{
		`{"query":"Карин Ерлан"}`:                                                       p + " match",
		`{"query":"Erlan Qarin","type":"people","type_strict":"should"}`:                p + " match",
		`{"query":"Erlan Qarin","type":["people","organizations"]}`:                     p + " match",
		`{"query":"Erlan Qarin","type":["people","organizations"],"type_strict":"all"}`: "",
		`{"query":"Erlan Qarin","type":"organizations"}`:                                "",
		`{"query":"KazISS"}`:                                                                 o + " match",
		`{"query":"KazISS","type":"people"}`:                                                 "",
		`{"query":"KazISS","properties":[{"pid":"country","v":"kz"}]}`:                       o + " match",
		`{"query":"KazISS","properties":[{"pid":"country","v":["UZ",""]}]}`:                  o,
		`{"query":"KazISS","properties":[{"pid":"kind","v":"ngo"}]}`:                         o,
		`{"query":"E. Karin"}`:                                                               p,
		`{"query":"E. Karin","properties":[{"pid":"organization","v":"KazISS"}]}`:            p + " match",
		`{"query":"E. Karin","properties":[{"pid":"organization","v":"Labour Inspection"}]}`: p,
		`{"query":"E. Karin","properties":[{"pid":"organization","v":{"id":"` + o + `"}}]}`:  p + " match",
		`{"properties":[{"pid":"external_id","v":"wikidata:Q57339"}]}`:                       p + " match",
		`{"query":"A. Nother","properties":[{"pid":"external_id","v":"wikidata:Q57339"}]}`:   p + " match",
		`{"query":"Ерлан Карин","properties":[{"pid":"external_id","v":"wikidata:Q1"}]}`:     p,
		`{"query":"Ерлан Карин","properties":[{"pid":"external_id","v":"orcid:0000"}]}`:      p + " match",
		`{"query":"Ерлан Карин","properties":[{"pid":"external_id","v":17}]}`:                p + " match",
		`{"query":"` + p + `"}`:                         p + " match",
		`{"query":"` + o + `"}`:                         o + " match",
		`{"query":"people/0` + fmt.Sprint(karin) + `"}`: "",
		`{"query":"people/99999999999999999999"}`:       "",
		`{"query":"…"}`:                                 "",
		`{"query":" "}`:                                 "",
		`{"query":"Nobody Whom We Know","limit":1}`:     "",
	}
	var batch []string
	wanted := map[string]string{}
	for q, want := range queries {
		id := fmt.Sprint("q/", len(batch))
		batch, wanted[id] = append(batch, fmt.Sprintf("%q:%s", id, q)), want+"\n"+q
	}
	whole := "{" + strings.Join(batch, ",") + "}"
	for id, list := range public.reconcile(t, whole) {
		if want, q, _ := strings.Cut(wanted[id], "\n"); said(list) != want {
			t.Errorf("%s: %q, want %q: %+v", q, said(list), want, list)
		}
	}
	first := `{"q0":{"query":"Карин Ерлан"},"q1":{"query":"KazISS","limit":1}}`
	byAddress := public.get(t, reconcilePath+"?queries="+url.QueryEscape(first)).want(t, 200)
	if byForm := public.postQueries(t, first); byAddress.Body.String() != byForm.Body.String() {
		t.Errorf("by address %s, by form %s", byAddress.Body, byForm.Body)
	}
	if got := public.reconcile(t, `{"a":{"query":"Erlan Karin"}}`)["a"][0]; got.Description != "Director, Казахстанский институт стратегических исследований" || got.Name != "Ерлан Карин" || got.Score < 95 {
		t.Errorf("%+v", got)
	}
	if got := public.reconcile(t, `{}`); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestOnlyACandidateThatNoOtherComesNearIsAMatch(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	public := r.as(t)
	academy := fixture.Organization(t, r.pool, func(in *organization.Input) { in.Name = text.Map{"en": "Academy of Public Administration"} })
	bank := fixture.Organization(t, r.pool, func(in *organization.Input) { in.Name = text.Map{"en": "National Bank"} })
	first := fixture.Person(t, r.pool, called(text.Map{"en": "Aidos Sarym"}))
	fixture.Affiliation(t, r.pool, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = first, academy })
	one := `{"a":{"query":"Айдос Сарым"}}`
	if got := said(public.reconcile(t, one)["a"]); got != fmt.Sprint("people/", first, " match") {
		t.Errorf("alone: %q", got)
	}
	second := fixture.Person(t, r.pool, called(text.Map{"ru": "Айдос Сарым"}))
	fixture.Affiliation(t, r.pool, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = second, bank })
	for _, limit := range []string{"1", "2"} {
		if got := public.reconcile(t, `{"a":{"query":"Айдос Сарым","limit":`+limit+`}}`)["a"]; got[0].Match || fmt.Sprint(len(got)) != limit {
			t.Errorf("of two namesakes one is a match: %+v", got)
		}
	}
	with := `{"a":{"query":"Айдос Сарым","properties":[{"pid":"organization","v":["Academy of Public Administration"]}]}}`
	if got := said(public.reconcile(t, with)["a"]); got != fmt.Sprint("people/", first, " match, people/", second) {
		t.Errorf("with the organization: %q", got)
	}
}

func TestARestrictedPersonIsNoCandidateForThePublic(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	hidden := fixture.Person(t, r.pool, func(in *person.Input) {
		in.Name, in.Visibility, in.ExternalIDs = text.Map{"en": restrictedCanary + " Karin"}, "restricted", []string{"wikidata:Q1"}
	})
	id := fmt.Sprint("people/", hidden)
	queries := `{"a":{"query":"` + restrictedCanary + ` Karin"},"b":{"query":"` + id + `"},"c":{"properties":[{"pid":"external_id","v":"wikidata:Q1"}]}}`
	for which, list := range r.as(t).reconcile(t, queries) {
		if len(list) != 0 {
			t.Errorf("%s: %+v", which, list)
		}
	}
	var suggested match.Suggestions
	for _, prefix := range []string{restrictedCanary, id} {
		decodeReply(t, r.as(t).get(t, reconcilePath+"/suggest/entity?prefix="+prefix).want(t, 200), &suggested)
		if len(suggested.Result) != 0 {
			t.Errorf("%s: %+v", prefix, suggested)
		}
	}
	reader := r.as(t, actor.Read)
	answer := reader.do(t, "POST", reconcilePath, url.Values{"queries": {queries}}.Encode(), append([]string{"Content-Type", formBody}, reader.headers...)...).want(t, 200)
	var results map[string]match.ReconcileResult
	decodeReply(t, answer, &results)
	for _, which := range []string{"a", "b", "c"} {
		if got := said(results[which].Result); got != id+" match" {
			t.Errorf("%s for a reader: %q", which, got)
		}
	}
}

func TestAWrongQueryDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	karin := fixture.Person(t, r.pool, func(in *person.Input) {
		in.Name, in.ExternalIDs = text.Map{"en": "Yerlan Karin"}, []string{"wikidata:Q57339", "orcid:0000-0002-1825-0097"}
	})
	p := fmt.Sprint("people/", karin)
	for query, want := range map[string]struct{ said, mistake string }{
		`{"query":"Yerlan Karin","properties":[{"pid":"birthdate","v":"1"}]}`:                                        {p, "/properties/0/pid not_allowed"},
		`{"query":"Yerlan Karin","type":"places"}`:                                                                   {"", "/type not_allowed"},
		`{"query":"Yerlan Karin","type":["people","places"]}`:                                                        {p, "/type not_allowed"},
		`{"query":"Yerlan Karin","properties":[{"pid":"external_id","v":"wikidata:Q57339"},{"pid":"P31","v":"Q5"}]}`: {p, "/properties/1/pid not_allowed"},
		`{"query":""}`:   {"", "/query required"},
		`{"query":7}`:    {"", "/query wrong_type"},
		`"Yerlan Karin"`: {"", " wrong_type"},
		`{"query":"` + strings.Repeat("ы", 501) + `"}`:                                       {"", "/query too_long"},
		`{"query":"Yerlan Karin","limit":0}`:                                                 {"", "/limit too_small"},
		`{"query":"Yerlan Karin","nonsense":0}`:                                              {"", "/nonsense unknown_field"},
		`{"properties":[{"pid":"external_id","v":"wikidata:q57339"}]}`:                       {p + " match", ""},
		`{"properties":[{"pid":"external_id","v":"https://orcid.org/0000-0002-1825-0097"}]}`: {p + " match", ""},
		`{"query":"Yerlan Karin","properties":[{"pid":"external_id","v":"wikidata:Q1"}]}`:    {p, ""},
	} {
		form := url.Values{"queries": {`{"q0":` + query + `,"q1":{"query":"Yerlan Karin"}}`}}.Encode()
		var results map[string]match.ReconcileResult
		decodeReply(t, r.do(t, "POST", reconcilePath, form, "Content-Type", formBody).want(t, 200), &results)
		if got := said(results["q1"].Result); got != p+" match" || results["q1"].Errors != nil || len(results) != 2 {
			t.Errorf("beside %s: %q %v", query, got, results["q1"].Errors)
		}
		mistake := ""
		for _, e := range results["q0"].Errors {
			mistake += e.Pointer + " " + e.Code
			if e.Message == "" || e.Message == e.Code {
				t.Errorf("%s has no message", e.Code)
			}
		}
		if got := said(results["q0"].Result); got != want.said || mistake != want.mistake {
			t.Errorf("%s: %q %q, want %q", query, got, mistake, want)
		}
	}
	other := r.as(t).reconcile(t, `{"q":{"query":"Yerlan Karin","properties":[{"pid":"external_id","v":"wikidata:Q1"}]}}`)["q"]
	if len(other) != 1 || other[0].Score > 50 {
		t.Errorf("an external id that contradicts: %+v", other)
	}
}

func TestQueriesThatCannotBeUsedAreToldAtTheirPlaces(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	public := r.as(t)
	public.postQueries(t, "").wantProblem(t, 422, "validation_failed", "/queries required")
	public.postQueries(t, `[]`).wantProblem(t, 400, "malformed_json", "/queries not_an_object")
	public.postQueries(t, `{"q":{"query":"A"},"q":{}}`).wantProblem(t, 400, "malformed_json", "/queries/q duplicate_name")
	public.postQueries(t, "{\"q\":{\"query\":\"\xff\"}}").wantProblem(t, 400, "malformed_form", " invalid_utf8")
	public.get(t, reconcilePath+"?queries=%7B").wantProblem(t, 400, "malformed_json")
	many := make([]string, 101)
	for i := range many {
		many[i] = fmt.Sprintf(`"q%d":{"query":"A"}`, i)
	}
	public.postQueries(t, "{"+strings.Join(many, ",")+"}").wantProblem(t, 422, "validation_failed", "/queries too_many")
	public.postQueries(t, "{"+strings.Join(many[:100], ",")+"}").want(t, 200)
	public.do(t, "POST", reconcilePath, `{"queries":{}}`, "Content-Type", jsonBody).wantProblem(t, 415, "unsupported_media_type")
	public.do(t, "POST", reconcilePath, "extend=%7B%7D", "Content-Type", formBody).wantProblem(t, 422, "validation_failed", "/extend unknown_field")
	public.do(t, "POST", reconcilePath, "queries=%7B%7D&queries=%7B%7D", "Content-Type", formBody).wantProblem(t, 422, "validation_failed", "/queries repeated_field")
	public.do(t, "POST", reconcilePath, "queries=%zz", "Content-Type", formBody).wantProblem(t, 400, "malformed_form")
	public.do(t, "POST", reconcilePath, "queries="+strings.Repeat("a", maxBody), "Content-Type", formBody).wantProblem(t, 413, "body_too_large")
	public.do(t, "POST", reconcilePath+"?dry_run=true", "queries=%7B%7D", "Content-Type", formBody).wantProblem(t, 400, "bad_parameters")
}

func TestPagesOfAllOriginsMayAskForMatches(t *testing.T) {
	t.Parallel()
	r := corsRig(t)
	from := []string{"Origin", unlistedOrigin, "Sec-Fetch-Site", "cross-site"}
	answer := r.do(t, "POST", reconcilePath, "queries=%7B%7D", append(from, "Content-Type", formBody)...).want(t, 200)
	if got := answer.Header().Get("Access-Control-Allow-Origin"); got != "*" || answer.Header().Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%v", answer.Header())
	}
	h := r.do(t, "OPTIONS", reconcilePath, nil, append(from, "Access-Control-Request-Method", "POST")...).want(t, 204).Header()
	if h.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(h.Get("Access-Control-Allow-Methods"), "POST") || strings.Contains(h.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("%v", h)
	}
	h = r.do(t, "OPTIONS", "/v1/topics", nil, append(from, "Access-Control-Request-Method", "POST")...).want(t, 204).Header()
	if strings.Contains(h.Get("Access-Control-Allow-Methods"), "POST") {
		t.Errorf("another path: %v", h)
	}
}

func TestSuggestionsCompleteNamesPropertiesAndTypes(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	karin := fixture.Person(t, r.pool, called(text.Map{"en": "Yerlan Karin"}))
	bureau := fixture.Organization(t, r.pool, func(in *organization.Input) { in.Name = text.Map{"en": "Karin Bureau"} })
	var many []int64
	for range 25 {
		many = append(many, fixture.Person(t, r.pool, called(text.Map{"en": "Aidos Sarym"})))
	}
	ask := func(which, query string) (ids []string) {
		t.Helper()
		var got match.Suggestions
		decodeReply(t, r.as(t).get(t, reconcilePath+"/suggest/"+which+"?"+query).want(t, 200), &got)
		for _, s := range got.Result {
			if s.Name == "" {
				t.Errorf("%s: no name: %+v", query, s)
			}
			ids = append(ids, s.ID)
		}
		return ids
	}
	p, o := fmt.Sprint("people/", karin), fmt.Sprint("organizations/", bureau)
	both := []string{p, o}
	slices.Sort(both)
	// The last one is what OpenRefine's box sends.
	for query, want := range map[string][]string{
		"prefix=kari&type=people": {p}, "prefix=kari&type=organizations": {o}, "type=people&prefix=" + url.QueryEscape("Карин Ерл"): {p}, "prefix=" + url.QueryEscape(p): {p}, "prefix=": nil, "": nil,
		"prefix=kari&type=people&spell=always&exact=false&prefixed=true&type_strict=should&schema=people&filter=x": {p},
	} {
		if got := ask("entity", query); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	got := ask("entity", "prefix=karin")
	slices.Sort(got)
	if !slices.Equal(got, both) {
		t.Errorf("of both types: %q", got)
	}
	first, second := ask("entity", "prefix=Sarym"), ask("entity", "prefix=Sarym&cursor=20")
	all := append(slices.Clone(first), second...)
	slices.Sort(all)
	if len(first) != 20 || len(second) != 5 || len(slices.Compact(all)) != len(many) {
		t.Errorf("%d and then %d suggestions of %d", len(first), len(second), len(many))
	}
	for which, queries := range map[string]map[string]string{
		"property": {"prefix=": "organization external_id country kind", "prefix=o": "organization", "prefix=ext&type=organizations": "external_id", "prefix=K&type=people": ""},
		"type":     {"prefix=": "people organizations", "prefix=ORG": "organizations", "prefix=x": ""},
	} {
		for query, want := range queries {
			if got := strings.Join(ask(which, query), " "); got != want {
				t.Errorf("%s %s: %q, want %q", which, query, got, want)
			}
		}
	}
	for query, mistake := range map[string]string{
		"cursor=-1": "cursor too_small", "cursor=x": "cursor wrong_type", "type=places": "type not_allowed", "prefix=" + strings.Repeat("a", 201): "prefix too_long", "callback=f": "callback unknown_parameter",
	} {
		r.as(t).get(t, reconcilePath+"/suggest/entity?"+query).wantProblem(t, 400, "bad_parameters", mistake)
	}
}
