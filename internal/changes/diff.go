package changes

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// DiffQuery names two states of a record.
type DiffQuery struct {
	// The earlier state: a version, such as `2`, or a time: RFC 3339, or a date in UTC. Default: the version before the later state.
	From string `query:"from" form:"from" example:"1"`
	// The later state, as in `from`. Default: the newest.
	To string `query:"to" form:"to" example:"2026-01-16"`
}

// Diff compares two states of a record.
//
//	@Description	The members of a record that differ between two of its states.
type Diff struct {
	Type    string        `json:"type" example:"round-tables"` // The record type, as in the path.
	ID      int64         `json:"id" example:"1"`              // The record.
	From    *DiffState    `json:"from"`                        // The earlier state; null if the record did not exist yet.
	To      *DiffState    `json:"to"`                          // The later state; null if the record did not exist yet.
	Changes []FieldChange `json:"changes"`                     // The members that differ, with both values; all members if one of the states has no content.
} //	@name	Diff

// DiffState is a state of a record.
//
//	@Description	A state of a record.
type DiffState struct {
	Version   int64     `json:"version" db:"version" example:"2"`                                            // Its version.
	ChangedAt time.Time `json:"changed_at" db:"at" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // Since when the record had this state.
	Deleted   bool      `json:"deleted" db:"deleted" example:"false"`                                        // Whether the record was deleted, merged or erased then, so that it has no content.
	content   []byte
} //	@name	DiffState

// Compare compares two states of a record, whether it still exists or not. A malformed state, or a version that the record never had,
// is apperr.Malformed; a record that never existed is apperr.NotFound.
func Compare(ctx context.Context, db pg.DB, recordType string, id int64, q DiffQuery) (Diff, error) {
	d := Diff{Type: recordType, ID: id}
	var known bool
	err := db.QueryRow(ctx, "SELECT EXISTS (SELECT FROM changes WHERE type = @type AND id = @id AND op <> 'visibility')",
		pg.Args{"type": recordType, "id": id}).Scan(&known)
	if err != nil {
		return d, pg.Error(fmt.Errorf("compare states: %w", err))
	}
	if !known {
		return d, apperr.New(apperr.NotFound, "not_found")
	}
	var toErr, fromErr error
	d.To, toErr = stateNamed(ctx, db, d, "to", q.To)
	if q.From == "" && d.To != nil && d.To.Version > 1 {
		q.From = strconv.FormatInt(d.To.Version-1, 10)
	}
	if q.From != "" {
		d.From, fromErr = stateNamed(ctx, db, d, "from", q.From)
	}
	if err := apperr.BadQuery(append(apperr.FieldsOf(fromErr, "bad_parameters"), apperr.FieldsOf(toErr, "bad_parameters")...)); err != nil {
		return d, err
	}
	if err := errors.Join(fromErr, toErr); err != nil {
		return d, err
	}
	r := Revision{Type: recordType, ID: id}
	if d.From != nil {
		r.Before = d.From.content
	}
	if d.To != nil {
		r.After = d.To.content
	}
	d.Changes, err = r.Changes()
	return d, err
}

// stateNamed returns the state of the record of d that a parameter names: the newest if it is empty, nil if the record did not exist yet.
func stateNamed(ctx context.Context, db pg.DB, d Diff, parameter, value string) (*DiffState, error) {
	which, args := "true", pg.Args{"type": d.Type, "id": d.ID}
	version, err := strconv.ParseInt(value, 10, 64)
	isVersion := err == nil
	switch {
	case value == "":
	case isVersion:
		which, args["version"] = "version = @version", version
	default:
		var at date.Instant
		if at.UnmarshalText([]byte(value)) != nil {
			return nil, apperr.BadQuery([]apperr.Field{apperr.In(parameter, "bad_state")})
		}
		which, args["at"] = "at <= @at", at.Time
	}
	var s DiffState
	err = db.QueryRow(ctx, "SELECT version, at, after IS NULL, after FROM changes WHERE type = @type AND id = @id AND op <> 'visibility' AND "+which+
		" ORDER BY version DESC LIMIT 1", args).Scan(&s.Version, &s.ChangedAt, &s.Deleted, &s.content)
	switch {
	case errors.Is(err, pgx.ErrNoRows) && isVersion:
		return nil, apperr.BadQuery([]apperr.Field{apperr.In(parameter, "unknown_version")})
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, pg.Error(fmt.Errorf("read a state: %w", err))
	}
	return &s, nil
}
