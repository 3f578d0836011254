package changes_test

import (
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

const insertRoundTable = `INSERT INTO round_tables (title, date_precision, starts_on) VALUES ('{"en": "Dialogue"}', 'day', '2020-02-27') RETURNING id`

func TestAnUpdateThatChangesNothingLeavesNoTrace(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Topic(t, db)
	before := value[string](t, db, "SELECT t::text FROM topics t WHERE id = $1", id)
	write(t, db, func(tx pgx.Tx) {
		exec(t, tx, "UPDATE topics SET label = label, description = description WHERE id = $1", id)
		exec(t, tx, "UPDATE topics SET version = 9, updated_at = '2001-01-01' WHERE id = $1", id)
	})
	if after := value[string](t, db, "SELECT t::text FROM topics t WHERE id = $1", id); after != before {
		t.Errorf("the row changed from\n%s to\n%s", before, after)
	}
	if list := logOf(t, db, "topics", id); ops(list) != "create 1" {
		t.Error(ops(list))
	}
}

func TestATransactionGivesARecordOneVersionAndOneEntry(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	var id int64
	write(t, db, func(tx pgx.Tx) {
		id = value[int64](t, tx, insertRoundTable)
		exec(t, tx, `UPDATE round_tables SET title = '{"en": "Dialogue of cultures"}' WHERE id = $1`, id)
	})
	write(t, db, func(tx pgx.Tx) {
		exec(t, tx, "UPDATE round_tables SET starts_on = '2020-02-28' WHERE id = $1", id)
		exec(t, tx, "UPDATE round_tables SET format = 'forum' WHERE id = $1", id)
		exec(t, tx, "UPDATE round_tables SET format = 'forum', mode = 'hybrid' WHERE id = $1", id)
	})
	list := logOf(t, db, "round-tables", id)
	if ops(list) != "create 1, update 2" {
		t.Fatal(ops(list))
	}
	created, updated := list[0], list[1]
	if created.Before != nil || created.After["title"].(map[string]any)["en"] != "Dialogue of cultures" || created.After["starts_on"] != "2020-02-27" {
		t.Errorf("the creation stands as %v -> %v", created.Before, created.After)
	}
	if updated.Before["starts_on"] != "2020-02-27" || updated.After["starts_on"] != "2020-02-28" || updated.After["format"] != "forum" || updated.After["mode"] != "hybrid" {
		t.Errorf("the change stands as %v -> %v", updated.Before, updated.After)
	}
	for _, bookkeeping := range []string{"version", "updated_at", "xact", "search", "starts_key", "title_sort"} {
		if _, ok := updated.After[bookkeeping]; ok {
			t.Errorf("%s stands in the log as content", bookkeeping)
		}
	}
}

func TestConstraintsCheckedInTheMiddleStillGiveOneEntry(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	kept, dropped := int64(0), int64(0)
	write(t, db, func(tx pgx.Tx) {
		kept, dropped = value[int64](t, tx, insertRoundTable), value[int64](t, tx, insertRoundTable)
		exec(t, tx, "SET CONSTRAINTS ALL IMMEDIATE")
		exec(t, tx, "UPDATE round_tables SET format = 'forum' WHERE id = $1", kept)
		exec(t, tx, "DELETE FROM round_tables WHERE id = $1", dropped)
	})
	if list := logOf(t, db, "round-tables", kept); ops(list) != "create 1" || list[0].After["format"] != "forum" {
		t.Error(list)
	}
	if list := logOf(t, db, "round-tables", dropped); len(list) != 0 {
		t.Error(ops(list))
	}
	topic := fixture.Topic(t, db)
	write(t, db, func(tx pgx.Tx) {
		exec(t, tx, "SET CONSTRAINTS ALL IMMEDIATE")
		exec(t, tx, "UPDATE round_tables SET format = 'hearing' WHERE id = $1", kept)
		exec(t, tx, "INSERT INTO round_table_topics (round_table_id, topic_id, position) VALUES ($1, $2, 1)", kept, topic)
		exec(t, tx, "UPDATE round_tables SET format = 'meeting' WHERE id = $1", kept)
	})
	list := logOf(t, db, "round-tables", kept)
	if ops(list) != "create 1, update 2" || list[1].Before["format"] != "forum" || list[1].After["format"] != "meeting" || len(list[1].After["topic_ids"].([]any)) != 1 {
		t.Error(list)
	}
}

func TestWhatATransactionMakesAndDeletesWasNeverThere(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	var id int64
	write(t, db, func(tx pgx.Tx) {
		id = value[int64](t, tx, insertRoundTable)
		exec(t, tx, "DELETE FROM round_tables WHERE id = $1", id)
	})
	if list := logOf(t, db, "round-tables", id); len(list) != 0 {
		t.Error(ops(list))
	}
}

func TestADeletionIsTheLastVersionOfARecord(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Topic(t, db)
	write(t, db, func(tx pgx.Tx) {
		exec(t, tx, `UPDATE topics SET label = '{"en": "Water"}' WHERE id = $1`, id)
		exec(t, tx, "DELETE FROM topics WHERE id = $1", id)
	})
	list := logOf(t, db, "topics", id)
	if ops(list) != "create 1, delete 2" || list[1].After != nil || list[1].Before == nil || !list[1].Public {
		t.Error(list)
	}
}

func TestADeletedRecordComesBackOnlyWithAHigherVersion(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Topic(t, db)
	write(t, db, func(tx pgx.Tx) { exec(t, tx, "DELETE FROM topics WHERE id = $1", id) })
	again := func(version int64) error {
		return changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO topics (id, label, version) VALUES ($1, '{"en": "Water"}', $2)`, id, version)
			return err
		})
	}
	for _, version := range []int64{1, 2} {
		if err := again(version); !pg.IsCode(err, pg.CheckViolation) {
			t.Errorf("version %d: %v", version, err)
		}
	}
	if err := again(3); err != nil {
		t.Fatal(err)
	}
	if list := logOf(t, db, "topics", id); ops(list) != "create 1, delete 2, create 3" || list[2].Before != nil {
		t.Error(list)
	}
	// Deleted and made again at once, a record must not fall back to its first version either.
	err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
		exec(t, tx, "DELETE FROM topics WHERE id = $1", id)
		exec(t, tx, `INSERT INTO topics (id, label) VALUES ($1, '{"en": "Water and more"}')`, id)
		return nil
	})
	if !pg.IsCode(err, pg.CheckViolation) {
		t.Error(err)
	}
}

func TestAnIDNeverChanges(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Topic(t, db)
	if _, err := db.Exec(t.Context(), "UPDATE topics SET id = id + 1000 WHERE id = $1", id); !pg.IsCode(err, pg.CheckViolation) {
		t.Error(err)
	}
}

func TestAChangeOfAPartIsAChangeOfItsRecord(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := value[int64](t, db, insertRoundTable)
	water, land := fixture.Topic(t, db), fixture.Topic(t, db)
	steps := []struct {
		sql  string
		args []any
		want int64 // version after it
	}{
		{"INSERT INTO round_table_topics (round_table_id, topic_id, position) VALUES ($1, $2, 1), ($1, $3, 2)", []any{id, water, land}, 2},
		{"UPDATE round_table_topics SET position = 3 - position WHERE round_table_id = $1", []any{id}, 3},
		{"UPDATE round_table_topics SET position = position WHERE round_table_id = $1", []any{id}, 3},
		{"DELETE FROM round_table_topics WHERE round_table_id = $1 AND topic_id = $2", []any{id, water}, 4},
		{"DELETE FROM round_table_topics WHERE round_table_id = $1 AND topic_id = $2", []any{id, water}, 4},
		{"INSERT INTO round_table_topics (round_table_id, topic_id, position) VALUES ($1, $2, 1)", []any{id, water}, 5},
	}
	for _, s := range steps {
		write(t, db, func(tx pgx.Tx) { exec(t, tx, s.sql, s.args...) })
		if version := value[int64](t, db, "SELECT version FROM round_tables WHERE id = $1", id); version != s.want {
			t.Errorf("%s: version %d, want %d", s.sql, version, s.want)
		}
	}
	// Replaced by the same: the record is touched, but what the log compares is content.
	write(t, db, func(tx pgx.Tx) {
		exec(t, tx, "DELETE FROM round_table_topics WHERE round_table_id = $1", id)
		exec(t, tx, "INSERT INTO round_table_topics (round_table_id, topic_id, position) VALUES ($1, $2, 1), ($1, $3, 2)", id, water, land)
	})
	list := logOf(t, db, "round-tables", id)
	last := list[len(list)-1]
	if topics := last.After["topic_ids"].([]any); len(topics) != 2 || topics[0] != float64(water) || topics[1] != float64(land) {
		t.Errorf("the topics stand in the log as %v", topics)
	}
	for i, e := range list {
		if e.Version != int64(i+1) {
			t.Errorf("entry %d has version %d", i+1, e.Version)
		}
	}
}

func TestADateThatPartsCarryIsNoChangeOfTheirs(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx := t.Context()
	id, topic := value[int64](t, db, insertRoundTable), fixture.Topic(t, db)
	var organizer int64
	write(t, db, func(tx pgx.Tx) {
		organization := value[int64](t, tx, `INSERT INTO organizations (name) VALUES ('{"en": "Institute"}') RETURNING id`)
		organizer = value[int64](t, tx, "INSERT INTO organizers (round_table_id, organization_id, position) VALUES ($1, $2, 1) RETURNING id", id, organization)
		exec(t, tx, "INSERT INTO round_table_topics (round_table_id, topic_id, position) VALUES ($1, $2, 1)", id, topic)
	})
	updated := value[time.Time](t, db, "SELECT updated_at FROM organizers WHERE id = $1", organizer)
	write(t, db, func(tx pgx.Tx) {
		if _, err := tx.Exec(ctx, "UPDATE round_tables SET starts_on = '2021-03-01' WHERE id = $1", id); err != nil {
			t.Fatal(err)
		}
	})
	if key := value[int64](t, db, "SELECT starts_key FROM organizers WHERE id = $1", organizer); key != 20210301 {
		t.Errorf("the organizer carries %d", key)
	}
	if list := logOf(t, db, "organizers", organizer); ops(list) != "create 1" {
		t.Error(ops(list))
	}
	if now := value[time.Time](t, db, "SELECT updated_at FROM organizers WHERE id = $1", organizer); !now.Equal(updated) {
		t.Errorf("updated_at moved from %v to %v", updated, now)
	}
	if list := logOf(t, db, "round-tables", id); ops(list) != "create 1, update 2, update 3" {
		t.Error(ops(list))
	}
}

func TestWhatIsRolledBackIsNotInTheLog(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Topic(t, db)
	write(t, db, func(tx pgx.Tx) {
		exec(t, tx, "SAVEPOINT a")
		exec(t, tx, `UPDATE topics SET label = '{"en": "given up"}' WHERE id = $1`, id)
		exec(t, tx, "ROLLBACK TO a")
	})
	if list := logOf(t, db, "topics", id); ops(list) != "create 1" {
		t.Error(ops(list))
	}
	write(t, db, func(tx pgx.Tx) {
		exec(t, tx, "SAVEPOINT a")
		exec(t, tx, `UPDATE topics SET label = '{"en": "given up"}' WHERE id = $1`, id)
		exec(t, tx, "ROLLBACK TO a")
		exec(t, tx, `UPDATE topics SET label = '{"en": "kept"}' WHERE id = $1`, id)
	})
	if list := logOf(t, db, "topics", id); ops(list) != "create 1, update 2" || list[1].After["label"].(map[string]any)["en"] != "kept" {
		t.Error(list)
	}
}

func TestTheLogNamesWhoAndWhy(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Topic(t, db)
	key := actor.With(t.Context(), actor.Actor{KeyID: 7, Name: "O'Brien's dashboard"})
	err := changes.Write(key, db, changes.Options{Reason: "'); DROP TABLE topics; --"}, func(tx pgx.Tx) error {
		_, err := tx.Exec(key, `UPDATE topics SET label = '{"en": "Water"}' WHERE id = $1`, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, `UPDATE topics SET label = '{"en": "Land"}' WHERE id = $1`, id) // by hand
	list := logOf(t, db, "topics", id)
	if list[0].Actor != "system:test" || list[0].Reason != nil {
		t.Errorf("created by %s because %v", list[0].Actor, list[0].Reason)
	}
	if list[1].Actor != "key:7" || list[1].Reason == nil || *list[1].Reason != "'); DROP TABLE topics; --" {
		t.Errorf("changed by %s because %v", list[1].Actor, list[1].Reason)
	}
	if user := value[string](t, db, "SELECT session_user"); list[2].Actor != "database:"+user || list[2].Reason != nil {
		t.Errorf("changed by hand by %s because %v", list[2].Actor, list[2].Reason)
	}
	odd := actor.With(t.Context(), actor.System("o'clock"))
	if err := changes.Write(odd, db, changes.Options{}, func(tx pgx.Tx) error { exec(t, tx, "DELETE FROM topics WHERE id = $1", id); return nil }); err != nil {
		t.Fatal(err)
	}
	if list := logOf(t, db, "topics", id); list[3].Actor != "system:o'clock" {
		t.Errorf("deleted by %s", list[3].Actor)
	}
}

func TestTheLogIsOnlyWrittenByItsTriggers(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	fixture.Topic(t, db)
	for _, sql := range []string{
		"UPDATE changes SET actor = 'nobody'",
		"DELETE FROM changes",
		"INSERT INTO changes (seq, type, id, version, op, actor, public) VALUES (nextval('changes_seq'), 'topics', 900, 1, 'create', 'nobody', true)",
		"TRUNCATE changes",
	} {
		if _, err := db.Exec(t.Context(), sql); !pg.IsCode(err, "55000") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestTheLogKeepsWhetherARecordCouldBeSeen(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := value[int64](t, db, insertRoundTable)
	for _, publication := range []string{"published", "withdrawn", "published"} {
		exec(t, db, "UPDATE round_tables SET publication = $2 WHERE id = $1", id, publication)
	}
	exec(t, db, "DELETE FROM round_tables WHERE id = $1", id)
	want := []bool{false, true, false, true, true} // a deletion: whether it could be seen before
	for i, e := range logOf(t, db, "round-tables", id) {
		if e.Public != want[i] {
			t.Errorf("%s %d: public is %v", e.Op, e.Version, e.Public)
		}
	}
}

// After a restore, transaction numbers start again: one may be that of an old entry of the record.
func TestARepeatedTransactionNumberMergesNothing(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Topic(t, db)
	exec(t, db, "ALTER TABLE changes DISABLE TRIGGER changes_append_only")
	write(t, db, func(tx pgx.Tx) {
		exec(t, tx, "UPDATE changes SET xact = pg_current_xact_id(), at = at - interval '1 day' WHERE type = 'topics' AND id = $1", id)
		exec(t, tx, "ALTER TABLE changes ENABLE TRIGGER changes_append_only")
		exec(t, tx, `UPDATE topics SET label = '{"en": "Water"}' WHERE id = $1`, id)
	})
	if list := logOf(t, db, "topics", id); ops(list) != "create 1, update 2" {
		t.Error(ops(list))
	}
}
