package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestTheServiceIsReadyWithADatabaseOfItsSchema(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.do(t, http.MethodGet, "/livez", nil).want(t, http.StatusOK)
	r.do(t, http.MethodGet, "/readyz", nil).want(t, http.StatusOK)
	if _, err := r.pool.Exec(t.Context(), "UPDATE schema_migrations SET version = version + 1"); err != nil {
		t.Fatal(err)
	}
	r.clock.pass(probeTTL)
	r.do(t, http.MethodGet, "/readyz", nil).want(t, http.StatusOK) // a newer schema serves the release before it too
	for _, sql := range []string{"UPDATE schema_migrations SET version = 1", "UPDATE schema_migrations SET version = 1000, dirty = true"} {
		if _, err := r.pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		r.clock.pass(probeTTL)
		r.do(t, http.MethodGet, "/readyz", nil).wantProblem(t, http.StatusServiceUnavailable, "schema_not_ready")
	}
	r.do(t, http.MethodGet, "/livez", nil).want(t, http.StatusOK)
}

func TestTheServiceIsReadyWhileAllConnectionsOfThePoolAreBusy(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for range r.pool.Config().MaxConns {
		c, err := r.pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Release()
	}
	r.do(t, http.MethodGet, "/readyz", nil).want(t, http.StatusOK)
}

func TestReadinessIsAskedOfTheDatabaseOnceASecondAtMost(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.do(t, http.MethodGet, "/readyz", nil).want(t, http.StatusOK)
	if _, err := r.pool.Exec(t.Context(), "UPDATE schema_migrations SET dirty = true"); err != nil {
		t.Fatal(err)
	}
	r.clock.pass(probeTTL - time.Millisecond)
	r.do(t, http.MethodGet, "/readyz", nil).want(t, http.StatusOK)
	r.clock.pass(time.Millisecond)
	r.do(t, http.MethodGet, "/readyz", nil).want(t, http.StatusServiceUnavailable)
}

func TestTheServiceIsReadyAgainAfterItsDatabaseWasAway(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.do(t, http.MethodGet, "/readyz", nil).want(t, http.StatusOK)
	good := r.server.probe.config.Port
	r.server.probe.config.Port = 1
	if _, err := r.pool.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"); err != nil {
		t.Fatal(err)
	}
	r.clock.pass(probeTTL)
	h := r.do(t, http.MethodGet, "/readyz", nil)
	h.wantProblem(t, http.StatusServiceUnavailable, "database_unavailable")
	if h.Header().Get("Retry-After") == "" {
		t.Error("the answer does not say when to come again")
	}
	r.do(t, http.MethodGet, "/livez", nil).want(t, http.StatusOK)
	r.server.probe.config.Port = good
	r.clock.pass(probeTTL)
	r.do(t, http.MethodGet, "/readyz", nil).want(t, http.StatusOK)
}

func TestAStoppingServiceIsNotReadyButStillAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	base, stop, ended := served(t, r.handler, Stop{Delay: 200 * time.Millisecond, Grace: 10 * time.Second})
	if status, _, err := fetch(base + "/readyz"); status != http.StatusOK {
		t.Fatalf("before: status %d, %v", status, err)
	}
	stop()
	status, body, err := fetch(base + "/readyz")
	if status != http.StatusServiceUnavailable || !strings.Contains(body, `"stopping"`) {
		t.Errorf("/readyz answers %d %s, %v", status, body, err)
	}
	if status, _, err := fetch(base + "/v1/topics"); status != http.StatusOK {
		t.Errorf("a request within the delay got %d, %v", status, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestTheConnectionOfTheProbeIsClosedWithTheService(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	p := newProbe(ctx, r.pool.Config().ConnConfig, r.clock.now)
	if _, err := p.check(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn := p.conn
	cancel()
	<-closed(conn)
	if !conn.IsClosed() {
		t.Error("the connection is still open")
	}
}

func closed(c *pgx.Conn) <-chan struct{} { return c.PgConn().CleanupDone() }

func TestMetricsNameRoutesByTheirPatternAndNeverByWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.do(t, http.MethodGet, "/v1/topics/1", nil).want(t, http.StatusNotFound)
	r.do(t, http.MethodGet, "/v1/topics", nil).want(t, http.StatusOK)
	r.do(t, http.MethodGet, "/v1/invented-path", nil).want(t, http.StatusNotFound)
	r.do(t, "INVENTED", "/v1/topics", nil).want(t, http.StatusMethodNotAllowed)
	text := r.do(t, http.MethodGet, "/metrics", nil, "Accept", "text/plain").want(t, http.StatusOK).Body.String()
	for _, line := range []string{
		`registry_http_requests_total{method="GET",route="/v1/topics/:id",status="404"} 1`,
		`registry_http_requests_total{method="GET",route="/v1/topics",status="200"} 1`,
		`registry_http_requests_total{method="GET",route="none",status="404"} 1`,
		`registry_http_requests_total{method="other",route="/v1/topics",status="405"} 1`,
		`registry_http_request_duration_seconds_count{method="GET",route="/v1/topics"} 1`,
		`registry_http_requests_in_flight 1`,
		`registry_db_pool_connections{state="acquired"} 0`,
		`registry_db_pool_max_connections 4`,
		`go_goroutines `,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("/metrics lacks %s", line)
		}
	}
	for _, invented := range []string{"invented", "INVENTED"} {
		if strings.Contains(text, invented) {
			t.Errorf("/metrics holds %q, which a client made up", invented)
		}
	}
}
