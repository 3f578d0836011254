package api

import (
	"net/http"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

func TestAnEventIsReviewedByAnotherKeyThanItsSubmitter(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.ReviewRequired = true })
	author, reviewer := r.as(t, actor.Write, actor.Publish), r.as(t, actor.Write, actor.Publish)
	at := author.make(t, "/v1/round-tables", `{"title":{"en":"Water"},"starts_on":"2020-02-27"}`)
	author.act(t, at+"/publish").wantProblem(t, http.StatusForbidden, "review_required")
	author.patch(t, at, `{"publication":"published"}`).wantProblem(t, http.StatusForbidden, "review_required")
	author.post(t, "/v1/round-tables", `{"title":{"en":"Land"},"publication":"published"}`).wantProblem(t, http.StatusForbidden, "review_required")
	reviewer.act(t, at+"/return").wantProblem(t, http.StatusConflict, "wrong_state")
	submitted := author.act(t, at+"/submit").want(t, http.StatusOK).object(t)
	if submitted["publication"] != "review" || path(submitted, "review", "submitted_by") == nil || path(submitted, "review", "submitted_by_name") != "of a test" {
		t.Errorf("submitted: %v", submitted)
	}
	if waiting := pageOf(t, reviewer.get(t, "/v1/round-tables?publication=review")); len(waiting.Data) != 1 {
		t.Errorf("%d events wait for review", len(waiting.Data))
	}
	returned := r.do(t, http.MethodPost, at+"/return", `{"note":"The place is missing."}`,
		append([]string{"Content-Type", jsonBody, "If-Match", "*"}, reviewer.headers...)...).want(t, http.StatusOK).object(t)
	if returned["publication"] != "draft" || path(returned, "review", "note") != "The place is missing." {
		t.Errorf("returned: %v", returned)
	}
	author.act(t, at+"/submit").want(t, http.StatusOK)
	author.act(t, at+"/publish").wantProblem(t, http.StatusForbidden, "review_required")
	published := reviewer.act(t, at+"/publish").want(t, http.StatusOK).object(t)
	if published["publication"] != "published" || path(published, "review", "note") != nil {
		t.Errorf("published: %v", published)
	}
	if shown := r.as(t).get(t, at).want(t, http.StatusOK).object(t); shown["review"] != nil {
		t.Errorf("the public sees %v", shown["review"])
	}
	reviewer.act(t, at+"/withdraw").want(t, http.StatusOK)
}

func TestAPlannedEventIsCancelledPostponedAndRescheduled(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	at := c.make(t, "/v1/round-tables", `{"title":{"en":"Water"},"starts_on":"2030-05-10","ends_on":"2030-05-11","status":"scheduled"}`)
	move := func(action, body string) reply {
		return c.do(t, http.MethodPost, at+action, body, append([]string{"Content-Type", jsonBody, "If-Match", "*"}, c.headers...)...)
	}
	for _, step := range []struct{ action, body, status, starts string }{
		{"/postpone", `{}`, "postponed", "2030-05-10"},
		{"/postpone", `{"starts_on":"2030-06-10"}`, "postponed", "2030-06-10"},
		{"/reschedule", `{"starts_on":"2030-07-10"}`, "scheduled", "2030-07-10"},
		{"/cancel", `{}`, "cancelled", "2030-07-10"},
		{"/cancel", `{}`, "cancelled", "2030-07-10"},
	} {
		got := move(step.action, step.body).want(t, http.StatusOK).object(t)
		if got["status"] != step.status || got["starts_on"] != step.starts {
			t.Errorf("%s %s: %v on %v", step.action, step.body, got["status"], got["starts_on"])
		}
	}
	move("/postpone", `{}`).wantProblem(t, http.StatusConflict, "wrong_state")
	move("/reschedule", `{"starts_on":"2030-07-10","ends_on":"2030-07-09"}`).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/ends_on before_start")
	if got := len(pageOf(t, c.get(t, at+"/history")).Data); got != 5 {
		t.Errorf("the history has %d changes", got)
	}
	held := c.make(t, "/v1/round-tables", `{"title":{"en":"Land"}}`)
	c.act(t, held+"/cancel").wantProblem(t, http.StatusConflict, "wrong_state")
}
