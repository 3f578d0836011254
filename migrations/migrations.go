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
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/golang-migrate/migrate/v4/source"
	"github.com/golang-migrate/migrate/v4/source/iofs"
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

// atomicSource is the iofs source with a suffix after each atomic file that clears the dirty mark. The file and the mark
// then are one transaction: "dirty" always means that the file had no effect. The suffix also makes a file with a single
// CALL or DO a transaction, which otherwise could commit in between. RESET ALL gives each file the same initial settings.
type atomicSource struct {
	source.Driver
	set    Set
	suffix string
}

func newSource(files fs.FS, set Set, schema string) (*atomicSource, error) {
	driver, err := iofs.New(files, ".")
	if err != nil {
		return nil, err
	}
	name := pgx.Identifier{schema, table}.Sanitize()
	return &atomicSource{driver, set, fmt.Sprintf("\n;\nUPDATE %s SET dirty = false;\nRESET ALL", name)}, nil
}

// ReadUp returns the file that migrates from the previous version to a version.
func (s *atomicSource) ReadUp(version uint) (io.ReadCloser, string, error) {
	body, name, err := s.Driver.ReadUp(version)
	return s.read(body, name, err, version, DirectionUp)
}

// ReadDown returns the file that migrates from a version to the previous one.
func (s *atomicSource) ReadDown(version uint) (io.ReadCloser, string, error) {
	body, name, err := s.Driver.ReadDown(version)
	return s.read(body, name, err, version, DirectionDown)
}

func (s *atomicSource) read(body io.ReadCloser, name string, err error, version uint, d Direction) (io.ReadCloser, string, error) {
	if err != nil || version == 0 || version > s.set.Latest() || !s.set[version-1].Atomic(d) {
		return body, name, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(body, strings.NewReader(s.suffix)), body}, name, nil
}
