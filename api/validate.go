package api

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/text"

	"github.com/go-playground/validator/v10"
)

// validate checks the tags of inputs and filters: `validate:"required,max=200"`, `enums:"a,b"` for closed lists, and
// validate:"text=200" for language maps.
var validate = newValidator()

var externalID = regexp.MustCompile(`^[a-z][a-z0-9_.-]*:\S+$`)

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
	// text only marks: check asks the map itself, which can say more than yes or no.
	must(v.RegisterValidation("text", func(l validator.FieldLevel) bool {
		m, _ := l.Field().Interface().(text.Map)
		max, _ := strconv.Atoi(l.Param())
		return len(m.Check("", max)) == 0
	}))
	must(v.RegisterValidation("external_id", func(l validator.FieldLevel) bool { return externalID.MatchString(l.Field().String()) }))
	must(v.RegisterValidation("language", func(l validator.FieldLevel) bool { return text.IsTag(l.Field().String()) }))
	return v
}

// check gives the mistakes that the tags of v (a pointer to a struct) can say, with JSON pointers.
func check(v any) []apperr.Field {
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
