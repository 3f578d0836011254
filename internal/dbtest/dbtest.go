// Package dbtest gives every test a PostgreSQL database of its own, cloned from a migrated template on a server that the
// tests start themselves and share. It is imported by tests only, and it never skips: without PostgreSQL a test fails.
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

// shared is what the tests of this process have in common, brought up by the first of them that asks for it.
var shared struct {
	sync.Mutex
	server   *embeddedpg.Server
	admin    *admin
	template func() (string, error)            // makes the migrated database, once
	filled   map[string]func() (string, error) // by name: makes the one that is filled, once
}

// Main runs the tests of a package and then leaves the server, which stops when no other package uses it. A package
// whose tests need a database calls it from TestMain.
func Main(m interface{ Run() int }) {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		if err := leave(); err != nil {
			fmt.Fprintln(os.Stderr, "leave the test database:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

func leave() error {
	var errs []error
	for _, made := range shared.filled {
		if database, err := made(); err == nil {
			errs = append(errs, shared.admin.drop(database))
		}
	}
	return errors.Join(append(errs, shared.admin.close(), shared.server.Stop())...)
}

// Server gives the URL of the shared server with the rights of its superuser, for tests that make databases themselves.
func Server(t testing.TB) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		if err := bringUp(context.Background()); err != nil {
			t.Fatalf("tests need PostgreSQL: %v", err)
		}
	}
	return shared.server.URL()
}

// bringUp starts the server or joins it. The lock is held.
func bringUp(ctx context.Context) error {
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
		return name, admin.makeTemplate(name, at(server.URL(), name, role))
	})
	shared.filled = map[string]func() (string, error){}
	return nil
}

func options() embeddedpg.Options {
	dir := os.TempDir()
	if sizeOf("/dev/shm") >= 1<<30 { // a container may have 64 MB of it
		dir = "/dev/shm" // nothing of a test has to outlive the machine
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

// Empty makes a database that nothing was migrated in, and gives its URL.
func Empty(t testing.TB) string {
	t.Helper()
	server := Server(t)
	return at(server, database(t, "template0", ""), nil)
}

// URL makes a migrated database and gives its URL. Its role is no superuser.
func URL(t testing.TB) string {
	t.Helper()
	return copyOf(t, migrated(t))
}

// New makes a migrated database and gives a pool of four connections to it.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return Open(t, URL(t), pg.Options{MaxConns: 4})
}

// Filled is New with what fill writes. The first test that asks for a name has it filled, and each gets a copy of its own.
func Filled(t testing.TB, name string, fill func(context.Context, *pgxpool.Pool) error) *pgxpool.Pool {
	t.Helper()
	return Open(t, copyOf(t, filled(t, name, fill)), pg.Options{MaxConns: 4})
}

// Open gives a pool that is closed at the end of the test.
func Open(t testing.TB, databaseURL string, o pg.Options) *pgxpool.Pool {
	t.Helper()
	pool, err := pg.Open(context.Background(), databaseURL, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// copyOf copies a template for the test and gives the URL of the copy.
func copyOf(t testing.TB, template string) string {
	t.Helper()
	return at(Server(t), database(t, template, role.Username()), role)
}

// database makes a database and gives its name. It goes with the test, also with one that fails: what a test needs to be
// understood it has to say.
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

// at gives the server's URL with another database and, if one is given, another user.
func at(server, database string, as *url.Userinfo) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err) // the server has put it together
	}
	u.Path = database
	if as != nil {
		u.User = as
	}
	return u.String()
}
