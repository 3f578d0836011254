package paging

import (
	"context"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Children describes how records of a source belong to parent records: a table with the alias c, its columns with the
// ids of the parent and of the record, and the order of the records of one parent.
type Children struct {
	Table  string // "attendees c"
	Parent string // "c.round_table_id"
	Child  string // "c.id"
	Order  string // "c.position, c.id"
}

// Each reads the first records of each parent, at most per of them, in one statement. They come parent by parent, in
// the order of Children.
func Each[T any](ctx context.Context, db pg.DB, s Source, c Children, parents []int64, per int) ([]T, error) {
	visible := ""
	if s.Visible != "" {
		visible = " WHERE " + s.Visible
	}
	list, err := collect[T](ctx, db, "SELECT "+s.Columns+", NULL::text[] AS sort_keys FROM unnest(@parents::bigint[]) WITH ORDINALITY given(id, n)"+
		" CROSS JOIN LATERAL (SELECT "+c.Child+" AS id, row_number() OVER (ORDER BY "+c.Order+") AS n FROM "+c.Table+
		" WHERE "+c.Parent+" = given.id ORDER BY "+c.Order+" LIMIT @per) pick"+
		" JOIN "+s.Table+" ON "+s.ID+" = pick.id "+s.Joins+" "+s.Shown+visible+" ORDER BY given.n, pick.n", pg.Args{"parents": parents, "per": per})
	return list, s.failed("list", pg.Plural, err)
}

// collect runs a query and scans its rows by column name.
func collect[T any](ctx context.Context, db pg.DB, sql string, args pg.Args) ([]T, error) {
	rows, _ := db.Query(ctx, sql, args) // the rows carry its error
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}
