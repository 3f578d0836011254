package migrations

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The default parameters of connections for migrations. The database URL can override them.
const (
	// ApplicationName is the name of a running migration in pg_stat_activity.
	ApplicationName  = "registry-migrate"
	tableLockTimeout = 5 * time.Second  // while an ALTER TABLE waits, all later readers of the table wait behind it
	statementTimeout = 30 * time.Minute // enough for a long CREATE INDEX or UPDATE
	connectionCheck  = time.Second      // how soon the server cancels the statement of a killed client
	connectTimeout   = 10 * time.Second
)

// URLError describes a problem with a database URL. Its text never quotes the URL, because an invalid URL may contain
// its password anywhere.
type URLError struct{ Problem string }

func (e *URLError) Error() string { return e.Problem }

func parseURL(databaseURL string) (*pgx.ConnConfig, error) {
	if strings.TrimSpace(databaseURL) == "" {
		return nil, &URLError{"no database URL is set"}
	}
	const form = "it should look like postgres://user:password@host:5432/database"
	if scheme, _, ok := strings.Cut(databaseURL, "://"); ok {
		if scheme != "postgres" && scheme != "postgresql" {
			return nil, &URLError{"the database URL does not start with postgres://; " + form}
		}
		if err := pg.CheckURL(databaseURL); err != nil {
			return nil, &URLError{err.Error()}
		}
	}
	// pgxpool's parser also accepts the pool_ settings of a URL for the service.
	pool, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, &URLError{"the database URL cannot be parsed" + reason(err) + "; " + form}
	}
	config := pool.ConnConfig
	milliseconds := func(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }
	params := map[string]string{
		"application_name":                 ApplicationName,
		"lock_timeout":                     milliseconds(tableLockTimeout),
		"statement_timeout":                milliseconds(statementTimeout),
		"client_connection_check_interval": milliseconds(connectionCheck),
		"idle_session_timeout":             "0", // the session with the lock is idle while files run
	}
	maps.Copy(params, config.RuntimeParams)
	config.RuntimeParams = params
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, connectTimeout)
	return config, nil
}

// reason returns pgx's reason for rejecting a connection string if it concerns one setting. It returns "" if the string
// could not be parsed, because then the reason quotes parts of it.
func reason(err error) string {
	text := err.Error()
	at := strings.LastIndex(text, "`: ")
	if at < 0 || strings.HasPrefix(text[at+3:], "failed to parse") {
		return ""
	}
	return ": " + text[at+3:]
}

// databaseName names a database without its password: registry on db.example.org:5432.
func databaseName(config *pgx.ConnConfig) string {
	return fmt.Sprintf("%s on %s:%d", config.Database, config.Host, config.Port)
}

// errNoSchema means that the search_path contains no existing schema.
var errNoSchema = errors.New("the search_path of this user contains no existing schema; " +
	"create one (CREATE SCHEMA public) or set search_path in the database URL")

// lockKey is the key of the advisory lock that a migration holds while it runs. It must differ from golang-migrate's own
// key (CRC-32, below 2^32).
const lockKey int64 = 0x7265_6769_7374_7279

const lockPoll = 200 * time.Millisecond

// Holder is the session that is migrating a database. Since and Client are nil if our role may not see them.
type Holder struct {
	PID    int32      `json:"pid"`
	Since  *time.Time `json:"since"`
	Client *string    `json:"client"`
}

// String describes the session.
func (h Holder) String() string {
	text := fmt.Sprintf("server process %d", h.PID)
	if h.Client != nil {
		text += " from " + *h.Client
	}
	if h.Since != nil {
		text += " since " + h.Since.UTC().Format(time.RFC3339)
	}
	return text
}

// lock takes the lock, or returns an error after limit. It polls, because golang-migrate's own lock waits in the server
// with an open snapshot, and CREATE INDEX CONCURRENTLY waits for all snapshots: two migrations at once would deadlock.
func lock(ctx context.Context, conn *pgx.Conn, limit time.Duration, waiting func(Holder)) error {
	deadline := time.Now().Add(limit)
	for first := true; ; first = false {
		var locked bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", lockKey).Scan(&locked); err != nil {
			return fmt.Errorf("lock the migrations: %w", err)
		}
		if locked {
			return nil
		}
		other, err := holder(ctx, conn)
		if err != nil {
			return err
		}
		if first && other != nil && limit > 0 && waiting != nil {
			waiting(*other)
		}
		left := time.Until(deadline)
		if left <= 0 {
			text := "another migration is running"
			if other != nil {
				text += " (" + other.String() + ")"
			}
			return fmt.Errorf("%s and did not finish within %v: %w", text, limit, ErrLockTimeout)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stopped while waiting for another migration: %w", context.Cause(ctx))
		case <-time.After(min(lockPoll, left)):
		}
	}
}

// holder returns the session that holds the lock, or nil.
func holder(ctx context.Context, conn *pgx.Conn) (*Holder, error) {
	var h Holder
	err := conn.QueryRow(ctx, `
		SELECT l.pid, a.backend_start, host(a.client_addr)
		  FROM pg_locks l
		  LEFT JOIN pg_stat_activity a ON a.pid = l.pid
		 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
		   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		   AND (l.classid::bigint << 32 | l.objid::bigint) = $1
		 LIMIT 1`, lockKey).Scan(&h.PID, &h.Since, &h.Client)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the running migration: %w", err)
	}
	return &h, nil
}
