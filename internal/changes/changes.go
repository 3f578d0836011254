// Package changes runs every write: it opens the transaction, records the actor and retries what is safe to retry. It
// also reads the change log, which triggers of the schema write. It knows no resource.
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

// Record has the fields that all records have in common.
type Record struct {
	ID        int64     `json:"id" db:"id" example:"1"`                                                              // The id. It never changes and is never reused.
	Version   int64     `json:"version" db:"version" example:"1"`                                                    // The version. Each transaction that changes the record increases it by one.
	CreatedAt time.Time `json:"created_at" db:"created_at" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When the record was created.
	UpdatedAt time.Time `json:"updated_at" db:"updated_at" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When its content last changed.
	SortKeys  []string  `json:"-" db:"sort_keys"`                                                                    // The sort keys of a record of a list.

	// ReadAt is the state from which Get read the record. The records of a list have the state of their page instead.
	ReadAt paging.State `json:"-" db:"-"`
}

// Columns returns the columns of Record for the table of the alias.
func Columns(alias string) string {
	return alias + ".id, " + alias + ".version, " + alias + ".created_at, " + alias + ".updated_at"
}

// Cursor returns the position of the record in its list.
func (r Record) Cursor() paging.Cursor { return paging.Cursor{Keys: r.SortKeys, ID: r.ID} }

// Meta returns the common fields of a record.
func (r Record) Meta() Record { return r }

func (r *Record) setReadAt(s paging.State) { r.ReadAt = s }

// Options of a write.
type Options struct {
	DryRun  bool   // validate everything, then roll back
	Reason  string // for the change log
	Request string // the id of the request, for the change log
}

// Pool begins transactions.
type Pool interface {
	pg.DB
	BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error)
}

// Write runs f in a transaction of the context's actor and commits it. It retries serialization failures,
// deadlocks and pg.ErrAgain twice, so f must have no effects outside of the transaction. If the response to COMMIT is lost, the
// outcome is unknown: Write does not retry and returns apperr.Unavailable with code outcome_unknown.
func Write(ctx context.Context, db Pool, o Options, f func(tx pgx.Tx) error) error {
	alone := ""
	for attempt := 0; ; attempt++ {
		err := write(ctx, db, o, alone, f)
		if attempt == 2 || !pg.CanRunAgain(err) {
			return err
		}
		if attempt == 1 && !o.DryRun && errors.Is(err, pg.ErrAgain) { // the last attempt must not lose to others once more
			alone = "; SELECT registry_lock_log()"
		}
		// Retried at once, the two transactions could collide again.
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Duration(5+rand.IntN(20)) * time.Millisecond): // #nosec G404 -- jitter need not be secret
		}
	}
}

func write(ctx context.Context, db Pool, o Options, alone string, f func(tx pgx.Tx) error) error {
	// One statement saves a round trip. It cannot take arguments. The triggers read records by their keys; in a registry that is
	// being filled, the planner takes the tables for empty, and each session would keep its plans of reading all rows.
	who := "'" + strings.ReplaceAll(actor.From(ctx).String(), "'", "''") + "'"
	if o.Request != "" {
		alone = "; SET LOCAL registry.request = '" + strings.ReplaceAll(o.Request, "'", "''") + "'" + alone
	}
	begin := "BEGIN; " + pg.FullLockTimeout + "; SET LOCAL enable_seqscan = off; SET LOCAL registry.actor = " + who + alone
	tx, err := db.BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
	if err != nil {
		return pg.Error(fmt.Errorf("begin: %w", err))
	}
	defer rollback(ctx, tx) // has no effect after a commit
	if o.Reason != "" {
		if _, err := tx.Exec(ctx, "SELECT set_config('registry.reason', $1, true)", o.Reason); err != nil {
			return pg.Error(fmt.Errorf("set the reason: %w", err))
		}
	}
	if err := Within(ctx, tx, o, f); err != nil || o.DryRun {
		return err
	}
	if err := ctx.Err(); err != nil { // here nothing is committed yet
		return pg.Error(err)
	}
	return commitError(tx.Commit(ctx))
}

// rollback ends a transaction, also if the context has ended.
func rollback(ctx context.Context, tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = tx.Rollback(ctx)
}

// Within does what Write does in a transaction that Write has begun for the same actor and reason. The caller must
// not commit a dry run.
func Within(ctx context.Context, tx pgx.Tx, o Options, f func(tx pgx.Tx) error) error {
	if o.DryRun { // see registry_lock_log
		if _, err := tx.Exec(ctx, "SET LOCAL registry.dry_run = 'on'"); err != nil {
			return pg.Error(fmt.Errorf("begin a dry run: %w", err))
		}
	}
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

// commitError distinguishes a rejected COMMIT from a lost response. pgx calls some lost responses safe to retry; they
// are not.
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

// Get reads a record by its id. If there is none, it returns the error of Missing. Given a pg.ForUpdate, it also
// locks the record. recordType is the name of the type in the log, such as "round-tables".
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

// Missing returns why there is no record: apperr.Merged if it was merged into another one, apperr.Gone if it was
// deleted or erased and the actor could have seen it, else apperr.NotFound. recordType is the name of the type in the log, such
// as "round-tables".
func Missing(ctx context.Context, db pg.DB, recordType string, id int64) error {
	var at time.Time
	var into *int64
	var op string
	err := db.QueryRow(ctx, "SELECT at, into_id, op FROM changes WHERE type = @type AND id = @id AND is_head AND after IS NULL AND (public OR @all)",
		pg.Args{"type": recordType, "id": id, "all": !actor.From(ctx).SeesOnlyPublished()}).Scan(&at, &into, &op)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return apperr.New(apperr.NotFound, "not_found")
	case err != nil:
		return pg.Error(fmt.Errorf("find out why there is no %s %d: %w", recordType, id, err))
	case into != nil:
		return merged(ctx, db, recordType, id)
	}
	e := apperr.New(apperr.Gone, "deleted")
	if op == "erase" {
		e = apperr.New(apperr.Gone, "erased")
	}
	e.Extra = map[string]any{e.Code + "_at": at}
	return e
}

// IsErased reports whether an error says that a record was erased: it cannot be restored.
func IsErased(err error) bool {
	var e *apperr.Error
	return errors.As(err, &e) && e.Code == "erased"
}

// merged returns apperr.Merged for a record. Its member into is the id of the record that exists today, after all
// merges.
func merged(ctx context.Context, db pg.DB, recordType string, id int64) error {
	into, err := pg.ID(ctx, db, `
		WITH RECURSIVE chain(id, step) AS (SELECT @id::bigint, 0 UNION ALL
			SELECT m.into_id, c.step + 1 FROM merged m JOIN chain c ON m.id = c.id WHERE m.type = @type)
		SELECT id FROM chain ORDER BY step DESC LIMIT 1`, pg.Args{"type": recordType, "id": id})
	if err != nil {
		return err
	}
	e := apperr.New(apperr.Merged, "merged", "type", recordType, "id", strconv.FormatInt(id, 10))
	e.Extra = map[string]any{"into": into}
	return e
}

// See checks that the actor may see a record of a table. It returns the error of Missing if not.
func See(ctx context.Context, db pg.DB, table, recordType string, id int64) error {
	var seen bool
	err := db.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+table+" WHERE id = @id AND (@all OR "+table+"_public(id)))",
		pg.Args{"id": id, "all": !actor.From(ctx).SeesOnlyPublished()}).Scan(&seen)
	if err != nil {
		return pg.Error(fmt.Errorf("check that %s %d is visible: %w", recordType, id, err))
	}
	if !seen {
		return Missing(ctx, db, recordType, id)
	}
	return nil
}

// Lock locks a record of a table until the transaction ends and returns its version.
func Lock(ctx context.Context, tx pg.DB, table, recordType string, id int64) (version int64, err error) {
	err = tx.QueryRow(ctx, "SELECT version FROM "+table+" WHERE id = $1 FOR UPDATE", id).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, Missing(ctx, tx, recordType, id)
	}
	if err != nil {
		return 0, pg.Error(fmt.Errorf("lock %s %d: %w", recordType, id, err))
	}
	return version, nil
}
