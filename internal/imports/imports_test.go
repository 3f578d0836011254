package imports_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"

	"roundtables.kz/registry/api"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func write(t *testing.T, db *pgxpool.Pool, f func(ctx context.Context, tx pgx.Tx) error) error {
	t.Helper()
	ctx := fixture.Context()
	return changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error { return f(ctx, tx) })
}

// keep stores an import of topics whose rows are written by f.
func keep(t *testing.T, db *pgxpool.Pool, head imports.Head, f func(ctx context.Context, tx pgx.Tx) error) (stored imports.Import) {
	t.Helper()
	if err := write(t, db, func(ctx context.Context, tx pgx.Tx) error {
		before, err := changes.ReadHead(ctx, tx)
		if err != nil {
			return err
		}
		if err := f(ctx, tx); err != nil {
			return err
		}
		stored, err = imports.Keep(ctx, tx, head, []imports.Row{{Line: 2, Action: imports.Created}}, before.Seq)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return stored
}

func revert(t *testing.T, db *pgxpool.Pool, id int64) (reverted imports.Import, err error) {
	t.Helper()
	err = write(t, db, func(ctx context.Context, tx pgx.Tx) (err error) {
		reverted, err = imports.Revert(ctx, tx, api.Kinds(), id)
		return err
	})
	return reverted, err
}

func nothing(context.Context, pgx.Tx) error { return nil }

func headOf(file string) imports.Head {
	return imports.Head{Collection: "topics", Format: "csv", SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(file))), OnError: "abort"}
}

func code(err error) string {
	var e *apperr.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return fmt.Sprint(err)
}

// labels gives the labels of all topics with their versions, in the order of ids.
func labels(t *testing.T, db *pgxpool.Pool) string {
	t.Helper()
	var all *string
	if err := db.QueryRow(t.Context(), "SELECT string_agg(concat(label ->> 'en', ' ', version), ', ' ORDER BY id) FROM topics").Scan(&all); err != nil {
		t.Fatal(err)
	}
	if all == nil {
		return ""
	}
	return *all
}

func addTopic(ctx context.Context, tx pgx.Tx, label string, parent *int64) int64 {
	id, err := topic.Create(ctx, tx, topic.Input{Label: text.Map{"en": label}, ParentID: parent})
	if err != nil {
		panic(err)
	}
	return id
}

func TestRowsAreCountedByAction(t *testing.T) {
	t.Parallel()
	var c imports.Counts
	for _, action := range []string{imports.Created, imports.Created, imports.Updated, imports.Unchanged, imports.Failed} {
		c.Add(action)
	}
	if c != (imports.Counts{Created: 2, Updated: 1, Unchanged: 1, Failed: 1}) {
		t.Errorf("%+v", c)
	}
}

func TestAStoredImportIsReadBackUnchanged(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	h := headOf("a")
	h.Counts, h.Ignored = imports.Counts{Created: 1, Updated: 2, Unchanged: 3, Failed: 4}, []string{"areas"}
	stored := keep(t, db, h, nothing)
	got, err := imports.Get(t.Context(), db, stored.ID)
	if err != nil || got.Counts != h.Counts || !slices.Equal(got.Ignored, h.Ignored) || got.Collection != "topics" || got.SHA256 != h.SHA256 || got.Reverted || got.Actor != "system:test" {
		t.Errorf("%+v, %v", got, err)
	}
	if len(got.Rows) != 1 || got.Rows[0].Line != 2 || got.Rows[0].Action != imports.Created || got.Rows[0].ID != nil {
		t.Errorf("%+v", got.Rows)
	}
	if _, err := imports.Get(fixture.Context(), db, stored.ID+1); !apperr.IsKind(err, apperr.NotFound) {
		t.Errorf("another one: %v", err)
	}
}

func TestImportsAreFilteredAndListedByTheirLastChange(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	people := headOf("b")
	people.Collection = "people"
	first, second := keep(t, db, headOf("a"), nothing).ID, keep(t, db, people, nothing).ID
	if _, err := revert(t, db, first); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		filter imports.Filter
		want   []int64
	}{
		{"all", imports.Filter{}, []int64{first, second}}, // the first was changed last
		{"a collection", imports.Filter{Collection: []string{"people"}}, []int64{second}},
		{"ids", imports.Filter{ID: []int64{first}}, []int64{first}},
		{"reverted", imports.Filter{Reverted: new(true)}, []int64{first}},
		{"not reverted", imports.Filter{Reverted: new(false)}, []int64{second}},
	} {
		c.filter.Limit = 10
		page, err := imports.List(t.Context(), db, c.filter)
		var got []int64
		for _, i := range page.Items {
			got = append(got, i.ID)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v (%v)", c.name, got, c.want, err)
		}
	}
}

func TestOnlyAFileThatWouldCreateDuplicatesCountsAsImportedBefore(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	unkeyed := headOf("unkeyed")
	unkeyed.Unkeyed = 1
	first, again := keep(t, db, unkeyed, nothing).ID, keep(t, db, unkeyed, nothing).ID
	keep(t, db, headOf("keyed"), nothing)
	before := func(collection, sha256 string) int64 {
		id, err := imports.Again(t.Context(), db, collection, sha256)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	if got := before("topics", unkeyed.SHA256); got != again {
		t.Errorf("the newest is %d, want %d", got, again)
	}
	for name, got := range map[string]int64{
		"another collection": before("people", unkeyed.SHA256), "another file": before("topics", headOf("other").SHA256), "rows with keys": before("topics", headOf("keyed").SHA256),
	} {
		if got != 0 {
			t.Errorf("%s: import %d", name, got)
		}
	}
	for _, id := range []int64{again, first} {
		if _, err := revert(t, db, id); err != nil {
			t.Fatal(err)
		}
	}
	if got := before("topics", unkeyed.SHA256); got != 0 {
		t.Errorf("reverted: import %d", got)
	}
}

func TestARevertRestoresTheExactPreviousState(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	changed := fixture.Topic(t, db, func(in *topic.Input) { in.Label = text.Map{"en": "Before"} })
	stored := keep(t, db, headOf("a"), func(ctx context.Context, tx pgx.Tx) error {
		above := addTopic(ctx, tx, "Above", nil)
		below := addTopic(ctx, tx, "Below", &above) // refers to a record of the same import
		addTopic(ctx, tx, "Lowest", &below)
		_, err := tx.Exec(ctx, `UPDATE topics SET label = '{"en": "After"}' WHERE id = $1`, changed)
		return err
	})
	fixture.Topic(t, db, func(in *topic.Input) { in.Label = text.Map{"en": "Later"} }) // of another transaction
	reverted, err := revert(t, db, stored.ID)
	if err != nil || !reverted.Reverted || reverted.Version != stored.Version+1 {
		t.Errorf("%+v, %v", reverted, err)
	}
	if got, want := labels(t, db), "Before 3, Later 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if _, err := revert(t, db, stored.ID); code(err) != "already_reverted" {
		t.Errorf("twice: %v", err)
	}
	if _, err := revert(t, db, stored.ID+1); !apperr.IsKind(err, apperr.NotFound) {
		t.Errorf("one that is none: %v", err)
	}
}

func TestAnImportWhoseRecordsChangedSinceIsNotReverted(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	var id int64
	stored := keep(t, db, headOf("a"), func(ctx context.Context, tx pgx.Tx) error {
		id = addTopic(ctx, tx, "Imported", nil)
		addTopic(ctx, tx, "Another", nil)
		return nil
	})
	if _, err := db.Exec(t.Context(), `UPDATE topics SET label = '{"en": "Corrected"}' WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
	if _, err := revert(t, db, stored.ID); code(err) != "changed_since" {
		t.Errorf("%v", err)
	}
	if got := labels(t, db); got != "Corrected 2, Another 1" {
		t.Errorf("%s", got)
	}
}

func TestARevertDoesNotDeleteARecordInUse(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	var id int64
	stored := keep(t, db, headOf("a"), func(ctx context.Context, tx pgx.Tx) (err error) {
		id, err = person.Create(ctx, tx, person.Input{Name: text.Map{"en": "Imported"}})
		return err
	})
	fixture.Attendee(t, db, func(in *attendee.Input) { in.PersonID = &id })
	if _, err := revert(t, db, stored.ID); code(err) != "in_use" {
		t.Errorf("%v", err)
	}
}

func TestARevertReturnsAnExternalIDToItsPreviousRecord(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	had := fixture.Person(t, db, func(in *person.Input) { in.ExternalIDs = []string{"wikidata:Q1"} })
	stored := keep(t, db, headOf("a"), func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE people SET external_ids = '{}' WHERE id = $1", had); err != nil {
			return err
		}
		_, err := person.Create(ctx, tx, person.Input{Name: text.Map{"en": "Imported"}, ExternalIDs: []string{"wikidata:Q1"}})
		return err
	})
	if _, err := revert(t, db, stored.ID); err != nil {
		t.Fatal(err)
	}
	var owner int64
	if err := db.QueryRow(t.Context(), "SELECT id FROM people WHERE 'wikidata:Q1' = ANY (external_ids)").Scan(&owner); err != nil || owner != had {
		t.Errorf("it belongs to %d, want %d (%v)", owner, had, err)
	}
}

// recorder is a transaction that keeps the statements instead of running them.
type recorder struct {
	pgx.Tx
	statements []string
}

func (r *recorder) Exec(_ context.Context, sql string, _ ...any) (pgconn.CommandTag, error) {
	r.statements = append(r.statements, sql)
	return pgconn.CommandTag{}, nil
}

func TestCachedPlansAreDiscardedOnceWheneverAnImportGrowsTenfold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		before, now, want int
	}{{0, 99, 0}, {99, 100, 1}, {100, 101, 0}, {0, 5000, 1}, {101, 999, 0}, {999, 1000, 1}, {1000, 9999, 0}, {9000, 20000, 1}} {
		var r recorder
		if err := imports.Replan(t.Context(), &r, c.before, c.now); err != nil || len(r.statements) != c.want {
			t.Errorf("from %d to %d rows: %q, want %d (%v)", c.before, c.now, r.statements, c.want, err)
		}
	}
}
