package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// readSamples reads the examples of responses, by the name of their schema. A test of package api writes them: they are responses
// of the service to the sample events.
func readSamples(dir string) (map[string]json.RawMessage, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	samples := map[string]json.RawMessage{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if !json.Valid(b) {
			return nil, fmt.Errorf("%s is not JSON", file)
		}
		samples[strings.TrimSuffix(filepath.Base(file), ".json")] = b
	}
	return samples, nil
}

// addSamples adds the examples to the responses with their schemas. Operations share them. Only OpenAPI 3.1 can state that a
// reference may be null, so validators of older documents reject examples with null.
func (p *pass) addSamples() error {
	p.doc.Components.Examples = openapi3.Examples{} // addExamples adds more
	if !p.modern {
		return nil
	}
	for _, op := range p.eachOperation() {
		for _, status := range op.Responses.Keys() {
			response := op.Responses.Value(status)
			if status[0] != '2' || response.Ref != "" {
				continue
			}
			media := response.Value.Content[jsonType]
			if media == nil || media.Schema == nil {
				continue
			}
			name := strings.TrimPrefix(media.Schema.Ref, schemaPrefix)
			sample := p.samples[name]
			if sample == nil {
				continue
			}
			example := &openapi3.Example{Value: sample}
			p.doc.Components.Examples[name] = &openapi3.ExampleRef{Value: example}
			media.Examples = openapi3.Examples{"sample": {Ref: examplePrefix + name, Value: example}}
		}
	}
	return nil
}
