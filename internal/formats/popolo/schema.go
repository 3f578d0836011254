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
var popoloSchema []byte

const popoloSchemaURL = "https://popolo.invalid/document.json"

// popoloClasses are the compiled schemas of the classes whose objects documents list.
var popoloClasses = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(popoloSchema))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(popoloSchemaURL, doc); err != nil {
		return nil, err
	}
	classes := map[string]*jsonschema.Schema{}
	for _, class := range []string{"person", "organization", "membership", "post", "area", "event"} {
		if classes[class], err = c.Compile(popoloSchemaURL + "#/$defs/" + class); err != nil {
			return nil, err
		}
	}
	return classes, nil
})

// Check holds an object against the schema of its class, "person", and gives all its mistakes below the pointer. An
// error is a fault of the schema.
func Check(class string, at jsontext.Pointer, object []byte) ([]apperr.Field, error) {
	classes, err := popoloClasses()
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

// mistakes gathers what lies at the bottom of an error of the schema: what stands above only says that something below is wrong.
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
