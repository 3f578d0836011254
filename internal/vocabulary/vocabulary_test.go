package vocabulary_test

import (
	"testing"

	"roundtables.kz/registry/internal/vocabulary"
)

func TestEveryCodeHasALabelInEachLanguage(t *testing.T) {
	t.Parallel()
	all := vocabulary.All()
	if len(all) < 20 {
		t.Fatalf("only %d vocabularies", len(all))
	}
	names := map[string]bool{}
	for _, v := range all {
		if names[v.Name] || len(v.Codes) == 0 || v.UsedIn == nil {
			t.Errorf("%s is there twice, or has no codes or no list of members", v.Name)
		}
		names[v.Name] = true
		seen := map[string]bool{}
		for _, c := range v.Codes {
			if seen[c.Code] {
				t.Errorf("%s has %s twice", v.Name, c.Code)
			}
			seen[c.Code] = true
			for _, lang := range []string{"kk", "ru", "en"} {
				if c.Label[lang] == "" {
					t.Errorf("%s: %s has no label in %s", v.Name, c.Code, lang)
				}
			}
			if got := vocabulary.Label(v.Name, c.Code)["en"]; got != c.Label["en"] {
				t.Errorf("the label of %s %s is %q, want %q", v.Name, c.Code, got, c.Label["en"])
			}
		}
	}
}

func TestLanguagesAndCountriesHaveTheirNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ vocabulary, code, lang, want string }{
		{vocabulary.Languages, "kk", "en", "Kazakh"}, {vocabulary.Languages, "kk", "kk", "қазақ тілі"}, {vocabulary.Languages, "en", "ru", "английский"},
		{vocabulary.Countries, "KZ", "kk", "Қазақстан"}, {vocabulary.Countries, "DE", "ru", "Германия"}, {vocabulary.Countries, "UZ", "en", "Uzbekistan"},
		{"format", "hearing", "ru", "Слушания"},
	} {
		if got := vocabulary.Label(c.vocabulary, c.code)[c.lang]; got != c.want {
			t.Errorf("%s %s in %s: %q, want %q", c.vocabulary, c.code, c.lang, got, c.want)
		}
	}
	for _, name := range []string{"format", vocabulary.Languages, vocabulary.Countries} {
		if l := vocabulary.Label(name, "no such code"); l != nil {
			t.Errorf("%s has a label for no code: %v", name, l)
		}
	}
	for code, want := range map[string]string{"kk": "Kazakh", "kaa": "Kara-Kalpak"} {
		if got := vocabulary.Labels(vocabulary.Languages, "en")[code]; got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
	if got := vocabulary.Labels(vocabulary.Countries, "en")["KZ"]; got != "Kazakhstan" {
		t.Errorf("%q", got)
	}
}
