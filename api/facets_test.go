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
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/roundtable"
)

// facetsIn returns the facets of a list.
func facetsIn(t *testing.T, r reply) (page struct {
	Facets Facets
	Meta   ListMeta
}) {
	t.Helper()
	if err := json.Unmarshal(r.want(t, http.StatusOK).Body.Bytes(), &page); err != nil {
		t.Fatalf("%s: %v", r.request, err)
	}
	return page
}

func TestTheNumbersOfFacetsAreThoseOfTheLists(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	checked := 0
	for _, caller := range []caller{r.as(t), r.as(t, actor.Read)} {
		for _, d := range Resources() {
			for name, dimension := range d.Dimensions {
				path := "/v1/" + d.Type
				page := facetsIn(t, caller.get(t, path+"?limit=1&facet_limit=2&count=exact&facets="+name))
				sum := page.Meta.Facets[name].Other + page.Meta.Facets[name].Missing + page.Meta.Facets[name].Imprecise
				for _, value := range page.Facets[name] {
					sum += value.Count
					if value.Selected {
						t.Errorf("%s %s %s is selected", path, name, value.Key)
					}
					parameter := ownFilters(name, dimension)
					if len(parameter) == 2 { // units of time have no filter of their own
						continue
					}
					filtered := facetsIn(t, caller.get(t, fmt.Sprintf("%s?limit=1&count=exact&facets=%s&facet_limit=1&%s=%s", path, name, parameter[0], url.QueryEscape(value.Key))))
					if *filtered.Meta.Total != value.Count {
						t.Errorf("%s: %d records with %s %s, the facet says %d", path, *filtered.Meta.Total, name, value.Key, value.Count)
					}
					// The facet of the filter itself is as before, with its value selected.
					i := slices.IndexFunc(filtered.Facets[name], func(f Facet) bool { return f.Key == value.Key })
					if i < 0 || filtered.Facets[name][i].Count != value.Count || !filtered.Facets[name][i].Selected {
						t.Errorf("%s: with its own filter, the facet %s has %+v", path, name, filtered.Facets[name])
					}
					checked++
				}
				if !dimension.Several() && sum != *page.Meta.Total {
					t.Errorf("%s: the facet %s adds up to %d of %d", path, name, sum, *page.Meta.Total)
				}
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d values", checked)
	}
}

func TestAFacetIsCountedWithTheFiltersOfTheOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	topic, other := fixture.Topic(t, r.pool), fixture.Topic(t, r.pool)
	add := func(format string, topics ...int64) {
		fixture.RoundTable(t, r.pool, func(in *roundtable.Input) { in.Format, in.TopicIDs = format, topics })
	}
	add("forum", topic)
	add("forum", other)
	add("webinar", topic, other)
	add("hearing")
	fixture.RoundTable(t, r.pool, fixture.Draft)
	public := r.as(t)
	page := facetsIn(t, public.get(t, fmt.Sprintf("/v1/round-tables?format=forum&topic=%d&facets=format,topic,year&count=exact&lang=kk", topic)))
	say := func(name string) (all string) {
		for _, f := range page.Facets[name] {
			all += fmt.Sprintf("%s=%d %t;", f.Key, f.Count, f.Selected)
		}
		return all
	}
	if *page.Meta.Total != 1 || !slices.Contains([]string{"forum=1 true;webinar=1 false;"}, say("format")) {
		t.Errorf("formats %s of %d", say("format"), *page.Meta.Total)
	}
	if want := fmt.Sprintf("%d=1 true;%d=1 false;", topic, other); say("topic") != want {
		t.Errorf("topics %s, want %s", say("topic"), want)
	}
	if body := public.get(t, "/v1/round-tables?facets=format&lang=kk").Body.String(); !strings.Contains(body, `"label_text":"Форум"`) {
		t.Errorf("no label in Kazakh: %s", body)
	}
	// A selected value is shown even if others are more frequent.
	page = facetsIn(t, public.get(t, "/v1/round-tables?format=hearing&facets=format&facet_limit=1"))
	if say("format") != "hearing=1 true;" || page.Meta.Facets["format"].Other != 3 {
		t.Errorf("formats %s, %+v", say("format"), page.Meta.Facets)
	}
	page = facetsIn(t, public.get(t, "/v1/round-tables?starts_from=2020-01-01&starts_to=2021-01-01&facets=year"))
	if !strings.Contains(say("year"), "true") {
		t.Errorf("years %s", say("year"))
	}
}

func TestMistakesInFacetsAreReported(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	public := r.as(t)
	for path, want := range map[string]string{
		"/v1/round-tables?facets=colour":             "facets unknown_dimension",
		"/v1/round-tables?facets=year,year":          "facets repeated_dimension",
		"/v1/round-tables?facets=year&facet_limit=0": "facet_limit too_small",
		"/v1/round-tables?facets=year,month,week,quarter,weekday,format,mode,status,place,topic,organizer": "facets too_many",
		"/v1/roles?facets=code":                    "facets unknown_parameter",
		"/v1/exports/round-tables.csv?facets=year": "facets unknown_parameter",
	} {
		public.get(t, path).wantProblem(t, http.StatusBadRequest, "bad_parameters", want)
	}
	path := "/v1/round-tables?facets=year"
	tag := r.do(t, http.MethodGet, path, nil).want(t, http.StatusOK).Header().Get("ETag")
	r.do(t, http.MethodGet, path, nil, "If-None-Match", tag).want(t, http.StatusNotModified)
	fixture.RoundTable(t, r.pool)
	r.do(t, http.MethodGet, path, nil, "If-None-Match", tag).want(t, http.StatusOK)
}
