package migrations

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	driver "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// DefaultLockTimeout is how long a migration waits for another running one.
const DefaultLockTimeout = time.Minute

// A file that cannot lock a table in time, or is the victim of a deadlock, is retried.
const (
	maxTries   = 3
	retryPause = 500 * time.Millisecond
)

// Options configure a Runner. All are optional.
type Options struct {
	LockTimeout time.Duration // 0: DefaultLockTimeout; negative: do not wait
	Waiting     func(Holder)  // called once if another migration is running
	Applied     func(Step)    // called after each file
}

// Step is an applied file.
type Step struct {
	File      string        `json:"file"`
	Direction Direction     `json:"direction"`
	Version   uint          `json:"version"` // of the database after the file
	Took      time.Duration `json:"-"`
}

// Runner migrates one database with one set of migrations. Several runners, in several processes, can run on a database
// at once: one applies the migrations, the others wait and then have nothing to do.
//
// Cancelling the context of a method ends the wait for another runner, or stops before the next file; the current file
// always runs to its end. Besides errors of the server, methods return *pgconn.ConnectError (no connection), *DirtyError,
// *AheadError, *VersionError, *FileError and errors that match ErrLockTimeout.
type Runner struct {
	files   fs.FS
	set     Set
	config  *pgx.ConnConfig
	options Options
}

// New returns a runner and does not connect. The URL must be the direct address of the server, because locks do not work
// through a connection pooler such as PgBouncer. The error is a *URLError or the error of Load.
func New(files fs.FS, databaseURL string, options Options) (*Runner, error) {
	set, err := Load(files)
	if err != nil {
		return nil, err
	}
	config, err := parseURL(databaseURL)
	if err != nil {
		return nil, err
	}
	if options.LockTimeout == 0 {
		options.LockTimeout = DefaultLockTimeout
	}
	return &Runner{files: files, set: set, config: config, options: options}, nil
}

// Up applies all pending files and returns the version reached.
func (r *Runner) Up(ctx context.Context) (uint, error) {
	return r.move(ctx, func(uint) (uint, error) { return r.set.Latest(), nil })
}

// Down reverts the newest n migrations (n is at least 1) and returns the version reached.
func (r *Runner) Down(ctx context.Context, n uint) (uint, error) {
	return r.move(ctx, func(current uint) (uint, error) {
		if n == 0 || n > current {
			return 0, &VersionError{fmt.Sprintf("cannot revert %d migrations: %d are applied", n, current)}
		}
		return current - n, nil
	})
}

// Goto migrates up or down to a version and returns it. Version 0 is the empty schema.
func (r *Runner) Goto(ctx context.Context, version uint) (uint, error) {
	if err := r.checkVersion(version); err != nil {
		return 0, err
	}
	return r.move(ctx, func(uint) (uint, error) { return version, nil })
}

// Force sets the version and clears the dirty mark without running any file. Check the schema first.
func (r *Runner) Force(ctx context.Context, version uint) error {
	if err := r.checkVersion(version); err != nil {
		return err
	}
	return r.locked(ctx, func(s *session) error {
		if s.current > r.set.Latest() {
			return &AheadError{s.current, r.set.Latest()}
		}
		return s.force(version)
	})
}

func (r *Runner) checkVersion(version uint) error {
	if version > r.set.Latest() {
		return &VersionError{fmt.Sprintf("there is no version %d; the newest is %d", version, r.set.Latest())}
	}
	return nil
}

func (r *Runner) move(ctx context.Context, plan func(current uint) (target uint, err error)) (reached uint, err error) {
	err = r.locked(ctx, func(s *session) error {
		reached = s.current
		switch {
		case s.current > r.set.Latest():
			return &AheadError{s.current, r.set.Latest()}
		case s.dirty:
			return &DirtyError{s.current}
		}
		target, err := plan(s.current)
		for err == nil && reached != target {
			reached, err = r.step(ctx, s, reached, target)
		}
		return err
	})
	return reached, err
}

// step applies one file towards target and returns the version after it.
func (r *Runner) step(ctx context.Context, s *session, current, target uint) (uint, error) {
	m, direction, next := r.set[max(current, 1)-1], DirectionDown, current-1
	if target > current {
		m, direction, next = r.set[current], DirectionUp, current+1
	}
	file := m.File(direction)
	for try := 1; ; try++ {
		if ctx.Err() != nil {
			return current, fmt.Errorf("stopped before %s: %w", file, context.Cause(ctx))
		}
		// If this session is lost, its lock is too, and another runner could start.
		if err := s.lock.Ping(ctx); err != nil {
			return current, fmt.Errorf("the connection that holds the lock was lost before %s: %w", file, err)
		}
		began := time.Now()
		err := s.migrate.Steps(int(next) - int(current))
		if err == nil {
			if r.options.Applied != nil {
				r.options.Applied(Step{file, direction, next, time.Since(began)})
			}
			return next, nil
		}
		failure := s.assess(err, m.scripts[direction], current)
		failure.File, failure.Target, failure.Tries = file, next, try
		retry := !failure.Dirty && (codeOf(failure.Err) == lockNotAvailable || codeOf(failure.Err) == deadlockDetected)
		if !retry || try == maxTries {
			return current, failure
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(try) * retryPause):
		}
	}
}

// session is the state of a runner while it migrates.
type session struct {
	lock    *pgx.Conn // its session owns the advisory lock
	driver  database.Driver
	migrate *migrate.Migrate
	current uint
	dirty   bool
}

// locked runs do while it holds the lock against other runners.
func (r *Runner) locked(ctx context.Context, do func(*session) error) (err error) {
	conn, err := pgx.ConnectConfig(ctx, r.config)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", databaseName(r.config), err)
	}
	defer closeConn(conn)
	var schema *string
	if err := conn.QueryRow(ctx, "SELECT current_schema()").Scan(&schema); err != nil {
		return fmt.Errorf("look for the schema: %w", err)
	}
	if schema == nil {
		return errNoSchema
	}
	if err := lock(ctx, conn, max(r.options.LockTimeout, 0), r.options.Waiting); err != nil {
		return err
	}
	files, err := newSource(r.files, r.set, *schema)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	db := stdlib.OpenDB(*r.config)
	db.SetMaxOpenConns(1)
	// This takes golang-migrate's own lock, so it also waits for the session of a killed client.
	opened, err := driver.WithInstance(db, &driver.Config{SchemaName: *schema})
	if err != nil {
		_ = db.Close()
		if codeOf(err) == lockNotAvailable {
			return fmt.Errorf("the session of an earlier migration is still running on the server: %w", ErrLockTimeout)
		}
		return fmt.Errorf("open the version table: %w", unwrap(err))
	}
	m, err := migrate.NewWithInstance("iofs", files, "pgx5", opened)
	if err != nil {
		_ = opened.Close()
		return fmt.Errorf("open golang-migrate: %w", err)
	}
	defer m.Close()
	s := &session{lock: conn, driver: opened, migrate: m}
	if s.current, s.dirty, err = Version(ctx, conn); err != nil {
		return err
	}
	return do(s)
}

// assess determines the state that a failed file has left. It clears the dirty mark if the file was rolled back.
func (s *session) assess(err error, file script, previous uint) *FileError {
	answer := serverError(err)
	failure := &FileError{Err: unwrap(err), Line: lineOf(file, answer), Previous: previous, Atomic: file.atomic}
	_, dirty, err := s.driver.Version() // migrate.Version would drop the mark of a version below the first
	failure.Lost = err != nil
	failure.Dirty = dirty || failure.Lost
	if !failure.Lost && dirty && file.atomic && answer != nil {
		failure.Dirty = s.force(previous) != nil
	}
	return failure
}

func (s *session) force(version uint) error {
	v := int(version)
	if version == 0 {
		v = database.NilVersion
	}
	if err := s.migrate.Force(v); err != nil {
		return fmt.Errorf("set version %d: %w", version, unwrap(err))
	}
	return nil
}

// closeConn releases the lock and closes the connection, even if the caller's context has ended, within two seconds. It
// releases the lock explicitly, because the server notices a closed connection only later.
func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_, _ = conn.Exec(ctx, "SELECT pg_advisory_unlock_all()")
	_ = conn.Close(ctx)
}
