package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// patches gives each PATCH the schema of a merge patch (RFC 7396), derived from the record's input: everything may be
// absent, null clears.
func (p *pass) patches() error {
	var err error
	p.eachOperation(func(_, method string, op *openapi3.Operation) {
		if method != "PATCH" || err != nil {
			return
		}
		ref := op.RequestBody.Value.Content[jsonType].Schema
		input, ok := strings.CutSuffix(strings.TrimPrefix(ref.Ref, schemaPrefix), "Input")
		if !ok {
			err = fmt.Errorf("%s: the body is not a schema called …Input", op.OperationID)
			return
		}
		name := input + "Patch"
		p.doc.Components.Schemas[name] = p.patchOf(p.doc.Components.Schemas[input+"Input"].Value).NewRef()
		p.facts.schemas[name] = p.facts.schemas[input+"Input"]
		op.RequestBody.Value.Content = openapi3.Content{
			mergePatch: {Schema: schemaRef(name)},
			jsonType:   {Schema: schemaRef(name)},
		}
	})
	return err
}

func (p *pass) patchOf(input *openapi3.Schema) *openapi3.Schema {
	s := *input
	s.Required = nil
	s.Description = strings.TrimSpace(s.Description + " In a patch, what is absent stays, null clears, and arrays are replaced as a whole.")
	s.Properties = openapi3.Schemas{}
	for name, ref := range input.Properties {
		made := copyOf(ref)
		if strings.HasSuffix(refOf(made), "/"+textSchema) {
			p.doc.Components.Schemas[patchedText] = localizedTextPatch().NewRef()
			setRef(made, schemaPrefix+patchedText)
		}
		if made.Value != nil && made.Ref == "" {
			made.Value.Default = nil // a default would be written over what is there
		}
		s.Properties[name] = made
	}
	return &s
}

// splitRequests gives requests schemas of their own where they share one with answers, as the two differ in what is
// required, what can be null and what is open.
func (p *pass) splitRequests() error {
	requests := p.reachable(func(visit func(*openapi3.SchemaRef)) {
		p.eachOperation(func(_, _ string, op *openapi3.Operation) { visitRequest(op, visit) })
	})
	answers := p.reachable(func(visit func(*openapi3.SchemaRef)) {
		p.eachOperation(func(_, _ string, op *openapi3.Operation) { visitAnswers(op, visit) })
	})
	renamed := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		if !answers[name] || name == textSchema {
			continue
		}
		to := name + "Input"
		if p.doc.Components.Schemas[to] != nil {
			return fmt.Errorf("%s is used in requests and answers, and %s is taken", name, to)
		}
		p.doc.Components.Schemas[to] = copyOf(p.doc.Components.Schemas[name])
		p.facts.schemas[to] = p.facts.schemas[name]
		renamed[schemaPrefix+name] = schemaPrefix + to
		delete(requests, name)
		requests[to] = true
	}
	visit := func(s *openapi3.SchemaRef) {
		if to, ok := renamed[s.Ref]; ok {
			s.Ref = to
		}
	}
	for name := range requests {
		visitInline(p.doc.Components.Schemas[name], visit)
	}
	p.eachOperation(func(_, _ string, op *openapi3.Operation) {
		visitRequest(op, func(s *openapi3.SchemaRef) { visitInline(s, visit) })
	})
	return nil
}

// answers finishes the schemas of answers: members are always there, closed lists are open (a later release may know
// more), and an asked language adds members.
func (p *pass) answers() error {
	names := p.reachable(func(visit func(*openapi3.SchemaRef)) {
		p.eachOperation(func(_, _ string, op *openapi3.Operation) { visitAnswers(op, visit) })
		p.eachMessage(func(op *openapi3.Operation) { visitRequest(op, visit) })
		for _, r := range p.doc.Components.Responses {
			visitContent(r.Value.Content, visit)
		}
	})
	for _, name := range slices.Sorted(maps.Keys(names)) {
		schema := p.doc.Components.Schemas[name]
		visitInline(schema, openEnum)
		s := schema.Value
		facts, _ := p.facts.of(name)
		s.Required = nil
		for _, property := range slices.Sorted(maps.Keys(s.Properties)) {
			f := facts.fields[property]
			if !f.omitted {
				s.Required = append(s.Required, property)
			}
			if f.nilable && !f.omitted && !f.mandatory {
				makeNullable(s.Properties[property])
			}
			dropBounds(s.Properties[property])
			if f.text && facts.added {
				s.Properties[property+"_text"] = added("`" + property + "` in the asked language or the next one of the chain. " +
					"Only where a language was asked for.").NewRef()
				s.Properties[property+"_lang"] = added("The language of `" + property + "_text`.").NewRef()
			}
		}
	}
	return nil
}

func added(description string) *openapi3.Schema {
	s := openapi3.NewStringSchema()
	s.Description = description
	return s
}

// openEnum turns a closed list into a list of what is known today.
func openEnum(ref *openapi3.SchemaRef) {
	s := ref.Value
	if ref.Ref != "" || s == nil || len(s.Enum) == 0 {
		return
	}
	known := make([]string, len(s.Enum))
	for i, v := range s.Enum {
		known[i] = fmt.Sprintf("`%v`", v)
	}
	if s.Extensions == nil {
		s.Extensions = map[string]any{}
	}
	s.Extensions["x-extensible-enum"] = s.Enum
	if s.Example == nil {
		s.Example = s.Enum[0]
	}
	s.Description = sentence(s.Description, "One of "+strings.Join(known, ", ")+", or a value that a later release knows.")
	s.Enum, s.Default = nil, nil
}

// dropBounds forgets what only binds those who write.
func dropBounds(ref *openapi3.SchemaRef) {
	if ref.Ref == "" && ref.Value != nil {
		ref.Value.MaxLength, ref.Value.MaxItems, ref.Value.Default = nil, nil, nil
	}
}

// requests finishes the schemas of requests: nothing unknown, and null where a member may be left out.
func (p *pass) requests() error {
	names := p.reachable(func(visit func(*openapi3.SchemaRef)) {
		p.eachOperation(func(_, _ string, op *openapi3.Operation) { visitRequest(op, visit) })
	})
	for _, name := range slices.Sorted(maps.Keys(names)) {
		s := p.doc.Components.Schemas[name].Value
		if len(s.Properties) == 0 {
			continue
		}
		s.AdditionalProperties.Has = openapi3.Ptr(false)
		facts, _ := p.facts.of(name)
		s.Required = slices.DeleteFunc(s.Required, func(property string) bool { // to swag, a list whose items are required is required
			return !facts.fields[property].mandatory
		})
		for property, ref := range s.Properties {
			if !facts.fields[property].mandatory {
				makeNullable(ref)
			}
		}
	}
	return nil
}

// makeNullable lets a schema be null. What was a bare reference becomes a schema around it.
func makeNullable(ref *openapi3.SchemaRef) {
	if ref.Ref != "" {
		inner := ref.Ref
		ref.Ref, ref.Value = "", &openapi3.Schema{AllOf: openapi3.SchemaRefs{{Ref: inner}}}
	}
	ref.Value.Nullable = ref.Value.Type != nil || len(ref.Value.AllOf) > 0 // what may be anything may be null anyway
	if len(ref.Value.Enum) > 0 && !slices.Contains(ref.Value.Enum, any(nil)) {
		ref.Value.Enum = append(slices.Clone(ref.Value.Enum), nil)
	}
}

// refOf gives what a schema refers to, be it bare or with a description around it.
func refOf(s *openapi3.SchemaRef) string {
	if s.Ref == "" && s.Value != nil && len(s.Value.AllOf) == 1 {
		return s.Value.AllOf[0].Ref
	}
	return s.Ref
}

func setRef(s *openapi3.SchemaRef, to string) {
	if s.Ref != "" {
		s.Ref = to
		return
	}
	s.Value.AllOf = openapi3.SchemaRefs{{Ref: to}}
}

// copyOf copies a schema with all that is inside it; references stay references.
func copyOf(ref *openapi3.SchemaRef) *openapi3.SchemaRef {
	if ref == nil || ref.Ref != "" || ref.Value == nil {
		if ref == nil {
			return nil
		}
		return &openapi3.SchemaRef{Ref: ref.Ref, Value: ref.Value}
	}
	s := *ref.Value
	if s.Properties != nil {
		s.Properties = openapi3.Schemas{}
		for name, inner := range ref.Value.Properties {
			s.Properties[name] = copyOf(inner)
		}
	}
	s.Items = copyOf(s.Items)
	s.AdditionalProperties.Schema = copyOf(s.AdditionalProperties.Schema)
	for _, list := range []*openapi3.SchemaRefs{&s.AllOf, &s.AnyOf, &s.OneOf} {
		var copied openapi3.SchemaRefs
		for _, inner := range *list {
			copied = append(copied, copyOf(inner))
		}
		*list = copied
	}
	s.Extensions = maps.Clone(s.Extensions)
	s.Required = slices.Clone(s.Required)
	return openapi3.NewSchemaRef("", &s)
}

// sentence adds a sentence to a text.
func sentence(text, more string) string {
	text = strings.TrimSpace(text)
	if text != "" && !strings.HasSuffix(text, ".") {
		text += "."
	}
	return strings.TrimSpace(text + " " + more)
}
