package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Whole files of records. Their handlers are in importers.go.

const importsPath = "/v1/imports/"

// importTime is how long an import may take.
const importTime = 10 * time.Minute

func isImport(path string) bool { return strings.HasPrefix(path, importsPath) }

// extendForImport gives the request of an import the time that a large file takes, to come in and to be written.
func extendForImport(c echo.Context, limit time.Duration) time.Duration {
	control := http.NewResponseController(c.Response())
	end := time.Now().Add(importTime)
	_, _ = control.SetReadDeadline(end), control.SetWriteDeadline(end) // writers of tests have none
	return max(limit, importTime)
}

// importing is what every import takes, of documents, too.
type importing struct {
	duplicateParams
	OnError string `query:"on_error" form:"on_error" enums:"abort,skip" default:"abort"` // Whether a mistake in one row or object refuses the whole file, or only that one and what refers to it.
}

// importParams are what an import of a collection takes.
type importParams struct {
	importing
	Overwrite bool   `query:"overwrite" form:"overwrite"`                             // Change records that have another `version` by now than their row says.
	Delimiter string `query:"delimiter" form:"delimiter" enums:"comma,semicolon,tab"` // Of CSV: what stands between cells; found out by the first line where it is left out.
}

// ImportPage is a page of imports.
type ImportPage = Page[imports.Listed] //	@name	ImportPage

// importTypes are the media types of files, and their formats.
var importTypes = map[string]string{
	"text/csv":             "csv",
	"application/x-ndjson": "ndjson",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}

// collection is what an import needs to know of its records.
type collection[I, T any] struct {
	table, kind string
	get         func(context.Context, pg.DB, int64) (T, error)
	content     func(*T) *I
	create      func(context.Context, pgx.Tx, I) (int64, error)
	update      func(context.Context, pgx.Tx, int64, I) error

	// Of records that are known by their names, else nil:
	finder    *spelling.Finder
	distinct  func(context.Context, pgx.Tx, *spelling.Session, I) error // refuses one that seems to be there
	spellings func(I) []string                                          // of its name, by which two rows are the same record
}

// importOf reads a file and writes its records.
func importOf[I, T any, P record[T]](s *server, c echo.Context, of collection[I, T]) error {
	media, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	format, ok := importTypes[media]
	if err != nil || !ok {
		allowed := []string{"text/csv", "application/x-ndjson", export.MediaTypes["xlsx"]}
		e := apperr.New(apperr.Media, "unsupported_media_type", "allowed", strings.Join(allowed, ", "))
		e.Extra = map[string]any{"allowed": allowed}
		return e
	}
	raw, err := readAll(c)
	if err != nil {
		return err
	}
	var p importParams
	return s.importWith(c, &p, &p.importing, format, raw, func(ctx context.Context, tx pgx.Tx, head *imports.Head) ([]imports.Row, error) {
		w := newImportWriter[I, T, P](of, p, head, messageLanguage(c.Request()))
		f, err := openImport(format, raw, p.Delimiter, export.Of(reflect.TypeFor[T](), export.Options{Lang: true}).Header(), w.table)
		if err != nil {
			return nil, err
		}
		defer f.close()
		w.begin(f.header)
		err = w.writeAll(ctx, tx, f)
		if err == nil && len(w.rows) == 0 {
			err = atLine(1, apperr.New(apperr.Invalid, "file_empty"))
		}
		return w.rows, err
	})
}

// importWith imports raw, whose rows or objects write writes and counts, and answers what became of them. params is a pointer to a struct
// that embeds p.
func (s *server) importWith(c echo.Context, params any, p *importing, format string, raw []byte,
	write func(ctx context.Context, tx pgx.Tx, head *imports.Head) ([]imports.Row, error)) error {
	sum := sha256.Sum256(raw)
	name := strings.TrimPrefix(c.Path(), importsPath)
	var done imports.Import
	err := s.writeWith(c, params, &p.writeParams, func(ctx context.Context, tx pgx.Tx) error {
		head := imports.Head{Collection: name, Format: format, SHA256: hex.EncodeToString(sum[:]), OnError: p.OnError}
		if again, err := imports.Again(ctx, tx, name, head.SHA256); err != nil || again != 0 {
			if err == nil {
				err = apperr.New(apperr.Conflict, "already_imported", "id", strconv.FormatInt(again, 10))
			}
			return err
		}
		if err := pg.Exec(ctx, tx, "SET LOCAL statement_timeout = '"+strconv.Itoa(int(importTime.Seconds()))+"s'", nil); err != nil { // the log is written by one statement
			return err
		}
		before, err := changes.ReadHead(ctx, tx)
		if err != nil {
			return err
		}
		rows, err := write(ctx, tx, &head)
		if err != nil {
			return err
		}
		if head.Failed > 0 && p.OnError != "skip" {
			return refusedImport(head, rows)
		}
		done, err = imports.Keep(ctx, tx, head, rows, before.Seq)
		return err
	})
	if err != nil {
		return err
	}
	if !p.DryRun {
		c.Response().Header().Set(echo.HeaderLocation, importsPath+strconv.FormatInt(done.ID, 10))
		return item(c, http.StatusCreated, &done, itemParams{})
	}
	for i, r := range done.Rows {
		if r.Action == imports.Created {
			done.Rows[i].ID = nil
		}
	}
	return item(c, http.StatusOK, &done, itemParams{})
}

// refusedImport is apperr.Invalid with the rows that have mistakes.
func refusedImport(h imports.Head, rows []imports.Row) error {
	var failed []imports.Row
	for _, r := range rows {
		if r.Action == imports.Failed {
			failed = append(failed, r)
		}
	}
	e := apperr.New(apperr.Invalid, "import_refused", "failed", strconv.Itoa(h.Failed), "rows", strconv.Itoa(len(rows)))
	e.Extra = map[string]any{"counts": h.Counts, "rows": failed}
	return e
}

// listImports answers a page of imports.
//
//	@ID			listImports
//	@Summary	List imports
//	@Tags		Imports
//	@x-sort		["-updated_at"]
//	@Param		filter	query		imports.Filter	false	"-"
//	@Success	200		{object}	ImportPage		"A page of imports."
//	@Router		/v1/imports [get]
func (s *server) listImports(c echo.Context) error { return listOf(s, c, imports.List) }

// getImport answers one import.
//
//	@ID			getImport
//	@Summary	Get an import
//	@Tags		Imports
//	@Param		id		path		int				true	"The import."
//	@Param		params	query		itemParams		false	"-"
//	@Success	200		{object}	imports.Import	"The import, with what became of each row."
//	@Router		/v1/imports/{id} [get]
func (s *server) getImport(c echo.Context) error {
	lang := messageLanguage(c.Request())
	return freshItemOf(s, c, func(ctx context.Context, db pg.DB, id int64) (imports.Import, error) { // for it depends on more than one language
		m, err := imports.Get(ctx, db, id)
		for _, r := range m.Rows {
			for i, e := range r.Errors {
				r.Errors[i].Message = apperr.Message(e.Code, lang, e.Args)
			}
		}
		return m, err
	})
}

// revertImport takes an import back.
//
//	@ID				revertImport
//	@Summary		Revert an import
//	@Description	Brings every record that the import changed back to what it was before, and deletes those that it created. If one of them was changed since, nothing is done:
//	@Description	the answer is 409 with code `changed_since`, and `changed_since` lists the changes; a new record that others refer to by now is 409 `in_use`.
//	@Tags			Imports
//	@Param			id		path		int				true	"The import."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	imports.Import	"The import, now reverted."
//	@Router			/v1/imports/{id}/revert [post]
func (s *server) revertImport(c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	var m imports.Import
	p, err := s.write(c, func(ctx context.Context, tx pgx.Tx) (err error) {
		m, err = imports.Revert(ctx, tx, n)
		return err
	})
	if err != nil {
		return err
	}
	return item(c, http.StatusOK, &m, itemParams{Lang: p.Lang})
}

// templateOf answers a table without rows: the columns that an import of records reads, with id and version.
func templateOf[I any](c echo.Context) error {
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &struct{}{})); err != nil {
		return err
	}
	table := export.Of(reflect.TypeFor[I](), export.Options{})
	name := strings.TrimPrefix(c.Path(), importsPath+"templates/")
	h := c.Response().Header()
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return c.Blob(http.StatusOK, export.MediaTypes["csv"], []byte(export.BOM+strings.Join(append([]string{"id", "version"}, table.Header()...), ",")+"\r\n"))
}

// isOfRow reports whether an error is of a row, and not of the import.
func isOfRow(err error) bool {
	var e *apperr.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Kind {
	case apperr.Malformed, apperr.Invalid, apperr.NotFound, apperr.Gone, apperr.Merged, apperr.Conflict, apperr.Stale, apperr.Forbidden:
		return true
	}
	return false
}

// mistakesOf turns the error of a row into what the report says of it. An error that is not of the row comes back.
func mistakesOf(err error, lang string, column func(pointer string) string) ([]imports.Mistake, error) {
	var e *apperr.Error
	if !errors.As(err, &e) || !isOfRow(err) {
		return nil, err
	}
	if len(e.Fields) == 0 {
		candidates, _ := e.Extra["candidates"].([]apperr.Candidate)
		f := apperr.Field{Code: e.Code, Args: e.Args, Candidates: candidates}
		switch e.Kind {
		case apperr.NotFound, apperr.Gone, apperr.Merged:
			f.Pointer = "/id"
		}
		e = &apperr.Error{Fields: []apperr.Field{f}}
	}
	list := make([]imports.Mistake, len(e.Fields))
	for i, f := range e.Fields {
		list[i] = mistake(f, lang)
		if name := column(f.Pointer); name != "" {
			list[i].Column, list[i].Pointer = name, ""
		}
	}
	return list, nil
}

// mistake words a mistake.
func mistake(f apperr.Field, lang string) imports.Mistake {
	return imports.Mistake{Pointer: f.Pointer, Code: f.Code, Message: apperr.Message(f.Code, lang, f.Args), Args: f.Args, Allowed: f.Allowed, Candidates: f.Candidates}
}
