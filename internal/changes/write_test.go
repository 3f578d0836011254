package changes_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

const insertTopic = `INSERT INTO topics (label) VALUES (jsonb_build_object('en', $1::text))`

func topicsCalled(t testing.TB, db pg.DB, label string) int64 {
	t.Helper()
	return value[int64](t, db, "SELECT count(*) FROM topics WHERE label ->> 'en' = $1", label)
}

// codeOf is the code of the error for the client, "" when it is none.
func codeOf(err error) string {
	var e *apperr.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestWriteKeepsAllOrNothing(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	broken := errors.New("broken")
	err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
		exec(t, tx, insertTopic, "half")
		return broken
	})
	if !errors.Is(err, broken) || topicsCalled(t, db, "half") != 0 {
		t.Errorf("%v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
			exec(t, tx, insertTopic, "half")
			panic("no")
		})
	}()
	if topicsCalled(t, db, "half") != 0 || db.Stat().AcquiredConns() != 0 {
		t.Error("a panic left something behind")
	}
}

func TestADryRunChecksEverythingAndKeepsNothing(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	dry := changes.Options{DryRun: true}
	err := changes.Write(fixture.Context(), db, dry, func(tx pgx.Tx) error {
		exec(t, tx, insertTopic, "dry")
		return nil
	})
	if err != nil || topicsCalled(t, db, "dry") != 0 || value[int64](t, db, "SELECT count(*) FROM changes WHERE type = 'topics'") != 0 {
		t.Error(err)
	}
	roundTable := value[int64](t, db, insertRoundTable)
	statement := func(tx pgx.Tx) error { // without its text, which is noticed at commit
		exec(t, tx, "INSERT INTO statements (round_table_id, sequence) VALUES ($1, 1)", roundTable)
		return nil
	}
	for _, o := range []changes.Options{dry, {}} {
		if err := changes.Write(fixture.Context(), db, o, statement); !apperr.IsKind(err, apperr.Invalid) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if n := value[int64](t, db, "SELECT count(*) FROM statements"); n != 0 {
		t.Errorf("%d statements", n)
	}
}

func TestOnlyConflictsOfTransactionsAreRetried(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for name, c := range map[string]struct {
		sqlstate     string
		failures     int
		wantRuns     int
		wantCode     string
		wantRejected bool
	}{
		"one serialization failure":   {pg.SerializationFailed, 1, 2, "", false},
		"two deadlocks":               {pg.DeadlockDetected, 2, 3, "", false},
		"deadlocks without end":       {pg.DeadlockDetected, 9, 3, "locked", true},
		"a lock that is not free":     {pg.LockNotAvailable, 9, 1, "locked", true},
		"a violation of a rule":       {pg.CheckViolation, 9, 1, "validation_failed", true},
		"a query that was broken off": {pg.QueryCanceled, 9, 1, "query_timeout", true},
		"a fault of the statement":    {"42703", 9, 1, "", true},
	} {
		runs := 0
		err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
			runs++
			exec(t, tx, insertTopic, name)
			if runs > c.failures {
				return nil
			}
			_, err := tx.Exec(t.Context(), "DO $$ BEGIN RAISE 'no' USING ERRCODE = '"+c.sqlstate+"'; END $$")
			return err
		})
		if (err != nil) != c.wantRejected || codeOf(err) != c.wantCode || runs != c.wantRuns {
			t.Errorf("%s: %v (code %q) after %d runs, want code %q after %d", name, err, codeOf(err), runs, c.wantCode, c.wantRuns)
		}
		want := int64(1)
		if c.wantRejected {
			want = 0
		}
		if n := topicsCalled(t, db, name); n != want {
			t.Errorf("%s: %d topics, want %d", name, n, want)
		}
	}
}

func TestTwoWritesInADeadlockBothSucceed(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a, b := fixture.Topic(t, db), fixture.Topic(t, db)
	var both, all sync.WaitGroup
	both.Add(2)
	errs, runs := make([]error, 2), make([]int, 2)
	for i, order := range [][]int64{{a, b}, {b, a}} {
		all.Go(func() {
			errs[i] = changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
				runs[i]++
				for n, id := range order {
					if _, err := tx.Exec(t.Context(), "UPDATE topics SET description = jsonb_build_object('en', coalesce(description ->> 'en', '') || $2::text) WHERE id = $1", id, "x"); err != nil {
						return err
					}
					if n == 0 && runs[i] == 1 { // each holds what the other wants next
						both.Done()
						both.Wait()
					}
				}
				return nil
			})
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if runs[0]+runs[1] < 3 {
		t.Errorf("%v runs: there was no deadlock", runs)
	}
	for _, id := range []int64{a, b} {
		if got := value[string](t, db, "SELECT description ->> 'en' FROM topics WHERE id = $1", id); got != "xx" {
			t.Errorf("topic %d: %q", id, got)
		}
	}
}

func TestAWriteWhoseTimeIsOverBeforeCommitKeepsNothing(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx, cancel := context.WithCancel(fixture.Context())
	err := changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error {
		exec(t, tx, insertTopic, "late")
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || codeOf(err) != "" || topicsCalled(t, db, "late") != 0 {
		t.Errorf("%v", err)
	}
}

func TestWhatIsMissingIsToldApart(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	public := actor.With(t.Context(), actor.Actor{})
	deleted := func(publication string) int64 {
		id := value[int64](t, db, insertRoundTable)
		exec(t, db, "UPDATE round_tables SET publication = $2 WHERE id = $1", id, publication)
		exec(t, db, "DELETE FROM round_tables WHERE id = $1", id)
		return id
	}
	published, draft := deleted("published"), deleted("draft")
	for name, c := range map[string]struct {
		ctx  context.Context
		id   int64
		want apperr.Kind
	}{
		"published, deleted, for anyone":    {public, published, apperr.Gone},
		"a draft, deleted, for anyone":      {public, draft, apperr.NotFound},
		"a draft, deleted, for who sees it": {fixture.Context(), draft, apperr.Gone},
		"never there":                       {fixture.Context(), 900, apperr.NotFound},
	} {
		err := changes.Missing(c.ctx, db, "round-tables", c.id)
		if !apperr.IsKind(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		var e *apperr.Error
		if errors.As(err, &e) && (c.want == apperr.Gone) != (e.Extra["deleted_at"] != nil) {
			t.Errorf("%s: %v", name, e.Extra)
		}
		if _, err := changes.Lock(c.ctx, db, "round_tables", "round-tables", c.id); !apperr.IsKind(err, c.want) {
			t.Errorf("lock what is %s: %v", name, err)
		}
	}
	id := value[int64](t, db, insertRoundTable)
	exec(t, db, "UPDATE round_tables SET format = 'forum' WHERE id = $1", id)
	if version, err := changes.Lock(t.Context(), db, "round_tables", "round-tables", id); err != nil || version != 2 {
		t.Errorf("version %d, %v", version, err)
	}
}

func TestDeletingWhatIsReferredToListsByWhatAndLeavesTheTransactionWhole(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	parent := fixture.Topic(t, db)
	roundTable := value[int64](t, db, insertRoundTable)
	exec(t, db, "INSERT INTO topics (label, parent_id) VALUES ('{\"en\": \"a\"}', $1), ('{\"en\": \"b\"}', $1)", parent)
	exec(t, db, "INSERT INTO round_table_topics (round_table_id, topic_id, position) VALUES ($1, $2, 1)", roundTable, parent)
	write(t, db, func(tx pgx.Tx) {
		err := changes.Delete(t.Context(), tx, "topics", parent)
		var e *apperr.Error
		if !errors.As(err, &e) || e.Kind != apperr.Conflict || e.Code != "in_use" {
			t.Fatal(err)
		}
		if counts := e.Extra["referenced_by"].(map[string]int64); len(counts) != 2 || counts["topics"] != 2 || counts["round-tables"] != 1 {
			t.Errorf("referenced by %v", counts)
		}
		exec(t, tx, "DELETE FROM round_table_topics WHERE topic_id = $1", parent)
		exec(t, tx, "DELETE FROM topics WHERE parent_id = $1", parent)
		if err := changes.Delete(t.Context(), tx, "topics", parent); err != nil {
			t.Error(err)
		}
	})
	if list := logOf(t, db, "topics", parent); !strings.HasSuffix(ops(list), "delete 2") {
		t.Error(ops(list))
	}
}
