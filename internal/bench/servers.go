package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// server is a process that serves requests at an address.
type server struct {
	address string
	pid     int
	started time.Duration // time from the start of the process to the first response
	log     string
	ended   chan struct{}
}

// buildService builds the service like `make build` and returns the path of the binary.
func buildService(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "registry")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "roundtables.kz/registry/cmd/registry")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the service: %w: %s", err, out)
	}
	return binary, nil
}

// startService starts the service with a migrated database and the given settings, and waits until it is ready.
func startService(ctx context.Context, binary, dir, databaseURL string, settings ...string) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, binary, "serve")
	cmd.Env = append(environment(), "DATABASE_URL="+databaseURL, "ADDR="+address, "RATE_LIMIT_ANONYMOUS=0", "RATE_LIMIT_KEYS=0")
	cmd.Env = append(cmd.Env, settings...)
	return start(ctx, cmd, address, filepath.Join(dir, strings.Join(append([]string{"service"}, settings...), "-")+".log"))
}

// startBare starts the bare handler: this program with the argument bare.
func startBare(ctx context.Context, dir, databaseURL string) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "bare", databaseURL, address)
	cmd.Env = environment()
	return start(ctx, cmd, address, filepath.Join(dir, "bare.log"))
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// environment returns the environment of all servers. It contains nothing that affects their speed.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
}

// start runs the command and waits until /readyz returns 200. The output goes to a file, as in production, so that its cost
// is included.
func start(ctx context.Context, cmd *exec.Cmd, address, logPath string) (*server, error) {
	log, err := os.Create(logPath)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{address: address, pid: cmd.Process.Pid, log: logPath, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // the reason is in its log
		close(s.ended)
	}()
	if err := s.await(ctx, began.Add(30*time.Second)); err != nil {
		s.stop()
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	s.started = time.Since(began)
	return s, nil
}

func (s *server) await(ctx context.Context, until time.Time) error {
	for {
		response, err := http.Get("http://" + s.address + "/readyz")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.New(response.Status)
		}
		select {
		case <-s.ended:
			return fmt.Errorf("it exited during startup; see %s", s.log)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
		if time.Now().After(until) {
			return fmt.Errorf("it is not ready; see %s: %w", s.log, err)
		}
	}
}

// stop stops the process and waits until it has exited.
func (s *server) stop() {
	if p, err := os.FindProcess(s.pid); err == nil {
		_ = p.Signal(syscall.SIGTERM)
	}
	<-s.ended
}

// truncateLog empties the log, which grows by a line per request.
func (s *server) truncateLog() { _ = os.Truncate(s.log, 0) }
