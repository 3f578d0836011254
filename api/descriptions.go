package api

import (
	"fmt"
	"strings"
	"sync"

	"roundtables.kz/registry/api/docs"
	"roundtables.kz/registry/openapi"

	"github.com/go-json-experiment/json"
)

// described is a schema of the OpenAPI document, as far as its descriptions need it.
type described struct {
	Description string                `json:"description"`
	Ref         string                `json:"$ref"`
	Properties  map[string]*described `json:"properties"`
	Items       *described            `json:"items"`
	AllOf       []*described          `json:"allOf"`
	OneOf       []*described          `json:"oneOf"`
}

// descriptions are the schemas of the OpenAPI document: all by name, and those of the records by type.
type descriptions struct {
	schemas map[string]*described
	records map[string]*described
}

// readDescriptions reads the OpenAPI document, which has the comments of the structs.
var readDescriptions = sync.OnceValues(func() (d descriptions, err error) {
	type operation struct {
		Responses map[string]struct {
			Content map[string]struct {
				Schema *described `json:"schema"`
			} `json:"content"`
		} `json:"responses"`
	}
	var doc struct {
		Components struct {
			Schemas map[string]*described `json:"schemas"`
		} `json:"components"`
		Paths map[string]struct {
			Post operation `json:"post"`
		} `json:"paths"`
	}
	content, err := docs.Compressed("", openapi.V31).Content()
	if err == nil {
		err = json.Unmarshal(content, &doc)
	}
	if err != nil {
		return d, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	d = descriptions{doc.Components.Schemas, map[string]*described{}}
	for path, item := range doc.Paths {
		d.records[strings.TrimPrefix(path, "/v1/")] = item.Post.Responses["201"].Content["application/json"].Schema
	}
	return d, nil
})

// of returns the description of a member of a record, such as "place.name": what the documents say of it and of the members that
// contain it.
func (d descriptions) of(recordType, member string) string {
	var texts []string
	at := d.follow(d.records[recordType])
	for name := range strings.SplitSeq(member, ".") {
		if at = at.Properties[name]; at == nil {
			break
		}
		of := d.follow(at)
		if text := at.Description; text != "" {
			texts = append(texts, text)
		} else if of.Properties == nil && of.Description != "" { // a value that many members have
			texts = append(texts, of.Description)
		}
		at = of
	}
	return strings.Join(texts, " ")
}

// follow returns the schema that has the properties: what a reference refers to, and of a list its elements.
func (d descriptions) follow(s *described) *described {
	for s != nil {
		switch {
		case s.Ref != "":
			s = d.schemas[s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]]
		case s.Items != nil:
			s = s.Items
		case len(s.AllOf) > 0:
			s = s.AllOf[0]
		case len(s.OneOf) > 0:
			s = s.OneOf[0]
		default:
			return s
		}
	}
	return &described{}
}
