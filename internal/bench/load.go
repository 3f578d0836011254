package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strings"
	"sync"
	"time"

	"roundtables.kz/registry/migrations"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// dataOf identifies the data of a scale. It changes with the schema and the generator, so that outdated data is replaced.
func dataOf(s scale) string { return fmt.Sprintf("%d %+v %s", generation, s, migrations.Digest()) }

// ready returns the URL of a database with the data of a scale. It loads the data first if necessary.
func ready(ctx context.Context, serverURL string, s scale, say func(string, ...any)) (string, error) {
	u, err := url.Parse(serverURL)
	if err != nil {
		return "", err
	}
	name := "bench_" + strings.ToLower(s.Name)
	want := dataOf(s)
	admin, err := pgx.Connect(ctx, serverURL)
	if err != nil {
		return "", err
	}
	defer admin.Close(ctx)
	var have string
	err = admin.QueryRow(ctx, "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = $1", name).Scan(&have)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", err
	}
	u.Path = "/" + name
	if have == want {
		return u.String(), nil
	}
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name} {
		if _, err := admin.Exec(ctx, sql); err != nil {
			return "", err
		}
	}
	began := time.Now()
	say("%s: loading %d events, %d attendees, %d statements", s.Name, s.Events, s.Attendees, s.Statements)
	if err := migrations.Up(ctx, u.String()); err != nil {
		return "", err
	}
	l := loader{url: u.String(), say: say, scale: s}
	if err := l.load(ctx); err != nil {
		return "", fmt.Errorf("load %s: %w", s.Name, err)
	}
	// The mark comes last, so that incomplete data is replaced.
	if _, err := admin.Exec(ctx, "COMMENT ON DATABASE "+name+" IS '"+want+"'"); err != nil {
		return "", err
	}
	say("%s: loaded in %s", s.Name, time.Since(began).Round(time.Second))
	return u.String(), nil
}

// loader fills an empty, migrated database.
//
// Triggers and foreign keys are off during the load (session_replication_role = replica), because to log a million rows
// one by one would take an hour. The loader does their work: the generator computes copied columns, the log is written in
// bulk by the snapshot functions that the triggers call, and at the end copied columns and references are verified. CHECK
// and unique constraints apply as usual.
type loader struct {
	scale
	url string
	say func(string, ...any)
}

func (l loader) load(ctx context.Context) error {
	conn, err := l.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	rebuild, err := dropIndexes(ctx, conn)
	if err != nil {
		return err
	}
	p := newPlan(l.scale)
	var tables []table
	for _, some := range [][]table{l.peopleTables(), p.eventTables(), p.attendanceTables(), p.statementTables()} {
		tables = append(tables, some...)
	}
	steps := []struct {
		what string
		work []func(context.Context, *pgx.Conn) error
	}{
		{"rows", copies(tables)},
		{"search", statements(searched())},
		{"indexes", statements(append(rebuild, searchedWords))},
		{"change log", statements(logged())},
		{"counts", statements([]string{"CALL record_counts_all()"})},
		{"statistics", statements([]string{"VACUUM (ANALYZE)"})},
		{"checks", []func(context.Context, *pgx.Conn) error{verify}},
	}
	for _, step := range steps {
		began := time.Now()
		if err := l.parallel(ctx, step.work); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
		l.say("%s: %s %s", l.Name, step.what, time.Since(began).Round(100*time.Millisecond))
	}
	_, err = conn.Exec(ctx, "CHECKPOINT")
	return err
}

func (l loader) connect(ctx context.Context) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(l.url)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["session_replication_role"] = "replica"
	config.RuntimeParams["synchronous_commit"] = "off"
	config.RuntimeParams["maintenance_work_mem"] = "512MB"
	return pgx.ConnectConfig(ctx, config)
}

// parallel runs the work on two connections, in the given order.
func (l loader) parallel(ctx context.Context, work []func(context.Context, *pgx.Conn) error) error {
	queue := make(chan func(context.Context, *pgx.Conn) error, len(work))
	for _, w := range work {
		queue <- w
	}
	close(queue)
	g, ctx := errgroup.WithContext(ctx)
	for range 2 {
		g.Go(func() error {
			conn, err := l.connect(ctx)
			if err != nil {
				return err
			}
			defer conn.Close(context.WithoutCancel(ctx))
			for w := range queue {
				if err := w(ctx, conn); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

func statements(sql []string) []func(context.Context, *pgx.Conn) error {
	var work []func(context.Context, *pgx.Conn) error
	for _, s := range sql {
		work = append(work, func(ctx context.Context, conn *pgx.Conn) error {
			if _, err := conn.Exec(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
			return nil
		})
	}
	return work
}

// copies returns one COPY per table, the largest first.
func copies(tables []table) []func(context.Context, *pgx.Conn) error {
	var work []func(context.Context, *pgx.Conn) error
	for i := range tables {
		t := tables[len(tables)-1-i]
		work = append(work, func(ctx context.Context, conn *pgx.Conn) error {
			next, stop := iter.Pull(t.rows)
			defer stop()
			_, err := conn.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromFunc(func() ([]any, error) {
				row, ok := next()
				if !ok {
					return nil, nil
				}
				return row, nil
			}))
			if err != nil {
				return fmt.Errorf("copy %s: %w", t.name, err)
			}
			if t.columns[0] != "id" {
				return nil
			}
			_, err = conn.Exec(ctx, "SELECT setval(pg_get_serial_sequence('"+t.name+"', 'id'), max(id)) FROM "+t.name)
			return err
		})
	}
	return work
}

// dropIndexes drops the indexes without a constraint and returns the statements that recreate them. Building an index after
// the load is much faster than updating it row by row, and the index is as dense as after a REINDEX.
func dropIndexes(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	rows, err := conn.Query(ctx, `
		SELECT c.oid::regclass::text, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE c.relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)
		ORDER BY c.relname`)
	if err != nil {
		return nil, err
	}
	var drop, make []string
	var name, definition string
	_, err = pgx.ForEachRow(rows, []any{&name, &definition}, func() error {
		drop, make = append(drop, "DROP INDEX "+name), append(make, definition)
		return nil
	})
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, strings.Join(drop, "; "))
	return make, err
}

// searched returns the statements that analyse the texts, as the triggers of the records would.
func searched() []string {
	var sql []string
	for _, t := range []string{"statements", "round-tables", "documents", "topics", "places"} {
		sql = append(sql, "INSERT INTO search_texts SELECT * FROM search_documents WHERE type = '"+t+"'")
	}
	return sql
}

// searchedWords fills the words from which misspelled ones are corrected.
const searchedWords = `INSERT INTO search_words SELECT DISTINCT w FROM search_texts, unnest(tsvector_to_array(vector)) w
	WHERE left(w, 1) NOT IN ('~', '^', '#') AND length(w) BETWEEN 4 AND 40`

// logged returns the statements that write the first log entry of every record, as its trigger would.
func logged() []string {
	var sql []string
	for _, t := range []string{"statements", "attendees", "round_tables", "organizers", "people", "affiliations", "documents", "recommendations", "organizations", "topics", "places"} {
		sql = append(sql, loggedOf(t)+" ORDER BY r.id")
	}
	return sql
}

// loggedOf returns the statement for the records r of one table.
func loggedOf(table string) string {
	return strings.NewReplacer("{t}", table, "{type}", strings.ReplaceAll(table, "_", "-")).Replace(`
		INSERT INTO changes (seq, type, id, version, op, actor, at, after, public, is_public_head)
		SELECT nextval('changes_seq'), '{type}', r.id, r.version, 'create', 'system:bench', r.updated_at,
		       {t}_snapshot(r.id) - '{version,updated_at,xact}'::text[], shown.public, CASE WHEN shown.public THEN true END
		FROM {t} r CROSS JOIN LATERAL (SELECT {t}_public(r.id) AS public) shown`)
}

// verify compares the loaded data with the results of the schema's triggers.
func verify(ctx context.Context, conn *pgx.Conn) error {
	checks := map[string]string{
		"a head for each record": `SELECT count(*) FROM attendees a LEFT JOIN changes c ON c.type = 'attendees' AND c.id = a.id AND c.is_head AND c.version = a.version WHERE c.id IS NULL`,
		"speakers are attendees": `SELECT count(*) FROM statements s LEFT JOIN attendees a ON a.id = s.attendee_id AND a.round_table_id = s.round_table_id AND a.person_key = s.person_key
			WHERE s.attendee_id IS NOT NULL AND a.id IS NULL`,
		"original texts": `SELECT count(*) FROM statements s WHERE NOT EXISTS (SELECT FROM statement_texts t WHERE t.statement_id = s.id AND t.original)`,
	}
	for _, t := range strings.Fields("round_table_topics organizers recommendations attendees attendee_roles attendee_affiliations statements statement_topics statement_people statement_organizations") {
		checks["copied dates of "+t] = "SELECT count(*) FROM " + t + " t LEFT JOIN round_tables r ON r.id = t.round_table_id AND r.starts_key = t.starts_key WHERE r.id IS NULL"
	}
	for what, sql := range checks {
		var wrong int64
		if err := conn.QueryRow(ctx, sql).Scan(&wrong); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if wrong != 0 {
			return fmt.Errorf("%d rows violate: %s", wrong, what)
		}
	}
	return nil
}

// speaker returns a function that prints progress to w. It is safe for concurrent use.
func speaker(w io.Writer) func(string, ...any) {
	var mu sync.Mutex
	began := time.Now()
	return func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, "%6.1fs  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
}
