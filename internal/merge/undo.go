package merge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

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
func Undo(ctx context.Context, tx pgx.Tx, id int64) (Outcome, error) {
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
	if err := restore(ctx, tx, m); err != nil {
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

// touched is a record that the merge changed.
type touched struct {
	Type   string
	ID     int64
	Before json.RawMessage // its content before the merge
	Same   bool            // whether it still has the content that the merge gave it
	Op     string          // what happened to it last, by whom and when
	Actor  string
	At     time.Time
}

// Since is a change that stands in the way of an undoing.
type Since struct {
	Type  string    `json:"type"`
	ID    int64     `json:"id"`
	Op    string    `json:"op"`
	Actor string    `json:"actor"`
	At    time.Time `json:"at"`
}

// restore gives all that the merge changed the content of before.
func restore(ctx context.Context, tx pgx.Tx, m Merge) error {
	list, err := touchedBy(ctx, tx, m)
	if err != nil {
		return err
	}
	if err := unchanged(list); err != nil {
		return err
	}
	// An identifier that both had together goes back to its owner.
	if err := pg.Exec(ctx, tx, "UPDATE "+m.Type+" SET external_ids = '{}' WHERE id = @id", pg.Args{"id": m.IntoID}); err != nil {
		return err
	}
	for _, t := range m.inOrder(list) {
		kind, ok := history.KindOf(t.Type)
		if !ok {
			return fmt.Errorf("a merge changed %s %d, which cannot be written back", t.Type, t.ID)
		}
		if err := kind.Put(ctx, tx, t.ID, t.Before); err != nil {
			return blocked(t, err)
		}
	}
	return nil
}

// blocked says which record cannot come back, and what of it: it names one that is gone by now, or has what another has by now.
func blocked(t touched, err error) error {
	var e *apperr.Error
	if !errors.As(err, &e) || e.Kind != apperr.Invalid && e.Kind != apperr.Conflict {
		return err
	}
	return &apperr.Error{Kind: apperr.Conflict, Code: "cannot_come_back", Args: apperr.Args{"type": t.Type, "id": strconv.FormatInt(t.ID, 10)}, Fields: e.Fields, Err: err}
}

// unchanged is apperr.Conflict with what has changed since the merge.
func unchanged(list []touched) error {
	var since []Since
	for _, t := range list {
		if !t.Same {
			since = append(since, Since{Type: t.Type, ID: t.ID, Op: t.Op, Actor: t.Actor, At: t.At})
		}
	}
	if len(since) == 0 {
		return nil
	}
	e := apperr.New(apperr.Conflict, "changed_since")
	e.Extra = map[string]any{"changed_since": since}
	return e
}

// touchedBy gives the records that the merge changed, locked: what the log says of them holds until the end of the transaction.
func touchedBy(ctx context.Context, tx pgx.Tx, m Merge) ([]touched, error) {
	for _, kind := range history.Kinds {
		err := pg.Exec(ctx, tx, "SELECT FROM "+kind.Table+` r WHERE r.id IN (SELECT c.id FROM changes c, merges m
			WHERE m.id = @merge AND c.seq BETWEEN m.first_seq AND m.last_seq AND c.type = @type) ORDER BY r.id FOR UPDATE OF r`, pg.Args{"merge": m.ID, "type": kind.Type})
		if err != nil {
			return nil, err
		}
	}
	rows, err := tx.Query(ctx, `
		SELECT c.type, c.id, c.before, head.after IS NOT DISTINCT FROM c.after AS same, head.op, head.actor, head.at
		FROM merges m JOIN changes c ON c.seq BETWEEN m.first_seq AND m.last_seq AND c.type <> @merges AND c.op <> 'visibility'
		JOIN changes head ON head.type = c.type AND head.id = c.id AND head.is_head
		WHERE m.id = @merge ORDER BY c.seq`, pg.Args{"merge": m.ID, "merges": Type})
	if err != nil {
		return nil, pg.Error(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[touched])
	return list, pg.Error(err)
}

// inOrder gives the records in an order in which each can be written: what others refer to first. Among the organizations (or people) the one
// that comes back is the first, for others were its parts, and the one that stayed the last, for it may have been a part of those.
func (m Merge) inOrder(list []touched) []touched {
	rank := func(t touched) int {
		at := 4 * slices.IndexFunc(history.Kinds, func(k history.Kind) bool { return k.Type == t.Type })
		switch {
		case t.Type != m.Type:
		case t.ID == m.FromID:
			at--
		case t.ID == m.IntoID:
			at++
		}
		return at
	}
	slices.SortStableFunc(list, func(a, b touched) int { return rank(a) - rank(b) })
	return list
}
