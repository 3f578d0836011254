// Package input reads what clients send: strict JSON, query strings and the rules that struct tags state. Every way in
// (requests, bundles, imports, other formats) uses it, so that one set of limits holds everywhere. It knows no resource
// and no HTTP.
package input

import (
	"bytes"
	"encoding"
	"errors"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"

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
	if raw.Kind() != '{' {
		return Malformed("not_an_object", "")
	}
	fields := decodeObject("", raw, reflect.ValueOf(in).Elem())
	slices.SortFunc(fields, func(a, b apperr.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	return apperr.Validation(add(fields, Check(in)))
}

// add appends the errors that fields do not already report: a member that could not be read is not missing, too, and one
// error of a member is enough.
func add(fields, more []apperr.Field) []apperr.Field {
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

// Scan checks the syntax of JSON: UTF-8, duplicate names, depth, NUL characters, and that nothing follows. What is wrong
// is apperr.Malformed.
func Scan(raw []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := d.ReadToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return syntaxError(err, d)
		}
		if d.StackDepth() > maxDepth {
			return Malformed("json_too_deep", string(d.StackPointer()), "max", strconv.Itoa(maxDepth))
		}
		if token.Kind() == '"' && strings.ContainsRune(token.String(), 0) {
			return Malformed("nul_character", string(d.StackPointer()))
		}
		if d.StackDepth() == 0 {
			if _, err := d.ReadToken(); err != io.EOF {
				return Malformed("trailing_json", "")
			}
			return nil
		}
	}
	return Malformed("empty_body", "")
}

// Malformed is apperr.Malformed for one place in a body; args are pairs of placeholder and value.
func Malformed(code, pointer string, args ...string) error {
	fields := []apperr.Field{apperr.At(pointer, code, args...)}
	return &apperr.Error{Kind: apperr.Malformed, Code: "malformed_json", Fields: fields}
}

func syntaxError(err error, d *jsontext.Decoder) error {
	var s *jsontext.SyntacticError
	offset := strconv.FormatInt(d.InputOffset(), 10)
	pointer := ""
	if errors.As(err, &s) {
		offset, pointer = strconv.FormatInt(s.ByteOffset, 10), string(s.JSONPointer)
	}
	code := "json_syntax"
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		code = "duplicate_name"
	case errors.Is(err, io.ErrUnexpectedEOF):
		code = "json_truncated"
	case strings.Contains(err.Error(), "UTF-8"):
		code = "invalid_utf8"
	}
	return Malformed(code, pointer, "offset", offset)
}

// decodeObject decodes each member by itself, so that one wrong type does not hide the next.
func decodeObject(pointer jsontext.Pointer, raw jsontext.Value, v reflect.Value) []apperr.Field {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(raw, &members); err != nil {
		return []apperr.Field{typeError(string(pointer), err)}
	}
	known := Members(v.Type())
	var fields []apperr.Field
	for name, value := range members {
		at := pointer.AppendToken(name)
		index, ok := known[name]
		if !ok {
			fields = append(fields, UnknownMember(string(at), name, known))
			continue
		}
		fields = append(fields, decodeMember(at, value, v.FieldByIndex(index))...)
	}
	return fields
}

// decodeMember walks into objects and lists of objects, and leaves everything else to the decoder.
func decodeMember(pointer jsontext.Pointer, raw jsontext.Value, v reflect.Value) []apperr.Field {
	switch t := v.Type(); {
	case t.Kind() == reflect.Pointer && IsObject(t.Elem()) && raw.Kind() == '{':
		v.Set(reflect.New(t.Elem()))
		return decodeObject(pointer, raw, v.Elem())
	case IsObject(t) && raw.Kind() == '{':
		return decodeObject(pointer, raw, v)
	case t.Kind() == reflect.Slice && IsObject(t.Elem()) && raw.Kind() == '[':
		var items []jsontext.Value
		if err := json.Unmarshal(raw, &items); err != nil {
			return []apperr.Field{typeError(string(pointer), err)}
		}
		v.Set(reflect.MakeSlice(t, len(items), len(items)))
		var fields []apperr.Field
		for i, item := range items {
			fields = append(fields, decodeMember(pointer.AppendToken(strconv.Itoa(i)), item, v.Index(i))...)
		}
		return fields
	}
	if err := json.Unmarshal(raw, v.Addr().Interface(), json.RejectUnknownMembers(true)); err != nil {
		return []apperr.Field{typeError(string(pointer), err)}
	}
	return nil
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
		return apperr.At(pointer, "wrong_type", "expected", typeName(semantic.GoType))
	}
	return apperr.At(pointer, "bad_value")
}

func typeName(t reflect.Type) string {
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
		case t.Kind() == reflect.Map || IsObject(t):
			return "object"
		}
	}
	return "string"
}
