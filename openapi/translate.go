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

// catalogue has the texts by their English form, then by language. Long texts are in it paragraph by paragraph or sentence by sentence.
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
	if whole := catalogue()[english][lang]; whole != "" { // also words of the page that begin or end with a space
		return whole, true
	}
	paragraphs := strings.Split(english, "\n\n")
	complete = true
	for i, p := range paragraphs {
		translated, all := paragraph(sentences(p), lang)
		paragraphs[i], complete = translated, complete && all
	}
	return strings.Join(paragraphs, "\n\n"), complete
}

// paragraph translates sentences that follow each other.
func paragraph(list []string, lang string) (text string, complete bool) {
	var translated []string
	complete = true
	for len(list) > 0 {
		text, n := longestEntry(list, lang)
		if n == 0 {
			text, n, complete = list[0], 1, false
		}
		translated, list = append(translated, text), list[n:]
	}
	return strings.Join(translated, " "), complete
}

// longestEntry returns the translation of the first n sentences, where n is the largest number for which the catalogue has an entry.
func longestEntry(list []string, lang string) (text string, n int) {
	for n = len(list); n > 0; n-- {
		if text = entry(strings.Join(list[:n], " "), lang); text != "" {
			break
		}
	}
	return text, n
}

// codes matches the sentence about the values of an enum. The catalogue has it once, with codesName for the values.
var codes = regexp.MustCompile("^One of (`[^`]+`(?:, `[^`]+`)*)\\.$")

const codesName = "{codes}"

// entry returns the translation of one entry of the catalogue, or "" if there is none.
func entry(english, lang string) string {
	if values := codes.FindStringSubmatch(english); values != nil {
		return strings.ReplaceAll(catalogue()["One of "+codesName+"."][lang], codesName, values[1])
	}
	return catalogue()[english][lang]
}

// sentenceEnd matches the end of a sentence and the beginning of the next one.
var sentenceEnd = regexp.MustCompile("[.?!] [\\p{Lu}`*\"/0-9]")

// sentences splits a paragraph. Its line breaks count as spaces.
func sentences(paragraph string) (list []string) {
	paragraph = strings.ReplaceAll(paragraph, "\n", " ")
	begin := 0
	for _, at := range sentenceEnd.FindAllStringIndex(paragraph, -1) {
		list, begin = append(list, paragraph[begin:at[0]+1]), at[0]+2
	}
	return append(list, paragraph[begin:])
}

// named matches where a document has names for people: the title, and the tags of the document and of its operations.
var named = regexp.MustCompile(`^/(info/title|tags/\d+/name|(paths|webhooks)/[^/]+/[a-z]+/tags/\d+)$`)

// unreadable are the members whose values are data.
var unreadable = []string{"example", "default", "enum", "const", "value", "x-extensible-enum", "x-enum-varnames"}

// Translate returns a document, which is JSON, with its summaries, descriptions and tags in a language. Texts that the catalogue lacks
// stay in English, and missing lists them. Everything else stays as it is.
func Translate(document []byte, lang string) (translated []byte, missing []string, err error) {
	var out bytes.Buffer
	out.Grow(len(document) * 5 / 4)
	d := jsontext.NewDecoder(bytes.NewReader(document), jsontext.AllowDuplicateNames(true), jsontext.PreserveRawStrings(true))
	e := jsontext.NewEncoder(&out, jsontext.AllowDuplicateNames(true), jsontext.PreserveRawStrings(true))
	for {
		token, err := d.ReadToken()
		if err == io.EOF {
			return bytes.TrimSpace(out.Bytes()), missing, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read a document: %w", err)
		}
		text := token
		if token.Kind() == '"' {
			if _, n := d.StackIndex(d.StackDepth()); isMember(d, n) { // a name: its value follows
				if name := token.String(); isData(d.StackPointer(), name) {
					value, err := d.ReadValue()
					if err = errors.Join(err, e.WriteToken(jsontext.String(name)), e.WriteValue(value)); err != nil {
						return nil, nil, fmt.Errorf("copy a value of a document: %w", err)
					}
					continue
				}
			} else if at := string(d.StackPointer()); strings.HasSuffix(at, "/summary") || strings.HasSuffix(at, "/description") || named.MatchString(at) {
				translated, complete := Text(token.String(), lang)
				if !complete {
					missing = append(missing, token.String())
				}
				text = jsontext.String(translated)
			}
		}
		if err := e.WriteToken(text); err != nil {
			return nil, nil, fmt.Errorf("write a document: %w", err)
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
