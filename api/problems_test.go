package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

func TestTheAddressInAProblemExplainsItsCode(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	problem := r.do(t, http.MethodGet, "/v1/topics/1", nil).wantProblem(t, http.StatusNotFound, "not_found")
	var e Explanation
	answer := r.do(t, http.MethodGet, problem.Type, nil).want(t, http.StatusOK)
	if err := json.Unmarshal(answer.Body.Bytes(), &e); err != nil || e.Code != "not_found" || e.Text["en"] == "" || e.Text["ru"] == "" || e.Text["kk"] == "" {
		t.Errorf("%s (%v)", answer.Body, err)
	}
	page := r.do(t, http.MethodGet, problem.Type, nil, "Accept", "text/html,*/*;q=0.8").want(t, http.StatusOK)
	if got := page.Header().Get("Content-Type"); got != "text/html; charset=UTF-8" || !strings.Contains(page.Body.String(), e.Text["ru"]) {
		t.Errorf("a browser gets %s: %s", got, page.Body)
	}
	r.do(t, http.MethodGet, "/problems/none", nil).wantProblem(t, http.StatusNotFound, "not_found")
}

func TestAFaultOfTheDatabaseIsExplainedInTheLogOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	if _, err := r.pool.Exec(t.Context(), "ALTER TABLE topics RENAME COLUMN description TO hidden"); err != nil {
		t.Fatal(err)
	}
	for operation, request := range map[string]func() reply{
		"list topics: ": func() reply { return c.get(t, "/v1/topics") },
		"get topic: ":   func() reply { return c.get(t, "/v1/topics/1") },
		"create topic: ": func() reply {
			return c.do(t, http.MethodPost, "/v1/topics", `{"label":{"en":"Water"}}`, append([]string{"Content-Type", "application/json"}, c.headers...)...)
		},
	} {
		r.log.take()
		answer := request().wantProblem(t, http.StatusInternalServerError, "internal")
		if logged := strings.Join(r.log.take(), "\n"); !strings.Contains(logged, operation) || answer.Detail != "" {
			t.Errorf("the client reads %q, the log has no %q: %s", answer.Detail, operation, logged)
		}
	}
}
