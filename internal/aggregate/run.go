package aggregate

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/vocabulary"

	"github.com/jackc/pgx/v5"
)

// Request is an aggregate of a list.
type Request struct {
	Query
	List    string        // the address of the list
	Filters url.Values    // its query string; parameters that are not filters are ignored
	Timeout time.Duration // of the statement; a shorter one of the connection applies
	Keep    []string      // keys of the first dimension that are groups in any case; they come first
}

// axis is a dimension of the request.
type axis struct {
	paging.Dimension
	name       string
	n          int // 1 or 2
	sort       string
	descending bool
	limit      int
	minCount   int64
	fill       bool
	lang       string
	keep       []string

	first, last *int64 // the units of time that the filters ask for
}

// group is one value of an axis.
type group struct {
	key    string
	number int64 // of a unit of time
	id     *int64
	label  text.Map
}

func (a axis) column(name string) string { return name + strconv.Itoa(a.n) }

// parameter is the filter of the list that keeps the records of one group.
func (a axis) parameter() string {
	if a.Parameter != "" {
		return a.Parameter
	}
	return a.name
}

// filled reports whether the groups are consecutive units of time.
func (a axis) filled() bool { return a.fill && a.Time != paging.NoTime && a.sort == "key" }

// order is the order of the groups. The key is last, so that it is the same every time.
func (a axis) order(args pg.Args) string {
	if len(a.keep) == 0 {
		return a.ranked(args)
	}
	kept := a.column("keep")
	args[kept] = a.keep
	return "(t.k::text = ANY(@" + kept + ")) DESC, " + a.ranked(args)
}

// ranked is the order of the groups without those that are kept.
func (a axis) ranked(args pg.Args) string {
	direction := ""
	if a.descending {
		direction = " DESC"
	}
	by := "t.n"
	switch a.sort {
	case "count":
	case "key":
		return "t.k" + direction
	case "label":
		switch {
		case a.Named != "":
			by = "coalesce(named.label ->> @lang, text_sort_key(named.label)) COLLATE \"und-x-icu\""
			args["lang"] = a.lang
		case a.Vocabulary != "":
			labels := a.column("labels")
			by = "coalesce(@" + labels + "::jsonb ->> t.k::text, t.k::text) COLLATE \"und-x-icu\""
			args[labels] = vocabulary.Labels(a.Vocabulary, a.lang)
		default:
			by = "t.k"
		}
	default:
		by = "coalesce(by_metric.value, 0)"
	}
	return by + direction + ", t.k"
}

// Run aggregates the records of a source that match the predicates, which include those of its visibility. An unknown dimension,
// metric or order is apperr.Malformed, a result with too many cells apperr.Invalid, and one that takes too long
// apperr.Unavailable. It runs one statement that reads data.
func Run(ctx context.Context, db pg.DB, s paging.Source, w pg.Where, r Request) (Result, paging.State, error) {
	if err := apperr.BadQuery(r.Check(s)); err != nil {
		return Result{}, paging.State{}, err
	}
	filters := filtersOf(r.Filters)
	st := r.plan(s, filters)
	w.Whole()
	sql := st.build(w.SQL(s.ID, false))
	args := w.Args()
	maps.Copy(args, st.args)
	found := newCollector(st.axes, st.metrics)
	var b pgx.Batch
	limit := r.Timeout
	settings(&b, &limit)
	b.Queue(sql, args.Of(sql)).Query(found.read)
	if err := db.SendBatch(ctx, &b).Close(); err != nil {
		return Result{}, paging.State{}, TimedOut(ctx, err, limit)
	}
	result, err := found.result(r, st, filters)
	return result, found.state, err
}

// Of aggregates the records of a list that match a filter, with the errors of Run.
func Of[T, F any](ctx context.Context, db pg.DB, list func(context.Context, pg.DB, F) (paging.Page[T], error), f F, r Request) (result Result, err error) {
	paging.Instead(&f, func(ctx context.Context, db pg.DB, s paging.Source, w pg.Where) (state paging.State, err error) {
		result, state, err = Run(ctx, db, s, w, r)
		return state, err
	})
	_, err = list(ctx, db, f)
	return result, err
}

// Limit gives the following statements of a transaction the settings of an aggregate.
func Limit(ctx context.Context, tx pgx.Tx, timeout time.Duration) error {
	var b pgx.Batch
	settings(&b, &timeout)
	return pg.Error(tx.SendBatch(ctx, &b).Close())
}

// TimedOut returns apperr.Unavailable for the error of a statement that took longer than its limit, and other errors as they are.
func TimedOut(ctx context.Context, err error, timeout time.Duration) error {
	if pg.IsCode(err, pg.QueryCanceled) && ctx.Err() == nil {
		return &apperr.Error{Kind: apperr.Unavailable, Code: "aggregate_timeout", Args: apperr.Args{"seconds": seconds(timeout)}, Err: err}
	}
	return err
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

// settings make the statement of this transaction end in time, and plan it for its values. It reads many records, so it may sort
// and hash in more memory. Compiling it would take longer than running it. A shorter limit of the connection stays: limit is then set
// to it.
func settings(b *pgx.Batch, limit *time.Duration) {
	b.Queue(`
		SELECT milliseconds, set_config('statement_timeout', milliseconds::text, true), set_config('plan_cache_mode', 'force_custom_plan', true),
			set_config('work_mem', '64MB', true), set_config('jit', 'off', true)
		FROM (SELECT least(@milliseconds::bigint,
			nullif((extract(epoch FROM current_setting('statement_timeout')::interval) * 1000)::bigint, 0)) AS milliseconds) shorter`,
		pg.Args{"milliseconds": limit.Milliseconds()}).QueryRow(func(row pgx.Row) error {
		var milliseconds int64
		var set string
		if err := row.Scan(&milliseconds, &set, &set, &set, &set); err != nil {
			return err
		}
		*limit = time.Duration(milliseconds) * time.Millisecond
		return nil
	})
}

// Check returns what is wrong with the parameters for the records of a source: an unknown dimension, metric or order.
func (q Query) Check(s paging.Source) (fields []apperr.Field) {
	orders := []string{"count"}
	for _, m := range q.Metrics() {
		if _, ok := s.Metrics[m]; !ok && m != "count" {
			fields = append(fields, unknown("metric", "unknown_metric", m, append(slices.Sorted(maps.Keys(s.Metrics)), "count")))
		} else if !slices.Contains(orders, m) {
			orders = append(orders, m)
		}
	}
	if len(q.GroupBy) > 2 {
		fields = append(fields, apperr.In("group_by", "too_many", "max", "2"))
	}
	for i, name := range q.GroupBy {
		_, ok := s.Dimensions[name]
		switch {
		case len(s.Dimensions) == 0:
			fields = append(fields, apperr.In("group_by", "no_dimensions"))
		case !ok:
			fields = append(fields, unknown("group_by", "unknown_dimension", name, slices.Sorted(maps.Keys(s.Dimensions))))
		case slices.Contains(q.GroupBy[:i], name):
			fields = append(fields, apperr.In("group_by", "repeated_dimension", "value", name))
		}
	}
	orders = append(orders, "key", "label")
	if sort := strings.TrimPrefix(q.Sort, "-"); sort != "" && !slices.Contains(orders, sort) {
		fields = append(fields, unknown("sort", "bad_sort", sort, orders))
	}
	return fields
}

// plan returns the statement of a request that Check accepts.
func (r Request) plan(s paging.Source, filters url.Values) *statement {
	st := &statement{source: s, metrics: []string{"count"}, other: r.Other == nil || *r.Other, args: pg.Args{}}
	for _, m := range r.Metrics() {
		if !slices.Contains(st.metrics, m) {
			st.metrics = append(st.metrics, m)
		}
	}
	for i, name := range r.GroupBy {
		st.axes = append(st.axes, r.axis(name, s.Dimensions[name], i+1, filters))
	}
	return st
}

func unknown(parameter, code, value string, allowed []string) apperr.Field {
	f := apperr.In(parameter, code, "value", value, "allowed", strings.Join(allowed, ", "))
	f.Allowed = allowed
	return f
}

// axis is a dimension with the parameters that apply to it. Beside another dimension, those for groups do not apply to time.
func (r Request) axis(name string, d paging.Dimension, n int, filters url.Values) axis {
	a := axis{Dimension: d, name: name, n: n, limit: maxGroups, fill: r.Fill == nil || *r.Fill, lang: r.Lang}
	if d.Named != "" {
		a.limit = defaultGroups
	}
	if n == 1 && (d.Time == paging.NoTime || d.Time == paging.Weekday) {
		a.keep = r.Keep[:min(len(r.Keep), maxGroups)]
	}
	isTime, alone := d.Time != paging.NoTime, len(r.GroupBy) == 1
	a.sort, a.descending = strings.CutPrefix(r.Sort, "-")
	switch {
	case r.Sort == "" && !isTime:
		a.sort, a.descending = r.Metrics()[0], true
	case isTime && (r.Sort == "" || a.sort != "key" && !alone):
		a.sort, a.descending = "key", false
	case isTime && a.sort == "label":
		a.sort = "key"
	}
	if !isTime || alone {
		a.minCount = r.MinCount
		if r.Limit != nil {
			a.limit = max(min(*r.Limit, maxGroups), len(a.keep))
		}
	}
	a.fill = a.fill && a.minCount == 0 && isTime && (a.sort == "key" || a.descending) && len(common(precise(d.Time), filters.Get("date_precision"))) > 0
	switch asked := spanOf(filters); {
	case !isTime:
	case d.Time == paging.Weekday:
		a.first, a.last = new(int64(1)), new(int64(7))
		a.fill = a.fill && filters.Get("weekday") == ""
	default:
		if asked.from != nil {
			a.first = new(unitOf(d.Time, asked.from.Time))
		}
		if asked.to != nil {
			a.last = new(unitOf(d.Time, asked.to.Time.AddDate(0, 0, -1)))
		}
	}
	return a
}

// tooManyCells is the error for a chart that no one can read.
func tooManyCells() error {
	return apperr.New(apperr.Invalid, "aggregate_too_large", "max", strconv.Itoa(maxCells))
}

// day returns a pointer to a day.
func day(t time.Time) *date.Day { return &date.Day{Time: t} }

// label returns the label of a group that is not a record; nil for a code that no vocabulary has.
func (a axis) label(key string) text.Map {
	if a.Vocabulary == "" {
		return nil
	}
	return vocabulary.Label(a.Vocabulary, key)
}
