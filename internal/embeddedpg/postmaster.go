//go:build linux || darwin

package embeddedpg

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// postmaster is the main process of a running server.
type postmaster struct {
	pid    int
	port   int
	data   string
	status string // from postmaster.pid: starting, ready, stopping
	// exited is closed when the process has exited; nil if the process is not our child.
	exited chan struct{}
}

// alive reports whether the process is still running.
func (p *postmaster) alive() bool {
	if p.exited != nil {
		select {
		case <-p.exited:
			return false
		default:
			return true
		}
	}
	return hasArgument(p.pid, p.data)
}

// readPidFile reads postmaster.pid, which the server writes when it starts and removes when it stops. It returns nil if
// there is no such file. The process may have exited.
func readPidFile(data string) *postmaster {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return nil
	}
	lines := strings.Split(string(b), "\n")
	p := &postmaster{data: data}
	p.pid, _ = strconv.Atoi(strings.TrimSpace(lines[0]))
	if len(lines) > 3 {
		p.port, _ = strconv.Atoi(strings.TrimSpace(lines[3]))
	}
	if len(lines) > 7 {
		p.status = strings.TrimSpace(lines[7])
	}
	return p
}

// ready reports whether postmaster.pid says that the server accepts connections. This is cheaper than to connect, which
// costs the server a process.
func (p *postmaster) ready() bool {
	now := readPidFile(p.data)
	return now != nil && now.pid == p.pid && now.status == "ready"
}

// running returns the running server of the cluster, or nil.
func running(data string) *postmaster {
	if p := readPidFile(data); p != nil && p.pid > 1 && p.alive() {
		return p
	}
	return nil
}

// spawn starts the server on a free port, preferably the given one.
func spawn(i install, as account, l layout, o Options, preferred int) (*postmaster, error) {
	port, err := freePort(preferred)
	if err != nil {
		return nil, err
	}
	cmd := as.command(context.Background(), i.program("postgres"), arguments(o, l.data(), port)...)
	if stale := readPidFile(l.data()); stale != nil {
		// The server that wrote the file has exited, but its process id may belong to a zombie or to another program, and
		// then PostgreSQL would refuse to start. It ignores the id in this variable, which pg_ctl also sets, and still
		// checks the shared memory for processes of the old server.
		cmd.Env = append(cmd.Env, "PG_GRANDPARENT_PID="+strconv.Itoa(stale.pid))
	}
	log, err := os.OpenFile(l.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open server log: %w", err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	p := &postmaster{pid: cmd.Process.Pid, port: port, data: l.data(), exited: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // the reason is in the server's log
		close(p.exited)
	}()
	return p, nil
}

// arguments returns the command-line arguments of the server. Later settings override earlier ones.
func arguments(o Options, data string, port int) []string {
	settings := []string{
		"listen_addresses=127.0.0.1",
		"unix_socket_directories=", // unlike a port, a socket path has a length limit and permissions
		"shared_buffers=128MB",
		"max_connections=100",
		"timezone=UTC",
		"log_timezone=UTC",
		"log_line_prefix=%m [%p] %d ",
		"logging_collector=off",
		"jit=off", // compilation costs more than the small queries of development
	}
	if o.Ephemeral {
		settings = append(settings, "fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off",
			"max_connections=300", "wal_level=minimal", "max_wal_senders=0", "max_wal_size=256MB", "log_checkpoints=off",
			"dynamic_shared_memory_type=mmap") // the segments are files in the data directory, so those left by a crash are deleted with it
	}
	for _, name := range slices.Sorted(maps.Keys(o.Settings)) {
		settings = append(settings, name+"="+o.Settings[name])
	}
	args := []string{"-D", data, "-p", strconv.Itoa(port)}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

func freePort(preferred int) (int, error) {
	l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(preferred)))
	if err != nil {
		l, err = net.Listen("tcp4", "127.0.0.1:0")
	}
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

const (
	fastShutdown      = 60 * time.Second
	immediateShutdown = 10 * time.Second
)

// stop shuts the server down: it disconnects the clients, writes a checkpoint and exits, so that the next start needs no
// recovery. If that takes more than a minute, the server is stopped without a checkpoint.
func (p *postmaster) stop() error {
	for _, step := range []struct {
		signal  syscall.Signal
		timeout time.Duration
	}{{syscall.SIGINT, fastShutdown}, {syscall.SIGQUIT, immediateShutdown}} {
		if !p.alive() {
			return nil
		}
		if err := syscall.Kill(p.pid, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop postgres, process %d: %w", p.pid, err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), step.timeout)
		err := poll(ctx, 5*time.Millisecond, func() (bool, error) { return !p.alive(), nil })
		cancel()
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("stop postgres: process %d is still running", p.pid)
}
