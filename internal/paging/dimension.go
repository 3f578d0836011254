package paging

import (
	"context"

	"roundtables.kz/registry/internal/pg"
)

// Values are what an aggregate counts, or groups records by: one value of each record, or several.
type Values struct {
	SQL   string // one value: an expression of Table and Joins of the source. NULL: the record has none
	Joins string // joins that SQL needs in addition; they give at most one row per record
	Pairs string // several values: a SELECT of two columns, record and value. NULL values do not count
	Once  bool   // Pairs has each pair once
	On    string // the expression of the source that equals the record of Pairs; empty: the id
	Total string // a SELECT of how many distinct values all records have that the actor sees; empty: they are counted one by one
}

// Dimension is what the records of a source can be grouped by.
type Dimension struct {
	Values
	Time       Unit   // SQL is a starts_key, and the groups are units of time
	Vocabulary string // the values are codes of this vocabulary (see package vocabulary)
	Named      string // the values are records: a SELECT of key, id and label (jsonb)
	Parameter  string // the filter of the list that keeps the records of one group; empty: the name of the dimension
	// Counted is a SELECT of each value and of how many records that the actor sees have it, with NULL for those without a value.
	// If it is empty, the records are counted one by one.
	Counted string
}

// Several reports whether a record can have several values.
func (v Values) Several() bool { return v.Pairs != "" }

// Link returns the pairs as a link table with the alias l and the columns record and key, for filters by them.
func (v Values) Link() pg.Link {
	return pg.Link{Table: "(SELECT * FROM (" + v.Pairs + ") all_pairs(record, key) WHERE key IS NOT NULL) l", Parent: "record"}
}

// Unit is a unit of time.
type Unit int

// The units of time. Weekday is a part of the week, from Monday (1) to Sunday (7).
const (
	NoTime Unit = iota
	Year
	Quarter
	Month
	Week
	Weekday
)

// instead replaces the reading of a page.
type instead func(ctx context.Context, db pg.DB, s Source, w pg.Where) (State, error)

// Instead makes the list with this filter call do with its source and predicates, including Visible and those of Params,
// instead of reading a page. The page of the list then has only the state that do returns.
func Instead[F any](f *F, do func(ctx context.Context, db pg.DB, s Source, w pg.Where) (State, error)) {
	ParamsOf(f).instead = do
}
