package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"path/filepath"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/swaggo/swag"
)

// The file names of the documents.
const (
	fileV31 = "openapi.json"
	fileV30 = "openapi-3.0.json"
	fileV20 = "swagger.json"
)

// build returns all documents of the module at root, by file name.
func build(root string) (map[string][]byte, error) {
	raw, err := annotations(root)
	if err != nil {
		return nil, err
	}
	facts, err := readSource(root)
	if err != nil {
		return nil, err
	}
	examples, err := readExamples(filepath.Join(root, "openapi", "examples"))
	if err != nil {
		return nil, err
	}
	samples, err := readSamples(filepath.Join(root, "openapi", "samples"))
	if err != nil {
		return nil, err
	}
	documents := map[string][]byte{}
	for _, name := range []string{fileV31, fileV30, fileV20} {
		doc, err := convert(raw)
		if err != nil {
			return nil, err
		}
		made := &pass{
			doc: doc, facts: facts, examples: examples, samples: samples, lists: map[string]*openapi3.Schema{}, modern: name == fileV31,
		}
		if err := made.run(); err != nil {
			return nil, err
		}
		if name != fileV20 {
			if err := made.shareRequests(); err != nil {
				return nil, err
			}
		}
		switch name {
		case fileV31:
			modernize(doc)
			documents[name], err = finish(doc)
		case fileV30:
			nameTypes(doc)
			documents[name], err = finish(doc)
		case fileV20:
			nameTypes(doc)
			dropNulls(doc)
			documents[name], err = legacy(doc)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return documents, nil
}

// annotations reads the swag comments. The result is a Swagger 2.0 document without the parts that the pass adds.
func annotations(root string) ([]byte, error) {
	p := swag.New(swag.SetDebugger(log.New(io.Discard, "", 0)), swag.SetOverrides(overrides()))
	p.ParseInternal = true
	dirs := []string{filepath.Join(root, "api"), filepath.Join(root, "internal"), filepath.Join(root, "openapi", "generate")}
	if err := p.ParseAPIMultiSearchDir(dirs, "doc.go", 100); err != nil {
		return nil, fmt.Errorf("read the annotations: %w", err)
	}
	if err := derive(p); err != nil {
		return nil, err
	}
	return json.Marshal(p.GetSwagger())
}

// convert turns Swagger 2.0 into OpenAPI 3.0.
func convert(raw []byte) (*openapi3.T, error) {
	var v2 openapi2.T
	if err := json.Unmarshal(raw, &v2); err != nil {
		return nil, fmt.Errorf("read Swagger 2.0: %w", err)
	}
	doc, err := openapi2conv.ToV3(&v2)
	if err != nil {
		return nil, fmt.Errorf("convert to OpenAPI 3: %w", err)
	}
	doc.OpenAPI = "3.0.3"
	return doc, nil
}

// finish encodes a document, decodes it again, and validates the result with its examples.
func finish(doc *openapi3.T) ([]byte, error) {
	b, err := encode(doc)
	if err != nil {
		return nil, err
	}
	again, err := openapi3.NewLoader().LoadFromData(b)
	if err != nil {
		return nil, fmt.Errorf("read the encoded document: %w", err)
	}
	err = again.Validate(context.Background(), openapi3.EnableExamplesValidation(), openapi3.EnableSchemaPatternValidation())
	if err != nil {
		return nil, fmt.Errorf("validate: %w", err)
	}
	return b, nil
}

func encode(doc any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(doc); err != nil {
		return nil, fmt.Errorf("write: %w", err)
	}
	out := b.Bytes()
	for escaped, plain := range map[string]string{`\u003c`: "<", `\u003e`: ">", `\u0026`: "&"} { // kin escapes for HTML
		out = bytes.ReplaceAll(out, []byte(escaped), []byte(plain))
	}
	return escapeInvisible(out), nil
}

// escapeInvisible escapes the invisible characters in JSON: patterns contain them.
func escapeInvisible(text []byte) []byte {
	var out []byte
	for _, r := range string(text) {
		if r > '~' && !unicode.IsGraphic(r) || unicode.IsSpace(r) && r > ' ' {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// dropNulls removes null from enums, because Swagger 2.0 has no type for it.
func dropNulls(doc *openapi3.T) {
	for _, schema := range doc.Components.Schemas {
		for _, property := range schema.Value.Properties {
			if property.Value != nil {
				property.Value.Enum = slices.DeleteFunc(property.Value.Enum, func(v any) bool { return v == nil })
			}
		}
	}
}
