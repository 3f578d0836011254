package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/embeddedpg"
	"roundtables.kz/registry/migrations"
)

const topic = `{"label": {"en": "Kept"}}`

func wantKept(t *testing.T, url string, times int) {
	t.Helper()
	if text := wantStatus(t, 200, "GET", url+"/v1/topics", "", ""); strings.Count(text, `"Kept`) != times {
		t.Errorf("%d topics exist, want %d: %s", strings.Count(text, `"Kept`), times, text)
	}
}

// accounts returns the users to run dev as: the user that runs the tests and, if that is root, an ordinary user.
func accounts() []string {
	if os.Geteuid() == 0 {
		return []string{"", "nobody"}
	}
	return []string{""}
}

func TestTheSecondStartKeepsTheData(t *testing.T) {
	t.Parallel()
	for _, as := range accounts() {
		dir := dataDir(t, as)
		environ := []string{"DATA_DIR=" + dir, "ADDR=127.0.0.1:0"}
		p := start(t, as, environ, "dev")
		url, key := p.url(), p.key()
		if !strings.HasPrefix(p.stdout.line(t, "Swagger UI"), "  Swagger UI       "+url+"/docs/") {
			t.Errorf("%s is not printed: %s", url, p.stdout)
		}
		if !strings.HasSuffix(strings.TrimRight(p.stdout.line(t, "Pages"), "\n"), " "+url+"/") {
			t.Errorf("the pages are not printed: %s", p.stdout)
		}
		if page := wantStatus(t, 200, "GET", url+"/en/", "", ""); !strings.Contains(page, `<html lang="en">`) {
			t.Errorf("the first page is not HTML: %.300s", page)
		}
		wantStatus(t, 200, "GET", url+"/readyz", "", "")
		wantStatus(t, 200, "GET", url+"/docs/", "", "")
		wantStatus(t, 201, "POST", url+"/v1/topics", key, topic)
		if text := wantStatus(t, 200, "GET", url+"/v1/round-tables?starts_from=2020-02-27&starts_to=2020-02-28&count=exact", "", ""); !strings.Contains(text, `"total":1`) {
			t.Errorf("the sample is missing: %s", text)
		}
		if info, err := os.Stat(filepath.Join(dir, "operator-key")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the key's file: %v, %v", info, err)
		}
		if strings.Contains(p.stderr.String(), key) {
			t.Error("the key is in the log")
		}
		p.signal(os.Interrupt)
		p.wantExit(0, `"msg":"stopped"`)
		if _, err := os.Stat(filepath.Join(dir, "postgres", "data", "postmaster.pid")); !os.IsNotExist(err) {
			t.Errorf("PostgreSQL is still running after the service: %v", err)
		}

		p = start(t, as, environ, "dev")
		if p.key() != key {
			t.Error("the second start generated another key")
		}
		wantKept(t, p.url(), 1)
		p.signal(syscall.SIGTERM)
		p.wantExit(0)
	}
}

// postmasterOf returns the process id of the database of a service with this DATA_DIR.
func postmasterOf(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "postgres", "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// killDatabase kills the database of a service with this DATA_DIR. It leaves a stale lock file for the next start.
func killDatabase(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Kill(postmasterOf(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func TestAKilledServiceAndAKilledDatabaseCanStartAgain(t *testing.T) {
	t.Parallel()
	dir := dataDir(t, "")
	environ := []string{"DATA_DIR=" + dir, "ADDR=127.0.0.1:0"}
	for n, database := range []bool{false, true} {
		p := start(t, "", environ, "dev")
		url := p.url()
		wantKept(t, url, n)
		wantStatus(t, 201, "POST", url+"/v1/topics", p.key(), strings.Replace(topic, "Kept", "Kept "+strconv.Itoa(n), 1))
		p.signal(syscall.SIGKILL)
		p.wantExit(-1)
		if database {
			killDatabase(t, dir)
		}
	}
	p := start(t, "", environ, "dev")
	wantKept(t, p.url(), 2)
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
}

func TestDevUsesTheDatabaseAndTheKeyFromTheSettings(t *testing.T) {
	t.Parallel()
	dir := dataDir(t, "")
	const mine = "operator-key-of-my-own"
	environ := []string{"DATA_DIR=" + dir, "ADDR=127.0.0.1:0", "DATABASE_URL=" + dbtest.Empty(t), "OPERATOR_KEY=" + mine, "APP_ENV=production"}
	p := start(t, "", environ, "dev")
	wantStatus(t, 201, "POST", p.url()+"/v1/topics", mine, topic)
	wantStatus(t, 200, "GET", p.url()+"/v1/api-keys", mine, "")
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 0 {
		t.Errorf("DATA_DIR holds %v, %v", entries, err)
	}
	environ[3] = "OPERATOR_KEY=another-key-of-my-own"
	p = start(t, "", environ, "dev")
	wantStatus(t, 401, "GET", p.url()+"/v1/api-keys", mine, "")
	wantStatus(t, 200, "GET", p.url()+"/v1/api-keys", "another-key-of-my-own", "")
}

func TestThereIsNoEmbeddedDatabaseInProduction(t *testing.T) {
	t.Parallel()
	dir := dataDir(t, "")
	start(t, "", []string{"DATA_DIR=" + dir, "APP_ENV=production"}, "dev").wantExit(2, "APP_ENV", "DATABASE_URL")
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("DATA_DIR holds %v, %v", entries, err)
	}
}

func TestASecondServiceOnTheSameDirectoryIsRejected(t *testing.T) {
	t.Parallel()
	environ := []string{"DATA_DIR=" + dataDir(t, ""), "ADDR=127.0.0.1:0"}
	p := start(t, "", environ, "dev")
	url := p.url()
	start(t, "", environ, "dev").wantExit(1, "in use by process "+strconv.Itoa(p.cmd.Process.Pid))
	wantStatus(t, 200, "GET", url+"/readyz", "", "")
}

func TestAKilledDatabaseIsStartedAgain(t *testing.T) {
	t.Parallel()
	dir := dataDir(t, "")
	p := start(t, "", []string{"DATA_DIR=" + dir, "ADDR=127.0.0.1:0"}, "dev")
	url := p.url()
	wantStatus(t, 201, "POST", url+"/v1/topics", p.key(), topic)
	killDatabase(t, dir)
	p.stderr.line(t, "the database server was started again")
	wantKept(t, url, 1)
	wantStatus(t, 201, "POST", url+"/v1/topics", p.key(), strings.Replace(topic, "Kept", "Kept again", 1))
	if err := os.Rename(filepath.Join(dir, "postgres", "data", "global"), filepath.Join(dir, "global")); err != nil {
		t.Fatal(err)
	}
	killDatabase(t, dir)
	p.wantExit(1, "the database server does not start", "start the database server again")
}

func TestADatabaseOfTheSuperuserIsGivenToTheRoleOfTheService(t *testing.T) {
	t.Parallel()
	dir := dataDir(t, "")
	o := embeddedpg.Options{Dir: filepath.Join(dir, "postgres")}
	before, err := embeddedpg.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(migrations.Up(t.Context(), before.URL()), before.Stop()); err != nil {
		t.Fatal(err)
	}
	p := start(t, "", []string{"DATA_DIR=" + dir, "ADDR=127.0.0.1:0"}, "dev")
	wantStatus(t, 201, "POST", p.url()+"/v1/topics", p.key(), topic)
	wantKept(t, p.url(), 1)
	p.signal(syscall.SIGTERM)
	p.wantExit(0)

	o.Role = "registry"
	after, err := embeddedpg.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := after.Stop(); err != nil {
			t.Error(err)
		}
	}()
	r, err := migrations.New(migrations.FS, after.URL(), migrations.Options{})
	if err == nil {
		_, err = r.Down(t.Context(), migrations.Latest())
	}
	if err == nil {
		_, err = r.Up(t.Context())
	}
	if err != nil {
		t.Errorf("the role cannot migrate down and up: %v", err)
	}
}
