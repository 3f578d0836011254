package paging

import (
	"context"
	"iter"
	"maps"
	"regexp"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Filter is a pointer to the filter of a list.
type Filter[F any] interface {
	*F
	Page() *Params
}

// Walk yields a whole list in order, page by page; an empty list is one empty page. Limit, Cursor and Count of the filter
// do not matter. The walk ends after the first error, and when the loop ends early.
//
// A transaction can hold one walk at a time. It must be REPEATABLE READ for all pages to show one snapshot. The memory
// that a walk takes does not depend on the length of the list.
func Walk[F any, T Row, P Filter[F]](ctx context.Context, tx pgx.Tx, list func(context.Context, pg.DB, F) (Page[T], error), f F) iter.Seq2[Page[T], error] {
	return WalkAtMost[F, T, P](ctx, tx, list, f, 0)
}

// WalkAtMost is Walk for a list of at most so many records. The error for a longer list is apperr.Invalid and comes
// before any record. 0 means no bound.
func WalkAtMost[F any, T Row, P Filter[F]](ctx context.Context, tx pgx.Tx, list func(context.Context, pg.DB, F) (Page[T], error), f F, most int64) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		w := &walk{most: most}
		P(&f).Page().walk = w
		for !w.done {
			page, err := list(ctx, tx, f)
			if !yield(page, err) || err != nil {
				w.close(ctx, tx)
				return
			}
		}
	}
}

// walk is the progress of a Walk. With it in the parameters each Query returns the next records.
type walk struct {
	most  int64
	open  bool // the cursor is
	done  bool // the last records were returned
	state State
}

// step is how many records a Query of a walk returns.
const step = MaxLimit

var fetch = "FETCH " + strconv.Itoa(step) + " FROM walk"

// nextPage reads the next records of a walk. Their ids come from a cursor of the database, so that the list is sorted only
// once; what is shown of them is looked up page by page.
func nextPage[T Row](ctx context.Context, db pg.DB, s Source, w pg.Where, p Params) (Page[T], error) {
	page := Page[T]{Items: []T{}, Limit: step}
	if !p.walk.open {
		if err := p.walk.begin(ctx, db, s, w, p.Sort); err != nil {
			return page, pg.Error(err)
		}
	}
	page.State = p.walk.state
	ids, err := p.walk.next(ctx, db)
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
func (k *walk) begin(ctx context.Context, db pg.DB, s Source, w pg.Where, sort string) error {
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
	if k.most > 0 {
		if err := k.fits(ctx, db, from, w.Args()); err != nil {
			return err
		}
	}
	_, err = db.Exec(ctx, "DECLARE walk NO SCROLL CURSOR FOR "+from+s.orderBy(order), w.Args())
	k.open = err == nil
	return err
}

// fits counts the records as far as it takes to know whether there are too many.
func (k *walk) fits(ctx context.Context, db pg.DB, from string, args pg.Args) error {
	args["too_many"] = k.most + 1
	maps.DeleteFunc(args, func(name string, _ any) bool { // those of the order
		return name != "too_many" && !regexp.MustCompile(`@`+name+`\b`).MatchString(from)
	})
	var n int64
	err := db.QueryRow(ctx, "SELECT count(*) FROM ("+from+" LIMIT @too_many) counted", args).Scan(&n)
	if err == nil && n > k.most {
		return apperr.New(apperr.Invalid, "too_many_rows", "max", strconv.FormatInt(k.most, 10))
	}
	return err
}

// next returns the ids of the next records, and closes the cursor after the last ones.
func (k *walk) next(ctx context.Context, db pg.DB) ([]int64, error) {
	rows, err := db.Query(ctx, fetch)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err == nil && len(ids) < step {
		k.done, k.open = true, false
		_, err = db.Exec(ctx, "CLOSE walk")
	}
	return ids, err
}

// close closes the cursor of a walk that ends early, so that another walk can follow in the transaction.
func (k *walk) close(ctx context.Context, db pg.DB) {
	if k.open {
		k.open = false
		_, _ = db.Exec(ctx, "CLOSE walk") // fails only in a transaction that has failed, which ends the cursor too
	}
}
