// Package aggregate counts the records of a list by up to two dimensions, in one statement. It knows no resource: a
// paging.Source says what its records can be grouped by and what can be counted.
package aggregate

import (
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/text"
)

// Query holds the parameters of an aggregate in addition to the filters of the list.
type Query struct {
	// What the records are grouped by: one dimension, or two separated by a comma. Without it, all records are one group.
	GroupBy []string `query:"group_by" form:"group_by" example:"month,format"`

	Options
}

// Options are the parameters of an aggregate whatever it groups the records by.
type Options struct {
	// What is counted: `count` is the number of records of the collection, the others are distinct values. Default: `count`.
	Metric []string `query:"metric" form:"metric" enums:"count,round_tables,people,organizations,statements,recommendations,topics"`
	// Order of the groups: `count`, another requested metric, `key` or `label`; descending with `-` before it. Default: the
	// first metric, descending. With another dimension, units of time are in the order of time (`-key`: latest first).
	Sort string `query:"sort" form:"sort" validate:"max=50" example:"-count"`
	// Groups per dimension, 1 to 500. Default: 20 if the groups are records, such as topics; else 500. In a chart with another
	// dimension, the limit does not apply to units of time. `meta.other` counts what is not in one of the groups.
	Limit *int `query:"limit" form:"limit" validate:"omitnil,min=1" example:"20"`
	// Whether units of time without records are groups, too. They cover the time from `starts_from` to `starts_to`, or else from
	// the first record to the last one. In the ascending order of a metric they are left out. Default: `true`.
	Fill *bool `query:"fill" form:"fill"`
	// Whether `meta.other` counts the distinct values of what is not in one of the groups. With `false` it gives only `count`, which
	// is faster. Default: `true`.
	Other *bool `query:"other" form:"other"`
	// Only groups with at least so many records.
	MinCount int64 `query:"min_count" form:"min_count" validate:"min=0"`
	// Add `label_text` and `label_lang` to each group, in this language or, if missing, the first available of ru, en, kk. Labels
	// are sorted in it.
	Lang string `query:"lang" form:"lang" validate:"omitempty,language"`
}

// Excluded lists the parameters of a list that its aggregate does not accept, or accepts with the meaning that Query gives them.
var Excluded = []string{"sort", "limit", "cursor", "count", "fields", "lang"}

// Metrics returns the requested metrics.
func (q Options) Metrics() []string {
	if len(q.Metric) == 0 {
		return []string{"count"}
	}
	return q.Metric
}

// The bounds of a response.
const (
	maxGroups     = 500
	defaultGroups = 20    // of dimensions whose groups are records
	maxCells      = 10000 // of two dimensions
)

// Numbers are the requested metrics of one cell or group.
type Numbers struct {
	// Records of the collection.
	Count *int64 `json:"count,omitzero" example:"5"`
	// Distinct round tables.
	RoundTables *int64 `json:"round_tables,omitzero" example:"5"`
	// Distinct people, without restricted ones unless the key may read them.
	People *int64 `json:"people,omitzero" example:"60"`
	// Distinct organizations.
	Organizations *int64 `json:"organizations,omitzero" example:"12"`
	// Distinct statements.
	Statements *int64 `json:"statements,omitzero" example:"96"`
	// Distinct recommendations.
	Recommendations *int64 `json:"recommendations,omitzero" example:"8"`
	// Distinct topics.
	Topics *int64 `json:"topics,omitzero" example:"7"`
} //	@name	AggregateNumbers

// of returns where the number of a metric is; nil for a metric that no collection has.
func (n *Numbers) of(metric string) **int64 {
	switch metric {
	case "count":
		return &n.Count
	case "round_tables":
		return &n.RoundTables
	case "people":
		return &n.People
	case "organizations":
		return &n.Organizations
	case "statements":
		return &n.Statements
	case "recommendations":
		return &n.Recommendations
	case "topics":
		return &n.Topics
	}
	return nil
}

// set sets the number of a metric.
func (n *Numbers) set(metric string, value int64) {
	if to := n.of(metric); to != nil {
		*to = &value
	}
}

// Cell is a row of the chart.
//
//	@Description	The numbers of one group, or of one group of the first dimension and one of the second.
type Cell struct {
	Key  string  `json:"key" example:"2020-02"`               // Key of the group of the first dimension.
	Key2 *string `json:"key2,omitzero" example:"round_table"` // Key of the group of the second dimension. Absent with one dimension.
	Numbers
} //	@name	AggregateCell

// Group is one group of a dimension.
//
//	@Description	One group of a dimension, with its numbers whatever the other dimension, and the list of its records.
type Group struct {
	Key        string    `json:"key" example:"2020-02"`   // Identifies the group: a unit of time (`2020`, `2020-Q1`, `2020-02`, `2020-W09`, weekdays `1` to `7`), a code, or the id of a record.
	ID         *int64    `json:"id,omitzero" example:"4"` // The id, if the group is a record.
	Label      text.Map  `json:"label"`                   // What to show. Null for units of time.
	StartsOn   *date.Day `json:"starts_on,omitzero"`      // First day of a unit of time.
	EndsBefore *date.Day `json:"ends_before,omitzero"`    // First day after a unit of time.
	Numbers
	List string `json:"list" example:"/v1/round-tables?starts_from=2020-02-01&starts_to=2020-03-01"` // The list of exactly these records.

	Added text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	AggregateGroup

// Meta says what the numbers add up to.
//
//	@Description	What the numbers add up to: the cells, `other`, `missing` and `imprecise` together are `total`.
type Meta struct {
	Total         int64   `json:"total" example:"43"`          // The sum of all cells, `other`, `missing` and `imprecise`.
	Missing       int64   `json:"missing" example:"1"`         // Records without a value, such as events without a date.
	Imprecise     int64   `json:"imprecise" example:"1"`       // Records whose date is not precise enough for the unit of time.
	Other         Numbers `json:"other"`                       // What is in no cell because its group is not listed. Distinct values are counted.
	GroupsTotal   int64   `json:"groups_total" example:"60"`   // All groups of the first dimension, listed or not.
	Groups2Total  int64   `json:"groups2_total" example:"0"`   // All groups of the second dimension, listed or not.
	Overlapping   bool    `json:"overlapping" example:"false"` // Whether a record can be in several groups. Then `total` is more than the number of records.
	DistinctTotal int64   `json:"distinct_total" example:"43"` // The number of records, each counted once.
	Metrics       Totals  `json:"metrics"`                     // The requested metrics of all records, and of those without a value or a precise date.
	Cursor        string  `json:"cursor" example:"q83vEjRWeJB7ImUiOiIxZjBjOWEzZSIsIm4iOjEyOH0"`
	License       string  `json:"license" example:"https://creativecommons.org/licenses/by/4.0/"`
} //	@name	AggregateMeta

// Totals are the requested metrics of parts of the records.
//
//	@Description	The requested metrics of all records, of those without a value, and of those whose date is not precise enough.
type Totals struct {
	Total     Numbers `json:"total"`     // All records that match the filters.
	Missing   Numbers `json:"missing"`   // Those without a value.
	Imprecise Numbers `json:"imprecise"` // Those whose date is not precise enough.
} //	@name	AggregateTotals

// Result is an aggregate.
//
//	@Description	An aggregate: rows for a chart, and its axes apart from them.
type Result struct {
	Data    []Cell  `json:"data"`    // One row per group, zeros included; with two dimensions only the cells that are not zero.
	Groups  []Group `json:"groups"`  // The groups of the first dimension, in drawing order.
	Groups2 []Group `json:"groups2"` // The groups of the second dimension, in drawing order. Empty with one dimension.
	Meta    Meta    `json:"meta"`
} //	@name	Aggregate
