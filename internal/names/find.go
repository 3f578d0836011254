package names

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// A query first finds similar words, then the rows that share the most of them, and compares these rows as a whole.

// scratch holds the counters of one query.
type scratch struct {
	shared      []int32 // number of trigrams shared with a word of the query, by word of the index
	sharing     []int32 // words of the index that share a trigram or a code
	rows        []tally
	matchedRows []int32 // rows that share a word
	matches     []wordMatch
	compared    comparison
}

// tally is what a row shares with the query.
type tally struct {
	share float32
	word  int32 // the last word of the query that was counted, from 1
}

// wordMatch is a word of the index that matches a word of the query, with the weight of the match.
type wordMatch struct {
	number int32
	share  float32
}

var scratches = sync.Pool{New: func() any {
	return &scratch{compared: comparison{similar: map[[2]*word]float64{}, joined: map[[2]*word]*word{}}}
}}

// scratch returns an empty scratch that is large enough for the index. Release it after use.
func (x *Index) scratch() *scratch {
	c := scratches.Get().(*scratch)
	c.shared = grow(c.shared, len(x.words))
	c.rows = grow(c.rows, len(x.rows))
	c.compared.inFull = x.inFull
	return c
}

func (c *scratch) release() {
	for _, r := range c.matchedRows {
		c.rows[r] = tally{}
	}
	c.matchedRows = c.matchedRows[:0]
	c.compared.reset()
	scratches.Put(c)
}

func grow[T any](list []T, n int) []T {
	if len(list) >= n {
		return list
	}
	return append(list, make([]T, n-len(list)+n/8)...)
}

// minIndexSimilarity is the similarity above which the index considers two words.
const minIndexSimilarity = .6

// similarWords returns the words of the index that may be other spellings of a word.
func (x *Index) similarWords(c *scratch, w *word) []similarWord {
	if w.initial {
		return nil
	}
	if k, ok := x.lexicon.cache.get(w.key); ok && k.indexSize == len(x.words) {
		return k.similar
	}
	k := cachedWord{w, x.findSimilarWords(c, w), len(x.words)}
	x.lexicon.cache.put(k)
	return k.similar
}

// findSimilarWords is similarWords without the cache.
func (x *Index) findSimilarWords(c *scratch, w *word) (found []similarWord) {
	const sameCode = 1 << 16 // more than the number of trigrams of a word
	count := func(numbers []int32, n int32) {
		for _, number := range numbers {
			if c.shared[number] == 0 {
				c.sharing = append(c.sharing, number)
			}
			c.shared[number] += n
		}
	}
	trigrams := trigramsOf(w.comparisonText())
	for _, t := range trigrams {
		count(x.trigrams[t], 1)
	}
	for _, code := range codesOf(w) {
		count(x.codes[code], sameCode)
	}
	for _, number := range c.sharing {
		n, length := int(c.shared[number]), int(x.lengths[number])
		c.shared[number] = 0
		if length == 0 || n < sameCode && 10*n < 3*min(len(trigrams), length+1) {
			continue
		}
		if s := wordSimilarity(w, x.words[number], minIndexSimilarity); s > minIndexSimilarity {
			found = append(found, similarWord{number, s})
		}
	}
	c.sharing = c.sharing[:0]
	return slices.Clip(found)
}

// withPrefix calls f with each word that starts with the text.
func (x *Index) withPrefix(text string, f func(number int32)) {
	at, _ := slices.BinarySearchFunc(x.sorted, text, func(number int32, text string) int { return cmp.Compare(x.words[number].text, text) })
	for _, number := range x.sorted[at:] {
		if !strings.HasPrefix(x.words[number].text, text) {
			break
		}
		f(number)
	}
	for number := len(x.sorted); number < len(x.words); number++ {
		if strings.HasPrefix(x.words[number].text, text) {
			f(int32(number)) // #nosec G115 -- the index is in memory
		}
	}
}

// maxCompared is the number of spellings that are compared as a whole: those that share the most with the query.
const maxCompared = 150

// View is an index as seen by public callers, or with all records.
type View struct {
	x      *Index
	public bool
}

// View returns the index without hidden records for public callers, or with all records.
func (x *Index) View(public bool) View { return View{x, public} }

// shows reports whether a row belongs to a record that the view contains.
func (v View) shows(r int32) bool {
	owner := v.x.rows[r].owner
	return owner != 0 && !(v.public && v.x.hidden[owner])
}

// Find returns the records whose best spelling scores at least least, the best first, at most limit.
func (v View) Find(spelling string, least float64, limit int) []Found {
	q := v.x.lexicon.parse(spelling, nil)
	c := v.x.scratch()
	defer c.release()
	return v.x.rank(spelling, q, v.candidates(c, q, false), limit, least, c.compared.score)
}

// Search is Find for a search box: part of a name is enough, and the last word may be incomplete.
func (v View) Search(spelling string, least float64, limit int) []Found {
	q := v.x.lexicon.parse(spelling, nil)
	c := v.x.scratch()
	defer c.release()
	return v.x.rank(spelling, q, v.candidates(c, q, true), limit, least, c.compared.search)
}

// candidates returns the rows that share the most words with a name. With typing, the last word may be incomplete.
func (v View) candidates(c *scratch, q Name, typing bool) []int32 {
	x := v.x
	words := slices.Clone(q.words)
	if q.nameType == organizationName && !typing {
		words = q.properWords() // the others are found by what they mean
	}
	single := len(words)
	for i := 0; i+1 < single && single <= 5; i++ { // a spelling in the index may write two words as one
		words = append(words, c.compared.join(words[i], words[i+1]))
	}
	for i, w := range words {
		c.matches = c.matches[:0]
		add := func(number int32, s float64) {
			if i < single || s >= .8 {
				c.matches = append(c.matches, wordMatch{number, float32((w.weight + x.words[number].weight) / 2 * sharpen(s))})
			}
		}
		for _, other := range x.similarWords(c, w) {
			c.compared.remember(w, x.words[other.number], other.s)
			add(other.number, other.s)
		}
		if typing && i == single-1 {
			x.withPrefix(w.text, func(number int32) { add(number, .97) })
		}
		// Only the best match of a row counts, so the best matches come first.
		slices.SortFunc(c.matches, func(a, b wordMatch) int { return cmp.Compare(b.share, a.share) })
		for _, match := range c.matches {
			for _, r := range x.postings[match.number] {
				row := &c.rows[r]
				switch {
				case row.word == int32(i)+1:
					continue
				case row.word == 0:
					c.matchedRows = append(c.matchedRows, r)
				}
				row.word = int32(i) + 1
				if i >= single { // a joined word stands for two
					row.share = max(row.share, 1.6*match.share)
				} else {
					row.share += match.share
				}
			}
		}
	}
	x.shareReadings(c, q.readings)
	return v.topRows(c)
}

// properWords returns the proper names in the name of an organization.
func (n Name) properWords() (words []*word) {
	for _, r := range n.readings {
		for _, u := range r.units {
			if u.word != nil && !slices.Contains(words, u.word) {
				words = append(words, u.word)
			}
		}
	}
	return words
}

// The shares of concepts of a parent, and of an abbreviation.
const (
	parentShare  = .25
	acronymShare = 1.5
)

// shareReadings adds what rows share with the readings of a name, besides proper names.
func (x *Index) shareReadings(c *scratch, readings []orgReading) {
	count := func(rows []int32, share float32) {
		for _, r := range rows {
			row := &c.rows[r]
			if row.word == 0 {
				c.matchedRows = append(c.matchedRows, r)
				row.word = maxWords + 1
			}
			row.share += share
		}
	}
	var seen []*concept
	for _, r := range readings {
		for _, u := range r.units {
			if u.ending != "" {
				count(x.initials[u.ending], acronymShare)
			}
			if u.acronym != "" {
				count(x.initials[translatedKey(u.word.text)], acronymShare)
			}
			if u.concept == nil || slices.Contains(seen, u.concept) {
				continue
			}
			seen = append(seen, u.concept)
			share := float32(u.weight)
			if u.parent {
				share *= parentShare
			}
			count(x.concepts[u.concept], share)
		}
		for _, acronym := range r.acronyms {
			count(x.initials[acronym], acronymShare)
		}
		for _, initials := range r.initials {
			count(x.acronyms[initials], acronymShare)
		}
		for _, initials := range r.translated {
			count(x.acronyms[translatedKey(initials)], acronymShare)
		}
	}
}

// topRows returns the rows that share the most, at most maxCompared.
func (v View) topRows(c *scratch) []int32 {
	x := v.x
	compare := func(a, b int32) int {
		return cmp.Or(cmp.Compare(c.rows[b].share, c.rows[a].share), cmp.Compare(len(x.rows[a].words), len(x.rows[b].words)), cmp.Compare(a, b))
	}
	rows := make([]int32, 0, 2*maxCompared)
	bar := float32(0) // share of the last of the top rows so far
	for _, r := range c.matchedRows {
		if c.rows[r].share < bar || !v.shows(r) {
			continue
		}
		if rows = append(rows, r); len(rows) == cap(rows) {
			slices.SortFunc(rows, compare)
			rows = rows[:maxCompared]
			bar = c.rows[rows[maxCompared-1]].share
		}
	}
	slices.SortFunc(rows, compare)
	return rows[:min(len(rows), maxCompared)]
}

// rank scores rows and returns the best one of each record, the best record first. spelling is the text of q.
func (x *Index) rank(spelling string, q Name, rows []int32, limit int, least float64, compare func(q, n Name) float64) []Found {
	var found []Found
	at := map[int64]int{}
	var own []float64 // the scores without learned spellings
	var exact []bool  // whether the spelling is the query
	key := Key(spelling)
	for _, r := range rows {
		row := x.rows[r]
		s := compare(q, row.name(q.nameType))
		if s > belowQuestion && x.isOtherName(q, row, s) {
			s = belowQuestion
		}
		if s < least {
			continue
		}
		i, ok := at[row.owner]
		if !ok {
			i = len(found)
			at[row.owner] = i
			found, own, exact = append(found, Found{Owner: row.owner}), append(own, 0), append(exact, false)
		}
		isExact := s >= found[i].Score && Key(row.spelling) == key
		if s > found[i].Score || s == found[i].Score && (isExact || !exact[i] && row.words[0].script == q.words[0].script) {
			found[i].Spelling, found[i].Score, exact[i] = row.spelling, s, isExact
		}
		if !row.learned || isExact {
			own[i] = max(own[i], s)
		}
		found[i].Recalled = found[i].Recalled || row.learned && isExact
	}
	for i := range found {
		found[i].Learned = found[i].Score - own[i]
	}
	slices.SortFunc(found, func(a, b Found) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Owner, b.Owner)) })
	return found[:min(len(found), limit)]
}

// belowQuestion is the score of a name that a record's short form fits although the record's full names are different.
const belowQuestion = .8

// isOtherName reports whether a full name was compared with a short form of a record that has full names, too: an
// abbreviation of an organization, or the surname of a person. The full names decide.
func (x *Index) isOtherName(q Name, r row, score float64) bool {
	if q.nameType == organizationName && (score < Duplicate || score >= Same) || q.IsShortForm() || !r.name(q.nameType).IsShortForm() {
		return false
	}
	return slices.ContainsFunc(x.owners[r.owner], func(number int32) bool { return !x.rows[number].name(q.nameType).IsShortForm() })
}

// name returns the parsed spelling of the row.
func (r row) name(t nameType) Name { return Name{words: r.words, nameType: t, readings: r.readings} }

// IsShortForm reports whether a name is an abbreviation of an organization or a short form of a person's name.
func (n Name) IsShortForm() bool { return n.isAcronym() || n.IsShort() }

// isAcronym reports whether a name of an organization is an abbreviation.
func (n Name) isAcronym() bool {
	if len(n.readings) != 1 {
		return false
	}
	_, ok := n.readings[0].onlyAcronym()
	return ok
}
