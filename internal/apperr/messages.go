package apperr

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
)

//go:embed messages.json
var messagesJSON []byte

//go:embed types.json
var typesJSON []byte

// catalogue maps code -> language -> text with {placeholders}.
type catalogue map[string]map[string]string

var (
	messages = read("messages.json", messagesJSON)
	types    = read("types.json", typesJSON) // by the values of the argument "expected"
)

func read(name string, raw []byte) catalogue {
	var c catalogue
	if err := json.Unmarshal(raw, &c); err != nil {
		panic(name + ": " + err.Error())
	}
	return c
}

// Languages lists the languages of the messages, the default first.
var Languages = []string{"en", "ru", "kk"}

// Message returns the text of a code in a language of Languages, with args filled in. The argument "expected" names a
// type, such as "integer"; the text describes that type in words. A code without an entry is returned unchanged.
func Message(code, lang string, args Args) string {
	text, ok := messages.text(code, lang)
	if !ok {
		return code
	}
	if len(args) == 0 {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for name, value := range args {
		if name == "expected" {
			value = typeText(value, lang)
		}
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text) // in one pass, so that a value is never read as a placeholder
}

// Texts returns the texts of a code by language, with their {placeholders}, or nil if the code does not exist.
func Texts(code string) map[string]string { return messages[code] }

// typeText describes a type in words. A JSON schema may allow "null, string": the text leaves null out.
func typeText(name, lang string) string {
	isNull := func(s string) bool { return s == "null" }
	name = strings.Join(slices.DeleteFunc(strings.Split(name, ", "), isNull), ", ")
	if text, ok := types.text(name, lang); ok {
		return text
	}
	return name
}

// text returns the text of a code in a language, or in English if the language has none.
func (c catalogue) text(code, lang string) (string, bool) {
	texts, ok := c[code]
	if !ok {
		return "", false
	}
	if text, ok := texts[lang]; ok {
		return text, true
	}
	return texts["en"], true
}
