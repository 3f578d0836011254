// Package dbtest gives every test a PostgreSQL database of its own, cloned from a migrated template on a server that the
// tests start themselves and share. It is imported by tests only, and it never skips: without PostgreSQL a test fails.
package dbtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"roundtables.kz/registry/internal/embeddedpg"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5/pgxpool"
)

// shared is what the tests of this process have in common, brought up by the first of them that asks for it.
var shared struct {
	sync.Mutex
	server *embeddedpg.Server
	// admin is a superuser's: a connection a test would cost more than the making of its database.
	admin    *pgxpool.Pool
	strategy string // of CREATE DATABASE
	template template
	filled   map[string]template
}

// Main runs the tests of a package and then leaves the server, which stops when no other package uses it. A package
// whose tests need a database calls it from TestMain.
func Main(m interface{ Run() int }) {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	for what, made := range shared.filled {
		if _, err := shared.admin.Exec(context.Background(), "DROP DATABASE "+string(made)); err != nil {
			fmt.Fprintf(os.Stderr, "drop the database of %s: %v\n", what, err)
			code = max(code, 1)
		}
	}
	if shared.admin != nil {
		shared.admin.Close()
	}
	if shared.server != nil {
		if err := shared.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop the test database:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// Server gives the URL of the shared server with the rights of its superuser, for tests that make databases themselves.
func Server(t testing.TB) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	bringUp(t)
	return shared.server.URL()
}

// bringUp starts the server or joins it. The lock is held.
func bringUp(t testing.TB) {
	t.Helper()
	if shared.server != nil {
		return
	}
	server, err := embeddedpg.Start(context.Background(), options())
	if err != nil {
		t.Fatalf("tests need PostgreSQL: %v", err)
	}
	admin, err := pg.Open(context.Background(), server.URL(), pg.Options{})
	if err != nil {
		t.Fatalf("tests need PostgreSQL: %v", err)
	}
	var byFiles bool
	if err := admin.QueryRow(context.Background(), "SELECT current_setting('server_version_num')::int >= 150000").Scan(&byFiles); err != nil {
		t.Fatalf("tests need PostgreSQL: %v", err)
	}
	if byFiles {
		shared.strategy = " STRATEGY FILE_COPY" // the usual since PostgreSQL 15, through the buffers and the log, costs three times as much here
	}
	shared.server, shared.admin = server, admin
}

func options() embeddedpg.Options {
	dir := os.TempDir()
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
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
	return at(t, server, database(t, "TEMPLATE template0"), nil)
}

// URL makes a migrated database and gives its URL. Its role is no superuser.
func URL(t testing.TB) string {
	t.Helper()
	server := Server(t)
	return at(t, server, database(t, migrated(t).clause()), role)
}

// New makes a migrated database and gives a pool of four connections to it.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return Open(t, URL(t), pg.Options{MaxConns: 4})
}

// Filled is New with what fill writes. Of all tests that name the same, one runs fill and the others get a copy.
func Filled(t testing.TB, name string, fill func(context.Context, *pgxpool.Pool) error) *pgxpool.Pool {
	t.Helper()
	server := Server(t)
	return Open(t, at(t, server, database(t, filled(t, name, fill).clause()), role), pg.Options{MaxConns: 4})
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

// database makes a database that goes with the test, and gives its name.
func database(t testing.TB, clause string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	exec := func(sql string) {
		t.Helper()
		if _, err := shared.admin.Exec(context.Background(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	exec("CREATE DATABASE " + name + " " + clause + shared.strategy)
	t.Cleanup(func() { exec("DROP DATABASE " + name + " WITH (FORCE)") })
	return name
}

// at gives the server's URL with another database and, if one is given, another user.
func at(t testing.TB, server, database string, as *url.Userinfo) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = database
	if as != nil {
		u.User = as
	}
	return u.String()
}
