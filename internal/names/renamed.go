package names

import "slices"

// sameWord is the similarity from which two words count as the same word in FindRenamed.
const sameWord = .97

// FindRenamed returns the records with a spelling that differs from the given one in exactly one word, such as the name
// of a person who changed the surname. Records with the words in the same order come first, then by score. A patronymic
// may be missing, but must not differ. If there are more than limit such records, the name is too common and the result
// is empty.
func (v View) FindRenamed(spelling string, limit int) []Found {
	x := v.x
	q := x.lexicon.parse(spelling, nil)
	wanted := q.core()
	if len(wanted) < 2 || hasInitial(wanted) {
		return nil
	}
	c := x.scratch()
	defer c.release()
	matching := make([][]int32, len(wanted)) // for each word of the name, the words of the index that match it
	for i, w := range wanted {
		for _, other := range x.similarWords(c, w) {
			if other.s >= sameWord {
				matching[i] = append(matching[i], other.number)
			}
		}
		for _, number := range matching[i] {
			for _, r := range x.postings[number] {
				row := &c.rows[r]
				if row.word == int32(i)+1 {
					continue
				}
				if row.word == 0 {
					c.matchedRows = append(c.matchedRows, r)
				}
				row.word = int32(i) + 1
				row.share++
			}
		}
	}
	var rows [2][]int32 // with the words in the same order; in another order
	owners := map[int64]bool{}
	for _, r := range c.matchedRows {
		if int(c.rows[r].share) < len(wanted)-1 || !v.shows(r) {
			continue
		}
		n := Name{words: x.rows[r].words, nameType: q.nameType}
		sameOrder, ok := allButOneMatch(matching, n.core())
		if !ok || !c.compared.samePatronymic(q, n) {
			continue
		}
		if owners[x.rows[r].owner] = true; len(owners) > limit {
			return nil
		}
		if sameOrder {
			rows[0] = append(rows[0], r)
		} else {
			rows[1] = append(rows[1], r)
		}
	}
	found := x.rank(spelling, q, rows[0], limit, 0, c.compared.score)
	for _, f := range x.rank(spelling, q, rows[1], limit, 0, c.compared.score) {
		if !slices.ContainsFunc(found, func(before Found) bool { return before.Owner == f.Owner }) {
			found = append(found, f)
		}
	}
	return found
}

// allButOneMatch reports whether all words of a name but one match, and whether these are in the same order. matching
// holds, for each wanted word, the words of the index that match it.
func allButOneMatch(matching [][]int32, words []*word) (sameOrder, ok bool) {
	if len(words) != len(matching) || hasInitial(words) {
		return false, false
	}
	var used [maxWords]bool
	agree := 0
	sameOrder = true
	for i, numbers := range matching {
		for j, w := range words {
			if !used[j] && slices.Contains(numbers, w.number) {
				used[j] = true
				agree++
				sameOrder = sameOrder && i == j
				break
			}
		}
	}
	return sameOrder, agree == len(matching)-1
}

func hasInitial(words []*word) bool {
	return slices.ContainsFunc(words, func(w *word) bool { return w.initial })
}

// samePatronymic reports whether the patronymics outside the cores of two names agree, or one of them is missing.
func (c *comparison) samePatronymic(a, b Name) bool {
	x, y := a.patronymic(), b.patronymic()
	return x == nil || y == nil || c.similarity(x, y) >= sameWord
}
