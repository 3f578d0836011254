package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
)

// hookRig is a registry that may call addresses of this machine, and an address that it tells.
type hookRig struct {
	caller
	url  string
	told chan toldMessage
}

type toldMessage struct {
	header http.Header
	body   []byte
}

func newHookRig(t *testing.T, scopes ...actor.Scope) hookRig {
	t.Helper()
	r := newRig(t, func(c *Config) { c.WebhooksPrivate, c.WebhookWaits = true, []time.Duration{time.Hour} })
	h := hookRig{caller: r.as(t, append(scopes, actor.Admin)...), told: make(chan toldMessage, 100)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Error(err)
		}
		if request.URL.Path == "/refuse" {
			w.WriteHeader(http.StatusTeapot)
		}
		h.told <- toldMessage{request.Header, body}
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// deliver has webhooks told until stop.
func (h hookRig) deliver(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- (&API{server: h.server}).Deliver(ctx, time.Minute) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func (h hookRig) next(t *testing.T) (m toldMessage, content map[string]any) {
	t.Helper()
	select {
	case m = <-h.told:
	case <-time.After(time.Minute):
		t.Fatal("no message came")
	}
	if err := json.Unmarshal(m.body, &content); err != nil {
		t.Fatalf("%v: %s", err, m.body)
	}
	return m, content
}

// hook makes a webhook and gives its address in the API and its secret.
func (h hookRig) hook(t *testing.T, more string) (at, secret string) {
	t.Helper()
	answer := h.post(t, "/v1/webhooks", fmt.Sprintf(`{"url":%q%s}`, h.url, more)).want(t, http.StatusCreated)
	return answer.Header().Get("Location"), answer.object(t)["secret"].(string)
}

func TestAWebhookIsShownItsSecretOnceAndLivesOverHTTP(t *testing.T) {
	t.Parallel()
	h := newHookRig(t, actor.Read)
	dry := h.post(t, "/v1/webhooks?dry_run=true", `{"url":"https://mirror.example.org/"}`).want(t, http.StatusOK)
	if secret, shown := dry.object(t)["secret"]; !shown || secret != nil || h.rows(t, "SELECT count(*) FROM webhooks") != 0 {
		t.Errorf("a dry run: %s", dry.Body)
	}
	at, secret := h.hook(t, `,"types":["round-tables"],"description":"Mirror"`)
	got := h.get(t, at).want(t, http.StatusOK)
	o := got.object(t)
	if _, shown := o["secret"]; shown || o["state"] != "enabled" || o["drafts"] != false || o["disabled_reason"] != nil || !strings.HasPrefix(got.Header().Get("ETag"), `"1-`) {
		t.Errorf("%s", got.Body)
	}
	if list := pageOf(t, h.get(t, "/v1/webhooks?state=enabled").want(t, http.StatusOK)).Data; len(list) != 1 || list[0]["description"] != "Mirror" {
		t.Errorf("%v", list)
	}
	if list := pageOf(t, h.get(t, "/v1/webhooks?state=disabled").want(t, http.StatusOK)).Data; len(list) != 0 {
		t.Errorf("%v", list)
	}
	if got := h.patch(t, at, `{"state":"disabled","types":[]}`).want(t, http.StatusOK); got.object(t)["state"] != "disabled" || !strings.HasPrefix(got.Header().Get("ETag"), `"2-`) {
		t.Errorf("%s", got.Body)
	}
	rotated := h.post(t, at+"/rotate", `{}`).want(t, http.StatusOK).object(t)
	if rotated["secret"] == secret || !strings.HasPrefix(fmt.Sprint(rotated["secret"]), "whsec_") || rotated["rotated_at"] == nil {
		t.Errorf("%v", rotated)
	}
	if again := h.post(t, at+"/rotate?dry_run=true", `{}`).want(t, http.StatusOK).object(t); again["secret"] != nil {
		t.Errorf("%v", again)
	}
	history := h.get(t, at+"/history").want(t, http.StatusOK)
	if page := pageOf(t, history).Data; len(page) != 3 {
		t.Errorf("%s", history.Body)
	}
	h.del(t, at).want(t, http.StatusNoContent)
	h.get(t, at).wantProblem(t, http.StatusGone, "deleted")
	h.get(t, at+"/history").want(t, http.StatusOK)
	h.post(t, at+"/test", `{}`).wantProblem(t, http.StatusGone, "deleted")
	for _, s := range []string{secret, fmt.Sprint(rotated["secret"])} {
		for _, body := range []string{got.Body.String(), history.Body.String(), strings.Join(h.log.take(), "\n"), h.get(t, "/v1/audit").Body.String()} {
			if strings.Contains(body, s[6:]) {
				t.Errorf("the secret can be read: %s", body)
			}
		}
	}
}

func TestAWebhookOutOfReachIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Admin)
	c.refusals(t, "/v1/webhooks", map[string][]string{
		`{}`:                                   {"/url required"},
		`{"url":"mirror"}`:                     {"/url bad_webhook_url"},
		`{"url":"http://mirror.example.org/"}`: {"/url https_required"},
		`{"url":"https://mirror.example.org:22/"}`:                          {"/url port_not_allowed"},
		`{"url":"https://169.254.169.254/latest/meta-data"}`:                {"/url address_not_allowed"},
		`{"url":"https://[::ffff:10.0.0.1]/"}`:                              {"/url address_not_allowed"},
		`{"url":"https://a.example.org/","types":["contacts"]}`:             {"/types/0 not_allowed"},
		`{"url":"https://a.example.org/","types":["people","people"]}`:      {"/types duplicate"},
		`{"url":"https://a.example.org/","state":"gone","description":" "}`: {"/description blank", "/state not_allowed"},
		`{"url":"https://a.example.org/` + strings.Repeat("a", 2000) + `"}`: {"/url too_long"},
		`{"url":"https://a.example.org/","secret":"whsec_of_mine"}`:         {"/secret unknown_field"},
	})
	at := c.make(t, "/v1/webhooks", `{"url":"https://mirror.example.org/"}`)
	c.patch(t, at, `{"url":"https://127.0.0.1/"}`).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/url address_not_allowed")
	c.patch(t, at, `{"secret":"whsec_of_mine"}`).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/secret unknown_field")
}

func TestOnlyWhoReadsDraftsHasThemTold(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	admin, reader := r.as(t, actor.Admin), r.as(t, actor.Admin, actor.Read)
	const body = `{"url":"https://mirror.example.org/","drafts":true}`
	admin.post(t, "/v1/webhooks", body).wantProblem(t, http.StatusForbidden, "scope_missing")
	at := reader.make(t, "/v1/webhooks", body)
	admin.patch(t, at, `{"url":"https://elsewhere.example.org/"}`).wantProblem(t, http.StatusForbidden, "scope_missing")
	admin.patch(t, at, `{"types":["people"]}`).wantProblem(t, http.StatusForbidden, "scope_missing")
	admin.patch(t, at, `{"state":"disabled","description":"Of the editors"}`).want(t, http.StatusOK)
	admin.patch(t, at, `{"state":"enabled"}`).wantProblem(t, http.StatusForbidden, "scope_missing")
	admin.patch(t, at, `{"drafts":false}`).want(t, http.StatusOK)
	admin.patch(t, at, `{"drafts":true}`).wantProblem(t, http.StatusForbidden, "scope_missing")
}

func TestAReceiverPullsWhatItWasToldOf(t *testing.T) {
	t.Parallel()
	h := newHookRig(t, actor.Read)
	_, secret := h.hook(t, "")
	_, editors := h.hook(t, `,"drafts":true,"types":["round-tables","topics"]`)
	stop := h.deliver(t)
	defer stop()
	made := fixture.RoundTable(t, h.pool)
	byCursor := map[bool]map[string]any{} // with drafts
	for range 2 {
		m, content := h.next(t)
		drafts := false
		for i, s := range []string{secret, editors} {
			w, err := standardwebhooks.NewWebhook(s)
			if err != nil {
				t.Fatal(err)
			}
			if w.Verify(m.body, m.header) == nil {
				drafts = i == 1
			}
		}
		byCursor[drafts] = content
	}
	for drafts, content := range byCursor {
		puller, types := h.as(t), ""
		if drafts {
			puller, types = h.caller, "&type=round-tables,topics"
		}
		from := url.QueryEscape(fmt.Sprint(path(content, "data", "after")))
		page := pageOf(t, puller.get(t, "/v1/changes?cursor="+from+types).want(t, http.StatusOK))
		if len(page.Data) != 1 || page.Data[0]["id"] != float64(made) || content["type"] != "changes.committed" {
			t.Errorf("told %v, then pulled %v", content, page.Data)
		}
		if page.Meta.Cursor != path(content, "data", "cursor") {
			t.Errorf("the cursors differ: %v, %v", page.Meta.Cursor, content)
		}
		puller.get(t, "/v1/changes?cursor="+url.QueryEscape(fmt.Sprint(path(content, "data", "cursor")))+types).want(t, http.StatusOK)
	}
}

func TestACallForATestSaysWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	h := newHookRig(t)
	at, secret := h.hook(t, `,"state":"disabled"`)
	dry := h.post(t, at+"/test?dry_run=true", `{}`).want(t, http.StatusOK).object(t)
	if dry["state"] != "pending" || h.rows(t, "SELECT count(*) FROM webhook_deliveries") != 0 {
		t.Errorf("%v", dry)
	}
	got := h.post(t, at+"/test", `{}`).want(t, http.StatusOK).object(t)
	m, content := h.next(t)
	w, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Verify(m.body, m.header); err != nil || content["type"] != "webhook.test" {
		t.Errorf("%v: %s", err, m.body)
	}
	if got["state"] != "delivered" || got["kind"] != "test" || got["status"] != 200.0 || got["attempts"] != 1.0 || got["message_id"] != m.header.Get("Webhook-Id") {
		t.Errorf("%v", got)
	}
	h.patch(t, at, fmt.Sprintf(`{"url":%q}`, h.url+"/refuse")).want(t, http.StatusOK)
	failed := h.post(t, at+"/test", `{}`).want(t, http.StatusOK).object(t)
	h.next(t)
	if failed["state"] != "failed" || failed["status"] != 418.0 || failed["error"] != "status" {
		t.Errorf("%v", failed)
	}
	if state := h.get(t, at).object(t); state["disabled_reason"] != nil {
		t.Errorf("a test has disabled it: %v", state)
	}
	list := pageOf(t, h.get(t, at+"/deliveries?kind=test").want(t, http.StatusOK)).Data
	if len(list) != 2 || list[0]["id"] != failed["id"] || list[1]["id"] != got["id"] || list[0]["payload"] != nil {
		t.Errorf("%v", list)
	}
	if list := pageOf(t, h.get(t, at+"/deliveries?state=delivered").want(t, http.StatusOK)).Data; len(list) != 1 {
		t.Errorf("%v", list)
	}
	one := fmt.Sprintf("%s/deliveries/%v", at, got["id"])
	if d := h.get(t, one).want(t, http.StatusOK).object(t); path(d, "payload", "type") != "webhook.test" {
		t.Errorf("%v", d)
	}
	h.post(t, one+"/retry", `{}`).wantProblem(t, http.StatusConflict, "test_over")
	other, _ := h.hook(t, "")
	h.get(t, fmt.Sprintf("%s/deliveries/%v", other, got["id"])).wantProblem(t, http.StatusNotFound, "not_found")
	h.get(t, "/v1/webhooks/999999/deliveries").wantProblem(t, http.StatusNotFound, "not_found")
	metrics := h.do(t, http.MethodGet, "/metrics", nil).want(t, http.StatusOK).Body.String()
	for _, line := range []string{`registry_webhook_attempts_total{result="delivered"} 1`, `registry_webhook_attempts_total{result="status"} 1`, "registry_webhook_oldest_pending_seconds 0"} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("/metrics lacks %s", line)
		}
	}
}

func TestADeliveryThatWaitsIsSentAtOnce(t *testing.T) {
	t.Parallel()
	h := newHookRig(t)
	at, _ := h.hook(t, "")
	h.patch(t, at, fmt.Sprintf(`{"url":%q}`, h.url+"/refuse")).want(t, http.StatusOK)
	stop := h.deliver(t)
	fixture.Topic(t, h.pool)
	h.next(t)
	stop()
	waiting := pageOf(t, h.get(t, at+"/deliveries").want(t, http.StatusOK)).Data[0]
	if waiting["state"] != "pending" || waiting["next_attempt_at"] == nil || waiting["error"] != "status" {
		t.Errorf("%v", waiting)
	}
	retried := h.post(t, fmt.Sprintf("%s/deliveries/%v/retry", at, waiting["id"]), `{}`).want(t, http.StatusOK).object(t)
	if retried["state"] != "pending" || fmt.Sprint(retried["next_attempt_at"]) >= fmt.Sprint(waiting["next_attempt_at"]) {
		t.Errorf("%v", retried)
	}
	first, _ := h.get(t, fmt.Sprintf("%s/deliveries/%v", at, waiting["id"])).object(t)["message_id"].(string)
	stop = h.deliver(t)
	if m, _ := h.next(t); m.header.Get("Webhook-Id") != first {
		t.Errorf("another message came: %s", m.body)
	}
	stop()
}

func TestAWebhookIsToldAgainFromACursor(t *testing.T) {
	t.Parallel()
	h := newHookRig(t, actor.Read)
	at, _ := h.hook(t, `,"types":["topics"]`)
	before := pageOf(t, h.as(t).get(t, "/v1/topics").want(t, http.StatusOK)).Meta.Cursor
	editors := pageOf(t, h.get(t, "/v1/changes").want(t, http.StatusOK)).Meta.Cursor
	stop := h.deliver(t)
	defer stop()
	made := fixture.Topic(t, h.pool)
	h.next(t)
	for _, cursor := range []string{before, editors} { // of whoever it is
		h.post(t, at+"/replay", fmt.Sprintf(`{"cursor":%q}`, cursor)).want(t, http.StatusOK)
		m, content := h.next(t)
		if list, _ := path(content, "data", "changes").([]any); len(list) != 1 || path(list[0], "id") != float64(made) {
			t.Errorf("%s", m.body)
		}
	}
	h.post(t, at+"/replay", `{}`).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/cursor required")
	h.post(t, at+"/replay", `{"cursor":"of-mine"}`).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/cursor bad_place")
	elsewhere := h.server.cursors.encodePosition(logPosition{Epoch: "elsewhere", Seq: 1, View: viewPublic})
	h.post(t, at+"/replay", fmt.Sprintf(`{"cursor":%q}`, elsewhere)).wantProblem(t, http.StatusGone, "changes_began_anew")
	ahead := h.server.cursors.encodePosition(logPosition{Epoch: h.server.epoch, Seq: 1 << 40, View: viewPublic})
	h.post(t, at+"/replay", fmt.Sprintf(`{"cursor":%q}`, ahead)).wantProblem(t, http.StatusGone, "changes_began_anew")
	h.post(t, "/v1/webhooks/999999/replay", fmt.Sprintf(`{"cursor":%q}`, before)).wantProblem(t, http.StatusNotFound, "not_found")
}

func TestDraftsAreNeverToldToThePublic(t *testing.T) {
	t.Parallel()
	h := newHookRig(t, actor.Publish, actor.Write)
	h.hook(t, "")
	stop := h.deliver(t)
	defer stop()
	at := h.make(t, "/v1/round-tables", `{"title":{"en":"`+draftCanary+`"},"starts_on":"2024-05-01","notes":"`+notesCanary+`"}`)
	topic := h.make(t, "/v1/topics", `{"label":{"en":"Water"}}`)
	_, content := h.next(t)
	list, _ := path(content, "data", "changes").([]any)
	if len(list) != 1 || !strings.HasSuffix(topic, fmt.Sprintf("/%v", path(list[0], "id"))) {
		t.Errorf("%v", content)
	}
	h.act(t, at+"/publish").want(t, http.StatusOK)
	m, _ := h.next(t)
	h.act(t, at+"/withdraw").want(t, http.StatusOK)
	then, content := h.next(t)
	list, _ = path(content, "data", "changes").([]any)
	if len(list) != 1 || path(list[0], "op") != "withdraw" || bytes.Contains(append(m.body, then.body...), []byte("Canary")) {
		t.Errorf("%s, then %s", m.body, then.body)
	}
}

func TestTheExampleOfAReceiverTakesWhatIsGenuineOnly(t *testing.T) {
	t.Parallel()
	needs(t, "python3")
	h := newHookRig(t)
	at, secret := h.hook(t, "")
	receiver := exec.CommandContext(t.Context(), "python3", "../openapi/examples/webhook/receiver.py", "0")
	receiver.Env = append(os.Environ(), "WEBHOOK_SECRET="+secret)
	out, err := receiver.StdoutPipe()
	if err == nil {
		err = receiver.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = receiver.Process.Kill(), receiver.Wait() })
	lines := bufio.NewScanner(out)
	line := func() string {
		if !lines.Scan() {
			t.Fatalf("the receiver has ended: %v", lines.Err())
		}
		return lines.Text()
	}
	address, ok := strings.CutPrefix(line(), "listening on ")
	if !ok {
		t.Fatal("the receiver does not say where it is")
	}
	h.patch(t, at, fmt.Sprintf(`{"url":%q}`, address)).want(t, http.StatusOK)
	h.post(t, at+"/test", `{}`).want(t, http.StatusOK)
	if got := line(); got != "webhook.test" {
		t.Errorf("it says %q", got)
	}
	other, _ := h.hook(t, "") // with another secret
	h.patch(t, other, fmt.Sprintf(`{"url":%q}`, address)).want(t, http.StatusOK)
	if d := h.post(t, other+"/test", `{}`).want(t, http.StatusOK).object(t); d["status"] != 401.0 {
		t.Errorf("a message with another secret: %v", d)
	}
	h.patch(t, other, `{"state":"disabled"}`).want(t, http.StatusOK)
	stop := h.deliver(t)
	defer stop()
	made := fixture.Topic(t, h.pool)
	if got, want := line(), fmt.Sprintf("changes.committed upsert topics/%d", made); got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
}

func TestAWebhookThatIsMadeOnceWithItsKeyIsToldWhileTheServiceRuns(t *testing.T) {
	t.Parallel()
	h := newHookRig(t)
	stop := h.deliver(t)
	defer stop()
	body := fmt.Sprintf(`{"url":%q}`, h.url)
	keyed := append([]string{"Content-Type", jsonBody, "Idempotency-Key", "once"}, h.headers...)
	first := h.do(t, http.MethodPost, "/v1/webhooks", body, keyed...).want(t, http.StatusCreated)
	again := h.do(t, http.MethodPost, "/v1/webhooks", body, keyed...).want(t, http.StatusCreated)
	if first.Body.String() != again.Body.String() || h.rows(t, "SELECT count(*) FROM webhooks") != 1 {
		t.Errorf("%s, then %s", first.Body, again.Body)
	}
	fixture.Topic(t, h.pool)
	h.next(t)
}
