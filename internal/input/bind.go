package input

import (
	"cmp"
	"encoding"
	"maps"
	"math"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"
)

// parameter describes a field with the tag `query`.
type parameter struct {
	index   []int    // of the field
	list    bool     // whether it takes several values
	allowed []string // the closed list of values, from the tag `enums`; nil: any
	def     string   // from the tag `default`
	all     []int    // of the field for values after `all:`, from its tag `all`; nil: the filter takes none
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
		p := parameter{index: f.Index, list: f.Type.Kind() == reflect.Slice, def: f.Tag.Get("default")}
		if e := f.Tag.Get("enums"); e != "" {
			p.allowed = Enum(e)
		}
		params[name] = p
	}
	for _, f := range reflect.VisibleFields(t) {
		if p, ok := params[f.Tag.Get("all")]; ok {
			p.all = f.Index
			params[f.Tag.Get("all")] = p
		}
	}
	parameterCache.Store(t, params)
	return params
}

var enums sync.Map // name -> []string

// DefineEnum gives a name to a closed list of values that the code derives, for the tag `enums`.
func DefineEnum(name string, values []string) []string {
	enums.Store(name, values)
	return values
}

// Enum returns the values of a tag `enums`: a list, or the name of one.
func Enum(tag string) []string {
	if values, ok := enums.Load(tag); ok {
		return values.([]string)
	}
	return strings.Split(tag, ",")
}

var emptyQueryErrors sync.Map // reflect.Type -> []apperr.Field, the errors of an empty query string

// Bind sets the fields of into, a pointer to a struct with the tag `query`, from a query string: defaults, closed lists
// (`enums`) and the rules of `validate` apply. It returns all errors, sorted by parameter.
func Bind(values url.Values, into any) []apperr.Field {
	v := reflect.ValueOf(into).Elem()
	params := parametersOf(v.Type())
	joinLists(values, params)
	if len(values) > 0 {
		return bindValues(values, v, params)
	}
	if fields, ok := emptyQueryErrors.Load(v.Type()); ok { // most requests have no query string: the rules run once for each type
		setDefaults(values, v, params)
		return slices.Clone(fields.([]apperr.Field))
	}
	fields := bindValues(values, v, params)
	emptyQueryErrors.Store(v.Type(), slices.Clone(fields))
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
		case given[0] == "": // an empty parameter counts as absent: Power Query cannot leave it out
		default:
			fields = append(fields, p.bind(v, name, given[0])...)
		}
	}
	setDefaults(values, v, params)
	for _, f := range checkTags(v.Addr().Interface()) {
		_, name, _ := strings.Cut(f.Pointer, "/")
		f.Parameter, _, _ = strings.Cut(name, "/")
		f.Pointer = ""
		if !slices.ContainsFunc(fields, func(g apperr.Field) bool { return g.Parameter == f.Parameter }) {
			fields = append(fields, f)
		}
	}
	slices.SortFunc(fields, func(a, b apperr.Field) int { return strings.Compare(a.Parameter, b.Parameter) })
	if p, ok := params["external_id"]; ok {
		if ids, ok := v.FieldByIndex(p.index).Addr().Interface().(*[]string); ok {
			*ids = StoredForms(*ids)
		}
	}
	return fields
}

// joinLists gives each list in values the form `x=a,b`, from `x=a&x=b` and `x[]=a&x[]=b`, which clients make of arrays.
func joinLists(values url.Values, params map[string]parameter) {
	for name := range values {
		list := strings.TrimSuffix(name, "[]")
		p, ok := params[list]
		if !ok || !p.list || list == name && len(values[name]) < 2 {
			continue
		}
		given := values[name]
		if list != name {
			given = slices.Concat(values[list], given)
			delete(values, name)
		}
		given = slices.DeleteFunc(given, func(value string) bool { return value == "" })
		slices.SortStableFunc(given, func(a, b string) int { // what a record must have together comes last
			return cmp.Compare(strings.Index(a, AllOf), strings.Index(b, AllOf))
		})
		values[list] = []string{strings.Join(given, ",")}
	}
}

// AllOf begins the values of a filter that a record must have together: "1,2,all:3,4" are records with 1 or 2, and with 3 and 4.
const AllOf = "all:"

// bind sets the field of a parameter, and that for values after AllOf.
func (p parameter) bind(v reflect.Value, name, value string) []apperr.Field {
	anyOf, together, ok := strings.Cut(","+value, ","+AllOf)
	together = strings.TrimPrefix(strings.ReplaceAll(","+together, ","+AllOf, ","), ",") // it may stand before each value
	if p.all == nil || !ok {
		return set(v.FieldByIndex(p.index), name, value, p.allowed)
	}
	var fields []apperr.Field
	if anyOf = strings.TrimPrefix(anyOf, ","); anyOf != "" {
		fields = set(v.FieldByIndex(p.index), name, anyOf, p.allowed)
	}
	field := v.FieldByIndex(p.all)
	if fields == nil {
		fields = set(field, name, together, p.allowed)
	}
	if field.Len() > maxTogether {
		fields = append(fields, apperr.In(name, "too_many", "max", strconv.Itoa(maxTogether)))
	}
	distinct := reflect.MakeSlice(field.Type(), 0, field.Len())
	seen := map[any]bool{}
	for i := range field.Len() {
		if e := field.Index(i); !seen[e.Interface()] {
			seen[e.Interface()] = true
			distinct = reflect.Append(distinct, e)
		}
	}
	field.Set(distinct)
	return fields
}

// maxTogether is the number of values that a record can be required to have together.
const maxTogether = 50

// BindWrite is Bind for a write. An empty value is an error, because a switch such as `dry_run=` must not count as absent.
func BindWrite(values url.Values, into any) []apperr.Field {
	fields := Bind(values, into)
	for name, given := range values {
		if given[0] == "" && !slices.ContainsFunc(fields, func(f apperr.Field) bool { return f.Parameter == name }) {
			fields = append(fields, apperr.In(name, "empty_parameter"))
		}
	}
	slices.SortFunc(fields, func(a, b apperr.Field) int { return strings.Compare(a.Parameter, b.Parameter) })
	return fields
}

// BindAll is Bind for several structs. The names in without are not parameters of the first one.
func BindAll(values url.Values, without []string, into ...any) (fields []apperr.Field) {
	known := map[string]parameter{}
	for _, to := range into {
		joinLists(values, parametersOf(reflect.TypeOf(to).Elem()))
	}
	for i, to := range into {
		own := url.Values{}
		for name, p := range parametersOf(reflect.TypeOf(to).Elem()) {
			if i == 0 && slices.Contains(without, name) {
				continue
			}
			known[name] = p
			if given, ok := values[name]; ok {
				own[name] = given
			}
		}
		fields = append(fields, Bind(own, to)...)
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
				f.Code, f.Args, f.Allowed = bad.Code, bad.Args, bad.Allowed
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
		for _, part := range items(value) {
			e := reflect.New(v.Type().Elem()).Elem()
			if fields := set(e, name, part, allowed); fields != nil {
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

// quoted matches an item in quotes, in which a comma does not end it, and "" stands for a quote.
var quoted = regexp.MustCompile(`^\s*"((?:[^"]|"")*)"\s*(?:,|$)`)

// items returns the items of a list, which are separated by commas.
func items(list string) (all []string) {
	for {
		if m := quoted.FindStringSubmatch(list); m != nil {
			all = append(all, strings.ReplaceAll(m[1], `""`, `"`))
			if list = list[len(m[0]):]; !strings.HasSuffix(m[0], ",") {
				return all
			}
			continue
		}
		item, rest, more := strings.Cut(list, ",")
		all = append(all, strings.TrimSpace(item))
		if list = rest; !more {
			return all
		}
	}
}

func unknownParameter(name string, params map[string]parameter) apperr.Field {
	allowed := slices.Sorted(maps.Keys(params))
	f := apperr.In(name, "unknown_parameter", "value", name, "allowed", strings.Join(allowed, ", "))
	return Suggest(f, "unknown_parameter_hint", name, allowed)
}

// Suggest completes the error for a name that is none of known: if one of them was probably meant, the error gets the code
// hinted and the argument hint.
func Suggest(f apperr.Field, hinted, name string, known []string) apperr.Field {
	if hint := nearest(name, known); hint != "" {
		f.Code, f.Args["hint"] = hinted, hint
	}
	f.Allowed = known
	return f
}

// nearest returns the name that was probably meant, or "": the one with the fewest edits, at most a third of its length.
func nearest(name string, names []string) string {
	best, distance := "", len(name)/3+2
	for _, n := range names {
		if d := edits(strings.ToLower(name), n); d < distance && d <= max(1, len(n)/3) && d < len(n) {
			best, distance = n, d
		}
	}
	return best
}

// edits counts the letters to add, remove, replace or swap with the next one (optimal string alignment).
func edits(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		for j := range d[i] {
			switch {
			case i == 0 || j == 0:
				d[i][j] = i + j
			case a[i-1] == b[j-1]:
				d[i][j] = d[i-1][j-1]
			default:
				d[i][j] = 1 + min(d[i-1][j], d[i][j-1], d[i-1][j-1])
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
