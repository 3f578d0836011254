package names

import "slices"

// The scores of organizations. A score of Same or more means that the names certainly are of one organization; a score of
// Duplicate or more, that a person must decide. Between the lowest certain score and the highest question is more than Gap.
const (
	sameReading    = 1.0
	sameWithAdded  = .975 // something was added that does not make it another organization
	lowestQuestion = Duplicate
	question       = .0095 // how much questions differ among themselves
	different      = .6    // highest score of names that contradict each other
)

// verdict is what the comparison of two readings found.
type verdict struct {
	score    float64
	apart    bool // they contradict each other
	byLetter bool // only abbreviations agree
}

// organizationScore compares all readings of two names.
func (c *comparison) organizationScore(a, b []orgReading) float64 {
	best := verdict{}
	var whole verdict
	for i := range a {
		for j := range b {
			v := c.compareReadings(&a[i], &b[j])
			if back := c.compareReadings(&b[j], &a[i]); back.score < v.score { // pairing words can depend on the order
				v = back
			}
			if i == 0 && j == 0 {
				whole = v
			}
			if v.byLetter && i+j > 0 && whole.score < Possible { // the full name decides, not the abbreviation behind it
				v.score = min(v.score, belowQuestion)
			}
			if v.score > best.score {
				best = v
			}
		}
	}
	// One abbreviation behind two different names: two organizations share it.
	if len(a) > 1 && len(b) > 1 && whole.score < Possible && best.score >= Same {
		best.score = lowestQuestion
	}
	return best.score
}

// tallyOf sums what two names share and what only one of them has.
type tallyOf struct {
	matched, quality float64
	left             [2]float64 // main words that only one name has
	added            [2]softWords
	distinct         float64 // how much the shared words distinguish the organization
	heads            int
	nearly, derived  bool // a misprint; an abbreviation that was derived from the initials
	state            bool // the head is that of a body of a state
	body, unit       bool // an international organization; a part or an office of an organization
	matchedCountry   bool
	matchedProper    bool
	across           float64 // main words of one name that are words of the other one's parent
	headAcross       bool
	leftAcronym      bool
	leftHeads        [2]int
	leftNamed        [2]int
	leftArea         [2]bool
	matchedParent    float64
	leftUnits        [2]int
	topics           int  // shared topics
	quoted           int  // shared words of a proper name in quotation marks
	leftQuoted       bool // a name in quotation marks that only one name has in full
	otherForm        bool // different legal forms of one kind: a public and a private foundation
}

// softWords are words of one name that may be added.
type softWords struct {
	parent, country, place, named bool
	foreign                       bool // a country other than that of the registry
	parentWeight                  float64
	parentHead                    bool // the parent has a head that the other name lacks
	parentArea                    bool // the parent is of a territory with the name of a city
	chamber                       bool // the parent is a chamber of a parliament
	ahead                         bool // what stands in front may be the parent, or a part of the name
}

// tally matches two readings and sums what they share and what only one of them has.
func (c *comparison) tally(a, b *orgReading) tallyOf {
	var buffer [2][maxWords]bool
	used := [2][]bool{buffer[0][:len(a.units)], buffer[1][:len(b.units)]}
	t := c.match(a, b, used)
	t.count(0, a, b, used[0])
	t.count(1, b, a, used[1])
	return t
}

// Shortens reports whether the first of two names of organizations is the second without its parent or the home country. A text
// that has both names means one organization.
func Shortens(short, full Name) bool {
	if len(short.readings) == 0 {
		return false
	}
	a := &short.readings[0]
	return slices.ContainsFunc(full.readings, func(b orgReading) bool {
		t := (*comparison)(nil).tally(a, &b)
		added := t.added[1]
		return t.matched > 0 && t.left == [2]float64{} && t.added[0] == softWords{} && added != softWords{} && !added.place && !added.named && !added.foreign &&
			!t.derived && !t.nearly && t.distinct >= 1 && !contradictory(a, &b) && !t.isElsewhere(a, &b)
	})
}

func (c *comparison) compareReadings(a, b *orgReading) verdict {
	if v, ok := compareAcronyms(a, b); ok {
		return v
	}
	t := c.tally(a, b)
	if t.matched == 0 {
		return verdict{}
	}
	left := t.left[0] + t.left[1]
	bothLeft := t.left[0] > 0 && t.left[1] > 0
	if !bothLeft {
		left *= .7
	}
	soft := min(.3, .05*(t.added[0].parentWeight+t.added[1].parentWeight))
	base := (t.quality - t.across/2) / (t.matched + left + soft)
	split := t.across > 0 && (t.headAcross && left > 0 || a.hasParent() && b.hasParent())
	switch {
	case contradictory(a, b):
		return verdict{score: min(different, base), apart: true}
	case t.quoted >= minQuoted && !t.leftQuoted && left > 0: // whatever the kind of organization, and whoever is named with it
		return verdict{score: lowestQuestion + question*min(1, base)/2}
	case split, t.leftAcronym && !t.matchedProper, t.leftHeads[0]+t.leftHeads[1] > 0 && t.body && t.heads == 0: // a part and its whole
		return verdict{score: min(.8, base), apart: true}
	case t.isOtherHead() && a.language != b.language:
		return verdict{score: lowestQuestion}
	case t.leftHeads[0] > 0 && t.leftHeads[1] > 0 || t.leftNamed[0] > 0 && t.leftNamed[1] > 0:
		return verdict{score: min(.8, base), apart: true}
	case t.added[0].parentWeight > .7 && t.added[1].parentWeight > .7 && t.matchedParent < (t.added[0].parentWeight+t.added[1].parentWeight)/2:
		return verdict{score: min(.8, base), apart: true}
	case t.leftArea[0] && t.leftArea[1]:
		return verdict{score: min(.8, base), apart: true}
	}
	if left == 0 && !t.derived {
		if t.isCertain() && !t.isElsewhere(a, b) {
			if t.added[0] == (softWords{}) && t.added[1] == (softWords{}) && !t.nearly {
				return verdict{score: sameReading}
			}
			return verdict{score: sameWithAdded}
		}
		return verdict{score: lowestQuestion + question*min(1, base)}
	}
	if left == 0 {
		return verdict{score: lowestQuestion + question*min(1, base), byLetter: true}
	}
	least := .76
	switch {
	case bothLeft:
		least = .8
	case t.matchedProper:
		least = .6
	}
	if t.isReworded() {
		return verdict{score: lowestQuestion}
	}
	if base >= least && t.distinct >= 1 {
		return verdict{score: lowestQuestion + question*(base-least)}
	}
	return verdict{score: min(lowestQuestion-.001, base)}
}

// minQuoted is the number of words from which a proper name in quotation marks is hardly shared by two organizations.
const minQuoted = 2

// isCertain reports whether names of which all main words agree are of one organization, in spite of what was added.
func (t *tallyOf) isCertain() bool {
	if t.otherForm {
		return false
	}
	need := .5
	for _, added := range t.added {
		switch {
		case added.chamber, added.ahead, added.parentArea && t.matchedParent > 0:
			return false
		case added.country && added.foreign:
			need = max(need, 2.5)
		case added.country && !t.state:
			need = max(need, 2)
		case added.country:
			need = max(need, 1)
		}
		switch {
		case added.place || added.named || added.parent && !t.state:
			need = max(need, 1.5)
		case added.parent:
			need = max(need, 1.3)
		}
	}
	if t.nearly {
		need = max(need, 2)
	}
	return t.distinct >= need
}

// isReworded reports whether two names may be of one organization although each has one word that the other lacks: both have the
// same parent, kind and topic, and one of the words distinguishes little.
func (t *tallyOf) isReworded() bool {
	const distinct = 1.5
	isAgreed := t.heads > 0 && t.topics > 0 && t.matchedParent > 0 && t.distinct >= distinct
	return isAgreed && !t.nearly && t.added == [2]softWords{} && t.leftUnits == [2]int{1, 1} && min(t.left[0], t.left[1]) <= weights[areaClass]
}

// isOtherHead reports whether two names differ only in the kind of organization. Translations of the kind vary: board, управление.
func (t *tallyOf) isOtherHead() bool {
	const distinct = 1.5
	return t.leftUnits == [2]int{1, 1} && t.leftHeads == [2]int{1, 1} && t.heads == 0 && t.distinct >= distinct && !t.nearly && !t.derived &&
		t.added == [2]softWords{}
}

// localHeads are heads of which one organization has many: each territory, and each parent, has its own.
var localHeads = map[string]bool{
	"branch": true, "representation": true, "office": true, "embassy": true, "consulate": true, "mission": true, "akimat": true, "department": true,
}

// chambers are those of the parliament: each has committees, some with the same name.
var chambers = map[string]bool{"senate": true, "mazhilis": true}

// isElsewhere reports whether one of two names has a territory that makes it another organization than the other name: the
// office of an international organization, a branch, a body of a state in a language of another state.
func (t *tallyOf) isElsewhere(a, b *orgReading) bool {
	added := [2]bool{t.added[0].country || t.added[0].place, t.added[1].country || t.added[1].place}
	switch {
	case hasUnclearHost(a), hasUnclearHost(b):
		return true
	case added[0] && added[1], t.matchedParent > 0 && (t.added[0].parentHead || t.added[1].parentHead):
		return true
	case (t.body || t.unit) && t.matchedParent == 0 && (added[0] || added[1]), t.unit && (t.added[0].parent || t.added[1].parent):
		return true
	}
	return (a.foreign || b.foreign) && !t.matchedCountry && !t.matchedProper
}
