package names

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// class is what a word says about an organization.
type class uint8

const (
	properClass    class = iota // a name of its own: no concept
	headClass                   // the kind of organization: institute
	soleClass                   // a kind that a state has once: parliament
	unitClass                   // a part of an organization: faculty
	officeClass                 // the holder of a public office: president
	formClass                   // a legal form
	topicClass                  // what it deals with: finance
	attributeClass              // distinguishes little: national
	bodyClass                   // an international organization: OSCE
	areaClass                   // the kind of a territory: region
	countryClass
	placeClass
	linkClass  // a function word
	underClass // the parent follows; in Kazakh it precedes
	namedClass // the name of a person follows; in Kazakh it precedes
)

var classes = map[string]class{
	"head": headClass, "state": headClass, "form of": headClass, "sole": soleClass, "unit": unitClass, "office": officeClass,
	"form": formClass, "topic": topicClass, "attribute": attributeClass, "body": bodyClass, "area": areaClass,
	"link": linkClass, "under": underClass, "named": namedClass,
}

// concept is what words of several languages mean.
type concept struct {
	name    string // the first form in the table
	class   class
	state   bool     // a body of a state, whose country may be left out
	country *concept // of a place
	general *concept // of a legal form: the kind of organization

	initials map[rune]string // by language: the initials of its first form, in lower case
}

// The languages of the forms of concepts. The endings of other languages are treated as Kazakh ones, because most are
// Turkic.
const (
	english = 'e'
	russian = 'r'
	kazakh  = 'k'
	other   = 'o'
)

// node is a node of the tree of all forms, by the stems of their words.
type node struct {
	next    map[string]*node
	concept *concept
}

// dictionary holds the forms of all concepts.
type dictionary struct {
	root          node
	abbreviations map[string]*concept   // by lower-case letters
	expansions    map[string][]string   // abbreviation -> lower-case words
	stumps        [][2]string           // first part of a compound -> word
	vocabulary    map[string]bool       // all stems with their languages
	deletions     map[string][]string   // stems of at least minMisprint letters without one of their letters -> stems
	stems         map[string][]*concept // of single words in Russian
	sortedStems   []string
	home          *concept // the country where the registry is kept
	central       *concept // the attribute
}

var concepts = readConcepts()

func readConcepts() *dictionary {
	d := &dictionary{
		root: node{next: map[string]*node{}}, abbreviations: map[string]*concept{}, expansions: map[string][]string{},
		vocabulary: map[string]bool{}, deletions: map[string][]string{}, stems: map[string][]*concept{},
	}
	var kind *concept
	for _, line := range lines("organizations/concepts") {
		class, ok := classes[line[0]]
		if !ok {
			panic(fmt.Sprintf("unknown class %q", line[0])) // the file is embedded in the program
		}
		c := &concept{class: class, state: line[0] == "state" || line[0] == "sole"}
		if line[0] == "form of" {
			c.general = kind
		} else {
			kind = c
		}
		for i, cell := range line[1:] {
			d.add(c, cell, []string{string(english), string(russian), string(kazakh), string(other)}[min(i, 3)])
		}
	}
	countries := map[string]*concept{}
	for _, line := range lines("organizations/countries") {
		c := &concept{class: countryClass}
		if d.home == nil {
			d.home = c
		}
		d.add(c, line[1], "erk")
		c.name = line[0]
		countries[c.name] = c
	}
	for _, line := range lines("organizations/places") {
		d.add(&concept{class: placeClass, country: countries[line[0]]}, line[1], "erk")
	}
	for _, line := range lines("organizations/abbreviations") {
		d.expansions[strings.ToLower(line[0])] = split(line[1])
	}
	for _, line := range lines("organizations/stumps") {
		d.stumps = append(d.stumps, [2]string{line[0], line[1]})
	}
	for stem := range d.stems {
		d.sortedStems = append(d.sortedStems, stem)
	}
	slices.Sort(d.sortedStems)
	d.central, _ = d.find([][]string{keysOf("central", latinScript)})
	return d
}

// add adds the comma-separated forms of a concept.
func (d *dictionary) add(c *concept, forms, languages string) {
	for form := range strings.SplitSeq(forms, ",") {
		form = strings.TrimSpace(form)
		if form == "" {
			continue
		}
		if c.name == "" {
			c.name = strings.ToLower(form)
		}
		if len(languages) == 1 {
			c.addInitials(rune(languages[0]), form)
		} else if r, _ := utf8.DecodeRuneInString(form); scriptOfRune(r) == latinScript { // a name in any language: English ones come first
			c.addInitials(english, form)
		} else {
			c.addInitials(russian, form)
		}
		if short, ok := strings.CutPrefix(form, "="); ok {
			if lower := strings.ToLower(short); d.abbreviations[lower] == nil {
				d.abbreviations[lower] = c
			}
			continue
		}
		if adjective := adjectiveOf(form, languages); adjective != "" && c.class == topicClass {
			d.add(c, adjective, languages)
		}
		words := split(form)
		for _, language := range languages {
			at := &d.root
			for _, w := range words {
				w = strings.ToLower(w)
				stem := string(language) + stemOf(fold(w, scriptOf(w), orthographyOf(w)), language)
				if at.next[stem] == nil {
					at.next[stem] = &node{next: map[string]*node{}}
				}
				at = at.next[stem]
				if c.class != countryClass && c.class != placeClass {
					d.addWord(stem)
				}
				if language == russian && len(words) == 1 {
					d.stems[stem[1:]] = append(d.stems[stem[1:]], c)
				}
			}
			if at.concept == nil {
				at.concept = c
			}
		}
	}
}

// adjectives are the endings of the names of sciences and of their adjectives, by language: hydrology, hydrological. Sources: the
// derivation in the Academic Grammar of Russian (1980), the Oxford dictionary of English and the grammar of Kazakh.
var adjectives = map[string][][2]string{
	string(english): {{"ology", "ological"}, {"ography", "ographical"}, {"osophy", "osophical"}},
	string(russian): {{"логия", "логический"}, {"графия", "графический"}, {"софия", "софский"}},
	string(kazakh):  {{"логия", "логиялық"}, {"графия", "графиялық"}, {"софия", "софиялық"}},
}

// adjectiveOf returns the adjective of the name of a science, or "".
func adjectiveOf(form, language string) string {
	for _, ending := range adjectives[language] {
		if stem, ok := strings.CutSuffix(form, ending[0]); ok {
			return stem + ending[1]
		}
	}
	return ""
}

// addInitials sets the initials in a language, unless the concept has them. Abbreviations have none, and short function words do
// not count.
func (c *concept) addInitials(language rune, form string) {
	if _, ok := c.initials[language]; ok || strings.HasPrefix(form, "=") {
		return
	}
	if c.initials == nil {
		c.initials = map[rune]string{}
	}
	words := split(strings.ToLower(form))
	for _, w := range words {
		if r, _ := utf8.DecodeRuneInString(w); len(words) == 1 || utf8.RuneCountInString(w) > 2 && w != "the" && w != "for" && w != "and" {
			c.initials[language] += string(r)
		}
	}
}

// minMisprint is the length from which a word with one wrong letter is recognized.
const minMisprint = 7

// addWord adds a stem to the words that misprints are compared with.
func (d *dictionary) addWord(stem string) {
	if d.vocabulary[stem] {
		return
	}
	d.vocabulary[stem] = true
	if len(stem) <= minMisprint {
		return
	}
	for i := 1; i < len(stem); i++ {
		without := stem[:i] + stem[i+1:]
		d.deletions[without] = append(d.deletions[without], stem)
	}
}

// keysOf returns the keys by which the tree has a folded word: the stems in the languages of its script.
func keysOf(folded string, s script) (keys []string) {
	switch s {
	case latinScript:
		keys = append(keys, string(english)+stemOf(folded, english))
	case cyrillicScript:
		keys = append(keys, string(russian)+stemOf(folded, russian))
	}
	if s == latinScript && len(folded) == 1 { // Institute C: no romanized preposition
		return keys
	}
	for _, language := range []rune{kazakh, other} {
		for _, stem := range kazakhStems(folded) {
			keys = append(keys, string(language)+stem)
		}
	}
	if s == latinScript { // a romanized word
		keys = append(keys, string(russian)+stemOf(folded, russian))
	}
	return keys
}

// find returns the concept of the longest form at the beginning of words, given by their keys, and its number of words.
func (d *dictionary) find(words [][]string) (c *concept, n int) { return d.root.find(words, 0) }

func (at *node) find(words [][]string, depth int) (c *concept, n int) {
	if at.concept != nil {
		c, n = at.concept, depth
	}
	if len(words) == 0 {
		return c, n
	}
	for _, key := range words[0] {
		if next := at.next[key]; next != nil {
			if longer, m := next.find(words[1:], depth+1); m > n {
				c, n = longer, m
			}
		}
	}
	return c, n
}

// correct returns the keys of the words that differ from a word in one letter, or in the order of two. The word is given by
// its keys. The result is empty if the word is known itself.
func (d *dictionary) correct(keys []string) (corrected []string) {
	for _, key := range keys {
		if d.vocabulary[key] {
			return nil
		}
	}
	for _, key := range keys {
		if len(key) <= minMisprint {
			continue
		}
		near := slices.Clone(d.deletions[key])
		for i := 1; i < len(key); i++ {
			without := key[:i] + key[i+1:]
			if d.vocabulary[without] {
				near = append(near, without)
			}
			near = append(near, d.deletions[without]...)
		}
		for _, stem := range near {
			if stem[1] == key[1] && !slices.Contains(corrected, stem) && oneEdit(stem, key) {
				corrected = append(corrected, stem)
			}
		}
	}
	return corrected
}

// oneEdit reports whether two words differ in one letter or in the order of two neighbouring letters.
func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch {
	case len(b) == len(a)+1:
		return a[i:] == b[i+1:]
	case len(a) != len(b) || i == len(a):
		return false
	case a[i+1:] == b[i+1:]:
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// expand returns the words that a compound such as Минфин stands for, or nil.
func (d *dictionary) expand(lower string) []string {
	for _, stump := range d.stumps {
		rest, ok := strings.CutPrefix(lower, stump[0])
		if !ok || utf8.RuneCountInString(rest) < 3 {
			continue
		}
		if more := d.expand(rest); more != nil {
			return append([]string{stump[1]}, more...)
		}
		stem := stemOf(fold(rest, cyrillicScript, orthography{}), russian)
		var found *concept
		word := ""
		at, _ := slices.BinarySearch(d.sortedStems, stem)
		for ; at < len(d.sortedStems) && strings.HasPrefix(d.sortedStems[at], stem); at++ {
			for _, c := range d.stems[d.sortedStems[at]] {
				if c.class != topicClass && c.class != soleClass && c.class != headClass {
					continue
				}
				if found != nil && found != c {
					return nil // ambiguous
				}
				found, word = c, d.sortedStems[at]
			}
		}
		if found != nil {
			return []string{stump[1], word}
		}
	}
	return nil
}
