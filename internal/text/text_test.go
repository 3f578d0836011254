package text_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/text"

	"pgregory.net/rapid"
)

func TestALanguageFallsBackAlongTheChain(t *testing.T) {
	t.Parallel()
	all := text.Map{"kk": "Су", "ru": "Вода", "en": "Water", "de": "Wasser"}
	for _, c := range []struct {
		m           text.Map
		asked       string
		value, used string
	}{
		{all, "kk", "Су", "kk"},
		{all, "de", "Wasser", "de"},
		{all, "de-AT", "Wasser", "de"},
		{all, "fr", "Вода", "ru"},
		{all, "", "Вода", "ru"},
		{text.Map{"kk": "Су", "en": "Water"}, "ru", "Water", "en"},
		{text.Map{"kk": "Су", "en": "Water"}, "kk-Latn", "Су", "kk"},
		{text.Map{"kk": "Су", "de": "Wasser"}, "en", "Су", "kk"},
		{text.Map{"fr": "Eau", "de": "Wasser"}, "ru", "Wasser", "de"},
		{text.Map{"kk-Latn": "Su"}, "ru", "Su", "kk-Latn"},
		{text.Map{"ru": "Вода", "ru-KZ": "Вода!"}, "ru-KZ", "Вода!", "ru-KZ"},
		{text.Map{"zh-Hant": "水", "kk": "Су"}, "zh-Hant-TW", "水", "zh-Hant"},
		{text.Map{"zh-Hant-HK": "水", "zh-Hans": "水!", "kk": "Су"}, "zh-Hant-TW", "水", "zh-Hant-HK"},
		{text.Map{"zh-Hans": "水", "kk": "Су"}, "zh-Hant-TW", "水", "zh-Hans"},
		{text.Map{"en-GB": "Water", "ru": "Вода"}, "en", "Water", "en-GB"},
		{text.Map{"en-GB": "Water", "en-US": "Water!", "ru": "Вода"}, "en-US", "Water!", "en-US"},
		{text.Map{"kk-Arab": "سۋ", "en": "Water"}, "kk", "Water", "en"},
		{text.Map{"kk-Cyrl-KZ": "Су", "kk-Arab": "سۋ", "en": "Water"}, "kk", "Су", "kk-Cyrl-KZ"},
		{text.Map{"kk-Arab": "سۋ", "de": "Wasser"}, "kk-Arab-CN", "سۋ", "kk-Arab"},
		{text.Map{"kk-Arab": "سۋ"}, "kk", "سۋ", "kk-Arab"},
		{text.Map{"zh-Hant": "水", "ru": "Вода"}, "zh", "水", "zh-Hant"},
		{text.Map{"enm": "Water", "ru": "Вода"}, "en", "Вода", "ru"},
		{text.Map{}, "ru", "", ""},
		{nil, "ru", "", ""},
	} {
		if value, used := c.m.In(c.asked); value != c.value || used != c.used {
			t.Errorf("%v in %q: %q in %q, want %q in %q", c.m, c.asked, value, used, c.value, c.used)
		}
	}
}

func TestWhatIsShownIsAlwaysOneOfTheTexts(t *testing.T) {
	t.Parallel()
	langs := rapid.SampledFrom([]string{"kk", "ru", "en", "de", "kk-Latn", "sr-Latn-RS", ""})
	rapid.Check(t, func(t *rapid.T) {
		m := text.Map(rapid.MapOf(langs, rapid.String()).Draw(t, "map"))
		asked := langs.Draw(t, "asked")
		value, used := m.In(asked)
		there, ok := m[used]
		if len(m) > 0 && (!ok || there != value) {
			t.Fatalf("%v in %q gives %q in %q", m, asked, value, used)
		}
		if v, ok := m[asked]; ok && (used != asked || v != value) {
			t.Fatalf("%v has %q, but gives %q", m, asked, used)
		}
	})
}

func TestMistakesOfATextAreAllFoundAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		m    text.Map
		want string
	}{
		"absent":             {nil, ""},
		"fine":               {text.Map{"kk": "Су", "kk-Latn": "Su", "ru": strings.Repeat("я", 10)}, ""},
		"no language":        {text.Map{}, "/t:empty_text"},
		"blank":              {text.Map{"ru": " \t", "en": ""}, "/t/en:blank /t/ru:blank"},
		"over-long in runes": {text.Map{"ru": strings.Repeat("я", 11)}, "/t/ru:too_long"},
		"no tags":            {text.Map{"russian language": "a", "a/b~c": "a", "": "a", "RU": "a"}, "/t/:unknown_language /t/RU:unknown_language /t/a~1b~0c:unknown_language /t/russian language:unknown_language"},
		"twice":              {text.Map{"ru": "a", "RU": "a"}, "/t/RU:duplicate_name"},
		"everything":         {text.Map{"xx": "a", "ru": ""}, "/t/ru:blank /t/xx:unknown_language"},
	} {
		var got []string
		for _, f := range c.m.Check("/t", 10) {
			got = append(got, f.Pointer+":"+f.Code)
			if f.Code == "too_long" && f.Args["max"] != "10" || f.Code == "unknown_language" && f.Args == nil {
				t.Errorf("%s: %v lacks its arguments", name, f)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

func TestTagsAreKnownAndCanonical(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"ru": true, "kk": true, "en-US": true, "kk-Latn": true, "sr-Latn-RS": true, "tlh": true,
		"RU": false, "en_US": false, "en-us": false, "zh-cmn": false, "und": false, "und-Latn": false, "x-own": false, "xx": false, "": false, "r": false,
		"russian": false, "en-US-": false, "ru ": false, "en-x-" + strings.Repeat("a", 40): false,
	} {
		if text.IsTag(s) != want {
			t.Errorf("%q is a tag: %v", s, !want)
		}
	}
}

// What Check lets through, the schema takes: an error of the database would not name the entry.
func TestTheSchemaTakesWhatCheckLetsThrough(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	keys := rapid.OneOf(rapid.SampledFrom([]string{"kk", "ru", "en", "kk-Latn", "sr-Latn-RS", "en-x-foo", "xx"}), rapid.StringMatching(`[a-zA-Z]{1,3}(-[a-zA-Z0-9]{1,4})?`))
	values := rapid.StringOfN(rapid.SampledFrom([]rune("aя \t\n\u00a0\u2003\u3000\v\f\u0085")), 0, 4, -1)
	rapid.Check(t, func(t *rapid.T) {
		m := text.Map(rapid.MapOfN(keys, values, 0, 3).Draw(t, "map"))
		var takes bool
		if err := db.QueryRow(context.Background(), "SELECT is_text($1::jsonb)", map[string]string(m)).Scan(&takes); err != nil {
			t.Fatal(err)
		}
		if checked := len(m.Check("", 100)) == 0; checked && !takes {
			t.Fatalf("%q passes here, not there", m)
		}
	})
}

type person struct {
	Name  text.Map `json:"name"`
	Note  text.Map `json:"-"`
	plain text.Map
	Added text.Added `json:",embed"`
}

type input struct {
	Title   text.Map `json:"title"`
	Purpose text.Map `json:"purpose,omitzero"`
}

type event struct {
	input
	Input   input     `json:"-"`
	Place   *text.Ref `json:"place"`
	Nowhere *text.Ref `json:"nowhere"`
	People  []person  `json:"people"`
	Chairs  []*person `json:"chairs"`
	Parent  *event    `json:"parent"`
	Options struct {
		Label text.Map   `json:"label"`
		Added text.Added `json:",embed"`
	} `json:"options"`
	Without struct {
		Label text.Map `json:"label"`
	} `json:"without"`
	Count int        `json:"count"`
	Added text.Added `json:",embed"`
}

func TestAnAskedLanguageIsAddedBesideEveryTextHoweverDeep(t *testing.T) {
	t.Parallel()
	ru := func(s string) text.Map { return text.Map{"ru": s, "en": s + " in English"} }
	e := event{
		input:  input{Title: ru("Диалог")},
		Place:  &text.Ref{ID: 1, Name: text.Map{"kk": "Астана"}},
		People: []person{{Name: ru("Анна"), Note: ru("-"), plain: ru("-")}, {}},
		Chairs: []*person{{Name: ru("Борис")}, nil},
		Parent: &event{input: input{Purpose: ru("Мир")}},
	}
	e.Options.Label, e.Without.Label = ru("Вид"), ru("-")
	list := []event{e, {}}
	text.Localize(&list, "en")
	e = list[0]
	for name, c := range map[string]struct {
		got  text.Added
		want text.Added
	}{
		"embedded":           {e.Added, text.Added{"title_text": "Диалог in English", "title_lang": "en"}},
		"a pointer":          {e.Place.Added, text.Added{"name_text": "Астана", "name_lang": "kk"}},
		"a slice":            {e.People[0].Added, text.Added{"name_text": "Анна in English", "name_lang": "en"}},
		"an absent text":     {e.People[1].Added, text.Added{}},
		"pointers in one":    {e.Chairs[0].Added, text.Added{"name_text": "Борис in English", "name_lang": "en"}},
		"its own kind":       {e.Parent.Added, text.Added{"purpose_text": "Мир in English", "purpose_lang": "en"}},
		"a nameless struct":  {e.Options.Added, text.Added{"label_text": "Вид in English", "label_lang": "en"}},
		"the next of a list": {list[1].Added, text.Added{}},
	} {
		if len(c.got) != len(c.want) || c.got == nil {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
		for k, v := range c.want {
			if c.got[k] != v {
				t.Errorf("%s: %v, want %v", name, c.got, c.want)
			}
		}
	}
	text.Localize(&e, "ru")
	if e.Added["title_text"] != "Диалог" || e.Place.Added["name_lang"] != "kk" {
		t.Errorf("another language leaves %v", e.Added)
	}
}

func TestLanguagesAreSorted(t *testing.T) {
	t.Parallel()
	if got := (text.Map{"ru": "", "en": "", "kk": ""}).Langs(); !slices.Equal(got, []string{"en", "kk", "ru"}) {
		t.Error(got)
	}
	if got := text.Map(nil).Langs(); len(got) != 0 {
		t.Error(got)
	}
	if fields := (text.Map{"a/b": ""}).Check("/title", 5); fields[0].Pointer != "/title/a~1b" || fields[0].Code != "unknown_language" {
		t.Errorf("%+v", fields)
	}
}
