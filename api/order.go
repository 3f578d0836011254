package api

import (
	"context"
	"net/http"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// OrderInput lists the parts of a round table in their order.
//
//	@Description	The parts of a round table in their order.
type OrderInput struct {
	// The ids of all parts, the first one first.
	IDs []int64 `json:"ids" validate:"required,unique,max=5000,dive,gt=0"`
} //	@name	OrderInput

// Ordered lists the parts of a round table with their positions.
//
//	@Description	The parts of a round table with their positions, the first one first.
type Ordered struct {
	Data []reference.Placed `json:"data"`
} //	@name	OrderedParts

// orderOf gives the parts of the round table in the path the order of the body.
func orderOf(s *server, c echo.Context, order reference.Order) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	in, err := body[OrderInput](c)
	if err != nil {
		return err
	}
	var done Ordered
	_, err = s.write(c, func(ctx context.Context, tx pgx.Tx) (err error) {
		if _, err := changes.Lock(ctx, tx, roundtable.Table, roundtable.Type, n); err != nil {
			return err
		}
		done.Data, err = order.Set(ctx, tx, n, in.IDs)
		return err
	})
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, done)
}

// creating is create that also makes room at the place that the client gives a part of a round table.
func (r resource[I, T, F]) creating() func(context.Context, pgx.Tx, I) (int64, error) {
	if r.order == nil {
		return r.create
	}
	return func(ctx context.Context, tx pgx.Tx, in I) (int64, error) {
		id, err := r.create(ctx, tx, in)
		if roundTable, place := r.placed(in); err == nil && place != nil {
			err = r.order.Move(ctx, tx, roundTable, id, 0)
		}
		return id, err
	}
}

// updating is update that also moves the parts between the previous place of a part and its new one.
func (r resource[I, T, F]) updating() func(context.Context, pgx.Tx, T, I) error {
	if r.order == nil {
		return r.update
	}
	return func(ctx context.Context, tx pgx.Tx, old T, in I) error {
		if err := r.update(ctx, tx, old, in); err != nil {
			return err
		}
		from, was := r.placed(*r.input(&old))
		to, place := r.placed(in)
		switch {
		case place == nil || was == nil || from == to && *place == *was:
			return nil
		case from != to:
			return r.order.Move(ctx, tx, to, old.Meta().ID, 0)
		}
		return r.order.Move(ctx, tx, to, old.Meta().ID, *was)
	}
}
