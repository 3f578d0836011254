package api

import (
	"bytes"
	"encoding"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"
)

// The limits of a body.
const (
	maxBody  = 1 << 20
	maxFile  = 20 << 20 // of an import
	maxWaste = 64 << 20 // that is still taken of one that is refused, and thrown away
	maxDepth = 20
)

// input is a pointer to what a client writes: it knows the mistakes that no tag can say.
type input[T any] interface {
	*T
	Check() []apperr.Field
}

// id reads the {id} of the path: a positive integer, or apperr.NotFound.
func id(c echo.Context) (int64, error) { return pathID(c, "id") }

func pathID(c echo.Context, name string) (int64, error) {
	n, err := strconv.ParseInt(c.Param(name), 10, 64)
	if err != nil || n < 1 {
		return 0, apperr.New(apperr.NotFound, "not_found")
	}
	return n, nil
}

// body reads and checks a JSON body: all mistakes of all fields at once.
func body[T any, P input[T]](c echo.Context) (T, error) {
	var in T
	raw, err := readJSON(c, "application/json")
	if err != nil {
		return in, err
	}
	return in, decode[T, P](raw, &in)
}

// decode reads strict JSON into in and checks it.
func decode[T any, P input[T]](raw jsontext.Value, in *T) error {
	fields, err := unmarshal(raw, in)
	if err != nil {
		return err
	}
	known := func(f apperr.Field) bool {
		return slices.ContainsFunc(fields, func(g apperr.Field) bool {
			return strings.HasPrefix(f.Pointer+"/", g.Pointer+"/") || f.Code == "required" && strings.HasPrefix(g.Pointer, f.Pointer+"/")
		})
	}
	for _, f := range append(check(in), P(in).Check()...) {
		if !known(f) { // a field that could not be read is not also missing
			fields = append(fields, f)
		}
	}
	return apperr.Validation(fields)
}

// readJSON reads the body: its media type, size, syntax, UTF-8, duplicate names, depth and NUL characters are checked.
func readJSON(c echo.Context, types ...string) (jsontext.Value, error) {
	raw, err := readBody(c, types...)
	if err != nil {
		return nil, err
	}
	return raw, scan(raw)
}

// readBody reads the body: its media type and size are checked.
func readBody(c echo.Context, types ...string) ([]byte, error) {
	media, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || !slices.Contains(types, media) {
		e := apperr.New(apperr.Media, "unsupported_media_type", "allowed", strings.Join(types, ", "))
		e.Extra = map[string]any{"allowed": types}
		if !asksFirst(c.Request()) {
			drain(c.Request())
		}
		return nil, e
	}
	return readAll(c)
}

// readAll reads all of the body, up to its limit.
func readAll(c echo.Context) ([]byte, error) {
	most := maxBody
	if isImport(c.Path()) {
		most = maxFile
	}
	r := c.Request()
	refusal := apperr.New(apperr.TooLarge, "body_too_large", "max", strconv.Itoa(most))
	if r.ContentLength > int64(most) && asksFirst(r) {
		return nil, refusal
	}
	raw, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, int64(most)))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		drain(r)
		return nil, refusal
	case err != nil:
		return nil, &apperr.Error{Kind: apperr.Malformed, Code: "body_unreadable", Err: err}
	}
	return raw, nil
}

// asksFirst reports whether the client waits for a word before it sends the body: a refusal is in time.
func asksFirst(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Expect"), "100-continue")
}

// drain takes the rest of a body that is refused: who cannot send on does not read the answer. Whom no key lets in gets no such
// courtesy.
func drain(r *http.Request) { _, _ = io.CopyN(io.Discard, r.Body, maxWaste) }

// scan reads all tokens once: syntax first, so that what follows can rely on it.
func scan(raw []byte) error {
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
			return malformed("json_too_deep", string(d.StackPointer()), "max", strconv.Itoa(maxDepth))
		}
		if token.Kind() == '"' && strings.ContainsRune(token.String(), 0) {
			return malformed("nul_character", string(d.StackPointer()))
		}
		if d.StackDepth() == 0 {
			if _, err := d.ReadToken(); err != io.EOF {
				return malformed("trailing_json", "")
			}
			return nil
		}
	}
	return malformed("empty_body", "")
}

func malformed(code, pointer string, args ...string) error {
	return &apperr.Error{Kind: apperr.Malformed, Code: "malformed_json", Fields: []apperr.Field{apperr.At(pointer, code, args...)}}
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
	return malformed(code, pointer, "offset", offset)
}

// unmarshal decodes each member of an object by itself, so that one wrong type does not hide the next.
func unmarshal(raw jsontext.Value, into any) ([]apperr.Field, error) {
	if raw.Kind() != '{' {
		return nil, malformed("not_an_object", "")
	}
	fields := unmarshalObject("", raw, reflect.ValueOf(into).Elem())
	slices.SortFunc(fields, func(a, b apperr.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	return fields, nil
}

func unmarshalObject(pointer jsontext.Pointer, raw jsontext.Value, v reflect.Value) []apperr.Field {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(raw, &members); err != nil {
		return []apperr.Field{typeError(string(pointer), err)}
	}
	known := membersOf(v.Type())
	var fields []apperr.Field
	for name, value := range members {
		at := pointer.AppendToken(name)
		index, ok := known[name]
		if !ok {
			fields = append(fields, unknownMember(string(at), name, known))
			continue
		}
		fields = append(fields, unmarshalMember(at, value, v.FieldByIndex(index))...)
	}
	return fields
}

// unmarshalMember goes into objects and lists of objects, and leaves everything else to the decoder.
func unmarshalMember(pointer jsontext.Pointer, raw jsontext.Value, v reflect.Value) []apperr.Field {
	switch t := v.Type(); {
	case t.Kind() == reflect.Pointer && isObject(t.Elem()) && raw.Kind() == '{':
		v.Set(reflect.New(t.Elem()))
		return unmarshalObject(pointer, raw, v.Elem())
	case isObject(t) && raw.Kind() == '{':
		return unmarshalObject(pointer, raw, v)
	case t.Kind() == reflect.Slice && isObject(t.Elem()) && raw.Kind() == '[':
		var items []jsontext.Value
		if err := json.Unmarshal(raw, &items); err != nil {
			return []apperr.Field{typeError(string(pointer), err)}
		}
		v.Set(reflect.MakeSlice(t, len(items), len(items)))
		var fields []apperr.Field
		for i, item := range items {
			fields = append(fields, unmarshalMember(pointer.AppendToken(strconv.Itoa(i)), item, v.Index(i))...)
		}
		return fields
	}
	if err := json.Unmarshal(raw, v.Addr().Interface(), json.RejectUnknownMembers(true)); err != nil {
		return []apperr.Field{typeError(string(pointer), err)}
	}
	return nil
}

// isObject reports whether a type is a struct that is decoded member by member: one that reads no JSON itself.
func isObject(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[time.Time]() &&
		!p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) &&
		!p.Implements(reflect.TypeFor[json.Unmarshaler]()) && !p.Implements(reflect.TypeFor[json.UnmarshalerFrom]())
}

// membersOf gives the JSON members of a struct type and where they are kept.
func membersOf(t reflect.Type) map[string][]int {
	members := map[string][]int{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.Anonymous && f.IsExported() && name != "" && name != "-" {
			members[name] = f.Index
		}
	}
	return members
}

func unknownMember(pointer, name string, known map[string][]int) apperr.Field {
	allowed := make([]string, 0, len(known))
	for k := range known {
		allowed = append(allowed, k)
	}
	slices.Sort(allowed)
	f := apperr.At(pointer, "unknown_field", "value", name)
	if hint := nearest(name, allowed); hint != "" {
		f.Code, f.Args["hint"] = "unknown_field_hint", hint
	}
	f.Allowed = allowed
	return f
}

// typeError words an error of the decoder; pointer is the member that was decoded.
func typeError(pointer string, err error) apperr.Field {
	var value apperr.Value
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		pointer += string(semantic.JSONPointer)
	}
	switch {
	case errors.As(err, &value):
		return apperr.Field{Pointer: pointer, Code: value.Code, Args: value.Args}
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
		case t.Kind() == reflect.Map || isObject(t):
			return "object"
		}
	}
	return "string"
}
