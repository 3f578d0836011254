package pg

import "context"

// ForeignKey says that a column of a table holds ids of another table, or of the same one.
type ForeignKey struct {
	Table  string `db:"table_name"`
	Column string `db:"column_name"`
	Target string `db:"target"`
}

// ForeignKeys returns the references to ids that the schema declares. Of a key with several columns it returns the one that
// holds the id.
func ForeignKeys(ctx context.Context, db DB) ([]ForeignKey, error) {
	return All[ForeignKey](ctx, db, `
		SELECT DISTINCT t.relname AS table_name, a.attname AS column_name, target.relname AS target
		FROM pg_constraint c
			JOIN pg_class t ON t.oid = c.conrelid
			JOIN pg_class target ON target.oid = c.confrelid
			CROSS JOIN LATERAL unnest(c.conkey, c.confkey) pair(ours, theirs)
			JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = pair.ours
			JOIN pg_attribute id ON id.attrelid = c.confrelid AND id.attnum = pair.theirs
		WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace AND id.attname = 'id'
		ORDER BY table_name, column_name, target`, nil)
}
