package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"roundtables.kz/registry/internal/dbtest"
)

// binary builds the program under test in a place where any user can run it.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "registry-binary-")
	if err != nil {
		return "", err
	}
	built = dir
	file := filepath.Join(dir, "registry")
	out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", file, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return file, os.Chmod(dir, 0o755)
})

var built string // removed at the end

type suite struct{ m *testing.M }

func (s suite) Run() int {
	code := s.m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	return code
}

func TestMain(m *testing.M) { dbtest.Main(suite{m}) }

// patience limits every wait of these tests. They end long before, unless something is broken.
const patience = time.Minute

// program is a run of the binary.
type program struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdout *output
	stderr *output
	ended  chan struct{}
	code   int
}

// start runs the binary with PATH and the given environment only. as is the name of the user to run it as; "" is the user
// that runs the tests.
func start(t *testing.T, as string, environ []string, args ...string) *program {
	t.Helper()
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, cmd: exec.Command(file, args...), stdout: newOutput(), stderr: newOutput(), ended: make(chan struct{})}
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, environ...)
	p.cmd.Dir = "/"
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	if as != "" {
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential(t, as)}
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		p.code = p.cmd.ProcessState.ExitCode()
		p.stdout.close()
		p.stderr.close()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.ended:
		case <-time.After(patience):
			_ = p.cmd.Process.Kill()
		}
	})
	return p
}

func credential(t *testing.T, name string) *syscall.Credential {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (p *program) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// wantExit waits for the end of the program, compares the exit code, and checks that stderr contains the texts.
func (p *program) wantExit(code int, texts ...string) {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("did not end; its stderr:\n%s", p.stderr)
	}
	if p.code != code {
		p.t.Errorf("exit code %d, want %d; its output:\n%s%s", p.code, code, p.stdout, p.stderr)
	}
	for _, text := range texts {
		if !strings.Contains(p.stderr.String(), text) {
			p.t.Errorf("%q is missing in\n%s", text, p.stderr)
		}
	}
}

// url waits until the program serves and returns its URL.
func (p *program) url() string {
	p.t.Helper()
	var line struct{ Address string }
	if err := json.Unmarshal([]byte(p.stderr.line(p.t, `"msg":"serving"`)), &line); err != nil {
		p.t.Fatal(err)
	}
	return "http://" + line.Address
}

var shownKey = regexp.MustCompile(`Operator's key +(\S+)`)

// key returns the operator's key that dev printed.
func (p *program) key() string {
	p.t.Helper()
	m := shownKey.FindStringSubmatch(p.stdout.line(p.t, "Operator's key"))
	if m == nil {
		p.t.Fatal("no key was printed")
	}
	return m[1]
}

// ask makes a request and returns the status and the body of the response.
func ask(t *testing.T, method, url, key, body string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// wantStatus makes a request and compares the status.
func wantStatus(t *testing.T, status int, method, url, key, body string) string {
	t.Helper()
	got, text := ask(t, method, url, key, body)
	if got != status {
		t.Errorf("%s %s: %d, want %d: %s", method, url, got, status, text)
	}
	return text
}

// output collects the output of a program and lets tests wait for a line.
type output struct {
	mu    sync.Mutex
	more  *sync.Cond
	text  strings.Builder
	ended bool
}

func newOutput() *output {
	o := &output{}
	o.more = sync.NewCond(&o.mu)
	return o
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.more.Broadcast()
	return o.text.Write(b)
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	o.more.Broadcast()
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// line waits for a complete line that contains the text.
func (o *output) line(t *testing.T, text string) string {
	t.Helper()
	late := false
	timer := time.AfterFunc(patience, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		late = true
		o.more.Broadcast()
	})
	defer timer.Stop()
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		lines := bufio.NewScanner(strings.NewReader(o.text.String()))
		for lines.Scan() {
			if strings.Contains(lines.Text(), text) {
				return lines.Text()
			}
		}
		if o.ended || late {
			t.Fatalf("no line contains %s in\n%s", text, o.text.String())
		}
		o.more.Wait()
	}
}

// dataDir returns a data directory for dev that the user can access.
func dataDir(t *testing.T, as string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "registry-data-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	if as != "" {
		c := credential(t, as)
		if err := os.Chown(dir, int(c.Uid), int(c.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
