package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// shareParameters makes components of the parameters that several operations have. One whose name another one has, too, is
// named after its first operation.
func (p *pass) shareParameters() error {
	type shared struct {
		first string // operation
		refs  []*openapi3.ParameterRef
	}
	found := map[string]*shared{}
	var order []string
	for _, op := range p.eachOperation() {
		for _, ref := range op.Parameters {
			if ref.Ref != "" {
				continue
			}
			b, err := json.Marshal(ref.Value)
			if err != nil {
				return err
			}
			if found[string(b)] == nil {
				found[string(b)] = &shared{first: op.OperationID}
				order = append(order, string(b))
			}
			found[string(b)].refs = append(found[string(b)].refs, ref)
		}
	}
	slices.SortStableFunc(order, func(a, b string) int { return len(found[b].refs) - len(found[a].refs) })
	for _, key := range order {
		s := found[key]
		if len(s.refs) < 2 {
			continue
		}
		v := s.refs[0].Value
		name := pascal(strings.ReplaceAll(v.Name, "_", " "))
		if _, taken := p.doc.Components.Parameters[name]; taken {
			name = strings.ToUpper(s.first[:1]) + s.first[1:] + name
		}
		if p.doc.Components.Parameters[name] != nil {
			return fmt.Errorf("two parameters are called %s", name)
		}
		p.doc.Components.Parameters[name] = &openapi3.ParameterRef{Value: v}
		for _, ref := range s.refs {
			ref.Ref, ref.Value = "#/components/parameters/"+name, v
		}
	}
	return nil
}

// shareResponses moves the successful responses that several operations have in common into the components.
func (p *pass) shareResponses() error {
	refs, first := map[string][]*openapi3.ResponseRef{}, map[string]string{}
	var order []string
	for _, op := range p.eachOperation() {
		for _, status := range op.Responses.Keys() {
			ref := op.Responses.Value(status)
			if ref.Ref != "" {
				continue
			}
			b, err := json.Marshal(ref.Value)
			if err != nil {
				return err
			}
			key := string(b)
			if refs[key] == nil {
				order = append(order, key)
				first[key] = strings.ToUpper(op.OperationID[:1]) + op.OperationID[1:] + status
			}
			refs[key] = append(refs[key], ref)
		}
	}
	for _, key := range order {
		if len(refs[key]) < 4 {
			continue
		}
		p.doc.Components.Responses[first[key]] = &openapi3.ResponseRef{Value: refs[key][0].Value}
		for _, ref := range refs[key] {
			ref.Ref = "#/components/responses/" + first[key]
		}
	}
	return nil
}

// shareRequests moves the bodies that several operations have in common into the components. It comes last: what completes the
// bodies expects them in the operations, and so does the conversion to Swagger 2.0.
func (p *pass) shareRequests() error {
	type shared struct {
		first string // operation
		refs  []*openapi3.RequestBodyRef
	}
	found := map[string]*shared{}
	for _, op := range p.eachOperation() {
		if op.RequestBody == nil {
			continue
		}
		b, err := json.Marshal(op.RequestBody)
		if err != nil {
			return err
		}
		if found[string(b)] == nil {
			found[string(b)] = &shared{first: op.OperationID}
		}
		found[string(b)].refs = append(found[string(b)].refs, op.RequestBody)
	}
	p.doc.Components.RequestBodies = openapi3.RequestBodies{}
	for _, s := range found {
		if len(s.refs) < 4 {
			continue
		}
		name := strings.ToUpper(s.first[:1]) + s.first[1:]
		p.doc.Components.RequestBodies[name] = &openapi3.RequestBodyRef{Value: s.refs[0].Value}
		for _, ref := range s.refs {
			ref.Ref = "#/components/requestBodies/" + name
		}
	}
	return nil
}
