package calendar

import (
	"io"
	"strings"
	"unicode/utf8"
)

// maxOctets is how long a line may be without its line break (RFC 5545, section 3.1).
const maxOctets = 75

// lines writes content lines. It keeps its first error.
type lines struct {
	w   io.Writer
	err error
}

// raw writes a property with a value that needs no escape. name includes the parameters: "DTSTART;VALUE=DATE". Control
// characters, with which a value could begin a line of its own, are removed. A long line is folded between characters.
func (l *lines) raw(name, value string) {
	line := strings.Map(printable, name+":"+value)
	var b strings.Builder
	for room := maxOctets; len(line) > room; room = maxOctets - 1 {
		cut := room
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		b.WriteString(line[:cut] + "\r\n ")
		line = line[cut:]
	}
	l.write(b.String() + line + "\r\n")
}

// text writes a property with free text (section 3.3.11).
func (l *lines) text(name, value string) { l.raw(name, escapeText.Replace(lineBreaks.Replace(value))) }

func (l *lines) write(s string) {
	if l.err == nil {
		_, l.err = io.WriteString(l.w, s)
	}
}

var (
	lineBreaks      = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ")
	escapeText      = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`)
	escapeParameter = strings.NewReplacer("^", "^^", `"`, "^'", "\n", "^n", `\`, "/")
)

// parameter returns the value of a parameter in quotation marks, escaped by RFC 6868. A backslash has no meaning there, but some
// readers take it as an escape, so it becomes a slash.
func parameter(value string) string {
	return `"` + escapeParameter.Replace(lineBreaks.Replace(value)) + `"`
}

// printable removes control characters, which iCalendar does not allow.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}
