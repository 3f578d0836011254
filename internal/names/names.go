// Package names makes spellings of a name comparable, whatever their script, their order and the system by which they
// were transliterated, and finds them among many. Its rules are the tables in the folder rules. It is not for language maps
// (see text), and keeps nothing (see spelling).
package names

import (
	"slices"
	"strings"
)

// Bounds of what is looked at: hardly a name has more.
const (
	maxWords         = 24 // of an organization
	maxWordsOfPerson = 10
	maxLetters       = 32 // of a word
)

// Name is a spelling, taken apart for comparisons.
type Name struct {
	words []*word
	kind  kind
}

// kind is whose name it is, since organizations have no patronymics and people no legal forms.
type kind uint8

const (
	ofPerson kind = iota
	ofOrganization
)

// Parse takes the spelling of a person's name apart.
func Parse(spelling string) Name { return (&lexicon{}).parse(spelling, nil) }

// ParseOrganization takes the spelling of an organization's name apart.
func ParseOrganization(spelling string) Name {
	return (&lexicon{kind: ofOrganization}).parse(spelling, nil)
}

// Empty reports whether the spelling has no letter and no digit in it.
func (n Name) Empty() bool { return len(n.words) == 0 }

// Sound is what spellings of a name have in common whatever their script: the folded words without patronymics, sorted. It
// is ASCII: a to z, digits and blanks.
func (n Name) Sound() string {
	words := make([]string, 0, len(n.words))
	for _, w := range n.core() {
		words = append(words, w.text)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// core is the words that make the sound: all, but patronymics only where less than two words would be left.
func (n Name) core() []*word {
	if n.kind == ofOrganization || len(n.words) < 3 {
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

// father is the patronymic that is not in the core; nil: there is none.
func (n Name) father() *word {
	if len(n.core()) == len(n.words) {
		return nil
	}
	return n.words[slices.IndexFunc(n.words, func(w *word) bool { return w.patronymic })]
}

// Tokens gives the folded words in the order of the spelling.
func (n Name) Tokens() []string {
	tokens := make([]string, len(n.words))
	for i, w := range n.words {
		tokens[i] = w.text
	}
	return tokens
}

// Score at which decisions are made, measured on names in several scripts: of pairs at Same or above 99 in 100 are one
// person; below Possible nearly all are two.
const (
	Same       = .93
	SameBeside = .84 // where something else, such as the organization, is the same, too
	Duplicate  = .92
	Possible   = .82
)

// Gap is by how much a record has to be ahead of the next one to be taken without asking.
const Gap = .04
