// Package dbtest gives every test a PostgreSQL database of its own, cloned from a migrated template on a server that the
// tests start themselves and share. It is imported by tests only, and it never skips: without PostgreSQL a test fails.
package dbtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"roundtables.kz/registry/internal/embeddedpg"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/migrations"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver through which pgtestdb makes databases
	"github.com/peterldowns/pgtestdb"
)

// shared is the server of this process, brought up by the first test that asks for it.
var shared struct {
	sync.Mutex
	server *embeddedpg.Server
}

// Main runs the tests of a package and then leaves the server, which stops when no other package uses it. A package
// whose tests need a database calls it from TestMain.
func Main(m interface{ Run() int }) {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
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
	if shared.server == nil {
		s, err := embeddedpg.Start(context.Background(), options())
		if err != nil {
			t.Fatalf("tests need PostgreSQL: %v", err)
		}
		shared.server = s
	}
	return shared.server.URL()
}

func options() embeddedpg.Options {
	dir := os.TempDir()
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		dir = "/dev/shm" // nothing of a test has to outlive the machine
	}
	o := embeddedpg.Options{
		Dir:       filepath.Join(dir, "registry-test-"+strconv.Itoa(os.Getuid())),
		Ephemeral: true, Shared: true,
		Settings: map[string]string{"max_connections": "300"},
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
	name := "empty_" + strings.ToLower(rand.Text())
	admin(t, server, "CREATE DATABASE "+name+" TEMPLATE template0")
	t.Cleanup(func() { admin(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = name
	return u.String()
}

func admin(t testing.TB, server, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// URL makes a migrated database and gives its URL. Its role is no superuser.
func URL(t testing.TB) string {
	t.Helper()
	u, err := url.Parse(Server(t))
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	return pgtestdb.Custom(t, pgtestdb.Config{
		DriverName: "pgx", Host: u.Hostname(), Port: u.Port(), User: u.User.Username(), Password: password,
		Database: "postgres", Options: u.RawQuery, ForceTerminateConnections: true,
	}, migrated{}).URL()
}

// New makes a migrated database and gives a pool of four connections to it.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return Open(t, URL(t), pg.Options{MaxConns: 4})
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

// migrated makes the template with the registry's own migrations.
type migrated struct{}

// Hash names the template after the content of the migrations.
func (migrated) Hash() (string, error) {
	h := sha256.New()
	err := fs.WalkDir(migrations.FS, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(migrations.FS, path)
		fmt.Fprintf(h, "%s %d\n%s", path, len(content), content)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

func (migrated) Migrate(ctx context.Context, _ *sql.DB, c pgtestdb.Config) error {
	return migrations.Up(ctx, c.URL())
}
