package sample_test

import (
	"context"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/sample"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func load(t *testing.T, db *pgxpool.Pool) sample.Report {
	t.Helper()
	r, err := sample.Load(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// loaded returns a database with the sample.
func loaded(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return dbtest.Filled(t, "sample", func(ctx context.Context, db *pgxpool.Pool) error {
		_, err := sample.Load(ctx, db)
		return err
	})
}

func count(t *testing.T, db *pgxpool.Pool, sql string, args ...any) (n int) {
	t.Helper()
	if err := db.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// The numbers were counted in the source records by hand.
func TestTheSampleContainsEverythingInTheSources(t *testing.T) {
	db := dbtest.New(t)
	began := time.Now()
	r := load(t, db)
	t.Logf("loaded in %s", time.Since(began))
	if r.Created != 43 || r.Skipped != 0 {
		t.Errorf("created %d and skipped %d events, want 43 and 0", r.Created, r.Skipped)
	}
	for _, c := range []struct {
		what, sql string
		want      int
	}{
		{"events", "SELECT count(*) FROM round_tables", 43},
		{"published events", "SELECT count(*) FROM round_tables WHERE publication = 'published'", 43},
		{"events of a day", "SELECT count(*) FROM round_tables WHERE date_precision = 'day'", 30},
		{"events of a month", "SELECT count(*) FROM round_tables WHERE date_precision = 'month' AND extract(day FROM starts_on) = 1", 4},
		{"events without a date", "SELECT count(*) FROM round_tables WHERE starts_on IS NULL AND date_precision = 'unknown'", 9},
		{"events of several days", "SELECT count(*) FROM round_tables WHERE ends_on > starts_on", 3},
		{"events with a place", "SELECT count(*) FROM round_tables WHERE place_id IS NOT NULL", 39},
		{"events in Astana under any of its names", "SELECT count(*) FROM round_tables r JOIN places p ON p.id = r.place_id WHERE p.name ->> 'en' = 'Astana'", 15},
		{"events of which no city is known", "SELECT count(*) FROM round_tables r JOIN places p ON p.id = r.place_id WHERE p.name ->> 'en' = 'Kazakhstan'", 16},
		{"online events", "SELECT count(*) FROM round_tables WHERE mode = 'online'", 5},
		{"organizers", "SELECT count(*) FROM organizers", 66},
		{"people who attended, counted by event", "SELECT count(*) FROM attendees WHERE person_id IS NOT NULL", 158},
		{"groups", "SELECT count(*) FROM attendees WHERE description IS NOT NULL", 35},
		{"attendees named only by their position", "SELECT count(*) FROM attendees a WHERE person_id IS NULL AND description IS NULL AND EXISTS (SELECT FROM attendee_affiliations f WHERE f.attendee_id = a.id)", 2},
		{"attendees of all kinds", "SELECT count(*) FROM attendees", 195},
		{"groups with a number", "SELECT count(*) FROM attendees WHERE group_size IS NOT NULL", 5},
		{"positions", "SELECT count(*) FROM attendee_affiliations", 192}, // 190, and the two of attendees named only by their position
		{"roles", "SELECT count(*) FROM attendee_roles", 166},
		{"statements", "SELECT count(*) FROM statements", 116},
		{"verbatim statements", "SELECT count(*) FROM statements WHERE kind = 'verbatim'", 33},
		{"paraphrases", "SELECT count(*) FROM statements WHERE kind = 'paraphrase'", 66},
		{"collective statements", "SELECT count(*) FROM statements WHERE kind = 'collective' AND attendee_id IS NULL AND attribution IS NOT NULL", 17},
		{"statements of one unnamed speaker", "SELECT count(*) FROM statements WHERE kind <> 'collective' AND attendee_id IS NULL", 2},
		{"topics of statements", "SELECT count(*) FROM statement_topics", 217},
		{"topics", "SELECT count(*) FROM topics", 39},
		{"mentions of people", "SELECT count(*) FROM statement_people", 16},
		{"mentions of organizations", "SELECT count(*) FROM statement_organizations", 23},
		{"mentions of places", "SELECT count(*) FROM statement_places", 54},
		{"mentions of documents", "SELECT count(*) FROM statement_documents", 10},
		{"proposals", "SELECT count(*) FROM recommendations WHERE status = 'proposed' AND statement_id IS NOT NULL", 9},
		{"documents", "SELECT count(*) FROM documents", 67}, // 24 and one report for each event
		{"reports of events", "SELECT count(DISTINCT round_table_id) FROM document_links l JOIN documents d ON d.id = l.document_id WHERE l.relation = 'source' AND d.url IS NOT NULL", 43},
		{"people", "SELECT count(*) FROM people", 126},
		{"organizations", "SELECT count(*) FROM organizations", 133}, // 131 and two that appear only as parents
		{"organizations within another", "SELECT count(*) FROM organizations WHERE parent_id IS NOT NULL", 21},
		{"organizations without a kind", "SELECT count(*) FROM organizations WHERE kind = 'other'", 11},
	} {
		if got := count(t, db, c.sql); got != c.want {
			t.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
}

func TestASecondLoadWritesNothing(t *testing.T) {
	db := loaded(t)
	head := count(t, db, "SELECT max(seq) FROM changes")
	r := load(t, db)
	if r.Created != 0 || r.Skipped != 43 || len(r.Counts) != 0 {
		t.Errorf("the second load: %+v", r)
	}
	if got := count(t, db, "SELECT max(seq) FROM changes"); got != head {
		t.Errorf("the log went from %d to %d", head, got)
	}
}

func TestALoadDoesNotChangeEditedOrDeletedEvents(t *testing.T) {
	db := loaded(t)
	ctx := actor.With(context.Background(), actor.System("operator"))
	const own = "(SELECT id FROM round_tables WHERE external_ids @> '{kaziss:2021-09-30-taliban-government-round-table}')"
	err := changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error {
		for _, sql := range []string{
			"UPDATE round_tables SET title = '{\"en\": \"Renamed\"}', external_ids = '{}' WHERE external_ids @> '{kaziss:2020-02-27-ethnic-policy-round-table}'",
			"DELETE FROM organizers WHERE round_table_id = " + own,
			"DELETE FROM round_tables WHERE id = " + own,
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	head := count(t, db, "SELECT max(seq) FROM changes")
	if r := load(t, db); r.Created != 0 || r.Skipped != 43 {
		t.Errorf("the load after the edits: %+v", r)
	}
	if got := count(t, db, "SELECT max(seq) FROM changes"); got != head {
		t.Errorf("the log went from %d to %d", head, got)
	}
}

func TestConcurrentLoadsWriteTheEventsOnce(t *testing.T) {
	db := dbtest.New(t)
	type outcome struct {
		sample.Report
		err error
	}
	done := make(chan outcome, 2)
	for range 2 {
		go func() {
			r, err := sample.Load(context.Background(), db)
			done <- outcome{r, err}
		}()
	}
	a, b := <-done, <-done
	if a.err != nil || b.err != nil || a.Created+b.Created != 43 || a.Skipped+b.Skipped != 43 {
		t.Errorf("%+v and %+v", a, b)
	}
	if n := count(t, db, "SELECT count(*) FROM round_tables"); n != 43 {
		t.Errorf("%d events", n)
	}
}
