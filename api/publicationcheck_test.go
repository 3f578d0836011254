package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

// importEvents imports round tables as CSV, or as NDJSON if the file is an object.
func (c caller) importEvents(t *testing.T, query, file string, more ...string) reply {
	t.Helper()
	mediaType := "text/csv"
	if strings.HasPrefix(file, "{") {
		mediaType = "application/x-ndjson"
	}
	return c.do(t, http.MethodPost, "/v1/imports/round-tables"+query, file, append(append([]string{"Content-Type", mediaType}, c.headers...), more...)...)
}

func TestEveryWayOfPublishingIsChecked(t *testing.T) {
	t.Parallel()
	c := newRig(t, nil).as(t, actor.Scopes...)
	const bundle = `{"lang":"en","round_table":{"title":{"en":"Meeting"},"publication":"published"%s}}`
	const record = `{"title":{"en":%q},"publication":"published"%s}`
	dated := func(day string) string { return `,"starts_on":"` + day + `","date_precision":"day"` }
	// Without a date: rejected, with the list. Nothing is saved.
	for way, rejected := range map[string]reply{
		"bundle":           c.post(t, "/v1/bundles", fmt.Sprintf(bundle, "")),
		"POST":             c.post(t, "/v1/round-tables", fmt.Sprintf(record, "Meeting", "")),
		"POST in any case": c.post(t, "/v1/round-tables?allow_duplicate=true", `{"title":{"en":"Meeting"},"publication":"Published"}`),
	} {
		rejected.wantProblem(t, http.StatusUnprocessableEntity, "not_ready", "/starts_on finding_no_date")
		if list := path(rejected.object(t), "findings").([]any); len(list) < 2 || path(list[0], "code") != "no_date" {
			t.Errorf("%s: %s", way, rejected.Body)
		}
	}
	for _, file := range []string{"title_en,publication\nMeeting,published\n", fmt.Sprintf(record, "Meeting", "") + "\n"} {
		rejected := c.importEvents(t, "", file, "Accept-Language", "ru")
		rejected.wantProblem(t, http.StatusUnprocessableEntity, "import_refused")
		if body := rejected.Body.String(); !strings.Contains(body, `"finding_no_date"`) || !strings.Contains(body, "У мероприятия нет даты") {
			t.Errorf("import: %s", body)
		}
	}
	if n := c.rows(t, "SELECT count(*) FROM round_tables"); n != 0 {
		t.Errorf("%d events were saved", n)
	}

	// With a date: warnings do not prevent it.
	c.post(t, "/v1/bundles", fmt.Sprintf(bundle, `,"starts_on":"2020-02-27"`)).want(t, http.StatusCreated)
	c.post(t, "/v1/round-tables", fmt.Sprintf(record, "Second", dated("2021-02-27"))).want(t, http.StatusCreated)
	c.importEvents(t, "", "title_en,starts_on,publication\nThird,2022-02-27,published\n").want(t, http.StatusCreated)
	// A row with an error does not keep the others from being imported.
	skipped := c.importEvents(t, "?on_error=skip", fmt.Sprintf(record, "Fourth", dated("2023-02-27"))+"\n"+fmt.Sprintf(record, "Fifth", "")+"\n").want(t, http.StatusCreated)
	if o := skipped.object(t); o["created"] != 1. || o["failed"] != 1. {
		t.Errorf("%s", skipped.Body)
	}

	// The same holds for changes of an event.
	at := c.make(t, "/v1/round-tables", `{"title":{"en":"Another meeting"}}`)
	c.patch(t, at, `{"publication":"published"}`).wantProblem(t, http.StatusUnprocessableEntity, "not_ready", "/starts_on finding_no_date")
	e := wholeEvent{c, at, 0}
	document, etag := e.document(t)
	document["round_table"].(map[string]any)["publication"] = "published"
	e.put(t, "", etag, document).wantProblem(t, http.StatusUnprocessableEntity, "not_ready", "/starts_on finding_no_date")
	c.importEvents(t, "", fmt.Sprintf("id,publication\n%d,published\n", idIn(t, at))).wantProblem(t, http.StatusUnprocessableEntity, "import_refused")
	c.patch(t, at, `{"publication":"published"`+dated("2020-02-28")+`}`).want(t, http.StatusOK)
	c.patch(t, at, `{"starts_on":null,"ends_on":null,"date_precision":"unknown"}`).want(t, http.StatusOK) // it is public already

	// To return to a state that was public needs no check.
	withdrawn := c.act(t, at+"/withdraw").want(t, http.StatusOK)
	c.act(t, at+"/publish").wantProblem(t, http.StatusUnprocessableEntity, "not_ready", "/starts_on finding_no_date")
	c.post(t, "/v1/undo", fmt.Sprintf(`{"request":%q}`, withdrawn.Header().Get("X-Request-Id"))).want(t, http.StatusOK)
	if got := c.get(t, at).object(t)["publication"]; got != "published" {
		t.Errorf("after the undo: %v", got)
	}
	c.del(t, at).want(t, http.StatusNoContent)
	c.act(t, at+"/restore").want(t, http.StatusOK)
	if got := c.get(t, at).object(t)["publication"]; got != "published" {
		t.Errorf("after the restore: %v", got)
	}
}
