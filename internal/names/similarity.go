package names

import "strings"

// What it costs to take one letter for another, to leave one out or to put one in, in twentieths: a letter that agrees in
// nothing costs whole. Pairs that are alike in sound, or that systems of transliteration mix up, cost less. The low bits of
// a cost count contrasts.
var (
	exchange [128][128]uint16
	omission [128]uint16
)

const (
	contrasts = 1 << 6 // more than there are letters to differ in
	whole     = 20 * contrasts
	half      = whole / 2
	cheapest  = half // of the omissions
)

// contrasting are the consonants that differ in the voice alone. All scripts write them apart, so that words which differ in
// one of them are two names, however alike they sound: Ахметов and Ахмедов. Where a spelling has one for the other, there
// is a reading that says so.
const contrasting = "td pb kg sz wj fv"

// mostContrasting is the most that words are alike that are apart by a contrast.
const mostContrasting = .7

// nearlySame is how alike a reading is at least that undoes a contrast.
const nearlySame = .93

func init() {
	for i := range exchange {
		omission[i] = whole
		for j := range exchange {
			if i != j {
				exchange[i][j] = whole
			}
		}
	}
	for c, cost := range map[byte]uint16{'h': 10, 'i': 10, 'e': 10, 'a': 12, 'o': 12, 'u': 12} {
		omission[c] = cost * contrasts
	}
	for cost, pairs := range map[uint16]string{
		6:  "ji hg zs vu vf ie ou ao ae ei",
		7:  "hk",
		8:  "kg cs qw qc ws zc bp dt",
		10: "jw ck qh fp bv qk jz jq jg mn vo eo iu",
		12: "hf ai au eu oi",
	} {
		for pair := range strings.FieldsSeq(pairs) {
			exchange[pair[0]][pair[1]], exchange[pair[1]][pair[0]] = cost*contrasts, cost*contrasts
		}
	}
	for pair := range strings.FieldsSeq(contrasting) {
		exchange[pair[0]][pair[1]]++
		exchange[pair[1]][pair[0]]++
	}
}

// alikeOver is how alike two folded words are, 0 to 1: one less the cost of making one of the other, by the letter. A word that
// begins otherwise is less alike than one that ends otherwise. Words that are not more alike than bar are alike 0: it gives
// up as soon as they cannot be.
func alikeOver(a, b string, bar float64) float64 {
	s, _ := compared(a, b, bar)
	return s
}

// compared is alikeOver, and whether it is a contrast that keeps the words apart.
func compared(a, b string, bar float64) (s float64, apart bool) {
	if a == b {
		return 1, false
	}
	if a == "" || b == "" {
		return 0, false
	}
	a, b = a[:min(len(a), 2*maxLetters)], b[:min(len(b), 2*maxLetters)]
	if len(a) > len(b) {
		a, b = b, a
	}
	all := whole * len(b)
	most := int(float64(all)*(1-bar)) + contrasts // that it may cost
	begins := 0
	if exchange[a[0]&127][b[0]&127] >= whole {
		begins = half
	}
	if most -= begins; cheapest*(len(b)-len(a)) > most {
		return 0, false
	}
	var row [2*maxLetters + 1]int // of costs: to make what was seen of a of the first letters of b
	now := row[:len(b)+1]
	for j := range len(b) {
		now[j+1] = now[j] + int(omission[b[j]&127])
	}
	for i := range len(a) {
		x := a[i] & 127
		costs, out := &exchange[x], int(omission[x])
		diagonal, left := now[0], now[0]+out
		now[0] = left
		lowest := left
		for j := range len(b) {
			y := b[j] & 127
			above := now[j+1]
			left = min(diagonal+int(costs[y]), above+out, left+int(omission[y]))
			diagonal, now[j+1] = above, left
			lowest = min(lowest, left)
		}
		if lowest > most {
			return 0, false
		}
	}
	cost := now[len(b)] + begins
	s, apart = 1-float64(cost/contrasts*contrasts)/float64(all), cost%contrasts > 0
	if apart {
		s = min(s, mostContrasting)
	}
	if s <= bar {
		s = 0
	}
	return s, apart
}

// similarityOver is how alike two words are in any of their readings, 0 to 1, and at most bar unless they are more alike.
func similarityOver(a, b *word, bar float64) float64 {
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
		case cost <= half:
			return .6
		}
		return 0
	}
	if a.patronymic != b.patronymic {
		return .75 * words(a, b, bar/.75) // Oleksandr is not Oleksandrovych
	}
	return words(a, b, bar)
}

// words is similarityOver of words that are not initials, without regard to which of them is a patronymic alone.
func words(a, b *word, bar float64) float64 {
	x, y := a.text, b.text
	if a.patronymic && b.patronymic {
		x, y = a.stem, b.stem
	}
	s, apart := compared(x, y, min(bar, mostContrasting))
	gaveUp := s == 0 && bar > 0
	least := 0.
	if apart { // by another reading they are the same, or apart as well
		least = nearlySame
	}
	if s < .95 {
		s = best(s, .98, a.romanized, b.text, bar, least)
		s = best(s, .98, b.romanized, a.text, bar, least)
	}
	if a.script != b.script && s < .9 {
		s = best(s, .95, a.heard, b.text, bar, least)
		s = best(s, .95, b.heard, a.text, bar, least)
	}
	if s < .9 && sameGiven(a.given, b.given) {
		s = .9
	}
	if s < .86 && !a.patronymic && !b.patronymic {
		s = max(s, .86*alikeRoots(a, b, max(s, bar)/.86))
	}
	if gaveUp && s > bar { // it is not known whether a contrast keeps them apart
		return words(a, b, 0)
	}
	return s
}

// alikeRoots compares surnames of which one at least has an ending that the other has not.
func alikeRoots(a, b *word, bar float64) float64 {
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
	return alikeOver(x, y, bar)
}

// best raises s to the share of how alike one of the readings is to a text, if that is more, and more than bar, and they are
// more alike than least.
func best(s, share float64, readings []string, text string, bar, least float64) float64 {
	for _, r := range readings {
		s = max(s, share*alikeOver(r, text, max(s/share, bar/share, least)))
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
