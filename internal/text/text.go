// Package text holds language maps and references to records. Package names compares names.
package text

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/language"
)

// Map is a text in one or more languages: BCP 47 tag -> text. A nil Map is null in JSON: there is no text.
type Map map[string]string

// Fallback lists the languages to use, in order, if a text lacks the requested language.
var Fallback = []string{"ru", "en", "kk"}

// In returns the text in the requested language, and the language used. Without it, In looks up the nearest one: the tag
// without its last parts (RFC 4647, section 3.4), then a variant of such a tag ("en-GB" for "en"), then the fallback chain.
// A tag without a script means the usual one: readers of "kk" are not shown "kk-Arab" if the chain has a text.
// An empty Map returns two empty strings.
func (m Map) In(lang string) (value, used string) {
	if v, ok := m[lang]; ok {
		return v, lang
	}
	if len(m) == 0 {
		return "", ""
	}
	for tag := range shorter(lang) {
		if v, ok := m[tag]; ok {
			return v, tag
		}
	}
	for tag := range shorter(lang) {
		variants := slices.DeleteFunc(m.Langs(), func(l string) bool { return !strings.HasPrefix(l, tag+"-") || unusualScript(lang, l) })
		if len(variants) > 0 {
			return m[variants[0]], variants[0]
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

// unusualScript reports whether a variant has another script than the one that a tag without a script means.
func unusualScript(tag, variant string) bool {
	asked := language.Make(tag)
	if _, script, _ := asked.Raw(); script != (language.Script{}) {
		return false
	}
	usual, _ := asked.Script()
	written, _ := language.Make(variant).Script()
	isChinese := func(s language.Script) bool { return s.String() == "Hans" || s.String() == "Hant" } // who reads one can read the other
	return usual != written && !(isChinese(usual) && isChinese(written))
}

// shorter yields a tag, then the tag without its last part, and so on.
func shorter(tag string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for end := len(tag); end > 0; end = strings.LastIndexByte(tag[:end], '-') {
			if !yield(tag[:end]) {
				return
			}
		}
	}
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
			code := "unknown_language"
			if tag, known := Tag(l); known && m[tag] != "" {
				code = "duplicate_name"
			}
			fields = append(fields, apperr.At(at, code, "value", l))
		case strings.TrimSpace(m[l]) == "":
			fields = append(fields, apperr.At(at, "blank"))
		case utf8.RuneCountInString(m[l]) > maxRunes:
			fields = append(fields, apperr.At(at, "too_long", "max", strconv.Itoa(maxRunes)))
		}
	}
	return fields
}

// Tag returns the canonical form of the tag of a known language, such as "kk", "zh-Hant" or "en-US". It accepts any case (RFC
// 5646, section 2.1.1). It rejects variants and extensions, and codes that have a shorter form.
func Tag(s string) (canonical string, ok bool) {
	if len(s) > len("zha-Hant-419") || strings.HasPrefix(strings.ToLower(s), "und") {
		return "", false
	}
	tag, err := language.Raw.Parse(s)
	if err != nil || len(tag.Variants())+len(tag.Extensions()) > 0 || !strings.EqualFold(tag.String(), s) {
		return "", false
	}
	return tag.String(), true
}

// NoLanguage is the tag of texts whose language is not known (ISO 639-2 "zxx": no linguistic content).
const NoLanguage = "zxx"

// IsTag reports whether s is a tag in its canonical form.
func IsTag(s string) bool {
	canonical, ok := Tag(s)
	return ok && canonical == s
}

// Canonicalize writes the tags of a map in their canonical form, unless the map has a text under both forms.
func (m Map) Canonicalize() {
	for _, l := range m.Langs() {
		if tag, ok := Tag(l); ok && tag != l {
			if _, taken := m[tag]; !taken {
				m[tag] = m[l]
				delete(m, l)
			}
		}
	}
}

// Ref refers to another record by id and name. Added is set if a language is requested.
//
//	@Description	A reference to another record, by id and name.
type Ref struct {
	ID    int64 `json:"id" example:"1"`
	Name  Map   `json:"name" validate:"required"` // Name or title of the record.
	Added Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Ref

// RoundTableRef refers to a round table, with what a table of its parts needs to be sorted and grouped.
//
//	@Description	A reference to a round table, by id and title, with its date and type.
type RoundTableRef struct {
	ID            int64     `json:"id" example:"1"`
	Name          Map       `json:"name" validate:"required"`                                                                                              // The title.
	StartsOn      *date.Day `json:"starts_on"`                                                                                                             // First day. Null if the source gives no date.
	DatePrecision string    `json:"date_precision" enums:"day,month,year,unknown" example:"day"`                                                           // Precision of `starts_on`.
	Format        string    `json:"format" enums:"round_table,conference,webinar,briefing,meeting,presentation,forum,hearing,other" example:"round_table"` // Type of event.
	Added         Added     `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	RoundTableRef

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
	Text string `json:"text" validate:"required,notblank,max=500" example:"T. Kaliyev"`
	// Language of the name (BCP 47). Null if unknown.
	Lang *string `json:"lang" validate:"omitnil,language" example:"en"`
	// How the name differs from the preferred one. `as_listed`: a document used it, and its author or an operator confirmed the record.
	Kind string `json:"kind" validate:"required,oneof=alias transliteration former abbreviated misspelling as_listed" enums:"alias,transliteration,former,abbreviated,misspelling,as_listed" example:"abbreviated"`
} //	@name	OtherName

// MaxOtherNames is the largest number of other names of a record, as the tags of people and organizations state it.
const MaxOtherNames = 100

// ByScript returns a text of unknown language as a map, under the language that its letters suggest: `kk`, `ru` or else `en`.
func ByScript(s string) Map {
	switch {
	case strings.ContainsAny(strings.ToLower(s), "әғқңөұүһі"):
		return Map{"kk": s}
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }):
		return Map{"ru": s}
	}
	return Map{"en": s}
}
