package api

import (
	"fmt"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
)

func TestAnEventItsOrganizersDocumentsAndRecommendationsLiveOverHTTP(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Write, actor.Publish)
	organization := fixture.Insert(t, r.pool, `INSERT INTO organizations (name) VALUES ('{"en":"Institute"}') RETURNING id`)
	auth := []string{"Authorization", "Bearer " + token, "Content-Type", jsonBody}
	ifAny := append([]string{"If-Match", "*"}, auth...)
	post := func(path, body string) string {
		r.do(t, "POST", path+"?dry_run=true", body, auth...).want(t, 200)
		at := r.do(t, "POST", path, body, auth...).want(t, 201).Header().Get("Location")
		r.do(t, "GET", at, nil, auth...).want(t, 200)
		return at
	}
	event := post("/v1/round-tables", `{"title":{"en":"Ethnic policy"},"starts_on":"2020-02-27"}`)
	number := event[strings.LastIndex(event, "/")+1:]
	document := post("/v1/documents", `{"title":{"en":"Press release"}}`)
	organizer := post("/v1/organizers", fmt.Sprintf(`{"round_table_id":%s,"organization_id":%d}`, number, organization))
	recommendation := post("/v1/recommendations", fmt.Sprintf(`{"round_table_id":%s,"text":{"en":"Found an institute"}}`, number))
	r.do(t, "GET", event, nil).wantProblem(t, 404, "not_found")
	r.do(t, "GET", event+"/organizers", nil).wantProblem(t, 404, "not_found")
	r.do(t, "POST", event+"/publish", nil, ifAny...).want(t, 200)
	for _, list := range []string{"/v1/round-tables?starts_from=2020-02-27&starts_to=2020-02-28", "/v1/organizers", "/v1/recommendations", "/v1/documents", event + "/organizers", event + "/recommendations"} {
		if got := len(pageOf(t, r.do(t, "GET", list, nil).want(t, 200)).Data); got != 1 {
			t.Errorf("GET %s: %d records", list, got)
		}
	}
	r.do(t, "PATCH", event, `{"purpose":{"en":"To look ahead"}}`, ifAny...).want(t, 200)
	r.do(t, "PATCH", document, `{"kind":"press_release"}`, ifAny...).want(t, 200)
	r.do(t, "PATCH", organizer, `{"kind":"host"}`, ifAny...).want(t, 200)
	r.do(t, "PATCH", recommendation, `{"status":"accepted"}`, ifAny...).want(t, 200)
	r.do(t, "DELETE", event, nil, ifAny...).wantProblem(t, 409, "in_use")
	r.do(t, "POST", event+"/withdraw", nil, ifAny...).want(t, 200)
	r.do(t, "GET", event, nil).want(t, 404)
	for _, path := range []string{recommendation, organizer, document, event} {
		r.do(t, "DELETE", path, nil, ifAny...).want(t, 204)
	}
}
