package dbtest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
)

// admin is a superuser's connection, one for all tests of this process: a connection costs more than the making of a database.
type admin struct {
	mu       sync.Mutex
	conn     *pgx.Conn
	strategy string // of CREATE DATABASE
}

// presence is a lock that every process holds as one of many. Who gets it alone may sweep.
const presence = "hashtext('registry tests')"

func newAdmin(ctx context.Context, url string) (*admin, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	a := &admin{conn: conn}
	var byFiles, alone bool
	err = a.row("SELECT current_setting('server_version_num')::int >= 150000, pg_try_advisory_lock("+presence+")", nil, &byFiles, &alone)
	if err == nil && byFiles {
		a.strategy = " STRATEGY FILE_COPY" // the usual since PostgreSQL 15, through the buffers and the log, costs three times as much here
	}
	if err == nil && alone {
		err = a.sweep(templateName(), "test", "filled", "migrated")
	}
	if err == nil {
		err = a.exec("SELECT pg_advisory_lock_shared(" + presence + ")")
	}
	if err == nil && alone {
		err = a.exec("SELECT pg_advisory_unlock(" + presence + ")")
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return a, nil
}

// sweep drops the databases of these kinds, which processes that were killed have left, all but the one to keep.
func (a *admin) sweep(keep string, kinds ...string) error {
	var left, templates []string
	err := a.row(`
		SELECT coalesce(array_agg(datname::text), '{}'), coalesce(array_agg(datname::text) FILTER (WHERE datistemplate), '{}')
		  FROM pg_database
		 WHERE split_part(datname, '_', 1) = ANY($1) AND datname <> $2`, []any{kinds, keep}, &left, &templates)
	for _, name := range templates { // and only those: what a killed DROP left can be dropped, not altered
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
