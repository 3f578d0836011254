package names

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// word is a folded word of a name.
type word struct {
	key            string   // in the lexicon and its cache
	text           string   // never empty
	romanizations  []string // other readings of a Latin word, by romanization system
	pronunciations []string // other readings of a Latin word, by language
	script         script
	weight         float64 // how much it distinguishes names
	patronymic     bool
	stem           string // of a patronymic
	root           string // of a surname, without its ending; may be empty
	initial        bool
	sounds         sounds // that a person's name can begin with
	acronym        bool   // of an organization; acronyms are equal or different, never similar
	given          []int  // lines of the table of given names that contain it
	number         int32  // in an Index
}

// lexicon parses names of one type. It reuses the words that it has parsed before, because many names share them.
type lexicon struct {
	nameType nameType
	words    map[string]*word
	cache    *wordCache           // may be nil
	forms    map[string]wordForms // of the words of organizations in the index
}

// parse parses a spelling. It passes new words to addWord, which may be nil.
func (l *lexicon) parse(spelling string, addWord func(*word)) Name {
	n := Name{nameType: l.nameType}
	if l.nameType == personName {
		spelling, n.remark = withoutRemark(firstSpelling(spelling))
		spelling = withoutShortTitles(spelling)
	}
	raw := split(spelling)
	repair(raw)
	acronyms := l.acronyms(raw)
	for i, w := range raw {
		raw[i] = norm.NFC.String(strings.ToLower(w))
	}
	raw = l.stripTitles(raw)
	h := orthographyOf(strings.Join(raw, " "))
	for _, w := range joinPatronymics(raw, h, l.nameType) {
		if l.nameType == personName && len(n.words) == maxWordsOfPerson {
			break
		}
		if x := l.word(w, h, acronyms[w], addWord); x != nil {
			n.words = append(n.words, x)
		}
	}
	if l.nameType == organizationName {
		n.readings = readOrganization(spelling, l, addWord)
	}
	return n
}

// acronyms returns the lower-cased words of an organization's name that are written in capitals, unless all words are.
func (l *lexicon) acronyms(raw []string) map[string]bool {
	if l.nameType != organizationName {
		return nil
	}
	short := map[string]bool{}
	mixed := len(raw) == 1
	for _, w := range raw {
		upper := strings.ToUpper(w) == w && strings.ToLower(w) != w
		mixed = mixed || !upper && scriptOf(w) != noScript
		if n := utf8.RuneCountInString(w); upper && n > 1 && n <= 6 {
			short[strings.ToLower(w)] = true
		}
	}
	if !mixed {
		return nil
	}
	return short
}

// joinPatronymics joins patronymics of two words, such as Ариф кызы.
func joinPatronymics(raw []string, h orthography, k nameType) []string {
	if k != personName || len(raw) < 3 {
		return raw
	}
	words := raw[:0]
	for i, w := range raw {
		if i > 0 && len(words) > 0 && slices.Contains(sonAndDaughter, fold(w, scriptOf(w), h)) {
			words[len(words)-1] += w
			continue
		}
		words = append(words, w)
	}
	return words
}

// stripTitles removes titles from a person's name and legal forms from an organization's name, unless no word would
// remain.
func (l *lexicon) stripTitles(raw []string) []string {
	drop := titles
	if l.nameType == organizationName {
		drop = legalForms
	}
	kept := slices.DeleteFunc(slices.Clone(raw), func(w string) bool { return drop[w] })
	if len(kept) == 0 {
		return raw
	}
	return kept
}

func (l *lexicon) word(raw string, h orthography, acronym bool, addWord func(*word)) *word {
	key := raw
	if acronym {
		key = "\x00" + key
	}
	key += h.key()
	if w, ok := l.words[key]; ok {
		return w
	}
	if addWord == nil {
		if k, ok := l.cache.get(key); ok {
			return k.word
		}
	}
	w := newWord(raw, h, l.nameType)
	if w != nil {
		w.key, w.acronym = key, acronym
	}
	if w != nil && addWord != nil {
		addWord(w)
	}
	return w
}

// newWord folds a word. It returns nil if no letter or digit remains.
func newWord(raw string, h orthography, k nameType) *word {
	w := &word{script: scriptOf(raw)}
	if w.text = fold(raw, w.script, h); w.text == "" {
		return nil
	}
	if w.script == latinScript {
		for _, r := range readings {
			reading := simplify(read(raw, h, r))
			switch {
			case reading == "" || reading == w.text || slices.Contains(w.romanizations, reading) || slices.Contains(w.pronunciations, reading):
			case r.romanizing:
				w.romanizations = append(w.romanizations, reading)
			case k == personName && isRomanized(raw): // not a word of the language
			default:
				w.pronunciations = append(w.pronunciations, reading)
			}
		}
	}
	w.initial = len(w.text) == 1 && utf8.RuneCountInString(raw) <= 2 && w.script != noScript
	w.weight = weightOf(w, raw, k)
	if k == personName {
		w.stem, w.patronymic = patronymic(w.text)
		w.given = given[w.text]
		w.sounds = soundsOf(raw)
		w.root = rootOf(w.text)
	}
	return w
}

// isRomanized reports whether a Latin word has the ending of a Slavic surname as romanization systems write it.
func isRomanized(raw string) bool {
	for _, ending := range []string{"ov", "ova", "ev", "eva"} {
		if strings.HasSuffix(raw, ending) {
			return true
		}
	}
	return false
}

// comparisonText returns the text by which the index finds the word: for a patronymic its stem, because many patronymics
// share an ending.
func (w *word) comparisonText() string {
	if w.patronymic && w.stem != "" {
		return w.stem
	}
	return w.text
}

func weightOf(w *word, raw string, k nameType) float64 {
	if weight, ok := common[raw]; ok && k == organizationName {
		return weight
	}
	switch {
	case w.initial:
		return .3
	case particles[raw]:
		return .2
	case len(w.text) <= 3:
		return .7
	}
	return 1
}

// rootOf returns a surname without its ending, or "" if fewer than four letters would remain.
func rootOf(text string) string {
	for _, ending := range endings {
		if root, ok := strings.CutSuffix(text, ending); ok && len(root) >= 4 {
			return root
		}
	}
	return ""
}

// patronymic returns the stem of a word that has the ending of a patronymic.
func patronymic(text string) (stem string, ok bool) {
	longest := ""
	for _, ending := range patronymics {
		if len(ending) > len(longest) && strings.HasSuffix(text, ending) && len(text) >= len(ending)+2 {
			longest = ending
		}
	}
	if longest == "" {
		return "", false
	}
	return strings.TrimRight(strings.TrimSuffix(text, longest), "ie"), true
}
