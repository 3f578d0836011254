package docs

import (
	"regexp"
	"testing"

	"roundtables.kz/registry/openapi"
)

func TestEveryWordOfThePageHasATranslation(t *testing.T) {
	inPage := regexp.MustCompile(`\{\{t "([^"]*)"\}\}`).FindAllStringSubmatch(indexSource, -1)
	if len(inPage) < 5 {
		t.Errorf("only %d words in the page", len(inPage))
	}
	all := words
	for _, m := range inPage {
		all = append(all, m[1])
	}
	script, err := ui.ReadFile("ui/registry.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`\bt\("([^"]*)"\)`).FindAllSubmatch(script, -1) {
		all = append(all, string(m[1]))
	}
	for _, word := range all {
		for _, lang := range openapi.Languages {
			if _, complete := openapi.Text(word, lang); !complete {
				t.Errorf("texts.json lacks in %s: %q", lang, word)
			}
		}
	}
}
