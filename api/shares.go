package api

import (
	"context"
	"strings"
	"sync"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"
)

// shares bounds how many connections of the pool the requests of one collection use, so that those that wait for a locked table
// leave some for the others.
type shares struct {
	each int
	mu   sync.Mutex
	of   map[string]chan struct{} // by the first segment of the route after /v1/
}

func newShares(connections int32) *shares {
	n := int(connections)
	return &shares{each: max(1, n-max(1, n/4)), of: map[string]chan struct{}{}}
}

// run runs f when the collection of the request has a connection left.
func (s *shares) run(c echo.Context, f func(ctx context.Context) error) error {
	collection, _, _ := strings.Cut(strings.TrimPrefix(c.Path(), "/v1/"), "/")
	s.mu.Lock()
	share, ok := s.of[collection]
	if !ok {
		share = make(chan struct{}, s.each)
		s.of[collection] = share
	}
	s.mu.Unlock()
	ctx := c.Request().Context()
	select {
	case share <- struct{}{}:
	case <-ctx.Done():
		return pg.Error(ctx.Err())
	}
	defer func() { <-share }()
	return f(ctx)
}

// spare returns the pool, or one of a single further connection while all connections of the pool are in use. It is for queries
// of the head of the log, so that cached responses do not wait behind other requests.
func (s *server) spare() *pgxpool.Pool {
	if stat := s.db.Stat(); stat.AcquiredConns() >= stat.MaxConns() {
		return s.reserve
	}
	return s.db.Pool
}

// newReserve returns the pool of the further connection. It connects at the first use and is closed when ctx ends.
func newReserve(ctx context.Context, pool *pgxpool.Pool) (*pgxpool.Pool, error) {
	config := pool.Config()
	config.MaxConns, config.MinConns, config.MinIdleConns = 1, 0, 0
	reserve, err := pgxpool.NewWithConfig(ctx, config)
	if err == nil {
		context.AfterFunc(ctx, reserve.Close)
	}
	return reserve, err
}
