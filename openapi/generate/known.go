package main

import (
	"reflect"

	"roundtables.kz/registry/internal/date"
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
		MinProps:             1,
		AdditionalProperties: openapi3.AdditionalProperties{Schema: openapi3.NewStringSchema().WithMinLength(1).NewRef()},
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

// inlineSchemas returns the schemas of known types that are inserted where they are used.
func inlineSchemas() map[string]*openapi3.Schema {
	partial := openapi3.NewStringSchema().WithPattern(`^\d{4}(-\d{2}(-\d{2})?)?$`)
	partial.Format, partial.Example = "partial-date", "2017-06"
	day := openapi3.NewStringSchema().WithFormat("date")
	day.Example = "2020-02-27"
	return map[string]*openapi3.Schema{"PartialDate": partial, "Day": day}
}
