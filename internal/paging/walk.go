package paging

import (
	"context"
	"maps"
	"regexp"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Walk reads a list whole instead of by pages: with it in the parameters each Query gives the next records, in order, until
// Done is set. All of them come from one transaction, which has to be REPEATABLE READ for them to be of one snapshot, and which
// holds one walk at a time. What is held in memory does not depend on the length of the list.
type Walk struct {
	Done bool  // the last records were given
	Most int64 // more records than these are apperr.Invalid before any is given; 0: any number is fine

	open  bool
	state State
}

// step is how many records a Query of a walk gives.
const step = MaxLimit

var fetch = "FETCH " + strconv.Itoa(step) + " FROM walk"

// walked gives the next records. Which ones they are is asked for once, by a cursor of the database, so that the list is
// sorted once; what is shown of them is looked up step by step, as for a page.
func walked[T Row](ctx context.Context, db pg.DB, s Source, w pg.Where, p Params) (Page[T], error) {
	page := Page[T]{Items: []T{}, Limit: step}
	if !p.Walk.open {
		if err := p.Walk.begin(ctx, db, s, w, p.Sort); err != nil {
			return page, pg.Error(err)
		}
	}
	page.State = p.Walk.state
	ids, err := p.Walk.next(ctx, db)
	if err != nil || len(ids) == 0 {
		return page, pg.Error(err)
	}
	rows, err := db.Query(ctx, "SELECT "+s.Columns+", NULL::text[] AS sort_keys FROM unnest(@walked::bigint[]) WITH ORDINALITY given(id, n) JOIN "+
		s.Table+" ON "+s.ID+" = given.id "+s.Joins+" "+s.Shown+" ORDER BY given.n", pg.Args{"walked": ids})
	if err != nil {
		return page, pg.Error(err)
	}
	page.Items, err = pgx.CollectRows(rows, pgx.RowToStructByName[T])
	return page, pg.Error(err)
}

// begin opens the cursor. The state is of the same snapshot.
func (k *Walk) begin(ctx context.Context, db pg.DB, s Source, w pg.Where, sort string) error {
	order, err := s.order(sort)
	if err != nil {
		return err
	}
	if s.Visible != "" {
		w.Add(s.Visible)
	}
	var b pgx.Batch
	b.Queue(readState).QueryRow(k.state.scan)
	found := members{}
	plan(&b, found.ask(&b, w.Sets()), false)
	if err := db.SendBatch(ctx, &b).Close(); err != nil {
		return err
	}
	w.Known(s.ID, found.bound(&w))
	expandDates(order)
	from := "SELECT " + s.ID + " FROM " + s.Table + " " + s.Joins + w.SQL(s.ID, false)
	if k.Most > 0 {
		if err := k.fits(ctx, db, from, w.Args()); err != nil {
			return err
		}
	}
	_, err = db.Exec(ctx, "DECLARE walk NO SCROLL CURSOR FOR "+from+s.orderBy(order), w.Args())
	k.open = err == nil
	return err
}

// fits counts the records as far as it takes to know whether there are too many.
func (k *Walk) fits(ctx context.Context, db pg.DB, from string, args pg.Args) error {
	args["too_many"] = k.Most + 1
	maps.DeleteFunc(args, func(name string, _ any) bool { // those of the order
		return name != "too_many" && !regexp.MustCompile(`@`+name+`\b`).MatchString(from)
	})
	var n int64
	err := db.QueryRow(ctx, "SELECT count(*) FROM ("+from+" LIMIT @too_many) counted", args).Scan(&n)
	if err == nil && n > k.Most {
		return apperr.New(apperr.Invalid, "too_many_rows", "max", strconv.FormatInt(k.Most, 10))
	}
	return err
}

// next gives the ids of the next records, and closes the cursor behind the last ones.
func (k *Walk) next(ctx context.Context, db pg.DB) ([]int64, error) {
	rows, err := db.Query(ctx, fetch)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err == nil && len(ids) < step { // another walk may follow in the transaction
		k.Done = true
		_, err = db.Exec(ctx, "CLOSE walk")
	}
	return ids, err
}
