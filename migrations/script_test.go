package migrations

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestAFileIsOneTransactionUnlessItsStatementCannotBe(t *testing.T) {
	for sql, atomic := range map[string]bool{
		"":                             true,
		"-- CREATE INDEX CONCURRENTLY": true,
		"CREATE TABLE a (); -- COMMIT;\nCREATE TABLE b ();":                                                                 true,
		"/* a /* nested */ VACUUM; */ SELECT 1":                                                                             true,
		"SELECT 'it''s; COMMIT;'; SELECT E'\\'; COMMIT;'":                                                                   true,
		`COMMENT ON TABLE "a;""COMMIT;" IS 'VACUUM; '`:                                                                      true,
		"DO $$ BEGIN COMMIT; END $$":                                                                                        true,
		"CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $a$ BEGIN; $$; $b$; COMMIT; END $a$; SELECT 1":                 true,
		"CREATE FUNCTION f(a int) RETURNS int BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 1 END; SELECT 2; END; SELECT f($1);": true,
		"CREATE RULE r AS ON INSERT TO a DO INSTEAD (DELETE FROM b; VACUUM)":                                                true,
		"REFRESH MATERIALIZED VIEW CONCURRENTLY m; SELECT 1":                                                                true,
		"PREPARE p AS SELECT 1":                                                                                             true,
		"REINDEX TABLE a; SELECT 1":                                                                                         true,
		"CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON b (c);":                                                               false,
		"-- why\ncreate unique index concurrently a on b (c)":                                                               false,
		"DROP INDEX CONCURRENTLY a":                                                                                         false,
		"ALTER TABLE a DETACH PARTITION b CONCURRENTLY":                                                                     false,
		"REINDEX INDEX CONCURRENTLY a":                                                                                      false,
		"VACUUM ANALYZE a":                                                                                                  false,
		"CLUSTER":                                                                                                           false,
		"ALTER SYSTEM SET a = 1":                                                                                            false,
	} {
		s, err := newScript(sql)
		if err != nil || s.atomic != atomic {
			t.Errorf("%q: atomic = %v, %v, want %v", sql, s.atomic, err, atomic)
		}
	}
}

func TestAnInvalidFileIsRejectedBeforeItRuns(t *testing.T) {
	for sql, want := range map[string]string{
		"BEGIN; CREATE TABLE a (); COMMIT;":                      "BEGIN: the file already runs as one transaction",
		"CREATE TABLE a ();\ncommit":                             "COMMIT: the file already runs as one transaction",
		"START TRANSACTION; SELECT 1":                            "START TRANSACTION: the file already",
		"SELECT 1; PREPARE TRANSACTION 'a'":                      "PREPARE TRANSACTION: the file already",
		"SELECT 1; ROLLBACK":                                     "ROLLBACK: the file already",
		"CREATE INDEX CONCURRENTLY a ON b (c); SELECT 1":         "must be the only one in its file",
		"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC END; END;": "END: the file already",
	} {
		if _, err := newScript(sql); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", sql, err, want)
		}
	}
}

func TestAnErrorPositionInCharactersGivesTheLine(t *testing.T) {
	s := script{text: "-- Тоқаев\n\nSELECT oops;"}
	for position, want := range map[int32]int{0: 0, 1: 1, 10: 1, 11: 2, 12: 3, 19: 3, 900: 0} {
		if got := lineOf(s, &pgconn.PgError{Position: position}); got != want {
			t.Errorf("position %d is in line %d, want %d", position, got, want)
		}
	}
}
