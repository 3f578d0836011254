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
	"roundtables.kz/registry/internal/text"
)

func TestListsOfValuesAreTakenInThreeStyles(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	want := r.as(t).get(t, "/v1/round-tables?format=briefing,conference&fields=format&sort=id").want(t, http.StatusOK)
	if found := len(want.object(t)["data"].([]any)); found == 0 {
		t.Fatal("the sample has none of these events")
	}
	for _, query := range []string{"format=briefing&format=conference", "format[]=briefing&format[]=conference", "format%5B%5D=conference&format=briefing", "format=briefing&format=conference&format="} {
		got := r.as(t).get(t, "/v1/round-tables?"+query+"&fields=format&sort=id").want(t, http.StatusOK)
		if fmt.Sprint(got.object(t)["data"]) != fmt.Sprint(want.object(t)["data"]) {
			t.Errorf("%s: %s", query, got.Body)
		}
	}
	for _, query := range []string{"person=all:42,45", "person=all:42&person=all:45", "person[]=all:45&person[]=42"} {
		r.as(t).get(t, "/v1/round-tables?"+query).want(t, http.StatusOK)
	}
	grouped := r.as(t).get(t, "/v1/round-tables/aggregate?group_by=format&group_by=year&format[]=briefing&format[]=conference").want(t, http.StatusOK)
	if list := path(grouped.object(t), "groups", "0", "list"); !strings.Contains(fmt.Sprint(list), "format=") || path(grouped.object(t), "data", "0", "key2") == nil {
		t.Errorf("%s", grouped.Body)
	}
	r.as(t).get(t, "/v1/round-tables?limit=1&limit=2").wantProblem(t, http.StatusBadRequest, "bad_parameters", "limit repeated_parameter")
	r.as(t).get(t, "/v1/round-tables?limit[]=1").wantProblem(t, http.StatusBadRequest, "bad_parameters", "limit[] unknown_parameter")
}

func TestEveryAttendeeHasALabel(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	event := fixture.RoundTable(t, r.pool)
	hidden := fixture.Person(t, r.pool)
	c := r.as(t, actor.Write, actor.Publish)
	c.patch(t, fmt.Sprint("/v1/people/", hidden), `{"visibility":"restricted"}`).want(t, http.StatusOK)
	c.patch(t, fmt.Sprint("/v1/round-tables/", event), `{"starts_on":"2024-05-01","publication":"published"}`).want(t, http.StatusOK)
	for _, set := range []func(*attendee.Input){
		func(in *attendee.Input) { in.PersonID = new(fixture.Person(t, r.pool)) },
		func(in *attendee.Input) { in.OrganizationID = new(fixture.Organization(t, r.pool)) },
		func(in *attendee.Input) { in.Description = text.Map{"en": "Students"} },
		func(in *attendee.Input) { in.NameAsListed = new("T. Kaliyev") },
		func(in *attendee.Input) { in.Affiliations = []attendee.Affiliation{{Title: text.Map{"en": "Rector"}}} },
		func(in *attendee.Input) {
			in.PersonID, in.NameAsListed = &hidden, new("Canary")
			in.Affiliations = []attendee.Affiliation{{OrganizationAsListed: new("University")}}
		},
	} {
		fixture.Attendee(t, r.pool, func(in *attendee.Input) { *in = attendee.Input{RoundTableID: event}; set(in) })
	}
	labels := func(c caller) (list []string) {
		for _, a := range c.get(t, fmt.Sprintf("/v1/round-tables/%d/attendees?lang=en", event)).want(t, http.StatusOK).object(t)["data"].([]any) {
			list = append(list, fmt.Sprint(path(a, "label_text")))
		}
		return list
	}
	public, full := labels(r.as(t)), labels(r.as(t, actor.Read))
	if want := []string{"Students", "T. Kaliyev", "Rector", "University"}; !slices.Equal(public[2:], want) || slices.Contains(public, "<nil>") {
		t.Errorf("%q", public)
	}
	if !slices.Equal(full[:5], public[:5]) || full[5] == "University" {
		t.Errorf("%q", full)
	}
}

func TestFieldsOfIncludedRecords(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	got := r.as(t).get(t, "/v1/round-tables/13?include=attendees&fields=title,attendees.person,attendees.roles&lang=ru").want(t, http.StatusOK).object(t)
	first := path(got, "attendees", "0")
	if _, ok := got["starts_on"]; ok || got["title_text"] == nil || path(first, "person", "name") == nil || path(first, "roles", "0") == nil || path(first, "id") == nil {
		t.Errorf("%v", got)
	}
	for _, member := range []string{"position", "affiliations", "name_as_listed"} {
		if _, ok := first.(map[string]any)[member]; ok {
			t.Errorf("%s is left: %v", member, first)
		}
	}
	whole := r.as(t).get(t, "/v1/round-tables/13?include=attendees&fields=attendees.roles,attendees").want(t, http.StatusOK).object(t)
	if path(whole, "attendees", "0", "affiliations") == nil {
		t.Errorf("%v", whole)
	}
	for _, field := range []string{"attendees.nobody", "title.ru", "attendees.", ".id"} {
		r.as(t).get(t, "/v1/round-tables/13?include=attendees&fields="+field).wantProblem(t, http.StatusBadRequest, "bad_parameters")
	}
	r.as(t).get(t, "/v1/exports/attendees.csv?fields=person.name").wantProblem(t, http.StatusBadRequest, "bad_parameters")
}

func TestHeadersForBrowsers(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.LocalOrigins = true })
	public, keyed := r.as(t).get(t, "/v1/topics"), r.as(t, actor.Read).get(t, "/v1/topics")
	for _, c := range []struct{ got, want string }{
		{strings.Join(public.Header().Values("Vary"), "|"), "Accept-Encoding, Accept, Authorization"},
		{public.Header().Get("Timing-Allow-Origin"), "*"},
		{keyed.Header().Get("Cache-Control"), "private, no-cache"},
		{keyed.Header().Get("Timing-Allow-Origin"), ""},
		{r.as(t, actor.PII).get(t, fmt.Sprintf("/v1/people/%d/contacts", fixture.Person(t, r.pool))).Header().Get("Cache-Control"), "private, no-store"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	for origin, trusted := range map[string]bool{"http://localhost:5173": true, "http://127.0.0.1:3000": true, "https://[::1]:1": true, "https://localhost.example.org": false, "null": false, "http://10.0.0.1": false} {
		preflight := r.do(t, http.MethodOptions, "/v1/topics", nil, "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
		if got := strings.Contains(preflight.Header().Get("Access-Control-Allow-Headers"), "Authorization"); got != trusted {
			t.Errorf("%s: %v", origin, preflight.Header())
		}
		made := r.as(t, actor.Write).do(t, http.MethodPost, "/v1/topics?dry_run=true", `{"label":{"en":"A"}}`,
			append([]string{"Content-Type", jsonBody, "Origin", origin, "Sec-Fetch-Site", "cross-site"}, r.as(t, actor.Write).headers...)...)
		if (made.Code == http.StatusOK) != trusted {
			t.Errorf("%s: %d %s", origin, made.Code, made.Body)
		}
	}
	stream := r.do(t, http.MethodOptions, "/v1/changes/stream", nil, "Origin", "https://example.org", "Access-Control-Request-Method", "GET")
	if !strings.Contains(stream.Header().Get("Access-Control-Allow-Headers"), "Last-Event-ID") {
		t.Errorf("%v", stream.Header())
	}
}
