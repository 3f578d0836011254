package names

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mozillazg/go-unidecode"
	"golang.org/x/text/unicode/norm"
)

// habits are what the letters of a whole name say about its Latin spelling.
type habits struct {
	turkic      bool // c is dzh, as in Azerbaijani and Turkish
	azerbaijani bool // q is g
	kazakh2018  bool // ý is u, as in the Kazakh alphabet of 2018
}

// habitsOf reads them from the letters that only these alphabets have.
func habitsOf(lower string) (h habits) {
	kazakh := strings.ContainsAny(lower, "қғұүөіәңһ")
	h.azerbaijani = strings.ContainsRune(lower, 'ə')
	h.turkic = !kazakh && strings.ContainsAny(lower, "əığ")
	h.kazakh2018 = strings.ContainsAny(lower, "ǵń") || strings.ContainsRune(lower, 'ý') && strings.ContainsAny(lower, "ı")
	return h
}

// fold writes a lower-case word in the letters a to z, as it sounds in most of its spellings.
func fold(word string, s script, h habits) string {
	var sounds string
	switch s {
	case cyrillicScript:
		sounds = byLetter(word, cyrillic)
	case arabicScript:
		sounds = byLetter(word, arabic)
	case noScript:
		sounds = byLetter(word, nil)
	case otherScript:
		sounds = read(ascii(strings.ToLower(unidecode.Unidecode(word))), habits{}, nil)
	default:
		sounds = read(word, h, nil)
	}
	return smooth(sounds)
}

// byLetter looks each letter up; one that is not in the table is looked up without its marks.
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

// read reads a Latin word by the rules of a reading (nil: none), and what these leave by the ways to romanize.
func read(word string, h habits, of *reading) string {
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
			if len(plain) == 1 && plain != "c" { // a letter with a mark is that letter, in what it forms with others, too
				plain = single(plain[0])
			}
			b.WriteString(plain)
		}
		i += size
	}
	return b.String()
}

// single reads one letter.
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

// smooth takes out what spellings of one sound differ in: doubled letters, glides before vowels, ei for i, ff for v at the
// end. A folded word stays as it is.
func smooth(s string) string {
	for {
		was := s
		s = doubled(glides.Replace(s))
		if n := len(s); n > 3 && s[n-1] == 'f' {
			s = s[:n-1] + "v"
		}
		if s == was {
			return s
		}
	}
}

var glides = strings.NewReplacer("ia", "a", "iu", "u", "ie", "e", "io", "o", "ei", "i")

func doubled(s string) string {
	return string(slices.Compact([]byte(s)))
}
