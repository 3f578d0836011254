package openapi_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/openapi"
)

// document is what the tests read of a document.
type document struct {
	Tags  []struct{ Name string }
	Paths map[string]map[string]json.RawMessage
}

func unpacked(t *testing.T, gzipped []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(gzipped))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func read(t *testing.T, raw []byte) (d document) {
	t.Helper()
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// summaries returns the summaries of the operations, and the tags that they have.
func (d document) summaries(t *testing.T) (summaries, tags []string) {
	t.Helper()
	for path, item := range d.Paths {
		for method, raw := range item {
			var operation struct {
				Summary string
				Tags    []string
			}
			if json.Unmarshal(raw, &operation) != nil || operation.Summary == "" {
				t.Logf("%s %s is no operation", method, path)
				continue
			}
			summaries, tags = append(summaries, operation.Summary), append(tags, operation.Tags...)
		}
	}
	return summaries, tags
}

// documents are the published documents by their notation.
var documents = map[string][]byte{"3.1": openapi.V31, "3.0": openapi.V30, "2.0": openapi.V20}

func TestEveryTextOfTheDocumentsHasATranslation(t *testing.T) {
	for name, gzipped := range documents {
		for _, lang := range openapi.Languages {
			_, missing, err := openapi.Translate(unpacked(t, gzipped), lang)
			if err != nil {
				t.Fatal(name, lang, err)
			}
			slices.Sort(missing)
			for _, text := range slices.Compact(missing) {
				t.Errorf("texts.json lacks in %s a sentence of: %q", lang, text)
			}
		}
	}
}

func TestALongTextIsTranslatedBySentences(t *testing.T) {
	const lists = "**Lists** are pages: follow `page.next` until it is null. Different filters combine with AND, values separated by commas with OR. " +
		"`lang=ru` adds the texts in one language beside the language maps."
	for _, c := range []struct {
		english, russian string
		complete         bool
	}{
		{"`If-Match` is missing. Retry after `Retry-After`.", "Не указан `If-Match`. Повторите через время из `Retry-After`.", true},
		{"The place. One of `a`, `b`.\n\nLater releases\nmay add values.", "Место. Одно из: `a`, `b`.\n\nСписок может пополняться.", true},
		{"The place. Nobody translated this.", "Место. Nobody translated this.", false},
		// An entry for several sentences precedes those for each of them.
		{"The place. " + lists, "Место. " + russian(t, lists), true},
	} {
		if got, complete := openapi.Text(c.english, "ru"); got != c.russian || complete != c.complete {
			t.Errorf("%q is %q, complete: %v", c.english, got, complete)
		}
	}
}

func russian(t *testing.T, english string) string {
	t.Helper()
	text, complete := openapi.Text(english, "ru")
	if !complete || !cyrillic.MatchString(text) {
		t.Errorf("texts.json lacks %q", english)
	}
	return text
}

var cyrillic = regexp.MustCompile(`\p{Cyrillic}`)

func TestEveryEntryOfTheCatalogueHasBothLanguagesAndIsUsed(t *testing.T) {
	raw, err := os.ReadFile("texts.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]map[string]string
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	said := ""
	for _, gzipped := range documents {
		said += strings.ReplaceAll(string(unpacked(t, gzipped)), `\n`, " ")
	}
	page, err := os.ReadFile("../api/docs/words.go")
	if err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile("../api/docs/ui/index.html")
	if err != nil {
		t.Fatal(err)
	}
	for english, languages := range all {
		if len(languages) != len(openapi.Languages)-1 {
			t.Errorf("%q has the languages %v", english, languages)
		}
		for lang, text := range languages {
			if lang != "kk" && lang != "ru" || !cyrillic.MatchString(text) {
				t.Errorf("%q is %q in %s", english, text, lang)
			}
		}
		quoted, err := json.Marshal(english)
		if err != nil {
			t.Fatal(err)
		}
		inner, _, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(unescape(string(quoted)), `"`), `"`), "{codes}")
		if !strings.Contains(said, inner) && !strings.Contains(string(page), inner) && !strings.Contains(string(index), english) {
			t.Errorf("nothing says %q any more", english)
		}
	}
}

// unescape undoes the escapes for HTML, which the documents do not have.
func unescape(s string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(s)
}

func TestATranslationChangesOnlyTexts(t *testing.T) {
	for name, gzipped := range documents {
		original := unpacked(t, gzipped)
		same, _, err := openapi.Translate(original, "en")
		if err != nil || !bytes.Equal(same, original) {
			t.Errorf("%s: the English document is not the same (%v)", name, err)
		}
		for _, lang := range []string{"ru", "kk"} {
			translated, _, err := openapi.Translate(original, lang)
			if err != nil {
				t.Fatal(name, lang, err)
			}
			var was, is any
			if json.Unmarshal(original, &was) != nil || json.Unmarshal(translated, &is) != nil {
				t.Fatal(name, lang, "is no JSON")
			}
			differ(t, name+" "+lang, "", was, is)
			d := read(t, translated)
			if want, _ := openapi.Text("Create a whole event", lang); !strings.Contains(string(translated), want) || !cyrillic.MatchString(d.Tags[0].Name) {
				t.Errorf("%s %s is not translated: %v", name, lang, d.Tags)
			}
			declared := map[string]bool{}
			for _, tag := range d.Tags {
				declared[tag.Name] = true
			}
			_, tags := d.summaries(t)
			for _, tag := range tags {
				if !declared[tag] {
					t.Errorf("%s %s: an operation has the tag %q, which is not listed", name, lang, tag)
				}
			}
		}
	}
}

// differ fails the test on a difference that is not in a text for people.
func differ(t *testing.T, document, at string, was, is any) {
	t.Helper()
	switch was := was.(type) {
	case map[string]any:
		other, _ := is.(map[string]any)
		if len(was) != len(other) {
			t.Errorf("%s%s has other members", document, at)
		}
		for name, value := range was {
			differ(t, document, at+"/"+name, value, other[name])
		}
	case []any:
		other, _ := is.([]any)
		if len(was) != len(other) {
			t.Errorf("%s%s has another length", document, at)
			return
		}
		for i, value := range was {
			differ(t, document, at+"/-", value, other[i])
		}
	default:
		text := strings.HasSuffix(at, "/summary") || strings.HasSuffix(at, "/description") || strings.HasSuffix(at, "/tags/-") || at == "/tags/-/name" || at == "/info/title"
		if was != is && (!text || strings.Contains(at, "/example/")) {
			t.Errorf("%s%s was %v, is %v", document, at, was, is)
		}
	}
}
