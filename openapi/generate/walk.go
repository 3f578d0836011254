package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// children returns the schemas directly inside a schema.
func children(s *openapi3.Schema) []*openapi3.SchemaRef {
	var inside []*openapi3.SchemaRef
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		inside = append(inside, s.Properties[name])
	}
	for _, one := range []*openapi3.SchemaRef{s.Items, s.AdditionalProperties.Schema, s.Not} {
		if one != nil {
			inside = append(inside, one)
		}
	}
	for _, several := range []openapi3.SchemaRefs{s.AllOf, s.AnyOf, s.OneOf} {
		inside = append(inside, several...)
	}
	return inside
}

// visitInline visits a schema and all schemas inside it. It does not follow references.
func visitInline(s *openapi3.SchemaRef, visit func(*openapi3.SchemaRef)) {
	visit(s)
	if s.Ref == "" && s.Value != nil {
		for _, inner := range children(s.Value) {
			visitInline(inner, visit)
		}
	}
}

// walk visits every schema of the document, before the schemas inside it. It visits references but does not follow them.
func (p *pass) walk(visit func(*openapi3.SchemaRef)) {
	seen := map[*openapi3.SchemaRef]bool{}
	var once func(s *openapi3.SchemaRef)
	once = func(s *openapi3.SchemaRef) {
		if seen[s] {
			return
		}
		seen[s] = true
		visit(s)
		if s.Ref == "" && s.Value != nil {
			for _, inner := range children(s.Value) {
				once(inner)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.doc.Components.Schemas)) {
		once(p.doc.Components.Schemas[name])
	}
	for _, r := range p.doc.Components.Responses {
		visitContent(r.Value.Content, once)
	}
	for _, ref := range p.doc.Components.Parameters {
		once(ref.Value.Schema)
	}
	for _, ref := range p.doc.Components.Headers {
		once(ref.Value.Schema)
	}
	p.eachOperation(func(_, _ string, op *openapi3.Operation) {
		for _, parameter := range op.Parameters {
			if parameter.Ref == "" {
				once(parameter.Value.Schema)
			}
		}
		visitRequest(op, once)
		visitResponses(op, once)
	})
	p.eachMessage(func(op *openapi3.Operation) { visitRequest(op, once) })
}

func (p *pass) eachOperation(visit func(path, method string, op *openapi3.Operation)) {
	for _, path := range p.doc.Paths.Keys() {
		operations := p.doc.Paths.Value(path).Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			visit(path, method, operations[method])
		}
	}
}

// eachMessage visits the messages to webhooks.
func (p *pass) eachMessage(visit func(op *openapi3.Operation)) {
	for _, name := range slices.Sorted(maps.Keys(p.doc.Webhooks)) {
		visit(p.doc.Webhooks[name].Post)
	}
}

func visitContent(c openapi3.Content, visit func(*openapi3.SchemaRef)) {
	for _, mediaType := range slices.Sorted(maps.Keys(c)) {
		if c[mediaType].Schema != nil {
			visit(c[mediaType].Schema)
		}
	}
}

func visitRequest(op *openapi3.Operation, visit func(*openapi3.SchemaRef)) {
	if op.RequestBody != nil {
		visitContent(op.RequestBody.Value.Content, visit)
	}
}

func visitResponses(op *openapi3.Operation, visit func(*openapi3.SchemaRef)) {
	for _, status := range op.Responses.Keys() {
		if r := op.Responses.Value(status); r.Ref == "" {
			visitContent(r.Value.Content, visit)
		}
	}
}

// reachable returns the names of the schemas that are reachable from the roots.
func (p *pass) reachable(roots func(visit func(*openapi3.SchemaRef))) map[string]bool {
	found := map[string]bool{}
	var visit func(s *openapi3.SchemaRef)
	visit = func(s *openapi3.SchemaRef) {
		name, isRef := strings.CutPrefix(s.Ref, schemaPrefix)
		if !isRef {
			return
		}
		if !found[name] {
			found[name] = true
			visitInline(p.doc.Components.Schemas[name], visit)
		}
	}
	roots(func(s *openapi3.SchemaRef) { visitInline(s, visit) })
	return found
}
