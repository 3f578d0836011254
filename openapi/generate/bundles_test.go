package main

import (
	"reflect"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

func TestAPartOfABundleHasTheLimitsOfTheInputThatItIsWrittenTo(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(built(t)[fileV30])
	if err != nil {
		t.Fatal(err)
	}
	shared := 0
	for part, sources := range bundleSources {
		for _, source := range sources {
			input := doc.Components.Schemas[source]
			if split := doc.Components.Schemas[source+"Input"]; split != nil { // answers have a schema of their own
				input = split
			}
			for member, ref := range doc.Components.Schemas[part].Value.Properties {
				from := input.Value.Properties[member]
				if from == nil || !reflect.DeepEqual(ref.Value.Type, from.Value.Type) || refOf(ref) != refOf(from) {
					continue
				}
				shared++
				if got, want := boundsOf(ref.Value), boundsOf(from.Value); !reflect.DeepEqual(got, want) {
					t.Errorf("%s.%s: %v, want those of %s: %v", part, member, got, source, want)
				}
			}
		}
	}
	if shared < 60 {
		t.Errorf("only %d members were compared", shared)
	}
	if topics := doc.Components.Schemas["BundleRoundTable"].Value.Properties["topics"].Value; *topics.MaxItems != *doc.Components.Schemas["RoundTableInput"].Value.Properties["topic_ids"].Value.MaxItems {
		t.Errorf("a bundle takes %d topics", *topics.MaxItems)
	}
}

// boundsOf returns what a schema says about values, without null: a bundle may leave out more.
func boundsOf(s *openapi3.Schema) []any {
	var enum []any
	for _, v := range s.Enum {
		if v != nil {
			enum = append(enum, v)
		}
	}
	return []any{s.Min, s.Max, s.MinLength, s.MaxLength, s.MinItems, s.MaxItems, s.UniqueItems, s.Pattern, s.Format, s.Default, enum}
}
