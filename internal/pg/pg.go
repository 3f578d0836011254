// Package pg connects the registry to PostgreSQL: the pool, strict named arguments, predicates, and the translation of
// database errors into errors that a client can act on. It knows resources only by the names of their constraints.
package pg

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// DB is what store functions take: a pool, a connection or a transaction.
type DB interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// ForUpdate is a transaction in which the Get of a resource also locks the record until the transaction ends.
type ForUpdate struct{ pgx.Tx }

// Options are the settings of a pool. A zero value keeps the default of the server or of pgx.
type Options struct {
	MaxConns         int32
	StatementTimeout time.Duration
	LockTimeout      time.Duration
	ApplicationName  string
}

// CheckURL rejects a database URL whose password contains an unescaped @ / ? or #. The rest of such a password would be
// taken for the name of a host or a database, and messages show those.
func CheckURL(databaseURL string) error {
	_, rest, _ := strings.Cut(databaseURL, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if strings.Count(rest[:end], "@") > 1 || strings.ContainsAny(rest[end:], "@#") {
		return errors.New("the database URL has an @ or # where none can be; in a password write @ as %40, / as %2F, ? as %3F, # as %23 and % as %25")
	}
	return nil
}

// poolerAdvice says what to set behind a connection pooler.
const poolerAdvice = "behind a connection pooler such as PgBouncer, add default_query_exec_mode=cache_describe to the database URL"

// readLockTimeout is the lock_timeout of statements outside of writes. Reads wait only for locks of whole tables, as migrations
// take them for moments, and while they wait they hold a connection.
const readLockTimeout = time.Second

// FullLockTimeout is part of the BEGIN of writes: they may wait for locks as long as Options.LockTimeout says.
const FullLockTimeout = "SET LOCAL lock_timeout TO DEFAULT"

// SetsTimeouts reports whether the connections of a pool have timeouts of their own. Behind a connection pooler in transaction
// mode, whose URL says how to send queries because prepared statements belong to one session, they have those of the role
// (ALTER ROLE … SET): settings of a session would reach other clients of the pooler.
func SetsTimeouts(config *pgxpool.Config) bool {
	return config.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement
}

// Open opens a pool for the database URL and checks that it can connect.
func Open(ctx context.Context, databaseURL string, o Options) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	if o.MaxConns > 0 {
		config.MaxConns = o.MaxConns
	}
	config.MaxConnLifetime = time.Hour
	config.MaxConnLifetimeJitter = 10 * time.Minute
	config.PingTimeout = 500 * time.Millisecond
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	timeouts := SetsTimeouts(config)
	params := config.ConnConfig.RuntimeParams
	set := func(name string, d time.Duration) {
		if d > 0 && timeouts {
			params[name] = fmt.Sprint(d.Milliseconds())
		}
	}
	set("statement_timeout", o.StatementTimeout)
	set("lock_timeout", o.LockTimeout)
	set("idle_in_transaction_session_timeout", 30*time.Second)
	if o.ApplicationName != "" {
		params["application_name"] = o.ApplicationName
	}
	if o.LockTimeout > readLockTimeout && timeouts {
		config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, fmt.Sprintf("SET lock_timeout = %d", readLockTimeout.Milliseconds()))
			return errors.Join(err, register(ctx, conn))
		}
	} else {
		config.AfterConnect = register
	}
	config.PrepareConn = func(_ context.Context, conn *pgx.Conn) (bool, error) { return !ended(conn.PgConn().Conn()), nil }
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the pool: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		if strings.Contains(err.Error(), "unsupported startup parameter") {
			err = fmt.Errorf("%w; "+poolerAdvice, err)
		}
		return nil, fmt.Errorf("reach the database: %w", err)
	}
	return pool, nil
}

// register makes times UTC and uses the JSON library of the responses for nested objects, which is faster than that
// of pgx. nil maps and slices are null.
func register(_ context.Context, conn *pgx.Conn) error {
	null := json.JoinOptions(json.FormatNilMapAsNull(true), json.FormatNilSliceAsNull(true))
	marshal := func(v any) ([]byte, error) { return json.Marshal(v, null) }
	unmarshal := func(data []byte, v any) error { return json.Unmarshal(data, v) }
	for _, t := range []*pgtype.Type{
		{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}},
		{Name: "json", OID: pgtype.JSONOID, Codec: &pgtype.JSONCodec{Marshal: marshal, Unmarshal: unmarshal}},
		{Name: "jsonb", OID: pgtype.JSONBOID, Codec: &pgtype.JSONBCodec{Marshal: marshal, Unmarshal: unmarshal}},
	} {
		conn.TypeMap().RegisterType(t)
	}
	return nil
}

// One runs a query for a single row and scans it by column name. Without a row it returns pgx.ErrNoRows.
func One[T any](ctx context.Context, db DB, sql string, args Args) (T, error) {
	return collect(ctx, db, sql, args, func(rows pgx.Rows) (T, error) { return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T]) })
}

// All runs a query and scans its rows by column name.
func All[T any](ctx context.Context, db DB, sql string, args Args) ([]T, error) {
	return collect(ctx, db, sql, args, func(rows pgx.Rows) ([]T, error) { return pgx.CollectRows(rows, pgx.RowToStructByName[T]) })
}

// Column runs a query for one column.
func Column[T any](ctx context.Context, db DB, sql string, args Args) ([]T, error) {
	return collect(ctx, db, sql, args, func(rows pgx.Rows) ([]T, error) { return pgx.CollectRows(rows, pgx.RowTo[T]) })
}

// Value runs a query for one value. Without a row it returns pgx.ErrNoRows.
func Value[T any](ctx context.Context, db DB, sql string, args Args) (T, error) {
	return collect(ctx, db, sql, args, func(rows pgx.Rows) (T, error) { return pgx.CollectExactlyOneRow(rows, pgx.RowTo[T]) })
}

func collect[T any](ctx context.Context, db DB, sql string, args Args, scan func(pgx.Rows) (T, error)) (result T, err error) {
	rows, _ := db.Query(ctx, sql, args) // the rows carry its error
	result, err = scan(rows)
	if errors.Is(err, pgx.ErrNoRows) {
		return result, err
	}
	return result, failed(sql, err)
}

// ID runs an INSERT … RETURNING id.
func ID(ctx context.Context, db DB, sql string, args Args) (id int64, err error) {
	return Value[int64](ctx, db, sql, args)
}

// Send runs a batch unless it is empty. Its error begins with the operation, such as "add the parts of an attendee".
func Send(ctx context.Context, db DB, operation string, b *pgx.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	if err := db.SendBatch(ctx, b).Close(); err != nil {
		return Error(fmt.Errorf("%s: %w", operation, err))
	}
	return nil
}

// Exec runs a statement that returns no rows.
func Exec(ctx context.Context, db DB, sql string, args Args) error {
	_, err := db.Exec(ctx, sql, args)
	return failed(sql, err)
}

// OrEmpty returns the list, or an empty one instead of nil, for a column that is NOT NULL.
func OrEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
