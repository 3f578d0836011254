package main

import (
	"bytes"
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
)

// modernize converts a document from OpenAPI 3.0 to 3.1, whose schemas are JSON Schema 2020-12.
func modernize(doc *openapi3.T) {
	doc.OpenAPI = "3.1.0"
	(&pass{doc: doc}).walk(func(ref *openapi3.SchemaRef) {
		s := ref.Value
		if ref.Ref != "" || s == nil {
			return
		}
		if s.Example != nil {
			s.Examples, s.Example = []any{s.Example}, nil
		}
		if len(s.AllOf) == 1 && s.Type == nil {
			modernizeRef(ref)
			return
		}
		if s.Nullable {
			s.Nullable = false
			if s.Type == nil { // any value
				s.Type = &openapi3.Types{"string", "number", "boolean", "object", "array"}
			}
			types := append(slices.Clone(*s.Type), "null")
			s.Type = &types
		}
	})
}

// modernizeRef converts a reference with a description or null beside it.
func modernizeRef(ref *openapi3.SchemaRef) {
	s := ref.Value
	inner := s.AllOf[0]
	switch {
	case s.Nullable:
		if s.Pattern != "" { // beside oneOf, generators of validators apply it to null
			inner = (&openapi3.Schema{AllOf: s.AllOf, Pattern: s.Pattern}).NewRef()
		}
		s.Nullable, s.AllOf, s.Pattern = false, nil, ""
		s.OneOf = openapi3.SchemaRefs{inner, {Value: &openapi3.Schema{Type: &openapi3.Types{"null"}}}}
	case s.Description == "" && s.AdditionalProperties.Schema == nil && s.Pattern == "" && s.Default == nil:
		ref.Ref, ref.Value = inner.Ref, inner.Value
	}
}

// nameTypes adds the type that OpenAPI 3.0 requires beside `nullable` to nullable references.
func nameTypes(doc *openapi3.T) {
	p := &pass{doc: doc}
	p.walk(func(ref *openapi3.SchemaRef) {
		if s := ref.Value; ref.Ref == "" && s != nil && s.Nullable && s.Type == nil && len(s.AllOf) == 1 {
			if target := doc.Components.Schemas[s.AllOf[0].Ref[len(schemaPrefix):]]; target != nil {
				s.Type = target.Value.Type
			}
		}
	})
}

// legacy encodes an OpenAPI 3.0 document as Swagger 2.0, which supports one body, no null and no optional key.
func legacy(doc *openapi3.T) ([]byte, error) {
	b, err := finish(doc)
	if err != nil {
		return nil, err
	}
	if doc, err = openapi3.NewLoader().LoadFromData(b); err != nil { // with its references resolved
		return nil, err
	}
	p := &pass{doc: doc}
	for _, r := range doc.Components.Responses { // the converter handles only plain JSON
		if r.Value.Content[problemType] == nil {
			continue
		}
		r.Value.Content = openapi3.Content{jsonType: r.Value.Content[problemType]}
	}
	p.walk(func(ref *openapi3.SchemaRef) {
		if ref.Ref != "" || ref.Value == nil || ref.Value.AdditionalProperties.Schema == nil {
			return
		}
		if values := ref.Value.AdditionalProperties.Schema.Value; values != nil && values.Nullable { // the converter ignores these
			values.Nullable, values.Extensions = false, map[string]any{"x-nullable": true}
		}
	})
	for _, shared := range doc.Components.Parameters {
		inline(shared.Value.Schema)
	}
	consumes, produces := map[string][]string{}, map[string][]string{}
	for _, op := range p.eachOperation() {
		for _, parameter := range op.Parameters {
			inline(parameter.Value.Schema)
		}
		if op.RequestBody != nil {
			content := op.RequestBody.Value.Content
			delete(content, fileForm) // an operation has either a body or a form
			consumes[op.OperationID] = slices.Sorted(maps.Keys(content))
			body := content[jsonType]
			if body == nil && content["text/csv"] != nil {
				body = &openapi3.MediaType{Schema: openapi3.NewStringSchema().NewRef()} // the converter takes a binary body for a form field
			}
			if body != nil { // the converter handles one media type
				op.RequestBody.Value.Content = openapi3.Content{jsonType: body}
			}
		}
		for _, r := range op.Responses.Map() {
			produces[op.OperationID] = append(produces[op.OperationID], slices.Collect(maps.Keys(r.Value.Content))...)
			for name, content := range r.Value.Content {
				if strings.HasSuffix(name, "+json") && r.Value.Content[jsonType] == nil && name != problemType { // the converter ignores these
					r.Value.Content = openapi3.Content{jsonType: content}
				}
			}
		}
		produces[op.OperationID] = append(produces[op.OperationID], problemType)
	}
	if err := p.dropUnused(); err != nil { // parameters no longer refer to schemas
		return nil, err
	}
	v2, err := openapi2conv.FromV3(doc)
	if err != nil {
		return nil, err
	}
	for _, parameter := range v2.Parameters {
		dropFraction(parameter)
	}
	v2.SecurityDefinitions["Bearer"].Description = "An API key after the word `Bearer`: `Bearer rtr_…`."
	for _, path := range v2.Paths {
		for _, op := range path.Operations() {
			op.Consumes = consumes[op.OperationID]
			slices.Sort(produces[op.OperationID])
			op.Produces = slices.Compact(produces[op.OperationID])
			for _, parameter := range op.Parameters {
				dropFraction(parameter)
			}
		}
	}
	if b, err = encode(v2); err != nil {
		return nil, err
	}
	// The converter does not rewrite references in maps of responses.
	return bytes.ReplaceAll(b, []byte("#/components/schemas/"), []byte("#/definitions/")), nil
}

// inline replaces references in the schema of a parameter: a parameter of Swagger 2.0 states its type itself, and has neither
// allOf, anyOf nor a description or an example inside.
func inline(ref *openapi3.SchemaRef) {
	if ref.Ref == "" && len(ref.Value.AllOf) == 1 && ref.Value.AllOf[0].Ref != "" { // with limits beside it
		target := *ref.Value.AllOf[0].Value
		target.Pattern, target.Default, target.Extensions = cmp.Or(ref.Value.Pattern, target.Pattern), ref.Value.Default, nil
		ref.Value = &target
	}
	if s := *ref.Value; ref.Ref != "" || s.Description != "" {
		s.Description, s.Example, s.AllOf, s.Extensions = "", nil, nil, nil
		ref.Ref, ref.Value = "", &s
	}
	if len(ref.Value.AnyOf) > 0 {
		ref.Value = openapi3.NewStringSchema()
	}
	if ref.Value.Items != nil {
		inline(ref.Value.Items)
	}
}

// dropFraction removes a lower bound that is not an integer: validators of Swagger 2.0 accept only integer bounds.
func dropFraction(parameter *openapi2.Parameter) {
	if parameter.Minimum != nil && *parameter.Minimum != math.Trunc(*parameter.Minimum) {
		parameter.Minimum = nil
	}
}
