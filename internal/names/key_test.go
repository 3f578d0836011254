package names

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestSpellingsOfANameShareAKey(t *testing.T) {
	for want, spellings := range map[string][]string{
		"тоқаев қасым жомарт":    {"Тоқаев Қасым-Жомарт", "ТОҚАЕВ  ҚАСЫМ–ЖОМАРТ", " Тоқаев, Қасым-Жомарт. ", "тоқаев\tқасым_жомарт", "Тоқаев Қасым‑Жомарт"},
		"obrien":                 {"O'Brien", "O’Brien", "OʼBrien", "o‘brien", "O`Brien"},
		"институт 2":             {"Институт «2»", "институт (2)", "ИНСТИТУТ ² "},
		"й":                      {"Й", "й", "и\u0306", "И\u0306"},
		"dź":                     {"ǲ`\u0301", "DŹ"},
		"office of the ministry": {"Ｏｆｆｉｃｅ of the Ministry", "Office (of the) Ministry!"},
		"":                       {"", " ", "—", "'’"},
	} {
		for _, s := range spellings {
			if got := Key(s); got != want {
				t.Errorf("%q has the key %q, want %q", s, got, want)
			}
		}
	}
	for _, pair := range [][2]string{{"Тоқаев", "Токаев"}, {"Анна Мария", "Аннамария"}, {"Институт 1", "Институт 2"}} {
		if Key(pair[0]) == Key(pair[1]) {
			t.Errorf("%q and %q have one key", pair[0], pair[1])
		}
	}
}

func TestAKeyIsItsOwnKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		key := Key(s)
		if again := Key(key); again != key {
			t.Fatalf("%q has the key %q, whose key is %q", s, key, again)
		}
		if strings.TrimSpace(key) != key || strings.Contains(key, "  ") || strings.ContainsFunc(key, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsUpper(r) && unicode.ToLower(r) != r }) {
			t.Fatalf("%q has the key %q", s, key)
		}
	})
}

func TestKeysAreDistinctAndNotEmpty(t *testing.T) {
	if got := Keys("Анна", " анна ", "", "—", "Борис", "АННА"); !slices.Equal(got, []string{"анна", "борис"}) {
		t.Error(got)
	}
}
