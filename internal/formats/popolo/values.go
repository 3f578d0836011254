package popolo

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/language"
)

// language returns the language of a text without one.
func (m *importer) language(s string) string {
	if m.Lang != "" {
		return m.Lang
	}
	if !hasScript(s, unicode.Cyrillic) {
		for _, other := range scripts {
			if hasScript(s, other.table) {
				return other.lang
			}
		}
		return "en"
	}
	switch {
	case m.cyrillic != "":
		return m.cyrillic
	case strings.ContainsAny(strings.ToLower(s), kazakh+"і"):
		return "kk"
	}
	return "ru"
}

// scripts are those that mostly one language uses.
var scripts = []struct {
	table *unicode.RangeTable
	lang  string
}{
	{unicode.Greek, "el"}, {unicode.Armenian, "hy"}, {unicode.Georgian, "ka"}, {unicode.Hebrew, "he"}, {unicode.Hangul, "ko"}, {unicode.Thai, "th"},
	{unicode.Hiragana, "ja"}, {unicode.Katakana, "ja"}, {unicode.Han, "zh"}, {unicode.Arabic, "ar"}, {unicode.Mongolian, "mn"},
}

func hasScript(s string, table *unicode.RangeTable) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.Is(table, r) }) >= 0
}

// kazakh are the letters of Kazakh that its neighbours lack; і is also Ukrainian and Belarusian.
const kazakh = "әғқңөұүһ"

// cyrillic returns the language of the Cyrillic names of a document, by the letters that occur in all of them; empty for Kazakh and
// Russian, which occur side by side. A single name rarely has the letters that identify a language.
func (d *Document) cyrillic() string {
	var b strings.Builder
	for _, o := range d.Organizations {
		b.WriteString(o.Value.Name)
	}
	for _, o := range d.People {
		b.WriteString(o.Value.Name + o.Value.Given + o.Value.Family)
	}
	for _, o := range d.Events {
		b.WriteString(o.Value.Name)
	}
	all := strings.ToLower(b.String())
	count := func(letters string) (n int) {
		for _, r := range letters {
			n += strings.Count(all, string(r))
		}
		return n
	}
	best, most := "", count(kazakh)
	for _, of := range []struct{ lang, letters string }{{"uk", "їєґ"}, {"be", "ў"}, {"sr", "ђћ"}, {"mk", "ѓќѕ"}, {"tg", "ҷӣӯ"}} {
		if n := count(of.letters); n > most {
			best, most = of.lang, n
		}
	}
	return best
}

func (m *importer) text(s string) text.Map {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return text.Map{m.language(s): s}
}

// tag returns a language as the registry writes it, "" if it is none.
func tag(lang string) string {
	t, err := language.Raw.Parse(lang)
	if err != nil || !text.IsTag(t.String()) {
		return ""
	}
	return t.String()
}

// otherNameTypes are the notes that are kinds of other names in the registry.
var otherNameTypes = []string{"alias", "transliteration", "former", "abbreviated", "misspelling"}

// names returns the names of an object: the name in its languages, short names, and others.
func (m *importer) names(name string, others []nameObject) (main, short text.Map, rest []text.OtherName) {
	main, short = text.Map{}, text.Map{}
	for _, o := range others {
		lang := tag(o.Lang)
		switch {
		case strings.TrimSpace(o.Name) == "":
		case o.Note == noteMultilingual && lang != "" && main[lang] == "":
			main[lang] = o.Name
		case o.Note == noteShort && lang != "" && short[lang] == "":
			short[lang] = o.Name
		default:
			other := text.OtherName{Text: o.Name, Kind: "alias"}
			if lang != "" {
				other.Lang = &lang
			}
			switch {
			case slices.Contains(otherNameTypes, o.Note):
				other.Kind = o.Note
			case o.EndDate != "":
				other.Kind = "former"
			}
			rest = append(rest, other)
		}
	}
	if len(short) == 0 {
		short = nil
	}
	if strings.TrimSpace(name) == "" || hasValue(main, name) {
		return main, short, rest
	}
	lang := m.language(name)
	if was := main[lang]; was != "" {
		rest = append(rest, text.OtherName{Text: was, Lang: &lang, Kind: "alias"})
	}
	main[lang] = name
	return main, short, rest
}

func hasValue(m text.Map, value string) bool {
	return slices.Contains(slices.Collect(maps.Values(m)), value)
}

// ignore notes a property that the registry does not have.
func (out *outcome) ignore(property string) { out.ignored = append(out.ignored, property) }

// keep notes a property of which the record keeps another value, if it differs.
func (out *outcome) keep(property string, differs bool) {
	if differs {
		out.kept = append(out.kept, property)
	}
}

// text fills a text that is empty.
func (out *outcome) text(property string, into *text.Map, given text.Map) {
	switch {
	case len(given) == 0:
	case len(*into) == 0:
		*into, out.changed = given, true
	default:
		for _, value := range given {
			out.keep(property, !hasValue(*into, value) && !slices.Contains(out.kept, property))
		}
	}
}

// fill fills a value that is missing.
func fill[T comparable](out *outcome, property string, into **T, given *T) {
	switch {
	case given == nil:
	case *into == nil:
		*into, out.changed = given, true
	case **into != *given:
		out.kept = append(out.kept, property)
	}
}

// names adds names. A second name in the same language becomes an alias.
func (out *outcome) names(into *text.Map, others *[]text.OtherName, given text.Map, more []text.OtherName) {
	for _, lang := range given.Langs() {
		switch value := given[lang]; {
		case hasValue(*into, value):
		case (*into)[lang] == "":
			all := maps.Clone(*into) // the record keeps its map
			all[lang] = value
			*into, out.changed = all, true
		default:
			more = append(more, text.OtherName{Text: value, Lang: &lang, Kind: "alias"})
		}
	}
	for _, o := range more {
		known := hasValue(*into, o.Text) || slices.ContainsFunc(*others, func(p text.OtherName) bool { return p.Text == o.Text })
		switch {
		case known:
		case len(*others) >= text.MaxOtherNames:
			out.kept = append(out.kept, "other_names")
		default:
			*others, out.changed = append(*others, o), true
		}
	}
}

// identifiers adds external ids, unless the record has another one of their scheme.
func (out *outcome) identifiers(into *[]string, given []string, source string) {
	for _, id := range given {
		switch {
		case slices.Contains(*into, id):
		case input.Contradict(*into, []string{id}, source):
			out.keep("identifiers", !slices.Contains(out.kept, "identifiers"))
		default:
			*into, out.changed = append(*into, id), true
		}
	}
}

// nameDates ignores the dates of other names.
func (out *outcome) nameDates(list []nameObject) {
	if slices.ContainsFunc(list, func(n nameObject) bool { return n.Start != "" }) {
		out.ignore("other_names.start_date")
	}
	if slices.ContainsFunc(list, func(n nameObject) bool { return n.EndDate != "" }) {
		out.ignore("other_names.end_date")
	}
}

// externalIDs returns the identifiers of an object as external ids, with its key if the import has a source and the key is
// not one of this registry. Identifiers without a scheme, or with characters that external ids cannot have, are ignored.
func (m *importer) externalIDs(path string, at jsontext.Pointer, key string, o common, list []identifierObject, out *outcome) (ids []string) {
	for _, i := range list {
		scheme := strings.ToLower(strings.ReplaceAll(i.Scheme, " ", "_"))
		id, ok := externalID(scheme, i.Identifier)
		switch {
		case !ok && !slices.Contains(out.ignored, "identifiers"):
			out.ignore("identifiers")
		case ok && !slices.Contains(ids, id):
			ids = append(ids, id)
		}
	}
	_, own := m.registryID(path, key, o.Sources)
	if id, ok := externalID(m.Source, key); m.Source != "" && key != string(at) && !own && ok && !slices.Contains(ids, id) {
		ids = append(ids, id)
	}
	return ids
}

// externalID returns the external id for an identifier, and whether a record can have it.
func externalID(scheme, identifier string) (id string, ok bool) {
	const most = 200 // as the tags of people, organizations and round tables state
	id, ok = input.ExternalID(scheme + ":" + identifier)
	return id, ok && utf8.RuneCountInString(id) <= most
}

// values reads values of an object, and collects the mistakes in them.
type values struct{ mistakes []apperr.Field }

// partial reads a partial date. The schemas check only its pattern.
func (v *values) partial(property, s string) *date.Partial {
	if s == "" {
		return nil
	}
	var p date.Partial
	if err := p.UnmarshalText([]byte(s)); err != nil {
		v.mistakes = append(v.mistakes, apperr.At("/"+property, "bad_partial_date"))
		return nil
	}
	return &p
}

// named reports the language that a name was given, and the dates of other names.
func (out *outcome) named(m *importer, name string, others []nameObject) {
	if given := slices.ContainsFunc(others, func(o nameObject) bool { return o.Note == noteMultilingual && o.Name == name && tag(o.Lang) != "" }); !given {
		out.lang = m.language(name)
	}
	out.nameDates(others)
}
