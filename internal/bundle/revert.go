package bundle

import (
	"context"
	"errors"
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"

	"github.com/jackc/pgx/v5"
)

// Record stores which changes the transaction made since the log position before, so that they can be reverted. It returns the id
// of the bundle, or nil if nothing changed. It must be the last write of the transaction: it writes the change log.
func Record(ctx context.Context, tx pgx.Tx, roundTable, before int64) (*int64, error) {
	if err := pg.Exec(ctx, tx, "SET CONSTRAINTS ALL IMMEDIATE", nil); err != nil {
		return nil, err
	}
	ids, err := pg.Column[int64](ctx, tx, `
		INSERT INTO bundles (round_table_id, first_seq, last_seq)
		SELECT @round_table, min(seq), max(seq) FROM changes WHERE seq > @before AND xact = pg_current_xact_id() HAVING count(*) > 0
		RETURNING id`, pg.Args{"round_table": roundTable, "before": before})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return &ids[0], nil
}

// Reverted reports what became of the records that a bundle created or changed.
//
//	@Description	What became of the records that the bundle created or changed.
type Reverted struct {
	ID           int64            `json:"id" example:"12"`             // The bundle.
	DryRun       bool             `json:"dry_run" example:"false"`     // Whether nothing was saved.
	RoundTableID int64            `json:"round_table_id" example:"13"` // The event.
	Removed      []RevertedRecord `json:"removed"`                     // Records that the bundle created. They were deleted.
	Restored     []RevertedRecord `json:"restored"`                    // Records that the bundle changed or deleted. They are as before.
	Kept         []RevertedRecord `json:"kept"`                        // Records that stay because they are used or were changed since.
} //	@name	BundleReverted

// RevertedRecord is a record that a bundle created or changed.
//
//	@Description	A record that the bundle created or changed.
type RevertedRecord struct {
	Type         string           `json:"type" example:"people"` // Its type, as in the path of its resource.
	ID           int64            `json:"id" example:"7"`
	Name         string           `json:"name" example:"Talgat Kaliyev"`                                               // Its name, or the beginning of its text.
	Reason       string           `json:"reason,omitzero" validate:"optional" enums:"in_use,changed" example:"in_use"` // Why it stays.
	ReferencedBy map[string]int64 `json:"referenced_by,omitzero" validate:"optional" example:"attendees:2"`            // Numbers of records that refer to one that stays, by type.
} //	@name	BundleRevertedRecord

// ofEvent are the types of an event and its parts.
var ofEvent = []string{roundtable.Type, organizer.Type, attendee.Type, statement.Type, recommendation.Type}

// Revert gives the event and its parts their state from before a bundle: what the bundle created is deleted, what it changed or
// deleted comes back. People, organizations and other records that it created are deleted, too, unless other records refer to them
// or they were changed since. Revert returns apperr.NotFound if there is no such bundle, apperr.Conflict with the code
// already_removed if its event is deleted, and the errors of history.Unchanged and history.Kinds.PutAllBack for the event.
func Revert(ctx context.Context, tx pgx.Tx, kinds history.Kinds, id int64) (Reverted, error) {
	done := Reverted{ID: id, Removed: []RevertedRecord{}, Restored: []RevertedRecord{}, Kept: []RevertedRecord{}}
	var first, last int64
	err := tx.QueryRow(ctx, "SELECT round_table_id, first_seq, last_seq FROM bundles WHERE id = $1 FOR UPDATE", id).Scan(&done.RoundTableID, &first, &last)
	if errors.Is(err, pgx.ErrNoRows) {
		return done, apperr.New(apperr.NotFound, "not_found")
	}
	if err != nil {
		return done, pg.Error(err)
	}
	var exists bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM round_tables WHERE id = $1)", done.RoundTableID).Scan(&exists); err != nil {
		return done, pg.Error(err)
	}
	if !exists {
		return done, apperr.New(apperr.Conflict, "already_removed")
	}
	names, err := loggedNames(ctx, tx, first, last)
	if err != nil {
		return done, err
	}
	touched, err := kinds.TouchedBetween(ctx, tx, first, last, "")
	if err != nil {
		return done, err
	}
	var own, shared []history.Touched
	for _, t := range touched {
		if slices.Contains(ofEvent, t.Type) {
			own = append(own, t)
		} else {
			shared = append(shared, t)
		}
	}
	if err := history.Unchanged(own); err != nil {
		return done, err
	}
	if err := kinds.PutAllBack(ctx, tx, own); err != nil {
		return done, err
	}
	r := reverter{kinds, names, &done}
	for _, t := range own {
		r.report(t)
	}
	return done, r.revertShared(ctx, tx, shared)
}

type reverter struct {
	kinds history.Kinds
	names map[recordKey]string
	done  *Reverted
}

type recordKey struct {
	recordType string
	id         int64
}

func (r reverter) named(t history.Touched) RevertedRecord {
	return RevertedRecord{Type: t.Type, ID: t.ID, Name: excerpt(r.names[recordKey{t.Type, t.ID}])}
}

// report reports a record that was reverted.
func (r reverter) report(t history.Touched) {
	if t.Before == nil {
		r.done.Removed = append(r.done.Removed, r.named(t))
	} else {
		r.done.Restored = append(r.done.Restored, r.named(t))
	}
}

func (r reverter) keep(t history.Touched, reason string, referencedBy map[string]int64) {
	kept := r.named(t)
	kept.Reason, kept.ReferencedBy = reason, referencedBy
	r.done.Kept = append(r.done.Kept, kept)
}

// revertShared restores the shared records that the bundle changed, and then deletes those that it created and nothing uses. A
// record can be deleted after the last one that refers to it.
func (r reverter) revertShared(ctx context.Context, tx pgx.Tx, list []history.Touched) error {
	var made []history.Touched
	for _, t := range list {
		switch {
		case t.Op == "delete" || t.Op == "merge" || t.Op == "erase": // it is gone
		case !t.Same:
			r.keep(t, "changed", nil)
		case t.Before == nil:
			made = append(made, t)
		default:
			if err := r.kinds.PutBack(ctx, tx, t); err != nil {
				return err
			}
			r.report(t)
		}
	}
	slices.Reverse(made) // later ones refer to earlier ones
	for deleted := true; deleted; {
		deleted = false
		var rest []history.Touched
		for _, t := range made {
			err := r.kinds.PutBack(ctx, tx, t)
			switch _, inUse := references(err); {
			case inUse:
				rest = append(rest, t)
			case err != nil:
				return err
			default:
				deleted = true
				r.report(t)
			}
		}
		made = rest
	}
	for _, t := range made {
		referencedBy, _ := references(r.kinds.PutBack(ctx, tx, t))
		r.keep(t, "in_use", referencedBy)
	}
	return nil
}

// references returns the numbers of records that refer to one that could not be deleted; false if the error is another one.
func references(err error) (map[string]int64, bool) {
	var e *apperr.Error
	if !errors.As(err, &e) || e.Code != "in_use" {
		return nil, false
	}
	counts, _ := e.Extra["referenced_by"].(map[string]int64)
	return counts, true
}

// loggedNames returns the names of the records in a range of the log.
func loggedNames(ctx context.Context, tx pgx.Tx, first, last int64) (map[recordKey]string, error) {
	rows, err := tx.Query(ctx, `
		SELECT type, id, coalesce(content ->> 'name_as_listed', nullif(text_sort_key(coalesce(nullif(content -> 'name', 'null'),
			nullif(content -> 'title', 'null'), nullif(content -> 'label', 'null'), nullif(content -> 'description', 'null'),
			nullif(content -> 'text', 'null'))), ''), content -> 'texts' -> 0 ->> 'text', '')
		FROM (SELECT type, id, coalesce(after, before) AS content FROM changes WHERE seq BETWEEN $1 AND $2) c`, first, last)
	if err != nil {
		return nil, pg.Error(err)
	}
	names := map[recordKey]string{}
	var key recordKey
	var name string
	_, err = pgx.ForEachRow(rows, []any{&key.recordType, &key.id, &name}, func() error {
		names[key] = name
		return nil
	})
	return names, pg.Error(err)
}
