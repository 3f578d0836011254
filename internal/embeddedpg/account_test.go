//go:build linux || darwin

package embeddedpg

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// wantUnprivileged checks that the server does not run as root and can answer.
func wantUnprivileged(t *testing.T, s *Server) {
	t.Helper()
	owner, _, _ := ownerOf(s.layout.data())
	if owner == 0 || os.Geteuid() != 0 && owner != os.Geteuid() {
		t.Errorf("the cluster belongs to user %d", owner)
	}
	if uid, err := exec.Command("ps", "-o", "uid=", "-p", query(t, s.URL(), "SELECT pg_backend_pid()::text")).Output(); err == nil && strings.TrimSpace(string(uid)) == "0" {
		t.Error("the server runs as root")
	}
}

func TestTheServerNeverRunsAsRoot(t *testing.T) {
	t.Parallel()
	for name, private := range map[string]bool{"accessible": false, "private": true} {
		for _, existing := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				parent := openDir(t)
				dir := filepath.Join(parent, "private", "pg")
				err := os.Mkdir(filepath.Dir(dir), 0o711)
				if private {
					err = errors.Join(err, os.Chmod(filepath.Dir(dir), 0o700))
				}
				if existing { // as an earlier version left it: everything belongs to the user that started it
					from := newCluster(t, false)
					s := mustStart(t, Options{Dir: from})
					query(t, s.URL(), "CREATE TABLE kept AS SELECT 1 AS n")
					mustStop(t, s)
					err = errors.Join(err, os.Rename(from, dir), account{uid: os.Geteuid(), gid: os.Getegid()}.chownTree(dir))
					if private {
						err = errors.Join(err, os.Chmod(dir, 0o700))
					}
				}
				if err != nil {
					t.Fatal(err)
				}
				for range 2 {
					s := mustStart(t, Options{Dir: dir})
					wantUnprivileged(t, s)
					if n := query(t, s.URL(), "SELECT count(*) FROM pg_class WHERE relname = 'kept'"); (n == "1") != existing {
						t.Errorf("%s tables are kept", n)
					}
					mustStop(t, s)
				}
				link, err := filepath.EvalSymlinks(dir)
				if moved := strings.HasPrefix(link, shelter); err != nil || moved != (private && os.Geteuid() == 0) {
					t.Errorf("the directory is %s, %v", link, err)
				} else if moved {
					_ = os.RemoveAll(link)
				}
				if left, _ := filepath.Glob(dir + ".*"); len(left) > 0 {
					t.Errorf("left %v", left)
				}
			})
		}
	}
}

func TestTheRoleOwnsTheDatabaseAndHasNoOtherRights(t *testing.T) {
	t.Parallel()
	dir := newCluster(t, false)
	before := mustStart(t, Options{Dir: dir})
	query(t, before.URL(), `CREATE EXTENSION pg_trgm; CREATE TYPE mood AS ENUM ('good');
		CREATE TABLE kept (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n serial, mood mood); INSERT INTO kept (mood) VALUES ('good');
		CREATE SEQUENCE free; CREATE VIEW shown AS SELECT * FROM kept; CREATE PROCEDURE nothing() LANGUAGE sql AS 'SELECT 1'`)
	mustStop(t, before)
	for _, database := range []string{"registry", "another"} { // one of the superuser, and a new one
		o := Options{Dir: dir, Database: database, Role: "the service"}
		for range 2 {
			s := mustStart(t, o)
			for sql, want := range map[string]string{
				"SELECT current_user": o.Role,
				"SELECT count(*) FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)": "0",
				"SELECT count(*) FROM pg_auth_members WHERE member = quote_ident(current_user)::regrole":                                                      "0",
				"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()":                                                          o.Role,
				"SELECT count(*) FROM pg_database WHERE datallowconn AND datname NOT IN ('registry', 'another') AND has_database_privilege(oid, 'CONNECT')":   "0",
			} {
				if got := query(t, s.URL(), sql); got != want {
					t.Errorf("%s: %s, want %s", sql, got, want)
				}
			}
			conn, err := pgx.Connect(t.Context(), s.URL())
			if err != nil {
				t.Fatal(err)
			}
			_, err = conn.Exec(t.Context(), "COPY (SELECT 1) TO PROGRAM 'true'")
			wantError(t, err, "SQLSTATE 42501")
			_ = conn.Close(t.Context())
			mustStop(t, s)
		}
	}
	s := mustStart(t, Options{Dir: dir, Role: "the service"})
	if got := query(t, s.URL(), "SELECT count(*) FROM kept"); got != "1" {
		t.Errorf("%s rows are kept", got)
	}
	query(t, s.URL(), "ALTER TYPE mood ADD VALUE 'bad'; ALTER TABLE kept ADD more text; DROP VIEW shown; DROP PROCEDURE nothing; DROP TABLE kept; DROP SEQUENCE free; DROP TYPE mood; DROP EXTENSION pg_trgm; CREATE EXTENSION pg_trgm; CREATE SCHEMA own")
}

func TestAKilledServerIsStartedAgainUntilItFailsTooOften(t *testing.T) {
	t.Parallel()
	log, lines := io.Pipe()
	s := mustStart(t, Options{Dir: newCluster(t, false), Role: "registry"})
	s.options.Log = slog.New(slog.NewTextHandler(lines, nil))
	query(t, s.URL(), "CREATE TABLE kept AS SELECT 1 AS n")
	restarted := make(chan error, 1)
	go func() {
		restarted <- s.Keep(t.Context())
		lines.Close()
	}()
	again := bufio.NewScanner(log)
	for range maxFailures {
		killPID(t, readPidFile(s.layout.data()).pid)
		for again.Scan() && !strings.Contains(again.Text(), "was started again") {
		}
		if got := query(t, s.url, "SELECT n FROM kept"); got != "1" {
			t.Errorf("after a restart: %s", got)
		}
	}
	killPID(t, readPidFile(s.layout.data()).pid)
	for again.Scan() {
	}
	wantError(t, <-restarted, "too often")
}
