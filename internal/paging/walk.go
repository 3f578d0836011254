package paging

import (
	"context"
	"iter"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"
)

// ParamsOf returns the parameters that the filter of a list embeds.
func ParamsOf[F any](f *F) *PageParams { return any(f).(interface{ Page() *PageParams }).Page() }

// Walk yields a whole list in order, page by page. An empty list yields one empty page. Limit, Cursor and Count of
// the filter have no effect. The walk ends after the first error. The loop may end it earlier.
//
// A transaction can hold one walk at a time. All pages show the same snapshot if the transaction is REPEATABLE READ.
// The memory that a walk needs does not depend on the length of the list.
func Walk[F any, T Row](ctx context.Context, tx pgx.Tx, list func(context.Context, pg.DB, F) (Page[T], error), f F) iter.Seq2[Page[T], error] {
	return WalkAtMost(ctx, tx, list, f, 0)
}

// WalkAtMost is Walk for a list of at most most records. A longer list yields apperr.Invalid and no record. 0 means
// no bound.
func WalkAtMost[F any, T Row](ctx context.Context, tx pgx.Tx,
	list func(context.Context, pg.DB, F) (Page[T], error), f F, most int64) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		w := &walk{most: most}
		ParamsOf(&f).walk = w
		for !w.done {
			page, err := list(ctx, tx, f)
			if !yield(page, err) || err != nil {
				w.close(ctx, tx)
				return
			}
		}
	}
}

// walk is the progress of a Walk. If the parameters have one, each Query returns the next records.
type walk struct {
	most  int64
	open  bool // the database cursor is open
	done  bool // the last records were returned
	state State
}

// step is how many records a Query of a walk returns.
const step = MaxLimit

var fetch = "FETCH " + strconv.Itoa(step) + " FROM walk"

// nextPage reads the next records of a walk. Their ids come from a database cursor, so that the list is sorted once.
// The columns are looked up page by page.
func nextPage[T Row](ctx context.Context, db pg.DB, s Source, w pg.Where, p PageParams) (Page[T], error) {
	page := Page[T]{Items: []T{}, Limit: step}
	if !p.walk.open {
		if err := p.walk.begin(ctx, db, s, w, p.Sort); err != nil {
			return page, err
		}
	}
	page.State = p.walk.state
	ids, err := p.walk.next(ctx, db)
	if err != nil || len(ids) == 0 {
		return page, err
	}
	page.Items, err = collect[T](ctx, db, "SELECT "+s.Columns+", NULL::text[] AS sort_keys FROM unnest(@walked::bigint[]) WITH ORDINALITY given(id, n) JOIN "+
		s.Table+" ON "+s.ID+" = given.id "+s.Joins+" "+s.Shown+" ORDER BY given.n", pg.Args{"walked": ids})
	return page, err
}

// begin reads the state and opens the cursor.
func (k *walk) begin(ctx context.Context, db pg.DB, s Source, w pg.Where, sort string) error {
	order, err := s.order(sort, nil)
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
	s = s.joined(order)
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

// fits returns apperr.Invalid if the list has too many records. It counts no further than that.
func (k *walk) fits(ctx context.Context, db pg.DB, from string, args pg.Args) error {
	args["too_many"] = k.most + 1
	sql := "SELECT count(*) FROM (" + from + " LIMIT @too_many) counted"
	var n int64
	err := db.QueryRow(ctx, sql, args.Of(sql)).Scan(&n) // without those of the order
	if err == nil && n > k.most {
		return apperr.New(apperr.Invalid, "too_many_rows", "max", strconv.FormatInt(k.most, 10))
	}
	return err
}

// next returns the ids of the next records, and closes the cursor after the last ones.
func (k *walk) next(ctx context.Context, db pg.DB) ([]int64, error) {
	rows, _ := db.Query(ctx, fetch) // the rows carry its error
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
		_, _ = db.Exec(ctx, "CLOSE walk") // fails only in a failed transaction, which has closed the cursor
	}
}

// Pages yields the whole list of the records within a parent in order, page by page, each by a query of its own. It ends
// after the first error. Walk is cheaper for long lists, but a transaction can hold only one walk at a time.
func Pages[F, T any](ctx context.Context, db pg.DB,
	list func(ctx context.Context, db pg.DB, parent int64, f F) (Page[T], error), parent int64) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		var f F
		p := ParamsOf(&f)
		p.Limit = MaxLimit
		for {
			page, err := list(ctx, db, parent, f)
			if !yield(page, err) || err != nil || page.Next == nil {
				return
			}
			p.After = page.Next
		}
	}
}

// Stream is a JSON array that is encoded while its elements are read. It calls add for each of them.
type Stream func(add func(element any) error) error

// StreamOf returns the stream of what element returns for the records of pages; nil leaves a record out. flush is
// called after each page.
func StreamOf[T any, E ~map[string]any](pages iter.Seq2[Page[T], error], element func(T) E, flush func() error) Stream {
	return func(add func(any) error) error {
		for page, err := range pages {
			if err != nil {
				return err
			}
			for _, r := range page.Items {
				if e := element(r); e != nil {
					if err := add(e); err != nil {
						return err
					}
				}
			}
			if err := flush(); err != nil {
				return err
			}
		}
		return nil
	}
}

// MarshalJSONTo reads the elements and encodes each of them.
func (s Stream) MarshalJSONTo(e *jsontext.Encoder) error {
	if err := e.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	if err := s(func(element any) error { return json.MarshalEncode(e, element) }); err != nil {
		return err
	}
	return e.WriteToken(jsontext.EndArray)
}
