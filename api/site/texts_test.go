package site

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/vocabulary"
)

// used finds the keys that templates and Go files name.
var used = regexp.MustCompile(`(?:\{\{-?\s*|\(|\s)(?:t|n|noun|bound) "([a-z_0-9-]+)"|\.text\("([a-z_0-9-]+)"|"(events|[a-z]+_n)", "`)

func TestEveryTextExistsInThreeLanguages(t *testing.T) {
	s := New(Config{})
	if len(s.texts) < 150 {
		t.Fatalf("only %d texts", len(s.texts))
	}
	verbs := regexp.MustCompile(`%[ds]`)
	for key, texts := range s.texts {
		for _, lang := range Languages {
			if strings.TrimSpace(texts[lang]) == "" {
				t.Errorf("%s has no text in %s", key, lang)
			}
			if got, want := len(verbs.FindAllString(texts[lang], -1)), len(verbs.FindAllString(texts["en"], -1)); got != want {
				t.Errorf("%s in %s has %d arguments, not %d", key, lang, got, want)
			}
		}
		if len(texts) != len(Languages) {
			t.Errorf("%s: %v", key, texts)
		}
		if forms := len(strings.Split(texts["en"], "|")); forms > 1 && (forms != 2 || len(strings.Split(texts["ru"], "|")) != 3 || strings.Contains(texts["kk"], "|")) {
			t.Errorf("%s lacks plural forms: %v", key, texts)
		}
	}
}

func TestEveryUsedTextExists(t *testing.T) {
	s := New(Config{})
	found := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html") {
			return err
		}
		content, err := os.ReadFile(path)
		for _, match := range used.FindAllStringSubmatch(string(content), -1) {
			key := match[1] + match[2] + match[3]
			if strings.HasSuffix(key, "_") || key == "error_%d" {
				continue // the rest of the key is computed
			}
			found++
			if s.texts[key] == nil {
				t.Errorf("%s uses %q, which does not exist", path, key)
			}
		}
		return err
	})
	if err != nil || found < 100 {
		t.Fatalf("%d keys: %v", found, err)
	}
	for _, filter := range slices.Concat(eventFilters, overviewFilters, slices.Collect(maps.Keys(collections)), slices.Collect(maps.Keys(codes))) {
		if filter != "cursor" && !strings.HasPrefix(filter, "starts_") && s.texts["facet_"+filter] == nil {
			t.Errorf("the filter %s has no name", filter)
		}
	}
}

func TestNumbersHaveTheFormsOfTheirLanguage(t *testing.T) {
	s := New(Config{})
	for _, c := range []struct {
		lang string
		n    int64
		want string
	}{
		{"en", 0, "0 events"}, {"en", 1, "1 event"}, {"en", 2, "2 events"}, {"en", 1234, "1,234 events"},
		{"ru", 0, "0 мероприятий"}, {"ru", 1, "1 мероприятие"}, {"ru", 3, "3 мероприятия"}, {"ru", 5, "5 мероприятий"}, {"ru", 11, "11 мероприятий"},
		{"ru", 14, "14 мероприятий"}, {"ru", 21, "21 мероприятие"}, {"ru", 112, "112 мероприятий"}, {"ru", 122, "122 мероприятия"},
		{"kk", 1, "1 іс-шара"}, {"kk", 7, "7 іс-шара"},
	} {
		if got := strings.ReplaceAll(s.number(c.lang, "events", c.n), "\u00a0", " "); got != c.want {
			t.Errorf("%s %d: %q, want %q", c.lang, c.n, got, c.want)
		}
	}
}

func TestDatesAreAsPreciseAsTheyAreKnown(t *testing.T) {
	until := func(s string) *string { return &s }
	for _, c := range []struct {
		lang, from string
		until      *string
		precision  string
		want       string
	}{
		{"en", "2020-02-27", nil, "day", "27 February 2020"},
		{"ru", "2020-02-27", nil, "day", "27 февраля 2020 года"},
		{"kk", "2020-02-27", nil, "day", "2020 жылғы 27 ақпан"},
		{"en", "2020-02-01", nil, "month", "February 2020"},
		{"ru", "2020-02-01", nil, "month", "февраль 2020 года"},
		{"kk", "2020-02-01", nil, "month", "2020 жылғы ақпан"},
		{"en", "2020-01-01", nil, "year", "2020"},
		{"ru", "2020-01-01", nil, "year", "2020 год"},
		{"kk", "2020-01-01", nil, "year", "2020 жыл"},
		{"en", "2020-01-01", nil, "unknown", ""},
		{"en", "2023-07-13", until("2023-07-14"), "day", "13–14 July 2023"},
		{"ru", "2023-07-13", until("2023-07-14"), "day", "13–14 июля 2023 года"},
		{"kk", "2023-07-13", until("2023-07-14"), "day", "2023 жылғы 13–14 шілде"},
		{"en", "2023-07-31", until("2023-08-01"), "day", "31 July 2023 – 1 August 2023"},
		{"en", "2023-07-13", until("2023-07-13"), "day", "13 July 2023"},
	} {
		if got := strings.ReplaceAll(period(c.lang, c.from, c.until, c.precision), "\u00a0", " "); got != c.want {
			t.Errorf("%s %s %s: %q, want %q", c.lang, c.from, c.precision, got, c.want)
		}
	}
	if got := date("en", "soon"); got != "soon" {
		t.Errorf("%q", got)
	}
}

func TestBoundsOfTimeAreDeclined(t *testing.T) {
	s := New(Config{})
	for _, c := range [][4]string{
		{"en", "since", "2020", "since 2020"}, {"en", "before", "2020-02-27", "before 27 February 2020"},
		{"ru", "since", "2020", "с 2020 года"}, {"ru", "since", "2020-02", "с февраля 2020 года"}, {"ru", "since", "2020-02-27", "с 27 февраля 2020 года"},
		{"ru", "before", "2020-02-27", "до 27 февраля 2020 года"}, {"ru", "until", "2020", "по 2020 год"}, {"ru", "until", "2020-02", "по февраль 2020 года"},
		{"kk", "since", "2020", "2020 жылдан бастап"}, {"kk", "since", "2020-02", "2020 жылғы ақпаннан бастап"}, {"kk", "before", "2020-02-27", "2020 жылғы 27 ақпанға дейін"},
		{"kk", "until", "2020", "2020 жылға дейін"}, {"kk", "until", "2020-09", "2020 жылғы қыркүйекке дейін"},
	} {
		if got := strings.ReplaceAll(s.bound(c[0], c[1], c[2]), "\u00a0", " "); got != c[3] {
			t.Errorf("%v: %q", c, got)
		}
	}
	for _, month := range months["kk"] {
		if kazakhCases[month][0] == "" {
			t.Errorf("%s is not declined", month)
		}
	}
}

func TestATextInAnotherLanguageSaysSo(t *testing.T) {
	for want, m := range map[string]text.Map{
		`Water`: {"en": "Water", "ru": "Вода"},
		`<span lang="ru" dir="auto">Вода</span>`:          {"ru": "Вода"},
		`<span lang="ar" dir="auto">&lt;b&gt; ماء</span>`: {"ar": "<b> ماء"},
		``: nil,
	} {
		if got := string(marked("en", m)); got != want {
			t.Errorf("%v: %s, want %s", m, got, want)
		}
	}
}

func TestTheListOfACellHasTheFiltersOfBothGroups(t *testing.T) {
	for _, c := range [][3]string{
		{"/v1/round-tables?topic=1", "/v1/round-tables?starts_from=2020-01-01&starts_to=2021-01-01", "/v1/round-tables?starts_from=2020-01-01&starts_to=2021-01-01&topic=1"},
		{"/v1/round-tables?starts_from=2020-02-01&starts_to=2020-03-01", "/v1/round-tables?format=forum", "/v1/round-tables?format=forum&starts_from=2020-02-01&starts_to=2020-03-01"},
		{"/v1/round-tables?starts_from=2020-02-01&starts_to=2020-03-01", "/v1/round-tables?format=forum&starts_from=2019-01-01&starts_to=2024-01-01", "/v1/round-tables?format=forum&starts_from=2020-02-01&starts_to=2020-03-01"},
	} {
		if got := both(c[0], c[1]); got != c[2] {
			t.Errorf("%s and %s: %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

func TestTheTimeOfDayIsThatOfTheEvent(t *testing.T) {
	at := func(s string) *string { return &s }
	if got := clock(at("2024-05-20T05:00:00Z"), at("2024-05-20T08:30:00Z"), "Asia/Almaty"); got != "10:00–13:30 (Asia/Almaty)" {
		t.Errorf("%q", got)
	}
	if got := clock(nil, nil, "Asia/Almaty"); got != "" {
		t.Errorf("%q", got)
	}
}

func TestSeveralOrganizersHaveAHeading(t *testing.T) {
	s := New(Config{})
	codes := vocabulary.Labels("organizer_kind", "en")
	if len(codes) == 0 {
		t.Fatal("there are no kinds of organizers")
	}
	for code := range codes {
		if s.texts["several_"+code] == nil {
			t.Errorf("several organizers of the kind %s have no heading", code)
		}
	}
}

func TestTheScriptOfOperatorsWritesDatesAsThePagesDo(t *testing.T) {
	for _, lang := range Languages {
		forms := dateForms(lang)
		write := strings.NewReplacer("{year}", "2026", "{day}", "9").Replace
		for form, day := range map[string]string{"": "2026", "10": "2026-10", "10-": "2026-10-09"} {
			if got, want := write(forms[form]), date(lang, day); got != want {
				t.Errorf("%s: %q, want %q", lang, got, want)
			}
		}
	}
}
