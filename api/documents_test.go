package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/roundtable"
)

func somebody(t testing.TB, r *rig) int64 {
	t.Helper()
	return fixture.Insert(t, r.pool, `INSERT INTO people (name) VALUES ('{"en": "Irina Chernykh"}') RETURNING id`)
}

func TestADocumentIsMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor := r.as(t, actor.Write)
	first, second := somebody(t, r), somebody(t, r)
	body := fmt.Sprintf(`{"title":{"en":"Press release"},"kind":"press_release","url":"https://example.org/1","language":"en","published_on":"2020-02","author_ids":[%d,%d]}`, second, first)
	made := editor.post(t, "/v1/documents", body).want(t, http.StatusCreated)
	at, o := made.Header().Get("Location"), made.object(t)
	if authors := o["authors"].([]any); len(authors) != 2 || path(authors[0], "id") != float64(second) || path(authors[1], "name", "en") != "Irina Chernykh" || o["published_on"] != "2020-02" {
		t.Errorf("%s", made.Body)
	}
	if again := editor.patch(t, at, body).want(t, http.StatusOK); !strings.HasPrefix(again.Header().Get("ETag"), `"1-`) {
		t.Errorf("the same content made a new version: %s", again.Body)
	}
	patched := editor.patch(t, at, fmt.Sprintf(`{"kind":null,"published_on":null,"url":null,"author_ids":[%d]}`, first)).want(t, http.StatusOK).object(t)
	if patched["kind"] != "other" || patched["published_on"] != nil || patched["url"] != nil || len(patched["authors"].([]any)) != 1 || patched["version"] != 2.0 {
		t.Errorf("%v", patched)
	}
	if page := pageOf(t, r.as(t).get(t, fmt.Sprintf("/v1/documents?person=%d&kind=other&sort=-published_on&lang=ru", first)).want(t, http.StatusOK)); len(page.Data) != 1 || page.Data[0]["title_lang"] != "en" {
		t.Errorf("%v", page.Data)
	}
	editor.get(t, at).want(t, http.StatusOK)
	editor.del(t, at).want(t, http.StatusNoContent)
	editor.get(t, at).wantProblem(t, http.StatusGone, "deleted")
}

func TestADocumentThatBreaksARuleIsRefusedByField(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	author := somebody(t, r)
	with := func(members string) string { return `{"title":{"en":"a"},` + members + `}` }
	r.as(t, actor.Write).refusals(t, "/v1/documents", map[string][]string{
		`{}`:                                {"/title required"},
		with(`"kind":"tweet"`):              {"/kind not_allowed"},
		with(`"url":"example.org"`):         {"/url bad_url"},
		with(`"url":"javascript:x"`):        {"/url bad_url"},
		with(`"language":"english_"`):       {"/language unknown_language"},
		with(`"published_on":"2020-13"`):    {"/published_on no_such_date"},
		with(`"published_on":"2021-02-29"`): {"/published_on no_such_date"},
		with(fmt.Sprintf(`"author_ids":[998,%d,999]`, author)):                {"/author_ids/0 unknown_reference", "/author_ids/2 unknown_reference"},
		with(fmt.Sprintf(`"author_ids":[%d,%[1]d]`, author)):                  {"/author_ids duplicate"},
		with(`"author_ids":[0]`):                                              {"/author_ids/0 too_small"},
		with(`"url":"https://example.org/` + strings.Repeat("a", 2000) + `"`): {"/url too_long"},
		with(`"authors":[]`):                                                  {"/authors unknown_field_hint"},
	})
}

func TestALinkedDocumentIsNotDeleted(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor := r.as(t, actor.Write)
	id := fixture.Document(t, r.pool)
	event := fixture.RoundTable(t, r.pool, func(in *roundtable.Input) {
		in.DocumentLinks = []roundtable.DocumentLink{{DocumentID: id, Relation: "source"}}
	})
	at := fmt.Sprintf("/v1/documents/%d", id)
	refused := editor.del(t, at)
	refused.wantProblem(t, http.StatusConflict, "in_use")
	if got := fmt.Sprint(refused.object(t)["referenced_by"]); got != "map[round-tables:1]" {
		t.Errorf("referenced_by %s", got)
	}
	editor.patch(t, fmt.Sprintf("/v1/round-tables/%d", event), `{"document_links":[]}`).want(t, http.StatusOK)
	editor.del(t, at).want(t, http.StatusNoContent)
}
