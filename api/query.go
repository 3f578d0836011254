package api

import (
	"encoding"
	"math"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/paging"

	"github.com/labstack/echo/v4"
)

// filter is a pointer to the filter of a list.
type filter[F any] interface {
	*F
	Page() *paging.Params
}

// query binds the query string to a filter, applies defaults, refuses unknown names and checks the values.
func query[F any, P filter[F]](s *server, c echo.Context) (F, error) {
	var f F
	values := c.QueryParams()
	fields := bind(values, &f)
	p := P(&f).Page()
	if p.Cursor != "" {
		after, err := s.cursors.decode(p.Cursor, c.Request().URL.Path, values)
		if err != nil {
			fields = append(fields, apperr.In("cursor", "bad_cursor"))
		}
		p.After = after
	}
	if p.Lang == "" {
		p.Lang = acceptedLanguage(c.Request())
	}
	return f, apperr.BadQuery(fields)
}

// ofPages are the parameters that make no sense for a list that is read whole.
var ofPages = []string{"limit", "cursor", "count"}

// queryWhole is query for a list that is read whole: without the parameters of pages, with those of extra, a pointer to a
// struct. What is answered depends on the address alone, hence not on Accept-Language.
func queryWhole[F any, P filter[F]](c echo.Context, extra any) (F, error) {
	var f F
	fields := bindAll(c.QueryParams(), ofPages, &f, extra)
	return f, apperr.BadQuery(fields)
}

// parameter is one of a filter type: where it is kept, its closed list of values.
type parameter struct {
	index   []int
	allowed []string
	def     string
}

var parameterCache sync.Map // reflect.Type -> map[string]parameter

func parametersOf(t reflect.Type) map[string]parameter {
	if p, ok := parameterCache.Load(t); ok {
		return p.(map[string]parameter)
	}
	params := map[string]parameter{}
	for _, f := range reflect.VisibleFields(t) {
		name := f.Tag.Get("query")
		if f.Anonymous || name == "" || name == "-" {
			continue
		}
		p := parameter{index: f.Index, def: f.Tag.Get("default")}
		if e := f.Tag.Get("enums"); e != "" {
			p.allowed = strings.Split(e, ",")
		}
		params[name] = p
	}
	parameterCache.Store(t, params)
	return params
}

var lacking sync.Map // reflect.Type -> []apperr.Field, the mistakes of an empty query string

// bind sets the fields of into (a pointer to a struct) from the query string and gives the mistakes.
func bind(values url.Values, into any) []apperr.Field {
	v := reflect.ValueOf(into).Elem()
	params := parametersOf(v.Type())
	if len(values) > 0 {
		return bindValues(values, v, params)
	}
	if fields, ok := lacking.Load(v.Type()); ok { // most records are asked for so, and the rules need not be gone through again
		setDefaults(values, v, params)
		return slices.Clone(fields.([]apperr.Field))
	}
	fields := bindValues(values, v, params)
	lacking.Store(v.Type(), slices.Clone(fields))
	return fields
}

func setDefaults(values url.Values, v reflect.Value, params map[string]parameter) {
	for name, p := range params {
		if p.def != "" && values.Get(name) == "" {
			set(v.FieldByIndex(p.index), name, p.def, nil)
		}
	}
}

func bindValues(values url.Values, v reflect.Value, params map[string]parameter) (fields []apperr.Field) {
	for name, given := range values {
		p, ok := params[name]
		switch {
		case !ok:
			fields = append(fields, unknownParameter(name, params))
		case len(given) > 1:
			fields = append(fields, apperr.In(name, "repeated_parameter"))
		case !utf8.ValidString(given[0]) || strings.ContainsRune(given[0], 0):
			fields = append(fields, apperr.In(name, "invalid_utf8"))
		case given[0] == "": // an empty parameter is an absent one: Power Query cannot leave it out
		default:
			fields = append(fields, set(v.FieldByIndex(p.index), name, given[0], p.allowed)...)
		}
	}
	setDefaults(values, v, params)
	for _, f := range check(v.Addr().Interface()) {
		f.Parameter, f.Pointer = strings.Split(f.Pointer, "/")[1], ""
		if !slices.ContainsFunc(fields, func(g apperr.Field) bool { return g.Parameter == f.Parameter }) {
			fields = append(fields, f)
		}
	}
	slices.SortFunc(fields, func(a, b apperr.Field) int { return strings.Compare(a.Parameter, b.Parameter) })
	return fields
}

// bindAll is bind for several structs, of which those in without are no parameters.
func bindAll(values url.Values, without []string, into ...any) (fields []apperr.Field) {
	known := map[string]parameter{}
	for _, to := range into {
		own := url.Values{}
		for name, p := range parametersOf(reflect.TypeOf(to).Elem()) {
			if slices.Contains(without, name) {
				continue
			}
			known[name] = p
			if given, ok := values[name]; ok {
				own[name] = given
			}
		}
		fields = append(fields, bind(own, to)...)
	}
	for name := range values {
		if _, ok := known[name]; !ok {
			fields = append(fields, unknownParameter(name, known))
		}
	}
	slices.SortFunc(fields, func(a, b apperr.Field) int { return strings.Compare(a.Parameter, b.Parameter) })
	return fields
}

func set(v reflect.Value, name, value string, allowed []string) []apperr.Field {
	wrong := func(expected string) []apperr.Field {
		return []apperr.Field{apperr.In(name, "wrong_type", "expected", expected)}
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := u.UnmarshalText([]byte(value)); err != nil {
			f := apperr.In(name, "bad_value")
			if bad, ok := err.(apperr.Value); ok {
				f.Code, f.Args = bad.Code, bad.Args
			}
			return []apperr.Field{f}
		}
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return set(v.Elem(), name, value, allowed)
	case reflect.Slice:
		for part := range strings.SplitSeq(value, ",") {
			e := reflect.New(v.Type().Elem()).Elem()
			if fields := set(e, name, strings.TrimSpace(part), allowed); fields != nil {
				return fields
			}
			v.Set(reflect.Append(v, e))
		}
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return wrong("integer")
		}
		v.SetInt(n)
	case reflect.Float64:
		x, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return wrong("number")
		}
		v.SetFloat(x)
	case reflect.Bool:
		if value != "true" && value != "false" {
			return wrong("boolean")
		}
		v.SetBool(value == "true")
	default:
		if allowed != nil && !slices.Contains(allowed, value) {
			f := apperr.NotOneOf("", allowed)
			f.Parameter = name
			return []apperr.Field{f}
		}
		v.SetString(value)
	}
	return nil
}

func unknownParameter(name string, params map[string]parameter) apperr.Field {
	allowed := make([]string, 0, len(params))
	for p := range params {
		allowed = append(allowed, p)
	}
	slices.Sort(allowed)
	f := apperr.In(name, "unknown_parameter", "value", name, "allowed", strings.Join(allowed, ", "))
	if hint := nearest(name, allowed); hint != "" {
		f.Code, f.Args["hint"] = "unknown_parameter_hint", hint
	}
	f.Allowed = allowed
	return f
}

// nearest gives the name that was probably meant, or "": the one with the fewest edits, at most a third of its length.
func nearest(name string, names []string) string {
	best, distance := "", len(name)/3+2
	for _, n := range names {
		if d := edits(name, n); d < distance && d <= max(1, len(n)/3) {
			best, distance = n, d
		}
	}
	return best
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
