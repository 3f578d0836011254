package input

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"

	"github.com/go-json-experiment/json/jsontext"
)

// Scan checks the syntax of JSON: UTF-8, duplicate names, depth, NUL characters, and that nothing follows. What is wrong
// is apperr.Malformed.
func Scan(raw []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := d.ReadToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return syntaxError(err, raw, d)
		}
		if d.StackDepth() > maxDepth {
			return Malformed("json_too_deep", string(d.StackPointer()), "max", strconv.Itoa(maxDepth))
		}
		if token.Kind() == '"' && strings.ContainsRune(token.String(), 0) {
			return Malformed("nul_character", string(d.StackPointer()))
		}
		if d.StackDepth() == 0 {
			end := int(d.InputOffset())
			if _, err := d.ReadToken(); err != io.EOF {
				return Malformed("trailing_json", "", placeOf(raw, end+leading(raw[end:]))...)
			}
			return nil
		}
	}
	return Malformed("empty_body", "")
}

// leading returns the number of bytes of white space at the beginning.
func leading(raw []byte) int { return len(raw) - len(bytes.TrimLeft(raw, " \t\r\n")) }

// Malformed is apperr.Malformed for one place in a body; args are pairs of placeholder and value.
func Malformed(code, pointer string, args ...string) error {
	return apperr.Mistakes(apperr.Malformed, "malformed_json", []apperr.Field{apperr.At(pointer, code, args...)}, 0)
}

func syntaxError(err error, raw []byte, d *jsontext.Decoder) error {
	at, pointer := int(d.InputOffset()), ""
	var s *jsontext.SyntacticError
	if errors.As(err, &s) {
		at, pointer = int(s.ByteOffset), string(s.JSONPointer)
	}
	at = min(at, len(raw))
	var code string
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		code = "duplicate_name"
	case errors.Is(err, io.ErrUnexpectedEOF):
		code, at = "json_truncated", len(raw)
	case strings.Contains(err.Error(), "UTF-8"):
		code = "invalid_utf8"
	default:
		code = likelyMistake(raw, at)
	}
	return Malformed(code, pointer, placeOf(raw, at)...)
}

// likelyMistake returns the code of the mistake that people most often make where JSON breaks off.
func likelyMistake(raw []byte, at int) (code string) {
	before := bytes.TrimRight(raw[:at], " \t\r\n")
	next, _ := utf8.DecodeRune(raw[at:])
	gap := raw[len(before):at]
	code = "json_syntax"
	switch last, _ := utf8.DecodeLastRune(before); {
	case next == '\n' || next == '\r' || next == '\t':
		code = "json_control"
	case strings.ContainsRune("'`“”„«»‘’", next):
		code = "json_quotes"
	case next == ',' && closes(raw[at+1:]):
		code = "json_extra_comma"
	case len(gap) > 0 && endsValue(last) && (bytes.ContainsRune(gap, '\n') && !strings.ContainsRune(",:}]", next) || value.Match(raw[at:])):
		code = "json_comma"
	case last == '"' && !strings.ContainsRune(`,:}]\\`, next):
		code = "json_quotation_mark"
	}
	return code
}

// value matches a value after which the JSON goes on as after any value. A text whose quotation marks are not escaped goes on otherwise.
var value = regexp.MustCompile(`^(?:[{\[]|"(?:[^"\\\n]|\\.)*"\s*[:,\]}])`)

// endsValue reports whether a value can end with the character.
func endsValue(last rune) bool {
	return strings.ContainsRune(`"]}`, last) || '0' <= last && last <= '9' || 'a' <= last && last <= 'z'
}

// closes reports whether the next character is a closing bracket.
func closes(raw []byte) bool {
	raw = raw[leading(raw):]
	return len(raw) > 0 && (raw[0] == '}' || raw[0] == ']')
}

// maxBefore and maxAfter are how many characters of a line an error shows on each side of a place.
const maxBefore, maxAfter = 30, 15

// placeOf describes a place in a text for people, as arguments of an error: its line and column, from 1, and the text around it.
func placeOf(raw []byte, at int) []string {
	start := bytes.LastIndexByte(raw[:at], '\n') + 1
	before := strings.ToValidUTF8(string(raw[start:at]), "\uFFFD")
	after, _, _ := bytes.Cut(raw[at:min(len(raw), at+maxAfter*utf8.UTFMax)], []byte("\n"))
	shown := []rune(before)
	column := len(shown) + 1
	if len(shown) > maxBefore {
		shown = append([]rune{'…'}, shown[len(shown)-maxBefore:]...)
	}
	rest := []rune(strings.ToValidUTF8(string(after), ""))
	near := string(shown) + string(rest[:min(len(rest), maxAfter)])
	return []string{"line", strconv.Itoa(bytes.Count(raw[:at], []byte("\n")) + 1), "column", strconv.Itoa(column), "near", strings.TrimSpace(near)}
}
