package main

import (
	"reflect"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/text"

	"github.com/getkin/kin-openapi/openapi3"
)

// The types whose JSON their Go declarations do not show. swag is told to take an empty struct instead, and the pass
// puts in the schema.
type (
	languageMap struct{} //	@name	LocalizedText
	partialDate struct{} //	@name	PartialDate
	calendarDay struct{} //	@name	Day
)

// overrides are the types that swag replaces.
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
	textSchema  = "LocalizedText"
	patchedText = "LocalizedTextPatch"
)

func localizedText() *openapi3.Schema {
	return &openapi3.Schema{
		Type: &openapi3.Types{"object"},
		Description: "A text in one or more languages: BCP 47 language tag → text, such as `kk`, `ru`, `en` or `kk-Latn`. " +
			"At least one language; which ones, the source decides.",
		MinProps:             1,
		AdditionalProperties: openapi3.AdditionalProperties{Schema: openapi3.NewStringSchema().WithMinLength(1).NewRef()},
		Example: map[string]any{
			"en": "Ethnic policy of Kazakhstan at the current stage",
			"ru": "Этническая политика Казахстана на современном этапе",
		},
	}
}

// localizedTextPatch is a language map in a merge patch, which reaches into objects: null takes a language away.
func localizedTextPatch() *openapi3.Schema {
	s := localizedText()
	s.Description = "Changes to a text: a language with a text sets it, a language with null takes it away, others stay."
	s.MinProps = 0
	s.AdditionalProperties.Schema.Value.Nullable = true
	s.Example = map[string]any{"kk": "Қазақстанның этносаясаты"}
	return s
}

// inlined are known types that are written where they are used.
func inlined() map[string]*openapi3.Schema {
	partial := openapi3.NewStringSchema().WithPattern(`^\d{4}(-\d{2}(-\d{2})?)?$`)
	partial.Format, partial.Example = "partial-date", "2017-06"
	day := openapi3.NewStringSchema().WithFormat("date")
	day.Example = "2020-02-27"
	return map[string]*openapi3.Schema{"PartialDate": partial, "Day": day}
}
