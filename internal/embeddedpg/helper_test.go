//go:build linux || darwin

package embeddedpg

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The test binary also serves as the program that owns a server and is killed. This variable holds its Options.
const ownerVariable = "EMBEDDEDPG_TEST_OWNER"

func TestMain(m *testing.M) {
	if options := os.Getenv(ownerVariable); options != "" {
		if err := runOwner(options); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	if madeIn != "" {
		_ = os.RemoveAll(madeIn)
	}
	os.Exit(code)
}

// runOwner starts a server, prints its URL, and stops it when standard input ends.
func runOwner(options string) error {
	var o Options
	if err := json.Unmarshal([]byte(options), &o); err != nil {
		return err
	}
	s, err := Start(context.Background(), o)
	if err != nil {
		return err
	}
	fmt.Println(s.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return s.Stop()
}

// owner is a process that uses a server.
type owner struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr *strings.Builder
}

func startOwner(t *testing.T, o Options) *owner {
	t.Helper()
	options, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	p := &owner{cmd: exec.Command(os.Args[0]), stderr: new(strings.Builder)}
	p.cmd.Env = append(os.Environ(), ownerVariable+"="+string(options))
	p.cmd.Stderr = p.stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout = bufio.NewReader(stdout)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	return p
}

// url waits for the server of the process and returns its URL.
func (p *owner) url(t *testing.T) string {
	t.Helper()
	line, err := p.stdout.ReadString('\n')
	if err != nil {
		_ = p.cmd.Wait()
		t.Fatalf("the owner did not start the server: %v\n%s", err, p.stderr)
	}
	return strings.TrimSpace(line)
}

func (p *owner) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
}

func (p *owner) quit(t *testing.T) {
	t.Helper()
	_ = p.stdin.Close()
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the owner ended with %v\n%s", err, p.stderr)
	}
}

// openDir returns a directory that the server's user can access.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "registry-embeddedpg-")
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// newDir returns a directory for a server. It makes sure that no server runs in it after the test.
func newDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(openDir(t), "pg")
	t.Cleanup(func() {
		if l, err := resolve(dir); err == nil {
			if p := running(l.data()); p != nil {
				_ = p.stop()
			}
		}
	})
	return dir
}

// made returns a directory with a stopped cluster. Tests copy it, because to create one takes longer than most tests.
var made = sync.OnceValues(func() (string, error) {
	parent, err := os.MkdirTemp("", "registry-embeddedpg-")
	if err != nil {
		return "", err
	}
	madeIn = parent
	if err := os.Chmod(parent, 0o711); err != nil {
		return "", err
	}
	dir := filepath.Join(parent, "pg")
	s, err := Start(context.Background(), Options{Dir: dir})
	if err != nil {
		return "", err
	}
	return dir, errors.Join(s.Stop(), os.Remove(s.layout.port())) // otherwise all copies would prefer the same port
})

var madeIn string // removed at the end

// newCluster is newDir with a cluster in it.
func newCluster(t *testing.T, ephemeral bool) string {
	t.Helper()
	dir := newDir(t)
	from, err := made()
	if err == nil {
		err = exec.Command("cp", "-Rp", from, dir).Run()
	}
	if err == nil && ephemeral {
		err = os.WriteFile(layout(dir).ephemeral(), nil, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func mustStart(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustStop(t, s) })
	return s
}

func mustStop(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

// query runs SQL and returns the first column of its first row as text.
func query(t *testing.T, url, sql string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var text string
	for rows.Next() {
		if b := rows.RawValues(); len(b) > 0 {
			text = string(b[0])
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return text
}

// machine returns the server binaries of this machine, or downloaded ones.
func machine(t *testing.T) install {
	t.Helper()
	dir := t.TempDir()
	o, err := Options{Log: slog.New(slog.DiscardHandler), Downloads: filepath.Join(os.TempDir(), "registry-embeddedpg-test")}.withDefaults(dir)
	if err != nil {
		t.Fatal(err)
	}
	i, err := find(t.Context(), o, self, 0)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func writeScript(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not contain %q: %v", part, err)
		}
	}
}
