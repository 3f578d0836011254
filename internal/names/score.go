package names

import "slices"

// Score says how likely two spellings are of one name, 0 to 1: word by word, whatever the order. A patronymic or a middle
// name that one of them lacks costs little, one that differs much; a surname with an initial is never
// sure, and initials alone say nothing. It is symmetric.
func Score(a, b Name) float64 { return (*comparison)(nil).score(a, b) }

func (c *comparison) score(a, b Name) float64 {
	if len(a.words) > len(b.words) || len(a.words) == len(b.words) && less(b, a) {
		a, b = b, a
	}
	s := c.scoreWords(a.words, b.words, a.kind)
	if s >= .97 || len(a.words) == len(b.words) {
		return s
	}
	for i := 0; i+1 < len(b.words); i++ { // two words of one may be run together in the other
		if both := c.both(b.words[i], b.words[i+1]); runTogether(both, a.words) {
			s = max(s, .98*c.scoreWords(a.words, slices.Concat(b.words[:i], []*word{both}, b.words[i+2:]), a.kind))
		}
	}
	return s
}

// less orders names of equally many words, so that the order of the arguments does not matter.
func less(a, b Name) bool {
	for i, w := range a.words {
		if w.text != b.words[i].text {
			return w.text < b.words[i].text
		}
	}
	return false
}

func runTogether(both *word, in []*word) bool {
	return slices.ContainsFunc(in, func(w *word) bool { return alikeOver(w.text, both.text, .8) > 0 })
}

// pair is a word of either name, and how alike they are.
type pair struct {
	i, j int
	s    float64
}

// matching pairs the words of two names, the most alike first; rest are those that have no partner.
func (c *comparison) matching(a, b []*word) (pairs []pair, restA, restB []int) {
	var room [maxWords]pair
	all := room[:0]
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

func (c *comparison) scoreWords(a, b []*word, k kind) float64 {
	pairs, restA, restB := c.matching(a, b)
	if len(pairs) == 0 {
		return 0
	}
	got, of := 0., 0.
	whole, initials := 0, false
	for _, p := range pairs {
		x, y := a[p.i], b[p.j]
		w := x.weight + y.weight
		if x.patronymic && y.patronymic {
			w *= .6
		}
		got += w * steep(p.s)
		of += w
		if !x.initial && !y.initial {
			whole++
		} else {
			initials = initials || !x.initial || !y.initial
		}
	}
	if whole == 0 {
		return 0
	}
	plainA, patronymicsA := left(a, restA)
	plainB, patronymicsB := left(b, restB)
	if patronymicsA > 0 && patronymicsB > 0 {
		of++ // of two fathers: not the same person
	} else {
		of += .08 * float64(patronymicsA+patronymicsB)
	}
	switch {
	case plainA > 0 && plainB > 0:
		of += plainA + plainB
	case len(pairs) >= 2 && k == ofPerson:
		of += .35 * (plainA + plainB)
	default:
		of += plainA + plainB
	}
	if initials && whole == 1 {
		return min(got/of, unsure)
	}
	return got / of
}

// unsure is the most that a surname and an initial say: many people share them.
const unsure = .9

// Sure reports whether two spellings of which the score is Same or more are of one name without a doubt. In one script they
// have the same letters, but for what transliterations mix up: "Marat" and "Murat" are alike, and two men. Between scripts,
// neither may have more words or initials than the other.
func Sure(a, b Name) bool {
	if a.Empty() || b.Empty() {
		return false
	}
	if slices.Equal(a.letters(), b.letters()) {
		return true
	}
	return a.words[0].script != b.words[0].script && a.shape() == b.shape() && Score(a, b) >= Same
}

// letters gives those of the sound in order, so that it does not matter how words are run together.
func (n Name) letters() []byte {
	var list []byte
	for _, w := range n.core() {
		list = append(list, w.text...)
	}
	slices.Sort(list)
	return list
}

// shape gives how many whole words and how many initials make the sound.
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

// left weighs the words without a partner.
func left(words []*word, rest []int) (plain float64, patronymics int) {
	for _, i := range rest {
		if words[i].patronymic {
			patronymics++
		} else {
			plain += words[i].weight
		}
	}
	return plain, patronymics
}

// steep pulls down what is only somewhat alike.
func steep(s float64) float64 {
	if s >= 1 {
		return 1
	}
	return s * s * (3 - 2*s) * (.5 + .5*s)
}

// Search says how well what is typed into a search box fits a name, 0 to 1: a surname alone is enough, and the last word may
// be the beginning of one. Among names that fit alike the one that is liker as a whole scores more, and none less than it is
// like as a whole.
func Search(query, name Name) float64 { return (*comparison)(nil).search(query, name) }

func (c *comparison) search(query, name Name) float64 {
	if len(query.words) == 0 || len(name.words) == 0 {
		return 0
	}
	got, of := 0., 0.
	for i, q := range query.words {
		best := 0.
		for _, w := range name.words {
			s := c.similarity(q, w)
			if i == len(query.words)-1 && len(q.text) < len(w.text) {
				s = max(s, .97*alikeOver(q.text, w.text[:len(q.text)], max(s, best)/.97))
			}
			best = max(best, s)
		}
		weight := q.weight
		if q.patronymic {
			weight = .3
		}
		got += weight * steep(best)
		of += weight
	}
	whole := c.score(query, name)
	return max(whole, .8*got/of+.2*whole)
}
