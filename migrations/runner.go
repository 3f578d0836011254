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

// DefaultLockTimeout is how long a migration waits for another one that is running.
const DefaultLockTimeout = time.Minute

// A file that cannot lock a table in time, or is the victim of a deadlock, is tried again.
const (
	tries    = 3
	tryPause = 500 * time.Millisecond
)

// Options are optional.
type Options struct {
	LockTimeout time.Duration // 0: DefaultLockTimeout; below 0: do not wait at all
	Waiting     func(Holder)  // called once when another migration is running
	Applied     func(Step)    // called after each file
}

// Step is one file that was applied.
type Step struct {
	File      string        `json:"file"`
	Direction Direction     `json:"direction"`
	Version   uint          `json:"version"` // of the database afterwards
	Took      time.Duration `json:"-"`
}

// Runner moves one database through one set of migrations. Any number of runners may work on a database at once, in
// any number of processes: one moves, the others wait and find nothing left to do.
//
// Cancelling the context of a method ends the wait for another runner, or stops before the next file; the file that is
// running is always let to its end. Besides errors of the server, methods return *pgconn.ConnectError (no connection),
// *DirtyError, *AheadError, *VersionError, *FileError and what matches ErrLockTimeout.
type Runner struct {
	files   fs.FS
	set     Set
	config  *pgx.ConnConfig
	options Options
}

// New prepares a runner; it does not connect. The URL is a direct one: locks do not survive a pooler such as PgBouncer.
// The error is a *URLError or says what is wrong with the files (see Load).
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

// Up applies every file that is pending and returns the version reached.
func (r *Runner) Up(ctx context.Context) (uint, error) {
	return r.move(ctx, func(uint) (uint, error) { return r.set.Latest(), nil })
}

// Down takes back the newest n files (n is at least 1) and returns the version reached.
func (r *Runner) Down(ctx context.Context, n uint) (uint, error) {
	return r.move(ctx, func(current uint) (uint, error) {
		if n == 0 || n > current {
			return 0, &VersionError{fmt.Sprintf("cannot take back %d: %d migrations are applied", n, current)}
		}
		return current - n, nil
	})
}

// Goto moves up or down to a version, 0 being the empty schema, and returns it.
func (r *Runner) Goto(ctx context.Context, version uint) (uint, error) {
	if err := r.known(version); err != nil {
		return 0, err
	}
	return r.move(ctx, func(uint) (uint, error) { return version, nil })
}

// Force only writes down that the schema has a version, and is not dirty. It is for a person who has looked.
func (r *Runner) Force(ctx context.Context, version uint) error {
	if err := r.known(version); err != nil {
		return err
	}
	return r.locked(ctx, func(s *session) error {
		if s.current > r.set.Latest() {
			return &AheadError{s.current, r.set.Latest()}
		}
		return s.force(version)
	})
}

func (r *Runner) known(version uint) error {
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
		// Without this session another runner would think that nobody is at work.
		if err := s.lock.Ping(ctx); err != nil {
			return current, fmt.Errorf("the connection that holds the lock broke before %s: %w", file, err)
		}
		began := time.Now()
		err := s.migrate.Steps(int(next) - int(current))
		if err == nil {
			if r.options.Applied != nil {
				r.options.Applied(Step{file, direction, next, time.Since(began)})
			}
			return next, nil
		}
		failure := s.settle(err, m.script(direction), current)
		failure.File, failure.Target, failure.Tries = file, next, try
		retry := !failure.Dirty && (codeOf(failure.Err) == lockNotAvailable || codeOf(failure.Err) == deadlockDetected)
		if !retry || try == tries {
			return current, failure
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(try) * tryPause):
		}
	}
}

// session is what one runner holds while it moves the database.
type session struct {
	lock    *pgx.Conn // its session owns the advisory lock
	driver  database.Driver
	migrate *migrate.Migrate
	current uint
	dirty   bool
}

// locked runs do while no other runner is at work.
func (r *Runner) locked(ctx context.Context, do func(*session) error) (err error) {
	conn, err := pgx.ConnectConfig(ctx, r.config)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", where(r.config), err)
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
	// This takes golang-migrate's own lock, so it also waits for a session that outlived its killed client.
	opened, err := driver.WithInstance(db, &driver.Config{SchemaName: *schema})
	if err != nil {
		_ = db.Close()
		if codeOf(err) == lockNotAvailable {
			return fmt.Errorf("the session of an earlier migration is still at work on the server: %w", ErrLockTimeout)
		}
		return fmt.Errorf("open the version table: %w", causeOf(err))
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

// settle finds out what a failed file left behind and takes the dirty mark off again when that is the state before it.
func (s *session) settle(err error, file script, previous uint) *FileError {
	answer := answerOf(err)
	failure := &FileError{Err: causeOf(err), Line: lineOf(file, answer), Previous: previous, Atomic: file.atomic}
	_, dirty, err := s.driver.Version() // not migrate's, which drops the mark of a version below the first
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
		return fmt.Errorf("write down version %d: %w", version, causeOf(err))
	}
	return nil
}

// closeConn gives the lock back and says goodbye to the server, even when the caller's time is over, but does not wait for
// an answer for long. Without the first, the lock would stay until the server has noticed the second.
func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_, _ = conn.Exec(ctx, "SELECT pg_advisory_unlock_all()")
	_ = conn.Close(ctx)
}
