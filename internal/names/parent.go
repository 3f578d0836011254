package names

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// startsParent reports whether a unit can be the head of the parent's name.
func (u unit) startsParent() bool {
	return (u.isHead() || u.class == officeClass) && !u.plural
}

// arrange finds the parent, the names after which an organization is named, and the initials, and removes function words.
func (r *orgReading) arrange(isKazakh bool) {
	u := r.units
	markNamed(u, isKazakh)
	markSubjects(u)
	from, to := parentOf(u, isKazakh)
	for i := from; i < to; i++ {
		u[i].parent = true
	}
	r.language = languageOf(u, isKazakh)
	r.translateInitials()
	var all, main, withoutCountry string
	for _, x := range u {
		if x.class >= linkClass || x.class == formClass || x.named {
			continue
		}
		all += x.initials
		if !x.parent && !x.tail && !x.host {
			main += x.initials
			if x.class != countryClass {
				withoutCountry += x.initials
			}
		}
	}
	for _, s := range []string{all, main, withoutCountry} {
		if n := utf8.RuneCountInString(s); n >= 2 && n <= maxCapitals && !slices.Contains(r.initials, s) {
			r.initials = append(r.initials, s)
		}
	}
	r.units = slices.DeleteFunc(u, func(x unit) bool { return x.class >= linkClass || x.class == formClass })
	if len(r.units) == 0 {
		r.units = slices.DeleteFunc(u, func(x unit) bool { return x.class >= linkClass })
	}
	r.dropLegalHead()
	if !slices.ContainsFunc(r.units, func(x unit) bool { return !x.parent }) { // nothing but a parent: it is the name
		for i := range r.units {
			r.units[i].parent = false
		}
	}
}

// languageOf returns the language of a name by its letters: english stands for all that are written in Latin letters.
func languageOf(u []unit, isKazakh bool) rune {
	if isKazakh {
		return kazakh
	}
	for _, x := range u {
		if first, _ := utf8.DecodeRuneInString(x.initials); x.initials != "" && scriptOfRune(first) == cyrillicScript {
			return russian
		}
	}
	return english
}

// minTranslated is the number of initials that are translated.
const minTranslated = 3

// translateInitials finds the initials that a name in English has in Russian, and the other way round. Both have nearly the same
// order of words; Kazakh has another one.
func (r *orgReading) translateInitials() {
	language := rune(russian)
	switch r.language {
	case russian:
		language = english
	case kazakh:
		return
	}
	var all, main, withoutCountry string
	for _, x := range r.units {
		if x.class >= linkClass || x.class == formClass || x.named {
			continue
		}
		var initials string
		switch {
		case x.word != nil && x.acronym == "":
			initials = x.word.text[:1]
		case x.concept != nil:
			s := x.concept.initials[language]
			first, _ := utf8.DecodeRuneInString(s)
			initials = fold(s, scriptOfRune(first), orthography{})
		}
		if initials == "" {
			return
		}
		if !x.tail { // an abbreviation rarely has the place
			all += initials
		}
		if !x.parent && !x.tail && !x.host {
			main += initials
			if x.class != countryClass {
				withoutCountry += initials
			}
		}
	}
	for _, s := range []string{all, main, withoutCountry} {
		if len(s) >= minTranslated && len(s) <= maxCapitals && !slices.Contains(r.translated, s) {
			r.translated = append(r.translated, s)
		}
	}
}

// dropLegalHead removes a head that only says the legal form of the organization in quotation marks, which has a head of
// its own: Public Foundation "Center for Social Research".
func (r *orgReading) dropLegalHead() {
	for i, x := range r.units {
		if x.class != headClass || x.quoted || x.parent {
			continue
		}
		quoted := slices.IndexFunc(r.units, func(y unit) bool { return y.quoted && y.isHead() && !y.parent })
		if quoted >= 0 && (x.concept.name == "fund" || x.concept.name == "association") {
			if r.units[quoted].form == nil {
				r.units[quoted].form = x.form
			}
			r.units = slices.Delete(r.units, i, i+1)
		}
		return
	}
}

// markNamed marks the names of people after whom an organization is named.
func markNamed(u []unit, isKazakh bool) {
	for i, x := range u {
		if x.class != namedClass {
			continue
		}
		if isKazakh {
			for k := i - 1; k >= 0 && (u[k].class == properClass || u[k].class == placeClass); k-- {
				u[k].named = true
			}
			continue
		}
		for k := i + 1; k < len(u) && (u[k].class == properClass && u[k].acronym == "" || u[k].class == placeClass); k++ {
			u[k].named = true
		}
	}
}

// conjunctions are the words for "and" in the languages of the tables.
var conjunctions = strings.Fields("and и және мен бен пен und et ve va və жана ва")

func isConjunction(x unit) bool {
	return x.class == linkClass && x.concept != nil && slices.Contains(conjunctions, x.written[0])
}

// markSubjects marks countries that an organization deals with: those that a conjunction joins to a topic, as in Center for Russian
// and Central Asian Studies.
func markSubjects(u []unit) {
	for i := 0; i+2 < len(u); i++ {
		if !isConjunction(u[i+1]) {
			continue
		}
		for _, pair := range [][2]int{{i, i + 2}, {i + 2, i}} {
			if x, y := &u[pair[0]], u[pair[1]]; x.class == countryClass && y.class == topicClass {
				x.class, x.weight, x.host = topicClass, weights[topicClass], false
			}
		}
	}
}

// parentOf returns the range of the units that name the parent.
func parentOf(u []unit, isKazakh bool) (from, to int) {
	under := slices.IndexFunc(u, func(x unit) bool { return x.class == underClass })
	last := len(u) - 1
	for last >= 0 && !u[last].isHead() {
		last--
	}
	if isKazakh && last >= 0 {
		boundary := under
		for i := last - 1; i > boundary; i-- {
			if u[i].startsParent() && !u[i].quoted {
				boundary = i
				break
			}
		}
		return 0, boundary + 1
	}
	first := slices.IndexFunc(u, func(x unit) bool { return x.isHead() })
	if under > 0 {
		return under, len(u)
	}
	if from, to := wholeBefore(u, first); to > 0 {
		return from, to
	}
	comma := slices.IndexFunc(u, func(x unit) bool { return x.class == linkClass && x.concept == nil && x.tail })
	if comma > 0 && first >= 0 {
		switch head := slices.IndexFunc(u[comma:], unit.isHead); {
		case head >= 0 && first < comma:
			return comma, len(u)
		case head < 0 && !slices.ContainsFunc(u[comma:], func(x unit) bool { return x.class == topicClass || x.class == attributeClass || x.quoted }):
			for i := comma; i < len(u); i++ { // a place, also one that is not in the table
				u[i].tail = u[i].tail || u[i].class == properClass || u[i].class == placeClass || u[i].class == countryClass
			}
		}
	}
	if first < 0 {
		return 0, 0
	}
	for i := first + 1; i < len(u); i++ {
		isAcronym := u[i].acronym != "" && !u[i].quoted
		if !u[i].startsParent() && !isAcronym || u[i].quoted && !u[first].quoted {
			continue
		}
		for k := i - 1; k > first; k-- {
			if u[k].class == linkClass && u[k].concept != nil && isOf(u[k].concept) {
				return k, len(u)
			}
			if isAcronym { // the parent only if "of" is directly before it
				break
			}
		}
		if u[i].word == nil && isRussianGenitive(u[i]) {
			return i, len(u)
		}
	}
	return 0, parentBefore(u, first, last)
}

// partHeads are heads of parts of organizations, besides those of unitClass; wholeHeads are heads of organizations that have parts with
// heads of their own, such as institutes.
var (
	partHeads  = map[string]bool{"branch": true, "representation": true, "office": true, "department": true}
	wholeHeads = map[string]bool{"university": true, "ministry": true, "academy": true}
)

func (u unit) isPart() bool {
	return u.class == unitClass || u.class == headClass && partHeads[u.concept.name]
}

func (u unit) isWhole() bool {
	return u.class == soleClass || u.class == headClass && wholeHeads[u.concept.name]
}

// wholeBefore returns the range of the units of the parent before a comma or a dash that the name of a part follows: University, Faculty.
func wholeBefore(u []unit, first int) (from, to int) {
	at := slices.IndexFunc(u, func(x unit) bool { return x.class == linkClass && x.concept == nil })
	if at < 0 || first < 0 || first > at {
		return 0, 0
	}
	head := slices.IndexFunc(u[at:], unit.isHead)
	if head < 0 {
		return 0, 0
	}
	if part := u[at+head]; part.isPart() && !u[first].isPart() || u[first].isWhole() && !part.isWhole() {
		return 0, at
	}
	return 0, 0
}

// parentBefore returns the number of units that name the parent before the main part, as in Water Assembly Scientific Council: the
// name of the parent ends in its head, and the main part has words of its own before the head.
func parentBefore(u []unit, first, last int) int {
	if last != len(u)-1 || slices.ContainsFunc(u, func(x unit) bool { return x.quoted || x.class == linkClass && !isConjunction(x) }) {
		return 0
	}
	if r, _ := utf8.DecodeRuneInString(u[last].initials); scriptOfRune(r) != latinScript {
		return 0
	}
	before := last - 1
	for before >= first && !u[before].startsParent() {
		before--
	}
	isOwn := func(x unit) bool { return x.class == topicClass || x.class == attributeClass }
	if before < first || before == 0 || !slices.ContainsFunc(u[before+1:last], isOwn) {
		return 0
	}
	for i := range u[:before+1] {
		u[i].ahead = true
	}
	return before + 1
}

func isOf(c *concept) bool { return c.name == "of" }

// isRussianGenitive reports whether a head without a preposition belongs to the parent.
func isRussianGenitive(u unit) bool {
	r, _ := utf8.DecodeRuneInString(u.initials)
	return scriptOfRune(r) == cyrillicScript
}

// isPartOf reports whether a name in brackets names a part of the organization before it, and not the same organization once more.
func (r orgReading) isPartOf(whole *orgReading) bool {
	head := slices.IndexFunc(r.units, unit.isHead)
	return head >= 0 && r.units[head].isPart() && !slices.ContainsFunc(whole.units, unit.isPart)
}

// isOfParent reports whether an abbreviation has the initials of the parent.
func (r orgReading) isOfParent(acronym string) bool {
	all, withoutCountry := "", ""
	for _, u := range r.units {
		if !u.parent {
			continue
		}
		all += u.initials
		if u.class != countryClass {
			withoutCountry += u.initials
		}
	}
	return acronym != "" && (acronym == all || acronym == withoutCountry)
}
