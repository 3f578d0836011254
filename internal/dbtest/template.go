package dbtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/migrations"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// role owns the databases of tests.
var role = url.UserPassword("registry_test", "of no use elsewhere")

// template is a database that others are copied from.
type template struct {
	database string
	strategy string
}

// clause is what comes after the name in CREATE DATABASE.
func (f *template) clause() string {
	return "TEMPLATE " + f.database + " OWNER " + role.Username() + f.strategy
}

// migrated gives the template with the migrations, made by the first process that needs it.
func migrated(t testing.TB) *template {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.template == nil {
		made, err := makeTemplate(context.Background(), func(database string) string { return at(t, shared.server.URL(), database, role) })
		if err != nil {
			t.Fatalf("make the template of the test databases: %v", err)
		}
		shared.template = made
	}
	return shared.template
}

// makeTemplate makes the role, and a database with the migrations unless another process has. Its name follows from their
// content, and it is marked as a template when it is complete, so half of one is never copied.
func makeTemplate(ctx context.Context, at func(database string) string) (*template, error) {
	hash, err := hashOf(migrations.FS)
	if err != nil {
		return nil, err
	}
	made := &template{database: "template_" + hash}
	conn, err := shared.admin.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	const lock = "hashtext('registry test template')"
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock("+lock+")"); err != nil {
		return nil, err
	}
	defer func() { _, _ = conn.Exec(ctx, "SELECT pg_advisory_unlock("+lock+")") }()

	var byFiles, hasRole, complete bool
	err = conn.QueryRow(ctx, `
		SELECT current_setting('server_version_num')::int >= 150000,
		       EXISTS (SELECT FROM pg_roles WHERE rolname = $1),
		       EXISTS (SELECT FROM pg_database WHERE datname = $2 AND datistemplate)`, role.Username(), made.database).Scan(&byFiles, &hasRole, &complete)
	if err != nil {
		return nil, err
	}
	if byFiles {
		made.strategy = " STRATEGY FILE_COPY" // the usual since PostgreSQL 15, through the buffers and the log, costs three times as much here
	}
	if !hasRole {
		password, _ := role.Password()
		if _, err := conn.Exec(ctx, "CREATE ROLE "+role.Username()+" LOGIN PASSWORD '"+password+"'"); err != nil {
			return nil, err
		}
	}
	if complete {
		return made, nil
	}
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + made.database, "CREATE DATABASE " + made.database + " OWNER " + role.Username()} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return nil, err
		}
	}
	url := at(made.database)
	if err := migrations.Up(ctx, url); err != nil {
		return nil, err
	}
	// The first connection to a database writes down what the catalogue says of itself, which copies take over.
	first, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := first.Close(ctx); err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+made.database+" IS_TEMPLATE true")
	return made, err
}

// hashOf names the content of the files.
func hashOf(files fs.FS) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, path)
		fmt.Fprintf(h, "%s %d\n%s", path, len(content), content)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)[:16]), err
}

// filled gives the template of that name, which this process makes for itself and Main drops.
func filled(t testing.TB, name string, fill func(context.Context, *pgxpool.Pool) error) *template {
	t.Helper()
	from := migrated(t)
	shared.Lock()
	defer shared.Unlock()
	if made := shared.filled[name]; made != nil {
		return made
	}
	ctx := context.Background()
	made := &template{database: "filled_" + strings.ToLower(rand.Text()), strategy: from.strategy}
	if _, err := shared.admin.Exec(ctx, "CREATE DATABASE "+made.database+" "+from.clause()); err != nil {
		t.Fatalf("make the database of %s: %v", name, err)
	}
	pool, err := pg.Open(ctx, at(t, shared.server.URL(), made.database, role), pg.Options{})
	if err == nil {
		err = fill(ctx, pool)
		pool.Close()
	}
	if err != nil {
		t.Fatalf("fill the database of %s: %v", name, err)
	}
	if shared.filled == nil {
		shared.filled = map[string]*template{}
	}
	shared.filled[name] = made
	return made
}
