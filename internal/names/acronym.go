package names

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Abbreviates reports whether the first of two names of organizations is an abbreviation of the second: its letters are the
// initials of the second's words, and nothing contradicts. Other organizations may have the same initials.
func Abbreviates(short, full Name) bool {
	if len(short.readings) != 1 || len(short.readings[0].acronyms) == 0 {
		return false
	}
	var c *comparison
	return slices.ContainsFunc(full.readings, func(r orgReading) bool {
		v := c.compareReadings(&short.readings[0], &r)
		return v.byLetter && v.score >= Duplicate
	})
}

// compareAcronyms compares two names if one of them is only an abbreviation, with a country or a parent at most.
func compareAcronyms(a, b *orgReading) (verdict, bool) {
	x, onlyX := a.onlyAcronym()
	y, onlyY := b.onlyAcronym()
	switch {
	case onlyX && onlyY, len(a.units) == 1 && len(b.units) == 1 && a.units[0].word != nil && b.units[0].word != nil:
		return verdict{}, false // compared as proper names
	case !onlyX && !onlyY:
		return verdict{}, false
	case onlyX:
		return acronymFits(x, a, b), true
	}
	return acronymFits(y, b, a), true
}

// onlyAcronym returns the abbreviation that a name consists of.
func (r *orgReading) onlyAcronym() (acronym *unit, ok bool) {
	for i := range r.units {
		u := &r.units[i]
		switch {
		case u.acronym != "" && acronym == nil && !u.parent:
			acronym = u
		case u.class != countryClass && !u.parent && !u.named && !u.tail:
			return nil, false
		}
	}
	return acronym, acronym != nil
}

// acronymFits scores an abbreviation against a full name. It is a question at most: others may have the same initials.
func acronymFits(u *unit, short, full *orgReading) verdict {
	if contradictory(short, full) {
		return verdict{apart: true}
	}
	for i := range full.units { // KazNU and KazNU named after al-Farabi
		if x := &full.units[i]; x.acronym != "" && x.word.text == u.word.text && !x.parent {
			return verdict{score: .8}
		}
	}
	score := 0.
	if len(u.acronym) < len(u.lower) && (beginnings(u.lower, full.units) || full.hasCountryAndInitials(u)) {
		score = lowestQuestion + question
	}
	for _, initials := range full.initials {
		if initials == u.acronym {
			score = lowestQuestion + question*min(1, .1*float64(utf8.RuneCountInString(initials)))
		}
	}
	if score == 0 && full.hasTranslated(u) {
		score = lowestQuestion
	}
	if sharesCountry(short, full) {
		score += question / 10
	}
	return verdict{score: math.Min(score, lowestQuestion+question), byLetter: true}
}

// hasCountryAndInitials reports whether an abbreviation is made of the beginning of a country in the name and of the initials of
// the name, such as KazISS for an Institute for Strategic Studies under the President of Kazakhstan.
func (r *orgReading) hasCountryAndInitials(abbreviation *unit) bool {
	beginning := strings.TrimSuffix(abbreviation.lower, abbreviation.ending)
	return abbreviation.ending != "" && slices.Contains(r.initials, abbreviation.ending) && slices.ContainsFunc(r.units, func(u unit) bool {
		return u.class == countryClass && !u.host && strings.HasPrefix(u.written[0], beginning)
	})
}

// hasTranslated reports whether an abbreviation has the initials of a name in translation. Initials that are romanized in addition,
// as in MGIMO, must be more.
func (r *orgReading) hasTranslated(abbreviation *unit) bool {
	if !slices.Contains(r.translated, abbreviation.word.text) {
		return false
	}
	isRomanized := (r.language == english) == (abbreviation.word.script == latinScript)
	return !isRomanized || len(abbreviation.word.text) >= minAcronym
}

// minBeginnings is the number of words that an abbreviation of beginnings has at least, such as КазНУ.
const minBeginnings = 3

// beginnings reports whether an abbreviation is made of beginnings of the main words, in their order.
func beginnings(abbreviation string, units []unit) bool {
	var words []string
	for _, u := range units {
		if !u.parent && !u.named && !u.tail {
			words = append(words, u.written...)
		}
	}
	var fits func(rest string, from, used int) bool
	fits = func(rest string, from, used int) bool {
		if rest == "" {
			return used >= minBeginnings
		}
		for i := from; i < len(words) && i <= from+1; i++ { // one word may be left out
			for n := range words[i] {
				if n > 0 && strings.HasPrefix(rest, words[i][:n]) && fits(rest[n:], i+1, used+1) {
					return true
				}
			}
		}
		return false
	}
	return fits(abbreviation, 0, 0)
}
