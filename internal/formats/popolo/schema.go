package popolo

import (
	"bytes"
	_ "embed"
	"errors"
	"slices"
	"strings"
	"sync"

	"roundtables.kz/registry/internal/apperr"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

//go:embed popolo.schema.json
var schemaFile []byte

const schemaURL = "https://popolo.invalid/document.json"

// schemas are the compiled schemas of the classes whose objects documents list.
var schemas = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaFile))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, err
	}
	classes := map[string]*jsonschema.Schema{}
	for _, class := range []string{"person", "organization", "membership", "post", "area", "event"} {
		if classes[class], err = c.Compile(schemaURL + "#/$defs/" + class); err != nil {
			return nil, err
		}
	}
	return classes, nil
})

// Check validates an object against the schema of its class, such as "person", and returns all mistakes. Their pointers
// begin with at. An error is a failure of the schema itself.
func Check(class string, at jsontext.Pointer, object []byte) ([]apperr.Field, error) {
	classes, err := schemas()
	if err != nil {
		return nil, err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(object))
	if err != nil {
		return nil, err
	}
	var invalid *jsonschema.ValidationError
	if err := classes[class].Validate(v); !errors.As(err, &invalid) {
		return nil, err
	}
	fields := mistakes(nil, at, invalid)
	slices.SortStableFunc(fields, func(a, b apperr.Field) int { return strings.Compare(a.Pointer, b.Pointer) }) // the library has no order
	return fields, nil
}

// mistakes collects the innermost causes of an error of the schema. The outer ones only say that something inside is
// wrong.
func mistakes(all []apperr.Field, at jsontext.Pointer, e *jsonschema.ValidationError) []apperr.Field {
	for _, cause := range e.Causes {
		all = mistakes(all, at, cause)
	}
	if len(e.Causes) > 0 {
		return all
	}
	for _, token := range e.InstanceLocation {
		at = at.AppendToken(token)
	}
	pointer := string(at)
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			all = append(all, apperr.At(string(at.AppendToken(name)), "required"))
		}
	case *kind.Type:
		all = append(all, apperr.At(pointer, "wrong_type", "expected", strings.Join(k.Want, ", ")))
	case *kind.Pattern:
		all = append(all, apperr.At(pointer, "bad_popolo_date"))
	case *kind.Format:
		all = append(all, apperr.At(pointer, "bad_format", "expected", k.Want))
	default:
		all = append(all, apperr.At(pointer, "bad_value"))
	}
	return all
}
