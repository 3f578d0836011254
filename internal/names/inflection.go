package names

import (
	"slices"
	"strings"
)

// ending is an ending of an inflected name and what replaces it in the base form.
type ending struct{ inflected, base string }

// The case endings of names, longest first. Sources: Zaliznyak's grammatical dictionary of Russian, declension of surnames; the
// grammar of Kazakh, cases.
var (
	russianCases = []ending{
		{"ского", "ский"}, {"скому", "ский"}, {"цкого", "цкий"}, {"цкому", "цкий"}, {"ским", "ский"},
		{"ском", "ский"}, {"цким", "цкий"}, {"ской", "ская"}, {"скую", "ская"},
		{"овым", "ов"}, {"евым", "ев"}, {"ёвым", "ёв"}, {"иным", "ин"}, {"ыным", "ын"}, {"овой", "ова"}, {"евой", "ева"}, {"иной", "ина"}, {"ыной", "ына"},
		{"овых", "ов"}, {"евых", "ев"}, {"иных", "ин"}, {"ову", "ов"}, {"еву", "ев"}, {"ину", "ин"}, {"ова", "ов"}, {"ева", "ев"}, {"ина", "ин"},
		{"ове", "ов"}, {"еве", "ев"}, {"ине", "ин"}, {"овы", "ов"}, {"евы", "ев"},
		{"ией", "ия"}, {"ием", "ий"}, {"ой", "а"}, {"ей", "я"}, {"ом", ""}, {"ем", "й"}, {"ём", "ь"},
		{"у", ""}, {"ю", "й"}, {"а", ""}, {"я", "й"}, {"ы", "а"}, {"е", "а"},
	}
	kazakhCases = []ending{
		{"ндағы", ""}, {"ндегі", ""}, {"дағы", ""}, {"дегі", ""}, {"тағы", ""}, {"тегі", ""},
		{"ның", ""}, {"нің", ""}, {"дың", ""}, {"дің", ""}, {"тың", ""}, {"тің", ""},
		{"дан", ""}, {"ден", ""}, {"тан", ""}, {"тен", ""}, {"нан", ""}, {"нен", ""},
		{"мен", ""}, {"бен", ""}, {"пен", ""}, {"ға", ""}, {"ге", ""}, {"қа", ""}, {"ке", ""},
		{"ны", ""}, {"ні", ""}, {"ды", ""}, {"ді", ""}, {"ты", ""}, {"ті", ""},
		{"да", ""}, {"де", ""}, {"та", ""}, {"те", ""},
	}
)

// BaseForms returns what a name in Cyrillic letters may be in the nominative: Тукумовым gives Тукумов, Тоқаевтың gives Тоқаев. It
// returns nothing for a name without such endings. Some results are no names: compare them with known ones.
func BaseForms(name string) (forms []string) {
	words := strings.Fields(strings.ToLower(name))
	for _, endings := range [][]ending{kazakhCases, russianCases} {
		based := make([]string, len(words))
		for i, w := range words {
			based[i] = baseForm(w, endings)
		}
		if form := strings.Join(based, " "); !slices.Equal(based, words) && !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	return forms
}

// minBase is the length of the shortest base form, in bytes: three Cyrillic letters.
const minBase = 6

func baseForm(word string, endings []ending) string {
	for _, e := range endings {
		if stem, ok := strings.CutSuffix(word, e.inflected); ok && len(stem) >= minBase-len(e.base) && len(stem) >= 4 {
			return stem + e.base
		}
	}
	return word
}
