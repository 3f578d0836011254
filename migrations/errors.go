package migrations

import (
	"errors"
	"fmt"
	"strings"

	"github.com/golang-migrate/migrate/v4/database"
	"github.com/jackc/pgx/v5/pgconn"
)

// The codes of SQLSTATE that are decided on here.
const (
	undefinedTable   = "42P01"
	lockNotAvailable = "55P03"
	deadlockDetected = "40P01"
)

// ErrLockTimeout is matched by the error of a migration that waited in vain, for another migration or for a table
// that a transaction holds. Nothing was changed by the file that waited: trying later is safe.
var ErrLockTimeout = errors.New("lock timeout")

// A DirtyError says that an earlier migration to Version was cut off. Nothing runs until someone looked and said with
// Force which version the schema really has.
type DirtyError struct {
	Version uint
}

func (e *DirtyError) Error() string {
	return fmt.Sprintf("the database is marked dirty at version %d: an earlier migration did not end", e.Version)
}

// An AheadError says that the database has a version which this program does not know: a newer one was here.
type AheadError struct {
	Version uint // of the database
	Latest  uint // of this program
}

func (e *AheadError) Error() string {
	return fmt.Sprintf("the database is at version %d, this program knows versions up to %d", e.Version, e.Latest)
}

// A VersionError says that a version was asked for which there is none of.
type VersionError struct {
	Problem string
}

func (e *VersionError) Error() string { return e.Problem }

// A FileError says which migration file failed, why, and what it left behind.
type FileError struct {
	File     string
	Line     int  // where in the file, 0 when unknown
	Previous uint // the version before the file
	Target   uint // the version that the file leads to
	Atomic   bool // the file is one transaction
	Dirty    bool // the database is marked dirty at Target; otherwise it is at Previous, unchanged
	Lost     bool // the connection broke, so Dirty is a guess
	Tries    int
	Err      error // a *pgconn.PgError when the server answered
}

func (e *FileError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ", line %d", e.Line)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	var answer *pgconn.PgError
	if errors.As(e.Err, &answer) {
		for _, part := range []struct{ label, text string }{{"detail", answer.Detail}, {"hint", answer.Hint}, {"context", answer.Where}} {
			if part.text != "" {
				fmt.Fprintf(&b, "\n  %s: %s", part.label, strings.ReplaceAll(part.text, "\n", "\n    "))
			}
		}
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Is matches ErrLockTimeout when the file could not lock a table and left nothing behind.
func (e *FileError) Is(target error) bool {
	return target == ErrLockTimeout && !e.Dirty && codeOf(e.Err) == lockNotAvailable
}

// codeOf is the SQLSTATE of the server's answer, empty when it gave none.
func codeOf(err error) string {
	if answer := answerOf(err); answer != nil {
		return answer.Code
	}
	return ""
}

// answerOf finds the server's error, also in golang-migrate's errors, which do not unwrap; nil when the server did not
// answer. A server that shuts down or ends the session answers and is gone: that counts as no answer.
func answerOf(err error) *pgconn.PgError {
	var answer *pgconn.PgError
	if !errors.As(causeOf(err), &answer) || strings.HasPrefix(answer.Code, "57P") || strings.HasPrefix(answer.Code, "08") {
		return nil
	}
	return answer
}

// causeOf takes golang-migrate's wrapping off, whose text repeats the whole file.
func causeOf(err error) error {
	var value database.Error
	var pointer *database.Error
	switch {
	case errors.As(err, &value):
		return value.OrigErr
	case errors.As(err, &pointer):
		return pointer.OrigErr
	}
	return err
}
