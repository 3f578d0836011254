package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

func TestARequestIsUndoneAsAWhole(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	made := c.post(t, "/v1/bundles", `{"lang":"ru","round_table":{"title":{"ru":"Встреча"},"starts_on":"2020-02-27"},
		"attendees":[{"person":{"name":"Каримов Еркин"}},{"person":{"name":"Жанов Серик"}}],"statements":[{"speaker":"Жанов Серик","texts":[{"lang":"ru","text":"Сказал."}]}]}`).
		want(t, http.StatusCreated)
	request := made.Header().Get("X-Request-Id")
	undo := fmt.Sprintf(`{"request":%q}`, request)
	if history := c.get(t, made.Header().Get("Location")+"/history?include=parts").want(t, http.StatusOK); strings.Count(history.Body.String(), request) != 4 {
		t.Errorf("the history of the event with its parts is %s", history.Body)
	}
	c.post(t, "/v1/undo?dry_run=true", undo).want(t, http.StatusOK)
	if n := r.rows(t, "SELECT count(*) FROM people"); n != 2 {
		t.Fatalf("the dry run was saved: %d people", n)
	}
	undone := c.post(t, "/v1/undo", undo).want(t, http.StatusOK)
	if n := r.rows(t, "SELECT (SELECT count(*) FROM people) + (SELECT count(*) FROM round_tables) + (SELECT count(*) FROM attendees) + (SELECT count(*) FROM statements)"); n != 0 {
		t.Errorf("%d records are left", n)
	}
	c.post(t, "/v1/undo", undo).wantProblem(t, http.StatusConflict, "changed_since")
	again := fmt.Sprintf(`{"request":%q}`, undone.Header().Get("X-Request-Id"))
	c.post(t, "/v1/undo", again).want(t, http.StatusOK) // an undo is undone like any request
	if n := r.rows(t, "SELECT count(*) FROM attendees"); n != 2 {
		t.Errorf("%d attendees came back", n)
	}
}

func TestAnUndoStopsWhereSomethingHasChangedSince(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	at := c.make(t, "/v1/topics", `{"label":{"en":"Water"}}`)
	patched := c.patch(t, at, `{"label":{"en":"Wate"}}`).want(t, http.StatusOK)
	c.patch(t, at, `{"label":{"ru":"Вода"}}`).want(t, http.StatusOK)
	undo := fmt.Sprintf(`{"request":%q}`, patched.Header().Get("X-Request-Id"))
	rejected := c.post(t, "/v1/undo", undo)
	rejected.wantProblem(t, http.StatusConflict, "changed_since")
	if list := rejected.object(t)["changed_since"].([]any); len(list) != 1 || path(list[0], "type") != "topics" {
		t.Errorf("changed since: %v", list)
	}
	history := pageOf(t, c.get(t, at+"/history"))
	for _, i := range []int{0, 1} { // the newest change, then the one before it
		c.post(t, "/v1/undo", fmt.Sprintf(`{"change":%d}`, int64(history.Data[i]["change"].(float64)))).want(t, map[int]int{0: http.StatusOK, 1: http.StatusOK}[i])
	}
	if label := path(c.get(t, at).object(t), "label"); fmt.Sprint(label) != "map[en:Water]" {
		t.Errorf("label %v", label)
	}
	c.post(t, "/v1/undo", `{"change":999999}`).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/change unknown_change")
	c.post(t, "/v1/undo", `{"request":"NONE"}`).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/request unknown_request")
	c.post(t, "/v1/undo", `{}`).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/request request_or_change")
	c.post(t, "/v1/undo", `{"request":"NONE","change":1}`).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/request request_or_change")
}

func TestAnUndoRequiresTheScopesOfTheChange(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	all, writer := r.as(t, actor.Scopes...), r.as(t, actor.Write)
	event := all.make(t, "/v1/round-tables", `{"title":{"en":"Water"},"starts_on":"2020-02-27"}`)
	person := all.make(t, "/v1/people", `{"name":{"en":"Serik Zhanov"}}`)
	published := all.act(t, event+"/publish").want(t, http.StatusOK)
	contact := all.post(t, person+"/contacts", `{"kind":"phone","value":"+7 7172 000000"}`).want(t, http.StatusCreated)
	key := all.post(t, "/v1/api-keys", `{"name":"Other","scopes":["read"]}`).want(t, http.StatusCreated)
	for _, done := range []reply{published, contact} {
		undo := fmt.Sprintf(`{"request":%q}`, done.Header().Get("X-Request-Id"))
		writer.post(t, "/v1/undo", undo).wantProblem(t, http.StatusForbidden, "scope_missing")
		all.post(t, "/v1/undo", undo).want(t, http.StatusOK)
	}
	all.post(t, "/v1/undo", fmt.Sprintf(`{"request":%q}`, key.Header().Get("X-Request-Id"))).wantProblem(t, http.StatusConflict, "cannot_undo")
	erased := all.act(t, person+"/erase").want(t, http.StatusOK)
	all.post(t, "/v1/undo", fmt.Sprintf(`{"request":%q}`, erased.Header().Get("X-Request-Id"))).want(t, http.StatusGone)
	if n := r.rows(t, "SELECT count(*) FROM people"); n != 0 {
		t.Error("an erased person came back")
	}
}

func TestAnUndoneMergeIsNamedInTheHistory(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	one := c.make(t, "/v1/people", `{"name":{"en":"Serik Zhanov"}}`)
	two := c.make(t, "/v1/people", `{"name":{"en":"Aigul Karimova"}}`)
	merged := c.post(t, one+"/merge", fmt.Sprintf(`{"into":%s}`, strings.TrimPrefix(two, "/v1/people/"))).want(t, http.StatusOK)
	c.post(t, "/v1/undo", fmt.Sprintf(`{"request":%q}`, merged.Header().Get("X-Request-Id"))).want(t, http.StatusOK)
	history := pageOf(t, c.get(t, one+"/history").want(t, http.StatusOK))
	if len(history.Data) != 3 || history.Data[0]["op"] != "unmerge" || history.Data[1]["op"] != "merge" {
		t.Errorf("the history is %v", history.Data)
	}
	c.get(t, one).want(t, http.StatusOK)
}

func TestTheAuditFiltersByEventRecordAndRequest(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write, actor.Admin)
	event := c.make(t, "/v1/round-tables", `{"title":{"en":"Water"}}`)
	id := strings.TrimPrefix(event, "/v1/round-tables/")
	statement := c.make(t, "/v1/statements", `{"round_table_id":%s,"texts":[{"lang":"en","text":"Said."}]}`, id)
	deleted := c.del(t, statement).want(t, http.StatusNoContent)
	c.make(t, "/v1/topics", `{"label":{"en":"Water"}}`)
	for filter, want := range map[string]int{
		"round_table=" + id: 3, "record=" + strings.TrimPrefix(statement, "/v1/"): 2, "request=" + deleted.Header().Get("X-Request-Id"): 1,
		"type=topics&from=2001-01-01T10:00:00Z": 1, "type=topics&to=2001-01-01T10:00:00Z": 0,
	} {
		if got := len(pageOf(t, c.get(t, "/v1/audit?"+filter).want(t, http.StatusOK)).Data); got != want {
			t.Errorf("%s: %d changes, want %d", filter, got, want)
		}
	}
	c.get(t, "/v1/audit?record=humans/1").wantProblem(t, http.StatusBadRequest, "bad_parameters", "record bad_record")
	c.get(t, "/v1/audit?record=people").wantProblem(t, http.StatusBadRequest, "bad_parameters", "record bad_record")
	if got := len(pageOf(t, c.get(t, event+"/history?include=parts")).Data); got != 3 {
		t.Errorf("the history with parts has %d changes", got)
	}
	if got := len(pageOf(t, c.get(t, event+"/history")).Data); got != 1 {
		t.Errorf("the history has %d changes", got)
	}
}
