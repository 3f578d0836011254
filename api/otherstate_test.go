package api

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

var times = regexp.MustCompile(`"(updated_at|cursor)":"[^"]*"|DTSTAMP:\S+|LAST-MODIFIED:\S+|"dateModified":"[^"]*"|(,)\d{4}-\d\d-\d\dT[^,]*`)

// withoutTimes is a response without the times at which its records changed, and without its position in the change log.
func withoutTimes(r reply) string {
	return times.ReplaceAllString(r.Body.String(), `"$1":""`)
}

func TestAPreviewIsWhatThePublicGetsAfterThePublication(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	editor, public := m.as(t, actor.Write, actor.Publish), m.as(t)
	event := m.ids["round-tables"][hidden]
	paths := []string{
		m.pathTo("round-tables"), m.pathTo("round-tables") + ".jsonld", m.pathTo("round-tables") + ".ics", m.pathTo("round-tables") + "/attendees",
		m.pathTo("round-tables") + "/bundle", m.pathTo("statements"), m.pathTo("attendees"), m.pathTo("organizers"), m.pathTo("recommendations"), m.pathTo("documents"),
		fmt.Sprintf("/v1/statements?round_table=%d&lang=ru&count=exact", event), fmt.Sprintf("/v1/round-tables?id=%d&include=attendees,statements", event),
		fmt.Sprintf("/v1/exports/round-tables.csv?id=%d", event), fmt.Sprintf("/v1/statements/aggregate?round_table=%d&group_by=kind", event),
		fmt.Sprintf("/v1/attendees?id=%d", m.ids["attendees"][hidden]),
	}
	with := func(path string) string {
		if strings.Contains(path, "?") {
			return path + "&view=public"
		}
		return path + "?view=public"
	}
	before := m.changeCount(t)
	previews := map[string]string{}
	for _, path := range paths {
		public.get(t, with(path)) // must not leave the preview in a cache
		preview := editor.get(t, with(path)).want(t, http.StatusOK)
		previews[path] = withoutTimes(preview)
		if strings.Contains(preview.Body.String(), restrictedCanary) || strings.Contains(preview.Body.String(), notesCanary) {
			t.Errorf("%s shows what the public does not see: %s", path, preview.Body)
		}
		if preview.Header().Get("ETag") != "" || preview.Header().Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: a preview can be cached: %v", path, preview.Header())
		}
	}
	for path := range previews {
		if reply := public.get(t, with(path)); strings.Contains(reply.Body.String(), draftCanary) {
			t.Errorf("%s shows the draft to the public: %s", path, reply.Body)
		}
	}
	if m.changeCount(t) != before {
		t.Error("a preview has written")
	}
	editor.patch(t, m.pathTo("round-tables"), `{"starts_on":"2020-02-27"}`).want(t, http.StatusOK)
	for _, path := range paths {
		previews[path] = withoutTimes(editor.get(t, with(path)).want(t, http.StatusOK))
	}
	editor.act(t, m.pathTo("round-tables")+"/publish").want(t, http.StatusOK)
	for path, preview := range previews {
		if got := withoutTimes(public.get(t, path).want(t, http.StatusOK)); got != preview && !strings.Contains(path, "aggregate") {
			t.Errorf("%s\npreview %s\npublic  %s", path, preview, got)
		}
	}
}

func TestThePublicViewOfEverythingElseIsThatOfThePublic(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	editor, public := m.as(t, actor.Write), m.as(t)
	for _, path := range []string{"/v1/round-tables", "/v1/people", "/v1/statements", "/v1/stats/overview", "/v1/search?q=canary"} {
		with := path + "?view=public"
		if strings.Contains(path, "?") {
			with = path + "&view=public"
		}
		if got, want := editor.get(t, with).want(t, http.StatusOK).Body.String(), public.get(t, path).want(t, http.StatusOK).Body.String(); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	editor.get(t, m.pathTo("people")+"?view=public").wantProblem(t, http.StatusNotFound, "not_found")
	editor.get(t, "/v1/topics?view=private").wantProblem(t, http.StatusBadRequest, "bad_parameters", "view not_allowed")
	next := *pageOf(t, editor.get(t, "/v1/topics?view=public&limit=1").want(t, http.StatusOK)).Page.Next
	if !strings.Contains(next, "view=public") {
		t.Errorf("the next page is %s", next)
	}
	editor.get(t, strings.TrimPrefix(next, m.server.config.PublicBaseURL)).want(t, http.StatusOK)
}

func TestARecordAndThePartsOfAnEventAreShownAsTheyWere(t *testing.T) {
	t.Parallel()
	e := newWholeEvent(t, actor.Write)
	document, etag := e.document(t)
	was := e.get(t, e.at).want(t, http.StatusOK).object(t)
	statements := e.get(t, e.at+"/statements").want(t, http.StatusOK)
	attendee := fmt.Sprint("/v1/attendees/", parts(document, "attendees")[0]["id"])
	seat := e.get(t, attendee).want(t, http.StatusOK).object(t)
	at := pageOf(t, e.get(t, "/v1/audit?limit=1")).Data
	if at == nil {
		history := pageOf(t, e.get(t, e.at+"/history?include=parts&limit=1").want(t, http.StatusOK))
		at = history.Data
	}
	moment := at[0]["changed_at"].(string)
	document["statements"] = document["statements"].([]any)[:1]
	parts(document, "attendees")[0]["roles"] = []string{"observer"}
	document["round_table"].(map[string]any)["title"] = map[string]any{"en": "Another title"}
	e.put(t, "", etag, document).want(t, http.StatusOK)
	query := "?as_of=" + url.QueryEscape(moment)
	then := e.get(t, e.at+query).want(t, http.StatusOK)
	if got := then.object(t); fmt.Sprint(got["title"]) != fmt.Sprint(was["title"]) || got["version"] != was["version"] || fmt.Sprint(got["counts"]) != fmt.Sprint(was["counts"]) ||
		got["as_of"] == nil || then.Header().Get("X-As-Of") != got["as_of"] || then.Header().Get("ETag") != "" {
		t.Errorf("the event as it was: %s, want %v", then.Body, was)
	}
	past := pageOf(t, e.get(t, e.at+"/statements"+query+"&limit=1").want(t, http.StatusOK))
	next := strings.TrimPrefix(*past.Page.Next, e.server.config.PublicBaseURL)
	second := pageOf(t, e.get(t, next).want(t, http.StatusOK))
	if now := pageOf(t, statements); past.Data[0]["id"] != now.Data[0]["id"] || second.Data[0]["id"] != now.Data[1]["id"] {
		t.Errorf("statements as they were: %v, %v, want %v", past.Data, second.Data, now.Data)
	}
	if got := e.get(t, attendee+query).want(t, http.StatusOK).object(t); fmt.Sprint(got["roles"]) != fmt.Sprint(seat["roles"]) || fmt.Sprint(got["label"]) != fmt.Sprint(seat["label"]) {
		t.Errorf("the attendee as it was: %v, want %v", got, seat)
	}
	if got := e.get(t, e.at+"/bundle"+query).want(t, http.StatusOK).object(t); len(got["statements"].([]any)) != 2 {
		t.Errorf("the document as it was: %v", got)
	}
	e.get(t, e.at+"?as_of=2001-01-01").wantProblem(t, http.StatusNotFound, "not_found")
	e.get(t, e.at+"?as_of=yesterday").wantProblem(t, http.StatusBadRequest, "bad_parameters", "as_of bad_instant")
	e.rig.as(t).get(t, e.at+query).wantProblem(t, http.StatusUnauthorized, "key_required")
	e.get(t, "/v1/attendees"+query).wantProblem(t, http.StatusBadRequest, "bad_parameters", "as_of unknown_parameter")
}
