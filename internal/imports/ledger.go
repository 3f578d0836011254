// Package imports writes the records of files (CSV, NDJSON, XLSX) and keeps a ledger of imports, each with a report of its
// rows, from which an import can be reverted. It knows the records by the functions of a Collection only.
package imports

import (
	"context"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Table is the table of imports, Type their record type in the change log.
const (
	Table = "imports"
	Type  = "imports"
)

// The actions of a row in a report.
const (
	Created   = "created"
	Updated   = "updated"
	Unchanged = "unchanged"
	Failed    = "error"
)

// Counts counts the rows of an import by action.
//
//	@Description	The number of rows by action.
type Counts struct {
	Created   int `json:"created" db:"created" example:"12"`    // Rows that created a record.
	Updated   int `json:"updated" db:"updated" example:"3"`     // Rows that changed a record.
	Unchanged int `json:"unchanged" db:"unchanged" example:"9"` // Rows that are equal to their record.
	Failed    int `json:"failed" db:"failed" example:"1"`       // Rows with errors. They changed nothing.
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

// Replan discards cached plans whenever an import has grown tenfold. Plans made while a table was small read all of it for
// every row, those of foreign keys included. before and now are the numbers of rows written.
func Replan(ctx context.Context, tx pgx.Tx, before, now int) error {
	for step := 100; step <= now; step *= 10 {
		if before < step {
			return pg.Exec(ctx, tx, "DISCARD PLANS", nil)
		}
	}
	return nil
}

// Row is the report on a row of a file or an object of a document.
//
//	@Description	The report on a row of a file or an object of a document.
type Row struct {
	Line    int       `json:"line,omitzero" validate:"optional" example:"2"`                    // The line where the row begins; in a workbook, the number of the row. The header of a table is line 1.
	Object  *Object   `json:"object,omitempty"`                                                 // The object of a document.
	Action  string    `json:"action" enums:"created,updated,unchanged,error" example:"created"` // What the import did.
	ID      *int64    `json:"id" example:"12"`                                                  // The record. Null for a row with errors that names none, and for a record that a dry run would create.
	Removed []string  `json:"removed,omitempty" example:"name_ru"`                              // The columns or members from which invisible characters were removed, such as zero-width spaces.
	Errors  []Mistake `json:"errors,omitempty"`                                                 // The first errors of the row: at most 10, or one if the report has more than 10,000.
} //	@name	ImportRow

// Object is the object of a document behind a record, with the properties that were not taken over.
//
//	@Description	An object of a document.
type Object struct {
	Pointer   string   `json:"pointer" example:"/persons/0"`                               // Its position in the document (RFC 6901).
	Type      string   `json:"type" example:"people"`                                      // The type of the record, as in the path of its resource.
	Key       string   `json:"key" example:"people/1"`                                     // Its id in the document, or its pointer if it has none.
	MatchedBy *string  `json:"matched_by" enums:"id,identifier,name,content" example:"id"` // How the record was found. Null for a new record.
	Lang      *string  `json:"lang,omitempty" example:"uk"`                                // The language that the import took for a name without one, by the letters of the whole document.
	Kept      []string `json:"kept"`                                                       // Properties for which the registry keeps another value.
	Ignored   []string `json:"ignored"`                                                    // Properties that the registry cannot store.
} //	@name	ImportObject

// Mistake is an error of a row.
//
//	@Description	An error of a row.
type Mistake struct {
	Column     string             `json:"column,omitempty" example:"name_ru"`         // The column of a table.
	Pointer    string             `json:"pointer,omitempty" example:"/name"`          // The member in JSON (RFC 6901).
	Code       string             `json:"code" example:"required"`                    // The error code, for programs.
	Message    string             `json:"message" example:"is required"`              // The error in words.
	Args       apperr.Args        `json:"args,omitempty" swaggertype:"object,string"` // The values in the message.
	Allowed    []string           `json:"allowed,omitempty"`                          // The allowed values.
	Candidates []apperr.Candidate `json:"candidates,omitempty"`                       // Similar records.
} //	@name	ImportError

// Head is an import without its rows.
type Head struct {
	Collection string `json:"collection" db:"collection" example:"people"`                                                   // The collection, as in the path.
	Format     string `json:"format" db:"format" enums:"csv,ndjson,xlsx,json" example:"csv"`                                 // The format of the file.
	SHA256     string `json:"sha256" db:"sha256" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"` // The checksum of the file.
	OnError    string `json:"on_error" db:"on_error" enums:"abort,skip" example:"abort"`                                     // Whether a row with errors aborted the import.
	Counts
	Ignored  []string `json:"ignored" db:"ignored" example:"parent.name_en"` // Columns, members and sheets that were not read. A sheet begins with `sheet:`.
	Unkeyed  int      `json:"-" db:"unkeyed"`
	Reverted bool     `json:"reverted" db:"reverted"` // Whether the import was reverted.

	reported int // errors in the report so far
}

// Listed is an import in a list.
//
//	@Description	An import, without its rows.
type Listed struct {
	changes.Record
	Head
	Actor string `json:"actor" db:"actor" example:"key:1"` // Who did it, or took it back.
} //	@name	ImportSummary

// Import is a stored import.
//
//	@Description	A file that was imported, and what became of its rows.
type Import struct {
	Listed
	Rows []Row `json:"rows" db:"rows"` // What became of each row, in their order.
} //	@name	Import

// Filter holds the filters of the list.
type Filter struct {
	paging.Params
	ID         []int64  `query:"id" form:"id" validate:"max=200"`                                                  // Only records with these ids.
	Collection []string `query:"collection" form:"collection" enums:"imports" validate:"max=200" example:"people"` // Only imports of these collections, as in the path.
	Reverted   *bool    `query:"reverted" form:"reverted"`                                                         // Only imports that were reverted, or that were not.
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

// List returns a page of imports.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Listed], error) {
	var w pg.Where
	pg.In(&w, "i.id", "id", f.ID)
	pg.In(&w, "i.collection", "collection", f.Collection)
	if f.Reverted != nil {
		w.Add("i.reverted = @reverted", "reverted", *f.Reverted)
	}
	return paging.Query[Listed](ctx, db, source, w, f.Params)
}

// Get returns one import with its rows, or apperr.NotFound.
func Get(ctx context.Context, db pg.DB, id int64) (Import, error) {
	whole := source
	whole.Columns += ", i.report AS rows"
	return changes.Get[Import](ctx, db, whole, Type, id)
}

// Again returns the id of an earlier import of the same file that created records without external ids, 0 if there is
// none. Importing the file again would create these records twice.
func Again(ctx context.Context, db pg.DB, collection, sha256 string) (int64, error) {
	return pg.ID(ctx, db, "SELECT coalesce(max(id), 0) FROM imports WHERE sha256 = @sha256 AND collection = @collection AND unkeyed > 0 AND NOT reverted",
		pg.Args{"sha256": sha256, "collection": collection})
}

// Keep stores an import whose rows were written after the log position before. It must be the last write of the
// transaction: it writes the change log, which is locked from then on, so that the entries of the import are adjacent.
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

// Revert restores every record that an import changed and deletes those that it created. It returns apperr.Conflict with
// code already_reverted if the import was reverted before, and the errors of history.Unchanged and history.Kinds.PutBack.
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
	if err := kinds.PutAllBack(ctx, tx, list); err != nil {
		return Import{}, err
	}
	if err := pg.Exec(ctx, tx, "UPDATE imports SET reverted = true WHERE id = @id", pg.Args{"id": id}); err != nil {
		return Import{}, err
	}
	if err := pg.Exec(ctx, tx, "SET CONSTRAINTS ALL IMMEDIATE", nil); err != nil { // writes the log, which says who reverted it
		return Import{}, err
	}
	return Get(ctx, tx, id)
}
