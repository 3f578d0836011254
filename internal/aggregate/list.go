package aggregate

import (
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
)

// notFilters are the parameters that do not limit the records.
var notFilters = func() map[string]bool {
	names := map[string]bool{"delimiter": true, "bom": true, "guard": true, "parts": true, "rows": true, "columns": true}
	for _, t := range []reflect.Type{reflect.TypeFor[Query](), reflect.TypeFor[paging.PageParams]()} {
		for _, f := range reflect.VisibleFields(t) {
			names[f.Tag.Get("query")] = true
		}
	}
	return names
}()

// filtersOf returns the parameters that limit the records.
func filtersOf(values url.Values) url.Values {
	filters := maps.Clone(values)
	maps.DeleteFunc(filters, func(name string, given []string) bool { return notFilters[name] || len(given) == 0 || given[0] == "" })
	return filters
}

// spanOf returns the days that the filters ask for. They have been checked.
func spanOf(filters url.Values) (s span) {
	if d, err := date.ParseDay(filters.Get("starts_from")); err == nil {
		s.from = &d
	}
	if d, err := date.ParseDay(filters.Get("starts_to")); err == nil {
		s.to = &d
	}
	return s
}

// listOf returns the address of the list of the records of one group.
func (a axis) listOf(path string, filters url.Values, g group) string {
	to := maps.Clone(filters)
	switch {
	case a.name == "":
	case a.Time == paging.NoTime || a.Time == paging.Weekday:
		name := a.parameter()
		switch given := to.Get(name); {
		case !a.Several() || given == "":
			to.Set(name, g.key)
		case strings.Contains(given, input.AllOf):
			to.Set(name, given+","+g.key)
		default:
			to.Set(name, given+","+input.AllOf+g.key)
		}
	default:
		unit := of(a.Time, g.number)
		if p := unit.precisions(a.Time); p != nil {
			to.Set("date_precision", strings.Join(common(p, to.Get("date_precision")), ","))
		}
		unit = unit.within(spanOf(filters))
		to.Set("starts_from", unit.from.String())
		if to.Del("starts_to"); unit.to.Time.Year() <= 9999 {
			to.Set("starts_to", unit.to.String())
		}
	}
	if len(to) == 0 {
		return path
	}
	return path + "?" + strings.NewReplacer("%2C", ",", "%3A", ":").Replace(to.Encode())
}

// common returns the values that are also in the filter; all of them if it is not given.
func common(values []string, filter string) []string {
	if filter == "" {
		return values
	}
	given := strings.Split(filter, ",")
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return !slices.Contains(given, v) })
}
