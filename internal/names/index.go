package names

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// Index holds the spellings of many records in memory and finds records by another spelling. It is not safe for
// concurrent use while it changes.
type Index struct {
	lexicon lexicon
	rows    []row
	owners  map[int64][]int32 // rows of each record
	hidden  map[int64]bool    // records that public callers do not see
	dead    int               // number of deleted rows
	inFull  bool              // short forms of names of people do not count

	words    []*word             // by number
	lengths  []uint8             // of the words, by number; 0: an initial
	postings [][]int32           // rows that contain the word, by its number
	trigrams map[[3]byte][]int32 // words that contain the trigram
	codes    map[uint32][]int32  // words with the consonant code
	sorted   []int32             // the first len(sorted) words, sorted by text

	concepts map[*concept][]int32 // rows of organizations that contain the concept
	acronyms map[string][]int32   // rows of organizations that contain the acronym
	initials map[string][]int32   // rows of organizations whose names have the initials
}

type row struct {
	owner    int64 // 0: the row is deleted
	spelling string
	words    []*word
	readings []orgReading
	learned  bool
}

// Found is a record that matches a name.
type Found struct {
	Owner    int64
	Spelling string  // the spelling of the record that matches best
	Score    float64 // 0 to 1
	Learned  float64 // how much of the score is due to learned spellings, other than one that is exactly the query
	Recalled bool    // a learned spelling is exactly the query
}

// NewIndex returns an empty index of names of people or of organizations.
func NewIndex(organizations bool) *Index {
	x := &Index{
		owners: map[int64][]int32{}, hidden: map[int64]bool{}, trigrams: map[[3]byte][]int32{}, codes: map[uint32][]int32{},
		concepts: map[*concept][]int32{}, acronyms: map[string][]int32{}, initials: map[string][]int32{},
	}
	x.lexicon = lexicon{words: map[string]*word{}, cache: &wordCache{words: map[string]cachedWord{}}}
	if organizations {
		x.lexicon.nameType, x.lexicon.forms = organizationName, map[string]wordForms{}
	}
	return x
}

// InFull makes Find compare names of people in full only: a surname is not a short form of a name.
func (x *Index) InFull() *Index {
	x.inFull = true
	return x
}

// Spellings returns the spellings of a record.
func (x *Index) Spellings(owner int64) []string {
	list := make([]string, 0, len(x.owners[owner]))
	for _, r := range x.owners[owner] {
		list = append(list, x.rows[r].spelling)
	}
	return list
}

// Learned returns the spellings of a record that were learned: see Set.
func (x *Index) Learned(owner int64) (list []string) {
	for _, r := range x.owners[owner] {
		if x.rows[r].learned {
			list = append(list, x.rows[r].spelling)
		}
	}
	return list
}

// Owners returns the ids of the records that have spellings, in order.
func (x *Index) Owners() []int64 { return slices.Sorted(maps.Keys(x.owners)) }

// Set replaces the spellings of a record. learned are those of them that are known only because a person decided about them.
// Without spellings the record is removed; its Hide state stays.
func (x *Index) Set(owner int64, spellings []string, learned ...string) {
	for _, r := range x.owners[owner] {
		x.rows[r] = row{}
		x.dead++
	}
	delete(x.owners, owner)
	for _, s := range spellings {
		n := x.lexicon.parse(s, x.addWord)
		if n.Empty() {
			continue
		}
		number := int32(len(x.rows)) // #nosec G115 -- the index is in memory
		x.rows = append(x.rows, row{owner, s, n.words, n.readings, slices.Contains(learned, s)})
		x.owners[owner] = append(x.owners[owner], number)
		for i, w := range n.words {
			if !slices.Contains(n.words[:i], w) {
				x.postings[w.number] = append(x.postings[w.number], number)
			}
		}
		x.addReadings(number, n)
	}
	if x.dead > 1000 && x.dead > len(x.rows)/2 {
		x.compact()
	}
}

// addReadings adds a row to the lists of its concepts, acronyms and initials.
func (x *Index) addReadings(number int32, n Name) {
	for _, r := range n.readings {
		for _, u := range r.units {
			if u.ending != "" {
				add(x.acronyms, u.ending, number)
			}
			if u.acronym != "" {
				add(x.acronyms, translatedKey(u.word.text), number)
			}
			switch {
			case u.concept != nil:
				add(x.concepts, u.concept, number)
			case u.word != nil && !slices.Contains(n.words, u.word):
				if list := &x.postings[u.word.number]; len(*list) == 0 || (*list)[len(*list)-1] != number {
					*list = append(*list, number)
				}
			}
		}
		for _, acronym := range r.acronyms {
			add(x.acronyms, acronym, number)
		}
		for _, initials := range r.initials {
			add(x.initials, initials, number)
		}
		for _, initials := range r.translated {
			add(x.initials, translatedKey(initials), number)
		}
	}
}

// translatedKey is the key of folded letters among acronyms and initials, which are as written.
func translatedKey(folded string) string { return "~" + folded }

// add adds a row to a list, once.
func add[K comparable](lists map[K][]int32, key K, number int32) {
	if list := lists[key]; len(list) == 0 || list[len(list)-1] != number {
		lists[key] = append(list, number)
	}
}

// Hide sets whether a record is hidden from public callers.
func (x *Index) Hide(owner int64, hidden bool) {
	if hidden {
		x.hidden[owner] = true
	} else {
		delete(x.hidden, owner)
	}
}

// compact removes the deleted rows.
func (x *Index) compact() {
	fresh := NewIndex(x.lexicon.nameType == organizationName)
	for _, owner := range x.Owners() {
		fresh.Set(owner, x.Spellings(owner), x.Learned(owner)...) // once for each record: a second call would leave deleted rows
	}
	fresh.hidden, fresh.inFull = x.hidden, x.inFull
	*x = *fresh
}

// addWord adds a new word to the index.
func (x *Index) addWord(w *word) {
	x.lexicon.words[w.key] = w
	w.number = int32(len(x.words)) // #nosec G115 -- the index is in memory
	x.words = append(x.words, w)
	x.postings = append(x.postings, nil)
	length := uint8(min(len(w.comparisonText()), math.MaxUint8))
	if w.initial {
		length = 0
	}
	x.lengths = append(x.lengths, length)
	for _, t := range trigramsOf(w.comparisonText()) {
		x.trigrams[t] = append(x.trigrams[t], w.number)
	}
	for _, c := range codesOf(w) {
		x.codes[c] = append(x.codes[c], w.number)
	}
	if fresh := len(x.words) - len(x.sorted); fresh > 256 && fresh > len(x.sorted)/8 {
		x.sorted = x.sorted[:0]
		for i := range x.words {
			x.sorted = append(x.sorted, int32(i))
		}
		slices.SortFunc(x.sorted, func(a, b int32) int { return cmp.Compare(x.words[a].text, x.words[b].text) })
	}
}

// trigramsOf returns the distinct trigrams of a word, padded with spaces as in pg_trgm.
func trigramsOf(text string) [][3]byte {
	padded := "  " + text + " "
	list := make([][3]byte, 0, len(text)+1)
	for i := range len(text) + 1 {
		if t := ([3]byte)([]byte(padded[i : i+3])); !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	return list
}

// consonantClass groups the consonants that languages and transliterations confuse, as Soundex does. 0 is a vowel.
var consonantClass = func() (classes [128]byte) {
	for i, letters := range []string{"bpfv", "gkh", "szcjqw", "dt", "l", "r", "mn"} {
		for _, c := range []byte(letters) {
			classes[c] = byte(i + 1)
		}
	}
	return classes
}()

// codesOf returns the consonant codes of a word in all its readings.
func codesOf(w *word) []uint32 {
	codes := []uint32{codeOf(w.text)}
	for _, readings := range [][]string{w.romanizations, w.pronunciations} {
		for _, r := range readings {
			if c := codeOf(r); !slices.Contains(codes, c) {
				codes = append(codes, c)
			}
		}
	}
	return codes
}

// codeOf returns the classes of the first consonants of a folded word.
func codeOf(text string) (code uint32) {
	last := byte(0)
	n := 0
	for i := range len(text) {
		c := consonantClass[text[i]&127]
		if i == 0 && c == 0 {
			c = 8 // an initial vowel is significant
		}
		if c != 0 && c != last {
			code = code<<4 | uint32(c)
			n++
		}
		if last = c; n == 5 {
			break
		}
	}
	return code
}
