package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/input"

	"github.com/getkin/kin-openapi/openapi3"
)

// vocabulary is a list of values that several members and filters have. It becomes one schema, which responses, requests and
// filters refer to: clients can pass a value of a response as a filter. The schema is open, because later releases may add
// values. Requests and filters state with a pattern which values this release accepts, because type generators ignore patterns.
type vocabulary struct {
	name        string
	member      string // the member of a response that has the values, such as "RoundTable.format"
	description string
	also        []string // further members, whose structs do not list the values
}

var vocabularies = []vocabulary{
	{"Format", "RoundTable.format", "The type of an event.", nil},
	{"Mode", "RoundTable.mode", "Whether people met in person, online or both.", nil},
	{"EventStatus", "RoundTable.status", "Whether an event is planned, took place, was postponed or was cancelled.", nil},
	{"Publication", "RoundTable.publication", "The state of publication. The public sees only `published`.", nil},
	{"DatePrecision", "RoundTable.date_precision", "The precision of a date.", nil},
	{"DocumentRelation", "LinkedDocument.relation", "The relation of a document to an event.", nil},
	{"OrganizerKind", "Organizer.kind", "The part of an organization in an event.", nil},
	{"OrganizationKind", "Organization.kind", "The kind of an organization.", nil},
	{"Attendance", "Attendee.attendance", "Whether and how an attendee took part.", nil},
	{"StatementKind", "Statement.kind", "How a statement is recorded.", nil},
	{"StatementAct", "Statement.act", "What a statement does.", nil},
	{"RecommendationStatus", "Recommendation.status", "What became of a recommendation.", nil},
	{"DocumentKind", "Document.kind", "The kind of a document.", nil},
	{"Visibility", "Person.visibility", "Who can see a person.", nil},
	{"NameKind", "OtherName.kind", "The kind of a further name.", nil},
	{"ContactKind", "Contact.kind", "The kind of a contact.", nil},
	{"KeyScope", "ApiKey.scopes", "What a key allows.", nil},
	{"MatchBand", "MatchCandidate.band", "The decision on a candidate.", nil},
	{"MatchFeature", "MatchReason.feature", "What was compared.", nil},
	{"ReconcileProperty", "ReconcileFeature.id", "What was compared.", nil},
	{"ChangeOperation", "Change.op", "What a change did to a record.", nil},
	{"RevisionOperation", "Revision.op", "What a change did to a record.", nil},
	{"FindingCode", "Finding.code", "What is wrong.", nil},
	{"FindingSeverity", "Finding.severity", "Whether a finding prevents publication.", nil},
	{"ImportFormat", "Import.format", "The format of a file.", nil},
	{"ImportOnError", "Import.on_error", "What an error in a row does.", nil},
	{"ImportAction", "ImportRow.action", "What an import did with a row.", nil},
	{"ImportMatch", "ImportObject.matched_by", "How the record of an object was found.", nil},
	{"WebhookState", "Webhook.state", "Whether a webhook receives messages.", nil},
	{"WebhookDisabledReason", "Webhook.disabled_reason", "Why the registry disabled a webhook.", nil},
	{"DeliveryKind", "WebhookDelivery.kind", "The kind of a message.", nil},
	{"DeliveryState", "WebhookDelivery.state", "The state of a delivery.", nil},
	{"PositionStatus", "HeldPosition.status", "Whether a position is held on a day.", nil},
	{"KeptReason", "BundleRevertedRecord.reason", "Why a record stays.", nil},
	{"PairDecision", "SettledDuplicate.decision", "What was decided about a pair.", nil},
	{"HitMatch", "Hit.matched", "What a search found.", nil},
	{"DeliveryError", "WebhookDelivery.error", "Why a delivery failed.", nil},
	{"PersonalDataKind", "PersonalDataRead.data", "The personal data that was read.", nil},
	{recordTypeSchema, "", "A type of record, as in the path of its resource.", []string{
		"Change.type", "WebhookChange.type", "Revision.type", "AuditEntry.type", "Finding.type", "UndoneChange.type", "TypeChecksum.type",
		"ErasedRecords.type", "ChangedRecords.type", "MergedPart.type", "TextWithName.type",
	}},
	{"ImportCollection", "", "What was imported: a type of record, or a Popolo document.", []string{"Import.collection", "ImportSummary.collection"}},
}

const (
	recordTypeSchema = "RecordType"
	roleSchema       = "RoleCode"
)

// nameVocabularies makes schemas of the vocabularies, and refers to them.
func (p *pass) nameVocabularies() error {
	named := map[string]string{} // values -> name
	for _, v := range vocabularies {
		values, err := p.valuesOf(v)
		if err != nil {
			return err
		}
		if other := named[fmt.Sprint(values)]; other != "" {
			return fmt.Errorf("%s and %s have the same values", other, v.name)
		}
		if p.doc.Components.Schemas[v.name] != nil {
			return fmt.Errorf("two schemas are called %s", v.name)
		}
		named[fmt.Sprint(values)] = v.name
		p.doc.Components.Schemas[v.name] = openEnum(v.description, values).NewRef()
	}
	requests := p.reachable(p.visitRequests)
	for _, name := range slices.Sorted(maps.Keys(p.doc.Components.Schemas)) {
		for member, ref := range p.doc.Components.Schemas[name].Value.Properties {
			visitInline(ref, func(s *openapi3.SchemaRef) { nameValues(s, named, member, requests[name]) })
		}
	}
	for _, op := range p.eachOperation() {
		for _, parameter := range op.Parameters {
			if parameter.Ref == "" {
				visitInline(parameter.Value.Schema, func(s *openapi3.SchemaRef) { nameValues(s, named, parameter.Value.Name, true) })
			}
		}
	}
	return p.referToNames()
}

// valuesOf returns the values of a vocabulary.
func (p *pass) valuesOf(v vocabulary) ([]any, error) {
	var values []any
	switch v.name {
	case recordTypeSchema:
		for _, t := range input.Enum("log") {
			values = append(values, t)
		}
		return values, nil
	case "ImportCollection":
		for _, t := range input.Enum("imports") {
			values = append(values, t)
		}
		return values, nil
	}
	ref := p.member(v.member)
	if ref != nil && ref.Value != nil && ref.Value.Items != nil {
		ref = ref.Value.Items
	}
	if ref == nil || ref.Value == nil || len(ref.Value.Enum) == 0 {
		return nil, fmt.Errorf("%s: %s has no list of values", v.name, v.member)
	}
	return ref.Value.Enum, nil
}

// member returns a member of a schema, such as "RoundTable.format"; nil if there is none.
func (p *pass) member(of string) *openapi3.SchemaRef {
	schema, name, _ := strings.Cut(of, ".")
	if s := p.doc.Components.Schemas[schema]; s != nil {
		return s.Value.Properties[name]
	}
	return nil
}

// openEnum returns the schema of a vocabulary.
func openEnum(description string, values []any) *openapi3.Schema {
	known := make([]string, len(values))
	for i, v := range values {
		known[i] = fmt.Sprintf("`%v`", v)
	}
	s := openapi3.NewStringSchema()
	s.Description = sentence(description, "One of "+strings.Join(known, ", ")+". Later releases may add values.")
	s.Example = values[0]
	s.Extensions = map[string]any{"x-extensible-enum": values}
	return s
}

// nameValues replaces a list of values by its vocabulary. A type of record may allow only some types.
func nameValues(ref *openapi3.SchemaRef, named map[string]string, member string, request bool) {
	s := ref.Value
	if ref.Ref != "" || s == nil {
		return
	}
	prefix := ""
	if len(s.AnyOf) == 2 && s.AnyOf[0].Ref == "" && len(s.AnyOf[0].Value.Enum) > 0 { // see stateTogether
		prefix = "(all:)?"
		s = s.AnyOf[0].Value
	}
	name := named[fmt.Sprint(s.Enum)]
	if name == "" && len(s.Enum) > 1 && isRecordTypes(member, s.Enum) {
		name = recordTypeSchema
	}
	if name == "" {
		return
	}
	made := &openapi3.Schema{Description: s.Description, AllOf: openapi3.SchemaRefs{schemaRef(name)}}
	if request {
		made.Default, made.Pattern = s.Default, "^"+prefix+"("+alternativesOf(s.Enum)+")$"
	}
	if made.Description == "" && !request {
		ref.Ref, ref.Value = schemaPrefix+name, nil
		return
	}
	ref.Value = made
}

func alternativesOf(values []any) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, "|")
}

// isRecordTypes reports whether the values of a member are types of records.
func isRecordTypes(member string, values []any) bool {
	types := input.Enum("log")
	return slices.Contains([]string{"type", "types", "id"}, member) &&
		!slices.ContainsFunc(values, func(v any) bool { return !slices.Contains(types, fmt.Sprint(v)) })
}

// referToNames refers to the vocabularies whose values the structs of the members do not list: types of records, countries, and
// the codes of roles, which are records.
func (p *pass) referToNames() error {
	role := openapi3.NewStringSchema()
	role.Description, role.Example = "The code of a role, such as `moderator`. `GET /v1/roles` lists the roles.", "moderator"
	p.doc.Components.Schemas[roleSchema] = role.NewRef()
	for _, v := range vocabularies {
		for _, of := range v.also {
			ref := p.member(of)
			if ref == nil {
				return fmt.Errorf("%s: there is no member %s", v.name, of)
			}
			setName(ref, v.name)
		}
	}
	for name, schema := range p.doc.Components.Schemas {
		for member, ref := range schema.Value.Properties {
			switch {
			case member == "roles" && ref.Value != nil && ref.Value.Type.Is("array"):
				setName(ref.Value.Items, roleSchema)
			case member == "code" && strings.HasPrefix(name, "Role"):
				setName(ref, roleSchema)
			case member == "country":
				setName(ref, countrySchema)
			}
		}
	}
	for _, op := range p.eachOperation() {
		if role := op.Parameters.GetByInAndName("query", "role"); role != nil {
			if role.Schema.Value.Items == nil {
				return errors.New(op.OperationID + ": role takes one code")
			}
			role.Schema.Value.Items = schemaRef(roleSchema) // the code may be behind `all:`
		}
	}
	return nil
}

// setName refers to a schema, and keeps the limits of the value.
func setName(ref *openapi3.SchemaRef, name string) {
	if refOf(ref) != "" {
		return // it already does
	}
	s := *ref.Value
	if s.Description == "" && s.Pattern == "" && s.MaxLength == nil && s.MinLength == 0 {
		ref.Ref, ref.Value = schemaPrefix+name, nil
		return
	}
	s.Type, s.Example, s.AllOf = nil, nil, openapi3.SchemaRefs{schemaRef(name)}
	ref.Value = &s
}
