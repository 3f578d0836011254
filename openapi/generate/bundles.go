package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// bundleSources maps the schemas of a bundle's parts to those of the resources' inputs that they are written to.
var bundleSources = map[string][]string{
	"BundleRoundTable":     {"RoundTableInput"},
	"BundleOrganizer":      {"OrganizerInput"},
	"BundleAttendee":       {"AttendeeInput"},
	"BundleAffiliation":    {"AttendeeAffiliationInput"},
	"BundleStatement":      {"StatementInput"},
	"BundleText":           {"StatementText"},
	"BundleMentions":       {"StatementMentions"},
	"BundleRecommendation": {"RecommendationInput"},
	"BundleDocument":       {"DocumentInput", "DocumentLink"},
	"BundlePerson":         {"PersonInput"},
	"BundleOrganization":   {"OrganizationInput"},
	"BundlePlace":          {"PlaceInput"},
	"BundleTopic":          {"TopicInput"},
}

// bundles copies the limits, enums, defaults and formats of the resource inputs to the parts of a bundle, because the
// server checks a bundle by these inputs. Descriptions and examples stay those of the bundle.
func (p *pass) bundles() error {
	for _, name := range slices.Sorted(maps.Keys(bundleSources)) {
		part := p.doc.Components.Schemas[name]
		if part == nil {
			return fmt.Errorf("there is no schema %s", name)
		}
		for _, source := range bundleSources[name] {
			input := cmp.Or(p.doc.Components.Schemas[source+"Input"], p.doc.Components.Schemas[source])
			if input == nil {
				return fmt.Errorf("there is no schema %s, which %s is written to", source, name)
			}
			p.derive(name, part.Value, source, input.Value)
		}
	}
	return nil
}

func (p *pass) derive(name string, part *openapi3.Schema, source string, input *openapi3.Schema) {
	facts := p.facts.structs[p.facts.schemas[name]].fields
	required, _ := p.facts.of(source)
	for member, to := range part.Properties {
		from, ok := input.Properties[member]
		if texts := strings.TrimSuffix(member, "s"); refOf(to) == schemaPrefix+textSchema && !ok && input.Properties[texts] != nil {
			deriveMember(to, input.Properties[texts]) // `names` has the limits of `name`, but is not required
			continue
		}
		if !ok {
			deriveLength(to, input.Properties[idsOf(member)])
			continue
		}
		if !deriveMember(to, from) {
			continue // the same name but another type
		}
		if f := facts[member]; required.fields[member].mandatory && !f.optional {
			f.mandatory = true
			facts[member] = f
			part.Required = append(part.Required, member)
		}
	}
	slices.Sort(part.Required)
}

// idsOf returns the member of an input that has the ids of the records in a list of a bundle.
func idsOf(list string) string {
	if list == "people" {
		return "person_ids"
	}
	return strings.TrimSuffix(list, "s") + "_ids"
}

// deriveMember reports whether the two are the same kind of value.
func deriveMember(to, from *openapi3.SchemaRef) bool {
	items := from
	if from.Value != nil && from.Value.Type.Is("array") {
		items = from.Value.Items
	}
	known := knownValues[strings.TrimPrefix(refOf(items), schemaPrefix)] != nil
	switch {
	case known && items == from:
		refer(to, strings.TrimPrefix(refOf(from), schemaPrefix))
		return true
	case !known && (refOf(to) != "" || refOf(from) != ""):
		if refOf(to) != refOf(from) {
			return false
		}
		if from.Value != nil { // the limits of texts
			makeWrapped(to)
			to.Value.AdditionalProperties = from.Value.AdditionalProperties
		}
		return true
	}
	if !slices.Equal(to.Value.Type.Slice(), from.Value.Type.Slice()) {
		return false
	}
	if to.Value.Type.Is("array") && !known && refOf(to.Value.Items) != refOf(from.Value.Items) {
		deriveLength(to, from)
		return true
	}
	derived := copyOf(from)
	derived.Value.Description, derived.Value.Example = to.Value.Description, to.Value.Example
	*to = *derived
	return true
}

func deriveLength(to, from *openapi3.SchemaRef) {
	if from != nil && to.Value != nil && to.Value.Type.Is("array") && from.Value.Type.Is("array") {
		to.Value.MinItems, to.Value.MaxItems = from.Value.MinItems, from.Value.MaxItems
	}
}
