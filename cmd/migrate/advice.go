package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"roundtables.kz/registry/migrations"
)

func isConnectError(err error) bool {
	var failed *pgconn.ConnectError
	return errors.As(err, &failed)
}

// message is the text of an error; those of connecting come as a list with tabs.
func message(err error) string {
	if isConnectError(err) {
		return strings.Join(strings.Fields(err.Error()), " ")
	}
	return err.Error()
}

// advice says what to do about an error, "" when its text is enough.
func advice(err error, files fs.FS) string {
	var (
		mistake usageError
		url     *migrations.URLError
		dirty   *migrations.DirtyError
		file    *migrations.FileError
		ahead   *migrations.AheadError
	)
	switch {
	case errors.As(err, &mistake):
		return `Commands: up, down N, goto V, version, status, force V, create NAME. "migrate --help" explains them.`
	case errors.As(err, &url):
		return "Give the database with --database-url or in the environment variable DATABASE_URL."
	case errors.As(err, &dirty):
		return dirtyAdvice(dirty.Version, files)
	case errors.As(err, &file):
		return fileAdvice(file)
	case errors.Is(err, migrations.ErrLockTimeout):
		return `Nothing was changed. Run the command again later, or wait longer with --lock-timeout. "migrate status" shows who is at work.`
	case errors.As(err, &ahead):
		return fmt.Sprintf(`A newer release has migrated this database. Use the migrate program of that release. If you want to go back to this
release, let that program take the newer migrations back first: "migrate goto %d". It loses the data that only they hold.`, ahead.Latest)
	case isConnectError(err):
		return connectAdvice(err)
	}
	return ""
}

func fileAdvice(e *migrations.FileError) string {
	switch {
	case errors.Is(e, migrations.ErrLockTimeout):
		return fmt.Sprintf(`A transaction holds a table that the file needs (tried %d times); the file was rolled back and the database is at version %d.
Find the transaction in pg_stat_activity, or run the command again at a quieter time. A longer wait per try can be set with
?lock_timeout=milliseconds in the database URL; every other user of the table waits as long.`, e.Tries, e.Previous)
	case !e.Dirty:
		return fmt.Sprintf("The file was rolled back whole: the database is at version %d, not dirty. Correct the cause and run the command again.", e.Previous)
	case e.Lost:
		return fmt.Sprintf(`The connection to the server broke while the file ran. Once the server answers again, run "migrate status":
  - not dirty: the version that it shows is right; run the command again to go on.
  - dirty at version %d: %s`, e.Target, settle(e.File, e.Atomic, e.Previous, e.Target))
	}
	return fmt.Sprintf("The database is marked dirty at version %d, and nothing runs until that is settled.\n%s", e.Target, settle(e.File, e.Atomic, e.Previous, e.Target))
}

// dirtyAdvice is for the run after: the mark does not tell whether the version was reached from below or from above.
func dirtyAdvice(version uint, files fs.FS) string {
	set, err := migrations.Load(files)
	if err != nil {
		return ""
	}
	var cases []string
	if version > 0 && version <= set.Latest() {
		m := set[version-1]
		file := m.File(migrations.DirectionUp)
		cases = append(cases, fmt.Sprintf("  - %s, going up: %s", file, settle(file, m.Atomic(migrations.DirectionUp), version-1, version)))
	}
	if version < set.Latest() {
		m := set[version]
		file := m.File(migrations.DirectionDown)
		cases = append(cases, fmt.Sprintf("  - %s, going down: %s", file, settle(file, m.Atomic(migrations.DirectionDown), version+1, version)))
	}
	return "A migration was killed, lost its connection, or failed in a file that is not one transaction. Nothing runs until that is\nsettled. What was running?\n" +
		strings.Join(cases, "\n") + "\nIts log, or the schema itself, tells which. Afterwards run the command again."
}

// settle says how to get out of the dirty state that one file left.
func settle(file string, atomic bool, previous, target uint) string {
	if atomic {
		return fmt.Sprintf(`it is one transaction that takes the mark off at its end, so it did not take effect:
    "migrate force %d" is right.`, previous)
	}
	return fmt.Sprintf(`it cannot be one transaction, so look whether its statement took effect.
    "migrate status" lists invalid indexes; drop one that it left (DROP INDEX CONCURRENTLY name).
    Then "migrate force %d" if %s took no effect, "migrate force %d" if it did.`, previous, file, target)
}

func connectAdvice(err error) string {
	var answer *pgconn.PgError
	if !errors.As(err, &answer) {
		return "Is the server running, and are host and port of the database URL right?"
	}
	switch answer.Code {
	case "28P01", "28000":
		return "The server refused the user or the password of the database URL."
	case "3D000":
		return "The database must exist before it can be migrated: CREATE DATABASE, or createdb."
	case "08P01":
		return "Is this the address of a pooler such as PgBouncer? Migrations need the direct address of the server."
	}
	return ""
}
