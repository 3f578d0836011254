package roundtable_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// planner runs what a list sends, and keeps the plan of its last statement.
type planner struct {
	pg.DB
	plan string
}

func (p *planner) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	q := b.QueuedQueries[len(b.QueuedQueries)-1]
	rows, err := p.Query(ctx, "EXPLAIN (COSTS OFF) "+q.SQL, q.Arguments...)
	if err != nil {
		p.plan = err.Error()
		return p.DB.SendBatch(ctx, b)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		p.plan = err.Error()
	} else {
		p.plan = strings.Join(lines, "\n")
	}
	return p.DB.SendBatch(ctx, b)
}

// manyEvents has 3,000 round tables: one organizer holds half of them, and nine of ten attendees speak.
func manyEvents(t *testing.T) *pgxpool.Pool {
	t.Helper()
	db := dbtest.New(t)
	tables := []string{"organizations", "people", "round_tables", "organizers", "attendees", "attendee_roles", "attendee_affiliations", "statements"}
	for _, table := range tables { // the log would take most of the time, and no plan depends on it
		exec(t, db, "ALTER TABLE "+table+" DISABLE TRIGGER USER")
	}
	for _, sql := range []string{
		`INSERT INTO organizations (name) SELECT jsonb_build_object('en', 'Institute ' || i) FROM generate_series(1, 100) i`,
		`INSERT INTO people (name) SELECT jsonb_build_object('en', 'Person ' || i) FROM generate_series(1, 1000) i`,
		`INSERT INTO round_tables (title, starts_on, publication) SELECT jsonb_build_object('en', 'Event ' || i), '2000-01-01'::date + i % 2000,
			CASE WHEN i % 20 = 0 THEN 'draft' ELSE 'published' END FROM generate_series(1, 3000) i`,
		`INSERT INTO organizers (round_table_id, organization_id, position, starts_key) SELECT id, CASE WHEN id % 2 = 0 THEN 1 ELSE 2 + id % 99 END, 1, starts_key FROM round_tables`,
		`INSERT INTO attendees (round_table_id, person_id, position, starts_key) SELECT id, 1 + (id * 7 + i * 97) % 1000, i, starts_key FROM round_tables, generate_series(1, 10) i`,
		`INSERT INTO attendee_roles (attendee_id, role, position, round_table_id, starts_key) SELECT id, CASE position WHEN 1 THEN 'moderator' ELSE 'speaker' END, 1, round_table_id, starts_key FROM attendees`,
		`INSERT INTO attendee_affiliations (attendee_id, organization_id, position, round_table_id, starts_key) SELECT id, 1 + id % 100, 1, round_table_id, starts_key FROM attendees`,
		`INSERT INTO statements (round_table_id, attendee_id, sequence, person_key, starts_key) SELECT round_table_id, id, position, person_key, starts_key FROM attendees`,
	} {
		exec(t, db, sql)
	}
	for _, table := range tables {
		exec(t, db, "VACUUM ANALYZE "+table)
	}
	return db
}

func exec(t *testing.T, db pg.DB, sql string) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// A page of the newest can be read in the order of an index, whatever filters it, and its counts from indexes: what it
// costs need not grow with the registry. So few rows are cheaper to sort, hence the settings.
func TestPagesOfTheNewestAreReadInTheOrderOfAnIndex(t *testing.T) {
	t.Parallel()
	conn, err := manyEvents(t).Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	for _, setting := range []string{"enable_seqscan", "enable_sort", "enable_hashagg", "enable_bitmapscan"} {
		exec(t, conn, "SET "+setting+" = off")
	}
	sorted := regexp.MustCompile(`(?m)^ *(-> +)?(Incremental )?Sort$`)
	readWhole := regexp.MustCompile(`Seq Scan on (round_tables|organizers|attendees|attendee_roles|attendee_affiliations|statements)\b`)
	for name, c := range map[string]struct {
		filter  roundtable.Filter
		indexes []string
	}{
		"all":                  {roundtable.Filter{}, []string{"Index Scan Backward using round_tables_publication_idx"}},
		"of a kind":            {roundtable.Filter{Format: []string{"round_table"}}, []string{"Index Scan Backward using round_tables_format_idx"}},
		"of a big organizer":   {roundtable.Filter{Organizer: []int64{1}}, []string{"Index Only Scan Backward using organizers_organization_id_idx"}},
		"with a frequent role": {roundtable.Filter{Role: []string{"speaker"}}, []string{"Index Only Scan Backward using attendee_roles_role_round_idx"}},
		"of an organization": {roundtable.Filter{Organization: []int64{1}}, []string{"Merge Append", "Index Only Scan Backward using organizers_organization_id_idx",
			"Index Only Scan Backward using attendee_affiliations_organization_round_idx", "Index Only Scan Backward using attendees_organization_round_idx"}},
	} {
		p := &planner{DB: conn}
		if _, err := roundtable.List(context.Background(), p, c.filter); err != nil {
			t.Fatal(err)
		}
		page, counts, _ := strings.Cut(p.plan, "SubPlan 1")
		for _, index := range c.indexes {
			if !strings.Contains(page, index) {
				t.Errorf("%s: want %s:\n%s", name, index, p.plan)
			}
		}
		if sorted.MatchString(page) || readWhole.MatchString(p.plan) {
			t.Errorf("%s: a sort, or a table that is read whole:\n%s", name, p.plan)
		}
		for _, table := range []string{"organizers", "attendees", "attendee_roles", "statements", "recommendations"} {
			if !regexp.MustCompile(`Index Only Scan using \w+ on ` + table + ` `).MatchString(counts) {
				t.Errorf("%s: %s are not counted from an index alone:\n%s", name, table, p.plan)
			}
		}
	}
}
