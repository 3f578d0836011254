package apperr

import (
	_ "embed"
	"encoding/json"
	"strings"
)

//go:embed messages.json
var messagesJSON []byte

// messages: code -> language -> text with {placeholders}.
var messages = func() map[string]map[string]string {
	var m map[string]map[string]string
	if err := json.Unmarshal(messagesJSON, &m); err != nil {
		panic("messages.json: " + err.Error())
	}
	return m
}()

// Languages are the languages every message is written in, the default first.
var Languages = []string{"en", "ru", "kk"}

// Message gives the text of a code in a language of Languages; a code without an entry is its own text.
func Message(code, lang string, args Args) string {
	texts, ok := messages[code]
	if !ok {
		return code
	}
	text, ok := texts[lang]
	if !ok {
		text = texts["en"]
	}
	if len(args) == 0 {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for name, value := range args {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text) // in one pass: a value is never taken for a placeholder
}

// Texts gives the texts of a code by language, with their {placeholders}, or nil for a code that does not exist.
func Texts(code string) map[string]string { return messages[code] }
