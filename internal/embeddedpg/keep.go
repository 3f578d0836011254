//go:build linux || darwin

package embeddedpg

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A server that ends within steady of its start has failed. Keep waits twice as long after each failure in a row, and gives up
// after maxFailures.
const (
	steady      = time.Minute
	firstPause  = 100 * time.Millisecond
	maxFailures = 6
)

// Keep starts the server again whenever it has ended, at the same URL, until ctx ends. It returns an error if the server does
// not keep running. Call Stop after Keep has returned.
func (s *Server) Keep(ctx context.Context) error {
	failures, began := 0, time.Now()
	for {
		_ = s.main.wait(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // not a failure
		}
		if failures++; time.Since(began) >= steady {
			failures = 1
		}
		if failures > maxFailures {
			return errors.New("the database server ended too often")
		}
		s.options.Log.Error("the database server ended; starting it again", "pid", s.main.pid, "failures", failures)
		for err := s.restart(ctx); err != nil; err = s.restart(ctx) {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // it is why the restart failed
			}
			if failures++; failures > maxFailures {
				return fmt.Errorf("start the database server again: %w", err)
			}
			s.options.Log.Error("the database server does not start", "error", err.Error(), "failures", failures)
			select {
			case <-ctx.Done():
			case <-time.After(firstPause << failures):
			}
		}
		s.options.Log.Info("the database server was started again", "pid", s.main.pid)
		began = time.Now()
	}
}

// restart starts the server at the URL that it had.
func (s *Server) restart(ctx context.Context) error {
	before := s.url
	if err := s.startServer(ctx, s.options); err != nil {
		return err
	}
	if s.url != before {
		return errors.Join(fmt.Errorf("port %d is in use by another program", s.port), s.main.stop())
	}
	return nil
}

// wait returns nil when the process has exited, and the error of the context when that ends.
func (p *postmaster) wait(ctx context.Context) error {
	if p.exited == nil { // not our child
		return poll(ctx, time.Second, func() (bool, error) { return !p.alive(), nil })
	}
	select {
	case <-p.exited:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
