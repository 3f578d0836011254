package input

import (
	"cmp"
	"encoding"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"

	"roundtables.kz/registry/internal/vocabulary"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/unicode/norm"
)

// Clean rewrites the texts in v, a pointer to a struct, so that texts that look alike are equal:
//
//   - Unicode Normalization Form C; no space at either end.
//   - A run of white space becomes one space. A field with the tag `lines:"keep"` keeps its inner space, and every line break in
//     it becomes "\n".
//   - Invisible characters are removed: control characters, bidirectional controls, zero-width characters, soft hyphens
//     and byte order marks. Joiners stay where they shape letters or emoji, and tags stay behind the black flag.
//   - External ids are written as ExternalID writes them.
//   - A label of a code, and a code in another case, becomes the code. See vocabulary.CodeOf.
//
// It changes no value that v shares with others.
func Clean(v any) {
	e := reflect.ValueOf(v).Elem()
	if c := cleanerOf(shape{t: e.Type()}); c != nil {
		if cleaned, changed := c(e); changed {
			e.Set(cleaned)
		}
	}
}

// Line cleans a text of one line, as Clean does.
func Line(s string) string {
	s, _ = cleanText(s, false)
	return s
}

// maxRemoved and maxPointer limit what Removed returns: a pointer holds all names on the way to a string, so many long ones could
// be far larger than the JSON.
const maxRemoved, maxPointer = 20, 100

// Removed returns the pointers of the first 20 strings in JSON from which Clean removes characters, without those of more than 100
// bytes. The syntax of raw was checked.
func Removed(raw jsontext.Value) (pointers []string) {
	d := jsontext.NewDecoder(strings.NewReader(string(raw)))
	for found := 0; found < maxRemoved; {
		token, err := d.ReadToken()
		if err != nil {
			return pointers
		}
		if token.Kind() == '"' {
			if _, removed := cleanText(token.String(), true); removed {
				found++
				if p := string(d.StackPointer()); len(p) <= maxPointer {
					pointers = append(pointers, p)
				}
			}
		}
	}
	return pointers
}

// cleaner returns a cleaned copy of a value, and whether it differs.
type cleaner func(reflect.Value) (reflect.Value, bool)

// shape is a type and how its texts are cleaned.
type shape struct {
	t           reflect.Type
	lines       bool // line breaks stay
	externalIDs bool
	optional    bool   // behind a pointer
	codes       string // the closed list of values, separated by spaces; empty: there is none
}

var cleaners sync.Map // shape -> cleaner

// cleanerOf returns the cleaner of a shape, nil if it has no texts.
func cleanerOf(s shape) cleaner {
	if c, ok := cleaners.Load(s); ok {
		return c.(cleaner)
	}
	c := s.cleaner()
	cleaners.Store(s, c)
	return c
}

func (s shape) of(t reflect.Type) shape {
	s.t = t
	return s
}

func (s shape) cleaner() cleaner {
	t := s.t
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return nil // dates
	}
	switch t.Kind() {
	case reflect.String:
		codes := strings.Fields(s.codes)
		return func(v reflect.Value) (reflect.Value, bool) {
			cleaned, _ := cleanText(v.String(), s.lines)
			if codes != nil && cleaned != "" && !slices.Contains(codes, cleaned) {
				cleaned = cmp.Or(vocabulary.CodeOf(cleaned, codes), cleaned)
			}
			if cleaned == "" && !s.optional && v.Len() > 0 {
				cleaned = " " // blank, and not missing
			}
			if cleaned == v.String() {
				return v, false
			}
			return reflect.ValueOf(cleaned).Convert(t), true
		}
	case reflect.Pointer:
		s.optional = true
		if inner := cleanerOf(s.of(t.Elem())); inner != nil {
			return func(v reflect.Value) (reflect.Value, bool) {
				if v.IsNil() {
					return v, false
				}
				cleaned, changed := inner(v.Elem())
				if !changed {
					return v, false
				}
				p := reflect.New(t.Elem())
				p.Elem().Set(cleaned)
				return p, true
			}
		}
	case reflect.Map:
		if inner := cleanerOf(s.of(t.Elem())); inner != nil {
			return func(v reflect.Value) (reflect.Value, bool) { return cleanMap(v, inner) }
		}
	case reflect.Slice:
		switch inner := cleanerOf(s.of(t.Elem())); {
		case s.externalIDs && t.Elem().Kind() == reflect.String:
			return cleanExternalIDs
		case inner != nil:
			return func(v reflect.Value) (reflect.Value, bool) { return cleanSlice(v, inner) }
		}
	case reflect.Struct: // built at the first use, because a type may contain itself
		build := sync.OnceValue(func() cleaner { return structCleaner(t) })
		return func(v reflect.Value) (reflect.Value, bool) {
			if clean := build(); clean != nil {
				return clean(v)
			}
			return v, false
		}
	}
	return nil
}

func cleanMap(v reflect.Value, inner cleaner) (to reflect.Value, changed bool) {
	to = v
	for i := v.MapRange(); i.Next(); {
		cleaned, differs := inner(i.Value())
		if !differs {
			continue
		}
		if !changed {
			to, changed = reflect.MakeMapWithSize(v.Type(), v.Len()), true
			for j := v.MapRange(); j.Next(); {
				to.SetMapIndex(j.Key(), j.Value())
			}
		}
		to.SetMapIndex(i.Key(), cleaned)
	}
	return to, changed
}

func cleanSlice(v reflect.Value, inner cleaner) (to reflect.Value, changed bool) {
	to = v
	for i := range v.Len() {
		cleaned, differs := inner(v.Index(i))
		if !differs {
			continue
		}
		if !changed {
			to, changed = reflect.MakeSlice(v.Type(), v.Len(), v.Len()), true
			reflect.Copy(to, v)
		}
		to.Index(i).Set(cleaned)
	}
	return to, changed
}

func structCleaner(t reflect.Type) cleaner {
	type field struct {
		index []int
		clean cleaner
	}
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		of := shape{t: f.Type, lines: f.Tag.Get("lines") == "keep", externalIDs: name == "external_ids"}
		for rule := range strings.SplitSeq(f.Tag.Get("validate"), ",") {
			if codes, ok := strings.CutPrefix(rule, "oneof="); ok {
				of.codes = codes
			}
		}
		if c := cleanerOf(of); c != nil {
			fields = append(fields, field{f.Index, c})
		}
	}
	if fields == nil {
		return nil
	}
	return func(v reflect.Value) (to reflect.Value, changed bool) {
		to = v
		for _, f := range fields {
			cleaned, differs := f.clean(v.FieldByIndex(f.index))
			if !differs {
				continue
			}
			if !changed {
				to, changed = reflect.New(t).Elem(), true
				to.Set(v)
			}
			to.FieldByIndex(f.index).Set(cleaned)
		}
		return to, changed
	}
}

// cleanText returns a text as Clean writes it, and whether invisible characters were removed.
func cleanText(s string, lines bool) (cleaned string, removed bool) {
	if isPlain(s) {
		return s, false
	}
	s, removed = withoutInvisible(s)
	s = norm.NFC.String(s)
	if !lines {
		return strings.Join(strings.Fields(s), " "), removed
	}
	return strings.TrimSpace(lineBreaks.Replace(s)), removed
}

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// isPlain reports whether a text consists of ASCII words with one space between them, as most texts do that need no cleaning.
func isPlain(s string) bool {
	space := true // before the text
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || c == ' ' && space {
			return false
		}
		space = c == ' '
	}
	return !space || s == ""
}

// invisible are the characters that Clean removes everywhere, besides control characters.
var invisible = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0xad, Hi: 0xad, Stride: 1},     // soft hyphen
	{Lo: 0x61c, Hi: 0x61c, Stride: 1},   // Arabic letter mark
	{Lo: 0x200b, Hi: 0x200b, Stride: 1}, // zero-width space
	{Lo: 0x200e, Hi: 0x200f, Stride: 1}, // left-to-right and right-to-left mark
	{Lo: 0x202a, Hi: 0x202e, Stride: 1}, // bidirectional embeddings and overrides
	{Lo: 0x2060, Hi: 0x206f, Stride: 1}, // word joiner, invisible operators, bidirectional isolates
	{Lo: 0xfeff, Hi: 0xfeff, Stride: 1}, // byte order mark
	{Lo: 0xfff9, Hi: 0xfffb, Stride: 1}, // annotations
}, LatinOffset: 1}

// blank are the characters that a text cannot consist of alone: white space and what Clean removes. It is the content of a
// class in every dialect of regular expressions. Tags are missing, because not every dialect can hold them.
const blank = `\s\x00-\x20\x7f-\xa0\xad` + "\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\ufffb"

const (
	zeroWidthNonJoiner      = 0x200c
	zeroWidthJoiner         = 0x200d
	mongolianVowelSeparator = 0x180e
	blackFlag               = 0x1f3f4 // the flags of England, Scotland and Wales are black flags with tags
)

// joined are the scripts whose letters joiners shape.
var joined = []*unicode.RangeTable{
	unicode.Adlam, unicode.Arabic, unicode.Balinese, unicode.Bengali, unicode.Devanagari, unicode.Gujarati, unicode.Gurmukhi,
	unicode.Hanifi_Rohingya, unicode.Javanese, unicode.Kannada, unicode.Khmer, unicode.Malayalam, unicode.Mandaic, unicode.Mongolian,
	unicode.Myanmar, unicode.Nko, unicode.Oriya, unicode.Phags_Pa, unicode.Sinhala, unicode.Syriac, unicode.Tamil, unicode.Telugu,
	unicode.Tibetan,
}

// withoutInvisible removes invisible characters. A joiner stays between letters of scripts that it shapes, after a
// virama, and between the symbols of an emoji.
func withoutInvisible(s string) (kept string, removed bool) {
	var b strings.Builder
	var last, base rune // the last kept character, and the last that is no mark
	runes := []rune(s)
	for i, r := range runes {
		var drop bool
		switch {
		case r == zeroWidthNonJoiner || r == zeroWidthJoiner || r == mongolianVowelSeparator:
			next := rune(0)
			if i+1 < len(runes) {
				next = runes[i+1]
			}
			letters := unicode.In(base, joined...) && (unicode.In(next, unicode.Letter, unicode.Mark) || isVirama(last))
			drop = !letters && !(r == zeroWidthJoiner && unicode.IsSymbol(base) && unicode.IsSymbol(next))
		case isTag(r):
			drop = r < 0xe0020 || last != blackFlag && !isTag(last)
		default:
			drop = unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(invisible, r)
		}
		if drop {
			removed = true
			continue
		}
		b.WriteRune(r)
		last = r
		if !unicode.Is(unicode.Mark, r) && !unicode.Is(unicode.Cf, r) {
			base = r
		}
	}
	if !removed {
		return s, false
	}
	return b.String(), true
}

func isTag(r rune) bool { return r >= 0xe0000 && r <= 0xe007f }

func isVirama(r rune) bool {
	const class = 9 // the canonical combining class of viramas
	return norm.NFC.PropertiesString(string(r)).CCC() == class
}
