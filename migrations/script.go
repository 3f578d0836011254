package migrations

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// script is the text of one migration file.
type script struct {
	text   string
	atomic bool // the whole file is one transaction
}

func newScript(text string) (script, error) {
	parsed := statements(text)
	for _, words := range parsed {
		if controlsTransaction(words) {
			return script{}, fmt.Errorf("%s: the file already runs as one transaction", strings.Join(words[:min(2, len(words))], " "))
		}
	}
	mustRunAlone := slices.ContainsFunc(parsed, refusesTransaction)
	if mustRunAlone && len(parsed) > 1 {
		return script{}, fmt.Errorf("a statement that cannot run in a transaction (CONCURRENTLY, VACUUM, ...) must be the only one in its file")
	}
	return script{text: text, atomic: !mustRunAlone}, nil
}

// controlsTransaction reports whether a statement ends the file's own transaction or leaves one open. After an error the
// session would then be aborted, and golang-migrate could not release its lock.
func controlsTransaction(words []string) bool {
	switch words[0] {
	case "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE":
		return true
	case "PREPARE":
		return len(words) > 1 && words[1] == "TRANSACTION"
	}
	return false
}

// refusesTransaction reports whether PostgreSQL rejects a statement inside a transaction.
func refusesTransaction(words []string) bool {
	second := ""
	if len(words) > 1 {
		second = words[1]
	}
	switch words[0] {
	case "VACUUM":
		return true
	case "CLUSTER":
		return len(words) == 1
	case "REINDEX":
		return slices.ContainsFunc(words, func(w string) bool { return w == "CONCURRENTLY" || w == "DATABASE" || w == "SYSTEM" || w == "SCHEMA" })
	case "CREATE", "DROP", "ALTER":
		if slices.Contains([]string{"DATABASE", "TABLESPACE", "SUBSCRIPTION", "SYSTEM"}, second) {
			return true
		}
		return slices.Contains(words, "CONCURRENTLY")
	}
	return false
}

// statements splits SQL at its semicolons and returns the words of each statement in upper case. It omits comments,
// literals, quoted names, bodies of functions, and statements without words.
func statements(sql string) [][]string {
	var (
		all     [][]string
		current []string
		depth   int // of parentheses and of BEGIN ATOMIC ... END
	)
	for i := 0; i < len(sql); {
		switch c := sql[i]; {
		case strings.HasPrefix(sql[i:], "--"):
			i += length(sql[i:], 0, "\n")
		case strings.HasPrefix(sql[i:], "/*"):
			i += commentLength(sql[i:])
		case c == '\'' || c == '"':
			i += quotedLength(sql[i:], false)
		case c == '$':
			i += dollarLength(sql[i:])
		case isWord(c):
			start := i
			for i < len(sql) && (isWord(sql[i]) || sql[i] == '$') {
				i++
			}
			word := strings.ToUpper(sql[start:i])
			if word == "E" && i < len(sql) && sql[i] == '\'' {
				i += quotedLength(sql[i:], true)
				continue
			}
			switch {
			case word == "ATOMIC" && len(current) > 0 && current[len(current)-1] == "BEGIN", word == "CASE" && depth > 0:
				depth++
			case word == "END" && depth > 0:
				depth--
			}
			current = append(current, word)
		case c == ';' && depth == 0:
			if len(current) > 0 {
				all, current = append(all, current), nil
			}
			i++
		default:
			switch c {
			case '(':
				depth++
			case ')':
				depth = max(0, depth-1)
			}
			i++
		}
	}
	if len(current) > 0 {
		all = append(all, current)
	}
	return all
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// length returns the length of s up to and including the first end after start, or the whole length if there is none.
func length(s string, start int, end string) int {
	if at := strings.Index(s[start:], end); at >= 0 {
		return start + at + len(end)
	}
	return len(s)
}

func commentLength(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(s[i:], "*/"):
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// quotedLength returns the length of a literal or a quoted name with its quotes. A doubled quote counts as two in a row.
func quotedLength(s string, escapes bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\':
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return len(s)
}

// dollarLength returns the length of $tag$...$tag$, or 1 if no tag follows the dollar sign.
func dollarLength(s string) int {
	end := 1
	for end < len(s) && isWord(s[end]) {
		end++
	}
	if end == len(s) || s[end] != '$' || s[1] >= '0' && s[1] <= '9' {
		return 1
	}
	tag := s[:end+1]
	return length(s, len(tag), tag)
}

// lineOf returns the line of a file that the server's error points at, or 0.
func lineOf(s script, answer *pgconn.PgError) int {
	if answer == nil || answer.Position < 1 {
		return 0
	}
	position := int(answer.Position) - 1 // in characters, counted from 1
	line := 1
	for _, c := range s.text {
		if position == 0 {
			return line
		}
		if c == '\n' {
			line++
		}
		position--
	}
	return 0
}
