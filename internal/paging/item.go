package paging

import (
	"context"
	"strings"
	"sync"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Get reads the record with the id as a list would, and the state that it was read from. It returns pgx.ErrNoRows if
// there is no such record or Visible hides it.
func Get[T any](ctx context.Context, db pg.DB, s Source, id int64) (record T, state State, err error) {
	record, err = getItem[T](ctx, db, s.item(false), id, &state.Head, &state.Day)
	return record, state, s.failed("get", pg.Singular, err)
}

// GetForUpdate is Get that also locks the record until the transaction ends.
func GetForUpdate[T any](ctx context.Context, tx pgx.Tx, s Source, id int64) (record T, err error) {
	var current bool
	record, err = getItem[T](ctx, tx, s.item(true), id, &current)
	if err == nil && !current { // what another transaction changed while this one waited for the lock is read only in part
		record, _, err = Get[T](ctx, tx, s, id)
	}
	return record, s.failed("get", pg.Singular, err)
}

// getItem runs a statement for one record and scans the columns after those of the record into more.
func getItem[T any](ctx context.Context, db pg.DB, sql string, id int64, more ...any) (T, error) {
	rows, _ := db.Query(ctx, sql, pg.Args{"id": id}) // the rows have its error
	return pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (T, error) {
		return pgx.RowToStructByName[T](extendedRow{row, more})
	})
}

// extendedRow is a row with more columns than the record has.
type extendedRow struct {
	pgx.CollectableRow
	more []any
}

func (r extendedRow) FieldDescriptions() []pgconn.FieldDescription {
	all := r.CollectableRow.FieldDescriptions()
	return all[:len(all)-len(r.more)]
}

func (r extendedRow) Scan(dest ...any) error {
	return r.CollectableRow.Scan(append(dest, r.more...)...)
}

// itemKey tells the statements of items apart.
type itemKey struct {
	columns, table, joins, shown, visible string
	forUpdate                             bool
}

// items caches the statements of items. The sources are few and their statements long; pgx looks statements up by their
// text, which is faster with the very same string.
var items = struct {
	sync.RWMutex
	of map[itemKey]string
}{of: map[itemKey]string{}}

// item is the statement that reads the record @id with its state. With forUpdate it locks the record, and instead of the
// state it tells whether the record is as of the snapshot of the statement, which everything else in the row is.
func (s Source) item(forUpdate bool) string {
	key := itemKey{s.Columns, s.Table, s.Joins, s.Shown, s.Visible, forUpdate}
	items.RLock()
	sql, ok := items.of[key]
	items.RUnlock()
	if ok {
		return sql
	}
	if forUpdate {
		table, alias, _ := strings.Cut(s.Table, " ")
		sql = s.selectItem(alias+".version = (SELECT seen.version FROM "+table+" seen WHERE seen.id = "+s.ID+")") + " FOR UPDATE OF " + alias
	} else {
		sql = s.selectItem("(SELECT " + stateHead + " FROM changes), " + stateDay)
	}
	items.Lock()
	defer items.Unlock()
	items.of[key] = sql
	return sql
}

// Item is a statement that reads the record @id as a list would. More conditions may follow it.
func (s Source) Item() string { return s.selectItem("") }

// selectItem writes the statement that reads the record @id, with more columns.
func (s Source) selectItem(more string) string {
	if more != "" {
		more = ", " + more
	}
	sql := "SELECT " + s.Columns + ", NULL::text[] AS sort_keys" + more + " FROM " + s.Table + " " + s.Joins + " " + s.Shown + " WHERE " + s.ID + " = @id"
	if s.Visible != "" {
		sql += " AND (" + s.Visible + ")"
	}
	return sql
}
