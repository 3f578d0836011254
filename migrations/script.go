package migrations

import (
	"errors"
	"fmt"
	"regexp"
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
		return script{}, errors.New("a statement that cannot run in a transaction (CONCURRENTLY, VACUUM, ...) must be the only one in its file")
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
	contains := func(words []string, any ...string) bool {
		return slices.ContainsFunc(any, func(w string) bool { return slices.Contains(words, w) })
	}
	switch words[0] {
	case "VACUUM":
		return true
	case "CLUSTER":
		return len(words) == 1
	case "REINDEX":
		return contains(words, "CONCURRENTLY", "DATABASE", "SYSTEM", "SCHEMA")
	case "CREATE", "DROP", "ALTER":
		return contains(words, "CONCURRENTLY") || contains(words[:min(2, len(words))], "DATABASE", "TABLESPACE", "SUBSCRIPTION", "SYSTEM")
	}
	return false
}

const letter = `[A-Za-z_\x{80}-\x{10FFFF}]`

// token matches the next token of SQL: a line comment, the start of a block comment, a literal, a quoted name, a word
// (1), the tag of a dollar-quoted literal (2), or any other character. A doubled quote counts as two literals in a row.
var token = regexp.MustCompile(`(?s)^(?:--[^\n]*|/\*|[eE]'(?:[^\\']|\\.)*'?|'[^']*'?|"[^"]*"?` +
	`|((?:` + letter + `|\d)(?:` + letter + `|[\d$])*)|(\$(?:` + letter + `(?:` + letter + `|\d)*)?\$)|.)`)

// statements splits SQL at its semicolons and returns the words of each statement in upper case. It omits comments,
// literals, quoted names, bodies of functions, and statements without words.
func statements(sql string) [][]string {
	var (
		all     [][]string
		current []string
		depth   int // of parentheses and of BEGIN ATOMIC ... END
	)
	for sql != "" {
		found := token.FindStringSubmatch(sql)
		sql = sql[len(found[0]):]
		switch text, word, tag := found[0], strings.ToUpper(found[1]), found[2]; {
		case word != "":
			switch {
			case word == "ATOMIC" && len(current) > 0 && current[len(current)-1] == "BEGIN", word == "CASE" && depth > 0:
				depth++
			case word == "END" && depth > 0:
				depth--
			}
			current = append(current, word)
		case tag != "":
			_, sql, _ = strings.Cut(sql, tag)
		case text == "/*":
			sql = afterComment(sql)
		case text == "(":
			depth++
		case text == ")":
			depth = max(0, depth-1)
		case text == ";" && depth == 0:
			all, current = append(all, current), nil
		}
	}
	return slices.DeleteFunc(append(all, current), func(words []string) bool { return len(words) == 0 })
}

var commentMark = regexp.MustCompile(`/\*|\*/`)

// afterComment returns what follows the end of a block comment, which may contain others.
func afterComment(sql string) string {
	for depth := 1; depth > 0; {
		mark := commentMark.FindStringIndex(sql)
		switch {
		case mark == nil:
			return ""
		case sql[mark[0]] == '/':
			depth++
		default:
			depth--
		}
		sql = sql[mark[1]:]
	}
	return sql
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
