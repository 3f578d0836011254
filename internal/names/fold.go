package names

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mozillazg/go-unidecode"
	"golang.org/x/text/unicode/norm"
)

// orthography is what the letters of a whole name reveal about how to read its Latin letters.
type orthography struct {
	turkic      bool // c reads as dzh, as in Azerbaijani and Turkish
	azerbaijani bool // q reads as g
	kazakh2018  bool // ý reads as u, as in the Kazakh alphabet of 2018
}

// orthographyOf detects an orthography by the letters that only its alphabet has.
func orthographyOf(lower string) (h orthography) {
	kazakh := strings.ContainsAny(lower, "қғұүөіәңһ")
	h.azerbaijani = strings.ContainsRune(lower, 'ə')
	h.turkic = !kazakh && strings.ContainsAny(lower, "əığ")
	h.kazakh2018 = strings.ContainsAny(lower, "ǵń") || strings.ContainsRune(lower, 'ý') && strings.ContainsAny(lower, "ı")
	return h
}

// key distinguishes orthographies in the keys of words.
func (o orthography) key() (key string) {
	if o.turkic {
		key += "\x00t"
	}
	if o.azerbaijani {
		key += "\x00a"
	}
	if o.kazakh2018 {
		key += "\x00k"
	}
	return key
}

// fold reduces a lower-case word to the letters a to z (and digits), so that spellings that sound alike become equal.
func fold(word string, s script, h orthography) string {
	var sounds string
	switch s {
	case cyrillicScript:
		sounds = byLetter(word, cyrillic)
	case arabicScript:
		sounds = byLetter(word, arabic)
	case noScript:
		sounds = byLetter(word, nil)
	case otherScript:
		sounds = read(ascii(strings.ToLower(unidecode.Unidecode(word))), orthography{}, nil)
	default:
		sounds = read(word, h, nil)
	}
	return simplify(sounds)
}

// byLetter replaces each letter by its entry in the table; a letter without an entry is looked up without its marks.
func byLetter(word string, table map[string]string) string {
	var b strings.Builder
	for _, r := range word {
		if to, ok := table[string(r)]; ok {
			b.WriteString(to)
			continue
		}
		for _, part := range norm.NFKD.String(string(r)) {
			if to, ok := table[string(part)]; ok {
				b.WriteString(to)
			} else if part < unicode.MaxASCII {
				b.WriteRune(unicode.ToLower(part))
			} else if !unicode.Is(unicode.Mn, part) {
				b.WriteString(ascii(strings.ToLower(unidecode.Unidecode(string(part)))))
			}
		}
	}
	return strings.ReplaceAll(b.String(), "dj", "j")
}

// read applies the rules of a reading (nil: none) to a Latin word, and the romanization rules where none of them applies.
func read(word string, h orthography, of *reading) string {
	var b strings.Builder
	for i := 0; i < len(word); {
		if of != nil {
			if x := of.rules.at(word, i); x != nil {
				b.WriteString(x.to)
				i += len(x.from)
				continue
			}
		}
		if word[i] < 128 {
			switch x := romanization.at(word, i); {
			case word[i] == 'c' && h.turkic && (x == nil || x.from == "c" || len(x.from) == 2 && x.to == x.from):
				b.WriteByte('j')
				i++
			case word[i] == 'q' && h.azerbaijani:
				b.WriteByte('g')
				i++
			case x != nil:
				b.WriteString(x.to)
				i += len(x.from)
			default:
				b.WriteByte(word[i])
				i++
			}
			continue
		}
		r := first(word[i:])
		size := len(string(r))
		to, ok := latin[string(r)]
		switch {
		case r == 'ý' && h.kazakh2018:
			b.WriteByte('u')
		case ok:
			b.WriteString(to)
		default:
			plain := ascii(strings.ToLower(unidecode.Unidecode(string(r))))
			if len(plain) == 1 && plain != "c" { // the letter without its mark follows the rules for single letters
				plain = single(plain[0])
			}
			b.WriteString(plain)
		}
		i += size
	}
	return b.String()
}

// single applies the romanization rules to one letter.
func single(c byte) string {
	if x := romanization.at(string(c), 0); x != nil {
		return x.to
	}
	return string(c)
}

// ascii keeps letters and digits.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return -1
	}, s)
}

// simplify removes differences between spellings of the same sound: double letters, glides before vowels, ei for i, and
// f for v at the end. It is idempotent.
func simplify(s string) string {
	for {
		was := s
		s = dropDoubles(glides.Replace(s))
		if n := len(s); n > 3 && s[n-1] == 'f' {
			s = s[:n-1] + "v"
		}
		if s == was {
			return s
		}
	}
}

var glides = strings.NewReplacer("ia", "a", "iu", "u", "ie", "e", "io", "o", "ei", "i")

func dropDoubles(s string) string {
	return string(slices.Compact([]byte(s)))
}
