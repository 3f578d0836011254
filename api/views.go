package api

import (
	"context"
	"net/http"

	"roundtables.kz/registry/internal/aggregate"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// A view is a response that is computed from many records: an overview, a profile, a network.

// ViewMeta says from which state of the registry a view was computed.
//
//	@Description	The change cursor and the licence of a view.
type ViewMeta struct {
	Cursor  string `json:"cursor" example:"q83vEjRWeJB7ImUiOiIxZjBjOWEzZSIsIm4iOjEyOH0"`   // The change cursor of the view: `/v1/changes` returns what changed after it.
	License string `json:"license" example:"https://creativecommons.org/licenses/by/4.0/"` // Licence of the data.
} //	@name	ViewMeta

// readView reads a view in one snapshot of the database.
type readView func(ctx context.Context, tx pgx.Tx, meta ViewMeta) (any, error)

// sendView sends a view as JSON, or 304 if the client has the current one.
func (s *server) sendView(c echo.Context, read readView) error {
	cached := s.cacheable(c)
	if done, err := cached.sendCached(c, matchList); done || err != nil {
		return err
	}
	view, state, err := s.readView(c, read)
	if err != nil {
		return err
	}
	cached.setState(c, state, "")
	return sendCacheable(c, http.StatusOK, echo.MIMEApplicationJSON, view, cached)
}

// sendHeavyView is sendView for a view that may read all records of a collection: it takes one of the slots of aggregates, and its
// statements have their time limit.
func (s *server) sendHeavyView(c echo.Context, read readView) error {
	cached := s.cacheable(c)
	if done, err := cached.sendCached(c, matchList); done || err != nil {
		return err
	}
	held, err := s.aggregates.enter(c)
	if err != nil {
		return err
	}
	defer s.aggregates.leave(held)
	if held.waited { // for the same view, perhaps
		if done, err := cached.sendCached(c, matchList); done || err != nil {
			return err
		}
	}
	view, state, err := s.readHeavyView(c, read)
	if err != nil {
		return err
	}
	cached.setState(c, state, "")
	return sendCacheable(c, http.StatusOK, echo.MIMEApplicationJSON, view, cached)
}

// readView reads a view with the state that it was read from.
func (s *server) readView(c echo.Context, read readView) (view any, state paging.State, err error) {
	err = s.shares.run(c, func(ctx context.Context) error {
		return changes.Snapshot(ctx, s.db, func(tx pgx.Tx) (err error) {
			if state, err = paging.ReadState(ctx, tx); err != nil {
				return err
			}
			view, err = read(ctx, tx, ViewMeta{s.changeCursor(ctx, state.Head), License})
			return pg.Error(err)
		})
	})
	return view, state, err
}

// readHeavyView is readView with the time limit of aggregates. The caller holds one of their slots.
func (s *server) readHeavyView(c echo.Context, read readView) (any, paging.State, error) {
	return s.readView(c, func(ctx context.Context, tx pgx.Tx, meta ViewMeta) (any, error) {
		if err := aggregate.Limit(ctx, tx, s.config.AggregateTimeout); err != nil {
			return nil, err
		}
		view, err := read(ctx, tx, meta)
		return view, aggregate.TimedOut(ctx, err, s.config.AggregateTimeout)
	})
}
