// Package changes is the door of every write: it opens the transaction, says who acts, retries what is safe to retry, and
// reads the log that the schema's triggers write. It knows no resource.
package changes

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Record is what every record carries besides its own fields.
type Record struct {
	ID        int64     `json:"id" db:"id" example:"1"`                                                              // Never changes and is never used again.
	Version   int64     `json:"version" db:"version" example:"1"`                                                    // Grows by one with each transaction that changes the record.
	CreatedAt time.Time `json:"created_at" db:"created_at" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When the record was made.
	UpdatedAt time.Time `json:"updated_at" db:"updated_at" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When its content last changed.
	SortKeys  []string  `json:"-" db:"sort_keys"`                                                                    // The keys that a list is sorted by.

	// ReadAt is the state that a record was read from by its id. A record of a list has that of its page.
	ReadAt paging.State `json:"-" db:"-"`
}

// Columns are the columns of Record for the table of the alias.
func Columns(alias string) string {
	return alias + ".id, " + alias + ".version, " + alias + ".created_at, " + alias + ".updated_at"
}

// Cursor is where the record stands in the list it was read from.
func (r Record) Cursor() paging.Cursor { return paging.Cursor{Keys: r.SortKeys, ID: r.ID} }

// Meta gives the record part of a record.
func (r Record) Meta() Record { return r }

func (r *Record) setReadAt(s paging.State) { r.ReadAt = s }

// Options of a write.
type Options struct {
	DryRun bool   // do everything, check everything, then roll back
	Reason string // why, for the log
}

// Pool begins transactions.
type Pool interface {
	pg.DB
	BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error)
}

// Write runs f in a transaction of the context's actor and commits it. Serialization failures and deadlocks are
// retried twice: f must have no effects outside of the transaction. When the answer to COMMIT is lost the outcome is
// unknown and never retried: apperr.Unavailable with code outcome_unknown.
func Write(ctx context.Context, db Pool, o Options, f func(tx pgx.Tx) error) error {
	for attempt := 0; ; attempt++ {
		err := write(ctx, db, o, f)
		if attempt == 2 || !(pg.IsCode(err, pg.SerializationFailed) || pg.IsCode(err, pg.DeadlockDetected)) {
			return err
		}
		// The other one goes first; at once, both could meet again.
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Duration(5+rand.IntN(20)) * time.Millisecond):
		}
	}
}

func write(ctx context.Context, db Pool, o Options, f func(tx pgx.Tx) error) error {
	// In one statement, which cannot take arguments; it saves a round trip.
	begin := "BEGIN; SET LOCAL registry.actor = '" + strings.ReplaceAll(actor.From(ctx).String(), "'", "''") + "'"
	tx, err := db.BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
	if err != nil {
		return pg.Error(fmt.Errorf("begin: %w", err))
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = tx.Rollback(ctx) // after a commit it does nothing
	}()
	if o.Reason != "" {
		if _, err := tx.Exec(ctx, "SELECT set_config('registry.reason', $1, true)", o.Reason); err != nil {
			return pg.Error(fmt.Errorf("set the reason: %w", err))
		}
	}
	if err := Within(ctx, tx, o, f); err != nil || o.DryRun {
		return err
	}
	if err := ctx.Err(); err != nil { // here it is certain that nothing was committed
		return pg.Error(err)
	}
	return commitError(tx.Commit(ctx))
}

// Within runs f in a transaction that Write has begun for the same actor and reason, as Write does. The caller must not commit
// a dry run.
func Within(ctx context.Context, tx pgx.Tx, o Options, f func(tx pgx.Tx) error) error {
	if err := f(tx); err != nil {
		return pg.Error(err)
	}
	if o.DryRun {
		if _, err := tx.Exec(ctx, "SET CONSTRAINTS ALL IMMEDIATE"); err != nil {
			return pg.Error(fmt.Errorf("check the constraints: %w", err))
		}
	}
	return nil
}

// commitError tells a refusal by the server from a lost answer. pgx calls some lost answers safe to retry; they are not.
func commitError(err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("commit: %w", err)
	if errors.Is(err, pgx.ErrTxCommitRollback) || pg.Answered(err) {
		return pg.Error(err)
	}
	return &apperr.Error{Kind: apperr.Unavailable, Code: "outcome_unknown", Err: err}
}

// Get reads the record of a type of the log ("round-tables") by its id, or returns the error of Missing. In a pg.ForUpdate
// it also locks the record.
func Get[T any, P interface {
	*T
	setReadAt(paging.State)
}](ctx context.Context, db pg.DB, s paging.Source, recordType string, id int64) (r T, err error) {
	if locking, ok := db.(pg.ForUpdate); ok {
		r, err = paging.GetForUpdate[T](ctx, locking.Tx, s, id)
	} else {
		var state paging.State
		r, state, err = paging.Get[T](ctx, db, s, id)
		P(&r).setReadAt(state)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		err = Missing(ctx, db, recordType, id)
	}
	return r, err
}

// Missing explains why there is no row: Merged where the log knows the record as part of another one, Gone where it knows it as
// deleted, if the actor could have seen it; NotFound otherwise. kind is the type of the log, "round-tables".
func Missing(ctx context.Context, db pg.DB, kind string, id int64) error {
	var at time.Time
	var into *int64
	err := db.QueryRow(ctx, "SELECT at, into_id FROM changes WHERE type = @type AND id = @id AND is_head AND after IS NULL AND (public OR @all)",
		pg.Args{"type": kind, "id": id, "all": !actor.From(ctx).SeesOnlyPublished()}).Scan(&at, &into)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return apperr.New(apperr.NotFound, "not_found")
	case err != nil:
		return pg.Error(fmt.Errorf("find out why there is no %s %d: %w", kind, id, err))
	case into != nil:
		return merged(ctx, db, kind, id)
	}
	e := apperr.New(apperr.Gone, "deleted")
	e.Extra = map[string]any{"deleted_at": at}
	return e
}

// merged is apperr.Merged with the type and id of a merged record as arguments and, as member into, the record that all of it is part of by now.
func merged(ctx context.Context, db pg.DB, kind string, id int64) error {
	into, err := pg.ID(ctx, db, `
		WITH RECURSIVE chain(id, step) AS (SELECT @id::bigint, 0 UNION ALL
			SELECT m.into_id, c.step + 1 FROM merged m JOIN chain c ON m.id = c.id WHERE m.type = @type)
		SELECT id FROM chain ORDER BY step DESC LIMIT 1`, pg.Args{"type": kind, "id": id})
	if err != nil {
		return err
	}
	e := apperr.New(apperr.Merged, "merged", "type", kind, "id", strconv.FormatInt(id, 10))
	e.Extra = map[string]any{"into": into}
	return e
}

// See says whether the actor may see a record of a table: nil, apperr.NotFound or apperr.Gone.
func See(ctx context.Context, db pg.DB, table, kind string, id int64) error {
	var seen bool
	err := db.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+table+" WHERE id = @id AND (@all OR "+table+"_public(id)))",
		pg.Args{"id": id, "all": !actor.From(ctx).SeesOnlyPublished()}).Scan(&seen)
	if err != nil {
		return pg.Error(fmt.Errorf("check that %s %d is visible: %w", kind, id, err))
	}
	if !seen {
		return Missing(ctx, db, kind, id)
	}
	return nil
}

// Lock locks a record of a table for the rest of the transaction and gives its version.
func Lock(ctx context.Context, tx pg.DB, table, kind string, id int64) (version int64, err error) {
	err = tx.QueryRow(ctx, "SELECT version FROM "+table+" WHERE id = $1 FOR UPDATE", id).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, Missing(ctx, tx, kind, id)
	}
	if err != nil {
		return 0, pg.Error(fmt.Errorf("lock %s %d: %w", kind, id, err))
	}
	return version, nil
}
