package changes_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	writers      = 16
	transactions = 30 // of each writer
	shared       = 40 // records that all writers change
)

// load is what the writers did.
type load struct {
	db        *pgxpool.Pool
	topics    []int64
	committed atomic.Int64 // records changed by transactions that were committed: so many entries there must be
	rollbacks atomic.Int64
	deadlocks atomic.Int64
}

var errGivenUp = errors.New("given up")

func TestWhoFollowsTheLogLosesRepeatsAndInvertsNothing(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.URL(t), pg.Options{MaxConns: writers + 4})
	l := &load{db: db, topics: []int64{fixture.Topic(t, db), fixture.Topic(t, db)}}
	write(t, db, func(tx pgx.Tx) {
		exec(t, tx, `INSERT INTO round_tables (title, date_precision) SELECT jsonb_build_object('en', n::text), 'unknown' FROM generate_series(1, $1) n`, shared)
	})
	l.committed.Add(shared)
	elsewhere := holdElsewhere(t) // a transaction horizon would stand still because of it
	done := make(chan struct{})
	var all, followers sync.WaitGroup
	fromZero, fromExport := mirror{}, mirror{}
	followers.Go(func() { fromZero.follow(t, db, 0, done) })
	followers.Go(func() {
		start := fromExport.export(t, db, l)
		fromExport.follow(t, db, start, done)
	})
	for i := range writers {
		all.Go(func() { l.write(t, rand.New(rand.NewPCG(7, uint64(i)))) })
	}
	all.Wait()
	close(done)
	followers.Wait()
	elsewhere()

	tables := mirror{}
	tables.export(t, db, nil)
	for name, m := range map[string]mirror{"from the beginning": fromZero, "from an export": fromExport} {
		for _, id := range slices.Sorted(maps.Keys(tables)) {
			if !reflect.DeepEqual(m[id], tables[id]) {
				t.Errorf("%s, record %d: the mirror holds %v, the table %v", name, id, m[id], tables[id])
			}
		}
		if len(m) != len(tables) {
			t.Errorf("%s: the mirror holds %d records, the table %d", name, len(m), len(tables))
		}
	}
	entries := value[int64](t, db, "SELECT count(*) FROM changes WHERE type = 'round-tables'")
	if entries != l.committed.Load() {
		t.Errorf("%d entries for %d changes that were committed", entries, l.committed.Load())
	}
	if given := value[int64](t, db, "SELECT count(*) FROM changes WHERE after -> 'title' ->> 'en' LIKE '%given up%'"); given > 0 {
		t.Errorf("%d changes that were rolled back are in the log", given)
	}
	if l.rollbacks.Load() == 0 || entries < writers*transactions/2 {
		t.Errorf("the load was none: %d entries, %d rollbacks", entries, l.rollbacks.Load())
	}
	t.Logf("%d entries, %d rollbacks, %d deadlocks, %d records at the end", entries, l.rollbacks.Load(), l.deadlocks.Load(), len(tables))
}

// write runs the transactions of one writer: some think between their statements, some are slow to commit, one in
// twenty is given up.
func (l *load) write(t *testing.T, r *rand.Rand) {
	ctx := fixture.Context()
	var own []int64 // records that only this writer makes and deletes
	for range transactions {
		giveUp := r.IntN(20) == 0
		seed := r.Uint64()
		var changed, made, gone []int64
		err := changes.Write(ctx, l.db, changes.Options{}, func(tx pgx.Tx) (err error) {
			again := rand.New(rand.NewPCG(seed, 1)) // a retry does the same
			changed, made, gone, err = l.transaction(ctx, tx, again, own, giveUp)
			if err == nil && giveUp {
				err = errGivenUp
			}
			return err
		})
		switch {
		case errors.Is(err, errGivenUp):
			l.rollbacks.Add(1)
		case pg.IsCode(err, pg.DeadlockDetected):
			l.deadlocks.Add(1)
		case err != nil:
			t.Error(err)
			return
		default:
			l.committed.Add(int64(len(changed) + len(made) + len(gone)))
			own = slices.DeleteFunc(append(own, made...), func(id int64) bool { return slices.Contains(gone, id) })
		}
	}
}

// transaction changes a few records, ascending, makes one and deletes one, and says which.
func (l *load) transaction(ctx context.Context, tx pgx.Tx, r *rand.Rand, own []int64, giveUp bool) (changed, made, gone []int64, err error) {
	run := func(sql string, args ...any) int64 {
		if err != nil {
			return 0
		}
		tag, execErr := tx.Exec(ctx, sql, args...)
		err = execErr
		return tag.RowsAffected()
	}
	pause := func(one, ms int) {
		if r.IntN(one) == 0 {
			run("SELECT pg_sleep($1)", float64(r.IntN(ms))/1000)
		}
	}
	if r.IntN(3) == 0 {
		run("SELECT pg_current_xact_id()") // early in the order of transactions, late in that of commits
		pause(1, 8)
	}
	title := fmt.Sprint(r.Int64())
	if giveUp {
		title = "given up"
	}
	first := 1 + r.IntN(shared-3)
	for id := int64(first); id < int64(first+1+r.IntN(3)); id++ {
		if run(`UPDATE round_tables SET title = jsonb_build_object('en', $2::text), publication = $3 WHERE id = $1`, id, fmt.Sprint(title, id), []string{"draft", "published"}[r.IntN(2)]) == 0 {
			continue
		}
		changed = append(changed, id)
		switch r.IntN(3) {
		case 0: // parts
			run("DELETE FROM round_table_topics WHERE round_table_id = $1", id)
			run("INSERT INTO round_table_topics (round_table_id, topic_id, position) VALUES ($1, $2, 1)", id, l.topics[r.IntN(2)])
		case 1: // a date that parts carry
			run("UPDATE round_tables SET starts_on = make_date(2000 + $2, 1, 1), date_precision = 'year' WHERE id = $1", id, r.IntN(20))
		}
	}
	if r.IntN(4) == 0 && err == nil {
		var id int64
		err = tx.QueryRow(ctx, `INSERT INTO round_tables (title, date_precision) VALUES (jsonb_build_object('en', $1::text), 'unknown') RETURNING id`, title).Scan(&id)
		if r.IntN(4) == 0 {
			run("DELETE FROM round_tables WHERE id = $1", id) // made and deleted: no entry
		} else {
			made = append(made, id)
		}
	}
	if len(own) > 0 && r.IntN(6) == 0 {
		id := own[r.IntN(len(own))]
		if run("DELETE FROM round_tables WHERE id = $1", id) == 1 {
			gone = append(gone, id)
		}
	}
	if r.IntN(8) == 0 && len(changed) > 0 { // checked early: nothing may be locked after that, or it ends in a deadlock
		run("SET CONSTRAINTS ALL IMMEDIATE")
		run("UPDATE round_tables SET mode = 'hybrid' WHERE id = $1", changed[0])
	}
	pause(4, 20)
	return changed, made, gone, err
}

// mirror is a copy of the round tables: what each holds and its version.
type mirror map[int64]state

type state struct {
	version int64
	content content
}

// page is how many entries a follower reads at once.
const page = 37

// follow reads the log by cursor until the writers are done and nothing is left, and holds each entry against the mirror.
func (m mirror) follow(t *testing.T, db *pgxpool.Pool, cursor int64, done <-chan struct{}) {
	for {
		last := false
		select {
		case <-done:
			last = true
		default:
		}
		rows, err := db.Query(t.Context(), selectEntries+"WHERE seq > $1 ORDER BY seq LIMIT $2", cursor, page)
		if err != nil {
			t.Error(err)
			return
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[entry])
		if err != nil {
			t.Error(err)
			return
		}
		for _, e := range list {
			if e.Seq <= cursor {
				t.Errorf("entry %d came after %d", e.Seq, cursor)
			}
			cursor = e.Seq
			if e.Type == "round-tables" {
				m.apply(t, e)
			}
		}
		if last && len(list) == 0 {
			return
		}
		if len(list) < page { // leave the processor to the writers
			if _, err := db.Exec(t.Context(), "SELECT pg_sleep(0.002)"); err != nil {
				t.Error(err)
				return
			}
		}
	}
}

func (m mirror) apply(t *testing.T, e entry) {
	had, known := m[e.ID]
	if known == (e.Op == "create") {
		t.Errorf("entry %d: %s of record %d, which the mirror has: %v", e.Seq, e.Op, e.ID, known)
	}
	if e.Version != had.version+1 {
		t.Errorf("entry %d: record %d goes from version %d to %d", e.Seq, e.ID, had.version, e.Version)
	}
	if !reflect.DeepEqual(e.Before, had.content) {
		t.Errorf("entry %d: record %d was %v, the log says %v", e.Seq, e.ID, had.content, e.Before)
	}
	if e.Op == "delete" {
		delete(m, e.ID)
	} else {
		m[e.ID] = state{e.Version, e.After}
	}
}

// export fills the mirror from the tables, and gives the cursor of the snapshot; with a load it waits until there was one.
func (m mirror) export(t *testing.T, db *pgxpool.Pool, l *load) (cursor int64) {
	for l != nil && l.committed.Load() < shared+writers*transactions/4 {
		if _, err := db.Exec(t.Context(), "SELECT pg_sleep(0.005)"); err != nil {
			t.Error(err)
			return 0
		}
	}
	err := pgx.BeginTxFunc(t.Context(), db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), "SELECT id, version, round_tables_snapshot(id) - '{version,updated_at,xact}'::text[] FROM round_tables")
		if err != nil {
			return err
		}
		var id, version int64
		var snapshot content
		if _, err := pgx.ForEachRow(rows, []any{&id, &version, &snapshot}, func() error {
			m[id] = state{version, snapshot}
			snapshot = nil
			return nil
		}); err != nil {
			return err
		}
		return tx.QueryRow(t.Context(), "SELECT max(seq) FROM changes").Scan(&cursor)
	})
	if err != nil {
		t.Error(err)
	}
	return cursor
}

// holdElsewhere begins a transaction in another database of the server and gives what ends it.
func holdElsewhere(t *testing.T) func() {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dbtest.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	exec(t, tx, "SELECT pg_current_xact_id()")
	return func() {
		if err := errors.Join(tx.Rollback(t.Context()), conn.Close(t.Context())); err != nil {
			t.Error(err)
		}
	}
}

func TestAChangeIsSeenAtOnceWhileOtherTransactionsAreOpen(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	elsewhere := holdElsewhere(t)
	defer elsewhere()
	tx, err := db.Begin(t.Context()) // here, too, one that has written and not committed
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	exec(t, tx, insertRoundTable)
	cursor := value[int64](t, db, "SELECT max(seq) FROM changes")
	id := fixture.Topic(t, db)
	if seen := value[int64](t, db, "SELECT count(*) FROM changes WHERE seq > $1 AND id = $2", cursor, id); seen != 1 {
		t.Errorf("%d entries are seen", seen)
	}
}
