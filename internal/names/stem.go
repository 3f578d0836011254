package names

import (
	"slices"
	"strings"
)

// Endings of folded words, longest first. Sources: Zaliznyak's grammatical dictionary of Russian (declension), the grammar
// of Kazakh (plural, possessive, cases).
var (
	russianEndings = strings.Fields("iami ogo omu imi emu ego ami ovo ih ah am om em oi ov ev oe ee im u a e i o")
	kazakhEndings  = strings.Fields("daki deki taki teki ndaki ndeki dagi degi tagi tegi ndagi ndegi lar ler dar der tar ter " +
		"nin din tin dan den tan ten nan nen men ben pen ga ge ka ke na ne ni di ti da de ta te nda nde si i n a e")
)

// stemOf returns a folded word without its ending.
func stemOf(folded string, language rune) string {
	switch language {
	case english:
		s := strings.TrimSuffix(folded, "s")
		if t := strings.TrimRight(s, "ie"); len(t) >= 3 {
			s = t
		}
		return s
	case russian:
		for _, ending := range russianEndings {
			if s, ok := strings.CutSuffix(folded, ending); ok && len(s) >= 3 {
				return s
			}
		}
		return folded
	}
	return voiceless(folded)
}

// voiceless replaces a final consonant that is voiced before an ending: кітап, кітабы.
func voiceless(s string) string {
	if s == "" {
		return s
	}
	switch s[len(s)-1] {
	case 'g':
		return s[:len(s)-1] + "k"
	case 'b':
		return s[:len(s)-1] + "p"
	}
	return s
}

// maxEndings is the number of endings that a Kazakh word can have.
const maxEndings = 4

// kazakhStems returns what a folded word may be without its endings, the word itself first.
func kazakhStems(folded string) []string {
	stems := []string{voiceless(folded)}
	was := []string{folded}
	for range maxEndings {
		var next []string
		for _, w := range was {
			for _, ending := range kazakhEndings {
				s, ok := strings.CutSuffix(w, ending)
				if !ok || len(s) < 3 || slices.Contains(next, s) {
					continue
				}
				next = append(next, s)
				if s = voiceless(s); !slices.Contains(stems, s) {
					stems = append(stems, s)
				}
			}
		}
		was = next
	}
	return stems
}
