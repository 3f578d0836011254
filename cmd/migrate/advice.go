package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"roundtables.kz/registry/migrations"
)

// is reports whether an error wraps one of the type E.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// message returns the text of an error. Connect errors are lists with tabs, which it puts on one line.
func message(err error) string {
	if is[*pgconn.ConnectError](err) {
		return strings.Join(strings.Fields(err.Error()), " ")
	}
	return err.Error()
}

// advice returns what to do about an error, or "" if the error is clear enough.
func advice(err error, files fs.FS) string {
	dirty, isDirty := errors.AsType[*migrations.DirtyError](err)
	file, isFile := errors.AsType[*migrations.FileError](err)
	ahead, isAhead := errors.AsType[*migrations.AheadError](err)
	switch {
	case is[usageError](err):
		return `Commands: up, down N, goto V, version, status, force V, create NAME. "migrate --help" explains them.`
	case is[*migrations.URLError](err):
		return "Set the database with --database-url or the environment variable DATABASE_URL."
	case isDirty:
		return dirtyAdvice(dirty.Version, files)
	case isFile:
		return fileAdvice(file)
	case errors.Is(err, migrations.ErrLockTimeout):
		return `Nothing was changed. Run the command again later, or wait longer with --lock-timeout. "migrate status" shows the other migration.`
	case isAhead:
		return fmt.Sprintf(`A newer release has migrated this database. Use the migrate program of that release. To go back to this release, first
revert the newer migrations with that program: "migrate goto %d". This deletes the data in their tables and columns.`, ahead.Latest)
	case is[*pgconn.ConnectError](err):
		return connectAdvice(err)
	}
	return ""
}

func fileAdvice(e *migrations.FileError) string {
	switch {
	case errors.Is(e, migrations.ErrLockTimeout):
		return fmt.Sprintf(`A transaction has locked a table that the file needs (%d attempts). The file was rolled back; the database is at version %d.
Find the transaction in pg_stat_activity, or run the command again when there is less traffic. To wait longer per attempt, add
?lock_timeout=milliseconds to the database URL; all other users of the table then wait as long.`, e.Tries, e.Previous)
	case !e.Dirty:
		return fmt.Sprintf("The file was rolled back completely: the database is at version %d and not dirty. "+
			"Fix the cause and run the command again.", e.Previous)
	case e.Lost:
		return fmt.Sprintf(`The connection to the server was lost while the file was running. When the server answers again, run "migrate status":
  - not dirty: the version shown is correct; run the command again to continue.
  - dirty at version %d: %s`, e.Target, settle(e.File, e.Atomic, e.Previous, e.Target))
	}
	return fmt.Sprintf("The database is marked dirty at version %d. No migration runs until this is resolved.\n%s",
		e.Target, settle(e.File, e.Atomic, e.Previous, e.Target))
}

// dirtyAdvice is for later runs. The dirty mark does not say whether the failed file was an up or a down migration.
func dirtyAdvice(version uint, files fs.FS) string {
	set, err := migrations.Load(files)
	if err != nil {
		return ""
	}
	var cases []string
	if version > 0 && version <= set.Latest() {
		m := set[version-1]
		file := m.File(migrations.DirectionUp)
		cases = append(cases, fmt.Sprintf("  - %s (up): %s", file, settle(file, m.Atomic(migrations.DirectionUp), version-1, version)))
	}
	if version < set.Latest() {
		m := set[version]
		file := m.File(migrations.DirectionDown)
		cases = append(cases, fmt.Sprintf("  - %s (down): %s", file, settle(file, m.Atomic(migrations.DirectionDown), version+1, version)))
	}
	return "A migration was killed, lost its connection, or failed in a file that is not one transaction. " +
		"No migration runs until this\nis resolved. Which file was running?\n" +
		strings.Join(cases, "\n") + "\nThe log of that run, or the schema itself, shows which. Then run the command again."
}

// settle explains how to resolve the dirty state that a file has left.
func settle(file string, atomic bool, previous, target uint) string {
	if atomic {
		return fmt.Sprintf(`it is one transaction, which clears the mark at its end, so it had no effect:
    run "migrate force %d".`, previous)
	}
	return fmt.Sprintf(`it cannot be one transaction, so check whether its statement took effect.
    "migrate status" lists invalid indexes; drop any that it left (DROP INDEX CONCURRENTLY name).
    Then run "migrate force %d" if %s had no effect, or "migrate force %d" if it had.`, previous, file, target)
}

func connectAdvice(err error) string {
	answer, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return "Is the server running? Are the host and port in the database URL correct?"
	}
	switch answer.Code {
	case "28P01", "28000":
		return "The server rejected the user or the password in the database URL."
	case "3D000":
		return "The database must exist before it can be migrated. Create it with CREATE DATABASE or createdb."
	case "08P01":
		return "Is this the address of a connection pooler such as PgBouncer? Migrations require the direct address of the server."
	}
	return ""
}
