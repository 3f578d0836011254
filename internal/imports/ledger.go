// Package imports holds which files were imported, what became of their rows, and takes an import back. It is not for reading
// files or writing their records: the API does that with the functions of the resources.
package imports

import (
	"context"
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Table and Type are where imports are kept and what the log calls them.
const (
	Table = "imports"
	Type  = "imports"
)

// The things that can become of a row.
const (
	Created   = "created"
	Updated   = "updated"
	Unchanged = "unchanged"
	Failed    = "error"
)

// Counts is how many rows became what.
//
//	@Description	How many rows became what.
type Counts struct {
	Created   int `json:"created" db:"created" example:"12"`    // Records that are new.
	Updated   int `json:"updated" db:"updated" example:"3"`     // Records that have changed.
	Unchanged int `json:"unchanged" db:"unchanged" example:"9"` // Rows that say what is there already.
	Failed    int `json:"failed" db:"failed" example:"1"`       // Rows with mistakes, which changed nothing.
} //	@name	ImportCounts

// Add counts a row.
func (c *Counts) Add(action string) {
	switch action {
	case Created:
		c.Created++
	case Updated:
		c.Updated++
	case Unchanged:
		c.Unchanged++
	default:
		c.Failed++
	}
}

// Replan has statements planned anew where an import has become ten times as large: a plan of when a table was small reads all of it for every
// row, and what checks references is planned once. before and now are how many rows were written.
func Replan(ctx context.Context, tx pgx.Tx, before, now int) error {
	for step := 100; step <= now; step *= 10 {
		if before < step {
			return pg.Exec(ctx, tx, "DISCARD PLANS", nil)
		}
	}
	return nil
}

// Row is what became of a row, or of an object of a document.
//
//	@Description	What became of a row, or of an object of a document.
type Row struct {
	Line   int       `json:"line,omitzero" validate:"optional" example:"2"`                    // Where a row begins in the file; in a workbook its number. The header of a table is line 1.
	Object *Object   `json:"object,omitempty"`                                                 // Which object of a document.
	Action string    `json:"action" enums:"created,updated,unchanged,error" example:"created"` // What became of it.
	ID     *int64    `json:"id" example:"12"`                                                  // The record; null for a row with mistakes that names none, and for one that a dry run would create.
	Errors []Mistake `json:"errors,omitempty"`                                                 // The mistakes, all of them.
} //	@name	ImportRow

// Object says which object of a document a record is from, and what of it is not in the record.
//
//	@Description	An object of a document.
type Object struct {
	Pointer   string   `json:"pointer" example:"/persons/0"`                               // Where it stands (RFC 6901).
	Type      string   `json:"type" example:"people"`                                      // The type of the record, as in the path of its resource.
	Key       string   `json:"key" example:"people/1"`                                     // Its id in the document; its pointer where it has none.
	MatchedBy *string  `json:"matched_by" enums:"id,identifier,name,content" example:"id"` // How the record was found; null for a new one.
	Kept      []string `json:"kept"`                                                       // Properties of which the registry has another value: that one stays.
	Ignored   []string `json:"ignored"`                                                    // Properties that the registry has no place for.
} //	@name	ImportObject

// Mistake is a mistake in a row.
//
//	@Description	A mistake in a row.
type Mistake struct {
	Column     string             `json:"column,omitempty" example:"name_ru"`         // Which column of a table, or
	Pointer    string             `json:"pointer,omitempty" example:"/name"`          // where in the JSON of the row (RFC 6901).
	Code       string             `json:"code" example:"required"`                    // The kind of mistake, for programs.
	Message    string             `json:"message" example:"is required"`              // For a person.
	Args       apperr.Args        `json:"args,omitempty" swaggertype:"object,string"` // What the message says of the value.
	Allowed    []string           `json:"allowed,omitempty"`                          // What would have been allowed.
	Candidates []apperr.Candidate `json:"candidates,omitempty"`                       // Records that may have been meant.
} //	@name	ImportMistake

// Head is an import without its rows.
type Head struct {
	Collection string `json:"collection" db:"collection" example:"people"`                                                   // What was imported, as in the path.
	Format     string `json:"format" db:"format" enums:"csv,ndjson,xlsx,json" example:"csv"`                                 // Of the file.
	SHA256     string `json:"sha256" db:"sha256" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"` // Of the file.
	OnError    string `json:"on_error" db:"on_error" enums:"abort,skip" example:"abort"`                                     // What a row with mistakes did to the others.
	Counts
	Ignored  []string `json:"ignored" db:"ignored" example:"areas"` // Members of a document that are not read.
	Unkeyed  int      `json:"-" db:"unkeyed"`
	Reverted bool     `json:"reverted" db:"reverted"` // Whether it was taken back.
}

// Listed is an import in a list.
//
//	@Description	An import, without its rows.
type Listed struct {
	changes.Record
	Head
	Actor string `json:"actor" db:"actor" example:"key:1"` // Who did it, or took it back.
} //	@name	ImportListed

// Import is the record.
//
//	@Description	A file that was imported, and what became of its rows.
type Import struct {
	Listed
	Rows []Row `json:"rows" db:"rows"` // What became of each row, in their order.
} //	@name	Import

// Filter is what a list can be narrowed by.
type Filter struct {
	paging.Params
	ID         []int64  `query:"id" form:"id" validate:"max=200"`                                  // Only these records.
	Collection []string `query:"collection" form:"collection" validate:"max=200" example:"people"` // Only imports of these collections, as in the path.
	Reverted   *bool    `query:"reverted" form:"reverted"`                                         // Only those that were taken back, or that were not.
}

var source = paging.Source{
	Columns: changes.Columns("i") + `, i.collection, i.format, i.sha256, i.on_error,
		i.created, i.updated, i.unchanged, i.failed, i.ignored, i.unkeyed, i.reverted,
		coalesce((SELECT c.actor FROM changes c WHERE c.type = 'imports' AND c.id = i.id AND c.is_head), '') AS actor`,
	Table:   "imports i",
	ID:      "i.id",
	Sorts:   map[string]paging.Column{"updated_at": {SQL: "i.updated_at", Type: "timestamptz"}},
	Default: "-updated_at",
}

// List gives a page of imports.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Listed], error) {
	var w pg.Where
	pg.In(&w, "i.id", "id", f.ID)
	pg.In(&w, "i.collection", "collection", f.Collection)
	if f.Reverted != nil {
		w.Add("i.reverted = @reverted", "reverted", *f.Reverted)
	}
	return paging.Query[Listed](ctx, db, source, w, f.Params)
}

// Get gives one import with its rows, or apperr.NotFound.
func Get(ctx context.Context, db pg.DB, id int64) (Import, error) {
	whole := source
	whole.Columns += ", i.report AS rows"
	return changes.Get[Import](ctx, db, whole, Type, id)
}

// Again gives the id of the import of the same file that would create the same records again, 0 where there is none.
func Again(ctx context.Context, db pg.DB, collection, sha256 string) (id int64, err error) {
	err = db.QueryRow(ctx, "SELECT coalesce(max(id), 0) FROM imports WHERE sha256 = @sha256 AND collection = @collection AND unkeyed > 0 AND NOT reverted",
		pg.Args{"sha256": sha256, "collection": collection}).Scan(&id)
	return id, pg.Error(err)
}

// Keep stores an import whose rows have been written since the log stood at before. It is the last thing that the transaction does:
// from now on the log is locked, and its entries of this transaction stand together.
func Keep(ctx context.Context, tx pgx.Tx, h Head, rows []Row, before int64) (Import, error) {
	if err := pg.Exec(ctx, tx, "SET CONSTRAINTS ALL IMMEDIATE", nil); err != nil {
		return Import{}, err
	}
	id, err := pg.ID(ctx, tx, `
		INSERT INTO imports (collection, format, sha256, on_error, created, updated, unchanged, failed, ignored, unkeyed, report, first_seq, last_seq)
		SELECT @collection, @format, @sha256, @on_error, @created, @updated, @unchanged, @failed, @ignored, @unkeyed, @report,
			coalesce(min(seq), 0), coalesce(max(seq), 0)
		FROM changes WHERE seq > @before AND xact = pg_current_xact_id() RETURNING id`, pg.Args{
		"collection": h.Collection, "format": h.Format, "sha256": h.SHA256, "on_error": h.OnError, "created": h.Created, "updated": h.Updated,
		"unchanged": h.Unchanged, "failed": h.Failed, "ignored": append([]string{}, h.Ignored...), "unkeyed": h.Unkeyed, "report": rows, "before": before,
	})
	if err != nil {
		return Import{}, err
	}
	return Get(ctx, tx, id)
}

// Revert brings every record that an import changed back to what it was before it, and deletes those that it made. One that was
// reverted is apperr.Conflict with code already_reverted; else the errors are those of history.Unchanged and history.Kinds.PutBack.
func Revert(ctx context.Context, tx pgx.Tx, kinds history.Kinds, id int64) (Import, error) {
	if _, err := changes.Lock(ctx, tx, Table, Type, id); err != nil {
		return Import{}, err
	}
	var first, last int64
	var reverted bool
	if err := tx.QueryRow(ctx, "SELECT first_seq, last_seq, reverted FROM imports WHERE id = $1", id).Scan(&first, &last, &reverted); err != nil {
		return Import{}, pg.Error(err)
	}
	if reverted {
		return Import{}, apperr.New(apperr.Conflict, "already_reverted")
	}
	list, err := kinds.TouchedBetween(ctx, tx, first, last, Type)
	if err != nil {
		return Import{}, err
	}
	if err := history.Unchanged(list); err != nil {
		return Import{}, err
	}
	if err := putBack(ctx, tx, kinds, list); err != nil {
		return Import{}, err
	}
	if err := pg.Exec(ctx, tx, "UPDATE imports SET reverted = true WHERE id = @id", pg.Args{"id": id}); err != nil {
		return Import{}, err
	}
	return Get(ctx, tx, id)
}

// identified are the tables whose records have identifiers that no two share.
var identified = []string{"people", "organizations", "round_tables"}

// putBack first frees the identifiers of records that will be gone, then gives those that stay what they had, and deletes the new ones, those
// first that refer to others.
func putBack(ctx context.Context, tx pgx.Tx, kinds history.Kinds, list []history.Touched) error {
	made := map[string][]int64{}
	for _, t := range list {
		if kind, ok := kinds.Of(t.Type); ok && t.Before == nil && slices.Contains(identified, kind.Table) {
			made[kind.Table] = append(made[kind.Table], t.ID)
		}
	}
	for table, ids := range made {
		if err := pg.Exec(ctx, tx, "UPDATE "+table+" SET external_ids = '{}' WHERE id = ANY(@ids) AND external_ids <> '{}'", pg.Args{"ids": ids}); err != nil {
			return err
		}
	}
	rank := func(t history.Touched) int {
		at := kinds.Index(t.Type)
		if t.Before == nil {
			return 2*len(kinds) - at
		}
		return at
	}
	slices.SortStableFunc(list, func(a, b history.Touched) int {
		if r := rank(a) - rank(b); r != 0 {
			return r
		}
		if a.Before == nil {
			return int(b.ID - a.ID) // a later one may refer to an earlier one
		}
		return 0
	})
	for _, t := range list {
		if err := kinds.PutBack(ctx, tx, t); err != nil {
			return err
		}
	}
	return nil
}
