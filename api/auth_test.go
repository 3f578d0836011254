package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apikey"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

func TestAKeyIsTakenAsBearerAndAsThePasswordOfBasic(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, id := r.key(t, actor.Read)
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("anybody:"+token))
	for _, header := range []string{"Bearer " + token, "bearer " + token, basic} {
		var me Me
		body := r.do(t, "GET", "/v1/me", nil, "Authorization", header).want(t, 200).Body.Bytes()
		if err := json.Unmarshal(body, &me); err != nil || me.Key == nil || me.Key.ID != id {
			t.Errorf("%s...: %s", header[:6], body)
		}
		if strings.Contains(string(body), token) {
			t.Error("the answer holds the key")
		}
	}
}

func TestAWrongKeyIsRefusedEvenWhereNoneIsNeeded(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Read)
	for header, code := range map[string]string{
		"Bearer " + token[:len(token)-1] + "!":  "bad_key",
		"Bearer rtr_" + strings.Repeat("a", 52): "bad_key",
		"Bearer ":                               "bad_authorization",
		"Digest x":                              "bad_authorization",
		"Basic !!":                              "bad_authorization",
	} {
		reply := r.do(t, "GET", "/v1/topics", nil, "Authorization", header)
		reply.wantProblem(t, 401, code)
		if got := strings.Join(reply.Header().Values("WWW-Authenticate"), ", "); !strings.Contains(got, "Bearer") || !strings.Contains(got, "Basic") {
			t.Errorf("%q: WWW-Authenticate %q", header, got)
		}
	}
}

func TestABrowserPageThatAskedIsNotInterruptedByTheBrowsersOwnWindow(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	reply := r.do(t, "GET", "/v1/topics", nil, "Authorization", "Bearer x", "Sec-Fetch-Mode", "cors")
	reply.wantProblem(t, 401, "bad_key")
	if got := reply.Header().Values("WWW-Authenticate"); len(got) != 1 || !strings.HasPrefix(got[0], "Bearer") {
		t.Errorf("WWW-Authenticate %q", got)
	}
}

func TestARevokedKeyStopsToWorkWithinASecondAndAnExpiredOneAtItsHour(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, id := r.key(t, actor.Write)
	use := func() int { return r.do(t, "GET", "/v1/topics", nil, "Authorization", "Bearer "+token).Code }
	if use() != 200 {
		t.Fatal("a new key does not work")
	}
	admin, _ := r.key(t, actor.Admin)
	r.do(t, "POST", fmt.Sprintf("/v1/api-keys/%d/revoke", id), nil, "Authorization", "Bearer "+admin).want(t, 200)
	r.clock.pass(time.Second)
	if use() != 401 {
		t.Error("a revoked key works after a second")
	}
	token, id = r.key(t, actor.Write)
	if use() != 200 {
		t.Fatal("a new key does not work")
	}
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = $1", id)
		return err
	})
	r.clock.pass(time.Second)
	if use() != 401 {
		t.Error("an expired key works")
	}
}

func TestAKeyInAnAddressIsRefusedWithoutEchoingIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Read)
	for _, query := range []string{"api_key=" + token, "token=x", "q=" + token, "Authorization=x"} {
		reply := r.do(t, "GET", "/v1/topics?"+query, nil)
		reply.wantProblem(t, 400, "bad_parameters", strings.SplitN(query, "=", 2)[0]+" key_in_query")
		if strings.Contains(reply.Body.String(), token) {
			t.Error("the answer holds the key")
		}
	}
}

func TestAnAddressThatGuessesKeysIsSlowedDownButItsGoodKeyStillWorks(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.RateAnonymous = 3 })
	token, _ := r.key(t, actor.Read)
	r.do(t, "GET", "/v1/me", nil, "Authorization", "Bearer "+token).want(t, 200)
	for range 3 {
		r.do(t, "GET", "/v1/me", nil, "Authorization", "Bearer rtr_guess").wantProblem(t, 401, "bad_key")
	}
	reply := r.do(t, "GET", "/v1/me", nil, "Authorization", "Bearer rtr_another")
	reply.wantProblem(t, 429, "rate_limited")
	if reply.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	r.do(t, "GET", "/v1/me", nil, "Authorization", "Bearer "+token).want(t, 200)
	other, _ := r.key(t, actor.Read) // of another client behind the same proxy
	r.do(t, "GET", "/v1/me", nil, "Authorization", "Bearer "+other).want(t, 200)
	r.do(t, "GET", "/v1/me", nil, "Authorization", "Bearer "+strings.ToUpper(other)).wantProblem(t, 429, "rate_limited")
}

func TestFewKeysOfAnAddressThatGuessesAreLookedUpAtOnce(t *testing.T) {
	t.Parallel()
	l := lookups{of: map[client]*turns{}}
	from, other := clientOf("192.0.2.1"), clientOf("192.0.2.2")
	var leave []func()
	for range maxLookups {
		done, err := l.enter(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		leave = append(leave, done)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.enter(ended, from); err == nil {
		t.Error("one more key is looked up")
	}
	if done, err := l.enter(ended, other); err == nil {
		done() // a free slot and an ended request: either may be seen first
	}
	next := make(chan func())
	go func() {
		done, _ := l.enter(context.Background(), from)
		next <- done
	}()
	leave[0]()
	leave[0] = <-next
	for _, done := range leave {
		done()
	}
	if len(l.of) != 0 {
		t.Errorf("%d addresses are kept", len(l.of))
	}
}

func TestAQuotaIsAnnouncedAndItsEndIsA429(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.RateAnonymous = 2 })
	first := r.do(t, "GET", "/v1/topics", nil).want(t, 200)
	if got := first.Header().Get("RateLimit"); !strings.HasPrefix(got, `"anonymous";r=1;t=`) {
		t.Errorf("RateLimit %q", got)
	}
	if got := first.Header().Get("RateLimit-Policy"); got != `"anonymous";q=2;w=60` {
		t.Errorf("RateLimit-Policy %q", got)
	}
	r.do(t, "GET", "/v1/topics", nil).want(t, 200)
	r.do(t, "GET", "/v1/topics", nil).wantProblem(t, 429, "rate_limited")
	r.clock.pass(quotaWindow)
	r.do(t, "GET", "/v1/topics", nil).want(t, 200)
}

func TestAKeyIsShownOnceAndStoredOnlyAsAHash(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	admin, _ := r.key(t, actor.Admin, actor.Read)
	auth := []string{"Authorization", "Bearer " + admin, "Content-Type", jsonBody}
	reply := r.do(t, "POST", "/v1/api-keys", `{"name":"Dashboard","scopes":["read"]}`, auth...).want(t, 201)
	var made apikey.Created
	if err := json.Unmarshal(reply.Body.Bytes(), &made); err != nil || made.Key == nil || !strings.HasPrefix(*made.Key, made.Prefix) {
		t.Fatalf("%s", reply.Body)
	}
	r.do(t, "GET", "/v1/topics", nil, "Authorization", "Bearer "+*made.Key).want(t, 200)
	for _, path := range []string{"/v1/api-keys", reply.Header().Get("Location")} {
		if body := r.do(t, "GET", path, nil, auth[:2]...).want(t, 200).Body.String(); strings.Contains(body, *made.Key) || strings.Contains(body, "hash") {
			t.Errorf("GET %s shows the key or its hash", path)
		}
	}
	var dump string
	if err := r.pool.QueryRow(context.Background(), "SELECT string_agg(k::text, '') || (SELECT string_agg(c::text, '') FROM changes c) FROM api_keys k").Scan(&dump); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(dump, *made.Key) {
		t.Error("the database holds the key")
	}
	tried := r.do(t, "POST", "/v1/api-keys?dry_run=true", `{"name":"Trial","scopes":["read"]}`, auth...).want(t, 200)
	if !strings.Contains(tried.Body.String(), `"key":null`) {
		t.Errorf("a dry run shows a key: %s", tried.Body)
	}
}

func TestBadKeysAreRefusedByField(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	admin, _ := r.key(t, actor.Admin)
	before := r.changeCount(t)
	for body, mistakes := range map[string][]string{
		`{}`:                                    {"/name required", "/scopes required"},
		`{"name":" ","scopes":["read"]}`:        {"/name blank"},
		`{"name":"x","scopes":[]}`:              {"/scopes too_few"},
		`{"name":"x","scopes":["read","read"]}`: {"/scopes duplicate"},
		`{"name":"x","scopes":["root"]}`:        {"/scopes/0 not_allowed"},
		`{"name":"x","scopes":["read"],"expires_at":"2020-01-01T00:00:00Z"}`:      {"/expires_at in_the_past"},
		`{"name":"x","scopes":["read"],"expires_at":"9999-12-31T23:59:59-12:00"}`: {"/expires_at bad_value"},
		`{"name":"x","scopes":["read"],"expires_at":"soon"}`:                      {"/expires_at wrong_type"},
		`{"name":"x","scopes":["read"],"hash":"x"}`:                               {"/hash unknown_field"},
		`{"name":"` + strings.Repeat("x", 201) + `","scopes":["read"]}`:           {"/name too_long"},
	} {
		r.do(t, "POST", "/v1/api-keys", body, "Authorization", "Bearer "+admin, "Content-Type", jsonBody).wantProblem(t, 422, "validation_failed", mistakes...)
	}
	if r.changeCount(t) != before {
		t.Error("a refused key was written")
	}
}

func TestNoLogLineHoldsAKeyABodyOrAName(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Write)
	const canary = "Canary-Кенар"
	r.do(t, "POST", "/v1/topics", `{"label":{"en":"`+canary+`"}}`, "Authorization", "Bearer "+token, "Content-Type", jsonBody).want(t, 201)
	r.do(t, "POST", "/v1/topics", `{"label":{"en":"`+canary+`"}}`, "Authorization", "Bearer "+token, "Content-Type", jsonBody).want(t, 409)
	r.do(t, "POST", "/v1/topics", `{"label":"`+canary+`"}`, "Authorization", "Bearer "+token, "Content-Type", jsonBody).want(t, 422)
	r.do(t, "GET", "/v1/topics?q="+canary, nil).want(t, 200)
	r.do(t, "GET", "/v1/"+canary, nil).want(t, 404)
	r.do(t, "GET", "/v1/topics", nil, "Authorization", "Bearer "+canary).want(t, 401)
	lines := r.log.take()
	if len(lines) != 6 {
		t.Fatalf("%d lines for 6 requests: %q", len(lines), lines)
	}
	for _, line := range lines {
		if strings.Contains(line, token) || strings.Contains(line, "Canary") || strings.Contains(line, "Кенар") {
			t.Errorf("the log holds what a client wrote: %s", line)
		}
	}
	if !strings.Contains(lines[0], `"route":"/v1/topics"`) || !strings.Contains(lines[0], `"status":201`) || !strings.Contains(lines[0], `"actor":"key:`) {
		t.Errorf("the line misses what operators need: %s", lines[0])
	}
}

func TestAPanicIsA500WithoutTextAndTheStackInTheLog(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil, route(http.MethodGet, "/v1/panic", actor.Public, func(*server, echo.Context) error { panic("secret of the stack") }))
	reply := r.do(t, "GET", "/v1/panic", nil)
	reply.wantProblem(t, 500, "internal")
	if strings.Contains(reply.Body.String(), "secret") {
		t.Error("the answer shows the panic")
	}
	if line := strings.Join(r.log.take(), "\n"); !strings.Contains(line, "secret of the stack") || !strings.Contains(line, "auth_test.go") {
		t.Errorf("the log lacks the panic: %s", line)
	}
	r.do(t, "GET", "/v1/topics", nil).want(t, 200)
}
