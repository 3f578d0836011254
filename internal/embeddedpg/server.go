//go:build linux || darwin

package embeddedpg

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// startTimeout is how long a server may take to answer. Recovery after a crash replays the write-ahead log.
const startTimeout = 2 * time.Minute

// maxLogSize is the size from which a start renames the server's log and begins a new one.
const maxLogSize = 10 << 20

// Server is a running embedded PostgreSQL server, in use by this process until Stop.
type Server struct {
	layout   layout
	shared   bool
	options  Options
	password string // of the role
	lock     *lockFile
	users    *lockFile
	main     *postmaster
	port     int // of the first start, which later ones must use
	url      string
	version  string
	stop     func() error
}

// Start starts the server of o.Dir and returns when its database answers. It creates the cluster on the first call, adopts
// a server that outlived its owner, and recovers one that was killed. It deletes data only if the server is ephemeral.
// It returns an error if another process owns the directory or no binaries fit, and the end of the server's log if the
// server does not start. ctx limits the start, not the lifetime of the server.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Dir == "" {
		return nil, errors.New("start embedded database: no directory given")
	}
	s, err := start(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("start embedded database in %s: %w", o.Dir, err)
	}
	return s, nil
}

func start(ctx context.Context, o Options) (*Server, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout+downloadTimeout, errors.New("timed out"))
	defer cancel()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := place(o.Dir, o.Log); err != nil {
		return nil, err
	}
	l, err := resolve(o.Dir)
	if err != nil {
		return nil, err
	}
	if o, err = o.withDefaults(string(l)); err != nil {
		return nil, err
	}
	s := &Server{layout: l, shared: o.Shared, options: o, password: rand.Text()}
	s.stop = sync.OnceValue(s.release)
	if err := s.acquire(ctx); err != nil {
		s.closeLocks()
		return nil, err
	}
	if err := s.startServer(ctx, o); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.port = s.main.port
	if s.shared {
		if err := s.lock.unlock(); err != nil {
			return nil, errors.Join(err, s.stop())
		}
	}
	return s, nil
}

// withDefaults sets the defaults and makes paths absolute, because the server runs in another working directory.
func (o Options) withDefaults(dir string) (Options, error) {
	o.Dir = dir
	o.Database = cmp.Or(o.Database, "registry")
	o.Downloads = cmp.Or(o.Downloads, dir)
	for _, path := range []*string{&o.Downloads, &o.Bin} {
		if *path == "" {
			continue
		}
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return o, err
		}
		*path = absolute
	}
	if o.search == nil {
		o.search = installed
	}
	if o.build == (build{}) {
		o.build = builds[runtime.GOOS+"/"+runtime.GOARCH]
	}
	return o, nil
}

// acquire takes the lock for starting the server, and for a shared server also registers this process as a user. It
// registers while it holds the lock, so that a process that stops cannot shut the server down in between.
func (s *Server) acquire(ctx context.Context) (err error) {
	if s.lock, err = openLock(s.layout.lock()); err != nil {
		return err
	}
	if s.users, err = openLock(s.layout.users()); err != nil {
		return err
	}
	if s.shared {
		if err := s.lock.wait(ctx, syscall.LOCK_EX); err != nil {
			return fmt.Errorf("wait for %s, which owns or starts the server: %w", s.lock.holder(), err)
		}
		s.lock.writePID()
		if err := s.users.wait(ctx, syscall.LOCK_SH); err != nil {
			return fmt.Errorf("wait for the process that stops the server: %w", err)
		}
		return nil
	}
	for _, l := range []*lockFile{s.lock, s.users} {
		ok, err := l.try(syscall.LOCK_EX)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("the directory is in use by %s", s.lock.holder())
		}
	}
	s.lock.writePID()
	return nil
}

// startServer adopts the running server, or creates the cluster if necessary and starts one. The caller holds the lock.
func (s *Server) startServer(ctx context.Context, o Options) error {
	data := s.layout.data()
	if err := s.layout.checkLifetime(o.Ephemeral); err != nil {
		return err
	}
	if s.main = running(data); s.main != nil {
		if !o.Shared {
			o.Log.Info("adopting the database server of an earlier run", "pid", s.main.pid)
		}
		return s.await(ctx, o, s.main)
	}
	if o.Ephemeral && readPidFile(data) != nil { // not shut down cleanly, and never flushed
		if err := os.RemoveAll(data); err != nil {
			return err
		}
	}
	err := s.startOn(ctx, o)
	if err != nil && o.Ephemeral && ctx.Err() == nil {
		o.Log.Warn("the test database does not start; creating a new one", "error", err)
		if err := os.RemoveAll(data); err != nil {
			return err
		}
		err = s.startOn(ctx, o)
	}
	return err
}

// startOn starts a server on the cluster, and creates the cluster first if there is none.
func (s *Server) startOn(ctx context.Context, o Options) error {
	data := s.layout.data()
	major, err := clusterMajor(data)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(data); major == 0 && err == nil {
		return fmt.Errorf("%s exists and is not a PostgreSQL cluster", data)
	}
	as, err := chooseAccount(data, o.Dir, cmp.Or(o.Bin, o.Dir))
	if err != nil {
		return err
	}
	if as != self && !as.reaches(o.Downloads) { // the cache of root
		o.Downloads = o.Dir
	}
	i, err := find(ctx, o, as, major)
	if err != nil {
		return err
	}
	if major == 0 {
		o.Log.Info("creating the embedded database", "directory", o.Dir, "postgres", i.version)
		if err := s.layout.initialize(ctx, i, as, o.Ephemeral); err != nil {
			return err
		}
	}
	if info, err := os.Stat(s.layout.log()); err == nil && info.Size() > maxLogSize {
		if err := os.Rename(s.layout.log(), s.layout.log()+".1"); err != nil {
			return fmt.Errorf("rotate server log: %w", err)
		}
	}
	if as != self && s.main == nil {
		o.Log.Info("the database server runs as an unprivileged user", "uid", as.uid)
	}
	text, _ := os.ReadFile(s.layout.port())
	port, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return s.spawnWithRetry(ctx, o, i, as, cmp.Or(s.port, port))
}

// transient lists the reasons of a failed start that go away: another process took the port, processes of a killed server
// still hold its shared memory, or the killed owner had just started a server.
var transient = []string{"could not create any TCP/IP sockets", "pre-existing shared memory block", `lock file "postmaster.pid" already exists`}

func (s *Server) spawnWithRetry(ctx context.Context, o Options, i install, as account, port int) error {
	deadline := time.Now().Add(20 * time.Second)
	return poll(ctx, 100*time.Millisecond, func() (bool, error) {
		before := s.logSize()
		var err error
		if s.main = running(s.layout.data()); s.main == nil {
			if s.main, err = spawn(i, as, s.layout, o, port); err != nil {
				return false, err
			}
		}
		if err = s.await(ctx, o, s.main); err == nil {
			return true, os.WriteFile(s.layout.port(), []byte(strconv.Itoa(s.main.port)+"\n"), 0o600)
		}
		port = s.port
		output := s.logSince(before)
		inLog := func(reason string) bool { return strings.Contains(output, reason) }
		if errors.Is(err, errExited) && time.Now().Before(deadline) && slices.ContainsFunc(transient, inLog) {
			return false, nil
		}
		return false, fmt.Errorf("%w; its log: %s", err, output)
	})
}

var errExited = errors.New("postgres exited during startup")

// await returns when the server answers and its database exists. It sets the URL and the version.
func (s *Server) await(ctx context.Context, o Options, p *postmaster) error {
	password, err := os.ReadFile(s.layout.password())
	if err != nil {
		return fmt.Errorf("read the password of the cluster: %w", err)
	}
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, strings.TrimSpace(string(password))),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)),
		Path:     "/" + superuser,
		RawQuery: "sslmode=disable",
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("no answer in %s", startTimeout))
	defer cancel()
	var last error
	err = poll(ctx, 10*time.Millisecond, func() (bool, error) {
		if !p.alive() {
			return false, errExited
		}
		if !p.ready() {
			return false, nil
		}
		conn, err := pgx.Connect(ctx, u.String())
		if err == nil {
			defer conn.Close(ctx)
			s.version = conn.PgConn().ParameterStatus("server_version")
			if err := ensureDatabase(ctx, conn, o.Database); err != nil || o.Role == "" {
				return true, err
			}
			return true, ensureRole(ctx, conn, o, s.password)
		}
		last = err
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && !strings.HasPrefix(pgErr.Code, "57P") { // the server is starting, or has ended
			return false, err
		}
		return false, nil
	})
	if err != nil {
		if ctx.Err() != nil {
			err = errors.Join(err, last)
		}
		return fmt.Errorf("wait for postgres, process %d on port %d: %w", p.pid, p.port, err)
	}
	u.Path = "/" + o.Database
	if o.Role != "" {
		u.User = url.UserPassword(o.Role, s.password)
	}
	s.url = u.String()
	return nil
}

func ensureDatabase(ctx context.Context, conn *pgx.Conn, name string) error {
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil {
		return fmt.Errorf("look for database %s: %w", name, err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// URL returns the connection URL of the database, with the role or the superuser and its password.
func (s *Server) URL() string { return s.url }

// Version returns the version that the server reports, such as "17.10".
func (s *Server) Version() string { return s.version }

// Stop ends this process's use of the server. It shuts the server down, disconnects its clients and returns when the
// server has exited; a shared server is shut down only by its last user. Further calls return the same result.
func (s *Server) Stop() error { return s.stop() }

func (s *Server) release() error {
	defer s.closeLocks()
	if s.shared {
		if err := s.lock.wait(context.Background(), syscall.LOCK_EX); err != nil {
			return err
		}
		if alone, err := s.users.try(syscall.LOCK_EX); err != nil || !alone {
			return err
		}
	}
	if s.main == nil {
		return nil
	}
	return s.main.stop()
}

func (s *Server) closeLocks() {
	s.users.close()
	s.lock.close()
}

func (s *Server) logSize() int64 {
	info, err := os.Stat(s.layout.log())
	if err != nil {
		return 0
	}
	return info.Size()
}

// logSince returns the output of the server since its log had the given size, at most the last 4 KB.
func (s *Server) logSince(size int64) string {
	f, err := os.Open(s.layout.log())
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if _, err := f.Seek(max(size, s.logSize()-4096), io.SeekStart); err != nil {
		return err.Error()
	}
	b, _ := io.ReadAll(f)
	return strings.TrimSpace(string(b))
}
