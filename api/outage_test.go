package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// another opens a connection to the database of the rig outside of its pool.
func (r *rig) another(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), r.pool.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// cut ends the connections that a condition selects, and waits for their end.
func cut(t testing.TB, by *pgx.Conn, which string) {
	t.Helper()
	var n int
	err := by.QueryRow(t.Context(), "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND "+which).Scan(&n)
	if err != nil || n == 0 {
		t.Fatalf("%d connections were cut: %v", n, err)
	}
}

// blocked waits until n connections wait for a lock.
func blocked(t testing.TB, by *pgx.Conn, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for got := -1; got != n; {
		if err := by.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&got); err != nil {
			t.Fatalf("%d connections wait for a lock: %v", got, err)
		}
		if _, err := by.Exec(ctx, "SELECT pg_stat_clear_snapshot()"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRequestsSurviveTheLossOfAllConnections(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	by := r.another(t)
	held := make([]interface{ Release() }, r.pool.Config().MaxConns)
	for range 3 {
		for i := range held { // so that all connections of the pool are open
			conn, err := r.pool.Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			held[i] = conn
		}
		for _, h := range held {
			h.Release()
		}
		r.do(t, http.MethodGet, "/readyz", nil).want(t, http.StatusOK)
		cut(t, by, "true")
		r.clock.pass(probeTTL)
		r.do(t, http.MethodGet, "/readyz", nil).want(t, http.StatusOK)
		r.do(t, http.MethodGet, "/v1/topics", nil).want(t, http.StatusOK)
		c.make(t, "/v1/topics", `{"label":{"en":"%d"}}`, time.Now().UnixNano())
	}
}

func TestAReadWhoseConnectionBreaksIsRepeatedAndAWriteIsNot(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	by := r.another(t)
	for method, want := range map[string]int{http.MethodGet: http.StatusOK, http.MethodPost: http.StatusServiceUnavailable} {
		tx, err := by.Begin(t.Context())
		if err == nil {
			_, err = tx.Exec(t.Context(), "LOCK TABLE topics")
		}
		if err != nil {
			t.Fatal(err)
		}
		answer := make(chan reply, 1)
		go func() {
			var body any
			if method == http.MethodPost {
				body = `{"label":{"en":"Water"}}`
			}
			answer <- c.do(t, method, "/v1/topics", body, append([]string{"Content-Type", jsonBody}, c.headers...)...)
		}()
		blocked(t, by, 1)
		cut(t, by, "wait_event_type = 'Lock'")
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		(<-answer).want(t, want)
	}
	if n := r.rows(t, "SELECT count(*) FROM topics"); n != 0 {
		t.Errorf("%d topics", n)
	}
}

func TestALockedTableBlocksOnlyItsCollectionAndNoCachedResponse(t *testing.T) {
	t.Parallel()
	r := newRigOn(t, dbtest.Open(t, dbtest.URL(t), pg.Options{MaxConns: 8, LockTimeout: time.Hour}), nil)
	const cached = "/v1/topics?limit=1"
	fixture.Topic(t, r.pool)
	r.do(t, http.MethodGet, cached, nil).want(t, http.StatusOK)
	by, locker := r.another(t), r.another(t)
	if _, err := locker.Exec(t.Context(), "BEGIN; LOCK TABLE topics"); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			got := r.do(t, http.MethodGet, fmt.Sprintf("/v1/topics?limit=%d", n+2), nil)
			if got.Code != http.StatusServiceUnavailable || !strings.Contains(got.Body.String(), `"locked"`) {
				t.Errorf("a read of a locked table: %d %s", got.Code, got.Body)
			}
		})
	}
	blocked(t, by, 6)
	before := r.givenAgain(t)
	r.do(t, http.MethodGet, cached, nil).want(t, http.StatusOK)
	r.do(t, http.MethodGet, "/v1/places", nil).want(t, http.StatusOK)
	if n := r.givenAgain(t) - before; n != 1 {
		t.Errorf("%v responses came from the cache", n)
	}
	all.Wait() // although the table stays locked
	write := make(chan reply, 1)
	c := r.as(t, actor.Write)
	go func() { write <- c.post(t, "/v1/topics", `{"label":{"en":"Water"}}`) }()
	blocked(t, by, 1)
	time.AfterFunc(readLockTimeoutPassed, func() { _, _ = locker.Exec(context.Background(), "ROLLBACK") })
	(<-write).want(t, http.StatusCreated) // writes wait longer than reads
}

// readLockTimeoutPassed is more than reads wait for a lock.
const readLockTimeoutPassed = 1200 * time.Millisecond

func TestACachedResponseNeedsNoConnectionOfThePool(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.do(t, http.MethodGet, "/v1/topics", nil).want(t, http.StatusOK)
	for range r.pool.Config().MaxConns {
		conn, err := r.pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Release()
	}
	r.do(t, http.MethodGet, "/v1/topics", nil).want(t, http.StatusOK)
}

func TestAnOutageIsLoggedOnceASecondAndRetryAfterGrowsWithIt(t *testing.T) {
	t.Parallel()
	down := route(http.MethodGet, "/v1/down", actor.Public, func(*server, echo.Context) error {
		return &apperr.Error{Kind: apperr.Unavailable, Code: "database_unavailable", Err: errors.New("refused")}
	})
	r := newRig(t, nil, down)
	type line struct {
		Level, Msg string
		Failed     int
	}
	lines := func() (list []line) {
		for _, text := range r.log.take() {
			var l line
			if err := json.Unmarshal([]byte(text), &l); err != nil {
				t.Fatal(err)
			}
			if l.Level != "DEBUG" {
				list = append(list, l)
			}
		}
		return list
	}
	fail := func(times int, retryAfter string) {
		t.Helper()
		for range times {
			if got := r.do(t, http.MethodGet, "/v1/down", nil).want(t, http.StatusServiceUnavailable).Header().Get("Retry-After"); got != retryAfter {
				t.Errorf("Retry-After is %s, want %s", got, retryAfter)
			}
		}
	}
	lines()
	fail(50, "1")
	if got := lines(); len(got) != 1 || got[0] != (line{"ERROR", "request", 1}) {
		t.Errorf("50 failed requests are logged as %v", got)
	}
	r.clock.pass(time.Second)
	fail(10, "1")
	if got := lines(); len(got) != 1 || got[0] != (line{"ERROR", "request", 50}) {
		t.Errorf("60 failed requests are logged as %v", got)
	}
	r.clock.pass(6 * time.Second)
	fail(1, "7")
	r.clock.pass(50 * time.Second)
	fail(2, "30")
	lines()
	r.do(t, http.MethodGet, "/v1/topics", nil).want(t, http.StatusOK)
	if got := lines(); len(got) != 2 || got[0] != (line{"INFO", "the database answers again", 1}) {
		t.Errorf("the end of the outage is logged as %v", got)
	}
	fail(1, "1")
}

func TestAStoppingServiceSaysWhenItsAddressIsFree(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	done := make(chan struct{})
	close(done)
	request := httptest.NewRequest(http.MethodGet, "/readyz", nil)
	request = request.WithContext(context.WithValue(request.Context(), stoppingKey{}, ending{done, 7 * time.Second}))
	recorder := httptest.NewRecorder()
	r.handler.ServeHTTP(recorder, request)
	if recorder.Code != http.StatusServiceUnavailable || recorder.Header().Get("Retry-After") != "7" {
		t.Errorf("%d %v", recorder.Code, recorder.Header())
	}
}

func TestAServiceThatStopsUnderLoadCutsNoRequest(t *testing.T) {
	t.Parallel()
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "whole") })
	for range 3 {
		base, stop, ended := served(t, h, Stop{Grace: 10 * time.Second})
		var clients sync.WaitGroup
		var answered atomic.Int64
		for range 8 {
			clients.Go(func() {
				client := http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
				for {
					response, err := client.Post(base, "text/plain", strings.NewReader("x")) // Go repeats a GET that was cut
					if err != nil {
						if refused := (*net.OpError)(nil); !errors.Is(err, syscall.ECONNREFUSED) || !errors.As(err, &refused) {
							t.Errorf("cut: %v", err)
						}
						return
					}
					if body, err := io.ReadAll(response.Body); err != nil || string(body) != "whole" {
						t.Errorf("cut: %q, %v", body, err)
					}
					response.Body.Close()
					if answered.Add(1) == 500 {
						stop()
					}
				}
			})
		}
		clients.Wait()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}
