package history

import (
	"context"
	"errors"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Entry is an entry of the log that is to be undone.
type Entry struct {
	Seq  int64
	Type string
	ID   int64
	Op   string
}

// OfRequest returns the changes that a request made; at least one, or apperr.Invalid at /request.
func OfRequest(ctx context.Context, tx pgx.Tx, request string) ([]Entry, error) {
	list, err := pg.All[Entry](ctx, tx, "SELECT seq, type, id, op FROM changes WHERE request = @request AND op <> 'visibility' ORDER BY seq",
		pg.Args{"request": request})
	if err == nil && len(list) == 0 {
		err = apperr.Validation([]apperr.Field{apperr.At("/request", "unknown_request")})
	}
	return list, err
}

// OfChange returns one change by its number, or apperr.Invalid at /change.
func OfChange(ctx context.Context, tx pgx.Tx, seq int64) ([]Entry, error) {
	e, err := pg.One[Entry](ctx, tx, "SELECT seq, type, id, op FROM changes WHERE seq = @seq AND op <> 'visibility'", pg.Args{"seq": seq})
	if errors.Is(err, pgx.ErrNoRows) {
		err = apperr.Validation([]apperr.Field{apperr.At("/change", "unknown_change")})
	}
	return []Entry{e}, err
}

// Undo gives the records of the entries their content from before, or deletes those that the entries created. It returns
// apperr.Conflict with code cannot_undo for records that cannot be written back and apperr.Gone with code erased for erased ones,
// and the errors of Unchanged and PutAllBack.
func (all Kinds) Undo(ctx context.Context, tx pgx.Tx, list []Entry) error {
	seqs := make([]int64, len(list))
	for i, e := range list {
		if _, ok := all.Of(e.Type); !ok {
			return apperr.New(apperr.Conflict, "cannot_undo", "type", e.Type)
		}
		if e.Op == "erase" {
			return apperr.New(apperr.Gone, "erased")
		}
		seqs[i] = e.Seq
	}
	touched, err := all.TouchedBy(ctx, tx, seqs)
	if err != nil {
		return err
	}
	if err := Unchanged(touched); err != nil {
		return err
	}
	return all.PutAllBack(ctx, tx, touched)
}
