package names

import (
	"embed"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

//go:embed rules/*.txt rules/organizations/*.txt
var files embed.FS

// lines returns the lines of a table, split at tabs, without comments (#).
func lines(name string) (table [][]string) {
	content, err := files.ReadFile("rules/" + name + ".txt")
	if err != nil {
		panic(err) // the file is embedded in the program
	}
	for line := range strings.Lines(string(content)) {
		line = strings.TrimRight(line, "\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			table = append(table, strings.Split(line, "\t"))
		}
	}
	return table
}

// rule replaces a group of letters. The conditions restrict where it applies.
type rule struct {
	from       string
	to         string
	begin, end bool // only at the beginning, at the end of the word
	soft       bool // only before e, i, y
	vowel      bool // only before a vowel
	open       bool // only before one consonant followed by e, i or y
}

// rules are ordered by their first byte, and longest first.
type rules [256][]rule

func (r *rules) add(pattern, to string) {
	x := rule{to: to}
	x.from, x.begin = strings.CutPrefix(pattern, "^")
	x.from, x.end = strings.CutSuffix(x.from, "$")
	x.from, x.soft = strings.CutSuffix(x.from, "<")
	x.from, x.vowel = strings.CutSuffix(x.from, "~")
	x.from, x.open = strings.CutSuffix(x.from, "%")
	of := &r[x.from[0]]
	*of = append(*of, x)
	slices.SortStableFunc(*of, func(a, b rule) int {
		if len(a.from) != len(b.from) {
			return len(b.from) - len(a.from)
		}
		return b.conditions() - a.conditions()
	})
}

func (x rule) conditions() (n int) {
	for _, set := range []bool{x.begin, x.end, x.soft, x.vowel, x.open} {
		if set {
			n++
		}
	}
	return n
}

// at returns the rule that applies at index i of the word, or nil.
func (r *rules) at(word string, i int) *rule {
	of := r[word[i]]
	for k := range of {
		x := &of[k]
		rest := word[i:]
		if !strings.HasPrefix(rest, x.from) || x.begin && i > 0 || x.end && len(rest) > len(x.from) {
			continue
		}
		rest = rest[len(x.from):]
		if x.soft && !startsWith(rest, softening) || x.vowel && !startsWith(rest, vowels) ||
			x.open && (len(rest) < 2 || startsWith(rest, vowels) || !startsWith(rest[1:], softening)) {
			continue
		}
		return x
	}
	return nil
}

// The letters behind the conditions soft, vowel and open.
const (
	softening = "eiyéèêëíîï"
	vowels    = "aeiouyáéíóúàèêëîïäöüåøæ"
)

func startsWith(s, letters string) bool { return s != "" && strings.ContainsRune(letters, first(s)) }

func first(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// reading is one way to pronounce Latin words, usually that of a language.
type reading struct {
	rules      rules
	romanizing bool // a romanization system: it also applies between two Latin spellings
}

// The tables of the folder rules.
var (
	cyrillic       = letterTable("cyrillic")
	arabic         = letterTable("arabic")
	latin          = letterTable("latin")
	romanization   = romanizationTable()
	readings       = readingTable()
	toCyrillic     = map[rune]rune{}
	toLatin        = map[rune]rune{}
	patronymics    = wordList("patronymics")
	sonAndDaughter = secondColumn("patronymics")
	endings        = wordList("endings")
	titles         = wordSet("titles")
	particles      = wordSet("particles")
	legalForms     = wordSet("legalforms")
	common         = weightTable("organizationwords")
	given          = givenTable()
)

func init() {
	for _, line := range lines("confusables") {
		l, c := first(line[0]), first(line[1])
		toCyrillic[l], toLatin[c] = c, l
	}
}

func letterTable(name string) map[string]string {
	table := map[string]string{}
	for _, line := range lines(name) {
		table[line[0]] = line[1]
	}
	return table
}

func romanizationTable() *rules {
	var r rules
	for _, line := range lines("romanization") {
		r.add(line[0], line[1])
	}
	return &r
}

func readingTable() (table []*reading) {
	byName := map[string]*reading{}
	for _, line := range lines("readings") {
		r := byName[line[0]]
		if r == nil {
			r = &reading{romanizing: strings.HasPrefix(line[0], "+")}
			byName[line[0]] = r
			table = append(table, r)
		}
		r.rules.add(line[1], line[2])
	}
	return table
}

func wordList(name string) (list []string) {
	for _, line := range lines(name) {
		list = append(list, line[0])
	}
	return list
}

// secondColumn returns the first words of the lines that have a second column.
func secondColumn(name string) (list []string) {
	for _, line := range lines(name) {
		if len(line) > 1 {
			list = append(list, line[0])
		}
	}
	return list
}

func wordSet(name string) map[string]bool {
	set := map[string]bool{}
	for _, w := range wordList(name) {
		set[w] = true
	}
	return set
}

func weightTable(name string) map[string]float64 {
	table := map[string]float64{}
	for _, line := range lines(name) {
		weight, err := strconv.ParseFloat(line[1], 64)
		if err != nil {
			panic(err) // the file is embedded in the program
		}
		table[line[0]] = weight
	}
	return table
}

// givenTable maps each folded form of a given name to the numbers of the lines that contain it.
func givenTable() map[string][]int {
	table := map[string][]int{}
	for i, line := range lines("given") {
		for form := range strings.FieldsSeq(line[0]) {
			key := fold(form, scriptOf(form), orthography{})
			if !slices.Contains(table[key], i) {
				table[key] = append(table[key], i)
			}
		}
	}
	return table
}
