package openapi

import (
	"bytes"
	_ "embed" // the catalogue
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// Languages are the languages of the documents and of the page that shows them. The first is the one in which they are written.
var Languages = []string{"en", "ru", "kk"}

//go:embed texts.json
var texts []byte

// catalogue has the texts by their English form, then by language. Long texts are in it paragraph by paragraph.
var catalogue = sync.OnceValue(func() (all map[string]map[string]string) {
	if err := json.Unmarshal(texts, &all); err != nil {
		panic(fmt.Errorf("read the catalogue of texts: %w", err)) // it is part of the program
	}
	return all
})

// Text returns a text of the documents or of the page in a language. It reports false if the catalogue lacks a part of it, which then
// stays in English.
func Text(english, lang string) (text string, complete bool) {
	if lang == Languages[0] {
		return english, true
	}
	paragraphs := strings.Split(english, "\n\n")
	complete = true
	for i, p := range paragraphs {
		rest, scope := p, ""
		if at := strings.LastIndex(p, scopeNote); at >= 0 { // it ends many descriptions
			rest, scope = strings.TrimSpace(p[:at]), p[at:]
		}
		var sentences []string
		for _, english := range []string{rest, scope} {
			translated := catalogue()[english][lang]
			if english != "" && translated == "" {
				translated, complete = english, false
			}
			if translated != "" {
				sentences = append(sentences, translated)
			}
		}
		paragraphs[i] = strings.Join(sentences, " ")
	}
	return strings.Join(paragraphs, "\n\n"), complete
}

// scopeNote begins the sentence about the scope that an operation requires.
const scopeNote = "Requires a key with the scope "

// named matches where a document has names for people: the title, and the tags of the document and of its operations.
var named = regexp.MustCompile(`^/(info/title|tags/\d+/name|(paths|webhooks)/[^/]+/[a-z]+/tags/\d+)$`)

// unreadable are the members whose values are data.
var unreadable = []string{"example", "default", "enum", "const", "value", "x-extensible-enum", "x-enum-varnames"}

// Translate returns a document, which is JSON, with its summaries, descriptions and tags in a language. Texts that the catalogue lacks
// stay in English. Everything else stays as it is.
func Translate(document []byte, lang string) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(document) * 5 / 4)
	d := jsontext.NewDecoder(bytes.NewReader(document), jsontext.AllowDuplicateNames(true), jsontext.PreserveRawStrings(true))
	e := jsontext.NewEncoder(&out, jsontext.AllowDuplicateNames(true), jsontext.PreserveRawStrings(true))
	for {
		token, err := d.ReadToken()
		if err == io.EOF {
			return bytes.TrimSpace(out.Bytes()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("read a document: %w", err)
		}
		text := token
		if token.Kind() == '"' {
			if _, n := d.StackIndex(d.StackDepth()); isMember(d, n) { // a name: its value follows
				if name := token.String(); isData(d.StackPointer(), name) {
					value, err := d.ReadValue()
					if err = errors.Join(err, e.WriteToken(jsontext.String(name)), e.WriteValue(value)); err != nil {
						return nil, fmt.Errorf("copy a value of a document: %w", err)
					}
					continue
				}
			} else if at := string(d.StackPointer()); strings.HasSuffix(at, "/summary") || strings.HasSuffix(at, "/description") || named.MatchString(at) {
				translated, _ := Text(token.String(), lang)
				text = jsontext.String(translated)
			}
		}
		if err := e.WriteToken(text); err != nil {
			return nil, fmt.Errorf("write a document: %w", err)
		}
	}
}

// isData reports whether the value of a member is data. A property, or the response default, may have the name of such a member.
func isData(at jsontext.Pointer, name string) bool {
	parent := string(at.Parent())
	return slices.Contains(unreadable, name) && !strings.HasSuffix(parent, "/properties") && !strings.HasSuffix(parent, "/responses")
}

// isMember reports whether the token that was read is the name of a member. n is the number of names and values in its object or array.
func isMember(d *jsontext.Decoder, n int64) bool {
	kind, _ := d.StackIndex(d.StackDepth())
	return kind == '{' && n%2 == 1
}
