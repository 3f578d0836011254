package api

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/aggregate"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"

	"github.com/labstack/echo/v4"
)

// The bounds of facets.
const (
	maxFacets      = 10  // in one request
	maxFacetValues = 100 // of one facet
)

// facetParams are the parameters of lists whose records can be grouped.
type facetParams struct {
	Facets     []string `query:"facets" form:"facets"`                                         // Count the matching records by these dimensions. Each facet is counted without its own filter.
	FacetLimit int      `query:"facet_limit" form:"facet_limit" default:"10" validate:"min=1"` // Values in each facet, 1 to 100.
}

// Facet is one value of a facet.
//
//	@Description	One value of a dimension, with the number of records that have it.
type Facet struct {
	Key      string     `json:"key" example:"round_table"` // The value, as the filter takes it: a code or the id of a record; of a unit of time `2020-02`.
	Label    text.Map   `json:"label"`                     // What to show. Null for units of time.
	Count    int64      `json:"count" example:"5"`         // Records that match all other filters.
	Selected bool       `json:"selected" example:"false"`  // Whether the filter of the request names the value.
	Added    text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Facet

// Facets are the values of each facet, by the name of the dimension: most frequent first, units of time latest first, weekdays from Monday.
type Facets map[string][]Facet //	@name	Facets

// FacetRest is what is in no value of a facet.
//
//	@Description	The records that the values of a facet leave out.
type FacetRest struct {
	Other     int64 `json:"other" example:"3"`     // Records with other values only.
	Missing   int64 `json:"missing" example:"1"`   // Records without a value.
	Imprecise int64 `json:"imprecise" example:"0"` // Records whose date is not precise enough for the unit of time.
} //	@name	FacetRest

// facetResult holds the facets of a list.
type facetResult struct {
	facets Facets
	rest   map[string]FacetRest
}

// dimensionsKey holds in the context of a request what the records of the list can be grouped by.
const dimensionsKey = "dimensions"

// faceted is an operation that lists records with these dimensions.
func (o Operation) faceted(dimensions map[string]paging.Dimension) Operation {
	if len(dimensions) == 0 {
		return o
	}
	handle := o.handle
	o.Dimensions = slices.Sorted(maps.Keys(dimensions))
	o.handle = func(s *server, c echo.Context) error {
		c.Set(dimensionsKey, dimensions)
		return handle(s, c)
	}
	return o
}

func dimensionsOf(c echo.Context) map[string]paging.Dimension {
	of, _ := c.Get(dimensionsKey).(map[string]paging.Dimension)
	return of
}

// check rejects facets that the records do not have.
func (p facetParams) check(dimensions map[string]paging.Dimension) (fields []apperr.Field) {
	allowed := slices.Sorted(maps.Keys(dimensions))
	if len(p.Facets) > maxFacets {
		fields = append(fields, apperr.In("facets", "too_many", "max", strconv.Itoa(maxFacets)))
	}
	for i, name := range p.Facets {
		switch _, ok := dimensions[name]; {
		case !ok:
			f := apperr.In("facets", "unknown_dimension", "value", name, "allowed", strings.Join(allowed, ", "))
			f.Allowed = allowed
			fields = append(fields, f)
		case slices.Contains(p.Facets[:i], name):
			fields = append(fields, apperr.In("facets", "repeated_dimension", "value", name))
		}
	}
	return fields
}

// ownFilters are the filters that choose values of a dimension.
func ownFilters(name string, d paging.Dimension) []string {
	if d.Time != paging.NoTime && d.Time != paging.Weekday {
		return []string{"starts_from", "starts_to"}
	}
	return []string{cmp.Or(d.Parameter, name)}
}

// notOfFacets are the parameters of a list that do not limit its records.
var notOfFacets = []string{"facets", "facet_limit", "sort", "limit", "cursor", "count", "fields", "lang", "include"}

// readFacets counts the records of a list by the dimensions, each without its own filter. It runs one statement for each.
func readFacets[F any, T paging.Row](s *server, c echo.Context, list func(context.Context, pg.DB, F) (paging.Page[T], error),
	p facetParams, lang string) (facetResult, error) {
	r := facetResult{Facets{}, map[string]FacetRest{}}
	limit, unfilled := min(p.FacetLimit, maxFacetValues), false
	for _, name := range p.Facets {
		d := dimensionsOf(c)[name]
		filters := maps.Clone(c.QueryParams())
		own := url.Values{}
		for _, parameter := range ownFilters(name, d) {
			own[parameter] = filters[parameter]
		}
		maps.DeleteFunc(filters, func(parameter string, _ []string) bool {
			_, isOwn := own[parameter]
			return isOwn || slices.Contains(notOfFacets, parameter)
		})
		var f F
		if err := apperr.BadQuery(input.Bind(filters, &f)); err != nil {
			return r, err
		}
		request := aggregate.Request{
			Query:   aggregate.Query{GroupBy: []string{name}, Options: aggregate.Options{Limit: &limit, Fill: &unfilled, Lang: lang}},
			Filters: filters, Timeout: s.config.AggregateTimeout,
		}
		request.Keep = chosen(own, name, d)
		if d.Time != paging.NoTime && d.Time != paging.Weekday {
			request.Sort = "-key"
		}
		var result aggregate.Result
		paging.Instead(&f, func(ctx context.Context, db pg.DB, source paging.Source, w pg.Where) (state paging.State, err error) {
			result, state, err = aggregate.Run(ctx, db, source, w, request)
			return state, err
		})
		err := s.shares.run(c, func(ctx context.Context) error {
			_, err := list(ctx, s.db, f)
			return err
		})
		if err != nil {
			return r, err
		}
		r.add(name, d, result, own, lang)
	}
	return r, nil
}

// chosen returns the values that the own filter of a facet names.
func chosen(own url.Values, name string, d paging.Dimension) (keys []string) {
	for _, given := range own[cmp.Or(d.Parameter, name)] {
		for key := range strings.SplitSeq(given, ",") {
			if key = strings.TrimPrefix(strings.TrimSpace(key), input.AllOf); key != "" {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// add adds a facet.
func (r *facetResult) add(name string, d paging.Dimension, result aggregate.Result, own url.Values, lang string) {
	keys := chosen(own, name, d)
	values := make([]Facet, 0, len(result.Groups))
	for _, g := range result.Groups {
		selected := slices.ContainsFunc(keys, func(key string) bool { return strings.EqualFold(key, g.Key) })
		if g.StartsOn != nil {
			selected = liesIn(g, own)
		}
		values = append(values, Facet{Key: g.Key, Label: g.Label, Count: *g.Count, Selected: selected})
	}
	if len(keys) > 0 { // the chosen ones come first in the aggregate, so that none is left out
		slices.SortStableFunc(values, func(a, b Facet) int {
			if d.Time != paging.NoTime {
				return cmp.Compare(a.Key, b.Key)
			}
			return cmp.Compare(b.Count, a.Count)
		})
	}
	if lang != "" {
		text.Localize(values, lang)
	}
	r.facets[name] = values
	r.rest[name] = FacetRest{*result.Meta.Other.Count, result.Meta.Missing, result.Meta.Imprecise}
}

// liesIn reports whether a unit of time lies in the days that the filters ask for.
func liesIn(g aggregate.Group, own url.Values) bool {
	from, to := own.Get("starts_from"), own.Get("starts_to")
	return (from != "" || to != "") && from <= g.StartsOn.String() && (to == "" || g.EndsBefore.String() <= to)
}
