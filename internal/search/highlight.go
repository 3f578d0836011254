package search

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"roundtables.kz/registry/internal/text"

	"golang.org/x/text/unicode/norm"
)

// The length of a context in code points, and how many of them precede the first match.
const (
	contextLength = 240
	contextBefore = 60
)

// maxRead is the number of code points of a text in which matches are marked.
const maxRead = 5000

// word is a word of a text, by the code points where it begins and ends.
type word struct {
	written    string // normalized
	start, end int
}

// wordsOf splits a text as search_normalize does.
func wordsOf(runes []rune) (words []word) {
	start := -1
	for i := 0; i <= len(runes); i++ {
		inside := i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsNumber(runes[i]) || start >= 0 && isMark(runes[i]))
		switch {
		case inside && start < 0:
			start = i
		case !inside && start >= 0:
			written := strings.Map(func(r rune) rune {
				if isMark(r) {
					return -1
				}
				return r
			}, norm.NFC.String(string(runes[start:i])))
			words = append(words, word{written, start, i})
			start = -1
		}
	}
	return words
}

func isMark(r rune) bool {
	return r >= 0x300 && r <= 0x36F || r == 0xAD || r >= 0x200B && r <= 0x200D
}

var folding = strings.NewReplacer("ә", "а", "ғ", "г", "қ", "к", "ң", "н", "ө", "о", "ұ", "у", "ү", "у", "һ", "х", "і", "и", "ё", "е")

// fold is search_fold.
func fold(s string) string { return folding.Replace(strings.ToLower(s)) }

// textOf is one text of a record: a field in one language.
type textOf struct {
	field, lang string
	runes       []rune
	words       []word
}

func newTextOf(field, lang, value string) textOf {
	runes := []rune(value)
	return textOf{field, lang, runes, wordsOf(runes[:min(len(runes), maxRead)])}
}

// textsOf returns the texts of a language map.
func textsOf(field string, m text.Map) (texts []textOf) {
	for _, lang := range m.Langs() {
		texts = append(texts, newTextOf(field, lang, m[lang]))
	}
	return texts
}

// matches returns the words that match the terms, and how many terms they match. stems has the stem of each word.
func (t textOf) matches(terms []term, stems map[string]string) (found [][]int, matched int) {
	kazakh := t.lang == "kk" || strings.HasPrefix(t.lang, "kk-")
	seen := make([]bool, len(terms))
	for _, w := range t.words {
		folded, hit := fold(w.written), false
		for i, term := range terms {
			if slices.ContainsFunc(term.Marks, func(mark string) bool { return marks(mark, folded, stems[w.written], kazakh) }) {
				hit, seen[i] = true, true
			}
		}
		if hit {
			found = append(found, []int{w.start, w.end})
		}
	}
	for _, s := range seen {
		if s {
			matched++
		}
	}
	return found, matched
}

// marks reports whether a lexeme of a query marks a word.
func marks(mark, folded, stem string, kazakh bool) bool {
	beginning, isPrefix := strings.CutSuffix(mark, "*")
	switch {
	case strings.HasPrefix(mark, "~"):
		return !kazakh && stem != "" && mark[1:] == stem
	case strings.HasPrefix(mark, "^"):
		return kazakh && strings.HasPrefix(folded, beginning[1:])
	case isPrefix:
		return strings.HasPrefix(folded, beginning)
	}
	return folded == mark
}

// show sets what a hit shows of the text that matches most terms; of equal ones the first.
func (h *Hit) show(texts []textOf, terms []term, stems map[string]string) {
	type shown struct {
		textOf
		found   [][]int
		matched int
	}
	var all []shown
	for _, t := range texts {
		if found, n := t.matches(terms, stems); n > 0 {
			all = append(all, shown{t, found, n})
		}
	}
	if len(all) == 0 {
		return
	}
	best := slices.MinFunc(all, func(a, b shown) int { return cmp.Compare(b.matched, a.matched) })
	h.Matched = best.field
	context, found := excerpt(best.runes, best.found)
	h.Context, h.Highlight = &context, found
	if best.lang != "" {
		h.ContextLang = &best.lang
	}
}

// excerpt returns the part of a text around the first of the marked parts, and the parts in it.
func excerpt(runes []rune, found [][]int) (string, [][]int) {
	from, to := 0, len(runes)
	if len(runes) > contextLength {
		from = max(0, min(found[0][0]-contextBefore, len(runes)-contextLength))
		to = from + contextLength
		for from > 0 && from < found[0][0] && !unicode.IsSpace(runes[from-1]) {
			from++
		}
		for to < len(runes) && to > found[0][1] && !unicode.IsSpace(runes[to]) {
			to--
		}
	}
	inside := [][]int{}
	for _, f := range found {
		if f[0] >= from && f[1] <= to {
			inside = append(inside, []int{f[0] - from, f[1] - from})
		}
	}
	return string(runes[from:to]), inside
}
