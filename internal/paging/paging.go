// Package paging reads pages of records by keyset: concurrent writes neither hide nor repeat a row, and the last page
// costs what the first one does. It knows no resource, and it does not sign cursors; package api does.
package paging

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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

// Source describes how a resource is read: SELECT Columns FROM Table Joins Shown.
//
// ID is the expression of the record's id. Filters, sorts and Visible may use Table and Joins. Shown has the joins
// that only Columns need; they give at most one row per record. Visible is a predicate without arguments that hides
// records from lists and from Get; empty: all are visible. Sorts maps the sort keys of clients to SQL. Default is the
// order if a client names none. Within is the key that orders the parts of one event; it follows the date of the event.
type Source struct {
	Columns string
	Table   string
	Joins   string
	Shown   string
	ID      string
	Visible string
	Sorts   map[string]Column
	Default string
	Within  string

	Total      string               // a SELECT of the number of records that the actor sees; empty: aggregates count them one by one
	Dimensions map[string]Dimension // what aggregates group the records by, by name
	Metrics    map[string]Values    // what aggregates count in addition to records, by name: its distinct values

	most int // rows that a page is planned for
}

// Column is one sort key.
type Column struct {
	SQL  string // NOT NULL expression
	Type string // its PostgreSQL type, for the cursor: integer, bigint, text, timestamptz
	// Date marks a starts_key: 0 means no date and comes last in both directions.
	Date bool
	// Joins are joins that SQL needs in addition to those of the source; they give one row per record.
	Joins string
}

// Params are the parameters of every list of records.
type Params struct {
	PageParams
	UpdatedFrom *date.Instant `query:"updated_from" form:"updated_from" swaggertype:"string" validate:"omitnil,instant" example:"2026-01-15T09:30:00Z"` // Only records whose content last changed at this time or later: RFC 3339, or a date in UTC.
	UpdatedTo   *date.Instant `query:"updated_to" form:"updated_to" swaggertype:"string" validate:"omitnil,instant" example:"2026-01-16"`               // Only records whose content last changed before this time.
}

// PageParams are the parameters of every list, also of those whose entries never change, such as the audit.
type PageParams struct {
	Sort   string   `query:"sort" form:"sort"`                                               // Sort order: field names separated by commas, with `-` before a name for descending order. `id` is always the last key.
	Limit  int      `query:"limit" form:"limit" default:"50" validate:"min=1"`               // Records per page, 1 to 500. A higher number is reduced to 500.
	Cursor string   `query:"cursor" form:"cursor"`                                           // Where the page begins: `page.next_cursor` of the previous page. Empty: the first page.
	Count  string   `query:"count" form:"count" enums:"none,exact,estimated" default:"none"` // Whether `meta.total` gives the number of records that match the filters.
	Fields []string `query:"fields" form:"fields"`                                           // Returns only these members, and always `id` and `version`.
	Lang   string   `query:"lang" form:"lang" validate:"omitempty,language"`                 // Adds `<field>_text` and `<field>_lang` to every text, in this language or, if missing, the first available of ru, en, kk.
	After  *Cursor  `query:"-" form:"-" swaggerignore:"true"`                                // The decoded cursor.

	walk    *walk   // set by Walk
	instead instead // set by Instead
}

// Page returns the parameters of the filter that embeds them.
func (p *PageParams) Page() *PageParams { return p }

// Cursor is a position in a sorted list: the sort keys of the last row as text, and its id.
type Cursor struct {
	Keys []string
	ID   int64
}

// State identifies what a page was read from: all changes up to Head, and perhaps later ones, on the day of the
// database.
type State struct {
	Head int64
	Day  string
	Xact string // the transaction that Get read it in, if that transaction had written something
}

const (
	stateHead, stateDay = "coalesce(max(seq), 0)", "current_date::text"
	readState           = "SELECT " + stateHead + ", " + stateDay + " FROM changes"
)

func (s *State) scan(row pgx.Row) error { return row.Scan(&s.Head, &s.Day) }

// ReadState returns the state that a page would be read from now.
func ReadState(ctx context.Context, db pg.DB) (s State, err error) {
	if err = s.scan(db.QueryRow(ctx, readState)); err != nil {
		err = pg.Error(fmt.Errorf("read the state: %w", err))
	}
	return s, err
}

// Dated is a state with the time at which it came about: of the newest entry of the log, the beginning of the day, or the release
// of the program that shows it.
type Dated struct {
	State
	At      time.Time
	settled bool // no later entry can have the same second: commits follow their entries within a minute
}

// ReadDated is ReadState with the time. Before released the same state was shown differently.
func ReadDated(ctx context.Context, db pg.DB, released time.Time) (d Dated, err error) {
	err = db.QueryRow(ctx, `
		SELECT coalesce(head.seq, 0), current_date::text, greatest(head.at, @released, current_date),
			greatest(head.at, @released) < clock_timestamp() - interval '1 min'
		FROM (SELECT) one LEFT JOIN LATERAL (SELECT seq, at FROM changes ORDER BY seq DESC LIMIT 1) head ON true`, pg.Args{"released": released}).
		Scan(&d.Head, &d.Day, &d.At, &d.settled)
	if err != nil {
		err = pg.Error(fmt.Errorf("read the state and its time: %w", err))
	}
	return d, err
}

// LastModified returns the time for a header of that name, which has no fractions of a second. While another change may follow
// in the same second it is one second earlier, so that a client that has only this time asks again.
func (d Dated) LastModified() time.Time {
	at := d.At.Truncate(time.Second)
	if !d.settled {
		at = at.Add(-time.Second)
	}
	return at
}

// UnchangedSince reports whether a client has this state that got the time from LastModified.
func (d Dated) UnchangedSince(t time.Time) bool { return !d.At.Truncate(time.Second).After(t) }

// After returns the state that a committed transaction left if it read s before its commit. What it read then shows that state.
// known is false if another transaction may have committed in between.
func (s State) After(ctx context.Context, db pg.DB) (after State, known bool, err error) {
	if s.Xact == "" {
		return s, true, nil
	}
	var own int64
	var others bool
	err = db.QueryRow(ctx, `
		WITH other AS (SELECT seq FROM changes WHERE seq > @head AND xact <> @xact::text::xid8 ORDER BY seq LIMIT 1)
		SELECT coalesce(max(seq), 0), EXISTS (SELECT FROM other) FROM changes
		WHERE seq > @head AND seq < coalesce((SELECT seq FROM other), 9223372036854775807)`,
		pg.Args{"head": s.Head, "xact": s.Xact}).Scan(&own, &others)
	after = State{Head: max(s.Head, own), Day: s.Day}
	return after, own > 0 || !others, pg.Error(err)
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

// Starts keeps records whose event starts in a half-open range of dates. column is the one with the sort date. A
// round table of which only the month or year is known starts on its first day; an undated one is in no range.
func Starts(w *pg.Where, column string, from, to *date.Day) {
	if from != nil {
		w.Add(column+" >= @starts_from", "starts_from", from.Key())
	}
	if to != nil {
		w.Add(column+" > 0 AND "+column+" < @starts_to", "starts_to", to.Key())
	}
}

// Row is a record of a list, which knows its id and sort keys.
type Row interface{ Cursor() Cursor }

// Query reads one page, or the next one of a Walk. The number of statements does not depend on the size of the page.
func Query[T Row](ctx context.Context, db pg.DB, s Source, w pg.Where, p Params) (page Page[T], err error) {
	s.updated(&w, p)
	if p.instead != nil {
		if s.Visible != "" {
			w.Add(s.Visible)
		}
		page.State, err = p.instead(ctx, db, s, w)
		return page, s.failed("aggregate", pg.Plural, err)
	}
	if p.walk != nil {
		page, err = nextPage[T](ctx, db, s, w, p.PageParams)
	} else {
		page, err = readPage[T](ctx, db, s, w, p.PageParams)
	}
	finish(page.Items)
	return page, s.failed("list", pg.Plural, err)
}

// updated keeps the records whose content last changed in a half-open range of times.
func (s Source) updated(w *pg.Where, p Params) {
	if p.UpdatedFrom != nil {
		w.Vary(s.updatedAt()+" >= @updated_from", "updated_from", p.UpdatedFrom.Time)
	}
	if p.UpdatedTo != nil {
		w.Vary(s.updatedAt()+" < @updated_to", "updated_to", p.UpdatedTo.Time)
	}
}

// updatedAt is the column with the time of the last change, which every table of records has.
func (s Source) updatedAt() string {
	_, alias, _ := strings.Cut(s.Table, " ")
	return alias + ".updated_at"
}

// failed is pg.Error for an error that ended an operation on the records of the source, such as "list round tables".
func (s Source) failed(verb string, name func(table string) string, err error) error {
	if err == nil || errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	table, _, _ := strings.Cut(s.Table, " ")
	return pg.Error(fmt.Errorf("%s %s: %w", verb, name(table), err))
}

// readPage reads one page.
func readPage[T Row](ctx context.Context, db pg.DB, s Source, w pg.Where, p PageParams) (Page[T], error) {
	order, err := s.order(p.Sort, p.After)
	if err != nil {
		return Page[T]{}, err
	}
	if s.Visible != "" {
		w.Add(s.Visible)
	}
	page := Page[T]{Limit: min(cmp.Or(max(p.Limit, 0), DefaultLimit), MaxLimit)}
	done, err := page.first(ctx, db, s, order, &w, p.After)
	if err == nil && !done {
		err = page.again(ctx, db, s, order, &w, p.After)
	}
	if err != nil {
		return page, err
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

// first reads State, then the members of the sets, then the page as if all sets were small, in one round trip. It
// reports whether they are. The order matters: a client that continues from State may see a change twice but never
// misses one.
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

// again reads the page when the sets are known. State stays: it is not newer than the members of the sets.
func (page *Page[T]) again(ctx context.Context, db pg.DB, s Source, order []term, w *pg.Where, after *Cursor) error {
	var b pgx.Batch
	forValues := plan(&b, false, w.Varies())
	if err := page.queue(&b, s, order, w, after); err != nil {
		return err
	}
	plan(&b, forValues, false)
	return db.SendBatch(ctx, &b).Close()
}

// queue adds the statement that fills Items with one record more than the limit, if there are more.
func (page *Page[T]) queue(b *pgx.Batch, s Source, order []term, w *pg.Where, after *Cursor) error {
	sql, args, err := s.build(slices.Clone(order), w, after, page.Limit+1)
	b.Queue(sql, args).Query(func(rows pgx.Rows) (err error) {
		page.Items, err = pgx.AppendRows(make([]T, 0, min(page.Limit, DefaultLimit)+1), rows, pgx.RowToStructByName[T])
		return err
	})
	return err
}

// term is one key of an ORDER BY.
type term struct {
	Column
	desc     bool
	expanded bool // SQL is not the date but a key that puts undated records last
}

// order parses "-starts_on,title". A key that is not in Sorts is an error. Within follows a date that is the only key. A cursor
// with the date alone, from before Within was set, continues without it.
func (s Source) order(sort string, after *Cursor) ([]term, error) {
	if sort == "" {
		sort = s.Default
	}
	if s.Within != "" && s.Sorts[strings.TrimPrefix(sort, "-")].Date && (after == nil || len(after.Keys) > 1) {
		sort += "," + s.Within
	}
	var order []term
	var seen []string
	for name := range strings.SplitSeq(sort, ",") {
		name, desc := strings.CutPrefix(strings.TrimSpace(name), "-")
		column, ok := s.Sorts[name]
		if name == "id" {
			column, ok = Column{SQL: s.ID, Type: "bigint"}, true
		}
		if slices.Contains(seen, name) {
			return nil, apperr.BadQuery([]apperr.Field{apperr.In("sort", "repeated_sort", "value", name)})
		}
		if !ok {
			allowed := append(slices.Sorted(maps.Keys(s.Sorts)), "id")
			f := apperr.In("sort", "bad_sort", "value", name, "allowed", strings.Join(allowed, ", "))
			f.Allowed = allowed
			return nil, apperr.BadQuery([]apperr.Field{f})
		}
		if !slices.Contains(seen, "id") { // keys after the id have no effect
			order = append(order, term{Column: column, desc: desc})
		}
		seen = append(seen, name)
	}
	return order, nil
}

// count fills Total. A count that takes more than two seconds is replaced by the planner's estimate.
func (page *Page[T]) count(ctx context.Context, db pg.DB, s Source, w *pg.Where, mode string) error {
	from := " FROM " + s.Table + " " + s.Joins + w.SQL(s.ID, false)
	args := w.Args().Of(from) // without those of the columns
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
			return fmt.Errorf("count: %w", err)
		}
	}
	var plan []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := db.QueryRow(ctx, "EXPLAIN (FORMAT JSON) SELECT 1"+from, args).Scan(&plan); err != nil {
		return fmt.Errorf("estimate: %w", err)
	}
	n := int64(plan[0].Plan.Rows)
	page.Total, page.Estimated = &n, true
	return nil
}
