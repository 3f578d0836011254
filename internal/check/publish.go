package check

import (
	"context"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/jackc/pgx/v5"
)

// published is the state of publication in which everyone sees an event.
const published = "published"

// Ready returns the findings in an event that the transaction has published. If there are errors among them, it returns apperr.Invalid
// with code not_ready, the errors as fields, and all findings as the member findings. To return to a state that was public before, as
// undo, revert and restore do, is no publication and needs no check.
func Ready(ctx context.Context, tx pgx.Tx, roundTable int64) ([]Finding, error) {
	list, err := Of(ctx, tx, roundTable)
	if err != nil {
		return nil, err
	}
	var fields []apperr.Field
	for _, f := range list {
		if f.Severity == "error" {
			fields = append(fields, f.mistake())
		}
	}
	if len(fields) > 0 {
		return nil, &apperr.Error{Kind: apperr.Invalid, Code: "not_ready", Fields: fields, Extra: map[string]any{"findings": list}}
	}
	return list, nil
}

// RequireReady returns the error of Ready for an event that a write has published. It is faster than Ready if there are no errors.
func RequireReady(ctx context.Context, tx pgx.Tx, roundTable int64) error {
	found, err := pg.Value[bool](ctx, tx, "SELECT EXISTS (SELECT FROM ("+blocking+") q WHERE q.round_table_id = @id)", pg.Args{"id": roundTable})
	if err != nil || !found {
		return err
	}
	_, err = Ready(ctx, tx, roundTable)
	return err
}

// Create is roundtable.Create. A round table that is published at once is checked.
func Create(ctx context.Context, tx pgx.Tx, in roundtable.Input) (int64, error) {
	id, err := roundtable.Create(ctx, tx, in)
	if err == nil && in.Publication == published {
		err = RequireReady(ctx, tx, id)
	}
	return id, err
}

// Update is roundtable.Update. A change that publishes the round table is checked.
func Update(ctx context.Context, tx pgx.Tx, old roundtable.RoundTable, in roundtable.Input) error {
	err := roundtable.Update(ctx, tx, old, in)
	if err == nil && in.Publication == published && old.Publication != published {
		err = RequireReady(ctx, tx, old.ID)
	}
	return err
}
