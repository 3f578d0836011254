// Package names compares spellings of names across scripts, word orders and transliteration systems, and searches an
// in-memory index of names. Its rules are the tables in the folder rules. Package text holds language maps; package
// spelling stores spellings.
package names

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Key returns the comparison key of a spelling: compatibility-normalised, lower case, without apostrophes, and with one
// space for each run of characters that are neither letters nor digits. Spellings with the same key are written alike.
func Key(name string) string {
	var b strings.Builder
	blank := false
	for _, r := range norm.NFKC.String(strings.ToLower(norm.NFKC.String(name))) {
		switch {
		case strings.ContainsRune("'’ʼʻʹ`‘", r): // Unicode classifies some of them as letters
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			if blank && b.Len() > 0 {
				b.WriteByte(' ')
			}
			blank = false
			b.WriteRune(r)
		default:
			blank = true
		}
	}
	return norm.NFC.String(b.String()) // an apostrophe may have separated a letter from its mark
}

// Keys returns the distinct non-empty keys of several spellings, in order.
func Keys(spellings ...string) []string {
	keys := make([]string, 0, len(spellings))
	for _, s := range spellings {
		if k := Key(s); k != "" && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// Limits of a spelling; the rest is ignored. Real names rarely exceed them.
const (
	maxWords         = 24 // of an organization
	maxWordsOfPerson = 10
	maxLetters       = 32 // of a word
)

// Name is a parsed spelling.
type Name struct {
	words    []*word
	remark   string // of a person: what stands in brackets behind the name, in lower case
	nameType nameType
	readings []orgReading // of an organization
}

// nameType distinguishes names of people, which have patronymics, from names of organizations, which have legal forms.
type nameType uint8

const (
	personName nameType = iota
	organizationName
)

// Parse parses the spelling of a person's name.
func Parse(spelling string) Name { return (&lexicon{}).parse(spelling, nil) }

// ParseOrganization parses the spelling of an organization's name.
func ParseOrganization(spelling string) Name {
	return (&lexicon{nameType: organizationName}).parse(spelling, nil)
}

// Empty reports whether the spelling contains no letter and no digit.
func (n Name) Empty() bool { return len(n.words) == 0 }

// PhoneticKey returns a key that spellings of a name in different scripts have in common: the folded words without
// patronymics, sorted. It contains only a to z, digits and spaces.
func (n Name) PhoneticKey() string {
	words := make([]string, 0, len(n.words))
	for _, w := range n.core() {
		words = append(words, w.text)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// core returns the words of the phonetic key: all words without patronymics, or all words if fewer than two would be left.
func (n Name) core() []*word {
	if n.nameType == organizationName || len(n.words) < 3 {
		return n.words
	}
	core := make([]*word, 0, len(n.words))
	for _, w := range n.words {
		if !w.patronymic {
			core = append(core, w)
		}
	}
	if len(core) < 2 {
		return n.words
	}
	return core
}

// patronymic returns the first patronymic outside the core, or nil.
func (n Name) patronymic() *word {
	if len(n.core()) == len(n.words) {
		return nil
	}
	return n.words[slices.IndexFunc(n.words, func(w *word) bool { return w.patronymic })]
}

// Tokens returns the folded words in the order of the spelling.
func (n Name) Tokens() []string {
	tokens := make([]string, len(n.words))
	for i, w := range n.words {
		tokens[i] = w.text
	}
	return tokens
}

// Thresholds of scores, measured on names in several scripts: of pairs at Same or above, 99 in 100 are one person;
// below Possible, nearly all are two persons.
const (
	Same            = .93
	SameWithContext = .84 // if something else agrees too, such as the organization
	Duplicate       = .92
	Possible        = .82
)

// Gap is the lead in score that the best candidate needs over the next one to be accepted without review.
const Gap = .04
