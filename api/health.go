package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/migrations"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Operations returns the routes for operating the service. They require no key and do not count against a quota.
func Operations() []Route {
	return []Route{
		route(http.MethodGet, "/", "", (*server).showIndex),
		route(http.MethodGet, "/livez", "", (*server).livez),
		route(http.MethodGet, "/readyz", "", (*server).readyz),
		route(http.MethodGet, "/metrics", "", (*server).showMetrics),
		route(http.MethodGet, "/problems/:code", "", (*server).explainProblem),
	}
}

// Health is the response of /livez and /readyz.
//
//	@Description	The health of the service.
type Health struct {
	Status string        `json:"status" example:"ready"` // `alive` or `ready`.
	Schema *HealthSchema `json:"schema"`                 // The database's schema; null from /livez.
} //	@name	Health

// HealthSchema compares the schema of the database with that of the service.
//
//	@Description	The schema version of the database and the one that the service requires.
type HealthSchema struct {
	Version uint `json:"version" example:"9"` // Of the database.
	Wanted  uint `json:"wanted" example:"9"`  // Of the service. A newer database works, too: migrations stay compatible with the previous release.
} //	@name	DatabaseSchema

// livez always returns 200. It ignores the database, because a restart would not repair it.
//
//	@ID				getLiveness
//	@Summary		Check liveness
//	@Description	For an orchestrator: restart the process if this request fails.
//	@Tags			Service
//	@Success		200	{object}	Health	"The process is alive."
//	@Router			/livez [get]
func (s *server) livez(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, Health{Status: "alive"})
}

// readyz returns 200 if the service can handle requests: it is not stopping, the database responds, and its schema is at
// least the one of the service. Otherwise it returns 503 with the reason.
//
//	@ID				getReadiness
//	@Summary		Check readiness
//	@Description	For a load balancer. Returns 503 while the service stops, the database does not respond, or its schema is older
//	@Description	than the service.
//	@Tags			Service
//	@Success		200	{object}	Health	"The service is ready."
//	@Router			/readyz [get]
func (s *server) readyz(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	if isClosed(stopping(c.Request().Context())) {
		return apperr.New(apperr.Unavailable, "stopping")
	}
	schema, err := s.probe.check(c.Request().Context())
	if err != nil {
		return err
	}
	s.outage.end(s.config.Log)
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, Health{"ready", &schema})
}

// probe checks the database over a connection of its own. Otherwise a busy pool would make the service look unready exactly
// under the highest load.
type probe struct {
	config  *pgx.ConnConfig
	now     func() time.Time
	timeout time.Duration // how long the database may take

	mu      sync.Mutex
	conn    *pgx.Conn
	checked time.Time
	schema  HealthSchema
	err     error
}

// How long a result is valid, and how long the database may take outside of tests.
const (
	probeTTL     = time.Second
	probeTimeout = 2 * time.Second
)

// newProbe returns a probe whose connection is closed when ctx ends.
func newProbe(ctx context.Context, config *pgx.ConnConfig, now func() time.Time) *probe {
	config.RuntimeParams["application_name"] += " readyz"
	p := &probe{config: config, now: now, timeout: probeTimeout}
	context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.drop()
	})
	return p
}

// check returns the result of the last second, or checks the database. Concurrent calls share one check, which none of them
// can cancel.
func (p *probe) check(ctx context.Context) (HealthSchema, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.checked.IsZero() || p.now().Sub(p.checked) >= probeTTL {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.timeout)
		defer cancel()
		kept := p.conn != nil
		if p.schema, p.err = p.query(ctx); kept && p.conn == nil { // the connection broke; the database may well answer
			p.schema, p.err = p.query(ctx)
		}
		p.checked = p.now()
	}
	return p.schema, p.err
}

func (p *probe) query(ctx context.Context) (HealthSchema, error) {
	schema := HealthSchema{Wanted: migrations.Latest()}
	fail := func(err error) (HealthSchema, error) {
		p.drop()
		return schema, &apperr.Error{Kind: apperr.Unavailable, Code: "database_unavailable", Err: err}
	}
	if p.conn == nil {
		conn, err := pgx.ConnectConfig(ctx, p.config)
		if err != nil {
			return fail(fmt.Errorf("connect: %w", err))
		}
		p.conn = conn
	}
	version, dirty, err := migrations.Version(ctx, p.conn)
	if err != nil {
		return fail(err)
	}
	if schema.Version = version; dirty || version < schema.Wanted {
		return schema, apperr.New(apperr.Unavailable, "schema_not_ready",
			"version", strconv.FormatUint(uint64(version), 10), "wanted", strconv.FormatUint(uint64(schema.Wanted), 10))
	}
	return schema, nil
}

func (p *probe) drop() {
	if p.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), p.timeout)
		defer cancel()
		_ = p.conn.Close(ctx)
		p.conn = nil
	}
}
