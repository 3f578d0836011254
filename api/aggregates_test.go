package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/aggregate"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"
)

func aggregateIn(t *testing.T, r reply) (a aggregate.Result) {
	t.Helper()
	if err := json.Unmarshal(r.want(t, http.StatusOK).Body.Bytes(), &a); err != nil {
		t.Fatalf("%s: %v", r.request, err)
	}
	return a
}

func TestEveryCollectionHasAnAggregateWithItsDimensions(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	all := r.as(t, actor.Scopes...)
	groups := 0
	for _, d := range Resources() {
		if d.Lacks[Aggregate] != "" {
			continue
		}
		path := "/v1/" + d.Type + "/aggregate"
		whole := aggregateIn(t, all.get(t, path+"?metric="+strings.Join(d.Metrics, ",")))
		if len(whole.Data) != 1 || *whole.Data[0].Count != whole.Meta.Total || whole.Groups[0].List != "/v1/"+d.Type {
			t.Errorf("%s: %+v", path, whole)
		}
		for name := range d.Dimensions {
			for _, group := range aggregateIn(t, all.get(t, path+"?limit=1&group_by="+name)).Groups {
				if page := pageOf(t, all.get(t, group.List+"&count=exact").want(t, http.StatusOK)); *page.Meta.Total != *group.Count {
					t.Errorf("%s has %d records, the group %d", group.List, *page.Meta.Total, *group.Count)
				}
				groups++
			}
			all.get(t, path+".csv?limit=1&group_by="+name).want(t, http.StatusOK)
		}
		want := "group_by unknown_dimension"
		if len(d.Dimensions) == 0 {
			want = "group_by no_dimensions"
		}
		all.get(t, path+"?group_by=nothing").wantProblem(t, http.StatusBadRequest, "bad_parameters", want)
	}
	if groups < 50 {
		t.Errorf("only %d groups", groups)
	}
}

func TestOtherCountsDistinctValues(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	first, second, third := fixture.Topic(t, r.pool), fixture.Topic(t, r.pool), fixture.Topic(t, r.pool)
	both, hidden := fixture.Person(t, r.pool), fixture.Person(t, r.pool, func(in *person.Input) { in.Visibility, in.Name = "restricted", text.Map{"en": "Hidden"} })
	at := func(topics ...int64) {
		event := fixture.RoundTable(t, r.pool, func(in *roundtable.Input) { in.TopicIDs = topics })
		for _, who := range []int64{both, hidden} {
			fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID, in.PersonID = event, &who })
		}
	}
	at(first)
	at(first)
	at(first, second)
	at(second, third)
	fixture.RoundTable(t, r.pool, func(in *roundtable.Input) { in.TopicIDs = []int64{first}; in.Publication = "draft" })
	path := "/v1/round-tables/aggregate?group_by=topic&metric=count,people&limit=1"
	public, full := aggregateIn(t, r.as(t).get(t, path)), aggregateIn(t, r.as(t, actor.Read).get(t, path))
	if m := public.Meta; *public.Data[0].Count != 3 || *m.Other.Count != 2 || *m.Other.People != 1 || m.Total != 5 || m.DistinctTotal != 4 || !m.Overlapping || m.GroupsTotal != 3 {
		t.Errorf("the public gets %+v and %+v", public.Data, m)
	}
	if m := full.Meta; *full.Data[0].Count != 4 || *m.Other.People != 2 || m.DistinctTotal != 5 {
		t.Errorf("with a key: %+v and %+v", full.Data, m)
	}
	if fast := aggregateIn(t, r.as(t).get(t, path+"&other=false")); fast.Meta.Other.People != nil || *fast.Meta.Other.Count != 2 {
		t.Errorf("without others: %+v", fast.Meta)
	}
}

func TestTimeIsFilledAndInexactDatesStayApart(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, precision := range []string{"day", "month", "year", "unknown"} {
		fixture.RoundTable(t, r.pool, func(in *roundtable.Input) {
			in.DatePrecision, in.StartsOn = precision, fixture.Day(2020, time.January, 1)
			if precision == "unknown" {
				in.StartsOn = nil
			}
		})
	}
	fixture.RoundTable(t, r.pool, func(in *roundtable.Input) { in.StartsOn = fixture.Day(2020, time.March, 2) })
	keys := func(a aggregate.Result) (list []string) {
		for _, g := range a.Groups {
			list = append(list, g.Key)
		}
		return list
	}
	public := r.as(t)
	months := aggregateIn(t, public.get(t, "/v1/round-tables/aggregate?group_by=month"))
	if got := keys(months); !slices.Equal(got, []string{"2020-01", "2020-02", "2020-03"}) || months.Meta.Missing != 1 || months.Meta.Imprecise != 1 || months.Meta.Total != 5 {
		t.Errorf("months %q, %+v", got, months.Meta)
	}
	if january := months.Groups[0]; *january.Count != 2 || january.List != "/v1/round-tables?date_precision=day,month&starts_from=2020-01-01&starts_to=2020-02-01" {
		t.Errorf("%+v", january)
	}
	for query, want := range map[string]string{
		"group_by=month&fill=false":                                  "2020-01 2020-03",
		"group_by=month&sort=-key&limit=2":                           "2020-03 2020-02",
		"group_by=month&sort=-count&limit=2":                         "2020-01 2020-03",
		"group_by=month&starts_from=2019-12-01&starts_to=2020-02-15": "2019-12 2020-01 2020-02",
		"group_by=week&starts_from=2020-03-01&starts_to=2020-03-10":  "2020-W09 2020-W10 2020-W11",
		"group_by=quarter":                                           "2020-Q1", "group_by=year": "2020", "group_by=weekday": "1 2 3 4 5 6 7",
		"group_by=week&starts_from=2020-12-31&starts_to=2021-01-05": "2020-W53 2021-W01",
	} {
		if got := strings.Join(keys(aggregateIn(t, public.get(t, "/v1/round-tables/aggregate?"+query))), " "); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func TestAnAggregateIsRevalidatedLikeAList(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	for _, path := range []string{"/v1/round-tables/aggregate?group_by=year", "/v1/round-tables/aggregate.csv?group_by=year"} {
		tag := r.do(t, http.MethodGet, path, nil).want(t, http.StatusOK).Header().Get("ETag")
		r.do(t, http.MethodGet, path, nil, "If-None-Match", tag).want(t, http.StatusNotModified)
		if other := r.do(t, http.MethodGet, path+"&fill=false", nil).Header().Get("ETag"); other == tag || tag == "" {
			t.Errorf("%s: ETag %q, of another aggregate %q", path, tag, other)
		}
		fixture.RoundTable(t, r.pool)
		r.do(t, http.MethodGet, path, nil, "If-None-Match", tag).want(t, http.StatusOK)
	}
}

func TestAnAggregateThatCannotBeComputedSaysHowToNarrowIt(t *testing.T) {
	t.Parallel()
	r := newRigOn(t, dbtest.Filled(t, "sample", loadSample), func(c *Config) { c.AggregateTimeout = time.Millisecond })
	const slow = "/v1/round-tables/aggregate?group_by=person,organization&metric=count,people,organizations,statements,topics&limit=500"
	p := r.do(t, http.MethodGet, slow, nil).wantProblem(t, http.StatusServiceUnavailable, "aggregate_timeout")
	if !strings.Contains(p.Title, "0.001 s") || !strings.Contains(p.Title, "starts_from") {
		t.Errorf("%s", p.Title)
	}
}

func TestAClientCannotTakeAllSlotsOfAggregates(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	own, path := r.server.aggregates, "/v1/round-tables/aggregate?group_by=year"
	own.total, own.anonymous, own.wait = own.each+2, own.each+2, time.Millisecond
	var all []*slot
	for range own.each {
		held := &slot{client: clientOf("192.0.2.1"), cut: func() {}} // the address of the requests of tests
		own.held[held] = true
		all = append(all, held)
	}
	p := r.do(t, http.MethodGet, path, nil).wantProblem(t, http.StatusTooManyRequests, "too_many_own_aggregates")
	if !strings.Contains(p.Title, "starts_from") {
		t.Errorf("%s", p.Title)
	}
	r.as(t, actor.Read).get(t, path).want(t, http.StatusOK)

	own.wait = time.Minute
	answers := make(chan reply, 2)
	for range cap(answers) {
		go func() { answers <- r.do(t, http.MethodGet, path, nil) }()
	}
	for _, held := range all {
		own.leave(held)
	}
	for range cap(answers) { // one waits for the other
		(<-answers).want(t, http.StatusOK)
	}
}

func TestMistakesInAnAggregateAreReportedTogether(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for query, want := range map[string][]string{
		"group_by=colour&metric=topics&sort=size": {"group_by unknown_dimension", "sort bad_sort"},
		"group_by=year,year":                      {"group_by repeated_dimension"},
		"group_by=year,month,format":              {"group_by too_many"},
		"metric=apples":                           {"metric not_allowed"},
		"cursor=x":                                {"cursor unknown_parameter"},
		"limit=0":                                 {"limit too_small"},
	} {
		r.do(t, http.MethodGet, "/v1/round-tables/aggregate?"+query, nil).wantProblem(t, http.StatusBadRequest, "bad_parameters", want...)
	}
	r.do(t, http.MethodGet, "/v1/roles/aggregate?group_by=code", nil).wantProblem(t, http.StatusBadRequest, "bad_parameters", "group_by no_dimensions")
	p := r.do(t, http.MethodGet, "/v1/topics/aggregate?metric=people", nil).wantProblem(t, http.StatusBadRequest, "bad_parameters", "metric unknown_metric")
	if !slices.Equal(p.Errors[0].Allowed, []string{"count"}) {
		t.Errorf("allowed: %q", p.Errors[0].Allowed)
	}
}

func TestTheParametersOfAnAggregateAreCheckedBeforeItsVersion(t *testing.T) {
	t.Parallel()
	c := newRig(t, nil).as(t)
	for _, path := range []string{"/v1/round-tables/aggregate", "/v1/round-tables/aggregate.csv"} {
		for query, mistakes := range map[string][]string{
			"group_by=nothing": {"group_by unknown_dimension"}, "group_by=month,month": {"group_by repeated_dimension"}, "sort=people": {"sort bad_sort"},
			"metric=recommendation": {"metric not_allowed"}, "group_by=nothing&limit=0": {"group_by unknown_dimension", "limit too_small"},
		} {
			c.do(t, http.MethodGet, path+"?"+query, nil, "If-None-Match", "*").wantProblem(t, http.StatusBadRequest, "bad_parameters", mistakes...)
		}
		c.do(t, http.MethodGet, path+"?group_by=month", nil, "If-None-Match", "*").want(t, http.StatusNotModified)
	}
}

// aggregateLines returns the lines of the CSV of an aggregate without its byte order mark.
func aggregateLines(t *testing.T, c caller, query string) []string {
	t.Helper()
	raw := c.get(t, "/v1/round-tables/aggregate.csv?"+query).want(t, http.StatusOK).Body.String()
	return strings.Split(strings.TrimSuffix(strings.TrimPrefix(raw, export.BOM), "\r\n"), "\r\n")
}

func TestAnAggregateAsCSVTakesTheParametersOfCSV(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write, actor.Publish)
	c.make(t, "/v1/topics", `{"label":{"en":"=1+1"}}`)
	c.make(t, "/v1/round-tables", `{"title":{"en":"A"},"publication":"published","starts_on":"2020-02-27","topic_ids":[1]}`)
	for query, want := range map[string]string{
		"":                  "1,,,'=1+1,,1",
		"&guard=1":          "1,,,'=1+1,,1",
		"&guard=0":          "1,,,=1+1,,1",
		"&delimiter=tab":    "1\t\t\t'=1+1\t\t1",
		"&guard=0&lang=kk":  "1,,,=1+1,,=1+1,en,1",
		"&metric=topics":    "1,,,'=1+1,,1",
		"&sort=-count&bom=": "1,,,'=1+1,,1",
	} {
		if got := aggregateLines(t, r.as(t), "group_by=topic"+query); got[len(got)-1] != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	raw := r.as(t).get(t, "/v1/round-tables/aggregate.csv?bom=0").want(t, http.StatusOK).Body.String()
	if !strings.HasPrefix(raw, "key,") {
		t.Errorf("bom=0: %q", raw)
	}
	r.as(t).get(t, "/v1/round-tables/aggregate.csv?end=0").wantProblem(t, http.StatusBadRequest, "bad_parameters", "end unknown_parameter")
	r.as(t).get(t, "/v1/round-tables/aggregate.csv?guard=2").wantProblem(t, http.StatusBadRequest, "bad_parameters", "guard not_allowed")
}

func TestTheColumnsOfAnAggregateAsCSVDependOnlyOnTheRequest(t *testing.T) {
	t.Parallel()
	const label, label2 = "label_kk,label_ru,label_en,label_other", "label2_kk,label2_ru,label2_en,label2_other"
	r := newRig(t, nil)
	check := func() {
		t.Helper()
		for query, want := range map[string]string{
			"":                                   "key," + label + ",count",
			"group_by=month":                     "key,starts_on,ends_before,count",
			"group_by=month&lang=ru":             "key,starts_on,ends_before,count",
			"group_by=weekday":                   "key," + label + ",count",
			"group_by=weekday&lang=ru":           "key," + label + ",label_text,label_lang,count",
			"group_by=format&lang=ru":            "key," + label + ",label_text,label_lang,count",
			"group_by=topic&metric=people,count": "key," + label + ",count,people",
			"group_by=year,format":               "key,starts_on,ends_before,key2," + label2 + ",count",
			"group_by=year,format&lang=kk":       "key,starts_on,ends_before,key2," + label2 + ",label2_text,label2_lang,count",
			"group_by=format,year":               "key," + label + ",key2," + label2 + ",count",
			"group_by=topic,place&lang=en":       "key," + label + ",label_text,label_lang,key2," + label2 + ",label2_text,label2_lang,count",
			"group_by=month&starts_from=1900-01-01&starts_to=1900-01-01": "key,starts_on,ends_before,count",
		} {
			if got := aggregateLines(t, r.as(t), query)[0]; got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
	}
	check() // without records
	fixture.RoundTable(t, r.pool)
	check()
}

func TestAnAggregateAsCSVHasTheNumbersOfTheJSON(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	const query = "group_by=month,topic&metric=count,people&lang=ru"
	result := aggregateIn(t, r.as(t).get(t, "/v1/round-tables/aggregate?"+query))
	rows := aggregateLines(t, r.as(t), query+"&delimiter=tab")[1:]
	if len(rows) != len(result.Data) || len(rows) == 0 {
		t.Fatalf("%d rows, want %d", len(rows), len(result.Data))
	}
	labels, starts := map[string]string{}, map[string]aggregate.Group{}
	for _, g := range result.Groups2 {
		labels[g.Key], _ = g.Label.In("ru")
	}
	for _, g := range result.Groups {
		starts[g.Key] = g
	}
	for i, cell := range result.Data {
		got := strings.Split(rows[i], "\t")
		g := starts[cell.Key]
		want := []string{cell.Key, g.StartsOn.String(), g.EndsBefore.String(), *cell.Key2, labels[*cell.Key2], strconv.FormatInt(*cell.Count, 10), strconv.FormatInt(*cell.People, 10)}
		have := append(slices.Clone(got[:4]), strings.Trim(got[8], `"`), got[10], got[11])
		if !slices.Equal(have, want) {
			t.Errorf("row %d: %q, want %q", i, got, want)
		}
	}
}
