package names

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// orgReading is the name of an organization by its parts. A name with another name in brackets has several readings.
type orgReading struct {
	units      []unit
	acronyms   []string // lower-case letters of the capitals of each acronym
	initials   []string // of the name, of its main part, and of the main part without the country
	translated []string // the same in the other one of English and Russian, folded
	language   rune     // english, russian or kazakh, by the letters
	foreign    bool     // in another language than English, Russian or Kazakh
}

// unit is a word, or several words that mean one thing, in the name of an organization.
type unit struct {
	concept  *concept
	form     *concept // the legal form that the kind of organization has in the name
	word     *word    // of a proper name
	class    class
	parent   bool // belongs to the parent organization
	tail     bool // a place behind the name: after a comma, or after "in"
	ahead    bool // of a parent in front of the main part, see parentBefore
	host     bool // of a country: where an embassy is
	named    bool // part of the name of a person after whom it is named
	quoted   bool
	acronym  string   // lower-case letters of its capitals
	lower    string   // of an acronym: all its letters
	ending   string   // of an acronym that begins with a part of a word: the lower-case capitals at its end
	written  []string // its words in lower case
	misprint bool
	plural   bool
	initials string
	weight   float64
}

// token is a word of a spelling with what surrounds it.
type token struct {
	lower, folded string
	script        script
	capitals      string // lower-case letters of the capitals of an acronym; empty: it is none
	ending        string // see unit
	quoted, comma bool   // in quotation marks; after a comma
	dash          bool   // after a dash
	initial       bool   // a letter with a full stop
	expanded      bool   // written as an abbreviation
	misprint      bool   // keys are those of a similar word
	keys          []string
}

// readOrganization reads the name of an organization: first the name without brackets, then those in brackets.
func readOrganization(spelling string, l *lexicon, addWord func(*word)) (readings []orgReading) {
	outside, inside := cutBrackets(spelling)
	if r := l.read(tokensOf(outside), addWord); len(r.units) > 0 {
		readings = append(readings, r)
	}
	for _, text := range inside {
		tokens := tokensOf(text)
		r := l.read(tokens, addWord)
		if len(readings) > 0 && len(tokens) == 1 && readings[0].isOfParent(tokens[0].capitals) {
			continue
		}
		same := func(u unit) bool { return u.concept == r.units[0].concept }
		if len(r.units) == 1 && r.units[0].concept != nil && len(readings) > 0 && slices.ContainsFunc(readings[0].units, same) {
			continue // the abbreviation of a part of the name
		}
		if len(readings) > 0 && r.isPartOf(&readings[0]) { // Water Company (Almaty branch)
			readings[0] = l.read(tokensOf(outside+", "+text), addWord)
			continue
		}
		isName := len(tokens) <= 4 && !slices.ContainsFunc(tokens, func(t token) bool { return t.capitals == "" }) ||
			slices.ContainsFunc(r.units, unit.isHead)
		if len(r.units) > 0 && (isName || len(readings) == 0) {
			readings = append(readings, r)
		}
	}
	return readings
}

// cutBrackets separates a name from what it has in brackets.
func cutBrackets(spelling string) (outside string, inside []string) {
	for {
		before, rest, ok := strings.Cut(spelling, "(")
		if !ok {
			return outside + spelling, inside
		}
		in, after, _ := strings.Cut(rest, ")")
		outside += before + " "
		inside = append(inside, strings.Split(in, "/")...)
		spelling = after
	}
}

// tokensOf returns the words of a spelling.
func tokensOf(spelling string) (tokens []token) {
	var raw []string
	quoted, comma, dash := false, false, false
	start := 0
	add := func(end int) {
		for _, w := range splitWords(spelling[start:end], false) {
			raw = append(raw, w)
			tokens = append(tokens, token{quoted: quoted, comma: comma, dash: dash,
				initial: end < len(spelling) && spelling[end] == '.' && utf8.RuneCountInString(w) == 1})
			comma, dash = false, false
		}
	}
	for i, r := range spelling {
		switch r {
		case '«', '“', '„', '»', '”', '"', '.':
			add(i)
			start = i + utf8.RuneLen(r)
			switch r {
			case '«', '“', '„':
				quoted = true
			case '»', '”':
				quoted = false
			case '"':
				quoted = !quoted
			}
		case ',', ';':
			add(i)
			start = i + 1
			comma = true
		case '-', '–', '—':
			if strings.HasSuffix(spelling[:i], " ") && strings.HasPrefix(spelling[i+utf8.RuneLen(r):], " ") {
				add(i)
				start = i + utf8.RuneLen(r)
				dash = true
			}
		}
	}
	add(len(spelling))
	if len(tokens) > maxWords {
		raw, tokens = raw[:maxWords], tokens[:maxWords]
	}
	repair(raw)
	const acronym = 6 // letters at most, in a name that is all in capitals
	mixed := slices.ContainsFunc(raw, func(w string) bool { return strings.ToUpper(w) != w }) ||
		!slices.ContainsFunc(raw, func(w string) bool { return utf8.RuneCountInString(w) > acronym })
	h := orthographyOf(strings.ToLower(strings.Join(raw, " ")))
	for i, w := range raw {
		t := &tokens[i]
		t.lower = norm.NFC.String(strings.ToLower(w))
		t.script = scriptOf(t.lower)
		t.folded = fold(t.lower, t.script, h)
		if mixed && !t.initial {
			if t.capitals = capitalsOf(w); t.capitals != "" {
				t.ending = endingOf(w)
			}
		}
	}
	return tokens
}

// maxCapitals is the length of the longest acronym.
const maxCapitals = 12

// capitalsOf returns the lower-case capitals of an acronym, such as КазНУ: at least two, and one that is not the first.
func capitalsOf(w string) string {
	if utf8.RuneCountInString(w) > maxCapitals {
		return ""
	}
	var capitals []rune
	letters := 0
	for _, r := range w {
		letters++
		if unicode.IsUpper(r) {
			capitals = append(capitals, unicode.ToLower(r))
		}
	}
	if len(capitals) < 2 || 3*len(capitals) < letters {
		return ""
	}
	return string(capitals)
}

// endingOf returns the lower-case capitals at the end of an acronym, such as KazISS, that begins with a part of a word; else "".
func endingOf(w string) string {
	_, first := utf8.DecodeRuneInString(w)
	at := strings.LastIndexFunc(w, unicode.IsLower)
	if at < first {
		return ""
	}
	_, size := utf8.DecodeRuneInString(w[at:])
	ending := w[at+size:]
	if utf8.RuneCountInString(ending) < 2 || strings.ContainsFunc(w[first:at], unicode.IsUpper) {
		return ""
	}
	return strings.ToLower(ending)
}

// read reads a name.
func (l *lexicon) read(tokens []token, addWord func(*word)) (r orgReading) {
	if tokens = l.expand(tokens, addWord != nil); len(tokens) > maxWords { // an abbreviation can stand for several words
		tokens = tokens[:maxWords]
	}
	keys := make([][]string, len(tokens))
	for i, t := range tokens {
		forms := l.formsOf(t, addWord != nil)
		switch keys[i] = forms.keys; {
		case t.keys != nil:
			keys[i] = t.keys
		case t.capitals == "" && forms.corrected != nil:
			keys[i], tokens[i].misprint = forms.corrected, true
		}
	}
	isKazakh := false
	onlyCapitals := !slices.ContainsFunc(tokens, func(t token) bool { return t.capitals == "" && !t.expanded || t.quoted })
	for i := 0; i < len(tokens); {
		t := tokens[i]
		u := unit{quoted: t.quoted, initials: initialOf(t), written: []string{t.lower}}
		n := 1
		c := concepts.abbreviations[t.lower]
		if t.capitals == "" || c == nil || c.class == formClass && onlyCapitals {
			c, n = concepts.find(keys[i:])
			n = max(n, 1)
		}
		if n == 1 && t.lower == kazakhCentral && i+1 < len(tokens) {
			c = concepts.central
		}
		switch {
		case c != nil && t.initial:
			fallthrough // the initial of a person
		case c == nil:
			if u.word = l.properWord(t, addWord); u.word == nil || t.initial {
				i++
				continue
			}
			u.acronym, u.lower, u.ending = t.capitals, t.lower, t.ending
			if u.acronym != "" {
				r.acronyms = append(r.acronyms, u.acronym)
			}
		default:
			u.concept, u.class = c, c.class
			if c.general != nil {
				u.concept, u.form = c.general, c
			}
			u.misprint = slices.ContainsFunc(tokens[i:i+n], func(t token) bool { return t.misprint })
			r.foreign = r.foreign || isForeign(keys[i:i+n])
			for _, more := range tokens[i+1 : i+n] {
				if k, _ := concepts.find([][]string{keysOf(more.folded, more.script)}); k == nil || k.class != linkClass {
					u.initials += initialOf(more)
					u.written = append(u.written, more.lower)
				}
			}
			u.plural = isPlural(tokens[i+n-1])
			u.tail = u.class == placeClass && isLocative(tokens, i, n)
			u.host = u.class == countryClass && isLocative(tokens, i, n)
		}
		if t.comma || t.dash {
			r.units = append(r.units, unit{class: linkClass, tail: t.comma})
		}
		u.weight = weights[u.class]
		if u.word != nil {
			u.weight = 1.2 * u.word.weight
		}
		isKazakh = isKazakh || strings.ContainsAny(t.lower, "әғқңөұүһі") && t.script == cyrillicScript || t.script == arabicScript
		r.units = append(r.units, u)
		i += n
	}
	r.arrange(isKazakh)
	return r
}

// kazakhCentral is "central" in Kazakh where words follow. As the kind of an organization, a center, it has an ending: орталығы.
const kazakhCentral = "орталық"

// isForeign reports whether words, given by their keys, are known in other languages than English, Russian and Kazakh only.
func isForeign(words [][]string) bool {
	for _, keys := range words {
		known := false
		for _, key := range keys {
			known = known || key[0] != other && concepts.vocabulary[key]
		}
		foreign := slices.ContainsFunc(keys, func(key string) bool { return key[0] == other && concepts.vocabulary[key] })
		if foreign && !known {
			return true
		}
	}
	return false
}

// weights say how much a class distinguishes organizations.
var weights = [...]float64{
	properClass: 1.2, headClass: .6, soleClass: 1, unitClass: .6, officeClass: .8, topicClass: 1, attributeClass: .4,
	bodyClass: 1.2, areaClass: .5, countryClass: .8, placeClass: .8, namedClass: 0,
}

func initialOf(t token) string {
	r, _ := utf8.DecodeRuneInString(t.lower)
	return string(r)
}

// wordForms is what the tables know of a word.
type wordForms struct {
	keys      []string // in the tree of forms
	corrected []string // the keys of similar words, if the word is unknown
	compound  []string // the words that a compound stands for
}

// formsOf returns the forms of a token. They are kept if keep is true; then no other call may run at the same time.
func (l *lexicon) formsOf(t token, keep bool) (forms wordForms) {
	if t.folded == "" {
		return forms
	}
	id := t.lower + " " + t.folded
	if forms, ok := l.forms[id]; ok {
		return forms
	}
	forms.keys = keysOf(t.folded, t.script)
	if forms.corrected = concepts.correct(forms.keys); t.script == cyrillicScript && utf8.RuneCountInString(t.lower) >= minCompound {
		if c, _ := concepts.find([][]string{forms.keys}); c == nil {
			forms.compound = concepts.expand(t.lower)
		}
	}
	if keep && l.forms != nil {
		l.forms[id] = forms
	}
	return forms
}

// minCompound is the length of the shortest compound of a stump and the beginning of a word.
const minCompound = 6

// expand replaces abbreviations of ministries and compounds by the words that they stand for.
func (l *lexicon) expand(tokens []token, keep bool) []token {
	var all []token
	for _, t := range tokens {
		var words []string
		isCompound := t.capitals == ""
		if isCompound {
			words = l.formsOf(t, keep).compound
		} else if concepts.abbreviations[t.lower] == nil {
			words = concepts.expansions[t.lower]
		}
		if words == nil {
			all = append(all, t)
			continue
		}
		for j, w := range words {
			x := token{lower: w, script: scriptOf(w), quoted: t.quoted, comma: t.comma && j == 0, dash: t.dash && j == 0, expanded: true}
			x.folded = fold(w, x.script, orthography{})
			if isCompound && j == len(words)-1 { // a stem
				x.folded, x.keys = w, []string{string(russian) + w}
			}
			all = append(all, x)
		}
	}
	return all
}

// properWord returns the word of a name of its own, or nil.
func (l *lexicon) properWord(t token, addWord func(*word)) *word {
	lower := t.lower
	if lower == "" || t.capitals == "" && legalForms[lower] {
		return nil
	}
	return l.word(lower, orthographyOf(lower), t.capitals != "" && utf8.RuneCountInString(lower) <= 6, addWord)
}

// isPlural reports whether a word names several organizations: Council of Ministers, Совет министров, Министрлер Кабинеті.
func isPlural(t token) bool {
	switch t.script {
	case latinScript:
		return strings.HasSuffix(t.lower, "s") && !strings.HasSuffix(t.lower, "ss")
	case cyrillicScript:
		for _, ending := range []string{"ов", "ев", "ей", "ий", "лар", "лер", "дар", "дер", "тар", "тер"} {
			if strings.HasSuffix(t.lower, ending) {
				return true
			}
		}
	}
	return false
}

// isLocative reports whether the n words at i say where something is.
func isLocative(tokens []token, i, n int) bool {
	last := tokens[i+n-1].lower
	if i+n < len(tokens) && strings.HasPrefix(tokens[i+n].lower, "республикас") { // in Kazakh, the last word of the name has the ending
		last = tokens[i+n].lower
	}
	for _, ending := range []string{"дағы", "дегі", "тағы", "тегі", "да", "де", "та", "те"} {
		if strings.HasSuffix(last, ending) && tokens[i].script == cyrillicScript && strings.ContainsAny(last, "ғі") {
			return true
		}
	}
	for k := i - 1; k >= 0 && k >= i-5; k-- {
		switch tokens[k].lower {
		case "in", "to", "at", "в", "во":
			return true
		case "the", "republic", "республике", "г", "городе", "of", "kingdom", "королевстве", "city", "islamic", "исламской":
		default:
			return false
		}
	}
	return tokens[i].comma
}

func (u unit) isHead() bool {
	return u.class == headClass || u.class == soleClass || u.class == unitClass
}
