package names

import "slices"

// alikeEnough is how alike two words are at least that count as one where another one differs.
const alikeEnough = .97

// ButOne gives the records of which a spelling is the name but for one word, as that of somebody who has taken another surname:
// first those that have the words in the same order, the most alike first. A patronymic may be lacking, but not be another one.
// If they are more than most, the name says too little, and it gives none.
func (v View) ButOne(spelling string, most int) []Found {
	x := v.x
	q := x.lexicon.parse(spelling, nil)
	asked := q.core()
	if len(asked) < 2 || hasInitial(asked) {
		return nil
	}
	c := x.scratch()
	defer c.giveBack()
	alike := make([][]int32, len(asked)) // words of the index, by the word of the name that they are alike
	for i, w := range asked {
		for _, other := range x.relatives(c, w) {
			if other.s >= alikeEnough {
				alike[i] = append(alike[i], other.number)
			}
		}
		for _, number := range alike[i] {
			for _, r := range x.places[number] {
				row := &c.rows[r]
				if row.word == int32(i)+1 {
					continue
				}
				if row.word == 0 {
					c.touched = append(c.touched, r)
				}
				row.word = int32(i) + 1
				row.share++
			}
		}
	}
	var rows [2][]int32 // in the same order, in another one
	owners := map[int64]bool{}
	for _, r := range c.touched {
		if int(c.rows[r].share) < len(asked)-1 || !v.sees(r) {
			continue
		}
		n := Name{x.rows[r].words, q.kind}
		sameOrder, ok := butOne(alike, n.core())
		if !ok || !c.compared.sameFather(q, n) {
			continue
		}
		if owners[x.rows[r].owner] = true; len(owners) > most {
			return nil
		}
		if sameOrder {
			rows[0] = append(rows[0], r)
		} else {
			rows[1] = append(rows[1], r)
		}
	}
	found := x.rank(q, rows[0], most, 0, c.compared.score)
	for _, f := range x.rank(q, rows[1], most, 0, c.compared.score) {
		if !slices.ContainsFunc(found, func(before Found) bool { return before.Owner == f.Owner }) {
			found = append(found, f)
		}
	}
	return found
}

// butOne reports whether as many words are those of a name but for one, and whether these are in its order. alike holds the words
// of the index that are alike each word of the name.
func butOne(alike [][]int32, words []*word) (sameOrder, ok bool) {
	if len(words) != len(alike) || hasInitial(words) {
		return false, false
	}
	var used [maxWords]bool
	agree := 0
	sameOrder = true
	for i, numbers := range alike {
		for j, w := range words {
			if !used[j] && slices.Contains(numbers, w.number) {
				used[j] = true
				agree++
				sameOrder = sameOrder && i == j
				break
			}
		}
	}
	return sameOrder, agree == len(alike)-1
}

func hasInitial(words []*word) bool {
	return slices.ContainsFunc(words, func(w *word) bool { return w.initial })
}

// sameFather reports whether the fathers that two names tell of beside their core are one.
func (c *comparison) sameFather(a, b Name) bool {
	x, y := a.father(), b.father()
	return x == nil || y == nil || c.similarity(x, y) >= alikeEnough
}
