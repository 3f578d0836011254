package site

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// answering returns a view whose API has the answers, by the begin of their address, and the requests that it sent.
func answering(t *testing.T, answers map[string]string) (*view, *[]string) {
	t.Helper()
	var asked []string
	get := func(_ context.Context, target, _ string) Answer {
		asked = append(asked, target)
		for begin, body := range answers {
			if strings.HasPrefix(target, begin) {
				return Answer{Status: 200, Body: []byte(body)}
			}
		}
		return Answer{Status: 404}
	}
	return &view{site: New(Config{Get: get}), ctx: t.Context(), lang: "en", query: url.Values{}}, &asked
}

func TestPeopleMetAgainWhereTheyTookPart(t *testing.T) {
	const next = `{"next_cursor":"c"}`
	at := func(event, day string) string {
		starts := `"` + day + `"`
		if day == "" {
			starts = "null"
		}
		return `{"round_table":{"id":` + event + `,"starts_on":` + starts + `}}`
	}
	complete := []string{at("1", "2024-03-01"), at("1", "2024-03-01"), at("2", "2023-03-01"), at("2", "2023-03-01"), at("2", "2023-03-01"), at("3", "2022-03-01")}
	for name, c := range map[string]struct {
		rows []string
		page string
		want []int64
	}{
		"all":                        {complete, `{"next_cursor":null}`, []int64{2, 1}},
		"the last day may lack some": {append(slices.Clone(complete), at("4", "2022-03-01"), at("4", "2022-03-01")), next, []int64{2, 1}},
		"the last day is complete":   {append(slices.Clone(complete), at("4", "2022-03-01"), at("4", "2022-03-01")), `{"next_cursor":null}`, []int64{2, 1, 4}},
		"the last has no date":       {append(slices.Clone(complete), at("5", ""), at("5", "")), next, []int64{2, 1}},
		"all without a date":         {append(slices.Clone(complete), at("5", ""), at("5", "")), `{"next_cursor":null}`, []int64{2, 1, 5}},
		"this event":                 {append(slices.Clone(complete), at("9", "2021-01-01"), at("9", "2021-01-01")), `{"next_cursor":null}`, []int64{2, 1}},
	} {
		v, asked := answering(t, map[string]string{"/v1/attendees?": `{"data":[` + strings.Join(c.rows, ",") + `],"page":` + c.page + `}`})
		met, err := v.metAgain(9, []attendeeRecord{{Person: &personReference{reference: reference{ID: 1}}}, {Person: &personReference{reference: reference{ID: 2}}}})
		var got []int64
		for _, m := range met {
			got = append(got, m.ID)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v: %v", name, got, c.want, err)
		}
		if len(*asked) != 1 || !strings.Contains((*asked)[0], "&attendance=attended,online&person=1,2") {
			t.Errorf("%s: asked %q", name, *asked)
		}
	}
}

func TestFiltersAreNamedWithOneRequestForEachCollection(t *testing.T) {
	v, asked := answering(t, map[string]string{
		"/v1/organizations?": `{"data":[{"id":1,"name":{"en":"Institute"}},{"id":2,"name":{"en":"Ministry"}},{"id":3,"name":{"en":"University"}}]}`,
		"/v1/people?":        `{"data":[{"id":1,"name":{"en":"Aigul"}}]}`,
		"/v1/topics?":        `{"data":[{"id":1,"label":{"en":"Water"}}]}`,
		"/v1/round-tables?":  `{"data":[{"id":1,"title":{"en":"Water forum"}}]}`,
		"/v1/roles?":         `{"data":[{"code":"moderator","label":{"en":"Moderator"}}]}`,
	})
	for name, value := range map[string]string{
		"organization": "1,all:2", "organizer": "2,3", "organization_tree": "1", "addressee": "3", "mention_organization": "1", "person": "1,77", "mention_person": "1",
		"topic": "1", "parent": "1", "round_table": "1", "role": "moderator,all:unknown", "format": "forum", "q": "a,b", "has_statements": "true",
	} {
		v.query.Set(name, value)
	}
	var got []string
	for _, a := range v.chosen() {
		got = append(got, a.Name+": "+v.in(a.Label)+a.Text)
	}
	want := []string{
		"Addressee: University", "Type: Forum", "Has statements: yes", "Mentions the organization: Institute", "Mentions the person: Aigul", "Organization: Institute",
		"Organization: Ministry", "Organization with its parts: Institute", "Organizer: Ministry", "Organizer: University", "Part of: Water forum", "Person: Aigul",
		"Person: 77", "Words: a,b", "Role: Moderator", "Role: unknown", "Round table: Water forum", "Topic: Water",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	slices.Sort(*asked)
	if len(*asked) != 5 || !strings.HasPrefix((*asked)[0], "/v1/organizations?") || !strings.HasSuffix((*asked)[0], "id=3,1,2") {
		t.Errorf("asked %q", *asked)
	}
}

func TestCodesOfFiltersHaveTheLabelsOfTheirPage(t *testing.T) {
	for _, c := range [][4]string{
		{"organizations", "kind", "government", "organization_kind"}, {"statements", "kind", "verbatim", "statement_kind"},
		{"recommendations", "status", "proposed", "recommendation_status"}, {"charts/status.svg", "status", "proposed", "recommendation_status"},
		{"round-tables", "status", "held", "status"}, {"statements", "status", "held", "status"},
	} {
		v := &view{site: New(Config{}), lang: "ru", path: c[0]}
		if got, want := v.valueText(c[1], c[2]), label("ru", c[3], c[2]); got != want || got == c[2] {
			t.Errorf("%v: %q, want %q", c, got, want)
		}
	}
}

func TestTheDocumentIsReadOnceForEachLanguage(t *testing.T) {
	v, asked := answering(t, map[string]string{"/openapi-3.0.json": `{"paths":{"/v1/topics/{id}":{"patch":{"operationId":"patchTopic","tags":["Topics"]},"get":{"operationId":"getTopic","tags":["Topics"]}}}}`})
	for _, lang := range []string{"en", "ru", "en", "ru"} {
		shown, err := operator(&view{site: v.site, ctx: v.ctx, lang: lang, query: url.Values{}})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(shown.Data.(operatorData).Operations); string(got) != `[{"method":"PATCH","path":"/v1/topics/{id}","id":"patchTopic","tag":"Topics"}]` {
			t.Errorf("%s", got)
		}
	}
	if want := []string{"/openapi-3.0.json?lang=en", "/openapi-3.0.json?lang=ru"}; !slices.Equal(*asked, want) {
		t.Errorf("asked %q", *asked)
	}
}

func TestAChartThatTakesTooLongLeavesTheRestOfThePage(t *testing.T) {
	get := func(_ context.Context, target, _ string) Answer {
		if strings.HasPrefix(target, "/v1/round-tables/aggregate?") || strings.HasPrefix(target, "/v1/statements/aggregate?") {
			return Answer{Status: 503, Body: []byte(`{}`)}
		}
		return Answer{Status: 200, Body: []byte(`{"data":[],"page":{},"meta":{"total":5},"counts":{"round_tables":5},"nodes":[],"links":[]}`)}
	}
	s := New(Config{Get: get})
	page, err := s.Render(t.Context(), "en", "", url.Values{})
	if body := string(page.Body); err != nil || page.Status != 200 || !page.Incomplete || !strings.Contains(body, "This chart takes too long.") {
		t.Errorf("status %d, incomplete %t, %v", page.Status, page.Incomplete, err)
	}
	if page, err = s.Render(t.Context(), "en", "charts/topics.svg", url.Values{}); err != nil || page.Status != 503 {
		t.Errorf("the file of the chart: status %d, %v", page.Status, err)
	}
	if page, err = s.Render(t.Context(), "en", "about", url.Values{}); err != nil || page.Incomplete {
		t.Errorf("a page without charts: incomplete %t, %v", page.Incomplete, err)
	}
}
