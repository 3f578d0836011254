//go:build linux || darwin

package embeddedpg

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestTheFirstStartCreatesTheDatabaseAndTheSecondKeepsItsData(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	first := mustStart(t, Options{Dir: dir, Database: "round tables"})
	query(t, first.URL(), "CREATE TABLE kept AS SELECT 'yes' AS answer")
	mustStop(t, first)
	if running(first.layout.data()) != nil {
		t.Fatal("the server is running after Stop")
	}

	second := mustStart(t, Options{Dir: dir, Database: "round tables"})
	if got := query(t, second.URL(), "SELECT answer FROM kept"); got != "yes" {
		t.Errorf("the second start found %q", got)
	}
	if first.URL() != second.URL() {
		t.Errorf("the URL changed from %s to %s", first.URL(), second.URL())
	}
	if got := query(t, second.URL(), "SHOW server_version"); got != second.Version() {
		t.Errorf("Version is %q, the server reports %q", second.Version(), got)
	}
}

func TestADurableServerHasTheSettingsOfDevelopment(t *testing.T) {
	t.Parallel()
	s := mustStart(t, Options{Dir: newDir(t), Settings: map[string]string{"work_mem": "7MB", "max_connections": "33"}})
	for sql, want := range map[string]string{
		"SHOW fsync":                   "on",
		"SHOW synchronous_commit":      "on",
		"SHOW full_page_writes":        "on",
		"SHOW shared_buffers":          "128MB",
		"SHOW listen_addresses":        "127.0.0.1",
		"SHOW unix_socket_directories": "",
		"SHOW timezone":                "UTC",
		"SHOW password_encryption":     "scram-sha-256",
		"SHOW server_encoding":         "UTF8",
		"SHOW work_mem":                "7MB",
		"SHOW max_connections":         "33",
		"SELECT lower('ТОҚАЕВ')":       "тоқаев",
		"SELECT 'B' < 'a'":             "t",
		"SELECT current_database()":    "registry",
	} {
		if got := query(t, s.URL(), sql); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
	info, err := os.Stat(s.layout.password())
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("the password file has mode %o", mode)
	}
	if group, _ := syscall.Getpgid(s.main.pid); group == syscall.Getpgrp() {
		t.Error("the server is in our process group, so Ctrl-C would reach it")
	}
}

func TestASecondOwnerIsRejected(t *testing.T) {
	t.Parallel()
	dir := newCluster(t, false)
	first := mustStart(t, Options{Dir: dir})
	_, err := Start(t.Context(), Options{Dir: dir})
	wantError(t, err, dir, "in use by process "+strconv.Itoa(os.Getpid()))
	if got := query(t, first.URL(), "SELECT 1"); got != "1" {
		t.Error("the first owner lost its server")
	}
	mustStop(t, first)
	mustStart(t, Options{Dir: dir})
}

func TestAKilledServerRecoversWithItsCommittedData(t *testing.T) {
	t.Parallel()
	dir := newCluster(t, false)
	s := mustStart(t, Options{Dir: dir})
	query(t, s.URL(), "CREATE TABLE kept AS SELECT 1 AS n")
	killMain(t, s)
	mustStop(t, s)

	again := mustStart(t, Options{Dir: dir})
	if got := query(t, again.URL(), "SELECT n FROM kept"); got != "1" {
		t.Errorf("after recovery: %q", got)
	}
}

// The process id of a dead server may belong to a zombie or to another program.
func TestAStaleProcessIDDoesNotStopTheStart(t *testing.T) {
	t.Parallel()
	zombie := exec.Command("/bin/sh", "-c", ":")
	zombieOut, err := zombie.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := zombie.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = zombie.Wait() })
	if _, err := zombieOut.Read(make([]byte, 1)); err == nil { // returns when the process has exited and is not yet waited for
		t.Fatal("the zombie wrote output")
	}
	other := exec.Command("/bin/cat")
	if _, err := other.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })

	dir := newCluster(t, false)
	for name, pid := range map[string]int{"zombie": zombie.Process.Pid, "another program": other.Process.Pid, "ourselves": os.Getpid(), "nobody": 1<<22 - 1} {
		s := mustStart(t, Options{Dir: dir})
		query(t, s.URL(), "CREATE TABLE IF NOT EXISTS kept (n int); INSERT INTO kept VALUES (1)")
		killMain(t, s)
		mustStop(t, s)
		file := filepath.Join(s.layout.data(), "postmaster.pid")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), "\n")
		if err := os.WriteFile(file, []byte(strconv.Itoa(pid)+"\n"+rest), 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := Start(t.Context(), Options{Dir: dir})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		mustStop(t, again)
	}
}

func TestAServerThatOutlivedItsOwnerIsAdopted(t *testing.T) {
	t.Parallel()
	dir := newCluster(t, false)
	p := startOwner(t, Options{Dir: dir})
	url := p.url(t)
	query(t, url, "CREATE TABLE kept AS SELECT 1 AS n")
	p.kill(t)
	l, err := resolve(dir)
	if err != nil {
		t.Fatal(err)
	}
	orphan := running(l.data())
	if orphan == nil {
		t.Fatal("the server died with its owner")
	}

	s := mustStart(t, Options{Dir: dir})
	if s.main.pid != orphan.pid || s.URL() != url {
		t.Errorf("process %d at %s was not adopted; the server is process %d at %s", orphan.pid, url, s.main.pid, s.URL())
	}
	if got := query(t, s.URL(), "SELECT n FROM kept"); got != "1" {
		t.Errorf("the adopted server answers %q", got)
	}
	if s.Version() == "" {
		t.Error("the version of the adopted server is unknown")
	}
	mustStop(t, s)
	if running(l.data()) != nil {
		t.Error("the adopted server runs after Stop")
	}
}

func TestAClusterOfAnotherMajorVersionIsRejectedAndUnchanged(t *testing.T) {
	t.Parallel()
	dir := newCluster(t, false)
	s := mustStart(t, Options{Dir: dir})
	query(t, s.URL(), "CREATE TABLE kept AS SELECT 1 AS n")
	mustStop(t, s)
	file := filepath.Join(s.layout.data(), "PG_VERSION")
	version, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("11\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Start(t.Context(), Options{Dir: dir})
	wantError(t, err, dir, "PostgreSQL 11", "nothing was changed", strings.TrimSpace(string(version)))
	if !errors.Is(err, errMajor) {
		t.Errorf("not the error of the major version: %v", err)
	}
	if err := os.WriteFile(file, version, 0o600); err != nil {
		t.Fatal(err)
	}
	again := mustStart(t, Options{Dir: dir})
	if got := query(t, again.URL(), "SELECT n FROM kept"); got != "1" {
		t.Errorf("the data is gone: %q", got)
	}
}

func TestAKilledInitdbLeavesNoIncompleteCluster(t *testing.T) {
	t.Parallel()
	real := machine(t)
	dir, bin := newDir(t), filepath.Join(openDir(t), "bin")
	began, end := filepath.Join(filepath.Dir(bin), "began"), filepath.Join(filepath.Dir(bin), "end")
	for _, fifo := range []string{began, end} {
		if err := errors.Join(syscall.Mkfifo(fifo, 0o600), os.Chmod(fifo, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	writeScript(t, filepath.Join(bin, "postgres"), `exec `+real.program("postgres")+` "$@"`)
	writeScript(t, filepath.Join(bin, "initdb"), `echo `+strconv.Itoa(real.major)+` > "$2/PG_VERSION"; mkdir "$2/base"; echo > `+began+`; read x < `+end)
	p := startOwner(t, Options{Dir: dir, Bin: bin})
	if _, err := os.ReadFile(began); err != nil { // returns when initdb has written part of a cluster
		t.Fatal(err)
	}
	p.kill(t)
	if err := os.WriteFile(end, nil, 0); err != nil {
		t.Fatal(err)
	}
	if leftovers, _ := filepath.Glob(filepath.Join(dir, "init-*")); len(leftovers) != 1 {
		t.Fatalf("the killed initdb left %v", leftovers)
	}

	s := mustStart(t, Options{Dir: dir})
	if got := query(t, s.URL(), "SELECT 1"); got != "1" {
		t.Errorf("got %q", got)
	}
	if leftovers, _ := filepath.Glob(filepath.Join(dir, "init-*")); len(leftovers) != 0 {
		t.Errorf("the start left %v", leftovers)
	}
}

func TestADirectoryThatIsNoClusterIsUnchanged(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	precious := filepath.Join(dir, "data", "precious")
	if err := os.MkdirAll(precious, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Dir: dir})
	wantError(t, err, "is not a PostgreSQL cluster")
	if _, err := os.Stat(precious); err != nil {
		t.Error(err)
	}
}

func TestTheErrorOfAFailedStartContainsTheLog(t *testing.T) {
	t.Parallel()
	dir := newCluster(t, false)
	_, err := Start(t.Context(), Options{Dir: dir, Settings: map[string]string{"no_such_setting": "1"}})
	wantError(t, err, dir, "no_such_setting")
	mustStart(t, Options{Dir: dir})
}

func TestACancelledStartLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	dir := newCluster(t, false)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, Options{Dir: dir}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if running(filepath.Join(dir, "data")) != nil {
		t.Error("a server is running")
	}
	mustStart(t, Options{Dir: dir})
}

func TestAnEphemeralServerIsReplacedAfterACrash(t *testing.T) {
	t.Parallel()
	dir := newCluster(t, true)
	o := Options{Dir: dir, Ephemeral: true}
	s := mustStart(t, o)
	if got := query(t, s.URL(), "SHOW fsync"); got != "off" {
		t.Errorf("fsync is %s", got)
	}
	query(t, s.URL(), "CREATE TABLE kept AS SELECT 1 AS n")
	mustStop(t, s)

	s = mustStart(t, o)
	if got := query(t, s.URL(), "SELECT n FROM kept"); got != "1" {
		t.Errorf("after a clean stop: %q", got)
	}
	killMain(t, s)
	mustStop(t, s)

	s = mustStart(t, o)
	if got := query(t, s.URL(), "SELECT count(*) FROM pg_class WHERE relname = 'kept'"); got != "0" {
		t.Error("a cluster that was never flushed is used after a crash")
	}
	mustStop(t, s)
	if err := os.WriteFile(filepath.Join(s.layout.data(), "PG_VERSION"), []byte("11\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustStart(t, o)
}

func TestADirectoryCannotChangeBetweenEphemeralAndDurable(t *testing.T) {
	t.Parallel()
	lasting, temporary := newDir(t), newDir(t)
	mustStop(t, mustStart(t, Options{Dir: lasting}))
	mustStop(t, mustStart(t, Options{Dir: temporary, Ephemeral: true}))
	_, err := Start(t.Context(), Options{Dir: lasting, Ephemeral: true})
	wantError(t, err, lasting, "durable database")
	_, err = Start(t.Context(), Options{Dir: temporary})
	wantError(t, err, temporary, "test database")
	mustStart(t, Options{Dir: lasting})
}

// killMain kills the server's main process, as the kernel does when memory runs out.
func killMain(t *testing.T, s *Server) {
	t.Helper()
	killPID(t, s.main.pid)
	if s.main.exited != nil {
		<-s.main.exited
	}
}

func killPID(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}
