package api

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/aggregate"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"

	"github.com/labstack/echo/v4"
)

// aggregate sends the numbers of the records of the list by up to two dimensions, or 304 if the client has the current ones.
func (r resource[I, T, F]) aggregate(s *server, c echo.Context) error {
	var q aggregate.Query
	f, err := r.aggregated(c, &q)
	if err != nil {
		return err
	}
	return r.sendAggregate(s, c, f, q)
}

// sendAggregate sends the numbers of the records that match a filter, or 304 if the client has the current ones.
func (r resource[I, T, F]) sendAggregate(s *server, c echo.Context, f F, q aggregate.Query) error {
	cached := r.cacheableAggregate(s, c, f)
	if done, err := cached.sendCached(c, matchList); done || err != nil {
		return err
	}
	held, err := s.aggregates.enter(c)
	if err != nil {
		return err
	}
	defer s.aggregates.leave(held)
	if held.waited { // for the same aggregate, perhaps
		if done, err := cached.sendCached(c, matchList); done || err != nil {
			return err
		}
	}
	result, state, err := r.readAggregate(s, c, f, q)
	if err != nil {
		return err
	}
	cached.setState(c, state, "")
	return sendCacheable(c, http.StatusOK, echo.MIMEApplicationJSON, result, cached)
}

// aggregated binds the filters of the list and the parameters of the aggregate, and checks them. extra are pointers to structs with
// further parameters.
func (r resource[I, T, F]) aggregated(c echo.Context, q *aggregate.Query, extra ...any) (F, error) {
	var f F
	fields := input.BindAll(c.QueryParams(), aggregate.Excluded, append([]any{&f, q}, extra...)...)
	for _, mistake := range q.Check(r.source()) {
		if !slices.ContainsFunc(fields, func(f apperr.Field) bool { return f.Parameter == mistake.Parameter }) {
			fields = append(fields, mistake)
		}
	}
	slices.SortStableFunc(fields, func(a, b apperr.Field) int { return strings.Compare(a.Parameter, b.Parameter) })
	return f, apperr.BadQuery(fields)
}

// cacheableAggregate returns the cache entry of a request; nil if the records can change without an entry in the change log.
func (r resource[I, T, F]) cacheableAggregate(s *server, c echo.Context, f F) *cacheable {
	if r.unlogged || r.uncached != nil && r.uncached(f) {
		return nil
	}
	return s.cacheable(c)
}

// readAggregate reads the numbers. The caller holds one of the slots of aggregates.
func (r resource[I, T, F]) readAggregate(s *server, c echo.Context, f F, q aggregate.Query) (result aggregate.Result, state paging.State, err error) {
	request := aggregate.Request{
		Query: q, List: s.config.PublicBaseURL + "/v1/" + r.Type, Filters: c.QueryParams(), Timeout: s.config.AggregateTimeout,
	}
	paging.Instead(&f, func(ctx context.Context, db pg.DB, source paging.Source, w pg.Where) (state paging.State, err error) {
		result, state, err = aggregate.Run(ctx, db, source, w, request)
		return state, err
	})
	err = s.shares.run(c, func(ctx context.Context) error {
		if look := r.look(s); look != nil {
			if err := look(ctx, &f); err != nil {
				return err
			}
		}
		page, err := r.list(ctx, s.db, f)
		state = page.State
		return err
	})
	if err != nil {
		return result, state, err
	}
	result.Meta.Cursor, result.Meta.License = s.changeCursor(c.Request().Context(), state.Head), License
	if q.Lang != "" {
		text.Localize(result.Groups, q.Lang)
		text.Localize(result.Groups2, q.Lang)
	}
	return result, state, nil
}

// aggregateRow is a row of an aggregate as a table: a cell with the labels of its groups.
type aggregateRow struct {
	Key        string    `json:"key"`
	Label      text.Map  `json:"label"`
	StartsOn   *date.Day `json:"starts_on"`
	EndsBefore *date.Day `json:"ends_before"`
	Key2       *string   `json:"key2"`
	Label2     text.Map  `json:"label2"`
	aggregate.Numbers

	Added text.Added `json:",embed"`
}

// aggregateCSV sends the cells of an aggregate as CSV, with the labels of their groups.
func (r resource[I, T, F]) aggregateCSV(s *server, c echo.Context) error {
	var q aggregate.Query
	var params csvParams
	f, err := r.aggregated(c, &q, &params)
	if err != nil {
		return err
	}
	cached := r.cacheableAggregate(s, c, f)
	if done, err := cached.sendUnmodified(c); done || err != nil {
		return err
	}
	held, err := s.aggregates.enter(c)
	if err != nil {
		return err
	}
	defer s.aggregates.leave(held)
	now, err := paging.ReadDated(c.Request().Context(), s.db, s.releasedAt)
	if err != nil {
		return err
	}
	result, state, err := r.readAggregate(s, c, f, q)
	if err != nil {
		return err
	}
	body, err := aggregateTable(result, r.aggregateMembers(q), q.Lang, params)
	if err != nil {
		return err
	}
	return s.sendWhole(c, cached, export.MediaTypes["csv"], s.datedName(r.Type+"-aggregate", "csv"), state, now, body)
}

// aggregateMembers returns the members of the rows of an aggregate. They depend only on the request: units of time have days
// instead of labels, whatever records there are.
func (r resource[I, T, F]) aggregateMembers(q aggregate.Query) []string {
	members := []string{"key", "label", "label_text", "label_lang"}
	if len(q.GroupBy) > 0 {
		if unit := r.source().Dimensions[q.GroupBy[0]].Time; unit != paging.NoTime && unit != paging.Weekday {
			members = []string{"key", "starts_on", "ends_before"}
		}
	}
	if len(q.GroupBy) == 2 {
		members = append(members, "key2", "label2", "label2_text", "label2_lang")
	}
	return append(members, q.Metrics()...)
}

// aggregateTable writes the cells of an aggregate as CSV with the columns of the members, and of their texts in lang if it is not
// empty.
func aggregateTable(result aggregate.Result, members []string, lang string, params csvParams) (_ []byte, err error) {
	groups, groups2 := byKey(result.Groups), byKey(result.Groups2)
	rows := make([]aggregateRow, len(result.Data))
	for i, cell := range result.Data {
		g := groups[cell.Key]
		rows[i] = aggregateRow{Key: cell.Key, Label: g.Label, StartsOn: g.StartsOn, EndsBefore: g.EndsBefore, Key2: cell.Key2, Numbers: cell.Numbers}
		if cell.Key2 != nil {
			rows[i].Label2 = groups2[*cell.Key2].Label
		}
	}
	var body bytes.Buffer
	w := bufio.NewWriter(&body)
	options := params.options(export.Options{Fields: members, Lang: lang != ""}, reflect.TypeFor[aggregateRow]())
	file, err := export.NewFile(w, "csv", options)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := addAll(file, rows, lang, members); err != nil {
		return nil, err
	}
	if err := errors.Join(file.End(""), w.Flush()); err != nil {
		return nil, err
	}
	return body.Bytes(), nil
}

func byKey(groups []aggregate.Group) map[string]aggregate.Group {
	of := make(map[string]aggregate.Group, len(groups))
	for _, g := range groups {
		of[g.Key] = g
	}
	return of
}
