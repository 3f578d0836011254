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

func newName(kind string) string { return kind + "_" + strings.ToLower(rand.Text()) }

// templateName names the migrated template, which no other migrations can have.
func templateName() string { return "migrated_" + migrations.Digest() }

// migrated gives the template with the migrations.
func migrated(t testing.TB) string {
	t.Helper()
	Server(t)
	name, err := shared.template()
	if err != nil {
		t.Fatalf("make the template of the test databases: %v", err)
	}
	return name
}

// makeTemplate makes the role, and at the URL a database with the migrations unless another process has. It is marked as a
// template when it is complete, so half of one is never copied.
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
	// The first connection after the migrations writes pg_internal.init, which a copy by files takes over.
	first, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(first.Close(ctx), a.exec("ALTER DATABASE "+name+" IS_TEMPLATE true"))
}

// filled gives the database that was filled under the name, which this process makes for itself and Main drops.
func filled(t testing.TB, name string, with func(context.Context, *pgxpool.Pool) error) string {
	t.Helper()
	from := migrated(t)
	shared.Lock()
	made := shared.filled[name]
	if made == nil {
		made = fill(from, shared.server.URL(), with)
		shared.filled[name] = made
	}
	shared.Unlock() // others need not wait for the filling
	database, err := made()
	if err != nil {
		t.Fatalf("make the database of %s: %v", name, err)
	}
	return database
}

// fill gives a function that makes a copy of a template and fills it, at its first call.
func fill(from, server string, with func(context.Context, *pgxpool.Pool) error) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		ctx, database := context.Background(), newName("filled")
		err := shared.admin.create(database, from, role.Username())
		if err != nil {
			return "", err
		}
		pool, err := pg.Open(ctx, at(server, database, role), pg.Options{MaxConns: 4})
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
