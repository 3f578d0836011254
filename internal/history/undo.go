package history

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Touched is a record that a write changed.
type Touched struct {
	Type   string
	ID     int64
	Before json.RawMessage // its content before the write, nil where there was none
	Same   bool            // whether it still has the content that the write gave it
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

// TouchedBetween gives the records that the entries of the log changed, locked: what the log says of them holds until the end of the
// transaction. Records of the type without are left out.
func TouchedBetween(ctx context.Context, tx pgx.Tx, first, last int64, without string) ([]Touched, error) {
	for _, kind := range Kinds {
		err := pg.Exec(ctx, tx, "SELECT FROM "+kind.Table+` r WHERE r.id IN (SELECT c.id FROM changes c
			WHERE c.seq BETWEEN @first AND @last AND c.type = @type) ORDER BY r.id FOR UPDATE OF r`, pg.Args{"first": first, "last": last, "type": kind.Type})
		if err != nil {
			return nil, err
		}
	}
	rows, err := tx.Query(ctx, `
		SELECT c.type, c.id, c.before, head.after IS NOT DISTINCT FROM c.after AS same, head.op, head.actor, head.at
		FROM changes c JOIN changes head ON head.type = c.type AND head.id = c.id AND head.is_head
		WHERE c.seq BETWEEN @first AND @last AND c.type <> @without AND c.op <> 'visibility' ORDER BY c.seq`,
		pg.Args{"first": first, "last": last, "without": without})
	if err != nil {
		return nil, pg.Error(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Touched])
	return list, pg.Error(err)
}

// Unchanged is apperr.Conflict with code changed_since, whose member changed_since lists what has other content by now than the
// write gave it.
func Unchanged(list []Touched) error {
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

// PutBack gives a record the content of before, or deletes it where it had none. One that cannot be as it was is
// apperr.Conflict with code cannot_come_back: it names one that is gone by now, or has what another has by now. One that others refer to
// by now is apperr.Conflict with code in_use.
func (t Touched) PutBack(ctx context.Context, tx pgx.Tx) error {
	kind, ok := KindOf(t.Type)
	if !ok {
		return fmt.Errorf("%s %d cannot be written back", t.Type, t.ID)
	}
	if t.Before == nil {
		return changes.Delete(ctx, tx, kind.Table, t.ID)
	}
	err := kind.Put(ctx, tx, t.ID, t.Before)
	var e *apperr.Error
	if !errors.As(err, &e) || e.Kind != apperr.Invalid && e.Kind != apperr.Conflict {
		return err
	}
	return &apperr.Error{Kind: apperr.Conflict, Code: "cannot_come_back", Args: apperr.Args{"type": t.Type, "id": strconv.FormatInt(t.ID, 10)}, Fields: e.Fields, Err: err}
}
