// Package dbtest gives each test a PostgreSQL database of its own, cloned from a migrated template database. The tests
// start and share the server. Only tests import this package. Without PostgreSQL tests fail; they are never skipped.
package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"roundtables.kz/registry/internal/embeddedpg"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5/pgxpool"
)

// shared is the state that the tests of this process share. The first test that needs it creates it.
var shared struct {
	sync.Mutex
	server   *embeddedpg.Server
	admin    *admin
	template func() (string, error)            // creates the migrated template once
	filled   map[string]func() (string, error) // by name: creates a filled template once
}

// Main runs the tests of a package and then releases the server, which stops when no other package uses it. Packages
// whose tests need a database call it from TestMain.
func Main(m interface{ Run() int }) {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		if err := release(); err != nil {
			fmt.Fprintln(os.Stderr, "release the test database:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

func release() error {
	var errs []error
	for _, made := range shared.filled {
		if database, err := made(); err == nil {
			errs = append(errs, shared.admin.drop(database))
		}
	}
	return errors.Join(append(errs, shared.admin.close(), shared.server.Stop())...)
}

// Server returns the URL of the shared server for its superuser, for tests that create databases themselves.
func Server(t testing.TB) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		if err := connect(context.Background()); err != nil {
			t.Fatalf("tests need PostgreSQL: %v", err)
		}
	}
	return shared.server.URL()
}

// connect starts the server, or joins it if it is running. The caller holds the lock.
func connect(ctx context.Context) error {
	server, err := embeddedpg.Start(ctx, options())
	if err != nil {
		return err
	}
	admin, err := newAdmin(ctx, server.URL())
	if err != nil {
		return errors.Join(err, server.Stop())
	}
	shared.server, shared.admin = server, admin
	shared.template = sync.OnceValues(func() (string, error) {
		name := templateName()
		return name, admin.makeTemplate(name, withDatabase(server.URL(), name, role))
	})
	shared.filled = map[string]func() (string, error){}
	return nil
}

func options() embeddedpg.Options {
	dir := os.TempDir()
	if sizeOf("/dev/shm") >= 1<<30 { // in a container it may have only 64 MB
		dir = "/dev/shm" // test data need not survive a reboot
	}
	o := embeddedpg.Options{
		Dir:       filepath.Join(dir, "registry-test-"+strconv.Itoa(os.Getuid())),
		Ephemeral: true, Shared: true,
	}
	if cache, err := os.UserCacheDir(); err == nil {
		o.Downloads = filepath.Join(cache, "registry-postgres")
	}
	return o
}

// Empty creates an empty database, without migrations, and returns its URL.
func Empty(t testing.TB) string {
	t.Helper()
	server := Server(t)
	return withDatabase(server, database(t, "template0", ""), nil)
}

// URL creates a migrated database and returns its URL. The role is not a superuser.
func URL(t testing.TB) string {
	t.Helper()
	return copyOf(t, migrated(t))
}

// New creates a migrated database and returns a pool of four connections to it.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return Open(t, URL(t), pg.Options{MaxConns: 4})
}

// Filled is New with the data that fill writes. fill runs once for each name; each test gets a copy of the result.
func Filled(t testing.TB, name string, fillOnce func(context.Context, *pgxpool.Pool) error) *pgxpool.Pool {
	t.Helper()
	return Open(t, copyOf(t, filled(t, name, fillOnce)), pg.Options{MaxConns: 4})
}

// Open returns a pool that is closed at the end of the test.
func Open(t testing.TB, databaseURL string, o pg.Options) *pgxpool.Pool {
	t.Helper()
	pool, err := pg.Open(context.Background(), databaseURL, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// copyOf clones a template for the test and returns the URL of the clone.
func copyOf(t testing.TB, template string) string {
	t.Helper()
	return withDatabase(Server(t), database(t, template, role.Username()), role)
}

// database creates a database and returns its name. It is dropped at the end of the test, even if the test fails: the
// test's output must be enough to understand the failure.
func database(t testing.TB, template, owner string) string {
	t.Helper()
	name := newName("test")
	if err := shared.admin.create(name, template, owner); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shared.admin.drop(name); err != nil {
			t.Error(err)
		}
	})
	return name
}

// withDatabase returns the server's URL with another database and, unless as is nil, another user.
func withDatabase(server, database string, as *url.Userinfo) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err) // the URL comes from embeddedpg
	}
	u.Path = database
	if as != nil {
		u.User = as
	}
	return u.String()
}
