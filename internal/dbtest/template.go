package dbtest

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"

	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/migrations"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// role owns the migrated databases.
var role = url.UserPassword("registry_test", "of no use elsewhere")

func newName(prefix string) string { return prefix + "_" + strings.ToLower(rand.Text()) }

// templateName returns the name of the template database. It changes with the migrations.
func templateName() string { return "migrated_" + migrations.Digest() }

// migrated returns the name of the migrated template.
func migrated(t testing.TB) string {
	t.Helper()
	Server(t)
	name, err := shared.template()
	if err != nil {
		t.Fatalf("create the template of the test databases: %v", err)
	}
	return name
}

// makeTemplate creates the role and the template database, unless another process has created them. It marks the database
// as a template when it is complete, so that an incomplete one is never cloned.
func (a *admin) makeTemplate(name, url string) (err error) {
	const lock = "hashtext('registry test template')"
	if err := a.exec("SELECT pg_advisory_lock(" + lock + ")"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.exec("SELECT pg_advisory_unlock("+lock+")")) }()

	ctx := context.Background()
	var hasRole, complete bool
	err = a.row(`
		SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1),
		       EXISTS (SELECT FROM pg_database WHERE datname = $2 AND datistemplate)`, []any{role.Username(), name}, &hasRole, &complete)
	if err != nil {
		return err
	}
	if !hasRole {
		if err := a.exec("CREATE ROLE " + role.Username()); err != nil {
			return err
		}
	}
	password, _ := role.Password()
	if err := a.exec("ALTER ROLE " + role.Username() + " LOGIN PASSWORD '" + password + "'"); err != nil || complete {
		return err
	}
	if err := errors.Join(
		a.drop(name),
		a.create(name, "template1", role.Username()),
	); err != nil {
		return err
	}
	if err := migrations.Up(ctx, url); err != nil {
		return err
	}
	// The first connection after the migrations writes pg_internal.init, which FILE_COPY then copies too.
	first, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(first.Close(ctx), a.exec("ALTER DATABASE "+name+" IS_TEMPLATE true"))
}

// filled returns the filled template of a name. It belongs to this process, and Main drops it.
func filled(t testing.TB, name string, with func(context.Context, *pgxpool.Pool) error) string {
	t.Helper()
	from := migrated(t)
	shared.Lock()
	made := shared.filled[name]
	if made == nil {
		made = fillOnce(from, shared.server.URL(), with)
		shared.filled[name] = made
	}
	shared.Unlock() // other tests need not wait for with
	database, err := made()
	if err != nil {
		t.Fatalf("create the filled database %s: %v", name, err)
	}
	return database
}

// fillOnce returns a function that clones a template and fills the clone on its first call.
func fillOnce(from, server string, with func(context.Context, *pgxpool.Pool) error) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		ctx, database := context.Background(), newName("filled")
		err := shared.admin.create(database, from, role.Username())
		if err != nil {
			return "", err
		}
		pool, err := pg.Open(ctx, withDatabase(server, database, role), pg.Options{MaxConns: 4})
		if err == nil {
			err = with(ctx, pool)
			pool.Close()
		}
		if err != nil {
			return "", errors.Join(err, shared.admin.drop(database))
		}
		return database, nil
	})
}
