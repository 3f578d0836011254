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

// wholeEvent is an event that a bundle has made.
type wholeEvent struct {
	caller
	at     string // its address
	bundle float64
}

func newWholeEvent(t *testing.T, scopes ...actor.Scope) wholeEvent {
	t.Helper()
	c := newRig(t, nil).as(t, scopes...)
	made := c.post(t, "/v1/bundles", waterBundle).want(t, http.StatusCreated)
	return wholeEvent{c, made.Header().Get("Location"), made.object(t)["id"].(float64)}
}

// document reads the event, with its ETag.
func (e wholeEvent) document(t *testing.T) (document map[string]any, etag string) {
	t.Helper()
	r := e.get(t, e.at+"/bundle").want(t, http.StatusOK)
	return r.object(t), r.Header().Get("ETag")
}

func (e wholeEvent) put(t *testing.T, query, etag string, document any) reply {
	t.Helper()
	raw, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	headers := append([]string{"Content-Type", jsonBody}, e.headers...)
	if etag != "" {
		headers = append(headers, "If-Match", etag)
	}
	return e.do(t, http.MethodPut, e.at+"/bundle"+query, string(raw), headers...)
}

// totals returns the numbers of a report: created, changed, removed, unchanged.
func totals(t *testing.T, r reply) [4]float64 {
	t.Helper()
	all := path(r.object(t), "totals").(map[string]any)
	return [4]float64{all["created"].(float64), all["changed"].(float64), all["removed"].(float64), all["unchanged"].(float64)}
}

// parts returns a list of a document.
func parts(document map[string]any, list string) []map[string]any {
	var all []map[string]any
	for _, x := range document[list].([]any) {
		all = append(all, x.(map[string]any))
	}
	return all
}

func TestAWrongSpeakerIsCorrectedInTheWholeEvent(t *testing.T) {
	t.Parallel()
	e := newWholeEvent(t, actor.Write)
	document, etag := e.document(t)
	statements, attendees := parts(document, "statements"), parts(document, "attendees")
	if statements[0]["speaker"] != attendees[1]["key"] || statements[1]["in_reply_to"] != statements[0]["key"] {
		t.Fatalf("document: %v", document)
	}
	same := e.put(t, "", etag, document).want(t, http.StatusOK)
	if got := totals(t, same); got != [4]float64{0, 0, 0, 9} || same.object(t)["id"] != nil || fmt.Sprint(same.object(t)["ignored"]) != "[]" {
		t.Errorf("unchanged: %s", same.Body)
	}
	if again := same.Header().Get("ETag"); again != etag {
		t.Errorf("the ETag was %s, is %s", etag, again)
	}
	statements[0]["speaker"] = attendees[0]["key"]
	before := e.changeCount(t)
	tried := e.put(t, "?dry_run=true", etag, document).want(t, http.StatusOK)
	if got := totals(t, tried); got != [4]float64{0, 1, 0, 8} || tried.object(t)["dry_run"] != true || e.changeCount(t) != before {
		t.Errorf("dry run: %s", tried.Body)
	}
	done := e.put(t, "?reason=press+release", etag, document).want(t, http.StatusOK)
	changed := path(done.object(t), "changed").([]any)[0].(map[string]any)
	if changed["pointer"] != "/statements/0" || changed["type"] != "statements" || fmt.Sprint(changed["members"]) != "[speaker]" {
		t.Errorf("changed: %s", done.Body)
	}
	is, newTag := e.document(t)
	if parts(is, "statements")[0]["speaker"] != attendees[0]["key"] || newTag == etag || done.Header().Get("ETag") != newTag {
		t.Errorf("ETag %s, then %s, reported %s: %v", etag, newTag, done.Header().Get("ETag"), is)
	}
	e.put(t, "", etag, document).wantProblem(t, http.StatusPreconditionFailed, "stale_event")
	history := e.get(t, fmt.Sprintf("/v1/statements/%v/history", statements[0]["id"])).want(t, http.StatusOK).Body.String()
	if !strings.Contains(history, "press release") {
		t.Errorf("history: %s", history)
	}
	e.post(t, "/v1/undo", fmt.Sprintf(`{"request":%q}`, done.Header().Get("X-Request-Id"))).want(t, http.StatusOK)
	if is, _ := e.document(t); parts(is, "statements")[0]["speaker"] != attendees[1]["key"] {
		t.Errorf("after the undo: %v", is)
	}
}

func TestTheETagOfAWholeEventChangesWithEachOfItsParts(t *testing.T) {
	t.Parallel()
	e := newWholeEvent(t, actor.Write)
	document, etag := e.document(t)
	e.get(t, e.at+"/bundle").want(t, http.StatusOK)
	if r := e.do(t, http.MethodGet, e.at+"/bundle", nil, append(e.headers, "If-None-Match", etag)...); r.Code != http.StatusNotModified || r.Header().Get("ETag") != etag {
		t.Errorf("%d %s", r.Code, r.Header().Get("ETag"))
	}
	for list, patch := range map[string]string{
		"organizers": `{"kind":"host"}`, "attendees": `{"roles":["speaker"]}`, "statements": `{"act":"other"}`, "recommendations": `{"status":"accepted"}`,
	} {
		e.patch(t, fmt.Sprintf("/v1/%s/%v", list, parts(document, list)[0]["id"]), patch).want(t, http.StatusOK)
		_, next := e.document(t)
		if next == etag {
			t.Errorf("%s: the ETag is still %s", list, etag)
		}
		e.put(t, "", etag, document).wantProblem(t, http.StatusPreconditionFailed, "stale_event")
		etag = next
	}
	e.patch(t, e.at, `{"notes":"A note."}`).want(t, http.StatusOK)
	e.put(t, "", etag, document).wantProblem(t, http.StatusPreconditionFailed, "stale_event")
	document, etag = e.document(t)
	e.make(t, "/v1/topics", `{"label":{"en":"Other"}}`)
	if _, next := e.document(t); next == etag {
		t.Errorf("the ETag %s does not show that the log has grown", etag)
	}
	e.put(t, "", "W/"+etag[:len(etag)-1]+`-gzip"`, document).want(t, http.StatusOK) // the event is the same
	e.put(t, "", "", document).wantProblem(t, http.StatusPreconditionRequired, "if_match_required")
	e.put(t, "", "*", document).want(t, http.StatusOK)
	e.put(t, "", `"1"`, document).wantProblem(t, http.StatusPreconditionFailed, "stale_event")
}

func TestPartsOfAWholeEventAreCreatedRemovedAndOrdered(t *testing.T) {
	t.Parallel()
	e := newWholeEvent(t, actor.Write)
	document, etag := e.document(t)
	attendees, statements := document["attendees"].([]any), document["statements"].([]any)
	// The person of the first attendee attends as a new one, the statement goes to the new one, the rest is turned around.
	first := attendees[0].(map[string]any)
	document["attendees"] = []any{
		attendees[2], attendees[1],
		map[string]any{"key": "new", "person": first["person"], "roles": []any{"speaker"}},
		map[string]any{"person": map[string]any{"name": "Serik Zhanov"}},
	}
	statements[1].(map[string]any)["speaker"] = "new"
	delete(statements[1].(map[string]any), "in_reply_to")
	document["statements"] = []any{statements[1], map[string]any{"key": "more", "speaker": "Serik Zhanov", "texts": []any{map[string]any{"text": "Agreed."}}}}
	document["recommendations"] = []any{map[string]any{"text": map[string]any{"en": "Meet again."}, "statement": "more"}}
	document["organizers"].([]any)[0].(map[string]any)["kind"], document["organizers"].([]any)[1].(map[string]any)["kind"] = "co_organizer", "organizer"
	done := e.put(t, "", etag, document).want(t, http.StatusOK)
	if got := totals(t, done); got != [4]float64{5, 4, 3, 2} { // 2 attendees, a person, a statement, a recommendation are new
		t.Errorf("%v: %s", got, done.Body)
	}
	is, _ := e.document(t)
	var order []string
	for _, a := range parts(is, "attendees") {
		order = append(order, a["key"].(string))
	}
	if !slices.Equal(order, []string{"students", "attendee-2", "Aigerim Sadykova", "Serik Zhanov"}) {
		t.Errorf("attendees: %v", order)
	}
	if s := parts(is, "statements"); len(s) != 2 || s[0]["speaker"] != "Aigerim Sadykova" || s[1]["speaker"] != "Serik Zhanov" {
		t.Errorf("statements: %v", s)
	}
	undo := fmt.Sprintf(`{"request":%q}`, done.Header().Get("X-Request-Id"))
	e.post(t, "/v1/undo", undo).want(t, http.StatusOK)
	back, _ := e.document(t)
	was, _ := json.Marshal(parts(back, "attendees"))
	if got := string(was); strings.Count(got, `"id"`) == 0 || parts(back, "attendees")[0]["key"] != "Aigerim Sadykova" || len(parts(back, "statements")) != 2 ||
		parts(back, "statements")[1]["in_reply_to"] != parts(back, "statements")[0]["key"] || len(parts(back, "recommendations")) != 1 {
		t.Errorf("after the undo: %v", back)
	}
}

func TestTwoAttendeesExchangeTheirPeople(t *testing.T) {
	t.Parallel()
	c := newRig(t, nil).as(t, actor.Write)
	made := c.post(t, "/v1/bundles", `{"lang":"en","round_table":{"title":{"en":"Meeting"},"starts_on":"2020-02-27"},
		"attendees":[{"person":{"name":"Erkin Karimov"}},{"person":{"name":"Serik Zhanov"}}],
		"statements":[{"speaker":"Erkin Karimov","texts":[{"text":"Yes."}]}]}`).want(t, http.StatusCreated)
	e := wholeEvent{c, made.Header().Get("Location"), 0}
	document, etag := e.document(t)
	a := parts(document, "attendees")
	a[0]["person"], a[1]["person"] = a[1]["person"], a[0]["person"]
	done := e.put(t, "", etag, document).want(t, http.StatusOK)
	if got := totals(t, done); got != [4]float64{0, 2, 0, 2} {
		t.Errorf("%v: %s", got, done.Body)
	}
	c.post(t, "/v1/undo", fmt.Sprintf(`{"request":%q}`, done.Header().Get("X-Request-Id"))).want(t, http.StatusOK)
	is, _ := e.document(t)
	if got := path(parts(is, "attendees")[0], "person", "name"); got != "Erkin Karimov" {
		t.Errorf("after the undo: %v", got)
	}
	a[0]["person"] = a[1]["person"]
	e.put(t, "", "*", document).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/attendees/1/person listed_twice")
}

func TestPartsOfOtherEventsAreRejectedWithAllOtherErrors(t *testing.T) {
	t.Parallel()
	e := newWholeEvent(t, actor.Write)
	other := e.post(t, "/v1/bundles", `{"lang":"en","round_table":{"title":{"en":"Other"},"starts_on":"2021-02-27"},
		"attendees":[{"person":{"name":"Erkin Karimov"}}]}`).want(t, http.StatusCreated)
	theirs, _ := wholeEvent{e.caller, other.Header().Get("Location"), 0}.document(t)
	document, etag := e.document(t)
	a := parts(document, "attendees")
	a[0]["id"], a[2]["id"], a[1]["roles"] = parts(theirs, "attendees")[0]["id"], a[1]["id"], []any{"singer"}
	parts(document, "statements")[0]["speaker"] = "Nobody"
	document["round_table"].(map[string]any)["id"] = path(theirs, "round_table", "id")
	before := e.changeCount(t)
	e.put(t, "", etag, document).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed",
		"/attendees/0/id not_of_event", "/attendees/1/roles/0 not_allowed", "/attendees/2/id duplicate", "/round_table/id another_round_table",
		"/statements/0/speaker unknown_speaker")
	if e.changeCount(t) != before {
		t.Error("something was written")
	}
	e.get(t, "/v1/round-tables/999/bundle").wantProblem(t, http.StatusNotFound, "not_found")
	missing := wholeEvent{e.caller, "/v1/round-tables/999", 0}
	delete(document["round_table"].(map[string]any), "id")
	missing.put(t, "", "*", document).wantProblem(t, http.StatusNotFound, "not_found")
}

func TestThePublicSeesAPublishedEventWithoutNotes(t *testing.T) {
	t.Parallel()
	e := newWholeEvent(t, actor.Scopes...)
	anonymous := caller{rig: e.rig}
	anonymous.get(t, e.at+"/bundle").wantProblem(t, http.StatusNotFound, "not_found")
	e.patch(t, e.at, `{"notes":"Secret."}`).want(t, http.StatusOK)
	document, _ := e.document(t)
	person := path(parts(document, "attendees")[0], "person", "id")
	e.patch(t, fmt.Sprintf("/v1/people/%v", person), `{"visibility":"restricted"}`).want(t, http.StatusOK)
	e.act(t, e.at+"/publish").want(t, http.StatusOK)
	shown := anonymous.get(t, e.at+"/bundle").want(t, http.StatusOK).Body.String()
	if strings.Contains(shown, "Secret") || strings.Contains(shown, "Sadykova") || !strings.Contains(shown, "hydrologist") {
		t.Errorf("the public sees %s", shown)
	}
}

func TestABundleIsReverted(t *testing.T) {
	t.Parallel()
	e := newWholeEvent(t, actor.Write)
	at := fmt.Sprintf("/v1/bundles/%v/revert", e.bundle)
	// One person is used elsewhere, one organization has changed.
	other := e.post(t, "/v1/bundles", `{"lang":"en","round_table":{"title":{"en":"Other"},"starts_on":"2021-02-27"},
		"attendees":[{"person":{"name":"Aigerim Sadykova"}}]}`).want(t, http.StatusCreated)
	e.patch(t, "/v1/organizations/1", `{"website":"https://example.org"}`).want(t, http.StatusOK)
	tried := e.post(t, at+"?dry_run=true", "").want(t, http.StatusOK)
	if tried.object(t)["dry_run"] != true || e.rows(t, "SELECT count(*) FROM round_tables") != 2 {
		t.Errorf("dry run: %s", tried.Body)
	}
	done := e.post(t, at, "").want(t, http.StatusOK)
	var kept []string
	for _, x := range path(done.object(t), "kept").([]any) {
		kept = append(kept, fmt.Sprint(path(x, "type"), " ", path(x, "reason")))
	}
	slices.Sort(kept)
	if len(kept) < 2 || kept[0] != "organizations changed" || !slices.Contains(kept, "people in_use") {
		t.Errorf("kept %v: %s", kept, done.Body)
	}
	if n := e.rows(t, "SELECT (SELECT count(*) FROM round_tables) + (SELECT count(*) FROM statements) + (SELECT count(*) FROM documents) + (SELECT count(*) FROM topics)"); n != 1 {
		t.Errorf("%d records are left", n)
	}
	e.get(t, e.at).wantProblem(t, http.StatusGone, "deleted")
	e.post(t, at, "").wantProblem(t, http.StatusConflict, "already_removed")
	e.post(t, "/v1/bundles/999/revert", "").wantProblem(t, http.StatusNotFound, "not_found")
	// The revert is undone like any request.
	e.post(t, "/v1/undo", fmt.Sprintf(`{"request":%q}`, done.Header().Get("X-Request-Id"))).want(t, http.StatusOK)
	e.get(t, e.at).want(t, http.StatusOK)
	second := wholeEvent{e.caller, other.Header().Get("Location"), 0}
	document, etag := second.document(t)
	document["attendees"] = []any{}
	edited := second.put(t, "", etag, document).want(t, http.StatusOK).object(t)
	e.post(t, fmt.Sprintf("/v1/bundles/%v/revert", path(other.object(t), "id")), "").wantProblem(t, http.StatusConflict, "changed_since")
	reverted := e.post(t, fmt.Sprintf("/v1/bundles/%v/revert", edited["id"]), "").want(t, http.StatusOK)
	if restored := path(reverted.object(t), "restored").([]any); len(restored) != 1 || path(restored[0], "name") != "Aigerim Sadykova" {
		t.Errorf("%s", reverted.Body)
	}
}

func TestAReportListsTheDetailsOfExistingRecordsThatItIgnored(t *testing.T) {
	t.Parallel()
	e := newWholeEvent(t, actor.Write)
	document, etag := e.document(t)
	someone, place := parts(document, "people")[0], parts(document, "places")[0]
	someone["bio"], someone["name"] = map[string]any{"en": "An engineer."}, "Somebody Else Altogether"
	place["country"] = "FR"
	attendees := parts(document, "attendees")
	attendees[0]["person"].(map[string]any)["name"] = "As The Source Has It" // a spelling, which is remembered
	done := e.put(t, "?dry_run=true", etag, document).want(t, http.StatusOK)
	var got []string
	for _, x := range done.object(t)["ignored"].([]any) {
		ignored := x.(map[string]any)
		got = append(got, fmt.Sprintf("%v %v", ignored["pointer"], ignored["path"]))
	}
	want := []string{
		fmt.Sprintf("/people/0/name /v1/people/%v", someone["id"]), fmt.Sprintf("/people/0/bio /v1/people/%v", someone["id"]),
		fmt.Sprintf("/places/0/country /v1/places/%v", place["id"]),
	}
	if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Errorf("ignored %v, want %v", got, want)
	}
}
