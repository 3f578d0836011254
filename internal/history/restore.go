package history

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Restore brings a deleted record back as it was, or gives a record, deleted or not, the content of one of its versions.
// It returns apperr.Invalid at /version if the record exists and no version is given, or if the log lacks the version;
// apperr.NotFound for a record that never existed; apperr.Gone for an erased one; apperr.Conflict for a merged record, whose
// merge can be undone; and the errors of Put.
func (k Kind) Restore(ctx context.Context, tx pgx.Tx, id int64, version *int64) error {
	if err := k.lock(ctx, tx, id); err != nil {
		return err
	}
	was, err := k.content(ctx, tx, id, version)
	if err != nil {
		return err
	}
	return k.Put(ctx, tx, id, was)
}

// lock keeps others from changing the record and, if it was deleted, from restoring it.
func (k Kind) lock(ctx context.Context, tx pgx.Tx, id int64) error {
	_, err := changes.Lock(ctx, tx, k.Table, k.Type, id)
	if apperr.IsKind(err, apperr.Gone) && !changes.IsErased(err) {
		return pg.Exec(ctx, tx, "SELECT pg_advisory_xact_lock(hashtextextended(@record || @id::bigint, 7243))", pg.Args{"record": k.Type, "id": id})
	}
	if !apperr.IsKind(err, apperr.Merged) {
		return err
	}
	var merge, into int64
	if err := tx.QueryRow(ctx, "SELECT merge_id, into_id FROM merged WHERE type = $1 AND id = $2", k.Type, id).Scan(&merge, &into); err != nil {
		return pg.Error(err)
	}
	e := apperr.New(apperr.Conflict, "restore_merged", "merge_id", strconv.FormatInt(merge, 10))
	e.Extra = map[string]any{"merge_id": merge, "into": into}
	return e
}

// content returns the content to restore.
func (k Kind) content(ctx context.Context, tx pgx.Tx, id int64, version *int64) (was json.RawMessage, err error) {
	var now, before json.RawMessage
	err = tx.QueryRow(ctx, "SELECT after, before FROM changes WHERE type = $1 AND id = $2 AND is_head", k.Type, id).Scan(&now, &before)
	switch {
	case err != nil:
		return nil, pg.Error(err)
	case version == nil && now == nil:
		return before, nil
	case version == nil:
		return nil, apperr.Validation([]apperr.Field{apperr.At("/version", "version_needed")})
	}
	err = tx.QueryRow(ctx, "SELECT after FROM changes WHERE type = $1 AND id = $2 AND version = $3 AND after IS NOT NULL ORDER BY seq DESC LIMIT 1",
		k.Type, id, *version).Scan(&was)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, apperr.Validation([]apperr.Field{apperr.At("/version", "unknown_version")})
	}
	return was, pg.Error(err)
}
