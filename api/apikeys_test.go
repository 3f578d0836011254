package api

import (
	"encoding/json"
	"net/http"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apikey"
)

func TestAKeyCanBeRenamedAndLimitedButNeverRead(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	admin, _ := r.key(t, actor.Admin, actor.Write)
	bearer := []string{"Authorization", "Bearer " + admin}
	var made apikey.Created
	answer := r.do(t, http.MethodPost, "/v1/api-keys", `{"name":"Dashboard","scopes":["read","write"]}`, append(bearer, "Content-Type", jsonBody)...).want(t, http.StatusCreated)
	if err := json.Unmarshal(answer.Body.Bytes(), &made); err != nil || made.Key == nil {
		t.Fatalf("%s (%v)", answer.Body, err)
	}
	where := answer.Header().Get("Location")
	patched := r.do(t, http.MethodPatch, where, `{"name":"Dashboard of the frontend team","scopes":["read"],"expires_at":"2100-01-01T00:00:00Z"}`,
		append(bearer, "Content-Type", mergeBody, "If-Match", answer.Header().Get("ETag"))...).want(t, http.StatusOK)
	var now map[string]any
	if err := json.Unmarshal(patched.Body.Bytes(), &now); err != nil || now["name"] != "Dashboard of the frontend team" || now["expires_at"] != "2100-01-01T00:00:00Z" {
		t.Errorf("%s (%v)", patched.Body, err)
	}
	if _, shown := now["key"]; shown {
		t.Error("the key is shown a second time")
	}
	r.do(t, http.MethodPost, "/v1/topics", `{"label":{"en":"Demography"}}`, "Authorization", "Bearer "+*made.Key, "Content-Type", jsonBody).
		wantProblem(t, http.StatusForbidden, "scope_missing")
}
