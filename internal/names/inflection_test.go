package names

import (
	"slices"
	"testing"
)

func TestBaseFormsUndoTheCasesOfNames(t *testing.T) {
	t.Parallel()
	for inflected, base := range map[string]string{
		"Тукумовым": "тукумов", "Тукумовой": "тукумова", "Токаеву": "токаев", "Каримовским": "каримовский", "Ерланом Кариным": "ерлан карин",
		"Тоқаевтың": "тоқаев", "Тұқымовпен": "тұқымов", "Кәрінге": "кәрін", "Астанада": "астана",
	} {
		if forms := BaseForms(inflected); !slices.Contains(forms, base) {
			t.Errorf("%s: %q lack %s", inflected, forms, base)
		}
	}
	for _, name := range []string{"", "Tukumov", "Ли", "!?"} {
		if forms := BaseForms(name); len(forms) > 0 {
			t.Errorf("%q: %q", name, forms)
		}
	}
}
