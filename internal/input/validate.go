package input

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/text"

	"github.com/go-playground/validator/v10"
)

// validate checks the tag `validate` of inputs and filters. Beyond the library's own rules it knows text=N (a language map
// whose texts have at most N characters), external_id, scheme (of an external id) and language (a BCP 47 tag).
var validate = newValidator()

var (
	externalID = regexp.MustCompile(`^[a-z][a-z0-9_.-]*:\S+$`)
	scheme     = regexp.MustCompile(`^[a-z][a-z0-9_.-]*$`) // of an external id
)

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
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	// The rule text says only that there is an error: fieldsOf lets the map say which.
	must(v.RegisterValidation("text", func(l validator.FieldLevel) bool {
		m, _ := l.Field().Interface().(text.Map)
		max, _ := strconv.Atoi(l.Param())
		return len(m.Check("", max)) == 0
	}))
	matches := func(pattern *regexp.Regexp) validator.Func {
		return func(l validator.FieldLevel) bool { return pattern.MatchString(l.Field().String()) }
	}
	must(v.RegisterValidation("external_id", matches(externalID)))
	must(v.RegisterValidation("scheme", matches(scheme)))
	must(v.RegisterValidation("language", func(l validator.FieldLevel) bool { return text.IsTag(l.Field().String()) }))
	return v
}

// Check returns the errors of v, a pointer to a struct, with JSON pointers: those that its tags state, then those of its
// method Check, if it has one.
func Check(v any) []apperr.Field {
	fields := checkTags(v)
	if c, ok := v.(interface{ Check() []apperr.Field }); ok {
		fields = add(fields, c.Check())
	}
	return fields
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
	pointer := pointerOf(e.Namespace())
	field := apperr.At(pointer, "bad_value")
	switch e.Tag() {
	case "text":
		max, _ := strconv.Atoi(e.Param())
		return e.Value().(text.Map).Check(pointer, max)
	case "required", "required_without":
		field.Code = "required"
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
	case "external_id":
		field.Code = "bad_external_id"
	}
	return []apperr.Field{field}
}

// pointerOf turns "Input.affiliations[0].title" into "/affiliations/0/title"; embedded structs have no name in JSON, and
// names in JSON have no capitals.
func pointerOf(namespace string) string {
	parts := strings.Split(namespace, ".")[1:]
	var b strings.Builder
	for _, p := range parts {
		if p != strings.ToLower(p) {
			continue
		}
		b.WriteString("/" + strings.TrimSuffix(strings.ReplaceAll(p, "[", "/"), "]"))
	}
	return b.String()
}
