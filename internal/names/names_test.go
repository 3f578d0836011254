package names_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/names"
)

// table returns the lines of a file of test data without comments, in blocks separated by empty lines.
func table(t testing.TB, name string) (blocks [][]string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	blocks = append(blocks, nil)
	for line := range strings.Lines(string(content)) {
		switch line = strings.TrimSpace(line); {
		case line == "":
			blocks = append(blocks, nil)
		case !strings.HasPrefix(line, "#"):
			blocks[len(blocks)-1] = append(blocks[len(blocks)-1], line)
		}
	}
	return blocks
}

func TestSpellingsOfANameShareAPhoneticKey(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, block := range table(t, "phonetickeys.txt") {
		for _, line := range block {
			spelling, want, _ := strings.Cut(line, " = ")
			if got := names.Parse(spelling).PhoneticKey(); got != want {
				t.Errorf("%s: phonetic key %q, want %q", spelling, got, want)
			}
			first, _, _ := strings.Cut(block[0], " = ")
			if s := names.Score(names.Parse(first), names.Parse(spelling)); s < names.Same {
				t.Errorf("%s and %s: score %.3f", first, spelling, s)
			}
			checked++
		}
	}
	if checked < 20 {
		t.Fatalf("only %d spellings were read", checked)
	}
}

// The golden file shows the effect of a change of the rules: review the difference, then run the test with UPDATE=1.
func TestScoresMatchTheReviewedOnes(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	for _, block := range table(t, "pairs.txt") {
		for _, line := range block {
			a, b, _ := strings.Cut(line, " | ")
			s := names.Score(names.Parse(a), names.Parse(b))
			band := "different"
			switch {
			case s >= names.Same:
				band = "same"
			case s >= names.Possible:
				band = "possible"
			}
			fmt.Fprintf(&got, "%-9s %.2f  %s\n", band, s, line)
		}
	}
	const file = "testdata/pairs.golden.txt"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the scores are\n%s\nnot\n%s", got.String(), want)
	}
}

func TestSpellingsWithoutLettersAreEmpty(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", " ", ".,;—«»", "🙂", "\x00", "́", "'’ʼ", strings.Repeat("-", 10000)} {
		if n := names.Parse(s); !n.Empty() || n.PhoneticKey() != "" || names.Score(n, n) != 0 {
			t.Errorf("%.20q: %v", s, n.Tokens())
		}
	}
}

func TestLongNamesAreTruncated(t *testing.T) {
	t.Parallel()
	for _, s := range []string{strings.Repeat("ж", 10000), strings.Repeat("а б ", 5000), strings.Repeat("x\u0301", 10000)} {
		n := names.Parse(s)
		if n.Empty() || len(n.Tokens()) > 24 || len(n.PhoneticKey()) > 4000 {
			t.Errorf("%.20q: %d words, phonetic key of %d letters", s, len(n.Tokens()), len(n.PhoneticKey()))
		}
	}
}

func TestLegalFormsOfOrganizationsAreIgnored(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b  string
		least float64
		most  float64
	}{
		{`ТОО «Альтернатива»`, `"Alternativa" LLP`, names.Same, 1},
		{`АО «Казахтелеком»`, `Kazakhtelecom JSC`, names.Possible, 1},
		{"KazISS", "Kaziss", names.Same, 1},
		{"KISI", "KIMEP", 0, .5},
		{"Институт стратегических исследований", "Institute for Strategic Studies", names.Same, 1},
		{"Ministry of Foreign Affairs of the Republic of Kazakhstan", "Ministry of Foreign Affairs of Kazakhstan", names.Possible, 1},
		{"Ministry of Foreign Affairs of Kazakhstan", "Ministry of Education of Kazakhstan", 0, names.Possible},
		{"Institute of Economic Research", "Institute of Political Research", 0, names.Possible},
	} {
		if s := names.Score(names.ParseOrganization(c.a), names.ParseOrganization(c.b)); s < c.least || s > c.most {
			t.Errorf("%s and %s: %.3f, want %.2f to %.2f", c.a, c.b, s, c.least, c.most)
		}
	}
}

func TestAChangedSurnameIsFoundUnlessTheNameIsCommon(t *testing.T) {
	t.Parallel()
	x := names.NewIndex(false)
	for i, name := range []string{
		"Gulnara Iskakova", "Искакова Гульнара Маратовна", "Gulnara Seitova", "Sadykova Gulnara", "Gulnar Bektas Ahmet", "Daniyar Iskakov", "Г. Сеитова", "Aigul Nurlan",
		"Saule Omarova", "A. Omarova", "Гульнара Нурланова Маратовна", "Ivan Ivan Petrov", "Gulnara Abramovich",
	} {
		x.Set(int64(i+1), []string{name})
	}
	x.Set(20, []string{"Gulnara Tulegenova", "Гульнара Тулегенова"})
	find := func(name string, limit int) string { return fmt.Sprint(owners(x.View(false).FindRenamed(name, limit))) }
	for name, want := range map[string]string{
		"Gulnara Omarova":              "[1 3 11 20 13 9 2 4]", // another word order comes last; names with another number of words or an initial are left out
		"Гульнара Омарова":             "[1 3 11 20 13 9 2 4]",
		"Омарова Гульнара":             "[2 4 1 3 11 20 13 9]",
		"Gulnara Iskakova":             "[3 20 11 13 4]",
		"Омарова Гульнара Маратовна":   "[2 4 11 1 3 13 20 9]",
		"Омарова Гульнара Болатовна":   "[4 1 3 20 13 9]",    // 2 and 11 have another patronymic
		"Gulnara Ibragimovich":         "[13 3 11 1 20 4 2]", // a surname in the form of a patronymic
		"Ivan Ivan Sidorov":            "[12]",
		"Ivan Petrov Petrov":           "[12]",
		"Ivan Ivan Petrov":             "[]", // matches completely
		"Gulnara":                      "[]",
		"G. Omarova":                   "[]",
		"":                             "[]",
		"Gulnara Omarova Iskakova One": "[]",
	} {
		if got := find(name, 10); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if got := find("Gulnara Omarova", 7); got != "[]" {
		t.Errorf("with more matches than the limit: %s", got)
	}
	x.Set(3, nil)
	if got := find("Gulnara Omarova", 7); got != "[1 11 20 13 9 2 4]" {
		t.Errorf("after one was removed: %s", got)
	}
	x.Hide(1, true)
	for want, found := range map[string][]names.Found{
		"[11 20 13 9 2 4]": x.View(true).FindRenamed("Gulnara Omarova", 6),
		"[2]":              x.View(true).Find("Gulnara Iskakova", names.Same, 1),
		"[13 4 20]":        x.View(true).Search("Gulnara", .7, 3),
		"[1 2]":            x.View(false).Find("Gulnara Iskakova", names.Same, 5),
	} {
		if got := fmt.Sprint(owners(found)); got != want {
			t.Errorf("found %s, want %s", got, want)
		}
	}
	x.Hide(1, false)
	if got := fmt.Sprint(owners(x.View(true).FindRenamed("Gulnara Omarova", 7))); got != "[1 11 20 13 9 2 4]" {
		t.Errorf("after it is shown again: %s", got)
	}
}

func TestTheIndexFindsCurrentSpellingsOnly(t *testing.T) {
	t.Parallel()
	x := names.NewIndex(false)
	x.Set(1, []string{"Касым-Жомарт Токаев", "Kassym-Jomart Tokayev"})
	x.Set(2, []string{"Aidos Sarym"})
	for round := range 3000 { // often enough to compact the index
		x.Set(3, []string{fmt.Sprintf("Ermek Tursunov %d", round)})
	}
	find := func(name string) string { return fmt.Sprint(owners(x.View(false).Find(name, names.Possible, 10))) }
	for name, want := range map[string]string{"Токаев Қасым": "[1]", "Sarym, Aidos": "[2]", "Ермек Турсунов 2999": "[3]", "Nobody Here": "[]", "": "[]", "ж": "[]"} {
		if got := find(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for name, want := range map[string]string{"Тока": "[1]", "tokaev": "[1]", "sar": "[2]", "Айдос": "[2]"} {
		if got := fmt.Sprint(owners(x.View(false).Search(name, .7, 10))); got != want {
			t.Errorf("search for %s: %s, want %s", name, got, want)
		}
	}
	x.Set(2, nil)
	if got := find("Aidos Sarym"); got != "[]" || len(x.Spellings(2)) != 0 || len(x.Spellings(1)) != 2 {
		t.Errorf("after it was removed: %s", got)
	}
}

func TestAnIndexOfRecordsWithManySpellingsIsCompacted(t *testing.T) {
	t.Parallel()
	x := names.NewIndex(true)
	spellings := make([]string, 7)
	for round := range 300 {
		for i := range spellings {
			spellings[i] = fmt.Sprintf("Institute %d of Water %d", i, round%200)
		}
		for owner := range int64(10) {
			x.Set(owner+1, spellings)
		}
	}
	if n := len(x.Owners()); n != 10 || len(x.Spellings(1)) != 7 {
		t.Errorf("%d records, %d spellings", n, len(x.Spellings(1)))
	}
}

func owners(found []names.Found) []int64 {
	list := []int64{}
	for _, f := range found {
		list = append(list, f.Owner)
	}
	return list
}

func FuzzScore(f *testing.F) {
	for _, block := range table(f, "pairs.txt") {
		for _, line := range block {
			a, b, _ := strings.Cut(line, " | ")
			f.Add(a, b)
		}
	}
	f.Add("\xff\x00 ا", "🙂 Cерік І.")
	f.Add("iхХ", "oXX Institute")
	f.Add(strings.Repeat("МВД ", 13), "Министерство внутренних дел")
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, parse := range []func(string) names.Name{names.Parse, names.ParseOrganization} {
			x, y := parse(a), parse(b)
			s, r := names.Score(x, y), names.Score(y, x)
			if s != r || s < 0 || s > 1.0000001 {
				t.Errorf("%q and %q score %v one way, %v the other", a, b, s, r)
			}
			for _, token := range x.Tokens() {
				if strings.Trim(token, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || token == "" {
					t.Errorf("%q has the word %q", a, token)
				}
			}
			if !x.Empty() && names.Score(x, x) < .99 && len(x.Tokens()) > 1 && !strings.ContainsAny(a, ".") {
				onlyInitials := len(x.PhoneticKey()) < 2*len(x.Tokens())
				if !onlyInitials {
					t.Errorf("%q scores %v with itself", a, names.Score(x, x))
				}
			}
			if s := names.Search(x, y); s < 0 || s > 1.0000001 {
				t.Errorf("search for %q in %q: %v", a, b, s)
			}
		}
	})
}

func BenchmarkScore(b *testing.B) {
	x, y := names.Parse("Тоқаев Қасым-Жомарт Кемелұлы"), names.Parse("Kassym-Jomart Tokayev")
	for b.Loop() {
		names.Score(x, y)
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		names.Parse("Kassym-Jomart Tokayev")
	}
}
