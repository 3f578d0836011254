package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"
)

func pageOf(t testing.TB, r reply) (p Page[map[string]any]) {
	t.Helper()
	if err := json.Unmarshal(r.Body.Bytes(), &p); err != nil {
		t.Fatalf("%s: %v", r.request, err)
	}
	return p
}

func ids(p Page[map[string]any]) (ids []int64) {
	for _, d := range p.Data {
		ids = append(ids, int64(d["id"].(float64)))
	}
	return ids
}

func TestAPatchNeedsTheCurrentVersion(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Write)
	path := fmt.Sprintf("/v1/topics/%d", fixture.Topic(t, r.pool))
	patch := func(body string, headers ...string) reply {
		return r.do(t, "PATCH", path, body, append([]string{"Authorization", "Bearer " + token, "Content-Type", mergeBody}, headers...)...)
	}
	patch(`{"description":{"en":"a"}}`).wantProblem(t, 428, "if_match_required")
	patch(`{"description":{"en":"a"}}`, "If-Match", `"one"`).wantProblem(t, 400, "bad_parameters", "If-Match bad_if_match")
	first := patch(`{"description":{"en":"a"}}`, "If-Match", `"1"`).want(t, 200)
	if !strings.HasPrefix(first.Header().Get("ETag"), `"2-`) {
		t.Errorf("ETag %s", first.Header().Get("ETag"))
	}
	refused := patch(`{"description":{"en":"b"}}`, "If-Match", `"1"`)
	refused.wantProblem(t, 412, "stale_version")
	if !strings.Contains(refused.Body.String(), `"current_version":2`) {
		t.Errorf("the current version is not told: %s", refused.Body)
	}
	for n, tag := range []string{`W/"2"`, `"3-gzip"`, `"4;gzip"`, `5`, `*`} {
		patch(fmt.Sprintf(`{"description":{"en":"%d"}}`, n), "If-Match", tag).want(t, 200)
	}
}

func TestAPatchThatChangesNothingLeavesNoTrace(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Write)
	path := fmt.Sprintf("/v1/topics/%d", fixture.Topic(t, r.pool, func(in *topic.Input) { in.Description = text.Map{"en": "a", "ru": "б"} }))
	auth := []string{"Authorization", "Bearer " + token, "Content-Type", mergeBody, "If-Match", `"1"`}
	was, before := r.do(t, "GET", path, nil).want(t, 200), r.changeCount(t)
	for _, body := range []string{`{}`, `{"description":{"en":"a"}}`, `{"parent_id":null}`} {
		reply := r.do(t, "PATCH", path, body, auth...).want(t, 200)
		if !strings.HasPrefix(reply.Header().Get("ETag"), `"1-`) || reply.Body.String() != was.Body.String() {
			t.Errorf("%s changed the record: %s", body, reply.Body)
		}
	}
	if r.changeCount(t) != before {
		t.Error("the log has an entry for it")
	}
	r.do(t, "PATCH", path, `{"description":{"en":null}}`, auth...).want(t, 200)
	if body := r.do(t, "GET", path, nil).Body.String(); !strings.Contains(body, `"description":{"ru":"б"}`) {
		t.Errorf("null did not clear one language: %s", body)
	}
	r.do(t, "PATCH", path, `{"label":{"kk":null}}`, auth[0], auth[1], auth[2], auth[3], "If-Match", `"2"`).want(t, 200)
	r.do(t, "PATCH", path, `{"label":null}`, "Authorization", "Bearer "+token, "Content-Type", mergeBody, "If-Match", "*").wantProblem(t, 422, "validation_failed", "/label required")
	r.do(t, "PATCH", path, `{"nothing":null}`, "Authorization", "Bearer "+token, "Content-Type", mergeBody, "If-Match", "*").wantProblem(t, 422, "validation_failed", "/nothing unknown_field")
	r.do(t, "PATCH", path, `[]`, "Authorization", "Bearer "+token, "Content-Type", mergeBody, "If-Match", "*").wantProblem(t, 400, "malformed_json")
}

func TestADryRunSaysWhatWouldHappenAndLeavesNoTrace(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Write)
	path := fmt.Sprintf("/v1/topics/%d", fixture.Topic(t, r.pool))
	was, before := r.do(t, "GET", path, nil).Body.String(), r.changeCount(t)
	auth := []string{"Authorization", "Bearer " + token, "Content-Type", jsonBody, "If-Match", `"1"`}
	for _, write := range []reply{
		r.do(t, "POST", "/v1/topics?dry_run=true", `{"label":{"en":"Tried"}}`, auth...).want(t, 200),
		r.do(t, "PATCH", path+"?dry_run=true", `{"label":{"en":"Tried"}}`, auth...).want(t, 200),
		r.do(t, "DELETE", path+"?dry_run=true", nil, auth...).want(t, 204),
	} {
		if write.Header().Get("X-Dry-Run") != "true" || write.Header().Get("Location") != "" {
			t.Errorf("%s: headers %v", write.request, write.Header())
		}
	}
	r.do(t, "POST", "/v1/topics?dry_run=true", `{"label":{"en":"Tried"},"parent_id":999}`, auth...).wantProblem(t, 422, "validation_failed", "/parent_id unknown_reference")
	r.do(t, "PATCH", path+"?dry_run=true", `{"label":{"en":"Tried"}}`, "Authorization", "Bearer "+token, "Content-Type", jsonBody, "If-Match", `"7"`).wantProblem(t, 412, "stale_version")
	r.do(t, "POST", "/v1/topics?dry_run=maybe", `{"label":{"en":"Tried"}}`, auth...).wantProblem(t, 400, "bad_parameters", "dry_run wrong_type")
	if is := r.do(t, "GET", path, nil).Body.String(); is != was || r.changeCount(t) != before {
		t.Errorf("a dry run left a trace: %s", is)
	}
}

func TestADeletedRecordIsGoneForGood(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Write)
	parent := fixture.Topic(t, r.pool)
	child := fixture.Topic(t, r.pool, func(in *topic.Input) { in.ParentID = &parent })
	del := func(id int64) reply {
		return r.do(t, "DELETE", fmt.Sprintf("/v1/topics/%d", id), nil, "Authorization", "Bearer "+token, "If-Match", `"1"`)
	}
	refused := del(parent)
	refused.wantProblem(t, 409, "in_use")
	if !strings.Contains(refused.Body.String(), `"referenced_by":{"topics":1}`) {
		t.Errorf("what refers to it is not told: %s", refused.Body)
	}
	del(child).want(t, 204)
	r.do(t, "GET", fmt.Sprintf("/v1/topics/%d", child), nil).wantProblem(t, 410, "deleted")
	del(child).wantProblem(t, 410, "deleted")
	del(999).wantProblem(t, 404, "not_found")
	del(parent).want(t, 204)
}

func TestNoUpdateIsLostWhenManyRaiseOneField(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Write)
	path := fmt.Sprintf("/v1/topics/%d", fixture.Topic(t, r.pool, func(in *topic.Input) { in.Description = text.Map{"en": "0"} }))
	const clients = 16
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for {
				read := r.do(t, "GET", path, nil)
				var at topic.Topic
				if err := json.Unmarshal(read.Body.Bytes(), &at); err != nil {
					t.Error(err)
					return
				}
				n := 0
				if _, err := fmt.Sscan(at.Description["en"], &n); err != nil {
					t.Error(err)
					return
				}
				wrote := r.do(t, "PATCH", path, fmt.Sprintf(`{"description":{"en":"%d"}}`, n+1),
					"Authorization", "Bearer "+token, "Content-Type", mergeBody, "If-Match", read.Header().Get("ETag"))
				switch wrote.Code {
				case 200:
					return
				case 412:
				default:
					t.Errorf("status %d: %s", wrote.Code, wrote.Body)
					return
				}
			}
		})
	}
	all.Wait()
	if body := r.do(t, "GET", path, nil).Body.String(); !strings.Contains(body, fmt.Sprintf(`"en":"%d"`, clients)) {
		t.Errorf("an update was lost: %s", body)
	}
}

func TestAWriteCarriesWhoAndWhyIntoTheLog(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, id := r.key(t, actor.Write)
	r.do(t, "POST", "/v1/topics", `{"label":{"en":"Education"}}`, "Authorization", "Bearer "+token, "Content-Type", jsonBody, "X-Change-Reason", "from the press release").want(t, 201)
	var who, why string
	if err := r.pool.QueryRow(t.Context(), "SELECT actor, reason FROM changes WHERE type = 'topics' ORDER BY seq DESC LIMIT 1").Scan(&who, &why); err != nil {
		t.Fatal(err)
	}
	if who != fmt.Sprintf("key:%d", id) || why != "from the press release" {
		t.Errorf("who %q, why %q", who, why)
	}
	for _, reason := range []string{"\xff", "a\x00b", strings.Repeat("ә", 501)} {
		r.do(t, "PATCH", "/v1/topics/1", `{}`, "Authorization", "Bearer "+token, "Content-Type", jsonBody, "If-Match", "*", "X-Change-Reason", reason).want(t, 400)
	}
}

func TestALanguageAddsTextsAndNeverChangesAType(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := fixture.Topic(t, r.pool, func(in *topic.Input) { in.Label = text.Map{"kk": "Білім", "en": "Education"} })
	path := fmt.Sprintf("/v1/topics/%d", id)
	for lang, want := range map[string]string{"ru": `"label_lang":"en","label_text":"Education"`, "kk": `"label_lang":"kk","label_text":"Білім"`, "de": `"label_lang":"en"`} {
		for _, reply := range []reply{r.do(t, "GET", path+"?lang="+lang, nil), r.do(t, "GET", "/v1/topics?lang="+lang, nil)} {
			if body := reply.want(t, 200).Body.String(); !strings.Contains(body, want) || !strings.Contains(body, `"label":{"en":"Education","kk":"Білім"}`) {
				t.Errorf("%s: %s", reply.request, body)
			}
		}
	}
	if body := r.do(t, "GET", path, nil, "Accept-Language", "ru").Body.String(); strings.Contains(body, "label_text") {
		t.Errorf("unasked: %s", body)
	}
	r.do(t, "GET", path+"?lang=zzzzzzzzzzz", nil).wantProblem(t, 400, "bad_parameters", "lang unknown_language")
}

func TestFieldsKeepsOnlyWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	path := fmt.Sprintf("/v1/topics/%d", fixture.Topic(t, r.pool))
	var item map[string]any
	if err := json.Unmarshal(r.do(t, "GET", path+"?fields=label&lang=en", nil).want(t, 200).Body.Bytes(), &item); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"id", "version", "label", "label_text", "label_lang"} {
		if _, ok := item[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
	if len(item) != 5 {
		t.Errorf("more than asked for: %v", item)
	}
	list := pageOf(t, r.do(t, "GET", "/v1/topics?fields=label", nil).want(t, 200))
	if len(list.Data) != 1 || len(list.Data[0]) != 3 {
		t.Errorf("list: %v", list.Data)
	}
}

func TestAReasonIsReadInEveryScript(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	const reason = "из пресс-релиза"
	for sent, want := range map[string]string{
		"UTF-8''" + url.PathEscape(reason):   reason,
		"utf-8'ru'" + url.PathEscape(reason): reason,
		url.PathEscape(reason):               reason,
		reason:                               reason,
		"100% correct":                       "100% correct",
		"50%25 more":                         "50% more",
		"?" + reason:                         reason,
	} {
		target, headers := "/v1/topics", c.headers
		if parameter, ok := strings.CutPrefix(sent, "?"); ok {
			target += "?reason=" + url.QueryEscape(parameter)
		} else {
			headers = append([]string{"X-Change-Reason", sent}, headers...)
		}
		body := fmt.Sprintf(`{"label":{"en":%q}}`, "Topic "+sent)
		at := r.do(t, http.MethodPost, target, body, append([]string{"Content-Type", jsonBody}, headers...)...).want(t, http.StatusCreated).Header().Get("Location")
		if got := c.get(t, at+"/history").want(t, http.StatusOK).Body.String(); !strings.Contains(got, `"reason":"`+want+`"`) {
			t.Errorf("%q is stored as %s", sent, got)
		}
	}
	long := strings.Repeat("ж", 501)
	r.do(t, http.MethodPost, "/v1/topics?reason="+url.QueryEscape(long), `{"label":{"en":"Long"}}`, append([]string{"Content-Type", jsonBody}, c.headers...)...).
		wantProblem(t, http.StatusBadRequest, "bad_parameters", "reason too_long")
}
