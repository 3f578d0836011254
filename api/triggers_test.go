package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/dbtest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// manyOfEach is SQL that inserts rows of each kind of record, which belong together.
func manyOfEach(rows int) []string {
	list := []string{
		`INSERT INTO people (name, external_ids) SELECT jsonb_build_object('en', 'Person ' || n), ARRAY['test:p' || n] FROM generate_series(1, @rows) n`,
		`INSERT INTO organizations (name, external_ids) SELECT jsonb_build_object('en', 'Institute ' || n), ARRAY['test:o' || n] FROM generate_series(1, @rows) n`,
		`INSERT INTO round_tables (title, starts_on, publication) SELECT jsonb_build_object('en', 'Event ' || n), '2000-01-01'::date + n % 9000, 'published' FROM generate_series(1, @rows) n`,
		`INSERT INTO organizers (round_table_id, organization_id, position, starts_key) SELECT id, id, 1, starts_key FROM round_tables`,
		`INSERT INTO attendees (round_table_id, person_id, position, starts_key) SELECT id, id, 1, starts_key FROM round_tables`,
		`INSERT INTO attendee_affiliations (attendee_id, organization_id, position, round_table_id, starts_key) SELECT id, id, 1, round_table_id, starts_key FROM attendees`,
		`INSERT INTO attendee_roles (attendee_id, role, position, round_table_id, starts_key) SELECT id, 'speaker', 1, round_table_id, starts_key FROM attendees`,
		`INSERT INTO statements (round_table_id, attendee_id, sequence, person_key, starts_key) SELECT round_table_id, id, 1, person_key, starts_key FROM attendees`,
		`INSERT INTO statement_texts (statement_id, lang, text, original, position) SELECT id, 'en', 'Said word' || id, true, 1 FROM statements`,
		`INSERT INTO affiliations (person_id, organization_id) SELECT id, id FROM people`,
	}
	for i, sql := range list {
		list[i] = strings.ReplaceAll(sql, "@rows", strconv.Itoa(rows))
	}
	return list
}

// manyRecords is a registry whose tables are large enough for the planner to prefer indexes.
func manyRecords(t *testing.T) *pgxpool.Pool {
	t.Helper()
	db := dbtest.New(t)
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	const rows = 20_000
	tables := []string{"people", "organizations", "external_ids", "round_tables", "organizers", "attendees", "attendee_affiliations", "attendee_roles",
		"statements", "statement_texts", "affiliations", "changes"}
	set := func(how string) (list []string) { // the triggers would take most of the time
		for _, table := range tables {
			list = append(list, "ALTER TABLE "+table+" "+how+" TRIGGER USER")
		}
		return list
	}
	for _, sql := range slices.Concat(set("DISABLE"), manyOfEach(rows), []string{
		`INSERT INTO external_ids (type, external_id, id) SELECT 'people', external_ids[1], id FROM people UNION ALL SELECT 'organizations', external_ids[1], id FROM organizations`,
		`INSERT INTO changes (seq, type, id, version, op, actor, after, public, is_public_head) SELECT 1000000 + id, 'people', id, 1, 'create', 'system:test', '{}', true, true FROM people`,
		`SELECT setval('changes_seq', 2000000)`,
	}, set("ENABLE")) {
		if _, err := tx.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestNoWriteOfOneRecordReadsAWholeTable(t *testing.T) {
	t.Parallel()
	r := newRigOn(t, manyRecords(t), nil)
	read := func() map[string]int64 {
		rows, err := r.pool.Query(t.Context(), "SELECT relname, seq_tup_read FROM pg_stat_user_tables")
		if err != nil {
			t.Fatal(err)
		}
		tables := map[string]int64{}
		var name string
		var n int64
		if _, err := pgx.ForEachRow(rows, []any{&name, &n}, func() error { tables[name] = n; return nil }); err != nil {
			t.Fatal(err)
		}
		return tables
	}
	c := r.as(t, actor.Scopes...)
	for _, w := range []struct{ method, path, body string }{
		{http.MethodPatch, "/v1/people/15000", `{"bio":{"en":"A bio."}}`},
		{http.MethodPatch, "/v1/people/15000", `{"external_ids":["test:changed"]}`},
		{http.MethodPatch, "/v1/organizations/15000", `{"short_name":{"en":"I"}}`},
		{http.MethodPatch, "/v1/round-tables/15000", `{"starts_on":"2020-02-27","ends_on":null}`},
		{http.MethodPatch, "/v1/organizers/15000", `{"kind":"host"}`},
		{http.MethodPatch, "/v1/attendees/15000", `{"roles":["moderator"]}`},
		{http.MethodPatch, "/v1/statements/15000", `{"act":"proposal"}`},
		{http.MethodPatch, "/v1/affiliations/15000", `{"from":"2019"}`},
		{http.MethodPost, "/v1/round-tables/16000/withdraw", ``},
		{http.MethodDelete, "/v1/statements/15001", ``},
		{http.MethodDelete, "/v1/attendees/15001", ``},
		{http.MethodDelete, "/v1/organizers/15001", ``},
		{http.MethodDelete, "/v1/affiliations/15001", ``},
		{http.MethodDelete, "/v1/round-tables/15001", ``},
		{http.MethodDelete, "/v1/people/15001", ``},
	} {
		before := r.flushed(t, read)
		headers := append([]string{"Content-Type", map[string]string{http.MethodPatch: mergeBody}[w.method], "If-Match", "*"}, c.headers...)
		if got := c.do(t, w.method, w.path, w.body, headers...); got.Code >= 300 {
			t.Errorf("%s %s: status %d: %s", w.method, w.path, got.Code, got.Body)
		}
		for table, n := range r.flushed(t, read) {
			if more := n - before[table]; more >= 10_000 && !slices.Contains([]string{"registry"}, table) {
				t.Errorf("%s %s reads %d rows of %s one after the other", w.method, w.path, more, table)
			}
		}
	}
}

// flushed reads statistics after every session of the pool has reported its own.
func (r *rig) flushed(t *testing.T, read func() map[string]int64) map[string]int64 {
	t.Helper()
	for _, conn := range r.pool.AcquireAllIdle(t.Context()) {
		_, err := conn.Exec(t.Context(), "SELECT pg_stat_force_next_flush()")
		conn.Release()
		if err != nil {
			t.Fatal(err)
		}
	}
	return read()
}

func TestALoadIntoAnEmptyRegistryReadsNoTableForEachRecord(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	const rows = 1000
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		for _, sql := range append(manyOfEach(rows), "SET CONSTRAINTS ALL IMMEDIATE") {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		read, err := tx.Query(ctx, "SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables")
		if err != nil {
			return err
		}
		var table string
		var n int
		_, err = pgx.ForEachRow(read, []any{&table, &n}, func() error {
			if n > 100*rows { // changes has eight records for each
				t.Errorf("%d rows of %s were read", n, table)
			}
			return nil
		})
		return err
	})
}
