package paging_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"
)

func TestPagesTogetherAreTheSortedList(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	rapid.Check(t, func(t *rapid.T) {
		tx, end := fresh(t, db)
		defer end()
		var rows []row
		for id := range int64(rapid.IntRange(0, 12).Draw(t, "rows")) {
			r := drawRow(t, id+1)
			r.insert(t, tx)
			rows = append(rows, r)
		}
		for range 3 {
			sort := drawSort(t)
			f := rapid.SampledFrom(filters).Draw(t, "filter")
			limit := rapid.IntRange(1, 5).Draw(t, "limit")
			got, want := walk(t, tx, f, sort, limit, func([]int64) {}), expected(rows, f, sort)
			if !slices.Equal(got, want) {
				t.Fatalf("%s, sort=%s, limit %d: pages give %v, want %v of%s", f.name, sort, limit, got, want, describe(rows))
			}
		}
	})
}

// Rows that nobody touches must come once and in order, whatever others do between two pages.
func TestPagesNeitherLoseNorRepeatWhileOthersWrite(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	rapid.Check(t, func(t *rapid.T) {
		tx, end := fresh(t, db)
		defer end()
		var stable []row
		moving := map[int64]bool{}
		last := int64(rapid.IntRange(1, 12).Draw(t, "rows"))
		for id := range last {
			r := drawRow(t, id+1)
			r.insert(t, tx)
			if rapid.Bool().Draw(t, "stable") {
				stable = append(stable, r)
			} else {
				moving[r.ID] = true
			}
		}
		sort := drawSort(t)
		f := rapid.SampledFrom(filters).Draw(t, "filter")
		got := walk(t, tx, f, sort, rapid.IntRange(1, 3).Draw(t, "limit"), func(seen []int64) {
			if rapid.Bool().Draw(t, "insert") && last < 30 {
				last++
				drawRow(t, last).insert(t, tx)
				moving[last] = true
			}
			if len(moving) == 0 {
				return
			}
			id := rapid.SampledFrom(slices.Sorted(maps.Keys(moving))).Draw(t, "moved")
			to := drawRow(t, id)
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				exec(t, tx, "DELETE FROM things WHERE id = $1", id)
			case 1:
				exec(t, tx, "UPDATE things SET starts_key = $2, title = $3, size = $4 WHERE id = $1", id, to.Date, to.Title, to.Size)
			case 2: // the row that the cursor stands on
				if at := seen[len(seen)-1]; moving[at] {
					exec(t, tx, "DELETE FROM things WHERE id = $1", at)
				}
			}
		})
		got = slices.DeleteFunc(got, func(id int64) bool { return moving[id] })
		if want := expected(stable, f, sort); !slices.Equal(got, want) {
			t.Fatalf("%s, sort=%s: of the rows that stay pages give %v, want %v of%s", f.name, sort, got, want, describe(stable))
		}
	})
}

func TestRecordsWithoutADateComeLastInBothDirections(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	for id, date := range []int{0, 20200227, 0, 20190000, 20200200} {
		row{ID: int64(id) + 1, Date: date, Title: "a"}.insert(t, db)
	}
	for sort, want := range map[string][]int64{
		"date": {4, 5, 2, 1, 3}, "-date": {2, 5, 4, 3, 1}, "date,title": {4, 5, 2, 1, 3}, "-date,title": {2, 5, 4, 1, 3}, "title,-date": {2, 5, 4, 3, 1}, "": {4, 5, 2, 1, 3},
	} {
		if got := walk(t, db, filters[0], sort, 2, func([]int64) {}); !slices.Equal(got, want) {
			t.Errorf("sort=%s: %v, want %v", sort, got, want)
		}
	}
}

func TestLimitsAreBroughtIntoTheirBounds(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	exec(t, db, "INSERT INTO things (starts_key, title, at, size) SELECT 20200101, 'a', now(), n FROM generate_series(1, 510) n")
	for limit, want := range map[int]int{0: 50, -5: 50, 1: 1, 500: 500, 501: 500, 1 << 40: 500} {
		page, err := paging.Query[thing](t.Context(), db, things, pg.Where{}, paging.Params{PageParams: paging.PageParams{Limit: limit}})
		if err != nil || page.Limit != want || len(page.Items) != want || page.Next == nil {
			t.Errorf("limit %d: %d of %d, next %v, %v", limit, len(page.Items), page.Limit, page.Next, err)
		}
	}
}

func TestCountsAreExactOrEstimatedAsAsked(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	exec(t, db, "INSERT INTO things (id, starts_key, title, at, size) SELECT n, 20200101, 'a', now(), n % 3 FROM generate_series(1, 90) n; ANALYZE things")
	query := func(count string, w pg.Where) paging.Page[thing] {
		t.Helper()
		source := things
		source.Columns = "t.id + @more AS id"
		w.Bind("more", int64(0)) // an argument of the columns alone
		page, err := paging.Query[thing](t.Context(), db, source, w, paging.Params{PageParams: paging.PageParams{Count: count, Sort: "id", Limit: 1}})
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	var some pg.Where
	some.Add("t.size = @size", "size", 1)
	if p := query("none", some); p.Total != nil || p.Estimated {
		t.Errorf("none: %+v", p)
	}
	if p := query("exact", some); p.Total == nil || *p.Total != 30 || p.Estimated {
		t.Errorf("exact: %+v", p)
	}
	if p := query("estimated", some); p.Total == nil || *p.Total < 10 || *p.Total > 60 || !p.Estimated {
		t.Errorf("estimated: %+v", p)
	}
	// A count that takes too long gives way to the estimate. A page by id stops after two rows, a count does not.
	var slow pg.Where
	slow.Add("pg_sleep(0.04) IS NOT NULL")
	if p := query("exact", slow); p.Total == nil || !p.Estimated || len(p.Items) != 1 {
		t.Errorf("a slow count: %+v", p)
	}
}

func TestAFailedExactCountIsAnErrorNotAnEstimate(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	exec(t, db, "INSERT INTO things (id, starts_key, title, at, size) SELECT n, 20200101, 'a', now(), n % 3 FROM generate_series(1, 90) n; ANALYZE things")
	var w pg.Where
	w.Add("10 / (90 - t.id) IS NOT NULL") // fails at the last record, which the page does not reach
	for count, fails := range map[string]bool{"none": false, "estimated": false, "exact": true} {
		_, err := paging.Query[thing](t.Context(), db, things, w, paging.Params{PageParams: paging.PageParams{Count: count, Sort: "id", Limit: 1}})
		if fails != pg.IsCode(err, "22012") || !fails && err != nil { // division_by_zero
			t.Errorf("%s: %v", count, err)
		}
	}
}

func TestOrdersThatAreNotOfferedAreRefusedWithThoseThatAre(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	for _, sort := range []string{"nothing", "-nothing", "date,nothing", "id,nothing", ",", "date,", "--date", "t.id", "date;"} {
		_, err := paging.Query[thing](t.Context(), db, things, pg.Where{}, paging.Params{PageParams: paging.PageParams{Sort: sort}})
		var e *apperr.Error
		if !errors.As(err, &e) || e.Kind != apperr.Malformed || len(e.Fields) != 1 || e.Fields[0].Parameter != "sort" || strings.Join(e.Fields[0].Allowed, " ") != "at date size title id" {
			t.Errorf("sort=%s: %v", sort, err)
		}
	}
	for _, sort := range []string{"date,-date", "id,-id", "title,title"} {
		_, err := paging.Query[thing](t.Context(), db, things, pg.Where{}, paging.Params{PageParams: paging.PageParams{Sort: sort}})
		if got := fmt.Sprint(err); !strings.Contains(got, "sort:repeated_sort") {
			t.Errorf("sort=%s: %v", sort, err)
		}
	}
	if _, err := paging.Query[thing](t.Context(), db, things, pg.Where{}, paging.Params{PageParams: paging.PageParams{Sort: " -date , title "}}); err != nil {
		t.Error(err)
	}
}

func TestACursorOfAnotherOrderIsRefused(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	for _, keys := range [][]string{nil, {"1", "2"}} {
		_, err := paging.Query[thing](t.Context(), db, things, pg.Where{}, paging.Params{PageParams: paging.PageParams{Sort: "size", After: &paging.Cursor{Keys: keys, ID: 1}}})
		var e *apperr.Error
		if !errors.As(err, &e) || e.Kind != apperr.Malformed || e.Fields[0].Code != "bad_cursor" {
			t.Errorf("%v: %v", keys, err)
		}
	}
}

func TestThePartsOfOneEventStayInTheirOrder(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	exec(t, db, "INSERT INTO things (id, starts_key, title, at, size) SELECT n, 20200101 + n % 2, 'a', now(), 10 - n FROM generate_series(1, 6) n")
	parts := things
	parts.Default, parts.Within = "-date", "size"
	for sort, want := range map[string]string{
		"": "[5 3 1 6 4 2]", "-date": "[5 3 1 6 4 2]", "date": "[6 4 2 5 3 1]", "-date,id": "[1 3 5 2 4 6]", "title": "[1 2 3 4 5 6]", "size": "[6 5 4 3 2 1]",
	} {
		var got []int64
		var after *paging.Cursor
		for {
			page, err := paging.Query[thing](t.Context(), db, parts, pg.Where{}, paging.Params{PageParams: paging.PageParams{Sort: sort, Limit: 2, After: after}})
			if err != nil {
				t.Fatalf("%s: %v", sort, err)
			}
			for _, item := range page.Items {
				got = append(got, item.ID)
			}
			if after = page.Next; after == nil {
				break
			}
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", sort, got, want)
		}
	}
	// A cursor from before the order had its second key.
	first, err := paging.Query[thing](t.Context(), db, things, pg.Where{}, paging.Params{PageParams: paging.PageParams{Sort: "-date", Limit: 2}})
	if err != nil {
		t.Fatal(err)
	}
	rest, err := paging.Query[thing](t.Context(), db, parts, pg.Where{}, paging.Params{PageParams: paging.PageParams{After: first.Next}})
	if err != nil || fmt.Sprint(rest.Items[0].ID, rest.Items[3].ID, len(rest.Items)) != "1 2 4" {
		t.Errorf("%v %v", rest.Items, err)
	}
}

func TestAPageKnowsTheNewestChangeThatItHasSeen(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	fixture.Topic(t, db)
	var head int64
	if err := db.QueryRow(context.Background(), "SELECT max(seq) FROM changes").Scan(&head); err != nil {
		t.Fatal(err)
	}
	page, err := paging.Query[thing](t.Context(), db, things, pg.Where{}, paging.Params{})
	if err != nil || page.Head != head || page.Items == nil && len(page.Items) != 0 {
		t.Errorf("head %d, want %d, %v", page.Head, head, err)
	}
}

func TestASetIsNamedByItsMembersOrLookedInto(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	exec(t, db, "INSERT INTO things (id, starts_key, title, at, size) SELECT n, 20200101, 'a', now(), n % 3 FROM generate_series(1, 90) n")
	for name, c := range map[string]struct {
		set  pg.Set
		want int
	}{
		"few":  {pg.Set{Column: "t.id", IDs: "SELECT g FROM generate_series(2, @last::bigint) g", Args: pg.Args{"last": 4}}, 3},
		"none": {pg.Set{Column: "t.id", IDs: "SELECT g FROM generate_series(2, @last::bigint) g", Args: pg.Args{"last": 1}}, 0},
		"many": {pg.Set{Column: "t.id", IDs: "SELECT 2 FROM generate_series(1, @last::bigint)", Args: pg.Args{"last": paging.MaxFew + 1}}, 1},
		"many, looked into as a predicate": {pg.Set{
			Column: "t.id", IDs: "SELECT 2 FROM generate_series(1, @last::bigint)", Exists: "t.id IN (3, 4) AND @last > 0", Args: pg.Args{"last": paging.MaxFew + 1},
		}, 2},
	} {
		var w pg.Where
		w.Among(c.set)
		page, err := paging.Query[thing](t.Context(), db, things, w, paging.Params{PageParams: paging.PageParams{Count: "exact"}})
		if err != nil || len(page.Items) != c.want || *page.Total != int64(c.want) {
			t.Errorf("%s: %d records, %v, want %d: %v", name, len(page.Items), page.Total, c.want, err)
		}
	}
}

// counter counts how often an answer is waited for, and calls between before each time but the first.
type counter struct {
	pg.DB
	trips   int
	first   []string // the statements of the first time
	between func()
}

func (c *counter) trip() {
	if c.trips++; c.trips > 1 && c.between != nil {
		c.between()
	}
}

func (c *counter) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	c.trip()
	return c.DB.Query(ctx, sql, args...)
}

func (c *counter) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	c.trip()
	return c.DB.QueryRow(ctx, sql, args...)
}

func (c *counter) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if c.trip(); c.trips == 1 {
		for _, q := range b.QueuedQueries {
			c.first = append(c.first, q.SQL)
		}
	}
	return c.DB.SendBatch(ctx, b)
}

func TestAPageIsReadInOneRoundTripUnlessASetDecidesHow(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	exec(t, db, "INSERT INTO things (id, starts_key, title, at, size) SELECT n, 20200101, 'a', now(), n % 3 FROM generate_series(1, 90) n")
	upTo := func(last int) pg.Set {
		return pg.Set{Column: "t.id", IDs: "SELECT least(g, 90) FROM generate_series(1, @last::bigint) g", Args: pg.Args{"last": last}, Varies: true}
	}
	other := pg.Set{Column: "t.id", IDs: "SELECT g FROM generate_series(1, @other::bigint) g", Args: pg.Args{"other": 3}}
	for name, c := range map[string]struct {
		sets  []pg.Set
		add   string
		items int
		trips int
	}{
		"no filter":             {nil, "", 50, 1},
		"a filter that varies":  {nil, "t.size = 1", 30, 1},
		"a small set":           {[]pg.Set{upTo(4)}, "", 4, 1},
		"an empty set":          {[]pg.Set{upTo(0)}, "", 0, 1},
		"a small set, no match": {[]pg.Set{upTo(4)}, "false", 0, 1},
		"two small sets":        {[]pg.Set{upTo(4), other}, "", 3, 1},
		"a large set":           {[]pg.Set{upTo(paging.MaxFew + 1)}, "", 50, 2},
		"a set of values":       {[]pg.Set{{Column: "t.size", IDs: "SELECT @size::bigint", Args: pg.Args{"size": 1}}}, "", 30, 2}, // that decide the plan
		"a large and a small":   {[]pg.Set{upTo(paging.MaxFew + 1), other}, "", 3, 2},
	} {
		var w pg.Where
		for _, s := range c.sets {
			w.Among(s)
		}
		if c.add != "" {
			w.Vary(c.add)
		}
		counting := counter{DB: db}
		page, err := paging.Query[thing](t.Context(), &counting, things, w, paging.Params{})
		if err != nil || len(page.Items) != c.items || counting.trips != c.trips {
			t.Errorf("%s: %d records in %d round trips, %v; want %d in %d", name, len(page.Items), counting.trips, err, c.items, c.trips)
		}
	}
}

func TestTheStateOfAPageIsNoYoungerThanTheMembersOfItsSets(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	fixture.Topic(t, db)
	state, err := paging.ReadState(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	var w pg.Where
	w.Among(pg.Set{Column: "t.id", IDs: "SELECT g FROM generate_series(1, @few::bigint) g", Args: pg.Args{"few": 3}})
	w.Among(pg.Set{Column: "t.id", IDs: "SELECT g FROM generate_series(1, @many::bigint) g", Args: pg.Args{"many": paging.MaxFew + 1}})
	counting := counter{DB: db, between: func() { fixture.Topic(t, db) }} // after the members were asked for
	page, err := paging.Query[thing](t.Context(), &counting, things, w, paging.Params{})
	if err != nil || counting.trips < 2 || page.Head != state.Head {
		t.Errorf("after %d round trips the page is of %d, want %d; %v", counting.trips, page.Head, state.Head, err)
	}
	if !strings.Contains(counting.first[0], "FROM changes") {
		t.Errorf("the state is not what is read first: %q", counting.first)
	}
}

func TestWhatIsPlannedForItsValuesLeavesTheNextStatementsAlone(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	conn, err := db.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	exec(t, conn, "BEGIN") // in which a setting would stay
	defer exec(t, conn, "ROLLBACK")
	mode := func() (mode string) {
		if err := conn.QueryRow(t.Context(), "SHOW plan_cache_mode").Scan(&mode); err != nil {
			t.Fatal(err)
		}
		return mode
	}
	for _, vary := range []bool{false, true} {
		var w pg.Where
		source := things
		source.Columns = "length(current_setting('plan_cache_mode'))::bigint AS id"
		w.Add("t.size > @least", "least", int64(-1))
		if vary {
			w.Vary("true")
		}
		exec(t, conn, "INSERT INTO things (starts_key, title, at, size) VALUES (0, 'a', now(), 1)")
		page, err := paging.Query[thing](t.Context(), conn, source, w, paging.Params{PageParams: paging.PageParams{Sort: "id"}})
		want := len(map[bool]string{false: "auto", true: "force_custom_plan"}[vary])
		if err != nil || page.Items[0].ID != int64(want) || mode() != "auto" {
			t.Errorf("varies %v: a mode of %v letters, want %d, then %s; %v", vary, page.Items, want, mode(), err)
		}
	}
}

func TestTheErrorOfAReadSaysWhatItReads(t *testing.T) {
	t.Parallel()
	db := newThings(t)
	ctx := context.Background()
	broken := things
	broken.Columns += ", t.nothing"
	tx, end := snapshot(t, db)
	defer end()
	_, list := paging.Query[thing](ctx, db, broken, pg.Where{}, paging.Params{})
	_, _, get := paging.Get[thing](ctx, db, broken, 1)
	_, each := paging.Each[thing](ctx, db, broken, "c.size", "c.id", []int64{1}, 1)
	exec(t, tx, "INSERT INTO things (id, starts_key, title, at, size) VALUES (1, 0, 'a', now(), 1)")
	var walked error
	for _, walked = range paging.Walk(ctx, tx, listOf(broken, func() pg.Where { return pg.Where{} }), paging.Params{}) {
	}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"a list": {list, "list things: "}, "a record": {get, "get thing: "}, "records of others": {each, "list things: "}, "a whole list": {walked, "list things: "},
	} {
		var cause *pgconn.PgError
		if c.err == nil || !strings.HasPrefix(c.err.Error(), c.want) || !errors.As(c.err, &cause) {
			t.Errorf("%s: %v, want %q and its cause", name, c.err, c.want)
		}
	}
	if _, _, err := paging.Get[thing](ctx, db, things, 99); err != pgx.ErrNoRows {
		t.Errorf("no record: %v", err)
	}
}
