package names

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// placeholders are the keys of the table of placeholders; true for the parts in an event.
var placeholders = func() map[string]bool {
	table := map[string]bool{}
	for _, line := range lines("placeholders") {
		table[placeholderKey(line[0])] = len(line) > 1 // these can have a number
	}
	return table
}()

func placeholderKey(s string) string { return strings.ReplaceAll(Key(s), "ё", "е") }

// IsPlaceholder reports whether a text stands where the name of a person is not known: it has no letter, is a usual phrase
// such as TBD, N. N. or "уточняется", or names a part in the event, such as "Speaker 1".
func IsPlaceholder(s string) bool {
	if !strings.ContainsFunc(s, unicode.IsLetter) {
		return true
	}
	key := placeholderKey(s)
	if _, found := placeholders[key]; found {
		return true
	}
	words := strings.Fields(key)
	if last := len(words) - 1; last > 0 && isListLetter(words[last]) { // before the word, a letter is an initial: A. Guest
		words = words[:last]
	}
	words = slices.DeleteFunc(words, func(w string) bool {
		return strings.Trim(strings.TrimPrefix(w, "no"), "0123456789") == "" || w == "ші" || w == "шы"
	})
	return placeholders[strings.Join(words, " ")]
}

// isListLetter reports whether a word is one of the letters that number people without a name.
func isListLetter(word string) bool {
	return slices.Contains([]string{"a", "b", "c", "а", "б", "в", "n"}, word)
}

// several finds what separates the names of several people. "и" and "and" separate only whole names: Ортега и Гассет is one
// surname. "s/o", "d/o", "a/l" and "a/p" are parts of a name.
var (
	several      = regexp.MustCompile(`\pL\S*\s*[/;&+|]\s*\S*\pL`)
	severalWords = regexp.MustCompile(`(?i)\pL+\s+\pL+\s+(?:and|и|және|мен)\s+\pL+\s+\pL+`)
	relation     = regexp.MustCompile(`(?i)(^|\s)(?:[sdw]/o|a/[lp])(\s|$)`)
)

// IsSeveral reports whether a text contains the names of several people, such as "Anita X / Boris Y". One name in two
// scripts, such as "Талгат Калиев / Talgat Kaliyev", is not several.
func IsSeveral(s string) bool {
	s = relation.ReplaceAllString(firstSpelling(s), "$1$2")
	return several.MatchString(s) || severalWords.MatchString(s)
}

// betweenSpellings are the characters that separate the spellings of one name.
const betweenSpellings = "/|"

// firstSpelling returns the first of the spellings in a text that gives one name several times, such as in two scripts. Any other
// text stays as it is.
func firstSpelling(s string) string {
	if !strings.ContainsAny(s, betweenSpellings) {
		return s
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(betweenSpellings, r) })
	if len(parts) < 2 {
		return s
	}
	key := Parse(parts[0]).PhoneticKey()
	for _, part := range parts[1:] {
		if key == "" || Parse(part).PhoneticKey() != key {
			return s
		}
	}
	return strings.TrimSpace(parts[0])
}

// remark finds several words in brackets after a name, such as an organization or the same name in another script. One word can be a
// part of the name: a maiden name or a patronymic.
var remark = regexp.MustCompile(`^(\s*\pL\S*\s+\pL[^()]*?)\s*\(([^()]*\pL[^()\s]*\s+[^()]*\pL[^()]*)\)\s*$`)

// excellency finds the title H.E. before a first and a last name. Before one word, the letters are initials.
var excellency = regexp.MustCompile(`^\s*H\.\s?E\.\s*((?:\pL+\.\s*)*\pL{2,}[\pL'’-]*\s+(?:\pL\.\s*)*\pL{2,})`)

// withoutRemark removes the title H.E. before a name and a remark in brackets after it, which it returns in lower case.
func withoutRemark(spelling string) (rest, behind string) {
	if m := remark.FindStringSubmatch(spelling); strings.Contains(spelling, "(") && m != nil {
		spelling, behind = m[1], strings.ToLower(strings.TrimSpace(m[2]))
	}
	if strings.Contains(spelling, "H.") {
		spelling = excellency.ReplaceAllString(spelling, "$1")
	}
	return spelling, behind
}

// withoutShortTitles removes titles that contain a hyphen, such as г-н and д-р, which split would separate.
func withoutShortTitles(spelling string) string {
	if !strings.Contains(spelling, "-") {
		return spelling
	}
	words := strings.Fields(spelling)
	kept := slices.DeleteFunc(slices.Clone(words), func(w string) bool {
		return strings.Contains(w, "-") && titles[strings.ToLower(strings.Trim(w, ".,"))]
	})
	if len(kept) == 0 || len(kept) == len(words) {
		return spelling
	}
	return strings.Join(kept, " ")
}
