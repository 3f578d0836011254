package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/migrations"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// outcome is the result of a call.
type outcome struct {
	code           int
	stdout, stderr string
}

// migrate runs the command with its migrations on a database.
func migrate(t *testing.T, files fs.FS, databaseURL string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := func(name string) string { return map[string]string{"DATABASE_URL": databaseURL}[name] }
	code := run(t.Context(), files, args, env, &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

// want checks the exit code, and that the output contains the texts.
func (o outcome) want(t *testing.T, code int, texts ...string) outcome {
	t.Helper()
	if o.code != code {
		t.Fatalf("exit code %d, want %d\nstdout: %s\nstderr: %s", o.code, code, o.stdout, o.stderr)
	}
	for _, text := range texts {
		if !strings.Contains(o.stdout+o.stderr, text) {
			t.Errorf("%q is missing\nstdout: %s\nstderr: %s", text, o.stdout, o.stderr)
		}
	}
	return o
}

func execute(t *testing.T, databaseURL, sql string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// threeMigrations returns two migrations that work, and a third with the given SQL.
func threeMigrations(third string) fstest.MapFS {
	file := func(sql string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(sql)} }
	return fstest.MapFS{
		"000001_rooms.up.sql": file("CREATE TABLE rooms (id bigint PRIMARY KEY, name text)"), "000001_rooms.down.sql": file("DROP TABLE rooms"),
		"000002_chairs.up.sql": file("CREATE TABLE chairs (id bigint PRIMARY KEY)"), "000002_chairs.down.sql": file("DROP TABLE chairs"),
		"000003_third.up.sql": file(third), "000003_third.down.sql": file("SELECT 1"),
	}
}

func TestEveryCommandReachesItsVersion(t *testing.T) {
	t.Parallel()
	files, url := threeMigrations("CREATE TABLE tables (id bigint)"), dbtest.Empty(t)
	files["000003_third.down.sql"] = &fstest.MapFile{Data: []byte("DROP TABLE tables")}
	migrate(t, files, url, "version").want(t, 0, "0\n")
	migrate(t, files, url, "status").want(t, 0, "0 of 3, 3 pending", "000002  pending  chairs")
	migrate(t, files, url, "up").want(t, 0, "000001", "000003")
	migrate(t, files, url, "up").want(t, 0)
	migrate(t, files, url, "version").want(t, 0, "3\n")
	migrate(t, files, url, "down", "2").want(t, 0)
	migrate(t, files, url, "version").want(t, 0, "1\n")
	migrate(t, files, url, "goto", "2").want(t, 0)
	migrate(t, files, url, "status").want(t, 0, "2 of 3, 1 pending", "000002  applied", "000003  pending")
	migrate(t, files, url, "goto", "0").want(t, 0)
	migrate(t, files, url, "up").want(t, 0)
	migrate(t, files, url, "force", "2").want(t, 0)
	migrate(t, files, url, "version").want(t, 0, "2\n")
}

func TestResultsAreJSONOnRequest(t *testing.T) {
	t.Parallel()
	files, url := threeMigrations("SELECT 1"), dbtest.Empty(t)
	for _, args := range [][]string{{"up"}, {"version"}, {"status"}, {"down", "1"}, {"goto", "3"}, {"force", "3"}} {
		o := migrate(t, files, url, append(args, "--json")...).want(t, 0)
		var into map[string]any
		if err := json.Unmarshal([]byte(o.stdout), &into); err != nil || len(into) == 0 {
			t.Errorf("%v: %v: %q", args, err, o.stdout)
		}
	}
}

func TestTheSchemaOfTheRegistryGoesUpAndDown(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	migrate(t, migrations.FS, url, "up").want(t, 0)
	migrate(t, migrations.FS, url, "status").want(t, 0, "up to date", "api_keys")
	migrate(t, migrations.FS, url, "down", strconv.Itoa(int(migrations.Latest()))).want(t, 0)
	migrate(t, migrations.FS, url, "version").want(t, 0, "0\n")
}

func TestErrorsInArgumentsChangeNothing(t *testing.T) {
	t.Parallel()
	files, url := threeMigrations("SELECT 1"), dbtest.Empty(t)
	for _, args := range [][]string{
		nil, {"sideways"}, {"down"}, {"down", "0"}, {"down", "-1"}, {"down", "many"}, {"goto"}, {"goto", "-2"}, {"goto", "9"}, {"force", "7"}, {"up", "now"},
		{"up", "--lock-timeout=-1s"}, {"up", "--lock-timeout=soon"}, {"create", "Add Rooms"}, {"create"}, {"version", "--nothing"}, {"up", "--database-url=mysql://x/y"},
	} {
		if o := migrate(t, files, url, args...).want(t, 2); o.stderr == "" {
			t.Errorf("%v: no message", args)
		}
	}
	migrate(t, files, "", "up").want(t, 2, "DATABASE_URL")
	migrate(t, files, url, "version").want(t, 0, "0\n")
}

func TestHelpNamesEveryExitCodeAndCommand(t *testing.T) {
	t.Parallel()
	o := migrate(t, migrations.FS, "", "--help").want(t, 0, "up", "down", "goto", "version", "status", "force", "create", "DATABASE_URL", "Examples")
	for code := range 7 {
		if !strings.Contains(o.stdout, fmt.Sprintf("\n    %d  ", code)) {
			t.Errorf("exit code %d is not explained", code)
		}
	}
	for _, command := range []string{"up", "down", "goto", "version", "status", "force", "create"} {
		migrate(t, migrations.FS, "", command, "--help").want(t, 0, "Usage: migrate "+command)
	}
}

func TestAFailedFileIsRolledBackAndReported(t *testing.T) {
	t.Parallel()
	files, url := threeMigrations("CREATE TABLE tables (id bigint); SELECT nonsense"), dbtest.Empty(t)
	migrate(t, files, url, "up").want(t, 1, "000003_third.up.sql", "nonsense", "rolled back completely", "version 2")
	migrate(t, files, url, "version").want(t, 0, "2\n")
}

func TestADirtyDatabaseIsExplainedUntilForced(t *testing.T) {
	t.Parallel()
	files, url := threeMigrations("CREATE UNIQUE INDEX CONCURRENTLY rooms_name_key ON rooms (name)"), dbtest.Empty(t)
	migrate(t, files, url, "goto", "2").want(t, 0)
	execute(t, url, "INSERT INTO rooms VALUES (1, 'a'), (2, 'a')")
	migrate(t, files, url, "up").want(t, 3, "dirty at version 3", "migrate force 2", "migrate force 3")
	migrate(t, files, url, "up").want(t, 3, "migrate force 2")
	migrate(t, files, url, "status").want(t, 3, "DIRTY", "rooms_name_key")
	migrate(t, files, url, "version").want(t, 3, "3\n")
	execute(t, url, "DROP INDEX rooms_name_key; DELETE FROM rooms")
	migrate(t, files, url, "force", "2").want(t, 0)
	migrate(t, files, url, "up").want(t, 0)
	migrate(t, files, url, "status").want(t, 0, "up to date")
}

func TestALockedTableEndsInALockTimeout(t *testing.T) {
	t.Parallel()
	files, url := threeMigrations("SELECT 1"), dbtest.Empty(t)
	migrate(t, files, url, "up").want(t, 0)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE chairs"); err != nil {
		t.Fatal(err)
	}
	migrate(t, files, url+"&lock_timeout=50", "goto", "1").want(t, 4, "rolled back")
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	migrate(t, files, url, "goto", "1").want(t, 0)
}

func TestADatabaseThatIsAheadIsUnchanged(t *testing.T) {
	t.Parallel()
	newer, url := threeMigrations("SELECT 1"), dbtest.Empty(t)
	migrate(t, newer, url, "up").want(t, 0)
	older := fstest.MapFS{}
	for name, file := range newer {
		if !strings.HasPrefix(name, "000003") {
			older[name] = file
		}
	}
	for _, args := range [][]string{{"up"}, {"down", "1"}, {"goto", "1"}, {"status"}, {"version"}} {
		migrate(t, older, url, args...).want(t, 5, "newer release")
	}
	migrate(t, newer, url, "version").want(t, 0, "3\n")
}

func TestAnUnreachableServerIsReported(t *testing.T) {
	t.Parallel()
	files := threeMigrations("SELECT 1")
	migrate(t, files, "postgres://nobody@127.0.0.1:1/x?sslmode=disable", "up").want(t, 6, "Is the server running")
	server := dbtest.Server(t)
	migrate(t, files, strings.Replace(server, "/registry", "/no_such_database", 1), "up").want(t, 6, "must exist")
}

func TestANewMigrationGetsTheNextNumber(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, file := range threeMigrations("SELECT 1") {
		if err := os.WriteFile(filepath.Join(dir, name), file.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	migrate(t, nil, "", "create", "add_rooms", "--dir", dir).want(t, 0, "000004_add_rooms.up.sql", "000004_add_rooms.down.sql")
	if _, err := migrations.Load(os.DirFS(dir)); err != nil {
		t.Errorf("the new migration cannot be loaded: %v", err)
	}
	migrate(t, nil, "", "create", "more", "--dir", dir).want(t, 0, "000005_more")
	migrate(t, nil, "", "create", "Add Rooms!", "--dir", dir).want(t, 2, "did you mean add_rooms?")
	migrate(t, nil, "", "create", "more", "--dir", filepath.Join(dir, "nowhere")).want(t, 2, "there is no directory")
}

func TestConcurrentProcessesMigrateOnce(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "migrate")
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	url := dbtest.Empty(t)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			cmd := exec.Command(binary, "up")
			cmd.Env = []string{"DATABASE_URL=" + url}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	all.Wait()
	migrate(t, migrations.FS, url, "status").want(t, 0, "up to date")
}
