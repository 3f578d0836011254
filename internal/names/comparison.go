package names

// comparison caches results about words while one name is compared with many. A nil comparison caches nothing.
type comparison struct {
	similar map[[2]*word]float64
	joined  map[[2]*word]*word
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
