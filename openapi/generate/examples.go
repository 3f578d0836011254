package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// examples are requests to start from: operation id -> name -> body. Bodies stay as they are written, with their order
// of members.
type examples map[string]map[string]json.RawMessage

func readExamples(dir string) (examples, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil {
		return nil, err
	}
	all := examples{}
	for _, file := range files {
		b, err := os.ReadFile(file) //nolint:gosec // files of this repository
		if err != nil {
			return nil, err
		}
		if !json.Valid(b) {
			return nil, fmt.Errorf("%s is not JSON", file)
		}
		id := filepath.Base(filepath.Dir(file))
		if all[id] == nil {
			all[id] = map[string]json.RawMessage{}
		}
		all[id][strings.TrimSuffix(filepath.Base(file), ".json")] = b
	}
	return all, nil
}

// formType is the media type of forms, whose fields hold texts.
const formType = "application/x-www-form-urlencoded"

// asForm writes the members of an example that are no texts as JSON.
func asForm(body json.RawMessage) (map[string]any, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, err
	}
	form := map[string]any{}
	for name, value := range members {
		var text string
		if json.Unmarshal(value, &text) != nil {
			var b bytes.Buffer
			if err := json.Compact(&b, value); err != nil {
				return nil, err
			}
			text = b.String()
		}
		form[name] = text
	}
	return form, nil
}

// addExamples puts the requests where they belong. An example for an operation that is not there is an error.
func (p *pass) addExamples() error {
	left := map[string]bool{}
	for id := range p.examples {
		left[id] = true
	}
	var err error
	p.eachOperation(func(_, _ string, op *openapi3.Operation) {
		if op.RequestBody == nil {
			return
		}
		delete(left, op.OperationID)
		for mediaType, content := range op.RequestBody.Value.Content {
			if !strings.HasSuffix(mediaType, "json") && mediaType != formType {
				continue
			}
			for name, raw := range p.examples[op.OperationID] {
				var body any = raw
				if mediaType == formType {
					form, wrong := asForm(raw)
					body, err = form, errors.Join(err, wrong)
					for field, property := range content.Schema.Value.Properties { // Swagger UI shows a form field by field
						if name == "minimal" {
							property.Value.Example = form[field]
						}
					}
				}
				if content.Examples == nil {
					content.Examples = openapi3.Examples{}
				}
				summary := strings.ToUpper(name[:1]) + strings.ReplaceAll(name[1:], "-", " ")
				content.Examples[name] = &openapi3.ExampleRef{Value: &openapi3.Example{Summary: summary, Value: body}}
			}
		}
	})
	for id := range left {
		return fmt.Errorf("openapi/examples/%s: there is no such operation with a body", id)
	}
	return err
}
