package api

import (
	"context"

	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// RestoreInput names the version to restore.
//
//	@Description	The version of the record to restore.
type RestoreInput struct {
	// The version to restore, as in the history. Without it, a deleted record is restored in its last state.
	Version *int64 `json:"version" validate:"omitnil,gt=0" example:"2"`
} //	@name	RestoreInput

// restoreOf restores a deleted record or an earlier version and sends the record.
func restoreOf[T record](s *server, c echo.Context, kind history.Kind, get func(context.Context, pg.DB, int64) (T, error)) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	var in RestoreInput
	if c.Request().ContentLength != 0 {
		if in, err = body[RestoreInput](c); err != nil {
			return err
		}
	}
	return writeItem(s, c, func(ctx context.Context, tx pgx.Tx) (r T, err error) {
		if err := kind.Restore(ctx, tx, n, in.Version); err != nil {
			return r, err
		}
		return get(ctx, tx, n)
	})
}
