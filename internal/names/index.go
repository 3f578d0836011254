package names

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// Index holds the spellings of many records in memory and finds them by another spelling. It is not for use by several at
// once while it changes.
type Index struct {
	lexicon lexicon
	rows    []row
	owners  map[int64][]int32 // rows of each record
	hidden  map[int64]bool    // records that the public does not see
	dead    int               // rows of none

	words    []*word             // by number
	lengths  []uint8             // of the words, by number; 0: an initial
	places   [][]int32           // rows with the word
	trigrams map[[3]byte][]int32 // words
	codes    map[uint32][]int32  // words
	sorted   []int32             // words in order, but for those from len(sorted) on
}

type row struct {
	owner    int64 // 0: of none any more
	spelling string
	words    []*word
}

// Found is a record that a name was found for.
type Found struct {
	Owner    int64
	Spelling string  // of the record, the one that agrees best
	Score    float64 // 0 to 1
}

// NewIndex makes an index of names of people, or of organizations.
func NewIndex(organizations bool) *Index {
	x := &Index{owners: map[int64][]int32{}, hidden: map[int64]bool{}, trigrams: map[[3]byte][]int32{}, codes: map[uint32][]int32{}}
	x.lexicon = lexicon{words: map[string]*word{}, asked: &memory{known: map[string]known{}}}
	if organizations {
		x.lexicon.kind = ofOrganization
	}
	return x
}

// Spellings gives those of a record.
func (x *Index) Spellings(owner int64) []string {
	list := make([]string, 0, len(x.owners[owner]))
	for _, r := range x.owners[owner] {
		list = append(list, x.rows[r].spelling)
	}
	return list
}

// Owners gives the records that have spellings, in order.
func (x *Index) Owners() []int64 { return slices.Sorted(maps.Keys(x.owners)) }

// Set makes the spellings those of a record. Without any the record has no name; Hide is for the caller to take back.
func (x *Index) Set(owner int64, spellings []string) {
	for _, r := range x.owners[owner] {
		x.rows[r] = row{}
		x.dead++
	}
	delete(x.owners, owner)
	for _, s := range spellings {
		n := x.lexicon.parse(s, x.meet)
		if n.Empty() {
			continue
		}
		number := int32(len(x.rows))
		x.rows = append(x.rows, row{owner, s, n.words})
		x.owners[owner] = append(x.owners[owner], number)
		for i, w := range n.words {
			if !slices.Contains(n.words[:i], w) {
				x.places[w.number] = append(x.places[w.number], number)
			}
		}
	}
	if x.dead > 1000 && x.dead > len(x.rows)/2 {
		x.compact()
	}
}

// Hide says whether the public sees a record.
func (x *Index) Hide(owner int64, hidden bool) {
	if hidden {
		x.hidden[owner] = true
	} else {
		delete(x.hidden, owner)
	}
}

// compact leaves out the rows of none.
func (x *Index) compact() {
	fresh := NewIndex(x.lexicon.kind == ofOrganization)
	for _, r := range x.rows {
		if r.owner != 0 {
			fresh.Set(r.owner, append(fresh.Spellings(r.owner), r.spelling))
		}
	}
	fresh.hidden = x.hidden
	*x = *fresh
}

// meet notes a new word.
func (x *Index) meet(w *word) {
	x.lexicon.words[w.key] = w
	w.number = int32(len(x.words))
	x.words = append(x.words, w)
	x.places = append(x.places, nil)
	length := uint8(min(len(w.compared()), math.MaxUint8))
	if w.initial {
		length = 0
	}
	x.lengths = append(x.lengths, length)
	for _, t := range trigramsOf(w.compared()) {
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

// trigramsOf gives the groups of three letters in a word with a blank around it, each once.
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

// class says which consonants count as one in a code: those that languages and scribes mix up. 0 is a vowel.
var class = func() (class [128]byte) {
	for i, letters := range []string{"bpfv", "gkh", "szcjqw", "dt", "l", "r", "mn"} {
		for _, c := range []byte(letters) {
			class[c] = byte(i + 1)
		}
	}
	return class
}()

// codesOf gives what is left of a word in each of its readings: the classes of its first consonants.
func codesOf(w *word) []uint32 {
	codes := []uint32{codeOf(w.text)}
	for _, readings := range [][]string{w.romanized, w.heard} {
		for _, r := range readings {
			if c := codeOf(r); !slices.Contains(codes, c) {
				codes = append(codes, c)
			}
		}
	}
	return codes
}

func codeOf(text string) (code uint32) {
	last := byte(0)
	n := 0
	for i := range len(text) {
		c := class[text[i]&127]
		if i == 0 && c == 0 {
			c = 8 // that a word begins with a vowel is heard
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
