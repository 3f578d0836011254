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
	record, err = getItem[T](ctx, db, s.item(false), id, &state.Head, &state.Day, &state.Xact)
	return record, state, s.failed("get", pg.Singular, err)
}

// GetForUpdate is Get that also locks the record until the transaction ends.
func GetForUpdate[T any](ctx context.Context, tx pgx.Tx, s Source, id int64) (record T, err error) {
	var current bool
	record, err = getItem[T](ctx, tx, s.item(true), id, &current)
	if err == nil && !current { // a change that committed while this transaction waited for the lock was read only in part
		record, _, err = Get[T](ctx, tx, s, id)
	}
	return record, s.failed("get", pg.Singular, err)
}

// getItem runs a statement for one record and scans the columns after those of the record into more.
func getItem[T any](ctx context.Context, db pg.DB, sql string, id int64, more ...any) (T, error) {
	rows, _ := db.Query(ctx, sql, pg.Args{"id": id}) // the rows carry its error
	return pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (T, error) {
		record, err := pgx.RowToStructByName[T](extendedRow{row, more})
		list := []T{record}
		finish(list)
		return list[0], err
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

// itemKey identifies the statement of an item.
type itemKey struct {
	columns, table, joins, shown, visible string
	forUpdate                             bool
}

// items caches the statements of items. There are few sources, and their statements are long. pgx finds the same
// string faster than an equal one.
var items = struct {
	sync.RWMutex
	of map[itemKey]string
}{of: map[itemKey]string{}}

// item returns the statement that reads the record @id and its state. With forUpdate it locks the record, and its
// last column says whether the record is the one of the statement's snapshot: parts and joined records always are.
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
		sql = s.selectItem("(SELECT " + stateHead + " FROM changes), " + stateDay + ", coalesce(pg_current_xact_id_if_assigned()::text, '')")
	}
	items.Lock()
	defer items.Unlock()
	items.of[key] = sql
	return sql
}

// Item returns the statement that reads the record @id as a list would. More conditions may be appended.
func (s Source) Item() string { return s.selectItem("") }

// selectItem builds the statement that reads the record @id and more columns.
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

// Each reads the first records of each parent, at most per of them, in one statement. parent is the column with the id
// of the parent, and order the order of the records of one parent; c is the alias of their table: "c.position, c.id".
// The records come parent by parent, in that order.
func Each[T any](ctx context.Context, db pg.DB, s Source, parent, order string, parents []int64, per int) ([]T, error) {
	visible := ""
	if s.Visible != "" {
		visible = " WHERE " + s.Visible
	}
	table, _, _ := strings.Cut(s.Table, " ")
	list, err := collect[T](ctx, db, "SELECT "+s.Columns+", NULL::text[] AS sort_keys FROM unnest(@parents::bigint[]) WITH ORDINALITY given(id, n)"+
		" CROSS JOIN LATERAL (SELECT c.id, row_number() OVER (ORDER BY "+order+") AS n FROM "+table+" c"+
		" WHERE "+parent+" = given.id ORDER BY "+order+" LIMIT @per) pick"+
		" JOIN "+s.Table+" ON "+s.ID+" = pick.id "+s.Joins+" "+s.Shown+visible+" ORDER BY given.n, pick.n", pg.Args{"parents": parents, "per": per})
	finish(list)
	return list, s.failed("list", pg.Plural, err)
}

// collect runs a query and scans its rows by column name.
func collect[T any](ctx context.Context, db pg.DB, sql string, args pg.Args) ([]T, error) {
	rows, _ := db.Query(ctx, sql, args) // the rows carry its error
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}

// finish calls the method Finish of records that have it. It sets the fields that are derived from the columns of the
// row.
func finish[T any](list []T) {
	for i := range list {
		if r, ok := any(&list[i]).(interface{ Finish() }); ok {
			r.Finish()
		}
	}
}
