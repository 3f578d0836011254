package api

import (
	"fmt"
	"net/http"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

// spellingsOf returns the spellings at a path as "text count event".
func spellingsOf(t *testing.T, c caller, path1 string) (list []string) {
	t.Helper()
	for _, s := range c.get(t, path1+"/spellings?lang=ru").want(t, http.StatusOK).object(t)["data"].([]any) {
		list = append(list, fmt.Sprint(path(s, "text"), " ", path(s, "count"), " ", path(s, "last_event", "name", "ru")))
	}
	return list
}

func TestTheSpellingsOfARecordAreThoseOfTheRoundTablesThatTheCallerSees(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c, public := r.as(t, actor.Read, actor.Write, actor.Publish), r.as(t)
	person := c.make(t, "/v1/people", `{"name":{"ru":"Талгат Калиев"},"other_names":[{"text":"Калиев","kind":"as_listed"},{"text":"Tolik","kind":"alias"}]}`)
	organization := c.make(t, "/v1/organizations", `{"name":{"ru":"Институт воды"}}`)
	n, o := person[len("/v1/people/"):], organization[len("/v1/organizations/"):]
	for _, e := range []struct{ title, on, publication, listed string }{
		{"Старая", "2020-02-27", "published", "Т. Калиев"}, {"Новая", "2021-02-27", "published", "Т. Калиев"}, {"Черновик", "2022-02-27", "draft", "Калиев Талгат"},
	} {
		event := c.make(t, "/v1/round-tables", `{"title":{"ru":%q},"starts_on":%q,"publication":%q}`, e.title, e.on, e.publication)[len("/v1/round-tables/"):]
		c.make(t, "/v1/attendees", `{"round_table_id":%s,"person_id":%s,"name_as_listed":%q,"affiliations":[{"organization_id":%s,"organization_as_listed":"ИВ"}]}`,
			event, n, e.listed, o)
		c.make(t, "/v1/organizers", `{"round_table_id":%s,"organization_id":%s,"name_as_listed":"Институт %s"}`, event, o, e.title)
		c.make(t, "/v1/attendees", `{"round_table_id":%s,"organization_id":%s,"name_as_listed":"ИВ"}`, event, o)
	}
	for _, want := range []struct {
		c        caller
		path     string
		expected string
	}{
		{c, person, "[Т. Калиев 2 Новая Калиев Талгат 1 Черновик Калиев 0 <nil>]"},
		{public, person, "[Т. Калиев 2 Новая Калиев 0 <nil>]"},
		{c, organization, "[ИВ 6 Черновик Институт Черновик 1 Черновик Институт Новая 1 Новая Институт Старая 1 Старая]"},
		{public, organization, "[ИВ 4 Новая Институт Новая 1 Новая Институт Старая 1 Старая]"},
	} {
		if got := fmt.Sprint(spellingsOf(t, want.c, want.path)); got != want.expected {
			t.Errorf("%s: %s, want %s", want.path, got, want.expected)
		}
	}
	limited := public.get(t, organization+"/spellings?limit=1").object(t)
	if len(limited["data"].([]any)) != 1 || path(limited, "meta", "total") != 3.0 {
		t.Errorf("limited: %v", limited)
	}
	c.patch(t, person, `{"visibility":"restricted"}`).want(t, http.StatusOK)
	public.get(t, person+"/spellings").wantProblem(t, http.StatusNotFound, "not_found")
	public.get(t, "/v1/organizations/999/spellings").wantProblem(t, http.StatusNotFound, "not_found")
}
