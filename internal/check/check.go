// Package check finds what is missing or odd in events: what an editor should look at before publication. Errors prevent the publication.
package check

import (
	"context"
	"encoding/json"

	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
)

// Finding is one thing that is missing or odd.
//
//	@Description	One thing that is missing or odd in an event, with the request that mends it.
type Finding struct {
	Severity     string          `json:"severity" db:"severity" enums:"error,warning" example:"warning"` // An error prevents publication.
	Code         string          `json:"code" db:"code" enums:"findings" example:"no_place"`             // What is wrong, for programs.
	RoundTableID int64           `json:"round_table_id" db:"round_table_id" example:"13"`                // The event.
	Type         string          `json:"type" db:"type" example:"round-tables"`                          // The type of the record, as in the path.
	ID           int64           `json:"id" db:"id" example:"13"`                                        // The record.
	Field        *string         `json:"field" db:"field" example:"/place_id"`                           // The field; null if it is the record as a whole.
	Message      string          `json:"message" db:"-" example:"The event has no place."`               // What is wrong, in words.
	Fix          Fix             `json:"fix" db:"fix"`                                                   // The request that mends it.
	Args         json.RawMessage `json:"-" db:"args"`
	Key          int64           `json:"-" db:"key"`
	SortKeys     []string        `json:"-" db:"sort_keys"`
}

// Fix is a request.
//
//	@Description	A request that mends what is wrong.
type Fix struct {
	Method string `json:"method" example:"PATCH"`             // The method.
	Path   string `json:"path" example:"/v1/round-tables/13"` // The path.
} //	@name	FindingFix

// Cursor returns the position of the finding in its list.
func (f Finding) Cursor() paging.Cursor { return paging.Cursor{Keys: f.SortKeys, ID: f.Key} }

// Finish writes the message in English. Translate replaces it.
func (f *Finding) Finish() { f.Translate("en") }

// Filter holds the filters of the list of findings.
type Filter struct {
	paging.PageParams
	// Only findings in these events.
	RoundTable []int64 `query:"round_table" form:"round_table" validate:"max=200"`
	// Only errors, or only warnings.
	Severity []string `query:"severity" form:"severity" enums:"error,warning" validate:"max=2"`
	// Only findings of these kinds.
	Code []string `query:"code" form:"code" enums:"findings" validate:"max=50"`
	// Only findings in records of these types, as in the path.
	Type []string `query:"type" form:"type" enums:"round-tables,organizers,attendees,statements,people,organizations,documents" validate:"max=20"`
	// Only findings in events in these states.
	Publication []string `query:"publication" form:"publication" enums:"draft,review,published,withdrawn" validate:"max=4"`
}

func (f Filter) where() (w pg.Where) {
	pg.In(&w, "q.round_table_id", "round_table", f.RoundTable)
	pg.In(&w, "q.severity", "severity", f.Severity)
	pg.In(&w, "q.code", "code", f.Code)
	pg.In(&w, "q.type", "type", f.Type)
	pg.In(&w, "q.publication", "publication", f.Publication)
	return w
}

var source = paging.Source{
	Columns: "q.key, q.severity, q.code, q.round_table_id, q.type, q.id, q.field, q.args, json_build_object('method', q.method, 'path', q.path) AS fix",
	Table:   "(" + findings + ") q",
	ID:      "q.key",
	Sorts:   map[string]paging.Column{"round_table": {SQL: "q.round_table_id", Type: "bigint"}, "severity": {SQL: "q.severity", Type: "text"}},
	Default: "severity,-round_table",
}

// List returns a page of findings, errors first.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Finding], error) {
	return paging.Query[Finding](ctx, db, source, f.where(), paging.Params{PageParams: f.PageParams})
}

// Counts counts the findings by code.
func Counts(ctx context.Context, db pg.DB, f Filter) (map[string]int64, error) {
	w := f.where()
	rows, err := pg.All[struct {
		Code  string
		Count int64
	}](ctx, db, "SELECT q.code, count(*) AS count FROM ("+findings+") q"+w.SQL("q.key", false)+" GROUP BY q.code", w.Args())
	counts := map[string]int64{}
	for _, r := range rows {
		counts[r.Code] = r.Count
	}
	return counts, err
}

// Of returns all findings in one event, errors first.
func Of(ctx context.Context, db pg.DB, roundTable int64) ([]Finding, error) {
	var f Filter
	f.RoundTable, f.Limit = []int64{roundTable}, paging.MaxLimit
	page, err := List(ctx, db, f)
	return page.Items, err
}
