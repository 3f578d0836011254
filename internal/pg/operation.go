package pg

import (
	"fmt"
	"regexp"
	"strings"
)

var target = regexp.MustCompile(`(?i)\b(INSERT INTO|UPDATE|DELETE FROM|FROM)\s+(\w+)`)

var verbs = map[string]string{"INSERT INTO": "create", "UPDATE": "update", "DELETE FROM": "delete", "FROM": "read"}

// failed is Error for the error of a statement. What the statement does stands before it: "create round table: …".
func failed(sql string, err error) error {
	if err == nil {
		return nil
	}
	operation := "run a statement"
	if found := target.FindStringSubmatch(sql); found != nil {
		operation = verbs[strings.ToUpper(found[1])] + " " + Singular(found[2])
	}
	return Error(fmt.Errorf("%s: %w", operation, err))
}

// Plural names the records of a table for an error: "round tables" for round_tables.
func Plural(table string) string { return strings.ReplaceAll(table, "_", " ") }

// Singular names one record of a table for an error: "round table" for round_tables.
func Singular(table string) string {
	name := Plural(table)
	switch {
	case name == "people":
		return "person"
	case strings.HasSuffix(name, "ies"):
		return strings.TrimSuffix(name, "ies") + "y"
	}
	return strings.TrimSuffix(name, "s")
}
