// Package migrations contains the schema of the registry as numbered SQL files and applies them with golang-migrate. It
// handles versions of the schema and does not depend on the content of the tables.
//
// A file runs in one transaction together with the mark that it is complete, so it takes effect completely or not at all.
// A statement that PostgreSQL rejects inside a transaction (CREATE INDEX CONCURRENTLY, VACUUM, ...) must be alone in its
// file; Load checks that.
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

// FS contains the migrations of the registry.
//
//go:embed *.up.sql *.down.sql
var FS embed.FS

// table is the table in which golang-migrate stores the version.
const table = "schema_migrations"

var embedded = sync.OnceValues(func() (Set, error) { return Load(FS) })

// Up migrates the database to Latest. It waits for another running migration, and returns nil if that one reaches Latest.
// Cancelling ctx ends the wait, or stops after the current file. Its errors are those of Runner.Up.
func Up(ctx context.Context, databaseURL string) error {
	r, err := New(FS, databaseURL, Options{})
	if err != nil {
		return err
	}
	_, err = r.Up(ctx)
	return err
}

// Latest returns the newest version in this program.
func Latest() uint {
	set, err := embedded()
	if err != nil {
		panic(fmt.Sprintf("the embedded migrations are invalid: %v", err))
	}
	return set.Latest()
}

// Digest returns a hash of all files. Unlike the version, it changes whenever a file changes.
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

// Version returns the version of the schema, 0 if no migration has been applied. dirty means that a migration to this
// version started and may not have completed, so the schema may be neither the old nor the new one.
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
	return uint(max(v, 0)), dirty, nil // golang-migrate writes -1 while it reverts the first file
}
