package main

import (
	"encoding/json"
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

// addExamples puts the requests where they belong. An example for an operation that is not there is an error.
func (p *pass) addExamples() error {
	left := map[string]bool{}
	for id := range p.examples {
		left[id] = true
	}
	p.eachOperation(func(_, _ string, op *openapi3.Operation) {
		if op.RequestBody == nil {
			return
		}
		delete(left, op.OperationID)
		for mediaType, content := range op.RequestBody.Value.Content {
			if !strings.HasSuffix(mediaType, "json") {
				continue
			}
			for name, body := range p.examples[op.OperationID] {
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
	return nil
}
