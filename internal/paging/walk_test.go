package paging_test

import (
	"context"
	"slices"
	"testing"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"
)

// snapshot begins a transaction as a walk needs it.
func snapshot(t fataler, db *pgxpool.Pool) (tx pgx.Tx, end func()) {
	t.Helper()
	tx, err := db.BeginTx(context.Background(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		t.Fatal(err)
	}
	return tx, func() { _ = tx.Rollback(context.Background()) }
}

// listOf gives the list function of a source with predicates.
func listOf(s paging.Source, where func() pg.Where) func(context.Context, pg.DB, paging.Params) (paging.Page[thing], error) {
	return func(ctx context.Context, db pg.DB, p paging.Params) (paging.Page[thing], error) {
		return paging.Query[thing](ctx, db, s, where(), p)
	}
}

// walkWhole reads a list whole, running between after each page.
func walkWhole(t fataler, tx pgx.Tx, f filter, sort string, between func(paging.Page[thing])) (ids []int64) {
	t.Helper()
	ids = []int64{}
	for page, err := range paging.Walk(context.Background(), tx, listOf(things, f.where), paging.Params{PageParams: paging.PageParams{Sort: sort}}) {
		if err != nil {
			t.Fatalf("%s, sort=%s: %v", f.name, sort, err)
		}
		for _, item := range page.Items {
			ids = append(ids, item.ID)
		}
		between(page)
	}
	return ids
}

func TestAWalkGivesWhatThePagesGive(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	exec(t, db, `INSERT INTO things (id, starts_key, title, at, size) SELECT n, CASE WHEN n % 7 = 0 THEN 0 ELSE 20200000 + n % 12 * 100 END, chr(97 + n % 5), '2020-01-01'::timestamptz + make_interval(mins => n % 11), n % 3
		FROM generate_series(1, 1100) n`)
	exec(t, db, "INSERT INTO links (thing_id, owner_id, role, starts_key) SELECT t.id, o, 1, t.starts_key FROM things t, generate_series(1, 3) o WHERE t.id % o = 0")
	for _, f := range filters {
		for _, sort := range []string{"", "date", "-date", "-date,title", "date,-title", "title,-at", "size", "-id"} {
			tx, end := snapshot(t, db)
			got := walkWhole(t, tx, f, sort, func(paging.Page[thing]) {})
			end()
			if want := walk(t, db, f, sort, 300, func([]int64) {}); !slices.Equal(got, want) {
				t.Errorf("%s, sort=%s: %d records, want %d: %v", f.name, sort, len(got), len(want), got)
			}
		}
	}
}

func TestAWalkOfFewGivesWhatTheModelGives(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	rapid.Check(t, func(t *rapid.T) {
		tx, end := snapshot(t, db)
		defer end()
		var rows []row
		for id := range rapid.Int64Range(0, 12).Draw(t, "rows") {
			r := drawRow(t, id+1)
			r.insert(t, tx)
			rows = append(rows, r)
		}
		f, sort := rapid.SampledFrom(filters).Draw(t, "filter"), drawSort(t)
		if got, want := walkWhole(t, tx, f, sort, func(paging.Page[thing]) {}), expected(rows, f, sort); !slices.Equal(got, want) {
			t.Fatalf("sort=%s: %v, want %v of%s", sort, got, want, describe(rows))
		}
	})
}

// A walk is of one moment, whatever is written meanwhile, and knows the newest change of it.
func TestAWalkSeesNothingThatIsWrittenMeanwhile(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	fixture.Topic(t, db)
	var head int64
	if err := db.QueryRow(context.Background(), "SELECT max(seq) FROM changes").Scan(&head); err != nil {
		t.Fatal(err)
	}
	exec(t, db, "INSERT INTO things (id, starts_key, title, at, size) SELECT n, 20200101, 'a', now(), 1 FROM generate_series(1, 1001) n")
	tx, end := snapshot(t, db)
	defer end()
	got := walkWhole(t, tx, filters[0], "id", func(page paging.Page[thing]) {
		if page.Head != head {
			t.Errorf("head %d, want %d", page.Head, head)
		}
		fixture.Topic(t, db)
		exec(t, db, "DELETE FROM things WHERE id > 900 OR id = 1")
		exec(t, db, "INSERT INTO things (id, starts_key, title, at, size) SELECT max(id) + 1, 20200101, 'a', now(), 1 FROM things")
	})
	if len(got) != 1001 || got[0] != 1 || got[1000] != 1001 {
		t.Errorf("%d records: %v", len(got), got)
	}
}

func TestAWalkOfTooManyIsRefusedBeforeItBegins(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	exec(t, db, "INSERT INTO things (id, starts_key, title, at, size) SELECT n, 20200101, 'a', now(), n % 2 FROM generate_series(1, 10) n")
	for most, want := range map[int64]int{4: 0, 5: 5, 0: 5} {
		tx, end := snapshot(t, db)
		source := things
		source.Sorts = map[string]paging.Column{"size": {SQL: "t.size + @more", Type: "bigint"}}
		list := listOf(source, func() (w pg.Where) {
			w.Add("t.size = @size", "size", 1)
			w.Bind("more", int64(0)) // an argument of the order alone
			return w
		})
		pages := 0
		for page, err := range paging.WalkAtMost(context.Background(), tx, list, paging.Params{PageParams: paging.PageParams{Sort: "size"}}, most) {
			if len(page.Items) != want || (want == 0) != apperr.IsKind(err, apperr.Invalid) {
				t.Errorf("at most %d: %d records, %v", most, len(page.Items), err)
			}
			pages++
		}
		if pages != 1 {
			t.Errorf("at most %d: %d pages", most, pages)
		}
		end()
	}
}

func TestAWalkInAnOrderThatIsNotOfferedIsRefused(t *testing.T) {
	t.Parallel()
	tx, end := snapshot(t, newThings(t))
	defer end()
	for _, err := range paging.Walk(context.Background(), tx, listOf(things, filters[0].where), paging.Params{PageParams: paging.PageParams{Sort: "nothing"}}) {
		if err == nil {
			t.Error("no error")
		}
	}
}

func TestAWalkThatEndsEarlyLeavesTheTransactionToTheNextOne(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	exec(t, db, "INSERT INTO things (id, starts_key, title, at, size) SELECT n, 20200101, 'a', now(), 1 FROM generate_series(1, 1001) n")
	tx, end := snapshot(t, db)
	defer end()
	list := listOf(things, filters[0].where)
	for page, err := range paging.Walk(context.Background(), tx, list, paging.Params{PageParams: paging.PageParams{Sort: "id"}}) {
		if err != nil || len(page.Items) != paging.MaxLimit {
			t.Fatalf("%d records, %v", len(page.Items), err)
		}
		break
	}
	var cursors int
	if err := tx.QueryRow(context.Background(), "SELECT count(*) FROM pg_cursors WHERE name = 'walk'").Scan(&cursors); err != nil || cursors != 0 {
		t.Errorf("%d cursors are open: %v", cursors, err)
	}
	if got := walkWhole(t, tx, filters[0], "id", func(paging.Page[thing]) {}); len(got) != 1001 {
		t.Errorf("%d records", len(got))
	}
}

func TestAWalkWhoseTransactionFailsEndsWithTheError(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	exec(t, db, "INSERT INTO things (id, starts_key, title, at, size) SELECT n, 20200101, 'a', now(), 1 FROM generate_series(1, 501) n")
	tx, end := snapshot(t, db)
	defer end()
	var errs []error
	for _, err := range paging.Walk(context.Background(), tx, listOf(things, filters[0].where), paging.Params{}) {
		if errs = append(errs, err); err == nil {
			_, _ = tx.Exec(context.Background(), "SELECT 1/0")
		}
	}
	if len(errs) != 2 || errs[0] != nil || errs[1] == nil {
		t.Errorf("errors %v", errs)
	}
}
