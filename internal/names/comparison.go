package names

// comparison remembers what it found out about words while one name is compared with many. A nil one remembers nothing.
type comparison struct {
	similar map[[2]*word]float64
	glued   map[[2]*word]*word
}

// leastSimilar is how alike two words are at least to say anything.
const leastSimilar = .35

// similarity is how alike two words are, 0 unless that says anything.
func (c *comparison) similarity(a, b *word) float64 {
	if a == b || a.text == b.text {
		return 1
	}
	if c != nil {
		if s, ok := c.similar[ordered(a, b)]; ok {
			return s
		}
	}
	s := similarityOver(a, b, leastSimilar)
	if s <= leastSimilar {
		s = 0
	}
	c.note(a, b, s)
	return s
}

// note remembers how alike two words are.
func (c *comparison) note(a, b *word, s float64) {
	if c != nil {
		c.similar[ordered(a, b)] = s
	}
}

// ordered is a pair of different words, one for either order.
func ordered(a, b *word) [2]*word {
	if a.text > b.text {
		a, b = b, a
	}
	return [2]*word{a, b}
}

// both is two words as one.
func (c *comparison) both(a, b *word) *word {
	if c == nil {
		return glue(a, b)
	}
	both := c.glued[[2]*word{a, b}]
	if both == nil {
		both = glue(a, b)
		c.glued[[2]*word{a, b}] = both
	}
	return both
}

func glue(a, b *word) *word {
	text := smooth(a.text + b.text)
	return &word{key: string(rune(a.script)) + "\x00" + text, text: text, script: a.script, weight: 1}
}

// forget lets go of all words.
func (c *comparison) forget() {
	clear(c.similar)
	clear(c.glued)
}
