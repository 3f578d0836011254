package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apikey"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/sample"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// rig is the service on a fresh database with its inner parts in reach: the clock, the log, routes of the test's own.
// Tests of resources need none of that (see setup).
type rig struct {
	server  *server
	handler http.Handler
	pool    *pgxpool.Pool
	clock   *clock
	log     *logBuffer
	own     map[string]bool // paths of the test's own routes, which no document knows
}

func newRig(t testing.TB, set func(*Config), own ...Route) *rig {
	t.Helper()
	return newRigOn(t, dbtest.New(t), set, own...)
}

func newRigOn(t testing.TB, db *pgxpool.Pool, set func(*Config), own ...Route) *rig {
	t.Helper()
	r := &rig{pool: db, clock: newClock(), log: &logBuffer{}, own: map[string]bool{}}
	config := Config{DB: r.pool, AnswerCache: 1 << 20, StreamFor: 50 * time.Millisecond, WebhookEvery: 5 * time.Millisecond, Now: r.clock.now, Log: slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if set != nil {
		set(&config)
	}
	var err error
	if r.server, err = newServer(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	r.server.probe.timeout = time.Minute // a slow machine must not fail a test
	for _, o := range own {
		r.own[o.Path] = true
	}
	if r.handler, err = r.server.handler(append(Routes(), own...)); err != nil {
		t.Fatal(err)
	}
	return r
}

// sampled is a registry with the sample.
func sampled(t testing.TB) *rig {
	t.Helper()
	return newRigOn(t, dbtest.Filled(t, "sample", loadSample), nil)
}

func loadSample(ctx context.Context, db *pgxpool.Pool) error {
	_, err := sample.Load(ctx, db)
	return err
}

// withHidden is a registry with the sample and hidden records in it: the first events are drafts.
func withHidden(t testing.TB) *rig {
	t.Helper()
	return newRigOn(t, dbtest.Filled(t, "sample with hidden records", func(ctx context.Context, db *pgxpool.Pool) error {
		if err := loadSample(ctx, db); err != nil {
			return err
		}
		_, err := db.Exec(ctx, "UPDATE round_tables SET publication = 'draft' WHERE id <= 3; UPDATE people SET visibility = 'restricted' WHERE id % 5 = 0")
		return err
	}), nil)
}

// key makes a key with the scopes and gives it and its id.
func (r *rig) key(t testing.TB, scopes ...actor.Scope) (token string, id int64) {
	t.Helper()
	in := apikey.Input{Name: "of a test"}
	for _, s := range scopes {
		in.Scopes = append(in.Scopes, string(s))
	}
	r.write(t, func(ctx context.Context, tx pgx.Tx) (err error) {
		id, token, err = apikey.Create(ctx, tx, r.server.secret, in)
		return err
	})
	return token, id
}

// write runs f in a transaction of the system's.
func (r *rig) write(t testing.TB, f func(ctx context.Context, tx pgx.Tx) error) {
	t.Helper()
	ctx := actor.With(context.Background(), actor.System("test"))
	if err := changes.Write(ctx, r.pool, changes.Options{}, func(tx pgx.Tx) error { return f(ctx, tx) }); err != nil {
		t.Fatal(err)
	}
}

// rows gives the number that a statement counts.
func (r *rig) rows(t testing.TB, sql string) (n int) {
	t.Helper()
	if err := r.pool.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// changeCount is how many changes the log holds.
func (r *rig) changeCount(t testing.TB) int {
	t.Helper()
	return r.rows(t, "SELECT count(*) FROM changes")
}

// recordChanges counts the entries of the log without those that say that something was imported.
func (r *rig) recordChanges(t testing.TB) int {
	t.Helper()
	return r.rows(t, "SELECT count(*) FROM changes WHERE type <> 'imports'")
}

// do sends a request and holds it and the answer against the document; headers are pairs of name and value. body is nil, a string, or an io.Reader of unknown length.
func (r *rig) do(t testing.TB, method, target string, body any, headers ...string) reply {
	t.Helper()
	var content io.Reader
	var sent bytes.Buffer // what the service read of the body
	switch b := body.(type) {
	case string:
		content = strings.NewReader(b)
	case io.Reader:
		content = io.TeeReader(b, &sent)
	}
	request := httptest.NewRequest(method, "/", content)
	request.URL.Path, request.URL.RawQuery, _ = strings.Cut(target, "?")
	request.RequestURI = target
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	r.handler.ServeHTTP(recorder, request)
	if !r.own[request.URL.Path] {
		if text, ok := body.(string); ok {
			sent.WriteString(text)
		}
		published().check(t, exchange{request, sent.Bytes(), recorder})
	}
	return reply{recorder, method + " " + target}
}

// doRaw sends a GET whose path has escapes in it, as a server gets it: raw as it stands in the address, plain without them.
func (r *rig) doRaw(t testing.TB, raw, plain string) reply {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, raw, nil)
	if request.URL.Path != plain {
		t.Fatalf("%s is read as %s", raw, request.URL.Path)
	}
	recorder := httptest.NewRecorder()
	r.handler.ServeHTTP(recorder, request)
	return reply{recorder, "GET " + raw}
}

type reply struct {
	*httptest.ResponseRecorder
	request string
}

// want checks the status.
func (r reply) want(t testing.TB, status int) reply {
	t.Helper()
	if r.Code != status {
		t.Fatalf("%s: status %d, want %d: %s", r.request, r.Code, status, r.Body)
	}
	return r
}

// problem checks that the answer is a problem of the status and code whose mistakes are those wanted, each as
// "pointer code" or "parameter code"; without any, they are not looked at.
func (r reply) wantProblem(t testing.TB, status int, code string, mistakes ...string) Problem {
	t.Helper()
	r.want(t, status)
	if got := r.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("%s: Content-Type %q", r.request, got)
	}
	var p Problem
	if err := json.Unmarshal(r.Body.Bytes(), &p); err != nil {
		t.Fatalf("%s: %v: %s", r.request, err, r.Body)
	}
	if p.Code != code || p.Status != status || p.Type != "/problems/"+code || p.Title == code || p.Title == "" || p.Instance == "" || p.Instance != r.Header().Get("X-Request-Id") {
		t.Fatalf("%s: want the code %s, got %s", r.request, code, r.Body)
	}
	if strings.HasPrefix(p.Detail, ":") {
		t.Fatalf("%s: the detail begins with nothing: %s", r.request, r.Body)
	}
	if bytes.Contains(r.Body.Bytes(), []byte("{max}")) || strings.ContainsAny(p.Title, "{}") {
		t.Fatalf("%s: a placeholder was left open: %s", r.request, r.Body)
	}
	var got []string
	for _, e := range p.Errors {
		if e.Message == e.Code || e.Message == "" || openPlaceholder.MatchString(e.Message) {
			t.Errorf("%s: %s has no whole text: %q", r.request, e.Code, e.Message)
		}
		got = append(got, e.Pointer+e.Parameter+" "+e.Code)
	}
	if len(mistakes) > 0 && strings.Join(got, ", ") != strings.Join(mistakes, ", ") {
		t.Fatalf("%s: mistakes %q, want %q", r.request, got, mistakes)
	}
	return p
}

// logBuffer keeps log lines; it may be written by many goroutines.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// take gives the lines so far and forgets them.
func (l *logBuffer) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.TrimSpace(l.b.String())
	l.b.Reset()
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

const (
	jsonBody  = "application/json"
	mergeBody = "application/merge-patch+json"
	formBody  = "application/x-www-form-urlencoded"
)

// exec runs a statement past the service.
func (r *rig) exec(t testing.TB, sql string) {
	t.Helper()
	if _, err := r.pool.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// openPlaceholder matches a placeholder of a message that was not filled in.
var openPlaceholder = regexp.MustCompile(`\{[a-z_]+\}`)
