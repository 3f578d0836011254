package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

func TestASimilarEventIsAConflictUntilItIsAllowedOrDistinct(t *testing.T) {
	t.Parallel()
	c := newRig(t, nil).as(t, actor.Read, actor.Write)
	first := c.make(t, "/v1/round-tables", `{"title":{"ru":"Круглый стол «Вода и энергия Центральной Азии»"},"starts_on":"2022-05-17"}`)
	again := `{"title":{"ru":"Вода и энергия в Центральной Азии"},"starts_on":"2022-05-17"}`
	rejected := c.post(t, "/v1/round-tables", again)
	rejected.wantProblem(t, http.StatusConflict, "similar_event")
	if got := fmt.Sprint(path(rejected.object(t), "candidates", "0", "id")); got != strings.TrimPrefix(first, "/v1/round-tables/") {
		t.Errorf("candidate %s, want %s", got, first)
	}
	second := c.post(t, "/v1/round-tables?allow_duplicate=true", again).want(t, http.StatusCreated).Header().Get("Location")
	similar := func() string { return fmt.Sprint(c.get(t, "/v1/quality?code=similar_event").object(t)["data"]) }
	if got := similar(); got != "[]" {
		t.Errorf("an allowed duplicate is a finding: %s", got)
	}
	list := c.get(t, "/v1/distinctions?round_table="+strings.TrimPrefix(second, "/v1/round-tables/")).object(t)["data"].([]any)
	if len(list) != 1 || path(list[0], "type") != "round-tables" || path(list[0], "first", "name", "ru") == nil {
		t.Fatalf("distinctions %v", list)
	}
	at := fmt.Sprint("/v1/distinctions/", path(list[0], "id"))
	c.do(t, http.MethodDelete, at, nil, append([]string{"If-Match", "*"}, c.headers...)...).want(t, http.StatusNoContent)
	if got := similar(); got == "[]" {
		t.Error("no finding after the decision was taken back")
	}
	c.make(t, "/v1/distinctions", `{"type":"round-tables","first_id":%s,"second_id":%s}`, strings.TrimPrefix(first, "/v1/round-tables/"), strings.TrimPrefix(second, "/v1/round-tables/"))
	if got := similar(); got != "[]" {
		t.Errorf("distinct events are a finding: %s", got)
	}
}

func TestAnImportRejectsASimilarEventAlsoWithinTheFile(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Read, actor.Write)
	const file = "title_ru,starts_on\nВода и энергия,2022-05-17\nВода и энергия,2022-05-17\nВода и энергия,2022-06-17\n"
	send := func(query string) reply {
		return c.do(t, http.MethodPost, "/v1/imports/round-tables"+query, file, append([]string{"Content-Type", "text/csv"}, c.headers...)...)
	}
	rejected := send("")
	rejected.wantProblem(t, http.StatusUnprocessableEntity, "import_refused")
	if got := fmt.Sprint(path(rejected.object(t), "rows", "0", "line"), " ", path(rejected.object(t), "rows", "0", "errors", "0", "code")); got != "3 similar_event" {
		t.Errorf("the first error is %s", got)
	}
	send("?allow_duplicate=true").want(t, http.StatusCreated)
	if n := r.rows(t, "SELECT count(*) FROM distinctions WHERE type = 'round-tables'"); n != 1 {
		t.Errorf("%d distinctions", n)
	}
}
