package main

import (
	"fmt"
	"reflect"
	"strings"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/text"

	"github.com/getkin/kin-openapi/openapi3"
)

// The types whose JSON differs from their Go declaration. swag uses these empty structs instead, and the pass inserts the
// schemas.
type (
	languageMap struct{} //	@name	LocalizedText
	partialDate struct{} //	@name	PartialDate
	calendarDay struct{} //	@name	Day
)

// overrides returns the types that swag replaces.
func overrides() map[string]string {
	of := map[string]string{}
	for from, to := range map[reflect.Type]reflect.Type{
		reflect.TypeFor[text.Map]():     reflect.TypeFor[languageMap](),
		reflect.TypeFor[date.Partial](): reflect.TypeFor[partialDate](),
		reflect.TypeFor[date.Day]():     reflect.TypeFor[calendarDay](),
	} {
		of[from.PkgPath()+"."+from.Name()] = "roundtables.kz/registry/openapi/generate." + to.Name()
	}
	return of
}

const (
	textSchema      = "LocalizedText"
	textPatchSchema = "LocalizedTextPatch"
)

func localizedText() *openapi3.Schema {
	return &openapi3.Schema{
		Type: &openapi3.Types{"object"},
		Description: "A text in one or more languages. The keys are BCP 47 language tags, such as `kk`, `ru`, `en` or `kk-Latn`. " +
			"At least one language is required.",
		MinProps: 1,
		AdditionalProperties: openapi3.AdditionalProperties{
			Schema: openapi3.NewStringSchema().WithMinLength(1).WithPattern(input.Patterns["notblank"]).NewRef(),
		},
		Example: map[string]any{
			"en": "Ethnic policy of Kazakhstan at the current stage",
			"ru": "Этническая политика Казахстана на современном этапе",
		},
	}
}

// localizedTextPatch is a language map in a merge patch. A merge patch applies to the members of objects: null removes a
// language.
func localizedTextPatch() *openapi3.Schema {
	s := localizedText()
	s.Description = "Changes to a text: a string sets a language, null removes it, absent languages keep their text."
	s.MinProps = 0
	s.AdditionalProperties.Schema.Value.Nullable = true
	s.Example = map[string]any{"kk": "Қазақстанның этносаясаты"}
	return s
}

// withLanguages states what the keys of a language map are, which OpenAPI 3.0 cannot.
func (p *pass) withLanguages(s *openapi3.Schema) *openapi3.SchemaRef {
	if p.modern {
		s.PropertyNames = schemaRef(languageSchema)
	}
	return s.NewRef()
}

// inlineSchemas returns the schemas of known types that are inserted where they are used.
func inlineSchemas() map[string]*openapi3.Schema {
	partial := openapi3.NewStringSchema().WithPattern(`^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$`)
	partial.Format, partial.Example = "partial-date", "2017-06"
	day := openapi3.NewStringSchema().WithFormat("date")
	day.Example = "2020-02-27"
	return map[string]*openapi3.Schema{"PartialDate": partial, "Day": day}
}

// messagePrefix is the prefix of the paths at which the annotations describe the messages to webhooks, each as the response
// of an operation.
const messagePrefix = "/_webhooks/"

// messages turns the paths that stand for messages into webhooks. Only OpenAPI 3.1 supports them.
func (p *pass) messages() error {
	str := openapi3.NewStringSchema
	for _, path := range p.doc.Paths.Keys() {
		name, ok := strings.CutPrefix(path, messagePrefix)
		if !ok {
			continue
		}
		op := p.doc.Paths.Value(path).Post
		p.doc.Paths.Delete(path)
		if !p.modern {
			continue
		}
		if op == nil || op.Responses.Value("200") == nil || len(op.Responses.Value("200").Value.Content) != 1 {
			return fmt.Errorf("%s: want a POST with the message as its response 200", path)
		}
		for _, content := range op.Responses.Value("200").Value.Content {
			op.RequestBody = &openapi3.RequestBodyRef{Value: openapi3.NewRequestBody().WithRequired(true).WithContent(openapi3.Content{jsonType: content})}
		}
		op.Parameters = openapi3.Parameters{
			headerParameter("webhook-id", "Id of the message, the same for each attempt.", str()),
			headerParameter("webhook-timestamp", "Time of this attempt, in seconds since 1970-01-01.", str()),
			headerParameter("webhook-signature", "`v1,` and the signature in base64. "+
				"For 24 hours after a rotation of the secret there are two, separated by a space.", str()),
		}
		for _, header := range op.Parameters {
			header.Value.Required = true
		}
		op.Responses = openapi3.NewResponses(
			openapi3.WithName("2XX", openapi3.NewResponse().WithDescription("The message was accepted.")),
			openapi3.WithName("410", openapi3.NewResponse().WithDescription("The receiver no longer exists. The registry disables the webhook.")),
			openapi3.WithName("default", openapi3.NewResponse().WithDescription("The message is retried later, not before `Retry-After` if it is set.")),
		)
		op.Security = &openapi3.SecurityRequirements{}
		if p.doc.Webhooks == nil {
			p.doc.Webhooks = map[string]*openapi3.PathItem{}
		}
		p.doc.Webhooks[name] = &openapi3.PathItem{Post: op}
	}
	return nil
}
