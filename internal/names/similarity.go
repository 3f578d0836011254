package names

import "strings"

// What it costs to take one letter for another, to leave one out or to put one in; a letter that agrees in nothing costs 1.
// Pairs that are alike in sound, or that systems of transliteration mix up, cost less.
var (
	exchange [128][128]float32
	omission [128]float32
)

func init() {
	for i := range exchange {
		omission[i] = 1
		for j := range exchange {
			if i != j {
				exchange[i][j] = 1
			}
		}
	}
	for c, cost := range map[byte]float32{'h': .5, 'i': .5, 'e': .5, 'a': .6, 'o': .6, 'u': .6} {
		omission[c] = cost
	}
	for cost, pairs := range map[float32]string{
		.3:  "ji hg zs vu vf ie ou ao ae ei",
		.35: "hk",
		.4:  "kg cs qw qc ws zc bp dt",
		.5:  "jw ck qh fp bv qk jz jq jg mn vo eo iu",
		.6:  "hf ai au eu oi",
	} {
		for pair := range strings.FieldsSeq(pairs) {
			exchange[pair[0]][pair[1]], exchange[pair[1]][pair[0]] = cost, cost
		}
	}
}

// alike is how alike two folded words are, 0 to 1: one less the cost of making one of the other, by the letter. A word that
// begins otherwise is less alike than one that ends otherwise.
func alike(a, b string) float64 {
	if a == b {
		return 1
	}
	if a == "" || b == "" {
		return 0
	}
	var rows [2][2*maxLetters + 1]float32
	a, b = a[:min(len(a), 2*maxLetters)], b[:min(len(b), 2*maxLetters)]
	was, now := &rows[0], &rows[1]
	for j := range len(b) {
		was[j+1] = was[j] + omission[b[j]&127]
	}
	for i := range len(a) {
		x := a[i] & 127
		costs, out := &exchange[x], omission[x]
		now[0] = was[0] + out
		for j := range len(b) {
			y := b[j] & 127
			least := was[j] + costs[y]
			least = min(least, was[j+1]+out, now[j]+omission[y])
			now[j+1] = least
		}
		was, now = now, was
	}
	cost := float64(was[len(b)])
	if exchange[a[0]&127][b[0]&127] >= 1 {
		cost += .5
	}
	return max(0, 1-cost/float64(max(len(a), len(b))))
}

// similarity is how alike two words are in any of their readings, 0 to 1.
func similarity(a, b *word) float64 {
	if a == b || a.text == b.text {
		return 1
	}
	if a.acronym || b.acronym {
		return 0
	}
	if a.initial || b.initial {
		switch cost := exchange[a.text[0]&127][b.text[0]&127]; {
		case cost == 0:
			return .85
		case cost <= .5:
			return .6
		}
		return 0
	}
	var s float64
	switch {
	case a.patronymic && b.patronymic:
		s = alike(a.stem, b.stem)
	default:
		s = alike(a.text, b.text)
	}
	if s < .95 {
		s = max(s, .98*best(a.romanized, b.text), .98*best(b.romanized, a.text))
	}
	if a.script != b.script && s < .9 {
		s = max(s, .95*best(a.heard, b.text), .95*best(b.heard, a.text))
	}
	if s < .9 && sameGiven(a.given, b.given) {
		s = .9
	}
	if s < .86 && !a.patronymic && !b.patronymic {
		s = max(s, .86*alikeRoots(a, b))
	}
	if a.patronymic != b.patronymic {
		s *= .75 // Oleksandr is not Oleksandrovych
	}
	return s
}

// alikeRoots compares surnames of which one at least has an ending that the other has not.
func alikeRoots(a, b *word) float64 {
	if a.root == "" && b.root == "" {
		return 0
	}
	x, y := a.root, b.root
	if x == "" {
		x = a.text
	}
	if y == "" {
		y = b.text
	}
	return alike(x, y)
}

func best(readings []string, text string) (s float64) {
	for _, r := range readings {
		s = max(s, alike(r, text))
	}
	return s
}

func sameGiven(a, b []int) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}
