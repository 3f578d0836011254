package imports

import (
	"context"
	"maps"
	"slices"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// blockRows is how many rows share a savepoint. One per row would cost two round trips and a transaction id each.
const blockRows = 100

// writeAll writes the rows of a file and reports on them. An error is not about a row: it ends the import.
func (w *writer[I, T]) writeAll(ctx context.Context, tx pgx.Tx, f file) error {
	block := make([]fileRow, 0, blockRows)
	err := f.each(func(row fileRow) error {
		row.cells = slices.Clone(row.cells)
		if block = append(block, row); len(block) < blockRows {
			return nil
		}
		rows := block
		block = block[:0]
		return w.writeBlock(ctx, tx, rows)
	})
	if err != nil || len(block) == 0 {
		return err
	}
	return w.writeBlock(ctx, tx, block)
}

// writeBlock writes rows. If the database rejects one of them, it writes all again, each with a savepoint of its own.
func (w *writer[I, T]) writeBlock(ctx context.Context, tx pgx.Tx, rows []fileRow) error {
	before, done := *w.head, len(w.rows)
	w.careful, w.refused = false, false
	err := pg.Error(pgx.BeginFunc(ctx, tx, func(sub pgx.Tx) error { return w.writeRows(ctx, sub, rows) }))
	if w.refused {
		*w.head, w.rows = before, w.rows[:done]
		maps.DeleteFunc(w.seen, func(_ string, line int) bool { return line >= rows[0].line })
		maps.DeleteFunc(w.written, func(_ int64, line int) bool { return line >= rows[0].line })
		if w.session != nil {
			w.session.RolledBack()
		}
		w.careful, w.refused = true, false
		err = w.writeRows(ctx, tx, rows)
	}
	if err != nil {
		return err
	}
	return Replan(ctx, tx, done, len(w.rows))
}

func (w *writer[I, T]) writeRows(ctx context.Context, tx pgx.Tx, rows []fileRow) error {
	for _, row := range rows {
		done := Row{Line: row.line}
		err := row.err
		if err == nil {
			err = w.record(ctx, tx, row, &done)
		}
		if w.refused {
			return err
		}
		if err != nil {
			done.Action = Failed
			if done.Errors, err = mistakesOf(err, w.options.Lang, w.column); err != nil {
				return err
			}
		} else if w.written[*done.ID] == 0 {
			w.written[*done.ID] = row.line
		}
		w.head.Add(done.Action)
		w.rows = append(w.rows, done)
	}
	return nil
}

// guarded runs write for a row, in a savepoint if the rows have their own.
func (w *writer[I, T]) guarded(ctx context.Context, tx pgx.Tx, write func(pgx.Tx) error) error {
	if w.careful {
		return pg.Error(pgx.BeginFunc(ctx, tx, write))
	}
	err := pg.Error(write(tx))
	w.refused = isOfRow(err)
	return err
}
