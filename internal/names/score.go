package names

import "slices"

// Score returns how likely two spellings are of one name, 0 to 1. It compares word by word, in any order, and is
// symmetric. A patronymic or middle name that one spelling lacks costs little; one that differs costs much. Short forms
// (see ShortForm), and single words that are only similar, stay below Same. Initials alone score 0.
func Score(a, b Name) float64 { return (*comparison)(nil).score(a, b) }

func (c *comparison) score(a, b Name) float64 {
	if a.nameType == organizationName {
		return c.organizationScore(a.readings, b.readings)
	}
	s := c.personScore(a, b)
	switch {
	case c != nil && c.inFull:
	case s < maxWithInitials:
		return max(s, c.shortFormScore(a.words, b.words, s))
	case len(a.words) == 1 && len(b.words) == 1 && c.similarity(a.words[0], b.words[0]) < sameWord:
		return loneWord
	}
	return s
}

// personScore is score for names of people without the rules for short forms and single words.
func (c *comparison) personScore(a, b Name) float64 {
	if len(a.words) > len(b.words) || len(a.words) == len(b.words) && less(b, a) {
		a, b = b, a
	}
	s := c.scoreWords(a.words, b.words, a.nameType)
	if s >= .97 || len(a.words) == len(b.words) {
		return s
	}
	for i := 0; i+1 < len(b.words); i++ { // one spelling may write two words of the other as one: O Brien, but not Brien O.
		if b.words[i+1].initial {
			continue
		}
		if joined := c.join(b.words[i], b.words[i+1]); contains(a.words, joined) {
			s = max(s, .98*c.scoreWords(a.words, slices.Concat(b.words[:i], []*word{joined}, b.words[i+2:]), a.nameType))
		}
	}
	return s
}

// less orders names with the same number of words, to make Score symmetric.
func less(a, b Name) bool {
	for i, w := range a.words {
		if w.text != b.words[i].text {
			return w.text < b.words[i].text
		}
	}
	return false
}

func contains(words []*word, joined *word) bool {
	return slices.ContainsFunc(words, func(w *word) bool { return textSimilarity(w.text, joined.text, .8) > 0 })
}

// pair is a word of each name, by index, and their similarity.
type pair struct {
	i, j int
	s    float64
}

// matchWords pairs the words of two names, the most similar first. restA and restB are the unpaired words.
func (c *comparison) matchWords(a, b []*word) (pairs []pair, restA, restB []int) {
	var buffer [maxWords]pair
	all := buffer[:0]
	for i, x := range a {
		for j, y := range b {
			if s := c.similarity(x, y); s > 0 {
				all = append(all, pair{i, j, s})
			}
		}
	}
	slices.SortStableFunc(all, func(p, q pair) int {
		switch {
		case p.s > q.s:
			return -1
		case p.s < q.s:
			return 1
		}
		return 0
	})
	var usedA, usedB [maxWords]bool
	n := 0
	for _, p := range all {
		if !usedA[p.i] && !usedB[p.j] {
			usedA[p.i], usedB[p.j] = true, true
			all[n] = p
			n++
		}
	}
	for i := range a {
		if !usedA[i] {
			restA = append(restA, i)
		}
	}
	for j := range b {
		if !usedB[j] {
			restB = append(restB, j)
		}
	}
	return all[:n], restA, restB
}

func (c *comparison) scoreWords(a, b []*word, k nameType) float64 {
	pairs, restA, restB := c.matchWords(a, b)
	if len(pairs) == 0 {
		return 0
	}
	matched, total := 0., 0.
	whole, initials := 0, false
	for _, p := range pairs {
		x, y := a[p.i], b[p.j]
		w := x.weight + y.weight
		if x.patronymic && y.patronymic {
			w *= .6
		}
		matched += w * sharpen(p.s)
		total += w
		if !x.initial && !y.initial {
			whole++
		} else {
			initials = initials || !x.initial || !y.initial
		}
	}
	if whole == 0 {
		return 0
	}
	plainA, patronymicsA := unmatchedWeight(a, restA)
	plainB, patronymicsB := unmatchedWeight(b, restB)
	if patronymicsA > 0 && patronymicsB > 0 {
		total++ // different patronymics: different persons
	} else {
		total += .08 * float64(patronymicsA+patronymicsB)
	}
	switch {
	case plainA > 0 && plainB > 0:
		total += plainA + plainB
	case len(pairs) >= 2 && k == personName:
		total += .35 * (plainA + plainB)
	default:
		total += plainA + plainB
	}
	if initials && whole == 1 {
		return min(matched/total, maxWithInitials)
	}
	return matched / total
}

// Sure reports whether two spellings with a score of Same or more are certainly of one name. In the same script, their
// folded letters must be equal: "Marat" and "Murat" are similar, but two names. In different scripts, both must have the
// same number of words and initials. Different remarks in brackets may tell two people with one name apart.
func Sure(a, b Name) bool {
	if a.Empty() || b.Empty() {
		return false
	}
	if a.nameType == organizationName {
		return Score(a, b) >= Same
	}
	if a.remark != "" && b.remark != "" && a.remark != b.remark {
		return false
	}
	if slices.Equal(a.letters(), b.letters()) {
		return true
	}
	return a.words[0].script != b.words[0].script && a.shape() == b.shape() && Score(a, b) >= Same && allWordsAgree(a.core(), b.core())
}

// allWordsAgree reports whether each whole word is the same as one of the other name, so that an equal given name does not
// make up for a surname that is only similar.
func allWordsAgree(a, b []*word) bool {
	pairs, restA, restB := (*comparison)(nil).matchWords(a, b)
	return len(restA) == 0 && len(restB) == 0 && !slices.ContainsFunc(pairs, func(p pair) bool { return p.s < minSure })
}

// minSure is the similarity of words from which they count as one word in Sure.
const minSure = .85

// letters returns the sorted letters of the phonetic key. They do not depend on how the words are joined.
func (n Name) letters() []byte {
	var list []byte
	for _, w := range n.core() {
		list = append(list, w.text...)
	}
	slices.Sort(list)
	return list
}

// shape returns the number of whole words and of initials in the phonetic key.
func (n Name) shape() (s struct{ whole, initials int }) {
	for _, w := range n.core() {
		if w.initial {
			s.initials++
		} else {
			s.whole++
		}
	}
	return s
}

// unmatchedWeight returns the weight of the unpaired words, and the number of unpaired patronymics.
func unmatchedWeight(words []*word, rest []int) (plain float64, patronymics int) {
	for _, i := range rest {
		if words[i].patronymic {
			patronymics++
		} else {
			plain += words[i].weight
		}
	}
	return plain, patronymics
}

// sharpen lowers middling similarities.
func sharpen(s float64) float64 {
	if s >= 1 {
		return 1
	}
	return s * s * (3 - 2*s) * (.5 + .5*s)
}

// Search returns how well the text of a search box matches a name, 0 to 1. A surname alone is enough, and the last word
// may be incomplete. Among equally good matches, the name with the higher Score wins; the result is never below Score.
func Search(query, name Name) float64 { return (*comparison)(nil).search(query, name) }

func (c *comparison) search(query, name Name) float64 {
	if len(query.words) == 0 || len(name.words) == 0 {
		return 0
	}
	matched, total := 0., 0.
	for i, q := range query.words {
		best := 0.
		for _, w := range name.words {
			s := c.similarity(q, w)
			if i == len(query.words)-1 && len(q.text) < len(w.text) {
				s = max(s, .97*textSimilarity(q.text, w.text[:len(q.text)], max(s, best)/.97))
			}
			best = max(best, s)
		}
		weight := q.weight
		if q.patronymic {
			weight = .3
		}
		matched += weight * sharpen(best)
		total += weight
	}
	whole := c.score(query, name)
	return max(whole, .8*matched/total+.2*whole)
}
