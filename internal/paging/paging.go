// Package paging reads pages of records by keyset: pages neither lose nor repeat a row while others write, and the last
// page costs what the first one does. It knows no resource; signing cursors is the API's part.
package paging

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// The bounds of a page. A higher limit is lowered to MaxLimit.
const (
	DefaultLimit = 50
	MaxLimit     = 500
)

// Source is how one resource is read: SELECT Columns FROM Table Joins Shown. ID is the expression of the record's id.
// Filters, sorts and Visible look at Table and Joins; Shown is what only Columns need, at most one row for each record.
// Visible is a predicate without arguments that every record satisfies, in lists and by its id: what the actor may see;
// empty: all. Sorts maps what a client may sort by to SQL; Default is the order without a wish.
type Source struct {
	Columns string
	Table   string
	Joins   string
	Shown   string
	ID      string
	Visible string
	Sorts   map[string]Column
	Default string

	most int // rows of a page, at most
}

// Column is one sort key.
type Column struct {
	SQL  string // NOT NULL expression
	Type string // its PostgreSQL type, for the cursor: integer, bigint, text, timestamptz
	// Date says that this is a carried starts_key: 0 stands for no date and comes last in either direction.
	Date bool
}

// Params are what every list takes.
type Params struct {
	Sort   string   `query:"sort" form:"sort"`                                               // Order: names of fields, `-` before a name for descending. `id` is always last.
	Limit  int      `query:"limit" form:"limit" default:"50" validate:"min=1"`               // Records a page, 1 to 500; a higher number is lowered to 500.
	Cursor string   `query:"cursor" form:"cursor"`                                           // Where the page begins: `page.next_cursor` of the page before. Empty: the first page.
	Count  string   `query:"count" form:"count" enums:"none,exact,estimated" default:"none"` // Whether `meta.total` counts all records that the filters let through.
	Fields []string `query:"fields" form:"fields"`                                           // Only these members of each record (`id` and `version` always).
	Lang   string   `query:"lang" form:"lang" validate:"omitempty,language"`                 // Adds `<field>_text` and `<field>_lang` beside every text, in this language or the next one of the chain ru, en, kk.
	After  *Cursor  `query:"-" form:"-" swaggerignore:"true"`                                // The decoded cursor.

	walk *walk // set by Walk
}

// Page gives the parameters of the filter they are embedded in.
func (p *Params) Page() *Params { return p }

// Cursor is a place in a sorted list: the sort keys of the last row as text, and its id.
type Cursor struct {
	Keys []string
	ID   int64
}

// State is what a page was read from: Head is the newest change that it has seen, at least, and Day the day it was, by the database.
type State struct {
	Head int64
	Day  string
}

// How a state is read: in two columns, or as two texts in one.
const (
	stateHead, stateDay = "coalesce(max(seq), 0)", "current_date::text"
	readState           = "SELECT " + stateHead + ", " + stateDay + " FROM changes"
	stateTexts          = "(SELECT ARRAY[" + stateHead + "::text, " + stateDay + "] FROM changes)"
)

func (s *State) scan(row pgx.Row) error { return row.Scan(&s.Head, &s.Day) }

// ReadState gives the state that a page would be read from now.
func ReadState(ctx context.Context, db pg.DB) (s State, err error) {
	err = pg.Error(s.scan(db.QueryRow(ctx, readState)))
	return s, err
}

// StateOf gives the state that a record was read from by Source.Item.
func StateOf(r Row) (s State) {
	if keys := r.Cursor().Keys; len(keys) == 2 {
		s.Head, _ = strconv.ParseInt(keys[0], 10, 64)
		s.Day = keys[1]
	}
	return s
}

// Page is a part of a list.
type Page[T any] struct {
	State

	Items     []T
	Limit     int
	Next      *Cursor
	Total     *int64
	Estimated bool
}

// Starts narrows to a half-open range of event dates, by the column that carries the sort date. A round table that is
// known by its month or year only counts as starting on the first day of it; an undated one is in no range.
func Starts(w *pg.Where, column string, from, to *date.Day) {
	if from != nil {
		w.Add(column+" >= @starts_from", "starts_from", from.Key())
	}
	if to != nil {
		w.Add(column+" > 0 AND "+column+" < @starts_to", "starts_to", to.Key())
	}
}

// Row is what the page needs of a record beside the record: its id and the keys it is sorted by.
type Row interface{ Cursor() Cursor }

// Query reads one page, or the next one of a Walk. The number of statements does not depend on the size of the page.
func Query[T Row](ctx context.Context, db pg.DB, s Source, w pg.Where, p Params) (Page[T], error) {
	if p.walk != nil {
		return nextPage[T](ctx, db, s, w, p)
	}
	order, err := s.order(p.Sort)
	if err != nil {
		return Page[T]{}, err
	}
	if s.Visible != "" {
		w.Add(s.Visible)
	}
	page := Page[T]{Limit: cmpLimit(p.Limit)}
	done, err := page.first(ctx, db, s, order, &w, p.After)
	if err == nil && !done {
		err = page.again(ctx, db, s, order, &w, p.After)
	}
	if err != nil {
		return page, pg.Error(err)
	}
	if len(page.Items) > page.Limit {
		page.Items = page.Items[:page.Limit]
		next := page.Items[page.Limit-1].Cursor()
		page.Next = &next
	}
	if p.Count == "exact" || p.Count == "estimated" {
		err = page.count(ctx, db, s, &w, p.Count)
	}
	return page, err
}

// first reads State, then the members of the sets, then the page as if all these were few, in one round trip. It reports whether
// they are. The order matters: a client that continues from the state may see a change twice, never miss one.
func (page *Page[T]) first(ctx context.Context, db pg.DB, s Source, order []term, w *pg.Where, after *Cursor) (done bool, err error) {
	var b pgx.Batch
	b.Queue(readState).QueryRow(page.scan)
	found := members{}
	forValues := found.ask(&b, w.Sets())
	if done = passable(w.Sets(), s.ID); done {
		few := w.Clone()
		few.Known(s.ID, passed)
		forValues = plan(&b, forValues, few.Varies())
		if err := page.queue(&b, s, order, &few, after); err != nil {
			return false, err
		}
	}
	plan(&b, forValues, false)
	if err := db.SendBatch(ctx, &b).Close(); err != nil {
		return false, err
	}
	w.Known(s.ID, found.bound(w))
	return done && !found.tooLarge(), nil
}

// again reads the page once the sets are known. State stays: it is no younger than what is known of them.
func (page *Page[T]) again(ctx context.Context, db pg.DB, s Source, order []term, w *pg.Where, after *Cursor) error {
	var b pgx.Batch
	forValues := plan(&b, false, w.Varies())
	if err := page.queue(&b, s, order, w, after); err != nil {
		return err
	}
	plan(&b, forValues, false)
	return db.SendBatch(ctx, &b).Close()
}

// queue adds the statement that fills Items, with one more than the limit where there are more.
func (page *Page[T]) queue(b *pgx.Batch, s Source, order []term, w *pg.Where, after *Cursor) error {
	sql, args, err := s.build(slices.Clone(order), w, after, page.Limit+1)
	b.Queue(sql, args).Query(func(rows pgx.Rows) (err error) {
		page.Items, err = pgx.AppendRows(make([]T, 0, min(page.Limit, DefaultLimit)+1), rows, pgx.RowToStructByName[T])
		return err
	})
	return err
}

func cmpLimit(limit int) int {
	if limit <= 0 {
		return DefaultLimit
	}
	return min(limit, MaxLimit)
}

// term is one key of an ORDER BY.
type term struct {
	Column
	desc     bool
	expanded bool // SQL is not the date but a key that puts undated records last
}

// order reads "-starts_on,title" against the sorts of the source.
func (s Source) order(sort string) ([]term, error) {
	if sort == "" {
		sort = s.Default
	}
	var order []term
	var seen []string
	for name := range strings.SplitSeq(sort, ",") {
		name, desc := strings.CutPrefix(strings.TrimSpace(name), "-")
		column, ok := s.Sorts[name]
		if name == "id" {
			column, ok = Column{SQL: s.ID, Type: "bigint"}, true
		}
		if !ok || slices.Contains(seen, name) {
			allowed := append(slices.Sorted(maps.Keys(s.Sorts)), "id")
			f := apperr.In("sort", "bad_sort", "value", name, "allowed", strings.Join(allowed, ", "))
			f.Allowed = allowed
			return nil, apperr.BadQuery([]apperr.Field{f})
		}
		if !slices.Contains(seen, "id") { // what follows the id cannot matter
			order = append(order, term{Column: column, desc: desc})
		}
		seen = append(seen, name)
	}
	return order, nil
}

// count fills Total: exactly within two seconds, else by the planner's estimate.
func (page *Page[T]) count(ctx context.Context, db pg.DB, s Source, w *pg.Where, mode string) error {
	from := " FROM " + s.Table + " " + s.Joins + w.SQL(s.ID, false)
	args := w.Args()
	maps.DeleteFunc(args, func(name string, _ any) bool { // those of the columns, which are not counted
		return !regexp.MustCompile(`@` + name + `\b`).MatchString(from)
	})
	if mode == "exact" {
		short, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		var n int64
		err := db.QueryRow(short, "SELECT count(*)"+from, args).Scan(&n)
		if err == nil {
			page.Total = &n
			return nil
		}
		if short.Err() == nil || ctx.Err() != nil {
			return pg.Error(fmt.Errorf("count: %w", err))
		}
	}
	var plan []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := db.QueryRow(ctx, "EXPLAIN (FORMAT JSON) SELECT 1"+from, args).Scan(&plan); err != nil {
		return pg.Error(fmt.Errorf("estimate: %w", err))
	}
	n := int64(plan[0].Plan.Rows)
	page.Total, page.Estimated = &n, true
	return nil
}
