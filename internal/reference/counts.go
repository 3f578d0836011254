package reference

import (
	"strings"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
)

// Counts says how often a record occurs.
//
//	@Description	How many round tables and statements a record has, as many as their lists filtered by it.
type Counts struct {
	RoundTables int64 `json:"round_tables" example:"3"` // Round tables.
	Statements  int64 `json:"statements" example:"17"`  // Statements.
} //	@name	RecordCounts

// Counted is what a record shows of its round tables.
type Counted struct {
	// How many round tables and statements the record has: as many as `/v1/round-tables` and `/v1/statements` list with the filter by it.
	Counts Counts `json:"counts" db:"counts"`
	// First day of the earliest of these round tables. A known month or year counts as its first day. Null if none has a date.
	FirstOn *date.Day `json:"first_on" db:"first_on"`
	// First day of the latest of these round tables.
	LastOn *date.Day `json:"last_on" db:"last_on"`
}

// AddCounts adds to a source of records of a type the columns of Counted, and the sort keys counts.round_tables, counts.statements,
// first_on and last_on. The schema keeps the counts (see the migration counts). For the public, unpublished round tables do not count.
func AddCounts(s *paging.Source, recordType string, public bool) {
	join := func(alias string) string {
		return "JOIN record_counts " + alias + " ON " + alias + ".type = '" + recordType + "' AND " + alias + ".id = " + s.ID +
			" AND " + publishedOnly(alias, public)
	}
	day := func(key string) string {
		return strings.ReplaceAll("CASE WHEN {} > 0 THEN make_date({} / 10000, greatest({} / 100 % 100, 1), greatest({} % 100, 1)) END", "{}", "counted."+key)
	}
	s.Shown += " LEFT " + join("counted")
	s.Columns += ", json_build_object('round_tables', coalesce(counted.round_tables, 0), 'statements', coalesce(counted.statements, 0)) AS counts, " +
		day("first_key") + " AS first_on, " + day("last_key") + " AS last_on"
	for name, column := range map[string]string{
		"counts.round_tables": "round_tables", "counts.statements": "statements", "first_on": "first_key", "last_on": "last_key",
	} {
		s.Sorts[name] = paging.Column{SQL: "ranked_by." + column, Type: "integer", Date: strings.HasSuffix(column, "_key"), Joins: join("ranked_by")}
	}
}
