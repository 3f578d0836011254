package imports

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
)

// Time is how long an import may take.
const Time = 10 * time.Minute

// Collection is what an import needs to know of its records: I is what clients write, T the record.
type Collection[I any, T record] struct {
	history.Kind

	Get    func(context.Context, pg.DB, int64) (T, error)
	Input  func(*T) *I // the part of a record that clients write
	Create func(context.Context, pgx.Tx, I) (int64, error)
	Update func(context.Context, pgx.Tx, T, I) error

	Similar func(context.Context, pgx.Tx, I) error // rejects a record that may exist, if its name does not decide that; may be nil

	// For records that are found and told apart by their names, else nil:
	Finder    *spelling.Finder
	Distinct  func(context.Context, pgx.Tx, *spelling.Session, I) error // rejects a record that seems to exist
	Spellings func(I) []string                                          // the spellings of a record's name
}

type record interface{ Meta() changes.Record }

// Options of an import of a table or of NDJSON.
type Options struct {
	Format         string // csv, ndjson or xlsx
	Delimiter      string // of CSV: comma, semicolon or tab; empty: detected in the first line
	Unguarded      bool   // texts of CSV have no guards (see export.Guard)
	AllowDuplicate bool   // create records that seem to be duplicates
	Overwrite      bool   // change records that have another version than their row says
	Lang           string // of the messages in the report
}

// Write writes the records of a file and returns a report of each row. head counts the rows. An error is about the
// whole file.
func (of Collection[I, T]) Write(ctx context.Context, tx pgx.Tx, head *Head, raw []byte, o Options) ([]Row, error) {
	w := &writer[I, T]{
		Collection: of, options: o, table: export.Of(reflect.TypeFor[I](), export.Options{}),
		seen: map[string]int{}, written: map[int64]int{}, head: head,
	}
	if of.Finder != nil {
		w.session = of.Finder.Session()
	}
	exported := export.Of(reflect.TypeFor[T](), export.Options{Lang: true}).Header()
	f, err := openFile(ctx, o, raw, layout{w.table, exported})
	if err != nil {
		return nil, err
	}
	w.header, w.editor, head.Ignored = f.header, w.table.Editor(f.header), f.ignored
	err = w.writeAll(ctx, tx, f)
	slices.Sort(head.Ignored[len(f.ignored):]) // members come in no order
	if err == nil && len(w.rows) == 0 {
		err = atLine(1, "file_empty")
	}
	if err == nil && w.session != nil {
		err = w.session.Confirm(ctx, tx)
	}
	return w.rows, err
}

// Run imports raw: write writes its rows or objects and counts them in the head. Run rejects the import if rows have
// errors and head.OnError is not skip, and else stores it in the ledger.
func Run(ctx context.Context, tx pgx.Tx, head Head, raw []byte, write func(*Head) ([]Row, error)) (Import, error) {
	sum := sha256.Sum256(raw)
	head.SHA256 = hex.EncodeToString(sum[:])
	again, err := Again(ctx, tx, head.Collection, head.SHA256)
	if err != nil {
		return Import{}, err
	}
	if again != 0 {
		return Import{}, apperr.New(apperr.Conflict, "already_imported", "id", strconv.FormatInt(again, 10))
	}
	// One statement writes the change log for all rows.
	timeout := "SET LOCAL statement_timeout = '" + strconv.Itoa(int(Time.Seconds())) + "s'"
	if err := pg.Exec(ctx, tx, timeout, nil); err != nil {
		return Import{}, err
	}
	before, err := changes.ReadHead(ctx, tx)
	if err != nil {
		return Import{}, err
	}
	rows, err := write(&head)
	if err != nil {
		return Import{}, err
	}
	if head.Failed > 0 && head.OnError != "skip" {
		return Import{}, rejected(head, rows)
	}
	return Keep(ctx, tx, head, rows, before.Seq)
}

// maxFailedBytes bounds the rows in the error of a rejected import: an error never exceeds 64 KiB.
const maxFailedBytes = 48 << 10

// The bounds of a report, which is stored with its import.
const (
	maxOfRow    = 10     // errors of a row
	maxReported = 10_000 // errors of all rows; further rows keep their first one
)

// rejected is apperr.Invalid with the first rows that have errors, and how many more there are.
func rejected(h Head, rows []Row) error {
	failed, left := []Row{}, maxFailedBytes
	for _, r := range rows {
		if r.Action != Failed {
			continue
		}
		raw, err := json.Marshal(r)
		if left -= len(raw); left < 0 || err != nil {
			break
		}
		failed = append(failed, r)
	}
	e := apperr.New(apperr.Invalid, "import_refused", "failed", strconv.Itoa(h.Failed), "rows", strconv.Itoa(len(rows)))
	e.Extra = map[string]any{"counts": h.Counts, "rows": failed}
	if omitted := h.Failed - len(failed); omitted > 0 {
		e.Extra["rows_omitted"] = omitted
	}
	return e
}

// ofRow are the kinds of errors that are about a row, and not about the whole import.
var ofRow = []apperr.Kind{
	apperr.Malformed, apperr.Invalid, apperr.NotFound, apperr.Gone, apperr.Merged, apperr.Conflict, apperr.Stale, apperr.Forbidden,
}

func isOfRow(err error) bool {
	var e *apperr.Error
	return errors.As(err, &e) && slices.Contains(ofRow, e.Kind)
}

// mistakesOf turns the error of a row into its report. An error that is about the whole import is returned.
func (w *writer[I, T]) mistakesOf(err error) ([]Mistake, error) {
	var e *apperr.Error
	if !errors.As(err, &e) || !isOfRow(err) {
		return nil, err
	}
	list := w.head.Mistakes(e.Mistakes(), w.options.Lang)
	for i := range list {
		if e.Kind == apperr.NotFound || e.Kind == apperr.Gone || e.Kind == apperr.Merged {
			list[i].Pointer = cmp.Or(list[i].Pointer, "/id")
		}
		if name := w.column(list[i].Pointer); name != "" {
			list[i].Column, list[i].Pointer = name, ""
		}
	}
	return list, nil
}

// Mistakes reports the first field errors of a row or an object in a language.
func (h *Head) Mistakes(fields []apperr.Field, lang string) []Mistake {
	most := maxOfRow
	if h.reported >= maxReported {
		most = 1
	}
	fields = apperr.Shorten(fields, most)
	h.reported += len(fields)
	list := make([]Mistake, len(fields))
	for i, f := range fields {
		list[i] = Mistake{
			Pointer: f.Pointer, Code: f.Code, Message: apperr.Message(f.Code, lang, f.Args),
			Args: f.Args, Allowed: f.Allowed, Candidates: f.Candidates,
		}
	}
	return list
}

// Translate words the errors of an import's report in a language.
func (m *Import) Translate(lang string) {
	for _, r := range m.Rows {
		for i, e := range r.Errors {
			r.Errors[i].Message = apperr.Message(e.Code, lang, e.Args)
		}
	}
}

// blockRows is how many rows share a savepoint. One per row would cost two round trips and a transaction id each.
const blockRows = 100

// writeAll writes the rows of a file and reports on them. An error is not about a row: it ends the import.
func (w *writer[I, T]) writeAll(ctx context.Context, tx pgx.Tx, f file) error {
	block := make([]fileRow, 0, blockRows)
	err := f.each(func(row fileRow) error {
		row.cells = slices.Clone(row.cells)
		if block = append(block, row); len(block) < blockRows {
			return nil
		}
		rows := block
		block = block[:0]
		return w.writeBlock(ctx, tx, rows)
	})
	if err != nil || len(block) == 0 {
		return err
	}
	return w.writeBlock(ctx, tx, block)
}

// writeBlock writes rows. If the database rejects one of them, it writes all again, each with a savepoint of its own.
func (w *writer[I, T]) writeBlock(ctx context.Context, tx pgx.Tx, rows []fileRow) error {
	before, done := *w.head, len(w.rows)
	w.careful, w.refused = false, false
	err := pg.Error(pgx.BeginFunc(ctx, tx, func(sub pgx.Tx) error { return w.writeRows(ctx, sub, rows) }))
	if w.refused {
		*w.head, w.rows = before, w.rows[:done]
		maps.DeleteFunc(w.seen, func(_ string, line int) bool { return line >= rows[0].line })
		maps.DeleteFunc(w.written, func(_ int64, line int) bool { return line >= rows[0].line })
		w.careful, w.refused = true, false
		err = w.writeRows(ctx, tx, rows)
	}
	if err != nil {
		return err
	}
	return Replan(ctx, tx, done, len(w.rows))
}

func (w *writer[I, T]) writeRows(ctx context.Context, tx pgx.Tx, rows []fileRow) error {
	for _, row := range rows {
		done := Row{Line: row.line}
		err := row.err
		if err == nil {
			err = w.record(ctx, tx, row, &done)
		}
		if w.refused {
			return err
		}
		if err != nil {
			done.Action = Failed
			if done.Errors, err = w.mistakesOf(err); err != nil {
				return err
			}
		} else if w.written[*done.ID] == 0 {
			w.written[*done.ID] = row.line
		}
		w.head.Add(done.Action)
		w.rows = append(w.rows, done)
	}
	return nil
}

// guarded runs write for a row, in a savepoint if the rows have their own.
func (w *writer[I, T]) guarded(ctx context.Context, tx pgx.Tx, write func(pgx.Tx) error) error {
	if w.careful {
		return pg.Error(pgx.BeginFunc(ctx, tx, write))
	}
	err := pg.Error(write(tx))
	w.refused = isOfRow(err)
	return err
}
