package api

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/dbtest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// writeTracer collects the statements of the last transaction that says who acts. A batch counts as its statements.
type writeTracer struct {
	mu         sync.Mutex
	statements map[*pgx.Conn][]string // of the open transactions
	last       []string
}

func (w *writeTracer) add(conn *pgx.Conn, sql string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if strings.HasPrefix(sql, "BEGIN;") && strings.Contains(sql, "SET LOCAL registry.actor") {
		w.statements[conn] = []string{}
	}
	if w.statements[conn] == nil {
		return
	}
	w.statements[conn] = append(w.statements[conn], sql)
	if strings.EqualFold(sql, "COMMIT") {
		w.last = w.statements[conn]
		delete(w.statements, conn)
	}
}

func (w *writeTracer) TraceQueryStart(ctx context.Context, conn *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	w.add(conn, q.SQL)
	return ctx
}

func (*writeTracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (*writeTracer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (w *writeTracer) TraceBatchQuery(_ context.Context, conn *pgx.Conn, q pgx.TraceBatchQueryData) {
	w.add(conn, q.SQL)
}

func (*writeTracer) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func TestAPatchSendsAtMostFiveStatements(t *testing.T) {
	t.Parallel()
	config := dbtest.Filled(t, "sample", loadSample).Config()
	tracer := &writeTracer{statements: map[*pgx.Conn][]string{}}
	config.ConnConfig.Tracer = tracer
	db, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	c := newRigOn(t, db, nil).as(t, actor.Write)
	for path, patch := range map[string]string{
		"/v1/attendees/1":       `{"attendance":"online"}`,
		"/v1/round-tables/1":    `{"status":"postponed"}`,
		"/v1/statements/1":      `{"act":"question"}`,
		"/v1/organizers/1":      `{"name_as_listed":"The host"}`,
		"/v1/topics/1":          `{"description":{"en":"A topic"}}`,
		"/v1/recommendations/1": `{"text":{"en":"Do more"}}`,
	} {
		old := c.get(t, path).want(t, 200)
		headers := append([]string{"Content-Type", "application/merge-patch+json", "If-Match", old.Header().Get("ETag")}, c.headers...)
		patched := c.do(t, http.MethodPatch, path, patch, headers...).want(t, 200)
		if is, was := patched.object(t)["version"].(float64), old.object(t)["version"].(float64); is != was+1 {
			t.Errorf("PATCH %s: version %v after %v", path, is, was)
		}
		if len(tracer.last) == 0 || len(tracer.last) > 5 {
			t.Errorf("PATCH %s sends %d statements:\n%s", path, len(tracer.last), strings.Join(tracer.last, "\n"))
		}
	}
}
