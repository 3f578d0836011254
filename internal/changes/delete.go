package changes

import (
	"context"
	"fmt"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Delete deletes a record of a table. If other records refer to it, it returns apperr.Conflict with code in_use,
// whose member referenced_by counts them by type.
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

// referencedBy counts, by type, the records that refer to a record by a foreign key that does not cascade. A row that is only a part of a
// record, such as a position of an attendee, counts as that record, and each record counts once.
func referencedBy(ctx context.Context, tx pgx.Tx, table string, id int64) (map[string]int64, error) {
	references, err := pg.All[struct{ Table, Column, Referenced, Record, RecordID string }](ctx, tx, `
		SELECT DISTINCT c.conrelid::regclass::text AS table, a.attname AS column, f.attname AS referenced,
			coalesce(r.record, c.conrelid::regclass::text) AS record, coalesce(r.record_id, 'id') AS record_id
		FROM pg_constraint c
		JOIN LATERAL unnest(c.conkey, c.confkey) AS k(own, other) ON true
		JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = k.other AND (f.attname = 'id' OR cardinality(c.confkey) = 1)
		JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.own
		LEFT JOIN LATERAL (
			SELECT p.confrelid::regclass::text AS record, i.attname AS record_id
			FROM pg_constraint p
			JOIN pg_attribute i ON i.attrelid = p.conrelid AND i.attnum = p.conkey[1]
			WHERE p.conrelid = c.conrelid AND p.contype = 'f' AND p.confdeltype = 'c' AND cardinality(p.conkey) = 1
				AND NOT EXISTS (SELECT FROM pg_attribute v WHERE v.attrelid = c.conrelid AND v.attname = 'version')
			LIMIT 1
		) r ON true
		WHERE c.contype = 'f' AND c.confrelid = @table::regclass AND c.confdeltype = 'a'`, pg.Args{"table": table})
	if err != nil {
		return nil, err
	}
	selects := map[string][]string{}
	for _, r := range references {
		recordType := strings.ReplaceAll(r.Record, "_", "-") // as in the path
		selects[recordType] = append(selects[recordType], fmt.Sprintf("SELECT %s FROM %s WHERE %s = (SELECT %s FROM %s WHERE id = $1)",
			pgx.Identifier{r.RecordID}.Sanitize(), r.Table, pgx.Identifier{r.Column}.Sanitize(), pgx.Identifier{r.Referenced}.Sanitize(), table))
	}
	counts := map[string]int64{}
	for recordType, list := range selects {
		var n int64
		if err := tx.QueryRow(ctx, "SELECT count(*) FROM ("+strings.Join(list, " UNION ")+") r", id).Scan(&n); err != nil {
			return nil, err
		}
		if n > 0 {
			counts[recordType] = n
		}
	}
	return counts, nil
}
