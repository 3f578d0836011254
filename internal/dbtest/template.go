package dbtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
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

// admin is the superuser's connection of this process. The tests share it, because to connect costs more than to create a
// database.
type admin struct {
	mu       sync.Mutex
	conn     *pgx.Conn
	strategy string // of CREATE DATABASE
}

// activeLock is an advisory lock that every process holds in shared mode. A process that gets it exclusively is the only
// one, and may drop orphaned databases.
const activeLock = "hashtext('registry tests')"

func newAdmin(ctx context.Context, url string) (*admin, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	a := &admin{conn: conn}
	var canCopyFiles, alone bool
	err = a.row("SELECT current_setting('server_version_num')::int >= 150000, pg_try_advisory_lock("+activeLock+")", nil, &canCopyFiles, &alone)
	if err == nil && canCopyFiles {
		a.strategy = " STRATEGY FILE_COPY" // the default strategy since PostgreSQL 15, WAL_LOG, takes three times as long here
	}
	if err == nil && alone {
		err = a.dropOrphans(templateName(), "test", "filled", "migrated")
	}
	if err == nil {
		err = a.exec("SELECT pg_advisory_lock_shared(" + activeLock + ")")
	}
	if err == nil && alone {
		err = a.exec("SELECT pg_advisory_unlock(" + activeLock + ")")
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return a, nil
}

// dropOrphans drops the databases with these prefixes, which killed processes have left, except keep.
func (a *admin) dropOrphans(keep string, prefixes ...string) error {
	var left, templates []string
	err := a.row(`
		SELECT coalesce(array_agg(datname::text), '{}'), coalesce(array_agg(datname::text) FILTER (WHERE datistemplate), '{}')
		  FROM pg_database
		 WHERE split_part(datname, '_', 1) = ANY($1) AND datname <> $2`, []any{prefixes, keep}, &left, &templates)
	for _, name := range templates { // a database left by a killed DROP can be dropped but not altered
		err = errors.Join(err, a.exec("ALTER DATABASE "+name+" IS_TEMPLATE false"))
	}
	for _, name := range left {
		err = errors.Join(err, a.drop(name))
	}
	return err
}

func (a *admin) create(name, template, owner string) error {
	sql := "CREATE DATABASE " + name + " TEMPLATE " + template + a.strategy
	if owner != "" {
		sql += " OWNER " + owner
	}
	return a.exec(sql)
}

func (a *admin) drop(name string) error {
	return a.exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
}

// row runs a query of one row.
func (a *admin) row(sql string, args []any, into ...any) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.conn.QueryRow(context.Background(), sql, args...).Scan(into...)
}

func (a *admin) exec(sql string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.conn.Exec(context.Background(), sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

func (a *admin) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.conn.Close(context.Background())
}
