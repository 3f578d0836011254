package place

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/names"
)

//go:embed names.txt
var namesFile string

// cities are the names of each city, and their comparison keys.
var cities = parseCities(namesFile)

// city is a city with its names, and the keys of its names and of its names with the word for city.
type city struct{ names, keys, withWord []string }

var until = regexp.MustCompile(` \d{4}(\*?)$`)

func parseCities(file string) (list []city) {
	for line := range strings.Lines(file) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var c city
		for name := range strings.SplitSeq(strings.TrimSpace(line), "|") {
			name = until.ReplaceAllString(strings.TrimSpace(name), "$1")
			if shared, ok := strings.CutSuffix(name, "*"); ok {
				c.withWord = append(c.withWord, cityKey(shared))
				continue
			}
			c.names, c.keys = append(c.names, name), append(c.keys, cityKey(name))
		}
		list = append(list, c)
	}
	return list
}

// cityKey is the key by which names of cities are compared: Нур-Султан and Нурсултан have the same one.
func cityKey(name string) string { return strings.ReplaceAll(names.Key(name), " ", "") }

// The words beside the name of a city that say that it is one, and the name of the country after a comma.
var (
	cityBefore = regexp.MustCompile(`(?i)^(?:г\.\s*|(?:гор\.|город|қ\.|қала|city of|the city of)\s+)`)
	cityAfter  = regexp.MustCompile(`(?i)\s+(?:қ\.|қаласы|г\.|city)$`)
	inCountry  = regexp.MustCompile(`(?i)\s*,\s*(?:(?:республика\s+)?казахстан|рк|қазақстан(?:\s+республикасы)?|қр|(?:republic of\s+)?kazakhstan|rk)$`)
)

// twoNames are a name and another one in brackets, such as a former name.
var twoNames = regexp.MustCompile(`^([^()]+)\(\s*(?i:(?:бывш\.|бывшая|бывший|бұрынғы|ныне|қазіргі|formerly|former|now|ex)[\s-]+)?([^()]+)\)$`)

// Plain returns the name of a place without the words that only say that it is a city of Kazakhstan: "г. Астана", "Астана қ." and
// "Almaty city" become "Астана" and "Almaty", "Астана (бывш. Нур-Султан)" becomes "Астана". Words for other kinds of places belong to
// the name: a region is not its city.
func Plain(name string) string {
	plain := strings.TrimSpace(name)
	if m := twoNames.FindStringSubmatch(plain); m != nil && slices.Contains(Aliases(m[1]), Plain(m[2])) {
		plain = strings.TrimSpace(m[1])
	}
	for _, words := range []*regexp.Regexp{inCountry, cityBefore, cityAfter} {
		rest := strings.TrimSpace(words.ReplaceAllString(plain, ""))
		if rest != "" && (words != cityAfter || !strings.HasSuffix(strings.ToLower(plain), " city") || isCity(rest)) { // Mexico City
			plain = rest
		}
	}
	return plain
}

// hasCityWord reports whether a name says that it is that of a city.
func hasCityWord(name string) bool {
	name = inCountry.ReplaceAllString(strings.TrimSpace(name), "")
	return cityBefore.MatchString(name) || cityAfter.MatchString(name)
}

// isCity reports whether the rules have a city of the name.
func isCity(name string) bool {
	key := cityKey(name)
	return slices.ContainsFunc(cities, func(c city) bool { return slices.Contains(c.keys, key) || slices.Contains(c.withWord, key) })
}

// Aliases returns the other names of a place that are certain whatever the registry has: the plain name, and the current and former
// names of the same city.
func Aliases(name string) (aliases []string) {
	plain := Plain(name)
	if plain != name {
		aliases = append(aliases, plain)
	}
	key := cityKey(plain)
	for _, c := range cities {
		if slices.Contains(c.keys, key) || plain != name && slices.Contains(c.withWord, key) && hasCityWord(name) {
			aliases = append(aliases, c.names...)
		}
	}
	slices.Sort(aliases)
	return slices.DeleteFunc(slices.Compact(aliases), func(alias string) bool { return alias == name })
}
