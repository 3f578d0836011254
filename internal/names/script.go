package names

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// script is the writing system of a word.
type script uint8

const (
	noScript script = iota // digits only
	latinScript
	cyrillicScript
	arabicScript
	otherScript
)

func scriptOfRune(r rune) script {
	switch {
	case unicode.Is(unicode.Latin, r):
		return latinScript
	case unicode.Is(unicode.Cyrillic, r):
		return cyrillicScript
	case unicode.Is(unicode.Arabic, r):
		return arabicScript
	case unicode.IsLetter(r):
		return otherScript
	}
	return noScript
}

// scriptOf returns the script of the first letter.
func scriptOf(word string) script {
	for _, r := range word {
		if s := scriptOfRune(r); s != noScript {
			return s
		}
	}
	return noScript
}

// repair rewrites words that mix Latin and Cyrillic letters. The letters without a lookalike in the other script decide
// the script of a word. Words of lookalikes only follow the other words of the name.
func repair(words []string) {
	cyrillicWords, latinWords := 0, 0
	undecided := make([]bool, len(words))
	for i, w := range words {
		var ofLatin, ofCyrillic, ownLatin, ownCyrillic int
		for _, r := range w {
			switch scriptOfRune(r) {
			case latinScript:
				ofLatin++
				if _, double := toCyrillic[r]; !double {
					ownLatin++
				}
			case cyrillicScript:
				ofCyrillic++
				if _, double := toLatin[r]; !double {
					ownCyrillic++
				}
			}
		}
		mixed := ofLatin > 0 && ofCyrillic > 0
		switch {
		case ownCyrillic > ownLatin:
			cyrillicWords++
			if mixed {
				words[i] = translate(w, toCyrillic)
			}
		case ownLatin > ownCyrillic:
			latinWords++
			if mixed {
				words[i] = translate(w, toLatin)
			}
		default:
			undecided[i] = ofLatin+ofCyrillic > 0
		}
	}
	for i, w := range words {
		switch {
		case !undecided[i]:
		case cyrillicWords > latinWords:
			words[i] = translate(w, toCyrillic)
		case latinWords > cyrillicWords:
			words[i] = translate(w, toLatin)
		}
	}
}

func translate(word string, table map[rune]rune) string {
	return strings.Map(func(r rune) rune {
		if to, ok := table[r]; ok {
			return to
		}
		return r
	}, word)
}

// split returns the words of a spelling as written. It drops apostrophes and splits at everything else that is neither a
// letter, a mark nor a digit, and before a capital letter that follows a small one ("TokayevKassym").
func split(spelling string) (words []string) { return splitWords(spelling, true) }

// splitWords is split. Without runOns, it keeps words in which a capital letter follows a small one, such as KazISS.
func splitWords(spelling string, runOns bool) (words []string) {
	var word []rune
	end := func() {
		if len(word) > 0 && len(words) < maxWords {
			words = append(words, string(word))
		}
		word = word[:0]
	}
	for i, r := range norm.NFC.String(truncate(spelling)) {
		switch {
		case strings.ContainsRune("'’‘ʼʹʺʻʽˈ`´\"", r):
			if i > 0 && r == '"' {
				end()
			}
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r):
			if runOns && len(word) >= 3 && unicode.IsUpper(r) && unicode.IsLower(word[len(word)-1]) &&
				!strings.EqualFold(string(word), "mac") && !strings.EqualFold(string(word), "мак") {
				end()
			}
			if len(word) < maxLetters {
				word = append(word, r)
			}
		default:
			end()
		}
	}
	end()
	return words
}

// truncate cuts a spelling that is longer than any name.
func truncate(spelling string) string {
	const most = maxWords * maxLetters
	n := 0
	for i := range spelling {
		if n++; n > most {
			return spelling[:i]
		}
	}
	return strings.ToValidUTF8(spelling, "")
}
