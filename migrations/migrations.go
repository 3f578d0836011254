// Package migrations holds the schema of the registry as numbered SQL files and applies them with golang-migrate. It
// knows the version of a database and nothing of what the tables mean.
//
// A file runs as one transaction together with the mark that it is done, so it either took effect whole or not at
// all. Statements that PostgreSQL refuses inside a transaction (CREATE INDEX CONCURRENTLY, VACUUM, ...) stand alone in
// a file of their own; Load says so when they do not.
package migrations

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

//go:generate go run ./dump

// FS holds the migrations of the registry.
//
//go:embed *.up.sql *.down.sql
var FS embed.FS

// table is where golang-migrate keeps the version.
const table = "schema_migrations"

var embedded = sync.OnceValues(func() (Set, error) { return Load(FS) })

// Up brings the database to Latest and returns nil when it is there, whoever brought it there. It waits for another
// migration that is running; cancelling ctx ends the wait, or stops after the file that is running. Its errors are
// those of Runner.Up.
func Up(ctx context.Context, databaseURL string) error {
	r, err := New(FS, databaseURL, Options{})
	if err != nil {
		return err
	}
	_, err = r.Up(ctx)
	return err
}

// Latest is the newest version that this binary carries.
func Latest() uint {
	set, err := embedded()
	if err != nil {
		panic(fmt.Sprintf("the embedded migrations are not usable: %v", err))
	}
	return set.Latest()
}

// Digest names the content of the files: it changes with any of them, as the version does not.
var Digest = sync.OnceValue(func() string {
	h := sha256.New()
	err := fs.WalkDir(FS, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(FS, path)
		fmt.Fprintf(h, "%s %d\n%s", path, len(content), content)
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("the embedded migrations are not readable: %v", err))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
})

// Version reads the version of the schema from a connection, a pool or a transaction: 0 when nothing was applied yet.
// Dirty says that a migration to that version began and nobody knows that it ended: the schema may be neither the old
// nor the new one.
func Version(ctx context.Context, q interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}) (version uint, dirty bool, err error) {
	var v int64
	err = q.QueryRow(ctx, "SELECT version, dirty FROM "+table).Scan(&v, &dirty)
	var answer *pgconn.PgError
	switch {
	case errors.Is(err, pgx.ErrNoRows), errors.As(err, &answer) && answer.Code == undefinedTable:
		return 0, false, nil
	case err != nil:
		return 0, false, fmt.Errorf("read the schema version: %w", err)
	}
	return uint(max(v, 0)), dirty, nil // golang-migrate writes -1 while it takes back the first file
}
