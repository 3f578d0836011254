package names

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// sounds is a set of sounds with which a given name can begin.
type sounds uint64

// beginning is a line of the table of initials.
type beginning struct {
	text   string
	sounds sounds
}

// beginningsOf holds the table of initials by the first letter, the longest beginnings first.
var beginningsOf = func() map[rune][]beginning {
	table, numbers := map[rune][]beginning{}, map[string]int{}
	for _, line := range lines("initials") {
		b := beginning{text: line[0]}
		for sound := range strings.FieldsSeq(line[1]) {
			n, known := numbers[sound]
			if !known {
				n = len(numbers)
				numbers[sound] = n
			}
			b.sounds |= 1 << n
		}
		letter := first(b.text)
		table[letter] = append(table[letter], b)
	}
	for _, list := range table {
		slices.SortStableFunc(list, func(a, b beginning) int { return len(b.text) - len(a.text) })
	}
	return table
}()

// soundsOf returns the sounds that a lower-case word can begin with. One letter is an initial: it stands for every beginning
// with that letter.
func soundsOf(raw string) (s sounds) {
	list := beginningsOf[first(raw)]
	if utf8.RuneCountInString(raw) == 1 {
		for _, b := range list {
			s |= b.sounds
		}
		return s
	}
	for _, b := range list {
		if strings.HasPrefix(raw, b.text) {
			return b.sounds
		}
	}
	return 0
}

// fitsInitial is the similarity of an initial to a word that it may abbreviate.
const fitsInitial = .85

// initialSimilarity returns the similarity of two words of which at least one is an initial. Letters of scripts that the
// table of initials lacks are compared as they are folded.
func initialSimilarity(a, b *word) float64 {
	if a.sounds != 0 && b.sounds != 0 {
		if a.sounds&b.sounds != 0 {
			return fitsInitial
		}
		return 0
	}
	if a.text[0] == b.text[0] {
		return fitsInitial
	}
	return 0
}

// The scores of short forms: they fit, but many people share them.
const (
	maxWithInitials = .9  // a surname with an initial
	loneWord        = .86 // one word, such as a surname
	similarShort    = .83 // the surnames are only similar
)

// shortFormScore returns the score of two names of which one may be a short form of the other, 0 if neither is. s is their
// similarity.
func (c *comparison) shortFormScore(a, b []*word, s float64) float64 {
	switch {
	case !c.isShortForm(a, b, similarSurname) && !c.isShortForm(b, a, similarSurname):
		return 0
	case !c.isShortForm(a, b, 1) && !c.isShortForm(b, a, 1):
		return similarShort
	case len(a) == 1 || len(b) == 1:
		return loneWord + s/50 // so that the order among names with the word stays
	}
	return maxWithInitials
}

// IsShort reports whether a person's name is a short form: one word, alone or with initials.
func (n Name) IsShort() bool { return n.nameType == personName && n.shape().whole == 1 }

// ShortForm reports whether one of two names of people may be a short form of the other: one word of it, alone or with
// initials that fit the other words in their order. sure means that the words are equal, or the same in another script;
// otherwise they are only similar.
func ShortForm(a, b Name) (fits, sure bool) {
	if a.nameType == organizationName || b.nameType == organizationName {
		return false, false
	}
	var c *comparison
	sure = c.isShortForm(a.words, b.words, 1) || c.isShortForm(b.words, a.words, 1)
	return sure || c.isShortForm(a.words, b.words, similarSurname) || c.isShortForm(b.words, a.words, similarSurname), sure
}

// Surnames of at least minSimilar letters may be one if they are similar enough, such as Тұқымов and Tukumov.
const (
	similarSurname = .92
	minSimilar     = 6
)

// isShortForm reports whether the first of two names may be a short form of the second. Surnames in one script have at least
// this similarity.
func (c *comparison) isShortForm(short, full []*word, least float64) bool {
	var surname *word
	var initials []*word
	for _, w := range short {
		switch {
		case w.initial:
			initials = append(initials, w)
		case surname != nil:
			return false
		default:
			surname = w
		}
	}
	if surname == nil || len(full) < 2 || len(short) > len(full)+1 {
		return false
	}
	for i, w := range full {
		if !w.initial && c.sameSurname(surname, w, least) && initialsFit(initials, slices.Concat(full[:i], full[i+1:])) {
			return true
		}
	}
	return false
}

// sameSurname reports whether two words are one surname: equal when folded or at least this similar, or the same in another
// script. A feminine form is not the same surname.
func (c *comparison) sameSurname(a, b *word, least float64) bool {
	switch {
	case a.patronymic != b.patronymic || a.text == b.text+"a" || b.text == a.text+"a":
		return false
	case a.text == b.text:
		return true
	case a.script != b.script:
		least = min(least, sameWord)
	}
	if min(len(a.text), len(b.text)) < minSimilar {
		least = max(least, sameWord)
	}
	return c.similarity(a, b) >= least
}

// initialsFit reports whether initials fit the other words of a name: the first one the given name, which comes first, and
// the others later words in their order. Initials after the last word belong to a patronymic that the name lacks.
func initialsFit(initials, words []*word) bool {
	for i, x := range initials {
		at := slices.IndexFunc(words, func(w *word) bool { return x.text == w.text || initialSimilarity(x, w) > 0 })
		switch {
		case at < 0 && i > 0:
			return !slices.ContainsFunc(words, func(w *word) bool { return w.patronymic || w.initial })
		case at < 0 || i == 0 && at > 0:
			return false
		}
		words = words[at+1:]
	}
	return true
}
