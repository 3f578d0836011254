package sample_test

import (
	"testing"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// A dump is restored with an empty search_path: checks, generated columns and index expressions must find the functions
// that they call, directly or indirectly.
func TestADumpCanBeRestoredCompletely(t *testing.T) {
	db := loaded(t)
	tables := texts(t, db, `SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`, nil)
	if len(tables) < 20 {
		t.Fatalf("only %d tables were found: %v", len(tables), tables)
	}
	conn, err := db.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	schema := texts(t, db, "SELECT current_schema()::text", nil)[0]
	if _, err := conn.Exec(t.Context(), "CREATE SCHEMA restored; SET search_path = ''"); err != nil {
		t.Fatal(err)
	}
	restored := 0
	for _, table := range tables {
		from, to := pgx.Identifier{schema, table}.Sanitize(), pgx.Identifier{"restored", table}.Sanitize()
		if err := pg.Exec(t.Context(), conn, "CREATE TABLE "+to+" (LIKE "+from+" INCLUDING ALL)", nil); err != nil {
			t.Errorf("%s: %v", table, err)
			continue
		}
		var columns string
		if err := conn.QueryRow(t.Context(), `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
			WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`, from).Scan(&columns); err != nil {
			t.Fatal(err)
		}
		tag, err := conn.Exec(t.Context(), "INSERT INTO "+to+" ("+columns+") OVERRIDING SYSTEM VALUE SELECT "+columns+" FROM "+from)
		if err != nil {
			t.Errorf("%s: %v", table, err)
			continue
		}
		if tag.RowsAffected() > 0 {
			restored++
		}
		var differ bool
		if err := conn.QueryRow(t.Context(), "SELECT EXISTS ((TABLE "+from+" EXCEPT TABLE "+to+") UNION ALL (TABLE "+to+" EXCEPT TABLE "+from+"))").Scan(&differ); err != nil || differ {
			t.Errorf("%s differs after the restore: %v", table, err)
		}
	}
	if restored < 20 {
		t.Errorf("only %d of %d tables have rows in the sample", restored, len(tables))
	}
}
