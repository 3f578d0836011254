package names

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Finding in an index: words that are alike, then rows that share the most of them, then these as a whole.

// scratch is what one question counts in.
type scratch struct {
	shared   []int32 // trigrams, by word
	relative []int32 // words that share any
	rows     []tally
	touched  []int32 // rows that share a word
	alike    []shared
	compared comparison
}

// tally is what a row shares with the name that is looked for.
type tally struct {
	share float32
	word  int32 // the last one of the name that was counted, from 1
}

// shared is a word of the index and how much it and a word of the name say together.
type shared struct {
	number int32
	share  float32
}

var scratches = sync.Pool{New: func() any {
	return &scratch{compared: comparison{similar: map[[2]*word]float64{}, glued: map[[2]*word]*word{}}}
}}

// scratch gives one that is large enough and empty. Give it back.
func (x *Index) scratch() *scratch {
	c := scratches.Get().(*scratch)
	c.shared = grown(c.shared, len(x.words))
	c.rows = grown(c.rows, len(x.rows))
	return c
}

func (c *scratch) giveBack() {
	for _, r := range c.touched {
		c.rows[r] = tally{}
	}
	c.touched = c.touched[:0]
	c.compared.forget()
	scratches.Put(c)
}

func grown[T any](list []T, n int) []T {
	if len(list) >= n {
		return list
	}
	return append(list, make([]T, n-len(list)+n/8)...)
}

// leastRelated is how alike two words are at least that names are found by.
const leastRelated = .6

// relatives gives the words of the index that a word may be another spelling of.
func (x *Index) relatives(c *scratch, w *word) []relative {
	if w.initial {
		return nil
	}
	if k, ok := x.lexicon.asked.get(w.key); ok && k.of == len(x.words) {
		return k.relatives
	}
	k := known{w, x.related(c, w), len(x.words)}
	x.lexicon.asked.put(k)
	return k.relatives
}

// related finds them.
func (x *Index) related(c *scratch, w *word) (found []relative) {
	const coded = 1 << 16 // more than there are trigrams in a word
	count := func(numbers []int32, n int32) {
		for _, number := range numbers {
			if c.shared[number] == 0 {
				c.relative = append(c.relative, number)
			}
			c.shared[number] += n
		}
	}
	of := trigramsOf(w.compared())
	for _, t := range of {
		count(x.trigrams[t], 1)
	}
	for _, code := range codesOf(w) {
		count(x.codes[code], coded)
	}
	for _, number := range c.relative {
		n, length := int(c.shared[number]), int(x.lengths[number])
		c.shared[number] = 0
		if length == 0 || n < coded && 10*n < 3*min(len(of), length+1) {
			continue
		}
		if s := similarityOver(w, x.words[number], leastRelated); s > leastRelated {
			found = append(found, relative{number, s})
		}
	}
	c.relative = c.relative[:0]
	return slices.Clip(found)
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

// View is an index as somebody sees it.
type View struct {
	x      *Index
	public bool
}

// View gives the index as the public sees it, without a trace of what is hidden, or as those do who see everything.
func (x *Index) View(public bool) View { return View{x, public} }

// sees reports whether there is somebody behind a row whom the view shows.
func (v View) sees(r int32) bool {
	owner := v.x.rows[r].owner
	return owner != 0 && !(v.public && v.x.hidden[owner])
}

// Find gives the records of which a spelling is most like the name, the best first; at most limit, all of them at least
// as like as least.
func (v View) Find(spelling string, least float64, limit int) []Found {
	q := v.x.lexicon.parse(spelling, nil)
	c := v.x.scratch()
	defer c.giveBack()
	return v.x.rank(q, v.candidates(c, q, false, least), limit, least, c.compared.score)
}

// Search is Find for a search box: a part of the name is enough, and the last word may be incomplete.
func (v View) Search(spelling string, least float64, limit int) []Found {
	q := v.x.lexicon.parse(spelling, nil)
	c := v.x.scratch()
	defer c.giveBack()
	return v.x.rank(q, v.candidates(c, q, true, 0), limit, least, c.compared.search)
}

// candidates gives the rows that share the most words with a name, in any of their spellings. Names of organizations that
// cannot be as like as least are left out.
func (v View) candidates(c *scratch, q Name, typing bool, least float64) []int32 {
	x := v.x
	words := slices.Clone(q.words)
	for i := 0; i+1 < len(q.words) && len(q.words) <= 5; i++ { // what two words are here may be one there
		words = append(words, c.compared.both(q.words[i], q.words[i+1]))
	}
	for i, w := range words {
		c.alike = c.alike[:0]
		note := func(number int32, s float64) {
			if i < len(q.words) || s >= .8 {
				c.alike = append(c.alike, shared{number, float32((w.weight + x.words[number].weight) / 2 * steep(s))})
			}
		}
		for _, other := range x.relatives(c, w) {
			c.compared.note(w, x.words[other.number], other.s)
			note(other.number, other.s)
		}
		if typing && i == len(q.words)-1 {
			x.beginnings(w.text, func(number int32) { note(number, .97) })
		}
		// The word that a row shares the most with comes first: no other one counts for it.
		slices.SortFunc(c.alike, func(a, b shared) int { return cmp.Compare(b.share, a.share) })
		for _, word := range c.alike {
			for _, r := range x.places[word.number] {
				row := &c.rows[r]
				switch {
				case row.word == int32(i)+1:
					continue
				case row.word == 0:
					c.touched = append(c.touched, r)
				}
				row.word = int32(i) + 1
				if i >= len(q.words) { // two words at once
					row.share = max(row.share, 1.6*word.share)
				} else {
					row.share += word.share
				}
			}
		}
	}
	return v.foremost(c, func(r int32) bool {
		return x.lexicon.kind == ofOrganization && float64(c.rows[r].share) < needed(least, q.words, x.rows[r].words)
	})
}

// needed is how much two names of organizations must share to be as like as least: words that are not in it are hardly
// alike, but one may be two words there.
func needed(least float64, a, b []*word) float64 {
	unshared := steep(leastRelated)
	of := 0.
	for _, w := range a {
		of += w.weight
	}
	for _, w := range b {
		of += w.weight
	}
	return (least-unshared)/(1-unshared)*of/2 - 1.5
}

// foremost gives the rows that share the most, at most looked of them, and none that is hopeless.
func (v View) foremost(c *scratch, hopeless func(int32) bool) []int32 {
	x := v.x
	compare := func(a, b int32) int {
		return cmp.Or(cmp.Compare(c.rows[b].share, c.rows[a].share), cmp.Compare(len(x.rows[a].words), len(x.rows[b].words)), cmp.Compare(a, b))
	}
	rows := make([]int32, 0, 2*looked)
	bar := float32(0) // what the last of the foremost shares
	for _, r := range c.touched {
		if c.rows[r].share < bar || !v.sees(r) || hopeless(r) {
			continue
		}
		if rows = append(rows, r); len(rows) == cap(rows) {
			slices.SortFunc(rows, compare)
			rows = rows[:looked]
			bar = c.rows[rows[looked-1]].share
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
