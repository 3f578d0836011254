package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

func TestTheHistoryOfARecordSaysWhoChangedWhatAndWhy(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor := r.as(t, actor.Write)
	at := editor.make(t, "/v1/affiliations", `{"person_id":%d,"organization_id":%d,"title":{"en":"Expert"}}`, fixture.Person(t, r.pool), fixture.Organization(t, r.pool))
	because := append([]string{"Content-Type", mergeBody, "If-Match", "*", "X-Change-Reason", "As the decree says."}, editor.headers...)
	r.do(t, http.MethodPatch, at, `{"title":{"ru":"Эксперт"},"from":"2019-05","primary":true}`, because...).want(t, 200)
	editor.del(t, at).want(t, http.StatusNoContent)
	page := pageOf(t, editor.get(t, at+"/history").want(t, 200))
	var told []string
	for _, d := range page.Data {
		told = append(told, fmt.Sprint(d["op"], " ", d["version"]))
	}
	wantTold(t, "the history", told, []string{"delete 3", "update 2", "create 1"})
	update := page.Data[1]
	if update["actor"] != "key:1" || update["actor_name"] != "of a test" || update["reason"] != "As the decree says." {
		t.Errorf("%v", update)
	}
	if got := fmt.Sprint(update["changes"]); got != "[map[after:2019-05 before:<nil> pointer:/from] map[after:true before:false pointer:/primary] map[after:Эксперт before:<nil> pointer:/title/ru]]" {
		t.Errorf("what changed: %s", got)
	}
	first := pageOf(t, editor.get(t, at+"/history?limit=2").want(t, 200))
	next := pageOf(t, editor.get(t, strings.TrimPrefix(*first.Page.Next, r.server.config.PublicBaseURL)).want(t, 200))
	if len(first.Data) != 2 || len(next.Data) != 1 || next.Data[0]["op"] != "create" || next.Page.Next != nil {
		t.Errorf("pages of %d and %d", len(first.Data), len(next.Data))
	}
	editor.get(t, "/v1/affiliations/999/history").wantProblem(t, http.StatusNotFound, "not_found")
}

func TestTheHistoryOfAPartIsNotThatOfItsRoundTable(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	e := newEvent(t, r, "draft")
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		return pg.Exec(ctx, tx, "UPDATE round_tables SET publication = 'published' WHERE id = @id", pg.Args{"id": e.table})
	})
	if page := pageOf(t, r.as(t, actor.Read).get(t, fmt.Sprintf("/v1/attendees/%d/history", e.attendee)).want(t, 200)); len(page.Data) != 1 {
		t.Errorf("%v", page.Data)
	}
}

func TestTheHistoryOfAContactIsThatOfItsPerson(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	c := m.as(t, actor.PII)
	contact := m.ids["contacts"][shown]
	c.get(t, fmt.Sprintf("/v1/people/%d/contacts/%d/history", m.ids["people"][hidden], contact)).wantProblem(t, http.StatusNotFound, "not_found")
	c.get(t, fmt.Sprintf("/v1/people/%d/contacts/%d/history", m.ids["people"][shown], contact)).want(t, 200)
}

func TestTheAuditIsNarrowedByTypeActorAndTime(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor, auditor := r.as(t, actor.Write), r.as(t, actor.Admin)
	editor.make(t, "/v1/topics", `{"label":{"en":"Water"}}`)
	fixture.Place(t, r.pool)
	for query, want := range map[string]int{
		"type=topics": 1, "type=topics,places": 2, "actor=key:1": 1, "actor=key:1&type=places": 0, "actor=system:test": 3, // the two keys, and the place
		"type=topics&to=2001-01-01": 0, "type=topics&from=2001-01-01": 1, "type=topics&from=2999-01-01": 0,
	} {
		page := pageOf(t, auditor.get(t, "/v1/audit?"+query).want(t, 200))
		if len(page.Data) != want {
			t.Errorf("%s: %d changes, want %d", query, len(page.Data), want)
		}
	}
	entry := pageOf(t, auditor.get(t, "/v1/audit?type=topics").want(t, 200)).Data[0]
	if entry["actor_name"] != "of a test" || !strings.Contains(fmt.Sprint(entry["changed"]), "/label") || entry["changes"] != nil {
		t.Errorf("%v", entry)
	}
}

func TestTwoStatesOfARecordAreCompared(t *testing.T) {
	t.Parallel()
	editor := newRig(t, nil).as(t, actor.Write)
	at := editor.make(t, "/v1/topics", `{"label":{"en":"Water"}}`)
	editor.patch(t, at, `{"label":{"ru":"Вода"}}`).want(t, 200)
	middle := pageOf(t, editor.get(t, at+"/history").want(t, 200)).Data[0]["changed_at"].(string)
	editor.patch(t, at, `{"label":{"en":"Rivers"}}`).want(t, 200)
	for query, want := range map[string]string{
		"":                     "2 3 [map[after:Rivers before:Water pointer:/label/en]]",
		"?from=1&to=3":         "1 3 [map[after:Rivers before:Water pointer:/label/en] map[after:Вода before:<nil> pointer:/label/ru]]",
		"?from=" + middle:      "2 3 [map[after:Rivers before:Water pointer:/label/en]]",
		"?from=1&to=" + middle: "1 2 [map[after:Вода before:<nil> pointer:/label/ru]]",
		"?from=3&to=3":         "3 3 []",
	} {
		d := editor.get(t, at+"/diff"+query).want(t, 200).object(t)
		if got := fmt.Sprint(path(d, "from", "version"), " ", path(d, "to", "version"), " ", d["changes"]); got != want {
			t.Errorf("diff%s: %s, want %s", query, got, want)
		}
	}
	if d := editor.get(t, at+"/diff?from=2001-01-01&to=1").want(t, 200).object(t); d["from"] != nil || len(d["changes"].([]any)) == 0 {
		t.Errorf("since before the creation: %v", d)
	}
	editor.get(t, at+"/diff?from=9&to=later").wantProblem(t, http.StatusBadRequest, "bad_parameters", "from unknown_version", "to bad_state")
	editor.get(t, "/v1/topics/999/diff").wantProblem(t, http.StatusNotFound, "not_found")
	editor.del(t, at).want(t, http.StatusNoContent)
	if d := editor.get(t, at+"/diff").want(t, 200).object(t); path(d, "to", "deleted") != true {
		t.Errorf("after the deletion: %v", d)
	}
}
