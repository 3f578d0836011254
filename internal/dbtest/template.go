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

// template is the name of a database that others are copied from.
type template string

// clause is what comes after the name in CREATE DATABASE.
func (f template) clause() string { return "TEMPLATE " + string(f) + " OWNER " + role.Username() }

// migrated gives the template with the migrations, made by the first process that needs it.
func migrated(t testing.TB) template {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.template == "" {
		hash, err := hashOf(migrations.FS)
		name := "template_" + hash
		if err == nil {
			err = makeTemplate(context.Background(), name, at(t, shared.server.URL(), name, role))
		}
		if err != nil {
			t.Fatalf("make the template of the test databases: %v", err)
		}
		shared.template = template(name)
	}
	return shared.template
}

// makeTemplate makes the role, and at the URL a database with the migrations unless another process has. It is marked as a
// template when it is complete, so half of one is never copied.
func makeTemplate(ctx context.Context, name, url string) error {
	conn, err := shared.admin.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	const lock = "hashtext('registry test template')"
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock("+lock+")"); err != nil {
		return err
	}
	defer func() { _, _ = conn.Exec(ctx, "SELECT pg_advisory_unlock("+lock+")") }()

	var hasRole, complete bool
	err = conn.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1),
		       EXISTS (SELECT FROM pg_database WHERE datname = $2 AND datistemplate)`, role.Username(), name).Scan(&hasRole, &complete)
	if err != nil {
		return err
	}
	if !hasRole {
		password, _ := role.Password()
		if _, err := conn.Exec(ctx, "CREATE ROLE "+role.Username()+" LOGIN PASSWORD '"+password+"'"); err != nil {
			return err
		}
	}
	if complete {
		return nil
	}
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + name, "CREATE DATABASE " + name + " OWNER " + role.Username()} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	if err := migrations.Up(ctx, url); err != nil {
		return err
	}
	// The first connection to a database writes down what the catalogue says of itself, which copies take over.
	first, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	if err := first.Close(ctx); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+name+" IS_TEMPLATE true")
	return err
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
func filled(t testing.TB, name string, fill func(context.Context, *pgxpool.Pool) error) template {
	t.Helper()
	from := migrated(t)
	shared.Lock()
	defer shared.Unlock()
	if made, ok := shared.filled[name]; ok {
		return made
	}
	ctx := context.Background()
	made := template("filled_" + strings.ToLower(rand.Text()))
	if _, err := shared.admin.Exec(ctx, "CREATE DATABASE "+string(made)+" "+from.clause()+shared.strategy); err != nil {
		t.Fatalf("make the database of %s: %v", name, err)
	}
	pool, err := pg.Open(ctx, at(t, shared.server.URL(), string(made), role), pg.Options{})
	if err == nil {
		err = fill(ctx, pool)
		pool.Close()
	}
	if err != nil {
		t.Fatalf("fill the database of %s: %v", name, err)
	}
	if shared.filled == nil {
		shared.filled = map[string]template{}
	}
	shared.filled[name] = made
	return made
}
