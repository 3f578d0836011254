package names

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// word is a word of a name, folded.
type word struct {
	key        string   // what is known of it is kept by
	text       string   // never empty
	romanized  []string // what it may be by other ways to romanize
	heard      []string // what it may be to someone who heard it, if it is Latin
	script     script
	weight     float64 // how much it says about whose name it is
	patronymic bool
	stem       string // of a patronymic
	root       string // what is left without the ending of a surname; empty: nothing is
	initial    bool
	acronym    bool  // of an organization: it is that or another one, never nearly
	given      []int // lines of the table of given names
	number     int32 // in an Index
}

// lexicon parses names of one kind and knows words that were parsed before, since many names share them.
type lexicon struct {
	kind  kind
	words map[string]*word
	asked *memory // nil: nothing is remembered
}

// parse takes a spelling apart. Words that are not known yet are handed to meet, if there is one.
func (l *lexicon) parse(spelling string, meet func(*word)) Name {
	n := Name{kind: l.kind}
	raw := split(spelling)
	repair(raw)
	acronyms := l.acronyms(raw)
	for i, w := range raw {
		raw[i] = norm.NFC.String(strings.ToLower(w))
	}
	raw = l.without(raw)
	h := habitsOf(strings.Join(raw, " "))
	for _, w := range joined(raw, h, l.kind) {
		if l.kind == ofPerson && len(n.words) == maxWordsOfPerson {
			break
		}
		if x := l.word(w, h, acronyms[w], meet); x != nil {
			n.words = append(n.words, x)
		}
	}
	return n
}

// acronyms gives the words of an organization's name that are written in capitals while others are not, in small letters.
func (l *lexicon) acronyms(raw []string) map[string]bool {
	if l.kind != ofOrganization {
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

// joined writes patronymics of two words as one: Ариф кызы.
func joined(raw []string, h habits, k kind) []string {
	if k != ofPerson || len(raw) < 3 {
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

// without leaves out words that are no part of the name, unless little else is left.
func (l *lexicon) without(raw []string) []string {
	drop, least := titles, 2
	if l.kind == ofOrganization {
		drop, least = legalForms, 1
	}
	kept := slices.DeleteFunc(slices.Clone(raw), func(w string) bool { return drop[w] })
	if len(kept) < least {
		return raw
	}
	return kept
}

func (l *lexicon) word(raw string, h habits, acronym bool, meet func(*word)) *word {
	key := raw
	if acronym {
		key = "\x00" + key
	}
	if h != (habits{}) {
		key += map[bool]string{true: "\x00t"}[h.turkic] + map[bool]string{true: "\x00a"}[h.azerbaijani] + map[bool]string{true: "\x00k"}[h.kazakh2018]
	}
	if w, ok := l.words[key]; ok {
		return w
	}
	if meet == nil {
		if k, ok := l.asked.get(key); ok {
			return k.word
		}
	}
	w := newWord(raw, h, l.kind)
	if w != nil {
		w.key, w.acronym = key, acronym
	}
	if w != nil && meet != nil {
		meet(w)
	}
	return w
}

// newWord folds a word; nil if nothing of it is left.
func newWord(raw string, h habits, k kind) *word {
	w := &word{script: scriptOf(raw)}
	if w.text = fold(raw, w.script, h); w.text == "" {
		return nil
	}
	if w.script == latinScript {
		for _, r := range readings {
			heard := smooth(read(raw, h, r))
			switch {
			case heard == "" || heard == w.text || slices.Contains(w.romanized, heard) || slices.Contains(w.heard, heard):
			case r.romanizing:
				w.romanized = append(w.romanized, heard)
			default:
				w.heard = append(w.heard, heard)
			}
		}
	}
	w.initial = len(w.text) == 1 && utf8.RuneCountInString(raw) <= 2 && w.script != noScript
	w.weight = weigh(w, raw, k)
	if k == ofPerson {
		w.stem, w.patronymic = patronymic(w.text)
		w.given = given[w.text]
		w.root = rootOf(w.text)
	}
	return w
}

// compared is what of a word is compared with others: of a patronymic the stem, since its ending is that of many.
func (w *word) compared() string {
	if w.patronymic && w.stem != "" {
		return w.stem
	}
	return w.text
}

func weigh(w *word, raw string, k kind) float64 {
	if weight, ok := common[raw]; ok && k == ofOrganization {
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

// rootOf gives a surname without its ending, if enough is left to know it by.
func rootOf(text string) string {
	for _, ending := range endings {
		if root, ok := strings.CutSuffix(text, ending); ok && len(root) >= 4 {
			return root
		}
	}
	return ""
}

// patronymic gives the stem of a patronymic.
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
