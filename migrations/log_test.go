package migrations_test

import (
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/migrations"
)

func TestRevertingATableRemovesItFromTheLogAndInvalidatesCursors(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), dbtest.Empty(t)
	r := runner(t, migrations.FS, url, migrations.Options{})
	if _, err := r.Up(ctx); err != nil {
		t.Fatal(err)
	}
	exec(t, url, `
		INSERT INTO topics (label) VALUES ('{"en": "Water"}');
		INSERT INTO round_tables (title, date_precision) VALUES ('{"en": "Dialogue"}', 'unknown');
		INSERT INTO round_table_topics (round_table_id, topic_id, position) SELECT r.id, t.id, 1 FROM round_tables r, topics t`)
	const types = "SELECT array_agg(DISTINCT type ORDER BY type)::text FROM changes"
	if got := value[string](t, url, types); got != "{roles,round-tables,topics}" {
		t.Fatal(got)
	}
	epoch := value[string](t, url, "SELECT epoch FROM registry")
	if _, err := r.Goto(ctx, 4); err != nil { // before round tables
		t.Fatal(err)
	}
	if got := value[string](t, url, types); got != "{roles,topics}" {
		t.Errorf("the log still contains %s", got)
	}
	if value[string](t, url, "SELECT epoch FROM registry") == epoch {
		t.Error("the epoch is the same")
	}
	if _, err := r.Up(ctx); err != nil {
		t.Fatal(err)
	}
	exec(t, url, `INSERT INTO round_tables (title, date_precision) VALUES ('{"en": "Dialogue"}', 'unknown')`) // id 1 again
}
