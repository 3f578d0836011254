package api

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json"
)

// withoutLanguages removes the members that have their text in one language beside them, and reports how many.
func withoutLanguages(v any) (removed int) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			removed += withoutLanguages(element)
		}
	case map[string]any:
		for name := range v {
			_, isMap := v[name].(map[string]any)
			if _, has := v[name+"_text"]; has && isMap {
				delete(v, name)
				removed++
			}
		}
		for _, member := range v {
			removed += withoutLanguages(member)
		}
	}
	return removed
}

// dropPage removes what differs between two requests of a list: the addresses of pages.
func dropPage(v any) {
	if object, ok := v.(map[string]any); ok {
		delete(object, "page")
	}
}

func TestOneLanguageLeavesTheMapsOut(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	fixture.Affiliation(t, r.pool, func(in *affiliation.Input) {
		in.PersonID, in.OrganizationID, in.Title = 1, 1, text.Map{"kk": "кеңесші"}
	})
	event := 13
	for _, path := range []string{
		"/v1/round-tables?limit=20", fmt.Sprintf("/v1/round-tables/%d?include=attendees.statements,recommendations", event),
		"/v1/round-tables?fields=title,organizers,attendees.person&include=attendees", "/v1/attendees?limit=100", "/v1/statements", "/v1/people", "/v1/organizations",
		"/v1/affiliations", "/v1/topics", "/v1/places", "/v1/documents", "/v1/roles", "/v1/recommendations", "/v1/vocabularies",
		"/v1/round-tables?facets=topic,format&limit=1", "/v1/round-tables/aggregate?group_by=topic,format", "/v1/stats/overview", "/v1/stats/network",
		"/v1/stats/matrix?rows=topic&columns=kind", "/v1/search?q=policy", "/v1/people/1/profile", "/v1/organizations/1/profile", "/v1/people/1/positions",
		"/v1/people/1/spellings", "/v1/people/lookup?q=a",
	} {
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		path += separator + "lang=kk"
		var both, one any
		for _, c := range []struct {
			path string
			to   *any
		}{{path, &both}, {path + "&names=lang", &one}} {
			body := r.do(t, http.MethodGet, c.path, nil).want(t, http.StatusOK).Body.Bytes()
			if err := json.Unmarshal(body, c.to); err != nil {
				t.Fatalf("%s: %v", c.path, err)
			}
			dropPage(*c.to)
		}
		if withoutLanguages(both) == 0 {
			t.Errorf("%s has no texts", path)
		}
		if !reflect.DeepEqual(one, both) {
			t.Errorf("%s: with names=lang it is\n%v\nwant\n%v", path, one, both)
		}
	}
}

func TestOneLanguageIsCachedPagedAndChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for range 3 {
		fixture.RoundTable(t, r.pool)
	}
	const path = "/v1/round-tables?lang=ru&limit=2"
	whole := r.do(t, http.MethodGet, path, nil).want(t, http.StatusOK)
	first := r.do(t, http.MethodGet, path+"&names=lang", nil).want(t, http.StatusOK)
	if tag := first.Header().Get("ETag"); tag == "" || tag == whole.Header().Get("ETag") {
		t.Errorf("the ETag is %q with and without names", tag)
	}
	r.do(t, http.MethodGet, path+"&names=lang", nil, "If-None-Match", first.Header().Get("ETag")).want(t, http.StatusNotModified)
	if again := r.do(t, http.MethodGet, path+"&names=lang", nil); again.Body.String() != first.Body.String() {
		t.Error("the cached response differs")
	}
	if again := r.do(t, http.MethodGet, path, nil); again.Body.String() != whole.Body.String() {
		t.Error("the cached response with all languages differs")
	}
	if link := first.Header().Get("Link"); !strings.Contains(link, "names=lang") {
		t.Errorf("the next page is %s", link)
	}
	public := r.as(t)
	for path, want := range map[string]string{
		"/v1/topics?names=lang":              "names requires_parameter",
		"/v1/topics?names=all&lang=ru":       "names not_allowed",
		"/v1/exports/topics.csv?names=lang":  "names unknown_parameter",
		"/v1/topics?lang=ru&names=lang&nme=": "nme unknown_parameter",
	} {
		problem := public.get(t, path).wantProblem(t, http.StatusBadRequest, "bad_parameters", want)
		if e := problem.Errors[0]; strings.HasPrefix(e.Code, "unknown_parameter") && e.Parameter != "names" && !slices.Contains(e.Allowed, "names") {
			t.Errorf("%s: allowed are %v", path, e.Allowed)
		}
	}
}
