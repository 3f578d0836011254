package main

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// visitor is called with a schema or a reference to one.
type visitor func(*openapi3.SchemaRef)

// visitInline visits a schema and all schemas inside it, the outer ones first. It does not follow references.
func visitInline(s *openapi3.SchemaRef, visit visitor) {
	visit(s)
	if s.Ref != "" || s.Value == nil {
		return
	}
	v := s.Value
	inside := slices.Concat(v.AllOf, v.AnyOf, v.OneOf, openapi3.SchemaRefs{v.Items, v.AdditionalProperties.Schema, v.Not, v.PropertyNames, v.ContentSchema})
	for _, inner := range slices.AppendSeq(inside, maps.Values(v.Properties)) {
		if inner != nil {
			visitInline(inner, visit)
		}
	}
}

// walk visits every schema of the document, before the schemas inside it. It visits references but does not follow them.
func (p *pass) walk(visit visitor) {
	for _, name := range slices.Sorted(maps.Keys(p.doc.Components.Schemas)) {
		visitInline(p.doc.Components.Schemas[name], visit)
	}
	for _, ref := range p.doc.Components.Parameters {
		visitInline(ref.Value.Schema, visit)
	}
	for _, ref := range p.doc.Components.Headers {
		visitInline(ref.Value.Schema, visit)
	}
	for _, op := range p.eachOperation() {
		for _, parameter := range op.Parameters {
			if parameter.Ref == "" {
				visitInline(parameter.Value.Schema, visit)
			}
		}
	}
	p.visitRequests(visit)
	p.visitResponses(visit)
}

// endpoint is the method and the path of an operation.
type endpoint struct{ method, path string }

// eachOperation returns the operations in the order of their paths and methods.
func (p *pass) eachOperation() iter.Seq2[endpoint, *openapi3.Operation] {
	return func(yield func(endpoint, *openapi3.Operation) bool) {
		for _, path := range p.doc.Paths.Keys() {
			operations := p.doc.Paths.Value(path).Operations()
			for _, method := range slices.Sorted(maps.Keys(operations)) {
				if !yield(endpoint{method, path}, operations[method]) {
					return
				}
			}
		}
	}
}

func visitContent(c openapi3.Content, visit visitor) {
	for _, mediaType := range slices.Sorted(maps.Keys(c)) {
		if c[mediaType].Schema != nil {
			visitInline(c[mediaType].Schema, visit)
		}
	}
}

func visitRequest(op *openapi3.Operation, visit visitor) {
	if op.RequestBody != nil {
		visitContent(op.RequestBody.Value.Content, visit)
	}
}

// visitRequests visits the schemas in the requests of the operations.
func (p *pass) visitRequests(visit visitor) {
	for _, op := range p.eachOperation() {
		visitRequest(op, visit)
	}
}

// visitResponses visits the schemas in what clients get: responses, and messages to webhooks.
func (p *pass) visitResponses(visit visitor) {
	for _, op := range p.eachOperation() {
		for _, status := range op.Responses.Keys() {
			if r := op.Responses.Value(status); r.Ref == "" {
				visitContent(r.Value.Content, visit)
			}
		}
	}
	for _, message := range p.doc.Webhooks {
		visitRequest(message.Post, visit)
	}
	for _, r := range p.doc.Components.Responses {
		visitContent(r.Value.Content, visit)
	}
}

// visitRecords is visitResponses without documents that clients can send back: these have the schemas of requests.
func (p *pass) visitRecords(visit visitor) {
	p.visitResponses(func(s *openapi3.SchemaRef) {
		if !strings.HasSuffix(s.Ref, "Input") {
			visit(s)
		}
	})
}

// reachable returns the names of the schemas that are reachable from the roots, such as p.visitRequests.
func (p *pass) reachable(roots func(visitor)) map[string]bool {
	found := map[string]bool{}
	var visit visitor
	visit = func(s *openapi3.SchemaRef) {
		name, isRef := strings.CutPrefix(s.Ref, schemaPrefix)
		if isRef && !found[name] {
			found[name] = true
			visitInline(p.doc.Components.Schemas[name], visit)
		}
	}
	roots(visit)
	return found
}
