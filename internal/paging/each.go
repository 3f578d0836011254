package paging

import (
	"context"
	"strings"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

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
