package pg

import (
	"context"
	"errors"
	"strings"

	"roundtables.kz/registry/internal/apperr"

	"github.com/jackc/pgx/v5/pgconn"
)

// The SQLSTATEs that mean something to a client or to the retry of a transaction.
const (
	NotNullViolation    = "23502"
	ForeignKeyViolation = "23503"
	UniqueViolation     = "23505"
	CheckViolation      = "23514"
	ExclusionViolation  = "23P01"
	SerializationFailed = "40001"
	DeadlockDetected    = "40P01"
	LockNotAvailable    = "55P03"
	QueryCanceled       = "57014"
)

// Explanation says what the violation of a constraint means to a client.
type Explanation struct {
	Pointer string // JSON pointer into the body
	Code    string // of the catalogue of messages
}

// explanations of constraints whose name alone does not say it.
var explanations = map[string]Explanation{}

// Explain registers what the violation of a constraint means. Resources call it for the constraints whose default
// reading, the column in the name is the field, is wrong.
func Explain(constraint, pointer, code string) { explanations[constraint] = Explanation{pointer, code} }

// Error turns an error of the database into one a client can act on where there is such a meaning, and leaves all
// others as they are. The cause stays wrapped for the log.
func Error(err error) error {
	var pe *pgconn.PgError
	var known *apperr.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known): // its meaning was found where more was known
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return &apperr.Error{Kind: apperr.Unavailable, Code: "timeout", Err: err}
	case !errors.As(err, &pe):
		var ce *pgconn.ConnectError
		if errors.As(err, &ce) {
			return &apperr.Error{Kind: apperr.Unavailable, Code: "database_unavailable", Err: err}
		}
		return err
	}
	switch pe.Code {
	case UniqueViolation:
		return &apperr.Error{Kind: apperr.Conflict, Code: "already_exists", Fields: []apperr.Field{field(pe, "already_taken")}, Err: err}
	case ForeignKeyViolation:
		return &apperr.Error{Kind: apperr.Invalid, Code: "validation_failed", Fields: []apperr.Field{field(pe, "unknown_reference")}, Err: err}
	case NotNullViolation:
		return &apperr.Error{Kind: apperr.Invalid, Code: "validation_failed", Fields: []apperr.Field{apperr.At("/"+pe.ColumnName, "required")}, Err: err}
	case CheckViolation, ExclusionViolation:
		return &apperr.Error{Kind: apperr.Invalid, Code: "validation_failed", Fields: []apperr.Field{field(pe, "not_valid")}, Err: err}
	case LockNotAvailable:
		return &apperr.Error{Kind: apperr.Unavailable, Code: "locked", Err: err}
	case QueryCanceled:
		return &apperr.Error{Kind: apperr.Unavailable, Code: "query_timeout", Err: err}
	}
	switch pe.Code[:2] {
	case "08", "53", "57": // connection, resources, shutdown
		return &apperr.Error{Kind: apperr.Unavailable, Code: "database_unavailable", Err: err}
	case "22": // a value that no type can hold, such as an integer out of range
		return &apperr.Error{Kind: apperr.Invalid, Code: "bad_value", Err: err}
	}
	return err
}

// IsCode reports whether err carries the SQLSTATE.
func IsCode(err error, code string) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.Code == code
}

// field reads the constraint: <table>_<column>_<fkey|key|check|order|cycle>.
func field(pe *pgconn.PgError, code string) apperr.Field {
	if x, ok := explanations[pe.ConstraintName]; ok {
		return apperr.At(x.Pointer, x.Code)
	}
	name := strings.TrimPrefix(pe.ConstraintName, pe.TableName+"_")
	for _, suffix := range []string{"_fkey", "_key", "_check", "_order", "_cycle", "_self", "_known", "_first", "_range", "_pkey"} {
		if column, ok := strings.CutSuffix(name, suffix); ok {
			switch {
			case suffix == "_cycle" || suffix == "_self":
				code = "cycle"
			case suffix == "_order":
				code = "before_start"
			case column == "id" && suffix == "_check":
				code = "immutable"
			}
			return apperr.At("/"+column, code)
		}
	}
	return apperr.At("", code)
}
