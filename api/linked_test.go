package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

func TestARoundTableIsAnEventOfSchemaOrgForThoseWhoAskForOne(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	c := r.as(t)
	answer := c.do(t, http.MethodGet, "/v1/round-tables/13", nil, "Accept", "application/ld+json").want(t, http.StatusOK)
	event := answer.object(t)
	if got := answer.Header().Get("Content-Type"); got != "application/ld+json" {
		t.Errorf("Content-Type: %s", got)
	}
	if event["@context"] != "https://schema.org" || event["@type"] != "Event" || event["@id"] != "/v1/round-tables/13" || event["startDate"] != "2020-02-27" || event["eventStatus"] != "https://schema.org/EventScheduled" {
		t.Errorf("%v", event)
	}
	if name := event["name"].([]any)[0]; path(name, "@language") != "en" || path(name, "@value") != "Actual Issues of Ethnic Policy in Kazakhstan: Expert Opinion" {
		t.Errorf("%v", event["name"])
	}
	if organizers := event["organizer"].([]any); len(organizers) != 3 || path(organizers[0], "@type") != "OrganizationRole" || path(organizers[0], "roleName") != "organizer" || path(organizers[0], "organizer", "@id") != "/v1/organizations/5" {
		t.Errorf("%v", organizers)
	}
	moderators := 0
	attendees := event["attendee"].([]any)
	for _, a := range attendees {
		if slices.Contains(path(a, "roleName").([]any), any("moderator")) {
			moderators++
			if path(a, "@type") != "OrganizationRole" || path(a, "attendee", "@type") != "Person" || len(asList(path(a, "worksFor"))) != 2 {
				t.Errorf("%v", a)
			}
		}
	}
	if len(attendees) != 19 || moderators != 1 {
		t.Errorf("%d attendees, %d moderators", len(attendees), moderators)
	}
	for accept, want := range map[string]string{
		"application/json, application/ld+json;q=0.5": "application/json", "application/ld+json;q=0, */*": "application/json", "*/*": "application/json",
		"application/ld+json, application/json;q=0.9": "application/ld+json", "text/html;q=0.9, application/ld+json": "application/ld+json",
	} {
		if got := c.do(t, http.MethodGet, "/v1/round-tables/13", nil, "Accept", accept).want(t, http.StatusOK).Header().Get("Content-Type"); got != want {
			t.Errorf("Accept: %s gives %s, want %s", accept, got, want)
		}
	}
	c.do(t, http.MethodGet, "/v1/topics/1", nil, "Accept", "application/ld+json").wantProblem(t, http.StatusNotAcceptable, "not_acceptable")
	c.do(t, http.MethodGet, "/v1/round-tables/13?lang=ru", nil, "Accept", "application/ld+json").wantProblem(t, http.StatusBadRequest, "bad_parameters", "lang unknown_parameter")
	c.do(t, http.MethodGet, "/v1/round-tables/1", nil, "Accept", "application/ld+json").wantProblem(t, http.StatusNotFound, "not_found")
}

func TestNoVocabularyShowsWhatIsHidden(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	shownEvent := fmt.Sprintf("/v1/round-tables/%d", m.ids["round-tables"][shown])
	read := func(c caller) string {
		return c.do(t, http.MethodGet, shownEvent, nil, append([]string{"Accept", "application/ld+json"}, c.headers...)...).want(t, http.StatusOK).Body.String()
	}
	if body := read(m.as(t)); strings.Contains(strings.ToLower(body), "canary") {
		t.Errorf("the event shows %s", body)
	}
	if body := read(m.as(t, actor.Read)); !strings.Contains(body, restrictedCanary) || strings.Contains(body, notesCanary) {
		t.Errorf("a reader sees %s", body)
	}
	if body := m.as(t, actor.Read).get(t, "/v1/exports/popolo.json").want(t, http.StatusOK).Body.String(); !strings.Contains(body, restrictedCanary) || !strings.Contains(body, draftCanary) {
		t.Errorf("a reader lacks something: %s", body)
	}
}

func TestThePopoloDocumentHoldsTogether(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	c := r.as(t)
	r.as(t, actor.Write).make(t, "/v1/affiliations", `{"person_id":2,"organization_id":2,"title":{"en":"Director"},"from":"2019-05"}`)
	answer := c.get(t, "/v1/exports/popolo.json?lang=en").want(t, http.StatusOK)
	var members map[string]json.RawMessage
	if err := json.Unmarshal(answer.Body.Bytes(), &members); err != nil {
		t.Fatal(err)
	}
	delete(members, "meta") // of the document
	doc := map[string][]map[string]any{}
	for name, list := range members {
		var objects []map[string]any
		if err := json.Unmarshal(list, &objects); err != nil {
			t.Fatal(err)
		}
		doc[name] = objects
	}
	ids := map[string]bool{}
	for list, x := range map[string]string{"persons": "people", "organizations": "organizations", "memberships": "affiliations", "events": "round-tables"} {
		records, cursor := c.listedWhole(t, "/v1/"+x, "")
		if len(doc[list]) != len(records) || len(records) == 0 || answer.Header().Get("X-Change-Cursor") != cursor {
			t.Errorf("%d %s, the list has %d", len(doc[list]), list, len(records))
		}
		for _, o := range doc[list] {
			id, _ := o["id"].(string)
			if ids[id] || !strings.HasPrefix(id, x+"/") {
				t.Errorf("%s: id %q", list, id)
			}
			ids[id] = true
		}
	}
	attended := 0
	for list, objects := range doc {
		for _, o := range objects {
			for _, name := range []string{"person_id", "organization_id", "parent_id"} {
				if id, ok := o[name].(string); ok && !ids[id] {
					t.Errorf("%s %s: %s is %s, which is not in the document", list, o["id"], name, id)
				}
			}
			if list != "memberships" && o["name"] == "" {
				t.Errorf("%s has no name", o["id"])
			}
			for _, a := range asList(o["attendees"]) {
				attended++
				if id, _ := path(a, "id").(string); !ids[id] {
					t.Errorf("%s: the attendee %s is not in the document", o["id"], id)
				}
			}
		}
	}
	if attended < 50 {
		t.Errorf("only %d attendees", attended)
	}
	c.get(t, "/v1/exports/popolo.json?limit=1").wantProblem(t, http.StatusBadRequest, "bad_parameters", "limit unknown_parameter")
	if head := c.do(t, http.MethodHead, "/v1/exports/popolo.json", nil).want(t, http.StatusOK); head.Body.Len() > 0 {
		t.Errorf("HEAD: %s", head.Body)
	}
}

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}
