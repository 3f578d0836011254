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
	Info struct{ Title, Description string }
	Tags []struct{ Name, Description string }

	Paths      map[string]map[string]json.RawMessage
	Components struct {
		Parameters      map[string]struct{ Name, In, Description string }
		SecuritySchemes map[string]struct{ Description string }
	}
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

// ofOperators are the operations with which operators record, check, publish and undo an event. Their descriptions are translated, too.
var ofOperators = []string{
	"createBundle", "revertBundle", "getRoundTableBundle", "replaceRoundTableBundle", "checkRoundTable", "submitRoundTable", "returnRoundTable",
	"publishRoundTable", "withdrawRoundTable", "cancelRoundTable", "postponeRoundTable", "rescheduleRoundTable", "undo", "listQuality",
}

// descriptions returns the descriptions of operations, by their ids.
func (d document) descriptions(t *testing.T, ids []string) (list []string) {
	t.Helper()
	for _, item := range d.Paths {
		for _, raw := range item {
			var operation struct{ OperationID, Description string }
			if json.Unmarshal(raw, &operation) == nil && slices.Contains(ids, operation.OperationID) {
				list = append(list, operation.Description)
			}
		}
	}
	if len(list) != len(ids) {
		t.Errorf("%d of the operations %v exist", len(list), ids)
	}
	return list
}

// forEveryClient are the parameters of nearly every operation, which must be readable in every language.
var forEveryClient = []string{
	"DryRun", "Reason", "ChangeReason", "IfMatch", "IfNoneMatch", "IdempotencyKey", "Count", "Cursor", "UpdatedFrom", "UpdatedTo", "View", "AsOf", "AllowDuplicate",
}

// TestEveryTextThatOperatorsReadHasATranslation fails on a missing text. To translate more of the documents, add their texts here and to
// the catalogue.
func TestEveryTextThatOperatorsReadHasATranslation(t *testing.T) {
	d := read(t, unpacked(t, openapi.V30))
	required := append([]string{d.Info.Title}, strings.Split(d.Info.Description, "\n\n")...)
	for _, tag := range d.Tags {
		first, _, _ := strings.Cut(tag.Description, "\n\n")
		required = append(required, tag.Name, first)
	}
	summaries, tags := d.summaries(t)
	if len(summaries) < 200 {
		t.Errorf("only %d operations", len(summaries))
	}
	required = append(append(append(required, summaries...), tags...), d.descriptions(t, ofOperators)...)
	required = append(required, d.Components.SecuritySchemes["Bearer"].Description)
	for _, name := range forEveryClient {
		p, ok := d.Components.Parameters[name]
		if !ok {
			t.Errorf("there is no parameter %s", name)
		}
		required = append(required, p.Description)
	}
	for _, text := range required {
		for _, lang := range openapi.Languages {
			if _, complete := openapi.Text(text, lang); !complete {
				t.Errorf("texts.json lacks in %s: %q", lang, text)
			}
		}
	}
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
	v30 := string(unpacked(t, openapi.V30))
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
		inner := strings.Trim(unescape(string(quoted)), `"`)
		if !strings.Contains(v30, inner) && !strings.Contains(string(page), inner) && !strings.Contains(string(index), english) {
			t.Errorf("nothing says %q any more", english)
		}
	}
}

// unescape undoes the escapes for HTML, which the documents do not have.
func unescape(s string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(s)
}

func TestATranslationChangesOnlyTexts(t *testing.T) {
	for name, gzipped := range map[string][]byte{"3.1": openapi.V31, "3.0": openapi.V30, "2.0": openapi.V20} {
		original := unpacked(t, gzipped)
		same, err := openapi.Translate(original, "en")
		if err != nil || !bytes.Equal(same, original) {
			t.Errorf("%s: the English document is not the same (%v)", name, err)
		}
		for _, lang := range []string{"ru", "kk"} {
			translated, err := openapi.Translate(original, lang)
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
