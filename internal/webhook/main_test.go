package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"roundtables.kz/registry/api"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/webhook"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// received is a message that arrived.
type received struct {
	header http.Header
	body   []byte
	n      int // from 1
	message
}

type message struct {
	Type      string
	Timestamp time.Time
	Data      struct {
		After, Cursor string
		Changes       []change
	}
}

type change struct {
	Op, Type    string
	ID, Version int64
	ChangedAt   time.Time `json:"changed_at"`
	Into        *int64
}

// receiver is a server that receives messages.
type receiver struct {
	*httptest.Server
	arrived chan received

	mu     sync.Mutex
	answer func(w http.ResponseWriter, n int) // answers the n-th message, from 1
	n      int
}

// newReceiver starts a receiver that answers with answer, or with 204 if answer is nil.
func newReceiver(t testing.TB, answer func(w http.ResponseWriter, n int)) *receiver {
	t.Helper()
	r := &receiver{arrived: make(chan received, 10_000), answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		got := received{header: request.Header, body: body}
		if err == nil {
			err = json.Unmarshal(body, &got.message)
		}
		if err != nil || request.Method != http.MethodPost {
			t.Errorf("%s: %v", request.Method, err)
		}
		r.mu.Lock()
		r.n++
		n := r.n
		r.mu.Unlock()
		got.n = n
		if r.answer == nil {
			w.WriteHeader(http.StatusNoContent)
		} else {
			r.answer(w, n)
		}
		r.arrived <- got
	}))
	t.Cleanup(r.Close)
	return r
}

// holding starts a receiver that closes entered when the first message arrives and answers it with a status once leave
// is closed.
func holding(t testing.TB, status int) (r *receiver, entered, leave chan struct{}) {
	t.Helper()
	entered, leave = make(chan struct{}), make(chan struct{})
	return newReceiver(t, func(w http.ResponseWriter, n int) {
		if n == 1 {
			close(entered)
			<-leave
			w.WriteHeader(status)
		}
	}), entered, leave
}

// next waits for a message.
func (r *receiver) next(t testing.TB) received {
	t.Helper()
	select {
	case got := <-r.arrived:
		return got
	case <-time.After(time.Minute):
		t.Fatal("no message arrived")
		return received{}
	}
}

// none fails the test if an unread message has arrived.
func (r *receiver) none(t testing.TB) {
	t.Helper()
	select {
	case got := <-r.arrived:
		t.Errorf("unexpected message: %s", got.body)
	default:
	}
}

// cursor encodes a log position in these tests.
func cursor(at changes.Head, types []string, drafts bool) string {
	return fmt.Sprint(at.Epoch, " ", at.Seq, " ", types, " ", drafts)
}

// run runs a dispatcher until stop is called or the test ends. stop returns once the outcomes of its calls are saved.
func run(t testing.TB, db *pgxpool.Pool, set ...func(*webhook.Options)) (d *webhook.Dispatcher, stop func()) {
	t.Helper()
	d = newDispatcher(t, db, set...)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx, time.Minute) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the dispatcher did not stop cleanly: %v", err)
		}
	})
	t.Cleanup(stop)
	return d, stop
}

func newDispatcher(t testing.TB, db *pgxpool.Pool, set ...func(*webhook.Options)) *webhook.Dispatcher {
	t.Helper()
	o := webhook.Options{
		DB: db, Secret: fixture.Secret, Reach: webhook.Reach{Private: true}, Types: api.FeedTypes(), Cursor: cursor,
		PollInterval: 2 * time.Millisecond,
	}
	for _, f := range set {
		f(&o)
	}
	return webhook.NewDispatcher(o)
}

// retryDelays sets the delays between attempts.
func retryDelays(list ...time.Duration) func(*webhook.Options) {
	return func(o *webhook.Options) { o.RetryDelays = list }
}

// create creates a webhook and returns its id and secret.
func create(t testing.TB, db *pgxpool.Pool, url string, set ...func(*webhook.Input)) (id int64, secret string) {
	t.Helper()
	in := webhook.Input{URL: url, Types: []string{}, State: "enabled"}
	for _, f := range set {
		f(&in)
	}
	write(t, db, func(ctx context.Context, tx pgx.Tx) (err error) {
		id, secret, err = webhook.Create(ctx, tx, fixture.Secret, webhook.Reach{Private: true}, in)
		return err
	})
	return id, secret
}

// patch changes a webhook.
func patch(t testing.TB, db *pgxpool.Pool, id int64, set func(*webhook.Input)) {
	t.Helper()
	write(t, db, func(ctx context.Context, tx pgx.Tx) error {
		old, err := webhook.Get(ctx, pg.ForUpdate{Tx: tx}, id)
		if err != nil {
			return err
		}
		in := old.Input
		set(&in)
		return webhook.Update(ctx, tx, webhook.Reach{Private: true}, old, in)
	})
}

func write(t testing.TB, db *pgxpool.Pool, f func(ctx context.Context, tx pgx.Tx) error) {
	t.Helper()
	ctx := fixture.Context()
	if err := changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error { return f(ctx, tx) }); err != nil {
		t.Fatal(err)
	}
}

func exec(t testing.TB, db pg.DB, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// deliveries returns the deliveries of a webhook, oldest first.
func deliveries(t testing.TB, db pg.DB, id int64) []webhook.Listed {
	t.Helper()
	page, err := webhook.ListDeliveries(t.Context(), db, id, webhook.DeliveryFilter{Params: paging.Params{PageParams: paging.PageParams{Limit: 500, Sort: "-id"}}})
	if err != nil {
		t.Fatal(err)
	}
	list := make([]webhook.Listed, len(page.Items))
	for i, d := range page.Items {
		list[len(list)-1-i] = d
	}
	return list
}

func get(t testing.TB, db pg.DB, id int64) webhook.Webhook {
	t.Helper()
	w, err := webhook.Get(t.Context(), db, id)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func head(t testing.TB, db pg.DB) changes.Head {
	t.Helper()
	h, err := changes.ReadHead(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// logBuffer collects log lines.
type logBuffer struct {
	mu   sync.Mutex
	b    bytes.Buffer
	more chan struct{} // closed and replaced with each line
}

// use makes a dispatcher log to the buffer.
func (l *logBuffer) use(o *webhook.Options) { o.Log = slog.New(slog.NewJSONHandler(l, nil)) }

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// wait returns once the log contains a text.
func (l *logBuffer) wait(t testing.TB, text string) {
	t.Helper()
	end := time.After(time.Minute)
	for {
		l.mu.Lock()
		found := strings.Contains(l.b.String(), text)
		if l.more == nil {
			l.more = make(chan struct{})
		}
		more := l.more
		l.mu.Unlock()
		if found {
			return
		}
		select {
		case <-more:
		case <-end:
			t.Fatalf("the log does not contain %q: %s", text, l)
		}
	}
}
