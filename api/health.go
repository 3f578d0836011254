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

// Operations is the second table of routes: what machines ask about the service itself. Its routes need no key, count
// against no quota and are not part of the data's API.
func Operations() []Route {
	return []Route{
		{http.MethodGet, "/", "", (*server).showIndex},
		{http.MethodGet, "/livez", "", (*server).livez},
		{http.MethodGet, "/readyz", "", (*server).readyz},
		{http.MethodGet, "/metrics", "", (*server).showMetrics},
		{http.MethodGet, "/problems/:code", "", (*server).explainProblem},
	}
}

// Health is the answer of /livez and /readyz.
//
//	@Description	Whether the service is well.
type Health struct {
	Status string        `json:"status" example:"ready"` // `alive` or `ready`.
	Schema *HealthSchema `json:"schema"`                 // The database's schema; null from /livez.
} //	@name	Health

// HealthSchema says which schema the service found.
//
//	@Description	Which schema the database has and which one the service was built for.
type HealthSchema struct {
	Version uint `json:"version" example:"9"` // Of the database.
	Wanted  uint `json:"wanted" example:"9"`  // Of the service. A newer database is fine: migrations keep the release before them working.
} //	@name	HealthSchema

// livez answers as long as the process answers at all: a database that is away is no reason to restart it.
//
//	@ID				getLiveness
//	@Summary		Is the process alive?
//	@Description	For an orchestrator: restart the process when this does not answer.
//	@Tags			Service
//	@Success		200	{object}	Health	"It is."
//	@Router			/livez [get]
func (s *server) livez(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, Health{Status: "alive"})
}

// readyz answers 200 when requests can be served: the service is not stopping, the database answers, and its schema is
// at least the one the service was built for. Otherwise it is a 503 that says which of these failed.
//
//	@ID				getReadiness
//	@Summary		Can requests be served?
//	@Description	For a load balancer: 503 while the service stops, the database does not answer, or its schema is older than the service.
//	@Tags			Service
//	@Success		200	{object}	Health	"They can."
//	@Router			/readyz [get]
func (s *server) readyz(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	select {
	case <-stopping(c.Request().Context()):
		return apperr.New(apperr.Unavailable, "stopping")
	default:
	}
	schema, err := s.probe.ask(c.Request().Context())
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, Health{"ready", &schema})
}

// probe asks the database over a connection of its own: a pool that is busy with requests must not make the service
// look dead, for it would lose all its requests exactly when it has the most.
type probe struct {
	config *pgx.ConnConfig
	now    func() time.Time

	mu     sync.Mutex
	conn   *pgx.Conn
	asked  time.Time
	schema HealthSchema
	err    error
}

// The bounds of a probe: how long an answer is good, and how long the database may take.
const (
	probeTTL     = time.Second
	probeTimeout = 2 * time.Second
)

// newProbe makes a probe whose connection is closed when ctx ends.
func newProbe(ctx context.Context, config *pgx.ConnConfig, now func() time.Time) *probe {
	config.RuntimeParams["application_name"] += " readyz"
	p := &probe{config: config, now: now}
	context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.drop()
	})
	return p
}

// ask gives what the database said within the last second. Everyone who asks at the same time waits for one answer,
// which none of them can break off.
func (p *probe) ask(ctx context.Context) (HealthSchema, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked.IsZero() || p.now().Sub(p.asked) >= probeTTL {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
		defer cancel()
		p.schema, p.err = p.look(ctx)
		p.asked = p.now()
	}
	return p.schema, p.err
}

func (p *probe) look(ctx context.Context) (HealthSchema, error) {
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
		ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
		defer cancel()
		_ = p.conn.Close(ctx)
		p.conn = nil
	}
}
