package names

import (
	"strings"
)

// The costs of the edit distance: to exchange one letter for another, and to omit or insert one, in twentieths. A letter
// without anything in common costs whole. Letters that sound alike, or that transliteration systems confuse, cost less.
// The low bits of a cost count contrasts.
var (
	exchange [128][128]uint16
	omission [128]uint16
)

const (
	contrasts = 1 << 6 // more than the number of letters that can differ
	whole     = 20 * contrasts
	half      = whole / 2
	cheapest  = half // lowest cost of an omission
)

// contrasting lists the consonants that differ only in voice. All scripts distinguish them, so words that differ in one
// of them are different names, however alike they sound: Ахметов and Ахмедов. Readings cover the spellings that use one
// for the other.
const contrasting = "td pb kg sz wj fv"

// maxContrasting limits the similarity of words that differ by a contrast.
const maxContrasting = .7

// minReading is the similarity from which a reading overrides a contrast.
const minReading = .93

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

// textSimilarity returns the similarity of two folded words, 0 to 1: one minus the edit cost per letter. A difference at
// the beginning costs more than one at the end. It returns 0, as early as possible, unless the similarity is above bar.
func textSimilarity(a, b string, bar float64) float64 {
	s, _ := compareTexts(a, b, bar)
	return s
}

// compareTexts is textSimilarity. It also reports whether a contrast separates the words.
func compareTexts(a, b string, bar float64) (s float64, contrast bool) {
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
	limit := int(float64(all)*(1-bar)) + contrasts // highest cost above bar
	initial := 0
	if exchange[a[0]&127][b[0]&127] >= whole {
		initial = half
	}
	if limit -= initial; cheapest*(len(b)-len(a)) > limit {
		return 0, false
	}
	var row [2*maxLetters + 1]int // costs to turn the first letters of b into the letters of a so far
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
		if lowest > limit {
			return 0, false
		}
	}
	cost := now[len(b)] + initial
	s, contrast = 1-float64(cost/contrasts*contrasts)/float64(all), cost%contrasts > 0
	if contrast {
		s = min(s, maxContrasting)
	}
	if s <= bar {
		s = 0
	}
	return s, contrast
}

// wordSimilarity returns the similarity of two words in the best of their readings, 0 to 1.
// The result is exact only above bar.
func wordSimilarity(a, b *word, bar float64) float64 {
	if a == b || a.text == b.text {
		return 1
	}
	if a.acronym || b.acronym {
		return 0
	}
	if a.initial || b.initial {
		return initialSimilarity(a, b)
	}
	if a.patronymic != b.patronymic {
		return .75 * readingSimilarity(a, b, bar/.75) // Oleksandr is not Oleksandrovych
	}
	return readingSimilarity(a, b, bar)
}

// readingSimilarity is wordSimilarity of two words that are not initials. It does not check whether only one of them is
// a patronymic.
func readingSimilarity(a, b *word, bar float64) float64 {
	x, y := a.text, b.text
	if a.patronymic && b.patronymic {
		x, y = a.stem, b.stem
	}
	s, contrast := compareTexts(x, y, min(bar, maxContrasting))
	aborted := s == 0 && bar > 0
	least := 0.
	if contrast { // only a reading that makes the words nearly equal overrides the contrast
		least = minReading
	}
	if s < .95 {
		s = best(s, .98, a.romanizations, b.text, bar, least)
		s = best(s, .98, b.romanizations, a.text, bar, least)
	}
	if a.script != b.script && s < .9 { // surnames with these endings are romanized, not foreign
		s = best(s, .95, a.pronunciations, b.text, bar, least)
		s = best(s, .95, b.pronunciations, a.text, bar, least)
	}
	if s < .9 && sameGiven(a.given, b.given) {
		s = .9
	}
	if s < .86 && !a.patronymic && !b.patronymic {
		s = max(s, .86*rootSimilarity(a, b, max(s, bar)/.86))
	}
	if aborted && s > bar { // the comparison stopped before it knew about a contrast
		return readingSimilarity(a, b, 0)
	}
	return s
}

// rootSimilarity compares surnames without their endings. At least one of them must have an ending.
func rootSimilarity(a, b *word, bar float64) float64 {
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
	return textSimilarity(x, y, bar)
}

// best returns the larger of s and share times the similarity of the text and the best reading. Readings count only if
// their similarity is above least and their result above bar.
func best(s, share float64, readings []string, text string, bar, least float64) float64 {
	for _, r := range readings {
		s = max(s, share*textSimilarity(r, text, max(s/share, bar/share, least)))
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

// comparison caches results about words while one name is compared with many. A nil comparison caches nothing.
type comparison struct {
	similar map[[2]*word]float64
	joined  map[[2]*word]*word
	inFull  bool // short forms do not count
}

// minSimilarity is the similarity up to which two words count as unrelated.
const minSimilarity = .35

// similarity returns how similar two words are, 0 to 1, and 0 up to minSimilarity.
func (c *comparison) similarity(a, b *word) float64 {
	if a == b || a.text == b.text {
		return 1
	}
	if c != nil {
		if s, ok := c.similar[orderedPair(a, b)]; ok {
			return s
		}
	}
	s := wordSimilarity(a, b, minSimilarity)
	if s <= minSimilarity {
		s = 0
	}
	c.remember(a, b, s)
	return s
}

// remember caches the similarity of two words.
func (c *comparison) remember(a, b *word, s float64) {
	if c != nil {
		c.similar[orderedPair(a, b)] = s
	}
}

// orderedPair returns two different words as a map key that does not depend on their order.
func orderedPair(a, b *word) [2]*word {
	if a.text > b.text {
		a, b = b, a
	}
	return [2]*word{a, b}
}

// join returns two words as one.
func (c *comparison) join(a, b *word) *word {
	if c == nil {
		return joinWords(a, b)
	}
	joined := c.joined[[2]*word{a, b}]
	if joined == nil {
		joined = joinWords(a, b)
		c.joined[[2]*word{a, b}] = joined
	}
	return joined
}

func joinWords(a, b *word) *word {
	text := simplify(a.text + b.text)
	return &word{key: string(rune(a.script)) + "\x00" + text, text: text, script: a.script, weight: 1}
}

// reset empties the caches.
func (c *comparison) reset() {
	clear(c.similar)
	clear(c.joined)
}
