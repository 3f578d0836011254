package merge

import (
	"context"
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Undo restores every record that a merge changed. It returns apperr.Conflict with one of these codes:
// already_undone if the merge was undone before; changed_since if such a record has changed since the merge (its member
// changed_since lists the changes, so that nothing written later is lost); cannot_come_back if a record to restore refers
// to a deleted one.
func Undo(ctx context.Context, tx pgx.Tx, kinds history.Kinds, id int64) (Outcome, error) {
	if _, err := changes.Lock(ctx, tx, Table, Type, id); err != nil {
		return Outcome{}, err
	}
	m, err := Get(ctx, tx, id)
	if err != nil {
		return Outcome{}, err
	}
	if m.Undone {
		return Outcome{}, apperr.New(apperr.Conflict, "already_undone")
	}
	if err := changes.Missing(ctx, tx, m.Type, m.FromID); changes.IsErased(err) {
		return Outcome{}, err
	}
	restored, err := folded(ctx, tx, id)
	if err != nil {
		return Outcome{}, err
	}
	before, err := changes.ReadHead(ctx, tx)
	if err != nil {
		return Outcome{}, err
	}
	if err := restore(ctx, tx, kinds, m); err != nil {
		return Outcome{}, err
	}
	for _, sql := range []string{"DELETE FROM merged WHERE merge_id = @id", "UPDATE merges SET undone = true WHERE id = @id"} {
		if err := pg.Exec(ctx, tx, sql, pg.Args{"id": id}); err != nil {
			return Outcome{}, err
		}
	}
	if err := pg.Exec(ctx, tx, "SET CONSTRAINTS ALL IMMEDIATE", nil); err != nil {
		return Outcome{}, err
	}
	o := Outcome{Folded: restored}
	if o.Changed, err = counts(ctx, tx, before.Seq); err != nil {
		return Outcome{}, err
	}
	if o.Merge, err = Get(ctx, tx, id); err != nil {
		return Outcome{}, err
	}
	err = o.add(ctx, tx, m.FromID)
	return o, err
}

// restore gives every record that the merge changed its previous content.
func restore(ctx context.Context, tx pgx.Tx, kinds history.Kinds, m Merge) error {
	var first, last int64
	if err := tx.QueryRow(ctx, "SELECT first_seq, last_seq FROM merges WHERE id = $1", m.ID).Scan(&first, &last); err != nil {
		return pg.Error(err)
	}
	list, err := kinds.TouchedBetween(ctx, tx, first, last, Type)
	if err != nil {
		return err
	}
	if err := history.Unchanged(list); err != nil {
		return err
	}
	if err := kinds.ReleaseExternalIDs(ctx, tx, list); err != nil {
		return err
	}
	for _, t := range m.inRestoreOrder(kinds, list) {
		if err := kinds.PutBack(ctx, tx, t); err != nil {
			return err
		}
	}
	return nil
}

// inRestoreOrder sorts the records so that each can be written: referenced records first. Among the merged type, the
// removed record comes first, because others may have been its children, and the kept one last, because it may have been
// a child of those.
func (m Merge) inRestoreOrder(kinds history.Kinds, list []history.Touched) []history.Touched {
	rank := func(t history.Touched) int {
		at := 4 * kinds.Index(t.Type)
		switch {
		case t.Type != m.Type:
		case t.ID == m.FromID:
			at--
		case t.ID == m.IntoID:
			at++
		}
		return at
	}
	slices.SortStableFunc(list, func(a, b history.Touched) int { return rank(a) - rank(b) })
	return list
}
