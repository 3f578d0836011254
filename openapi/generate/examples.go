package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// examples are example requests: operation id -> name -> body. Bodies keep the order of their members.
type examples map[string]map[string]json.RawMessage

func readExamples(dir string) (examples, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil {
		return nil, err
	}
	all := examples{}
	for _, file := range files {
		b, err := os.ReadFile(file)
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

// formType is the media type of forms. Their fields are strings.
const formType = "application/x-www-form-urlencoded"

// asForm returns the members of an example as form fields. Members that are not strings are encoded as JSON.
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

// addExamples adds the example requests to their operations. An example of an unknown operation is an error.
func (p *pass) addExamples() error {
	unused := map[string]bool{}
	for id := range p.examples {
		unused[id] = true
	}
	for _, op := range p.eachOperation() {
		if op.RequestBody == nil {
			continue
		}
		delete(unused, op.OperationID)
		for mediaType, content := range op.RequestBody.Value.Content {
			if !strings.HasSuffix(mediaType, "json") && mediaType != formType {
				continue
			}
			for name, raw := range p.examples[op.OperationID] {
				var body any = raw
				if mediaType == formType {
					form, err := asForm(raw)
					if err != nil {
						return err
					}
					body = form
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
				example := &openapi3.ExampleRef{Value: &openapi3.Example{Summary: summary, Value: body}}
				if op.RequestBody.Value.Content[mergePatch] != nil { // both media types have it
					shared := strings.ToUpper(op.OperationID[:1]) + op.OperationID[1:] + strings.ToUpper(name[:1]) + name[1:]
					p.doc.Components.Examples[shared] = example
					example = &openapi3.ExampleRef{Ref: examplePrefix + shared, Value: example.Value}
				}
				content.Examples[name] = example
			}
		}
	}
	for id := range unused {
		return fmt.Errorf("openapi/examples/%s: there is no operation with this id and a body", id)
	}
	return nil
}
