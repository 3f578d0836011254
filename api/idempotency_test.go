package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
)

func (r bundleRig) keyed(t testing.TB, path, key, body string, headers ...string) reply {
	t.Helper()
	return r.do(t, "POST", path, body, append([]string{"Authorization", "Bearer " + r.token, "Content-Type", jsonBody, "Idempotency-Key", key}, headers...)...)
}

func TestARequestWithAKnownKeyIsAnsweredAsTheFirstTime(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	for path, body := range map[string]string{"/v1/topics": `{"label": {"en": "Water"}}`, "/v1/people": `{"name": {"en": "Marat Saparov"}}`, "/v1/bundles": waterBundle} {
		first := r.keyed(t, path, "a-1", body).want(t, 201)
		before := r.changeCount(t)
		again := r.keyed(t, path, "a-1", body).want(t, 201)
		if first.Header().Get("Idempotency-Replayed") != "" || again.Header().Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s: replayed %q, then %q", path, first.Header().Get("Idempotency-Replayed"), again.Header().Get("Idempotency-Replayed"))
		}
		for _, name := range []string{"Location", "ETag", "Content-Type"} {
			if got, want := again.Header().Get(name), first.Header().Get(name); got != want {
				t.Errorf("%s: %s %q, then %q", path, name, want, got)
			}
		}
		if first.Header().Get("Location") == "" || again.Body.String() != first.Body.String() || again.Header().Get("X-Request-Id") == first.Header().Get("X-Request-Id") {
			t.Errorf("%s: %s, then %s", path, first.Body, again.Body)
		}
		if r.changeCount(t) != before {
			t.Errorf("%s: the second time wrote something", path)
		}
	}
}

func TestAKeyBelongsToOneClientPathAndRequest(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	r.keyed(t, "/v1/topics", "k", `{"label": {"en": "Water"}}`).want(t, 201)
	r.keyed(t, "/v1/topics", "k", `{"label": {"en": "Fire"}}`).wantProblem(t, 422, "idempotency_key_reused", "Idempotency-Key key_of_another_request")
	r.keyed(t, "/v1/topics?lang=ru", "k", `{"label": {"en": "Water"}}`).wantProblem(t, 422, "idempotency_key_reused", "Idempotency-Key key_of_another_request")
	r.keyed(t, "/v1/places", "k", `{"name": {"en": "Taraz"}}`).want(t, 201)
	other := r
	other.token, _ = r.key(t, actor.Write)
	if again := other.keyed(t, "/v1/topics", "k", `{"label": {"en": "Air"}}`).want(t, 201); again.Header().Get("Idempotency-Replayed") != "" {
		t.Error("one client was given the answer to another")
	}
}

func TestWhatWasRefusedOrOnlyTriedIsNotRemembered(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	r.keyed(t, "/v1/topics", "k", `{"label": {}}`).want(t, 422)
	r.keyed(t, "/v1/topics?dry_run=true", "k", `{"label": {"en": "Water"}}`).want(t, 200)
	if n := r.rows(t, "SELECT count(*) FROM idempotency_keys") + r.rows(t, "SELECT count(*) FROM topics"); n != 0 {
		t.Errorf("%d rows", n)
	}
	r.keyed(t, "/v1/topics", "k", `{"label": {"en": "Water"}}`).want(t, 201)
}

func TestAKeyIsVisibleCharacters(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	for _, key := range []string{"", "a b", "ключ", "a\x7f", strings.Repeat("a", 256)} {
		r.keyed(t, "/v1/topics", key, `{"label": {"en": "Water"}}`).wantProblem(t, 400, "bad_parameters", "Idempotency-Key bad_idempotency_key")
	}
	r.keyed(t, "/v1/topics", strings.Repeat("~", 255), `{"label": {"en": "Water"}}`).want(t, 201)
	r.keyed(t, "/v1/topics", "k", strings.Repeat(" ", maxBody+1)).wantProblem(t, 413, "body_too_large")
}

func TestManyRequestsAtOnceWithOneKeyHaveOneEffect(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	const rounds, clients = 40, 16
	for round := range rounds {
		answers := make(chan reply, clients)
		body := fmt.Sprintf(`{"label": {"en": "Topic %d"}}`, round)
		for range clients {
			go func() { answers <- r.keyed(t, "/v1/topics", fmt.Sprint("round-", round), body) }()
		}
		bodies, again := map[string]bool{}, 0
		for range clients {
			a := <-answers
			if a.Code != http.StatusCreated {
				t.Errorf("status %d: %s", a.Code, a.Body)
			}
			bodies[a.Body.String()] = true
			if a.Header().Get("Idempotency-Replayed") == "true" {
				again++
			}
		}
		if len(bodies) != 1 || again != clients-1 {
			t.Errorf("%d different answers, %d of them replayed", len(bodies), again)
		}
	}
	if n := r.rows(t, "SELECT count(*) FROM topics"); n != rounds {
		t.Errorf("%d topics, want %d", n, rounds)
	}
}

func TestAnActionIsAnsweredAgainAlthoughTheVersionHasMoved(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Publish)
	path := fmt.Sprintf("/v1/round-tables/%d/publish", fixture.RoundTable(t, r.pool))
	first := r.keyed(t, path, "k", "", "If-Match", `"1"`).want(t, 200)
	if again := r.keyed(t, path, "k", "", "If-Match", `"1"`).want(t, 200); again.Body.String() != first.Body.String() {
		t.Errorf("%s, then %s", first.Body, again.Body)
	}
	r.keyed(t, path, "k", "", "If-Match", `"2"`).wantProblem(t, 422, "idempotency_key_reused", "Idempotency-Key key_of_another_request")
}

func TestAnAnswerIsNotReadableInTheDatabaseAndEndsAfterADay(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Admin, actor.Write)
	body := `{"name": "partner", "scopes": ["read"]}`
	var made struct{ ID int64 }
	first := r.keyed(t, "/v1/api-keys", "k", body).want(t, 201)
	if err := json.Unmarshal(first.Body.Bytes(), &made); err != nil {
		t.Fatal(err)
	}
	if n := r.rows(t, "SELECT count(*) FROM idempotency_keys WHERE position('rtr_'::bytea IN answer) > 0"); n != 0 {
		t.Error("the new key can be read")
	}
	if again := r.keyed(t, "/v1/api-keys", "k", body).want(t, 201); again.Body.String() != first.Body.String() || !strings.Contains(again.Body.String(), "rtr_") {
		t.Errorf("%s, then %s", first.Body, again.Body)
	}
	r.keyed(t, "/v1/topics", "old", `{"label": {"en": "Water"}}`).want(t, 201)
	if _, err := r.pool.Exec(t.Context(), "UPDATE idempotency_keys SET created_at = created_at - interval '25 hours'"); err != nil {
		t.Fatal(err)
	}
	if again := r.keyed(t, "/v1/topics", "old", `{"label": {"en": "Fire"}}`).want(t, 201); again.Header().Get("Idempotency-Replayed") != "" {
		t.Error("an answer was given after more than a day")
	}
	if n := r.rows(t, "SELECT count(*) FROM idempotency_keys"); n != 1 {
		t.Errorf("%d rows, want the new one alone", n)
	}
}
