package names

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Index holds the spellings of many records in memory and finds them by another spelling. It is not for use by several at
// once while it changes.
type Index struct {
	lexicon lexicon
	rows    []row
	owners  map[int64][]int32 // rows of each record
	dead    int               // rows of none

	words    []*word             // by number
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
	x := &Index{owners: map[int64][]int32{}, trigrams: map[[3]byte][]int32{}, codes: map[uint32][]int32{}}
	x.lexicon = lexicon{words: map[string]*word{}}
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

// Set makes the spellings those of a record. Without any the record is forgotten.
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

// compact leaves out the rows of none.
func (x *Index) compact() {
	fresh := NewIndex(x.lexicon.kind == ofOrganization)
	for _, r := range x.rows {
		if r.owner != 0 {
			fresh.Set(r.owner, append(fresh.Spellings(r.owner), r.spelling))
		}
	}
	*x = *fresh
}

// meet notes a new word.
func (x *Index) meet(key string, w *word) {
	x.lexicon.words[key] = w
	w.number = int32(len(x.words))
	x.words = append(x.words, w)
	x.places = append(x.places, nil)
	for _, t := range trigramsOf(w.text) {
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

// tally counts by number, and knows which numbers it counted.
type tally[T int32 | float32] struct {
	of      []T
	touched []int32
}

func (t *tally[T]) grow(n int) {
	if len(t.of) < n {
		t.of = append(t.of, make([]T, n-len(t.of)+n/8)...)
	}
}

func (t *tally[T]) clear() {
	for _, number := range t.touched {
		t.of[number] = 0
	}
	t.touched = t.touched[:0]
}

// at gives the place of a number.
func (t *tally[T]) at(number int32) *T {
	place := &t.of[number]
	if *place == 0 {
		t.touched = append(t.touched, number)
	}
	return place
}

// scratch is what one question counts in.
type scratch struct {
	shared      tally[int32]   // trigrams, by word
	best, total tally[float32] // by row
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// relatives calls f with the words of the index that a word may be another spelling of, and how alike they are.
func (x *Index) relatives(c *scratch, w *word, f func(number int32, s float64)) {
	if w.initial {
		return
	}
	const coded = 1 << 16 // more than there are trigrams in a word
	defer c.shared.clear()
	of := trigramsOf(w.text)
	for _, t := range of {
		for _, number := range x.trigrams[t] {
			*c.shared.at(number)++
		}
	}
	for _, code := range codesOf(w) {
		for _, number := range x.codes[code] {
			*c.shared.at(number) += coded
		}
	}
	for _, number := range c.shared.touched {
		other := x.words[number]
		n := int(c.shared.of[number])
		if other.initial || n < coded && 10*n < 3*min(len(of), len(other.text)+1) {
			continue
		}
		if s := similarity(w, other); s > .5 {
			f(number, s)
		}
	}
}

// beginnings calls f with the words that begin with the text.
func (x *Index) beginnings(text string, f func(number int32)) {
	at, _ := slices.BinarySearchFunc(x.sorted, text, func(number int32, text string) int { return cmp.Compare(x.words[number].text, text) })
	for _, number := range x.sorted[at:] {
		if !strings.HasPrefix(x.words[number].text, text) {
			break
		}
		f(number)
	}
	for number := len(x.sorted); number < len(x.words); number++ {
		if strings.HasPrefix(x.words[number].text, text) {
			f(int32(number))
		}
	}
}

// looked is how many spellings are compared as a whole: those that share the most.
const looked = 150

// Find gives the records of which a spelling is most like the name, the best first; at most limit, all of them at least
// as like as least.
func (x *Index) Find(spelling string, least float64, limit int) []Found {
	q := x.lexicon.parse(spelling, nil)
	return x.rank(q, x.candidates(q, false, least), limit, least, Score)
}

// Search is Find for a search box: a part of the name is enough, and the last word may be incomplete.
func (x *Index) Search(spelling string, least float64, limit int) []Found {
	q := x.lexicon.parse(spelling, nil)
	return x.rank(q, x.candidates(q, true, 0), limit, least, Search)
}

// candidates gives the rows that share the most words with a name, in any of their spellings. Names of organizations that
// cannot be as like as least are left out.
func (x *Index) candidates(q Name, typing bool, least float64) []int32 {
	c := scratches.Get().(*scratch)
	defer scratches.Put(c)
	c.shared.grow(len(x.words))
	c.best.grow(len(x.rows))
	c.total.grow(len(x.rows))
	defer c.total.clear()
	words := slices.Clone(q.words)
	for i := 0; i+1 < len(q.words) && len(q.words) <= 5; i++ { // what two words are here may be one there
		words = append(words, glued(q.words, i)[i])
	}
	for i, w := range words {
		note := func(number int32, s float64) {
			if i >= len(q.words) && s < .8 {
				return
			}
			share := float32((w.weight + x.words[number].weight) / 2 * steep(s))
			for _, r := range x.places[number] {
				if place := c.best.at(r); share > *place {
					*place = share
				}
			}
		}
		x.relatives(c, w, note)
		if typing && i == len(q.words)-1 {
			x.beginnings(w.text, func(number int32) { note(number, .97) })
		}
		for _, r := range c.best.touched {
			place := c.total.at(r)
			if i >= len(q.words) { // two words at once
				*place = max(*place, 1.6*c.best.of[r])
			} else {
				*place += c.best.of[r]
			}
		}
		c.best.clear()
	}
	return x.foremost(c.total, func(r int32) bool {
		return x.lexicon.kind == ofOrganization && float64(c.total.of[r]) < needed(least, q.words, x.rows[r].words)
	})
}

// needed is how much two names of organizations must share to be as like as least: words that are not in it are hardly
// alike, but one may be two words there.
func needed(least float64, a, b []*word) float64 {
	const unshared = .375 // steep(.5)
	of := 0.
	for _, w := range a {
		of += w.weight
	}
	for _, w := range b {
		of += w.weight
	}
	return (least-unshared)/(1-unshared)*of/2 - 1.5
}

// foremost gives the rows that count most, at most looked of them, and none that is hopeless.
func (x *Index) foremost(total tally[float32], hopeless func(int32) bool) []int32 {
	compare := func(a, b int32) int {
		return cmp.Or(cmp.Compare(total.of[b], total.of[a]), cmp.Compare(len(x.rows[a].words), len(x.rows[b].words)), cmp.Compare(a, b))
	}
	rows := make([]int32, 0, 2*looked)
	for _, r := range total.touched {
		if x.rows[r].owner == 0 || len(rows) >= looked && compare(r, rows[looked-1]) > 0 || hopeless(r) {
			continue
		}
		if rows = append(rows, r); len(rows) == cap(rows) {
			slices.SortFunc(rows, compare)
			rows = rows[:looked]
		}
	}
	slices.SortFunc(rows, compare)
	return rows[:min(len(rows), looked)]
}

// rank compares rows as a whole and keeps the best one of each record.
func (x *Index) rank(q Name, rows []int32, limit int, least float64, compare func(q, n Name) float64) []Found {
	var found []Found
	at := map[int64]int{}
	for _, r := range rows {
		row := x.rows[r]
		s := compare(q, Name{row.words, q.kind})
		if s < least {
			continue
		}
		i, ok := at[row.owner]
		switch {
		case !ok:
			at[row.owner] = len(found)
			found = append(found, Found{row.owner, row.spelling, s})
		case s > found[i].Score || s == found[i].Score && row.words[0].script == q.words[0].script:
			found[i].Spelling, found[i].Score = row.spelling, s
		}
	}
	slices.SortFunc(found, func(a, b Found) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Owner, b.Owner)) })
	return found[:min(len(found), limit)]
}
