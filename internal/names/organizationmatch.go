package names

import (
	"slices"
	"strings"
)

// match pairs the units of two readings: equal concepts first, then similar proper names, then abbreviations with words.
func (c *comparison) match(a, b *orgReading, used [2][]bool) (t tallyOf) {
	pair := func(i, j int, s float64) {
		x, y := &a.units[i], &b.units[j]
		used[0][i], used[1][j] = true, true
		w := (x.weight + y.weight) / 2
		t.matchedCountry = t.matchedCountry || x.class == countryClass || x.class == placeClass
		if x.parent && y.parent {
			t.matchedParent += w
			if x.class != countryClass {
				t.distinct += .5 * w
			}
			return
		}
		if x.named || y.named || x.class == countryClass || x.tail || y.tail {
			w *= .5
		}
		t.matched += w
		t.quality += w * s
		if x.concept != nil {
			t.state = t.state || x.concept.state
			t.body = t.body || x.class == bodyClass
			if x.isHead() {
				t.heads++
			}
			t.otherForm = t.otherForm || x.form != nil && y.form != nil && x.form != y.form
			t.unit = t.unit || x.class == unitClass || localHeads[x.concept.name]
		}
		switch x.class {
		case headClass, unitClass:
		case attributeClass, areaClass, countryClass:
			t.distinct += .3
		case properClass:
			if x.quoted || y.quoted {
				t.quoted++
			}
			t.distinct += 1.25 * x.weight
			t.matchedProper = true
		case bodyClass:
			t.distinct += 1.5
		default:
			t.distinct += x.weight
			if x.class == topicClass {
				t.topics++
			}
		}
	}
	for _, sameSide := range []bool{true, false} { // first within the main part and within the parent
		for i := range a.units {
			x := &a.units[i]
			if used[0][i] || x.concept == nil {
				continue
			}
			for j := range b.units {
				y := &b.units[j]
				if !used[1][j] && x.concept == y.concept && (x.parent == y.parent) == sameSide {
					pair(i, j, 1)
					if !sameSide && x.class != officeClass && x.class != countryClass {
						t.across += x.weight
						t.headAcross = t.headAcross || x.isHead()
					}
					break
				}
			}
		}
	}
	c.matchProper(a, b, used, pair, &t)
	matchInitials(a, b, used, pair, &t)
	matchInitials(b, a, [2][]bool{used[1], used[0]}, func(i, j int, s float64) { pair(j, i, s) }, &t)
	return t
}

// minAcronym is the length from which an acronym in another script is the same.
const minAcronym = 4

// minProper is the similarity from which two words may be one proper name; sameProper, from which they are.
const (
	minProper  = .75
	sameProper = .93
)

// matchProper pairs proper names, the most similar first.
func (c *comparison) matchProper(a, b *orgReading, used [2][]bool, pair func(i, j int, s float64), t *tallyOf) {
	for {
		best, bi, bj := minProper, -1, -1
		for i := range a.units {
			x := &a.units[i]
			if used[0][i] || x.word == nil {
				continue
			}
			for j := range b.units {
				y := &b.units[j]
				if used[1][j] || y.word == nil {
					continue
				}
				if s := c.properSimilarity(x, y); s > best {
					best, bi, bj = s, i, j
				}
			}
		}
		if bi < 0 {
			break
		}
		x, y := a.units[bi].word, b.units[bj].word
		romanized := slices.Contains(x.romanizations, y.text) || slices.Contains(y.romanizations, x.text)
		if best < sameProper || x.script == y.script && x.text != y.text && !romanized {
			if best < sameProper && (min(len(x.text), len(y.text)) < minMisprint || !oneEdit(x.text, y.text)) {
				t.left[0] += .01 // similar words, but not the same
				t.left[1] += .01
			}
			t.nearly = true
		}
		pair(bi, bj, best)
	}
	c.matchJoined(a, b, used, pair)
	c.matchJoined(b, a, [2][]bool{used[1], used[0]}, func(i, j int, s float64) { pair(j, i, s) })
}

// matchJoined pairs two words of a with one of b: Air Astana and AirAstana.
func (c *comparison) matchJoined(a, b *orgReading, used [2][]bool, pair func(i, j int, s float64)) {
	for i := 0; i+1 < len(a.units); i++ {
		x, y := &a.units[i], &a.units[i+1]
		if used[0][i] || used[0][i+1] || x.word == nil || y.word == nil || x.acronym != "" && y.acronym != "" {
			continue
		}
		joined := simplify(x.word.text + y.word.text)
		for j := range b.units {
			if z := &b.units[j]; !used[1][j] && z.word != nil && z.word.text == joined {
				pair(i, j, 1)
				used[0][i+1] = true
				break
			}
		}
	}
}

func (c *comparison) properSimilarity(x, y *unit) float64 {
	if x.acronym != "" && y.acronym != "" {
		switch {
		case x.word.text != y.word.text:
			return 0
		case x.word.script != y.word.script && len(x.word.text) < minAcronym:
			return .9
		}
		return 1
	}
	return c.similarity(x.word, y.word)
}

// matchInitials pairs the acronyms of a with runs of words of b that begin with its letters.
func matchInitials(a, b *orgReading, used [2][]bool, pair func(i, j int, s float64), t *tallyOf) {
	for i := range a.units {
		x := &a.units[i]
		if used[0][i] || x.acronym == "" {
			continue
		}
		for from := range b.units {
			rest, to := x.acronym, from
			for to < len(b.units) && !used[1][to] && rest != "" && b.units[to].initials != "" {
				after, ok := strings.CutPrefix(rest, b.units[to].initials)
				if !ok {
					break
				}
				rest = after
				to++
			}
			if rest != "" || to-from < 2 {
				continue
			}
			for j := from; j < to; j++ {
				used[1][j] = true
			}
			pair(i, from, .97)
			t.derived = t.derived || !x.parent
			break
		}
		if !used[0][i] && !x.parent {
			matchHeadFirst(i, x, b, used[1], pair, t)
		}
	}
}

// matchHeadFirst pairs an acronym with the main words of b if these begin with its letters once the head comes first: CWR and Water
// Research Center. English names have the head at either end.
func matchHeadFirst(i int, acronym *unit, b *orgReading, used []bool, pair func(i, j int, s float64), t *tallyOf) {
	var run []int
	initials, head := "", false
	for j := range b.units {
		y := &b.units[j]
		switch {
		case used[j] || y.parent || y.tail || y.concept == nil:
		case y.isHead() && !head:
			run, initials, head = append([]int{j}, run...), y.initials+initials, true
		default:
			run, initials = append(run, j), initials+y.initials
		}
	}
	if !head || len(run) < minBeginnings || initials != acronym.acronym {
		return
	}
	for _, j := range run {
		used[j] = true
	}
	pair(i, run[0], .97)
	t.derived = true
}

// count sums the units that were not paired.
func (t *tallyOf) count(side int, r, other *orgReading, used []bool) {
	for i := range r.units {
		x := &r.units[i]
		if x.misprint && used[i] {
			t.nearly = true
		}
		t.leftQuoted = t.leftQuoted || x.quoted && !used[i]
		soft := &t.added[side]
		if used[i] || x.class == countryClass && slices.Contains(territories(other, countryClass, true, false), x.concept) {
			continue
		}
		switch { // the home country of a parent that only this name has says no more than the parent
		case x.class == countryClass && !x.quoted && !(x.parent && x.concept == concepts.home && t.matchedParent == 0):
			soft.country = true
			soft.foreign = soft.foreign || x.concept != concepts.home
		case x.parent:
			soft.parent = true
			soft.parentWeight += x.weight
			soft.parentHead = soft.parentHead || x.isHead()
			soft.parentArea = soft.parentArea || x.class == areaClass && x.concept.name != "city"
			soft.ahead = soft.ahead || x.ahead
			soft.chamber = soft.chamber || x.concept != nil && chambers[x.concept.name]
		case x.tail:
			soft.place = true
		case x.named:
			soft.named = true
			if x.word == nil || !x.word.initial {
				t.leftNamed[side]++
			}
		default:
			t.left[side] += x.weight
			t.leftUnits[side]++
			t.leftAcronym = t.leftAcronym || x.acronym != ""
			if x.isHead() {
				t.leftHeads[side]++
			}
			if x.class == areaClass {
				t.leftArea[side] = true
			}
		}
	}
}

func (r *orgReading) hasParent() bool {
	return slices.ContainsFunc(r.units, func(x unit) bool { return x.parent })
}
