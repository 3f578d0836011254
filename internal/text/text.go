// Package text holds language maps and short references. It is not for comparing names (see names).
package text

import (
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apperr"

	"golang.org/x/text/language"
)

// Map is a text in one or more languages: BCP 47 tag -> text. A nil Map is an absent text (null).
type Map map[string]string

// Fallback is the order in which a language is chosen when the asked one is missing.
var Fallback = []string{"ru", "en", "kk"}

// In gives the text in the asked language or the next one of the fallback chain, and the language really used.
// An empty Map gives two empty strings.
func (m Map) In(lang string) (value, used string) {
	if v, ok := m[lang]; ok {
		return v, lang
	}
	if base, _, found := cut(lang); found {
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

// Langs gives the languages in order of their tags.
func (m Map) Langs() []string {
	langs := make([]string, 0, len(m))
	for l := range m {
		langs = append(langs, l)
	}
	slices.Sort(langs)
	return langs
}

// Check gives the mistakes of a language map at pointer: no entry, a tag that is none, a blank or over-long text.
func (m Map) Check(pointer string, maxRunes int) []apperr.Field {
	var fields []apperr.Field
	if m != nil && len(m) == 0 {
		fields = append(fields, apperr.At(pointer, "empty_text"))
	}
	for _, l := range m.Langs() {
		at := pointer + "/" + escape(l)
		if !IsTag(l) {
			fields = append(fields, apperr.At(at, "unknown_language", "value", l))
			continue
		}
		if f, bad := checkString(at, m[l], maxRunes); bad {
			fields = append(fields, f)
		}
	}
	return fields
}

// IsTag reports whether s is a BCP 47 tag of a known language in its canonical form, such as "kk" or "kk-Latn": two
// spellings of one language would be two languages.
func IsTag(s string) bool {
	if len(s) > 35 || strings.HasPrefix(s, "und") || strings.HasPrefix(s, "x-") {
		return false
	}
	tag, err := language.Raw.Parse(s)
	return err == nil && tag.String() == s
}

// Ref is another record in short: its id and name. Added is filled when a language is asked for.
//
//	@Description	Another record in short.
type Ref struct {
	ID    int64 `json:"id" example:"1"`
	Name  Map   `json:"name" validate:"required"` // Its name or title.
	Added Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Ref

// PersonRef is a person in short, with the organization and position as of the event that the answer is about. Where
// the organization is known by its name as listed only, Organization is nil.
//
//	@Description	A person in short, with the organization and position as of the event that the answer is about.
type PersonRef struct {
	ID                   int64   `json:"id" example:"1"`
	Name                 Map     `json:"name" validate:"required"`                             // The preferred form of the name.
	Organization         *Ref    `json:"organization"`                                         // Null where there was none, or where it is known by its name only.
	OrganizationAsListed *string `json:"organization_as_listed" example:"Institute of Policy"` // The name of the organization as the source gives it.
	Position             Map     `json:"position"`                                             // The position held there.
	Added                Added   `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	PersonRef
