// Package text holds language maps and references to records. Package names compares names.
package text

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"

	"github.com/go-json-experiment/json"
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

// MarshalJSONTo writes the languages in the order of their tags. Responses consist mostly of such maps, and encoding
// them by reflection would allocate memory for each entry.
func (m Map) MarshalJSONTo(e *jsontext.Encoder) error {
	if m == nil {
		if null, _ := json.GetOption(e.Options(), json.FormatNilMapAsNull); null {
			return e.WriteToken(jsontext.Null)
		}
	}
	var few [4]string
	langs := few[:0]
	for l := range m {
		langs = append(langs, l)
	}
	slices.Sort(langs)
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, l := range langs {
		if err := e.WriteToken(jsontext.String(l)); err != nil {
			return err
		}
		if err := e.WriteToken(jsontext.String(m[l])); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

// OtherName is a name besides the preferred one.
//
//	@Description	A name besides the preferred one, such as an alias, a former name or another spelling.
type OtherName struct {
	// The name.
	Text string `json:"text" validate:"required,max=500" example:"T. Kaliyev"`
	// Language of the name (BCP 47). Null if unknown.
	Lang *string `json:"lang" validate:"omitnil,language" example:"en"`
	// How the name differs from the preferred one.
	Kind string `json:"kind" validate:"required,oneof=alias transliteration former abbreviated misspelling" enums:"alias,transliteration,former,abbreviated,misspelling" example:"abbreviated"`
} //	@name	OtherName

// MaxOtherNames is the largest number of other names of a record, as the tags of people and organizations state it.
const MaxOtherNames = 100

// CheckOtherNames returns the mistakes that tags cannot express: blank names.
func CheckOtherNames(pointer string, others []OtherName) (fields []apperr.Field) {
	for i, o := range others {
		if o.Text != "" && strings.TrimSpace(o.Text) == "" {
			fields = append(fields, apperr.At(pointer+"/"+strconv.Itoa(i)+"/text", "blank"))
		}
	}
	return fields
}
