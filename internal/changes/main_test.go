package changes_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// entry is a row of the log.
type entry struct {
	Seq     int64
	Type    string
	ID      int64
	Version int64
	Op      string
	Actor   string
	Reason  *string
	Before  content
	After   content
	Public  bool
	IsHead  bool
}

// content is the state of a record in the log; nil: there was none.
type content map[string]any

const selectEntries = "SELECT seq, type, id, version, op, actor, reason, before, after, public, is_head FROM changes "

// logOf gives the entries of a record, oldest first.
func logOf(t testing.TB, db pg.DB, kind string, id int64) []entry {
	t.Helper()
	rows, err := db.Query(t.Context(), selectEntries+"WHERE type = $1 AND id = $2 ORDER BY seq", kind, id)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[entry])
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range list {
		if e.IsHead != (i == len(list)-1) {
			t.Errorf("%s %d: entry %d of %d is the head: %v", kind, id, i+1, len(list), e.IsHead)
		}
	}
	return list
}

// ops gives the operations of entries in order, with the version of each.
func ops(list []entry) string {
	var texts []string
	for _, e := range list {
		texts = append(texts, fmt.Sprintf("%s %d", e.Op, e.Version))
	}
	return strings.Join(texts, ", ")
}

// write runs f in one transaction of the system's.
func write(t testing.TB, db *pgxpool.Pool, f func(tx pgx.Tx)) {
	t.Helper()
	if err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error { f(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

func exec(t testing.TB, db pg.DB, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func value[T any](t testing.TB, db pg.DB, sql string, args ...any) (v T) {
	t.Helper()
	if err := db.QueryRow(context.Background(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}
