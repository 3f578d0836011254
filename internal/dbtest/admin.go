package dbtest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
)

// admin is the superuser's connection of this process. The tests share it, because to connect costs more than to create a
// database.
type admin struct {
	mu       sync.Mutex
	conn     *pgx.Conn
	strategy string // of CREATE DATABASE
}

// activeLock is an advisory lock that every process holds in shared mode. A process that gets it exclusively is the only
// one, and may drop orphaned databases.
const activeLock = "hashtext('registry tests')"

func newAdmin(ctx context.Context, url string) (*admin, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	a := &admin{conn: conn}
	var canCopyFiles, alone bool
	err = a.row("SELECT current_setting('server_version_num')::int >= 150000, pg_try_advisory_lock("+activeLock+")", nil, &canCopyFiles, &alone)
	if err == nil && canCopyFiles {
		a.strategy = " STRATEGY FILE_COPY" // the default strategy since PostgreSQL 15, WAL_LOG, takes three times as long here
	}
	if err == nil && alone {
		err = a.dropOrphans(templateName(), "test", "filled", "migrated")
	}
	if err == nil {
		err = a.exec("SELECT pg_advisory_lock_shared(" + activeLock + ")")
	}
	if err == nil && alone {
		err = a.exec("SELECT pg_advisory_unlock(" + activeLock + ")")
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return a, nil
}

// dropOrphans drops the databases with these prefixes, which killed processes have left, except keep.
func (a *admin) dropOrphans(keep string, prefixes ...string) error {
	var left, templates []string
	err := a.row(`
		SELECT coalesce(array_agg(datname::text), '{}'), coalesce(array_agg(datname::text) FILTER (WHERE datistemplate), '{}')
		  FROM pg_database
		 WHERE split_part(datname, '_', 1) = ANY($1) AND datname <> $2`, []any{prefixes, keep}, &left, &templates)
	for _, name := range templates { // a database left by a killed DROP can be dropped but not altered
		err = errors.Join(err, a.exec("ALTER DATABASE "+name+" IS_TEMPLATE false"))
	}
	for _, name := range left {
		err = errors.Join(err, a.drop(name))
	}
	return err
}

func (a *admin) create(name, template, owner string) error {
	sql := "CREATE DATABASE " + name + " TEMPLATE " + template + a.strategy
	if owner != "" {
		sql += " OWNER " + owner
	}
	return a.exec(sql)
}

func (a *admin) drop(name string) error {
	return a.exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
}

// row runs a query of one row.
func (a *admin) row(sql string, args []any, into ...any) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.conn.QueryRow(context.Background(), sql, args...).Scan(into...)
}

func (a *admin) exec(sql string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.conn.Exec(context.Background(), sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

func (a *admin) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.conn.Close(context.Background())
}
