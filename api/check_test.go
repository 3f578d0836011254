package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

// codesOf returns the codes of findings with their severities: "error no_date".
func codesOf(list any) (codes []string) {
	findings, _ := list.([]any)
	for _, f := range findings {
		codes = append(codes, fmt.Sprint(path(f, "severity"), " ", path(f, "code")))
	}
	return codes
}

func TestAnEventWithErrorsIsNotPublished(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write, actor.Publish)
	at := c.make(t, "/v1/round-tables", `{"title":{"ru":"Встреча"}}`)
	want := "[error no_date warning no_attendee warning no_language warning no_organizer warning no_place warning no_source]"
	sorted := func(list any) string {
		codes := codesOf(list)
		for i := range codes { // a severity is one group; within it the order is not promised
			for j := i + 1; j < len(codes); j++ {
				if codes[j] < codes[i] {
					codes[i], codes[j] = codes[j], codes[i]
				}
			}
		}
		return fmt.Sprint(codes)
	}
	found := c.get(t, at+"/check").want(t, http.StatusOK).object(t)
	if got := sorted(found["findings"]); got != want {
		t.Errorf("findings %s", got)
	}
	first := found["findings"].([]any)[0]
	if path(first, "code") != "no_date" || path(first, "fix", "method") != "PATCH" || path(first, "fix", "path") != at || path(first, "field") != "/starts_on" {
		t.Errorf("the first finding is %v", first)
	}
	for _, target := range []string{"/publish", "/publish?dry_run=true"} {
		rejected := c.act(t, at+target)
		rejected.wantProblem(t, http.StatusUnprocessableEntity, "not_ready")
		if got := sorted(rejected.object(t)["findings"]); got != want {
			t.Errorf("%s: findings %s", target, got)
		}
	}
	russian := c.do(t, http.MethodGet, at+"/check", nil, append([]string{"Accept-Language", "ru"}, c.headers...)...).want(t, http.StatusOK).Body.String()
	if !strings.Contains(russian, "У мероприятия нет даты") {
		t.Errorf("not in Russian: %s", russian)
	}
	c.patch(t, at, `{"starts_on":"2020-02-27","date_precision":"day"}`).want(t, http.StatusOK)
	tried := c.act(t, at+"/publish?dry_run=true").want(t, http.StatusOK).object(t)
	if tried["publication"] != "published" || len(codesOf(tried["findings"])) != 5 {
		t.Errorf("the dry run shows %v", tried)
	}
	c.act(t, at+"/publish").want(t, http.StatusOK)
	if got := c.get(t, at).object(t)["publication"]; got != "published" {
		t.Errorf("publication %v", got)
	}
}

func TestACheckFindsWhatIsOdd(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write, actor.Publish)
	event := c.make(t, "/v1/round-tables", `{"title":{"ru":"Круглый стол: вода"},"starts_on":"2020-02-27","languages":["ru"],"online_url":"http://broken"}`)
	other := c.make(t, "/v1/round-tables", `{"title":{"ru":"Круглый стол — Вода"},"starts_on":"2020-03-27"}`)
	c.patch(t, other, `{"starts_on":"2020-02-27"}`).want(t, http.StatusOK)
	id := strings.TrimPrefix(event, "/v1/round-tables/")
	person := strings.TrimPrefix(c.make(t, "/v1/people", `{"name":{"ru":"Cеpик Жанов"}}`), "/v1/people/") // C, e and p are Latin
	attendee := c.make(t, "/v1/attendees", `{"round_table_id":%s,"person_id":%s}`, id, person)
	unresolved := c.make(t, "/v1/attendees", `{"round_table_id":%s,"name_as_listed":"А. Ким","affiliations":[{"title":{"ru":"эксперт"}}]}`, id)
	for range 2 {
		c.make(t, "/v1/statements", `{"round_table_id":%s,"texts":[{"lang":"ru","text":"Сказал."}]}`, id)
	}
	r.exec(t, "UPDATE statements SET sequence = 1")
	all := c.get(t, "/v1/quality?round_table="+id+"&limit=100").want(t, http.StatusOK).object(t)
	found := map[string]any{}
	for _, f := range all["data"].([]any) {
		found[fmt.Sprint(path(f, "code"))] = path(f, "fix", "path")
	}
	for code, fix := range map[string]any{
		"malformed_link": event, "similar_event": other, "mixed_script": "/v1/people/" + person, "attendee_without_position": attendee,
		"unresolved_attendee": unresolved + "/resolve", "statement_out_of_order": event + "/statements/order", "no_place": event, "no_source": event,
		"no_organizer": "/v1/organizers",
	} {
		if found[code] != fix {
			t.Errorf("%s: the fix is %v, want %v", code, found[code], fix)
		}
	}
	if found["no_language"] != nil || found["no_attendee"] != nil || path(all, "counts", "mixed_script") != 1.0 {
		t.Errorf("findings %v, counts %v", found, all["counts"])
	}
	total, seen := 0, map[string]bool{}
	for next := "/v1/quality?limit=3"; next != ""; {
		page := c.get(t, next).want(t, http.StatusOK).object(t)
		for _, f := range page["data"].([]any) {
			total++
			seen[fmt.Sprint(path(f, "code"), path(f, "type"), path(f, "id"))] = true
		}
		next, _ = path(page, "page", "next").(string)
	}
	if total != len(seen) || total < 14 {
		t.Errorf("%d findings on the pages, %d of them different", total, len(seen))
	}
	errors := c.get(t, "/v1/quality?severity=error").object(t)
	if got := fmt.Sprint(codesOf(errors["data"])); got != "[error malformed_link]" {
		t.Errorf("errors %s", got)
	}
	r.as(t).get(t, "/v1/quality").wantProblem(t, http.StatusUnauthorized, "key_required")
}
