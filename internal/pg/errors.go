package pg

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"roundtables.kz/registry/internal/apperr"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATEs that decide what a client is answered or whether a transaction is retried.
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
	idleTooLong         = "25P03" // the server ended a transaction that was idle too long
)

// Error turns an error of the database into an apperr.Error if a client can act on it, and returns all others
// unchanged. The cause stays wrapped for the log.
func Error(err error) error {
	var pe *pgconn.PgError
	var known *apperr.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known): // the caller knew more about it
		return err
	case errors.Is(err, context.Canceled): // the client has gone
		return err
	case broken(err):
		return &apperr.Error{Kind: apperr.Unavailable, Code: "database_unavailable", Err: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &apperr.Error{Kind: apperr.Unavailable, Code: "timeout", Err: err}
	case !errors.As(err, &pe):
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
	case LockNotAvailable, SerializationFailed, DeadlockDetected:
		return &apperr.Error{Kind: apperr.Unavailable, Code: "locked", Err: err}
	case QueryCanceled, idleTooLong:
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

// broken reports whether the server is unreachable or the connection to it broke.
func broken(err error) bool {
	var connect *pgconn.ConnectError
	var network *net.OpError
	switch {
	case errors.As(err, &connect):
		return true
	case errors.As(err, &network):
		return !network.Timeout() // pgx stops reading this way when the deadline of the request passes
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, pgconn.ErrConnClosed)
}

// Answered reports whether the server rejected a statement and the session goes on. After any other error of a COMMIT
// it is unknown whether the COMMIT took effect.
func Answered(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.SeverityUnlocalized == "ERROR"
}

// IsCode reports whether err carries the SQLSTATE.
func IsCode(err error, code string) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.Code == code
}

// field finds the field of the body that a violated constraint is about.
func field(pe *pgconn.PgError, code string) apperr.Field {
	if f, ok := constraintFields[pe.ConstraintName]; ok {
		return f
	}
	// <table>_<column>_<fkey|key|check|order|cycle|…>; the foreign key of a part carries the sort date of its round table
	name := strings.TrimPrefix(pe.ConstraintName, pe.TableName+"_")
	for _, suffix := range []string{"_starts_key_fkey", "_fkey", "_key", "_check", "_order", "_cycle", "_self", "_known", "_first", "_range", "_pkey"} {
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
