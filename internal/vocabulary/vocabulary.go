// Package vocabulary holds the codes of the registry with their labels in Kazakh, Russian and English, and the names of
// languages and countries. Roles are records, and not in this package.
package vocabulary

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"roundtables.kz/registry/internal/text"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Code is one code of a vocabulary.
//
//	@Description	A code with its label.
type Code struct {
	Code  string     `json:"code" example:"round_table"` // The code, as in records and filters.
	Label text.Map   `json:"label" validate:"required"`  // The label, in kk, ru and en.
	Added text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	VocabularyCode

// The vocabularies of codes that standards define: BCP 47 and ISO 3166-1. Their labels are those of CLDR.
const (
	Languages = "language"
	Countries = "country"
)

//go:embed vocabulary.json
var file []byte

// Vocabulary is the codes of one member, in order.
//
//	@Description	The codes that a member can have, in the order in which a form or a legend shows them.
type Vocabulary struct {
	Name   string   `json:"name" example:"format"`                 // Name of the vocabulary.
	UsedIn []string `json:"used_in" example:"round-tables.format"` // The members with these codes: the collection and the member.
	Codes  []Code   `json:"codes"`                                 // The codes, in order.
} //	@name	Vocabulary

var all, known = read()

func read() ([]Vocabulary, map[string][]Code) {
	var list []Vocabulary
	if err := json.Unmarshal(file, &list); err != nil {
		panic("read the vocabularies: " + err.Error()) // the file is part of the program
	}
	of := make(map[string][]Code, len(list))
	for _, v := range list {
		of[v.Name] = v.Codes
	}
	return list, of
}

// All returns the vocabularies whose codes the program defines, in order. The caller must not change them.
func All() []Vocabulary { return all }

// Label returns the label of a code. It is nil for an unknown code.
func Label(name, code string) text.Map {
	switch name {
	case Languages:
		tag, err := language.Parse(code)
		if err != nil {
			return nil
		}
		return named(func(in language.Tag) string { return display.Tags(in).Name(tag) })
	case Countries:
		region, err := language.ParseRegion(code)
		if err != nil {
			return nil
		}
		return named(func(in language.Tag) string { return display.Regions(in).Name(region) })
	}
	for _, c := range known[name] {
		if c.Code == code {
			return c.Label
		}
	}
	return nil
}

// CodeOf returns the one of the codes that a text means: the code in any case, with spaces or hyphens for `_`, or the label of a code
// in Kazakh, Russian or English, if the codes are those of a vocabulary. It is empty if none is meant.
func CodeOf(given string, codes []string) string {
	code := strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(given))
	if slices.Contains(codes, code) {
		return code
	}
	for _, list := range known {
		if !slices.EqualFunc(list, codes, func(c Code, code string) bool { return c.Code == code }) {
			continue
		}
		for _, c := range list {
			for _, label := range c.Label {
				if strings.EqualFold(label, given) {
					return c.Code
				}
			}
		}
	}
	return ""
}

func named(name func(language.Tag) string) text.Map {
	m := text.Map{}
	for _, lang := range []string{"kk", "ru", "en"} {
		if n := name(language.MustParse(lang)); strings.TrimSpace(n) != "" {
			m[lang] = n
		}
	}
	if len(m) == 0 {
		return nil
	}
	return m
}

// Labels returns the text by which each code of a vocabulary is sorted, in a language or the next one of the fallback chain.
func Labels(name, lang string) map[string]string {
	labels := map[string]string{}
	switch name {
	case Languages:
		for code, label := range languageLabels() {
			labels[code], _ = label.In(lang)
		}
	case Countries:
		for code, label := range countryLabels() {
			labels[code], _ = label.In(lang)
		}
	default:
		for _, c := range known[name] {
			labels[c.Code], _ = c.Label.In(lang)
		}
	}
	return labels
}

var (
	languageLabels = sync.OnceValue(func() map[string]text.Map { return labelled(Languages, language.Supported.BaseLanguages()) })
	countryLabels  = sync.OnceValue(func() map[string]text.Map { return labelled(Countries, language.Supported.Regions()) })
)

// labelled returns the labels of the codes that have one.
func labelled[C fmt.Stringer](name string, codes []C) map[string]text.Map {
	labels := map[string]text.Map{}
	for _, code := range codes {
		if l := Label(name, code.String()); l != nil {
			labels[code.String()] = l
		}
	}
	return labels
}
