package privacy

import "testing"

func TestNamesAreFoundInTextsInAnySpellingAndCase(t *testing.T) {
	t.Parallel()
	n := newNameSearch([]string{"Калиев Талгат Бегимович", "Aliasov"}, []string{"wikidata:Q42", "a"})
	for s, want := range map[string]string{
		"Moderator: Talgat Qaliev, director.":      "Talgat Qaliev",
		"Доклад Талгата Калиева поддержали.":       "Талгата Калиева",
		"выступил Талғат Бегімұлы Қалиев, который": "Талғат Бегімұлы Қалиев",
		"по словам Aliasov":                        "Aliasov",
		"Талгат Каримов":                           "",
		"Калиев":                                   "",
		"Каримов и Талгат":                         "",
		"":                                         "",
	} {
		if found, score := n.find(s, false); found != want || (score > 0) != (want != "") {
			t.Errorf("%q: %q (%.2f), want %q", s, found, score, want)
		}
	}
	if found, _ := n.find("Г-н Калиев добавил", true); found != "Калиев" {
		t.Errorf("in a text about their own event: %q", found)
	}
	for s, want := range map[string]bool{"see WIKIDATA:Q42": true, "a text": false, "с Талгатом Калиевым": true} {
		if n.mentions(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}
