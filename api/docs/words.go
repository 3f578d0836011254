package docs

import (
	"bytes"
	_ "embed" // the page
	"encoding/json"
	"fmt"
	"html/template"
	"sync"

	"roundtables.kz/registry/openapi"
)

// words are what registry.js and Swagger UI show. Swagger UI exists in English only: registry.js replaces its labels, which must be in
// this list as it writes them.
var words = []string{
	"On this page `auto` stands for the version that was shown here last, or else the current one.",
	"This browser keeps it until you press *Logout*.",
	"Optional",
	"Delete",
	"Authorize",
	"Logout",
	"Close",
	"Available authorizations",
	"Authorized",
	"Value:",
	"Execute",
	"Clear",
	"Cancel",
	"Reset",
	"Try it out ",
	"Try it out",
	"Parameters",
	"No parameters",
	"Request body",
	"Responses",
	"Server response",
	"Response body",
	"Response headers",
	"Request URL",
	"Request duration",
	"Snippets",
	"Name",
	"Description",
	"Code",
	"Details",
	"Download",
	"Registry of round tables - Website",
	"Loading...",
	"Example Value",
	"Schema",
	"Examples:",
	"Media type",
	"Parameter content type",
	"Response content type",
	"Send empty value",
	"Undocumented",
	"Error",
	"required",
	"Filter by tag or path",
	"Edit Value",
	"Headers:",
	"Type",
}

//go:embed ui/index.html
var indexSource string

// Index is the page of Swagger UI in a language of openapi.Languages.
func Index(lang string) (File, bool) {
	f, ok := indexes()[lang]
	return f, ok
}

var indexes = sync.OnceValue(func() map[string]File {
	pages := map[string]File{}
	for _, lang := range openapi.Languages {
		html, err := index(lang)
		if err != nil {
			panic(err) // the page is part of the program
		}
		pages[lang] = NewFile(TypeOf(".html"), html)
	}
	return pages
})

func index(lang string) ([]byte, error) {
	t := func(english string) string {
		text, _ := openapi.Text(english, lang)
		return text
	}
	translated := map[string]string{}
	if lang != openapi.Languages[0] {
		for _, w := range words {
			translated[w] = t(w)
		}
	}
	list, err := json.Marshal(translated)
	if err != nil {
		return nil, err
	}
	page, err := template.New("index").Funcs(template.FuncMap{"t": t}).Parse(indexSource)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := page.Execute(&b, struct{ Lang, Words string }{lang, string(list)}); err != nil {
		return nil, fmt.Errorf("render the page of Swagger UI: %w", err)
	}
	return b.Bytes(), nil
}
