//go:build linux || darwin

package embeddedpg

import (
	"cmp"
	"context"
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

// startTimeout is how long a server may take until it answers: recovery after a crash has to read the log again.
const startTimeout = 2 * time.Minute

// largestLog is the size at which the server's log is put aside at a start.
const largestLog = 10 << 20

// Server is a running embedded PostgreSQL server, in use by this process until Stop.
type Server struct {
	layout  layout
	shared  bool
	lock    *lockFile
	users   *lockFile
	main    *postmaster
	url     string
	version string
	stop    func() error
}

// Start brings up the server of o.Dir and returns when its database answers. It makes the cluster at the first call,
// adopts a server that outlived its owner, and recovers one that was killed. Data is never removed, except for an
// ephemeral server's. It fails when another process owns the directory, when no binaries fit, and with the end of the
// server's log when the server does not start. The context limits the start only, not the life of the server.
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
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout+downloadTimeout, errors.New("gave up waiting"))
	defer cancel()
	if err := makeDir(o.Dir); err != nil {
		return nil, err
	}
	l, err := locate(o.Dir)
	if err != nil {
		return nil, err
	}
	if o, err = o.withDefaults(string(l)); err != nil {
		return nil, err
	}
	s := &Server{layout: l, shared: o.Shared}
	s.stop = sync.OnceValue(s.leave)
	if err := s.enter(ctx); err != nil {
		s.closeLocks()
		return nil, err
	}
	if err := s.bringUp(ctx, o); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	if s.shared {
		if err := s.lock.unlock(); err != nil {
			return nil, errors.Join(err, s.stop())
		}
	}
	return s, nil
}

// withDefaults fills what is not set and makes paths absolute, since the server's programs run elsewhere.
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
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.search == nil {
		o.search = installed
	}
	if o.build == (build{}) {
		o.build = builds[runtime.GOOS+"/"+runtime.GOARCH]
	}
	return o, nil
}

// enter takes the right to bring up the server, and for a shared one a place among its users. The place is taken while
// the lock is held, so that the last one out cannot stop the server under a newcomer.
func (s *Server) enter(ctx context.Context) (err error) {
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
		s.lock.sign()
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
	s.lock.sign()
	return nil
}

// bringUp makes the cluster if need be, and adopts or starts the server. The lock is held.
func (s *Server) bringUp(ctx context.Context, o Options) error {
	data := s.layout.data()
	if err := s.layout.keep(o.Ephemeral); err != nil {
		return err
	}
	if s.main = running(data); s.main != nil {
		if !o.Shared {
			o.Log.Info("adopting the database server of an earlier run", "pid", s.main.pid)
		}
		return s.await(ctx, o, s.main)
	}
	if o.Ephemeral && recorded(data) != nil { // not shut down cleanly, and never flushed
		if err := os.RemoveAll(data); err != nil {
			return err
		}
	}
	err := s.spawnOn(ctx, o)
	if err != nil && o.Ephemeral && ctx.Err() == nil {
		o.Log.Warn("the test database does not start, making a new one", "error", err)
		if err := os.RemoveAll(data); err != nil {
			return err
		}
		err = s.spawnOn(ctx, o)
	}
	return err
}

// spawnOn starts a server on the cluster, making that first when there is none.
func (s *Server) spawnOn(ctx context.Context, o Options) error {
	data := s.layout.data()
	major, err := clusterMajor(data)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(data); major == 0 && err == nil {
		return fmt.Errorf("%s exists and is not a PostgreSQL cluster", data)
	}
	as, err := chooseAccount(ctx, data, o.Dir, o.Downloads, cmp.Or(o.Bin, o.Dir))
	if err != nil {
		return err
	}
	i, err := find(ctx, o, as, major)
	if err != nil {
		return err
	}
	if major == 0 {
		o.Log.Info("making the embedded database", "directory", o.Dir, "postgres", i.version)
		if err := s.layout.initialize(ctx, i, as, o.Ephemeral); err != nil {
			return err
		}
	}
	if info, err := os.Stat(s.layout.log()); err == nil && info.Size() > largestLog {
		if err := os.Rename(s.layout.log(), s.layout.log()+".1"); err != nil {
			return fmt.Errorf("put server log aside: %w", err)
		}
	}
	text, _ := os.ReadFile(s.layout.port())
	port, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return s.spawnUntil(ctx, o, i, as, port)
}

// passing are the reasons for a failed start that go away: a port that somebody took after we chose it, the last processes
// of a server that was killed, which hold its shared memory until they notice, and a server that the killed owner had
// started just before.
var passing = []string{"could not create any TCP/IP sockets", "pre-existing shared memory block", `lock file "postmaster.pid" already exists`}

func (s *Server) spawnUntil(ctx context.Context, o Options, i install, as account, port int) error {
	patience := time.Now().Add(20 * time.Second)
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
		port = 0
		said := s.logSince(before)
		isPassing := func(reason string) bool { return strings.Contains(said, reason) }
		if errors.Is(err, errExited) && time.Now().Before(patience) && slices.ContainsFunc(passing, isPassing) {
			return false, nil
		}
		return false, fmt.Errorf("%w; its log says: %s", err, said)
	})
}

var errExited = errors.New("postgres exited at once")

// await returns when the server answers, its database exists, and URL and Version are known.
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
			return true, ensureDatabase(ctx, conn, o.Database)
		}
		last = err
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Code != "57P03" { // cannot_connect_now: it is starting
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

// URL returns the connection string of the database, with the superuser and the password.
func (s *Server) URL() string { return s.url }

// Version returns the version of the server as it names it itself, such as "17.10".
func (s *Server) Version() string { return s.version }

// Stop ends this process's use of the server. The owner's Stop shuts the server down, disconnecting its clients, and
// returns when it is gone; a shared server is shut down by the last one out. Further calls return the same.
func (s *Server) Stop() error { return s.stop() }

func (s *Server) leave() error {
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

// logSince returns what the server has printed since its log had that size, at most the last 4 KB.
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

// Reap waits until no process uses the shared server in dir, however they ended, and for as long as linger after that,
// then stops the server. A process that runs it guards against users that die without Stop.
func Reap(ctx context.Context, dir string, linger time.Duration) error {
	l, err := locate(dir)
	if err != nil {
		return fmt.Errorf("reap embedded database: %w", err)
	}
	users, err := openLock(l.users())
	if err != nil {
		return fmt.Errorf("reap embedded database: %w", err)
	}
	defer users.close()
	for {
		if err := users.wait(ctx, syscall.LOCK_EX); err != nil {
			return fmt.Errorf("reap embedded database: %w", err)
		}
		if linger <= 0 {
			break
		}
		if err := users.unlock(); err != nil {
			return fmt.Errorf("reap embedded database: %w", err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(linger):
		}
		alone, err := users.try(syscall.LOCK_EX)
		if err != nil {
			return fmt.Errorf("reap embedded database: %w", err)
		}
		if alone {
			break
		}
	}
	if p := running(l.data()); p != nil {
		return p.stop()
	}
	return nil
}
