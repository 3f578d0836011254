package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/text"
)

func TestTwoRecordsOfOnePersonBecomeOneAndTwoAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c, public := r.as(t, actor.Write), r.as(t)
	gone, stays := fixture.Person(t, r.pool, called(text.Map{"en": "Talgat Kaliyev"})), fixture.Person(t, r.pool, called(text.Map{"ru": "Талгат Калиев"}))
	event := fixture.RoundTable(t, r.pool)
	for who, role := range map[int64]string{gone: "moderator", stays: "speaker"} {
		fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID, in.PersonID, in.Roles = event, &who, []string{role} })
	}
	at, into := fmt.Sprint("/v1/people/", gone), fmt.Sprintf(`{"into":%d}`, stays)

	before := r.changeCount(t)
	tried := c.post(t, at+"/merge?dry_run=true", into).want(t, http.StatusOK)
	if o := tried.object(t); r.changeCount(t) != before || tried.Header().Get("X-Dry-Run") != "true" || fmt.Sprint(o["changed"]) != "[map[count:2 type:attendees] map[count:2 type:people]]" {
		t.Errorf("dry run: %v", o)
	}
	o := c.post(t, at+"/merge?lang=en", into).want(t, http.StatusOK).object(t)
	merged, someone := o["merge"].(map[string]any), o["person"].(map[string]any)
	if someone["name_text"] != "Talgat Kaliyev" || merged["from"].(map[string]any)["name_text"] != "Talgat Kaliyev" || len(o["folded"].([]any)) != 1 {
		t.Errorf("merged: %v", o)
	}

	moved := public.get(t, at+"?include=affiliations&lang=ru").want(t, http.StatusPermanentRedirect)
	if to := moved.Header().Get("Location"); to != fmt.Sprintf("/v1/people/%d?include=affiliations&lang=ru", stays) {
		t.Errorf("leads to %s", to)
	}
	moved.wantProblem(t, 308, "merged")
	for name, reply := range map[string]reply{"PATCH": c.patch(t, at, `{}`), "DELETE": c.del(t, at), "merge": c.post(t, at+"/merge", into)} {
		reply.wantProblem(t, 409, "merged")
		if p := reply.object(t); p["into"] != float64(stays) {
			t.Errorf("%s: %v", name, p)
		}
	}
	if list := pageOf(t, public.get(t, fmt.Sprintf("/v1/round-tables/%d/attendees", event)).want(t, 200)).Data; len(list) != 1 || fmt.Sprint(list[0]["roles"]) != "[speaker moderator]" && fmt.Sprint(list[0]["roles"]) != "[moderator speaker]" {
		t.Errorf("attendees: %v", list)
	}
	if found := pageOf(t, c.get(t, "/v1/people?q=Kaliyev").want(t, 200)).Data; len(found) != 1 || found[0]["id"] != float64(stays) {
		t.Errorf("found: %v", found)
	}

	undo := fmt.Sprintf("/v1/merges/%.0f/undo", merged["id"])
	c.patch(t, fmt.Sprint("/v1/people/", stays), `{"honorific":{"en":"Dr"}}`).want(t, 200)
	late := c.act(t, undo)
	late.wantProblem(t, 409, "changed_since")
	if since := fmt.Sprint(late.object(t)["changed_since"]); !strings.Contains(since, "op:update") {
		t.Errorf("changed since: %s", since)
	}
	c.patch(t, fmt.Sprint("/v1/people/", stays), `{"honorific":null}`).want(t, 200)
	if o := c.act(t, undo+"?dry_run=true").want(t, 200).object(t); o["person"].(map[string]any)["id"] != float64(gone) {
		t.Errorf("%v", o)
	}
	public.get(t, at).want(t, http.StatusPermanentRedirect)
	if o := c.act(t, undo).want(t, 200).object(t); o["merge"].(map[string]any)["undone"] != true {
		t.Errorf("%v", o)
	}
	c.act(t, undo).wantProblem(t, 409, "already_undone")
	if back := public.get(t, at).want(t, 200); !strings.HasPrefix(back.Header().Get("ETag"), `"3-`) || back.object(t)["name"].(map[string]any)["en"] != "Talgat Kaliyev" {
		t.Errorf("back: %s", back.Body)
	}
	if found := pageOf(t, c.get(t, "/v1/people?q=Kaliyev").want(t, 200)).Data; len(found) != 2 {
		t.Errorf("found: %v", found)
	}
	if merges := pageOf(t, c.get(t, fmt.Sprintf("/v1/merges?person=%d&undone=true", gone)).want(t, 200)).Data; len(merges) != 1 || merges[0]["actor"] == "" {
		t.Errorf("merges: %v", merges)
	}
}

func TestWhoMayNotSeeAMergedRecordIsNotLedOn(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	gone := fixture.Person(t, r.pool, func(in *person.Input) { in.Visibility = "restricted" })
	r.as(t, actor.Write).post(t, fmt.Sprintf("/v1/people/%d/merge", gone), fmt.Sprintf(`{"into":%d}`, fixture.Person(t, r.pool))).want(t, 200)
	r.as(t).get(t, fmt.Sprint("/v1/people/", gone)).wantProblem(t, 404, "not_found")
	r.as(t, actor.Read).get(t, fmt.Sprint("/v1/people/", gone)).wantProblem(t, 308, "merged")
}

func TestWhatIsNoMergeIsToldAtItsPlace(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	gone, stays, third := fixture.Person(t, r.pool), fixture.Person(t, r.pool), fixture.Person(t, r.pool)
	institute := fixture.Organization(t, r.pool)
	c.post(t, fmt.Sprintf("/v1/people/%d/merge", third), fmt.Sprintf(`{"into":%d}`, stays)).want(t, 200)
	at := fmt.Sprintf("/v1/people/%d/merge", gone)
	c.refusals(t, at, map[string][]string{
		`{}`:                              {"/into required"},
		`{"into":0}`:                      {"/into required"},
		`{"into":-1}`:                     {"/into too_small"},
		`{"into":"2"}`:                    {"/into wrong_type"},
		`{"into":999}`:                    {"/into unknown_reference"},
		fmt.Sprintf(`{"into":%d}`, gone):  {"/into same_record"},
		fmt.Sprintf(`{"into":%d}`, third): {"/into merged_reference"},
	})
	c.post(t, "/v1/people/999/merge", `{"into":1}`).wantProblem(t, 404, "not_found")
	c.post(t, fmt.Sprintf("/v1/organizations/%d/merge", institute), fmt.Sprintf(`{"into":%d}`, institute)).wantProblem(t, 422, "validation_failed", "/into same_record")
	c.del(t, fmt.Sprint("/v1/people/", gone)).want(t, 204)
	c.post(t, at, fmt.Sprintf(`{"into":%d}`, stays)).wantProblem(t, 410, "deleted")
	c.act(t, "/v1/merges/999/undo").wantProblem(t, 404, "not_found")

	full := make([]text.OtherName, text.MaxOtherNames)
	for i := range full {
		full[i] = text.OtherName{Text: fmt.Sprint("Karin ", i), Kind: "alias"}
	}
	famous := fixture.Person(t, r.pool, func(in *person.Input) { in.OtherNames = full })
	c.post(t, fmt.Sprintf("/v1/people/%d/merge", stays), fmt.Sprintf(`{"into":%d}`, famous)).wantProblem(t, 422, "validation_failed", "/other_names too_many")
	c.get(t, fmt.Sprint("/v1/people/", stays)).want(t, 200)
}

func TestTwoWhoAreNotTheSameStayTwo(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	one, other := fixture.Person(t, r.pool), fixture.Person(t, r.pool)
	body := fmt.Sprintf(`{"type":"people","first_id":%d,"second_id":%d,"note":"Father and son."}`, other, one)
	at := c.make(t, "/v1/distinctions", "%s", body)
	d := c.get(t, at+"?lang=en").want(t, 200).object(t)
	if d["first_id"] != float64(one) || d["second"].(map[string]any)["id"] != float64(other) || d["note"] != "Father and son." {
		t.Errorf("%v", d)
	}
	c.post(t, "/v1/distinctions", body).wantProblem(t, 409, "already_exists", "/second_id already_distinct")
	merge := func() reply {
		return c.post(t, fmt.Sprintf("/v1/people/%d/merge", one), fmt.Sprintf(`{"into":%d}`, other))
	}
	refused := merge()
	refused.wantProblem(t, 409, "said_distinct")
	if p := refused.object(t); p["distinction_id"] != d["id"] {
		t.Errorf("%v", p)
	}
	c.refusals(t, "/v1/distinctions", map[string][]string{
		`{}`: {"/type required", "/first_id required", "/second_id required"},
		`{"type":"places","first_id":1,"second_id":1}`:           {"/type not_allowed", "/second_id same_record"},
		`{"type":"organizations","first_id":8,"second_id":9}`:    {"/first_id unknown_reference", "/second_id unknown_reference"},
		`{"type":"people","first_id":1,"second_id":2,"note":""}`: {"/note blank"},
	})
	if list := pageOf(t, c.get(t, fmt.Sprintf("/v1/distinctions?person=%d", other)).want(t, 200)).Data; len(list) != 1 {
		t.Errorf("%v", list)
	}
	c.del(t, at).want(t, 204)
	merge().want(t, 200)
}
