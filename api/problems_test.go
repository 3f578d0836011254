package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
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
