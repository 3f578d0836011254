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

// Since is a record and its last change.
type Since struct {
	Type  string    `json:"type"`
	ID    int64     `json:"id"`
	Op    string    `json:"op"`
	Actor string    `json:"actor"`
	At    time.Time `json:"at"`
}

// Touched is a record that a write changed, with its state before and since.
type Touched struct {
	Since
	Before json.RawMessage // its content before the write, nil if it did not exist
	Same   bool            // whether it still has the content that the write gave it
}

// TouchedBetween returns the records that a range of the change log changed, and locks them until the end of the
// transaction. Records of the type without are left out.
func (all Kinds) TouchedBetween(ctx context.Context, tx pgx.Tx, first, last int64, without string) ([]Touched, error) {
	for _, kind := range all {
		err := pg.Exec(ctx, tx, "SELECT FROM "+kind.Table+` r WHERE r.id IN (SELECT c.id FROM changes c
			WHERE c.seq BETWEEN @first AND @last AND c.type = @type) ORDER BY r.id FOR UPDATE OF r`, pg.Args{"first": first, "last": last, "type": kind.Type})
		if err != nil {
			return nil, err
		}
	}
	return pg.All[Touched](ctx, tx, `
		SELECT c.type, c.id, c.before, head.after IS NOT DISTINCT FROM c.after AS same, head.op, head.actor, head.at
		FROM changes c JOIN changes head ON head.type = c.type AND head.id = c.id AND head.is_head
		WHERE c.seq BETWEEN @first AND @last AND c.type <> @without AND c.op <> 'visibility' ORDER BY c.seq`,
		pg.Args{"first": first, "last": last, "without": without})
}

// Unchanged returns apperr.Conflict with code changed_since if records have changed since the write; its member
// changed_since lists them.
func Unchanged(list []Touched) error {
	var since []Since
	for _, t := range list {
		if !t.Same {
			since = append(since, t.Since)
		}
	}
	if len(since) == 0 {
		return nil
	}
	e := apperr.New(apperr.Conflict, "changed_since")
	e.Extra = map[string]any{"changed_since": since}
	return e
}

// PutBack gives a record its content from before the write, or deletes it if it had none. It returns apperr.Conflict with
// code cannot_come_back if the old content refers to a deleted record or has a value that another record has now, and with
// code in_use if other records refer to a record that is to be deleted.
func (all Kinds) PutBack(ctx context.Context, tx pgx.Tx, t Touched) error {
	kind, ok := all.Of(t.Type)
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
	args := apperr.Args{"type": t.Type, "id": strconv.FormatInt(t.ID, 10)}
	return &apperr.Error{Kind: apperr.Conflict, Code: "cannot_come_back", Args: args, Fields: e.Fields, Err: err}
}
