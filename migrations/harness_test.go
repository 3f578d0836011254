package migrations_test

import (
	"context"
	"io/fs"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"roundtables.kz/registry/migrations"
)

func connect(t *testing.T, databaseURL string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// with returns a database URL with one more parameter.
func with(t *testing.T, databaseURL, name, value string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// exec runs SQL on a connection of its own.
func exec(t *testing.T, databaseURL, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// value returns the single value of a query.
func value[T any](t *testing.T, databaseURL, sql string, args ...any) T {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var v T
	if err := conn.QueryRow(ctx, sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func runner(t *testing.T, files fs.FS, databaseURL string, options migrations.Options) *migrations.Runner {
	t.Helper()
	r, err := migrations.New(files, databaseURL, options)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func describe(t *testing.T, databaseURL string) string {
	t.Helper()
	text, err := migrations.Describe(context.Background(), connect(t, databaseURL))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// at fails the test unless the database is at a version.
func at(t *testing.T, databaseURL string, version uint, dirty bool) {
	t.Helper()
	v, d, err := migrations.Version(context.Background(), connect(t, databaseURL))
	if err != nil || v != version || d != dirty {
		t.Errorf("the database is at version %d, dirty %v (%v), want %d, %v", v, d, err, version, dirty)
	}
}

// eventually waits until a condition is true.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(30 * time.Second); !holds(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("timed out: %s", what)
		}
	}
}
