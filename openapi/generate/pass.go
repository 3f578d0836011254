package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"roundtables.kz/registry/api"
	"roundtables.kz/registry/internal/input"

	"github.com/getkin/kin-openapi/openapi3"
)

// pass turns the annotations into the published document: it adds everything that operations have in common. It works on
// OpenAPI 3.0.
type pass struct {
	doc      *openapi3.T
	facts    *source
	examples examples
	samples  map[string]json.RawMessage  // examples of responses, by the name of their schema
	lists    map[string]*openapi3.Schema // sort orders and members, by the name of their schema
	modern   bool                        // the result will be OpenAPI 3.1, which supports webhooks
}

func (p *pass) run() error {
	steps := []func() error{
		p.tags, p.messages, p.nameSchemas, p.putSchemas, p.describeStructs, p.securitySchemes, p.shared, p.operations,
		p.patches, p.splitRequests, p.rules, p.bundles, p.nameVocabularies, p.responses, p.pastStates, p.requests, p.shareMembers, p.shareParameters,
		p.addSamples, p.shareResponses, p.addExamples, p.dropUnused,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	p.doc.Servers = openapi3.Servers{{URL: "/", Description: "This server"}}
	return nil
}

// tags describes the tags. The descriptions of registered resources come from their registration. A tag that api/doc.go
// does not list is inserted after the last tag of a resource that it lists.
func (p *pass) tags() error {
	last := 0
	for _, r := range api.Resources() {
		name := tagOf(r, nil)
		at := slices.IndexFunc(p.doc.Tags, func(t *openapi3.Tag) bool { return t.Name == name })
		switch {
		case r.Of != "": // uses the tag of that resource
			continue
		case at >= 0:
			last = max(last, at)
		default:
			p.doc.Tags = slices.Insert(p.doc.Tags, last+1, &openapi3.Tag{Name: name})
		}
		p.facts.tags[name] = r.About
	}
	for _, t := range p.doc.Tags {
		if t.Description = p.facts.tags[t.Name]; t.Description == "" {
			return fmt.Errorf("the tag %s has no description", t.Name)
		}
	}
	return nil
}

const schemaPrefix = "#/components/schemas/"

func schemaRef(name string) *openapi3.SchemaRef { return openapi3.NewSchemaRef(schemaPrefix+name, nil) }

// recordSuffix matches the suffix of schemas of records in lists. The names of their pages omit it.
var recordSuffix = regexp.MustCompile(`(WithParts|Summary|Entry)$`)

// nameSchemas removes the package from the names of schemas.
func (p *pass) nameSchemas() error {
	renamed := openapi3.Schemas{}
	names := map[string]string{}
	for _, from := range slices.Sorted(maps.Keys(p.doc.Components.Schemas)) {
		to := from[strings.LastIndex(from, ".")+1:]
		if of, isPage := strings.CutPrefix(to, "Page-"); isPage { // a page of a generic type
			to = recordSuffix.ReplaceAllString(of[strings.LastIndex(of, "_")+1:], "") + "Page"
			p.facts.schemas[to] = "api.Page"
		}
		if _, taken := renamed[to]; taken {
			return fmt.Errorf("two schemas are called %s", to)
		}
		renamed[to] = p.doc.Components.Schemas[from]
		names[schemaPrefix+from] = schemaPrefix + to
		if key, ok := p.facts.schemas[from]; ok {
			p.facts.schemas[to] = key
		}
	}
	p.doc.Components.Schemas = renamed
	p.walk(func(s *openapi3.SchemaRef) {
		if to, ok := names[s.Ref]; ok {
			s.Ref = to
		}
	})
	return nil
}

// putSchemas inserts the schemas of the known types.
func (p *pass) putSchemas() error {
	p.doc.Components.Schemas[textSchema] = p.withLanguages(localizedText())
	for name, schema := range knownValues {
		p.doc.Components.Schemas[name] = schema().NewRef()
	}
	known := inlineSchemas()
	for name := range known {
		delete(p.doc.Components.Schemas, name)
	}
	p.walk(func(s *openapi3.SchemaRef) {
		of := s
		if s.Value != nil && s.Ref == "" && len(s.Value.AllOf) == 1 && s.Value.Type == nil { // a reference with a description
			of = s.Value.AllOf[0]
		}
		schema, ok := known[strings.TrimPrefix(of.Ref, schemaPrefix)]
		if !ok || of.Ref == "" {
			return
		}
		made := *schema
		if of != s {
			made.Description, made.Default = s.Value.Description, s.Value.Default
			if s.Value.Example != nil {
				made.Example = s.Value.Example
			}
		}
		s.Ref, s.Value = "", &made
	})
	return nil
}

// describeStructs compares the schemas with the Go structs, and allows further members where the struct does. It adds
// formats to numbers, by which client generators choose types.
func (p *pass) describeStructs() error {
	for name, schema := range p.doc.Components.Schemas {
		s := schema.Value
		if len(s.Properties) == 0 {
			continue
		}
		facts, ok := p.facts.of(name)
		if !ok {
			return fmt.Errorf("the struct behind the schema %s was not found", name)
		}
		if facts.open {
			s.AdditionalProperties.Has = openapi3.Ptr(true)
		}
		for property := range s.Properties {
			if _, ok := facts.fields[property]; !ok {
				return fmt.Errorf("the struct behind %s has no field %s", name, property)
			}
		}
	}
	p.walk(func(ref *openapi3.SchemaRef) {
		s := ref.Value
		switch {
		case ref.Ref != "" || s == nil || s.Format != "":
		case s.Type.Is("integer"):
			s.Format = "int64"
		case s.Type.Is("number"):
			s.Format = "double"
		case len(s.Enum) == 1: // the name of a list that the code derives
			name, _ := s.Enum[0].(string)
			s.Enum = nil
			for _, t := range input.Enum(name) {
				s.Enum = append(s.Enum, t)
			}
		}
	})
	for _, schema := range p.doc.Components.Schemas {
		for member, ref := range schema.Value.Properties {
			id, ok := exampleIDOf(member)
			if !ok || ref.Ref != "" || ref.Value == nil {
				continue
			}
			if s := ref.Value; s.Type.Is("array") && s.Items.Value != nil {
				s.Example = []any{id}
			} else if s.Type.Is("integer") {
				s.Example = id
			}
		}
	}
	return nil
}

// securitySchemes completes the security schemes, because Swagger 2.0 has no bearer scheme.
func (p *pass) securitySchemes() error {
	for _, ref := range p.doc.Components.SecuritySchemes {
		s := ref.Value
		if s.Scheme == "basic" { // swag ignores descriptions here
			s.Description = "The key as the password, with any user name. For clients that support only basic authentication, such as Power Query."
		}
		if scheme, ok := s.Extensions["x-scheme"].(string); ok {
			delete(s.Extensions, "x-scheme")
			s.Type, s.Scheme, s.In, s.Name = "http", scheme, "", ""
		}
	}
	return nil
}

// dropUnused removes schemas without references.
func (p *pass) dropUnused() error {
	used := p.reachable(func(visit visitor) {
		for _, parameter := range p.doc.Components.Parameters {
			visitInline(parameter.Value.Schema, visit)
		}
		for _, op := range p.eachOperation() {
			for _, parameter := range op.Parameters {
				visitInline(parameter.Value.Schema, visit)
			}
		}
		p.visitRequests(visit)
		p.visitResponses(visit)
	})
	maps.DeleteFunc(p.doc.Components.Schemas, func(name string, _ *openapi3.SchemaRef) bool { return !used[name] })
	return nil
}
