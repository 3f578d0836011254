package migrations

import (
	"errors"
	"fmt"
	"strings"

	"github.com/golang-migrate/migrate/v4/database"
	"github.com/jackc/pgx/v5/pgconn"
)

// The SQLSTATE codes that this package handles.
const (
	undefinedTable   = "42P01"
	lockNotAvailable = "55P03"
	deadlockDetected = "40P01"
)

// ErrLockTimeout matches the error of a migration that timed out waiting for another migration or for a table locked by a
// transaction. The file that waited changed nothing, so it is safe to retry later.
var ErrLockTimeout = errors.New("lock timeout")

// A DirtyError means that an earlier migration to Version did not complete. No migration runs until an operator has
// checked the schema and set its actual version with Force.
type DirtyError struct {
	Version uint
}

func (e *DirtyError) Error() string {
	return fmt.Sprintf("the database is marked dirty at version %d: an earlier migration did not complete", e.Version)
}

// An AheadError means that a newer program has migrated the database to a version that this program does not know.
type AheadError struct {
	Version uint // of the database
	Latest  uint // of this program
}

func (e *AheadError) Error() string {
	return fmt.Sprintf("the database is at version %d, this program knows versions up to %d", e.Version, e.Latest)
}

// A VersionError means that a requested version does not exist.
type VersionError struct {
	Problem string
}

func (e *VersionError) Error() string { return e.Problem }

// A FileError describes the migration file that failed, the cause, and the state of the database.
type FileError struct {
	File     string
	Line     int  // 0: unknown
	Previous uint // version before the file
	Target   uint // version after the file
	Atomic   bool // the file is one transaction
	Dirty    bool // the database is marked dirty at Target; otherwise it is unchanged at Previous
	Lost     bool // the connection was lost, so Dirty is only assumed
	Tries    int
	Err      error // a *pgconn.PgError if the server answered
}

func (e *FileError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ", line %d", e.Line)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	if answer, ok := errors.AsType[*pgconn.PgError](e.Err); ok {
		for _, part := range []struct{ label, text string }{{"detail", answer.Detail}, {"hint", answer.Hint}, {"context", answer.Where}} {
			if part.text != "" {
				fmt.Fprintf(&b, "\n  %s: %s", part.label, strings.ReplaceAll(part.text, "\n", "\n    "))
			}
		}
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Is matches ErrLockTimeout if the file could not lock a table and changed nothing.
func (e *FileError) Is(target error) bool {
	return target == ErrLockTimeout && !e.Dirty && codeOf(e.Err) == lockNotAvailable
}

// codeOf returns the SQLSTATE of the server's error, or "" if there is none.
func codeOf(err error) string {
	if answer := serverError(err); answer != nil {
		return answer.Code
	}
	return ""
}

// serverError returns the server's error, or nil if the server did not answer. It also looks into golang-migrate's errors,
// which do not unwrap. Errors of a server that shuts down or ends the session count as no answer.
func serverError(err error) *pgconn.PgError {
	answer, ok := errors.AsType[*pgconn.PgError](unwrap(err))
	if !ok || strings.HasPrefix(answer.Code, "57P") || strings.HasPrefix(answer.Code, "08") {
		return nil
	}
	return answer
}

// unwrap removes golang-migrate's wrapping, whose text repeats the whole file.
func unwrap(err error) error {
	if value, ok := errors.AsType[database.Error](err); ok {
		return value.OrigErr
	}
	if pointer, ok := errors.AsType[*database.Error](err); ok {
		return pointer.OrigErr
	}
	return err
}
