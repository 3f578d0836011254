package input

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/text"

	"github.com/go-playground/validator/v10"
)

// validate checks the tag `validate` of inputs and filters. Beyond the library's own rules it knows the Patterns and:
//
//	text=N           a language map whose texts have at most N characters
//	language         a BCP 47 tag
//	instant          a date.Instant; its parser checks it
//	any_of=code A B  this field, A or B is given, or the error has the code
//	not_with=code A  this field and A are not both given
//
// The rules text and language also write the tags in their canonical form. openapi/generate turns every rule into a schema.
var validate = newValidator()

// Patterns are the rules that are regular expressions, in the part of their language that every dialect has.
var Patterns = map[string]string{
	"notblank":    `[^` + blank + `]`,
	"external_id": `^[a-z][a-z0-9_.-]*:[^` + blank + `]+$`,
	// An item of a comma-separated filter: an id, or a quoted part of an id that contains commas.
	"external_id_filter": `^([a-z][a-z0-9_.-]*:[^,` + blank + `]+|"[a-z][a-z0-9_.-]*:[^",` + blank + `][^,` + blank + `]*|[^,` + blank + `]*")$`,
	"record":             `^[a-z-]+/[1-9][0-9]{0,17}$`, // type, one of the enum "log", and id
	"scheme":             `^[a-z][a-z0-9_.-]*$`,        // of an external id
	"code":               `^[a-z][a-z0-9_]*$`,
}

func newValidator() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string {
		for _, tag := range []string{"json", "query"} {
			if name, _, _ := strings.Cut(f.Tag.Get(tag), ","); name != "" {
				return name
			}
		}
		return f.Name
	})
	register := func(tag string, f validator.Func, evenIfNull ...bool) {
		if err := v.RegisterValidation(tag, f, evenIfNull...); err != nil {
			panic(err)
		}
	}
	// The rule text says only that there is an error: fieldsOf lets the map say which.
	register("text", func(l validator.FieldLevel) bool {
		m, _ := l.Field().Interface().(text.Map)
		max, _ := strconv.Atoi(l.Param())
		m.Canonicalize()
		return len(m.Check("", max)) == 0
	})
	register("language", func(l validator.FieldLevel) bool {
		tag, ok := text.Tag(l.Field().String())
		if ok && l.Field().CanSet() {
			l.Field().SetString(tag)
		}
		return ok
	})
	register("instant", func(validator.FieldLevel) bool { return true })
	compiled := map[string]*regexp.Regexp{}
	pattern := func(tag string, l validator.FieldLevel) bool { return compiled[tag].MatchString(l.Field().String()) }
	for tag, p := range Patterns {
		compiled[tag] = regexp.MustCompile(p)
		register(tag, func(l validator.FieldLevel) bool { return pattern(tag, l) })
	}
	register("record", func(l validator.FieldLevel) bool {
		recordType, _, _ := strings.Cut(l.Field().String(), "/")
		return pattern("record", l) && slices.Contains(Enum("log"), recordType)
	})
	register("external_id", func(l validator.FieldLevel) bool {
		_, ok := ExternalID(l.Field().String())
		return ok
	})
	register("external_id_filter", func(l validator.FieldLevel) bool { // a record from before the rules can have a wrong identifier
		return externalID.MatchString(l.Field().String()) || strings.Contains(l.Field().String(), `"`)
	})
	// given reports whether a field is given, or one of those after the code in the parameter of the rule.
	given := func(l validator.FieldLevel) (field, others bool) {
		for _, name := range strings.Fields(l.Param())[1:] {
			others = others || !empty(l.Parent().FieldByName(name))
		}
		return !empty(l.Parent().FieldByName(l.StructFieldName())), others
	}
	register("any_of", func(l validator.FieldLevel) bool { field, others := given(l); return field || others }, true)
	register("not_with", func(l validator.FieldLevel) bool { field, others := given(l); return !field || !others }, true)
	return v
}

// empty reports whether a member was left out: it is null or an empty list.
func empty(v reflect.Value) bool {
	return v.Kind() == reflect.Slice && v.Len() == 0 || v.Kind() != reflect.Slice && v.IsNil()
}

// Check cleans v, a pointer to a struct (see Clean), and returns its errors with JSON pointers: those that its tags state, then
// those of its method Check, if it has one.
func Check(v any) []apperr.Field {
	Clean(v)
	fields := checkTags(v)
	if c, ok := v.(interface{ Check() []apperr.Field }); ok {
		fields = Add(fields, c.Check())
	}
	return fields
}

// CheckChange is Check for in, a changed copy of old, which is stored. A member that does not change stays as it is stored, also
// where a later rule would clean or reject it: it does not stop a change of the others.
func CheckChange(old, in any) []apperr.Field {
	was, is := reflect.ValueOf(old).Elem(), reflect.ValueOf(in).Elem()
	var same []string
	for name, index := range Members(was.Type()) {
		if reflect.DeepEqual(was.FieldByIndex(index).Interface(), is.FieldByIndex(index).Interface()) {
			same = append(same, name)
		}
	}
	fields := Check(in)
	stored := reflect.New(was.Type())
	stored.Elem().Set(was)
	Clean(stored.Interface())
	for _, name := range same {
		index := Members(was.Type())[name]
		if reflect.DeepEqual(stored.Elem().FieldByIndex(index).Interface(), is.FieldByIndex(index).Interface()) {
			is.FieldByIndex(index).Set(was.FieldByIndex(index))
		}
	}
	if len(fields) == 0 {
		return nil
	}
	before := Check(stored.Interface())
	return slices.DeleteFunc(fields, func(f apperr.Field) bool {
		member, _, _ := strings.Cut(strings.TrimPrefix(f.Pointer, "/"), "/")
		return slices.Contains(same, member) &&
			slices.ContainsFunc(before, func(b apperr.Field) bool { return b.Pointer == f.Pointer && b.Code == f.Code })
	})
}

func checkTags(v any) []apperr.Field {
	var fields []apperr.Field
	err := validate.Struct(v)
	if errs, ok := err.(validator.ValidationErrors); ok {
		for _, e := range errs {
			fields = append(fields, fieldsOf(e)...)
		}
	}
	return fields
}

func fieldsOf(e validator.FieldError) []apperr.Field {
	pointer := pointerOf(e)
	field := apperr.At(pointer, "bad_value")
	switch e.Tag() {
	case "text":
		max, _ := strconv.Atoi(e.Param())
		return e.Value().(text.Map).Check(pointer, max)
	case "required", "required_with", "required_without":
		field.Code = "required"
	case "any_of", "not_with":
		field.Code, _, _ = strings.Cut(e.Param(), " ")
	case "notblank":
		field.Code = "blank"
	case "external_id_filter":
		field.Code = "bad_external_id"
	case "external_id":
		return []apperr.Field{badExternalID(pointer, e.Value().(string))}
	case "code":
		field.Code = "bad_code"
	case "record":
		field.Code, field.Allowed = "bad_record", Enum("log")
	case "oneof":
		return []apperr.Field{apperr.NotOneOf(pointer, strings.Fields(e.Param()))}
	case "max", "lte":
		field.Code, field.Args = "too_large", apperr.Args{"max": e.Param()}
		switch e.Kind() {
		case reflect.String:
			field.Code = "too_long"
		case reflect.Slice, reflect.Map:
			field.Code = "too_many"
		}
	case "min", "gt", "gte":
		field.Code, field.Args = "too_small", apperr.Args{"min": e.Param()}
		switch e.Kind() {
		case reflect.String:
			field.Code = "blank"
		case reflect.Slice, reflect.Map:
			field.Code = "too_few"
		case reflect.Int, reflect.Int64:
			if n, err := strconv.Atoi(e.Param()); err == nil && e.Tag() == "gt" {
				field.Args["min"] = strconv.Itoa(n + 1)
			}
		}
	case "unique":
		field.Code = "duplicate"
	case "http_url", "url":
		field.Code = "bad_url"
	case "iso3166_1_alpha2":
		field.Code = "unknown_country"
	case "timezone":
		field.Code = "unknown_timezone"
	case "language":
		field.Code = "unknown_language"
		field.Args = apperr.Args{"value": e.Value().(string)}
	}
	return []apperr.Field{field}
}

// pointerOf turns "Input.affiliations[0].title" into "/affiliations/0/title". Embedded structs have no name in JSON: fieldsOf
// gets them as the names of their types.
func pointerOf(e validator.FieldError) string {
	names, fields := strings.Split(e.Namespace(), "."), strings.Split(e.StructNamespace(), ".")
	var b strings.Builder
	for i, name := range names[1:] {
		if name != fields[i+1] {
			b.WriteString("/" + strings.TrimSuffix(strings.ReplaceAll(name, "[", "/"), "]"))
		}
	}
	return b.String()
}

// Keeps returns an error unless the members of in with the tag `immutable` are those of old. Both have the type of an input.
func Keeps[T any](old, in T) error {
	var fields []apperr.Field
	was, is := reflect.ValueOf(old), reflect.ValueOf(in)
	for name, index := range Members(was.Type()) {
		if was.Type().FieldByIndex(index).Tag.Get("immutable") != "" && !was.FieldByIndex(index).Equal(is.FieldByIndex(index)) {
			fields = append(fields, apperr.At("/"+name, "immutable"))
		}
	}
	return apperr.Validation(fields)
}
