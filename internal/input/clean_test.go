package input_test

import (
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestTextsThatLookAlikeAreStoredAlike(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"Water": "Water", "Water ": "Water", " Water": "Water", "": "", " \u00a0\t\n": "",
		"Water  and\u00a0\u2003land": "Water and land", "Water\r\nand\tland": "Water and land", "Water\u2028land\u0085sea": "Water land sea",
		"Cafe\u0301": "Café", "и\u0306": "й", "e\u200b\u0301": "é",
		"Wa\u200bter\ufeff": "Water", "Wa\u00adter": "Water", "\u202eWater\u202c": "Water", "\u2066Water\u2069\u200e\u200f\u061c": "Water",
		"Wa\u0001ter\u007f\u0092": "Water", "Wa\u2060ter\u206f": "Water", "\u200b \u202e": "",
		"Wa\u200cter": "Water", "Во\u200dда": "Вода", "水\u200d": "水", "\u200dWater": "Water", "Water\u200d 😀": "Water 😀",
		"می\u200cخواهم": "می\u200cخواهم", "می\u200c": "می", "می\u200c خواهم": "می خواهم", // Persian: between letters only
		"क\u094d\u200dष": "क\u094d\u200dष", "ന\u0d4d\u200d": "ന\u0d4d\u200d", // Hindi, and a Malayalam letter at the end of a word
		"ᠬᠠᠷ\u180eᠠ": "ᠬᠠᠷ\u180eᠠ", "a\u180eb": "ab",
		"👩\u200d💻 👨🏽\u200d⚕\ufe0f 🏳\ufe0f\u200d🌈": "👩\u200d💻 👨🏽\u200d⚕\ufe0f 🏳\ufe0f\u200d🌈", "👩\u200d": "👩",
		"🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
		"Water\U000e0041\U000e0001":                                     "Water",
	} {
		if got := input.Line(sent); got != want {
			t.Errorf("%q: %q, want %q", sent, got, want)
		}
		if again := input.Line(want); again != want {
			t.Errorf("%q is cleaned again to %q", want, again)
		}
	}
}

func TestACleanTextIsNormalizedAndStaysAsItIs(t *testing.T) {
	t.Parallel()
	letters := rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune(" \n\r\t\u00a0\u200b\u200c\u200d\u202e\u0301\u094d\u00ad\u0085\u2028aя\u0915ی😀🏴\U000e0067")))
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(letters).Draw(t, "text")
		got := input.Line(s)
		if input.Line(got) != got || !norm.NFC.IsNormalString(got) || strings.TrimSpace(got) != got || strings.ContainsAny(got, "\n\r\t\u200b\u202e\u00ad\u0085\u2028") || strings.Contains(got, "  ") {
			t.Fatalf("%q becomes %q, then %q", s, got, input.Line(got))
		}
	})
}

type common struct {
	Note string `json:"note"`
}

// texts has texts in all the ways in which inputs hold them.
type texts struct {
	common
	Name    string         `json:"name"`
	Alias   *string        `json:"alias"`
	Title   text.Map       `json:"title"`
	Bio     text.Map       `json:"bio" lines:"keep"`
	Notes   *string        `json:"notes" lines:"keep"`
	Tags    []string       `json:"tags"`
	Parts   []part         `json:"parts"`
	One     *part          `json:"one"`
	IDs     []string       `json:"external_ids"`
	Raw     jsontext.Value `json:"raw"`
	private string
}

func TestEveryTextOfAnInputIsCleanedAndLongTextsKeepTheirLines(t *testing.T) {
	t.Parallel()
	dirty := func(s string) *string { return &s }
	shared := text.Map{"en": " Water "}
	v := texts{
		common: common{" n "}, Name: " a  b\n", Alias: dirty("a\u200b"), Title: shared, Bio: text.Map{"en": "One\r\n\r\n  two  three\u2029four \n"}, Notes: dirty("a\rb\u202e"),
		Tags: []string{"x ", "y"}, Parts: []part{{Title: text.Map{"ru": "p "}}}, One: &part{Title: text.Map{"ru": "Вода "}}, Raw: jsontext.Value(`" "`), private: " ",
	}
	input.Clean(&v)
	if v.Note != "n" || v.Name != "a b" || *v.Alias != "a" || v.Title["en"] != "Water" || v.Bio["en"] != "One\n\n  two  three\nfour" || *v.Notes != "a\nb" ||
		!slices.Equal(v.Tags, []string{"x", "y"}) || v.Parts[0].Title["ru"] != "p" || v.One.Title["ru"] != "Вода" || string(v.Raw) != `" "` || v.private != " " {
		t.Errorf("%+v", v)
	}
	if shared["en"] != " Water " {
		t.Error("a map that another value shares was changed")
	}
}

func TestRemovedCharactersAreReportedWithTheirMember(t *testing.T) {
	t.Parallel()
	raw := jsontext.Value(`{"a":"x\u200b","b":{"ru":"\u202ey"},"c":[" z ","z\u00ad"],"d":"line\nbreak","e":"👩` + "\u200d" + `💻"}`)
	if got := input.Removed(raw); !slices.Equal(got, []string{"/a", "/b/ru", "/c/1"}) {
		t.Errorf("%q", got)
	}
}

func TestAChangeLeavesOtherMembersAsTheyAreStored(t *testing.T) {
	t.Parallel()
	old := document{Name: "Water ", IDs: []string{"orcid:0000-0002-1825-0098"}, Parts: []part{}}
	in := old
	size := int64(7)
	in.Size = &size
	if fields := input.CheckChange(&old, &in); len(fields) > 0 || in.Name != "Water " || in.IDs[0] != old.IDs[0] || *in.Size != 7 {
		t.Errorf("%+v, %+v", in, fields)
	}
	in.Name = "Land "
	if fields := input.CheckChange(&old, &in); len(fields) > 0 || in.Name != "Land" {
		t.Errorf("%+v, %+v", in, fields)
	}
	in.IDs = []string{"orcid:0000-0002-1825-0098", "a:1"}
	if fields := input.CheckChange(&old, &in); len(fields) != 1 || fields[0].Pointer != "/ids/0" || fields[0].Code != "bad_identifier" {
		t.Errorf("%+v", fields)
	}
}

type branch struct {
	Name     string   `json:"name"`
	Branches []branch `json:"branches"`
}

func TestATypeThatContainsItselfIsCleaned(t *testing.T) {
	t.Parallel()
	in := branch{"A ", []branch{{"B", []branch{{" C", nil}}}}}
	input.Clean(&in)
	if in.Name != "A" || in.Branches[0].Branches[0].Name != "C" {
		t.Errorf("%+v", in)
	}
}

func TestLongPathsToRemovedCharactersAreNotReturned(t *testing.T) {
	t.Parallel()
	long := `{"` + strings.Repeat("n", 400_000) + `":[` + strings.Repeat(`"`+"\u00ad"+`",`, 50_000) + `""],"short":"` + "\u00ad" + `"}`
	if got := input.Removed(jsontext.Value(long)); len(got) > 0 {
		t.Errorf("%d pointers", len(got))
	}
	many := `[` + strings.Repeat(`"`+"\u00ad"+`",`, 100) + `""]`
	if got := input.Removed(jsontext.Value(many)); len(got) != 20 || got[19] != "/19" {
		t.Errorf("%q", got)
	}
}
