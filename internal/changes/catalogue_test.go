package changes_test

import (
	"slices"
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// untracked are the tables without a change log of their own, and why.
var untracked = map[string]string{
	"changes":             "it is the log",
	"registry":            "what the database is; nothing that people write",
	"merged":              "derived from merges",
	"bundles":             "which entries of the log each bundle made; nothing that people write",
	"schema_migrations":   "kept by golang-migrate",
	"idempotency_keys":    "responses to requests, kept for a day; they are not records",
	"external_ids":        "derived from the external_ids of the records",
	"person_names":        "derived from the names of people",
	"organization_names":  "derived from the names of organizations",
	"place_names":         "derived from the names of places",
	"search_texts":        "derived from the texts of the records",
	"search_words":        "derived from the texts of the records",
	"event_sizes":         "derived from the parts of the round tables",
	"event_counts":        "derived from the round tables and their parts",
	"record_counts":       "derived from the round tables and their parts",
	"uncounted_events":    "what a transaction still has to count; empty between transactions",
	"webhook_places":      "how far webhooks are, which changes with every message",
	"webhook_deliveries":  "what was sent; kept for 30 days",
	"personal_data_reads": "reads change no record",
	"river_job":           "the job queue",
	"river_leader":        "the job queue",
	"river_queue":         "the job queue",
	"river_notification":  "the job queue",
}

// tableTriggers are a table's triggers, by the rules that the log needs.
type tableTriggers struct {
	Table     string
	Columns   []string // that a tracked record needs
	Log       bool     // writes the log: deferred, each row, INSERT UPDATE DELETE
	Bump      bool     // gives versions: before, each row, UPDATE
	Touches   int      // tell the record of a part: after, each statement, one of INSERT UPDATE DELETE
	Truncate  bool     // refuses TRUNCATE
	AllEnable bool
}

const selectTriggers = `
	SELECT c.relname AS table,
		ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('id', 'version', 'created_at', 'updated_at', 'xact') AND a.attnotnull AND NOT a.attisdropped ORDER BY 1) AS columns,
		count(*) FILTER (WHERE t.tgname = c.relname || '_log' AND t.tgdeferrable AND t.tginitdeferred AND t.tgtype & 1 = 1 AND t.tgtype & 28 = 28 AND t.tgqual IS NULL) = 1 AS log,
		count(*) FILTER (WHERE t.tgname = c.relname || '_bump' AND t.tgtype & 3 = 3 AND t.tgtype & 16 = 16 AND t.tgqual IS NULL) = 1 AS bump,
		count(*) FILTER (WHERE t.tgname ~ ('^' || c.relname || '_touch_(insert|update|delete)$') AND t.tgtype & 3 = 0 AND t.tgqual IS NULL) AS touches,
		count(*) FILTER (WHERE t.tgtype & 32 = 32 AND t.tgtype & 2 = 2 AND t.tgfoid = 'registry_refuse'::regproc) = 1 AS truncate,
		bool_and(t.tgenabled = 'O') IS NOT FALSE AS all_enable
	FROM pg_class c LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
	WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
	GROUP BY c.oid, c.relname ORDER BY c.relname`

func TestEveryTableIsTrackedOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	rows, err := db.Query(t.Context(), selectTriggers)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByName[tableTriggers])
	if err != nil {
		t.Fatal(err)
	}
	records := 0
	for _, c := range tables {
		switch {
		case !c.AllEnable:
			t.Errorf("%s: a trigger is switched off", c.Table)
		case untracked[c.Table] != "":
			if c.Log || c.Touches > 0 {
				t.Errorf("%s is tracked and on the list of those that are not", c.Table)
			}
		case c.Log:
			records++
			if !c.Bump || !c.Truncate || c.Touches > 0 || !slices.Equal(c.Columns, []string{"created_at", "id", "updated_at", "version", "xact"}) {
				t.Errorf("%s is tracked in part only: %+v", c.Table, c)
			}
		case c.Touches > 0:
			if c.Touches != 3 || !c.Truncate || c.Bump {
				t.Errorf("%s is a part whose changes can escape: %+v", c.Table, c)
			}
		default:
			t.Errorf("%s is neither tracked nor a part of something that is: call registry_track or registry_track_part, or say why not in this test", c.Table)
		}
	}
	if records < 14 {
		t.Errorf("only %d tables of records were found: the search is broken", records)
	}
}

func TestTruncateIsRefusedWhereItWouldEscapeTheLog(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	tables := value[[]string](t, db, "SELECT array_agg(tablename::text ORDER BY 1) FROM pg_tables WHERE schemaname = 'public'")
	for _, table := range tables {
		if untracked[table] != "" && table != "changes" {
			continue
		}
		for _, sql := range []string{"TRUNCATE " + table, "TRUNCATE " + table + " CASCADE"} {
			_, err := db.Exec(t.Context(), sql)
			if !pg.IsCode(err, "55000") && !(pg.IsCode(err, "0A000") && sql == "TRUNCATE "+table) { // 0A000: others refer to it
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
}

func TestNumbersOfTheLogAreNotHandedOutAhead(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	if cache := value[int64](t, db, "SELECT seqcache FROM pg_sequence WHERE seqrelid = 'changes_seq'::regclass"); cache != 1 {
		t.Errorf("a connection keeps %d numbers for itself: later commits of others would get higher ones", cache)
	}
}
