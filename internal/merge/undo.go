package merge

import (
	"context"
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Undo brings every record that a merge changed back to what it was before it. One that was undone is apperr.Conflict with code
// already_undone; if such a record has other content by now than the merge gave it, the error is apperr.Conflict with code changed_since, whose
// member changed_since lists what has changed: nothing that was written after the merge is lost. A record that cannot be as it was, since it names
// one that is gone, is apperr.Conflict with code cannot_come_back.
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
	was, err := folded(ctx, tx, id)
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
	o := Outcome{Folded: was}
	if o.Changed, err = counts(ctx, tx, before.Seq); err != nil {
		return Outcome{}, err
	}
	if o.Merge, err = Get(ctx, tx, id); err != nil {
		return Outcome{}, err
	}
	return o, o.show(ctx, tx)
}

// show adds the record that is back.
func (o *Outcome) show(ctx context.Context, tx pgx.Tx) error {
	if o.Merge.Type == person.Type {
		p, err := person.Get(ctx, tx, o.Merge.FromID)
		o.Person = &p
		return err
	}
	g, err := organization.Get(ctx, tx, o.Merge.FromID)
	o.Organization = &g
	return err
}

// restore gives all that the merge changed the content of before.
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
	// An identifier that both had together goes back to its owner.
	if err := pg.Exec(ctx, tx, "UPDATE "+m.Type+" SET external_ids = '{}' WHERE id = @id", pg.Args{"id": m.IntoID}); err != nil {
		return err
	}
	for _, t := range m.inOrder(kinds, list) {
		if err := kinds.PutBack(ctx, tx, t); err != nil {
			return err
		}
	}
	return nil
}

// inOrder gives the records in an order in which each can be written: what others refer to first. Among the organizations (or people) the one
// that comes back is the first, for others were its parts, and the one that stayed the last, for it may have been a part of those.
func (m Merge) inOrder(kinds history.Kinds, list []history.Touched) []history.Touched {
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
