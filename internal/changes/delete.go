package changes

import (
	"context"
	"fmt"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Delete deletes a record of a table. If other records refer to it, it returns apperr.Conflict with code in_use,
// whose member referenced_by counts them by table.
func Delete(ctx context.Context, tx pgx.Tx, table string, id int64) error {
	err := pgx.BeginFunc(ctx, tx, func(sub pgx.Tx) error {
		_, err := sub.Exec(ctx, "DELETE FROM "+table+" WHERE id = $1", id)
		return err
	})
	if err == nil {
		return nil
	}
	err = fmt.Errorf("delete %s %d: %w", pg.Singular(table), id, err)
	if !pg.IsCode(err, pg.ForeignKeyViolation) {
		return err
	}
	counts, listErr := referencedBy(ctx, tx, table, id)
	if listErr != nil {
		return fmt.Errorf("count the references to %s %d: %w", pg.Singular(table), id, listErr)
	}
	return &apperr.Error{Kind: apperr.Conflict, Code: "in_use", Extra: map[string]any{"referenced_by": counts}, Err: err}
}

// referencedBy counts, by table, the rows that refer to a record by a foreign key that does not cascade.
func referencedBy(ctx context.Context, tx pgx.Tx, table string, id int64) (map[string]int64, error) {
	references, err := pg.All[struct{ Table, Column, Referenced string }](ctx, tx, `
		SELECT DISTINCT c.conrelid::regclass::text AS table, a.attname AS column, f.attname AS referenced
		FROM pg_constraint c
		JOIN LATERAL unnest(c.conkey, c.confkey) AS k(own, other) ON true
		JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = k.other AND (f.attname = 'id' OR cardinality(c.confkey) = 1)
		JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.own
		WHERE c.contype = 'f' AND c.confrelid = @table::regclass AND c.confdeltype = 'a'`, pg.Args{"table": table})
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	for _, r := range references {
		var n int64
		sql := fmt.Sprintf("SELECT count(*) FROM %s WHERE %s = (SELECT %s FROM %s WHERE id = $1)", r.Table,
			pgx.Identifier{r.Column}.Sanitize(), pgx.Identifier{r.Referenced}.Sanitize(), table)
		if err := tx.QueryRow(ctx, sql, id).Scan(&n); err != nil {
			return nil, err
		}
		if n > 0 {
			counts[r.Table] += n
		}
	}
	return counts, nil
}
