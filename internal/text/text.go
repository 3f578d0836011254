// Package text holds language maps and references to records. Package names compares names.
package text

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/language"
)

// Map is a text in one or more languages: BCP 47 tag -> text. A nil Map is null in JSON: there is no text.
type Map map[string]string

// Fallback lists the languages to use, in order, if a text lacks the requested language.
var Fallback = []string{"ru", "en", "kk"}

// In returns the text in the requested language, or else in the first language of the fallback chain that the text has,
// and the language used. An empty Map returns two empty strings.
func (m Map) In(lang string) (value, used string) {
	if v, ok := m[lang]; ok {
		return v, lang
	}
	if base, _, found := strings.Cut(lang, "-"); found {
		if v, ok := m[base]; ok {
			return v, base
		}
	}
	for _, l := range Fallback {
		if v, ok := m[l]; ok {
			return v, l
		}
	}
	for _, l := range m.Langs() {
		return m[l], l
	}
	return "", ""
}

// Langs returns the languages in the order of their tags.
func (m Map) Langs() []string { return slices.Sorted(maps.Keys(m)) }

// Check returns the mistakes of a language map at pointer: no entry, an invalid tag, a blank or too long text.
func (m Map) Check(pointer string, maxRunes int) []apperr.Field {
	var fields []apperr.Field
	if m != nil && len(m) == 0 {
		fields = append(fields, apperr.At(pointer, "empty_text"))
	}
	for _, l := range m.Langs() {
		at := string(jsontext.Pointer(pointer).AppendToken(l))
		switch {
		case !IsTag(l):
			fields = append(fields, apperr.At(at, "unknown_language", "value", l))
		case strings.TrimSpace(m[l]) == "":
			fields = append(fields, apperr.At(at, "blank"))
		case utf8.RuneCountInString(m[l]) > maxRunes:
			fields = append(fields, apperr.At(at, "too_long", "max", strconv.Itoa(maxRunes)))
		}
	}
	return fields
}

// IsTag reports whether s is the canonical BCP 47 tag of a known language, such as "kk" or "kk-Latn". Other spellings
// are rejected, because a Map would treat them as other languages.
func IsTag(s string) bool {
	if len(s) > 35 || strings.HasPrefix(s, "und") || strings.HasPrefix(s, "x-") {
		return false
	}
	tag, err := language.Raw.Parse(s)
	return err == nil && tag.String() == s
}

// Ref refers to another record by id and name. Added is set if a language is requested.
//
//	@Description	A reference to another record, by id and name.
type Ref struct {
	ID    int64 `json:"id" example:"1"`
	Name  Map   `json:"name" validate:"required"` // Name or title of the record.
	Added Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Ref

// PersonRef refers to a person, with the organization and position at the time of the event. Organization is nil if
// only its name as listed is known.
//
//	@Description	A reference to a person, with the organization and position at the time of the event.
type PersonRef struct {
	ID                   int64   `json:"id" example:"1"`
	Name                 Map     `json:"name" validate:"required"`                             // The preferred form of the name.
	Organization         *Ref    `json:"organization"`                                         // The organization. Null if there is none, or if only its name is known.
	OrganizationAsListed *string `json:"organization_as_listed" example:"Institute of Policy"` // Name of the organization as the source gives it.
	Position             Map     `json:"position"`                                             // Title of the position there.
	Added                Added   `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	PersonRef
