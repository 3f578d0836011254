package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// patches adds the schema of a merge patch (RFC 7396) to each PATCH, derived from the input of the record: all members are
// optional, and null clears a member.
func (p *pass) patches() error {
	for at, op := range p.eachOperation() {
		if at.method != http.MethodPatch {
			continue
		}
		ref := op.RequestBody.Value.Content[jsonType].Schema
		input, ok := strings.CutSuffix(strings.TrimPrefix(ref.Ref, schemaPrefix), "Input")
		if !ok {
			return fmt.Errorf("%s: the body is not a schema called …Input", op.OperationID)
		}
		name := input + "Patch"
		p.doc.Components.Schemas[name] = p.patchOf(p.doc.Components.Schemas[input+"Input"].Value).NewRef()
		p.facts.schemas[name] = p.facts.schemas[input+"Input"]
		op.RequestBody.Value.Content = openapi3.Content{
			mergePatch: {Schema: schemaRef(name)},
			jsonType:   {Schema: schemaRef(name)},
		}
	}
	return nil
}

func (p *pass) patchOf(input *openapi3.Schema) *openapi3.Schema {
	s := *input
	s.Required = nil
	s.Description = strings.TrimSpace(s.Description + " In a patch, absent members keep their value, null clears a member, " +
		"and arrays are replaced as a whole.")
	s.Properties = openapi3.Schemas{}
	for name, ref := range input.Properties {
		made := copyOf(ref)
		if strings.HasSuffix(refOf(made), "/"+textSchema) {
			p.doc.Components.Schemas[textPatchSchema] = p.withLanguages(localizedTextPatch())
			setRef(made, schemaPrefix+textPatchSchema)
		}
		if made.Value != nil && made.Ref == "" {
			made.Value.Default = nil // a default would overwrite the stored value
		}
		s.Properties[name] = made
	}
	return &s
}

// splitRequests gives requests their own schemas if they share one with responses, because the two differ in required
// members, null and additional members.
func (p *pass) splitRequests() error {
	requests, responses := p.reachable(p.visitRequests), p.reachable(p.visitRecords)
	renamed := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		if !responses[name] || name == textSchema || knownValues[name] != nil {
			continue
		}
		to := name + "Input"
		if p.doc.Components.Schemas[to] != nil {
			return fmt.Errorf("%s is used in requests and responses, and %s already exists", name, to)
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
	p.visitRequests(visit)
	return nil
}

// responses completes the schemas of responses: members are required, and a requested language adds
// members.
func (p *pass) responses() error {
	for name := range p.reachable(p.visitRecords) {
		schema := p.doc.Components.Schemas[name]
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
				s.Properties[property+"_text"] = schemaRef(textInLanguageSchema)
				s.Properties[property+"_lang"] = schemaRef(languageOfTextSchema)
			}
		}
	}
	return nil
}

// The schemas of what `lang` adds to a text. A member name has name_text and name_lang beside it.
const (
	textInLanguageSchema = "TextInLanguage"
	languageOfTextSchema = "LanguageOfText"
)

// sharedMembers are members that many records have, with the names of their schemas.
var sharedMembers = map[string]string{"id": "RecordId", "version": "RecordVersion", "created_at": "CreatedAt", "updated_at": "UpdatedAt"}

// shareMembers makes schemas of the members that many records have in the same form.
func (p *pass) shareMembers() error {
	schemas := p.doc.Components.Schemas
	schemas[textInLanguageSchema] = stringSchema("The text of the member without `_text`, in the requested language or in the next available one. "+
		"Present only if a language was requested.", "Ethnic policy")
	schemas[languageOfTextSchema] = stringSchema("The language of the member that ends in `_text`.", "en")
	for member, name := range sharedMembers {
		model := schemas["Topic"].Value.Properties[member].Value
		of, err := json.Marshal(model)
		if err != nil {
			return err
		}
		for _, schema := range schemas {
			ref := schema.Value.Properties[member]
			if ref == nil || ref.Ref != "" {
				continue
			}
			if b, err := json.Marshal(ref.Value); err != nil || !bytes.Equal(b, of) {
				continue
			}
			schema.Value.Properties[member] = schemaRef(name)
		}
		schemas[name] = model.NewRef()
	}
	return nil
}

func stringSchema(description, example string) *openapi3.SchemaRef {
	s := openapi3.NewStringSchema()
	s.Description, s.Example = description, example
	return s.NewRef()
}

// dropBounds removes limits that apply only to requests.
func dropBounds(ref *openapi3.SchemaRef) {
	if ref.Ref == "" && ref.Value != nil {
		ref.Value.MaxLength, ref.Value.MaxItems, ref.Value.Default = nil, nil, nil
	}
}

// requests completes the schemas of requests: no additional members, and optional members may be null.
func (p *pass) requests() error {
	for name := range p.reachable(p.visitRequests) {
		s := p.doc.Components.Schemas[name].Value
		if len(s.Properties) == 0 {
			continue
		}
		s.AdditionalProperties.Has = openapi3.Ptr(false)
		facts, _ := p.facts.of(name)
		s.Required = slices.DeleteFunc(s.Required, func(property string) bool { // swag marks a list with required items as required
			return !facts.fields[property].mandatory
		})
		for property, ref := range s.Properties {
			describeDefault(ref)
			if !facts.fields[property].mandatory {
				makeNullable(ref)
			}
		}
	}
	return nil
}

// describeDefault puts the default of a member into its description: type generators make members with a default required.
func describeDefault(ref *openapi3.SchemaRef) {
	if s := ref.Value; ref.Ref == "" && s != nil && s.Default != nil {
		s.Description = sentence(s.Description, fmt.Sprintf("Default: `%v`.", s.Default))
		s.Default = nil
	}
}

// makeNullable makes a schema nullable. It wraps a reference in a schema.
func makeNullable(ref *openapi3.SchemaRef) {
	if ref.Ref != "" {
		inner := ref.Ref
		ref.Ref, ref.Value = "", &openapi3.Schema{AllOf: openapi3.SchemaRefs{{Ref: inner}}}
	}
	ref.Value.Nullable = ref.Value.Type != nil || len(ref.Value.AllOf) > 0 // a schema without a type allows null anyway
	if len(ref.Value.Enum) > 0 && !slices.Contains(ref.Value.Enum, any(nil)) {
		ref.Value.Enum = append(slices.Clone(ref.Value.Enum), nil)
	}
}

// refOf returns the reference of a schema, also if it is wrapped with a description.
func refOf(s *openapi3.SchemaRef) string {
	if s.Ref == "" && s.Value != nil && len(s.Value.AllOf) == 1 {
		return s.Value.AllOf[0].Ref
	}
	return s.Ref
}

func setRef(s *openapi3.SchemaRef, to string) {
	if s.Ref != "" {
		s.Ref = to
	} else {
		s.Value.AllOf = openapi3.SchemaRefs{{Ref: to}}
	}
}

// copyOf returns a deep copy of a schema. References stay references.
func copyOf(ref *openapi3.SchemaRef) *openapi3.SchemaRef {
	var copied openapi3.SchemaRef
	b, err := json.Marshal(ref)
	if err == nil {
		err = json.Unmarshal(b, &copied)
	}
	if err != nil {
		panic(err) // swag has written it as JSON before
	}
	return &copied
}

// sentence appends a sentence to a text.
func sentence(text, more string) string {
	text = strings.TrimSpace(text)
	if text != "" && !strings.HasSuffix(text, ".") {
		text += "."
	}
	return strings.TrimSpace(text + " " + more)
}
