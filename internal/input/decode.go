// Package input reads what clients send: strict JSON, query strings and the rules that struct tags state. Every way in
// (requests, bundles, imports, other formats) uses it, so that one set of limits holds everywhere. It knows no resource
// and no HTTP.
package input

import (
	"bytes"
	"encoding"
	"errors"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// JSON encodes records as clients read and write them: a nil map is null, members have a fixed order.
var JSON = json.JoinOptions(json.FormatNilMapAsNull(true), json.Deterministic(true))

// maxDepth is how deep JSON may be nested.
const maxDepth = 20

// Decode reads strict JSON into a pointer to a struct and checks it (see Check). All field errors come together, as
// apperr.Invalid; JSON that is not an object is apperr.Malformed. The syntax of raw was checked by Scan.
func Decode(raw jsontext.Value, in any) error {
	return decode(raw, in, func() []apperr.Field { return Check(in) })
}

// DecodeChange is Decode for a change of a record: raw is its new content, old its stored content (see CheckChange).
func DecodeChange(raw jsontext.Value, old, in any) error {
	return decode(raw, in, func() []apperr.Field { return CheckChange(old, in) })
}

func decode(raw jsontext.Value, in any, check func() []apperr.Field) error {
	if raw.Kind() != '{' {
		return Malformed("not_an_object", "")
	}
	var d decoder
	if _, d.plain = in.(PlainTexts); d.plain {
		d.lang = langOf(raw)
	}
	d.object("", raw, reflect.ValueOf(in).Elem())
	slices.SortFunc(d.fields, func(a, b apperr.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	return apperr.Mistakes(apperr.Invalid, "validation_failed", Add(d.fields, check()), d.omitted)
}

// Add appends the errors that fields do not already report: a member that could not be read is not missing, too, and one
// error of a member is enough.
func Add(fields, more []apperr.Field) []apperr.Field {
	for _, f := range more {
		reported := slices.ContainsFunc(fields, func(g apperr.Field) bool {
			return strings.HasPrefix(f.Pointer+"/", g.Pointer+"/") ||
				f.Code == "required" && strings.HasPrefix(g.Pointer, f.Pointer+"/")
		})
		if !reported {
			fields = append(fields, f)
		}
	}
	return fields
}

// decoder decodes member by member, so that one wrong type does not hide the next. It keeps the first errors and counts the
// others, and it holds no copy of what it reads: a body of 1 MiB can have 500,000 elements.
type decoder struct {
	fields  []apperr.Field
	omitted int
	plain   bool   // plain strings stand for texts, and one value for a list of one
	lang    string // of texts that are plain strings
}

// PlainTexts is implemented by documents that state their language in the member `lang`. In them, a plain string stands for a
// text in this language, and for a list of one.
type PlainTexts interface{ PlainTexts() }

// langOf returns the language of the plain strings in a document: text.NoLanguage if it states none.
func langOf(raw jsontext.Value) string {
	for name, value := range each(raw) {
		if token, err := jsontext.NewDecoder(bytes.NewReader(value)).ReadToken(); name == "lang" && err == nil && token.Kind() == '"' {
			if tag, ok := text.Tag(token.String()); ok {
				return tag
			}
		}
	}
	return text.NoLanguage
}

// Named is implemented by the objects for which a plain string may stand: it is their name.
type Named interface{ SetName(name string) }

// plainString sets a value for which a plain string stands, and reports whether one may.
func (d *decoder) plainString(raw jsontext.Value, v reflect.Value) bool {
	var s string
	if raw.Kind() != '"' || json.Unmarshal(raw, &s) != nil {
		return false
	}
	t := v.Type()
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	to := reflect.New(t)
	switch named, ok := to.Interface().(Named); {
	case ok:
		named.SetName(s)
	case t == reflect.TypeFor[text.Map]() && d.plain:
		to.Elem().Set(reflect.ValueOf(text.Map{d.lang: s}))
	default:
		return false
	}
	if v.Kind() == reflect.Pointer {
		v.Set(to)
	} else {
		v.Set(to.Elem())
	}
	return true
}

// add adds an error, which is made only if it is kept.
func (d *decoder) add(f func() apperr.Field) {
	if len(d.fields) < apperr.MaxFields {
		d.fields = append(d.fields, f())
	} else {
		d.omitted++
	}
}

func (d *decoder) object(pointer jsontext.Pointer, raw jsontext.Value, v reflect.Value) {
	known := membersOf(v.Type())
	for name, value := range each(raw) {
		at := pointer.AppendToken(name)
		if m, ok := known[name]; ok {
			d.member(at, value, v.FieldByIndex(m.index), m.most)
		} else {
			d.add(func() apperr.Field { return UnknownMember(string(at), name, Members(v.Type())) })
		}
	}
}

// member walks into objects and lists of objects, and leaves everything else to the JSON library. most is how many elements a
// list may have.
func (d *decoder) member(pointer jsontext.Pointer, raw jsontext.Value, v reflect.Value, most int) {
	t := v.Type()
	if t.Kind() == reflect.Slice && raw.Kind() == '[' && longer(raw, most) {
		d.add(func() apperr.Field { return apperr.At(string(pointer), "too_many", "max", strconv.Itoa(most)) })
		return
	}
	switch {
	case d.plainString(raw, v):
	case d.plain && t.Kind() == reflect.Slice && raw.Kind() == '"':
		v.Set(reflect.MakeSlice(t, 1, 1))
		d.member(pointer, raw, v.Index(0), MaxElements)
	case t.Kind() == reflect.Pointer && IsObject(t.Elem()) && raw.Kind() == '{':
		v.Set(reflect.New(t.Elem()))
		d.object(pointer, raw, v.Elem())
	case IsObject(t) && raw.Kind() == '{':
		d.object(pointer, raw, v)
	case t.Kind() == reflect.Slice && IsObject(t.Elem()) && raw.Kind() == '[':
		v.Set(reflect.MakeSlice(t, 0, 0))
		for i, element := range each(raw) {
			v.Set(reflect.Append(v, reflect.Zero(t.Elem())))
			d.member(pointer.AppendToken(i), element, v.Index(v.Len()-1), MaxElements)
		}
	default:
		if err := json.Unmarshal(raw, v.Addr().Interface(), json.RejectUnknownMembers(true)); err != nil {
			d.add(func() apperr.Field { return typeError(string(pointer), err) })
		}
	}
}

// each yields the members of an object, or the elements of an array with their indexes. The syntax of raw was checked.
func each(raw jsontext.Value) iter.Seq2[string, jsontext.Value] {
	return func(yield func(string, jsontext.Value) bool) {
		d := jsontext.NewDecoder(bytes.NewBuffer(raw))
		_, _ = d.ReadToken()
		for i := 0; d.PeekKind() > 0 && d.PeekKind() != '}' && d.PeekKind() != ']'; i++ {
			name := strconv.Itoa(i)
			if raw.Kind() == '{' {
				token, _ := d.ReadToken()
				name = token.String()
			}
			value, err := d.ReadValue()
			if err != nil || !yield(name, value) {
				return
			}
		}
	}
}

// longer reports whether an array has more than most elements.
func longer(array jsontext.Value, most int) bool {
	d := jsontext.NewDecoder(bytes.NewBuffer(array))
	_, _ = d.ReadToken()
	for range most {
		if d.PeekKind() == ']' {
			return false
		}
		_ = d.SkipValue()
	}
	return d.PeekKind() != ']'
}

// MaxElements is how many elements a list may have whose field does not state `validate:"max=…"`.
const MaxElements = 1000

// member describes a field of a struct that is decoded.
type member struct {
	index []int
	most  int // elements of a list
}

var memberCache sync.Map // reflect.Type -> map[string]member

func membersOf(t reflect.Type) map[string]member {
	if m, ok := memberCache.Load(t); ok {
		return m.(map[string]member)
	}
	members := map[string]member{}
	for name, index := range Members(t) {
		m := member{index, MaxElements}
		own, _, _ := strings.Cut(t.FieldByIndex(index).Tag.Get("validate"), "dive")
		for rule := range strings.SplitSeq(own, ",") {
			if n, err := strconv.Atoi(strings.TrimPrefix(rule, "max=")); err == nil && strings.HasPrefix(rule, "max=") {
				m.most = n
			}
		}
		members[name] = m
	}
	memberCache.Store(t, members)
	return members
}

// IsObject reports whether a type is a struct that is decoded member by member: one that does not read JSON itself.
func IsObject(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[time.Time]() &&
		!p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) &&
		!p.Implements(reflect.TypeFor[json.Unmarshaler]()) && !p.Implements(reflect.TypeFor[json.UnmarshalerFrom]())
}

// Members maps the JSON members of a struct type to the indexes of their fields.
func Members(t reflect.Type) map[string][]int {
	members := map[string][]int{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.Anonymous && f.IsExported() && name != "" && name != "-" {
			members[name] = f.Index
		}
	}
	return members
}

// UnknownMember is the error for a member that is none of known, with the name that was probably meant.
func UnknownMember(pointer, name string, known map[string][]int) apperr.Field {
	return Suggest(apperr.At(pointer, "unknown_field", "value", name), "unknown_field_hint", name, slices.Sorted(maps.Keys(known)))
}

// typeError turns an error of the decoder into a field error; pointer is the member that was decoded.
func typeError(pointer string, err error) apperr.Field {
	var value apperr.Value
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		pointer += string(semantic.JSONPointer)
	}
	switch {
	case errors.As(err, &value):
		return apperr.Field{Pointer: pointer, Code: value.Code, Args: value.Args, Allowed: value.Allowed}
	case errors.Is(err, json.ErrUnknownName):
		return apperr.At(pointer, "unknown_field", "value", pointer[strings.LastIndex(pointer, "/")+1:])
	case semantic != nil && semantic.GoType != nil:
		return apperr.At(pointer, "wrong_type", "expected", kindName(semantic.GoType))
	}
	return apperr.At(pointer, "bad_value")
}

func kindName(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "integer"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice:
		return "array"
	case reflect.Map, reflect.Struct:
		switch {
		case t == reflect.TypeFor[time.Time]():
			return "date-time"
		case t == reflect.TypeFor[text.Map]():
			return "texts"
		case t.Kind() == reflect.Map || IsObject(t):
			return "object"
		}
	}
	return "string"
}
