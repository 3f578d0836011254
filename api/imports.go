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

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/export"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Whole files of records. Their handlers are in importers.go.

// importParams are what every import takes.
type importParams struct {
	duplicateParams
	OnError   string `query:"on_error" form:"on_error" enums:"abort,skip" default:"abort"` // Whether a row with mistakes refuses the whole file, or only itself.
	Overwrite bool   `query:"overwrite" form:"overwrite"`                                  // Change records that have another `version` by now than their row says.
	Delimiter string `query:"delimiter" form:"delimiter" enums:"comma,semicolon,tab"`      // Of CSV: what stands between cells; found out by the first line where it is left out.
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
	names       func(I) []string // by which two rows are the same record; nil: there is nothing of that kind
}

// importOf reads a file and writes its records. distinct, if it is not nil, makes the function that creates a record once the parameters are known.
func importOf[I, T any, IP input[I], P record[T]](s *server, c echo.Context, of collection[I, T],
	distinct func(allowed bool) func(context.Context, pgx.Tx, I) (int64, error)) error {
	media, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	format, ok := importTypes[media]
	if err != nil || !ok {
		allowed := []string{"text/csv", "application/x-ndjson", mediaTypes["xlsx"]}
		e := apperr.New(apperr.Media, "unsupported_media_type", "allowed", strings.Join(allowed, ", "))
		e.Extra = map[string]any{"allowed": allowed}
		return e
	}
	raw, err := readAll(c)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	name := strings.TrimPrefix(c.Path(), "/v1/imports/")
	lang := messageLanguage(c.Request())
	var p importParams
	var done imports.Import
	err = s.writeWith(c, &p, &p.writeParams, func(ctx context.Context, tx pgx.Tx) error {
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
		if distinct != nil {
			of.create = distinct(p.AllowDuplicate)
		}
		w := &importWriter[I, T, IP, P]{collection: of, params: p, lang: lang, table: export.Of(reflect.TypeFor[I](), export.Options{}), seen: map[string]int{}, head: &head}
		known := export.Of(reflect.TypeFor[T](), export.Options{Lang: true}).Header()
		f, err := openImport(format, raw, p.Delimiter, known, w.table)
		if err != nil {
			return err
		}
		w.begin(f.header)
		if err := f.each(func(row importRow) error { return w.write(ctx, tx, row) }); err != nil {
			return err
		}
		if len(w.rows) == 0 {
			return atLine(1, apperr.New(apperr.Invalid, "file_empty"))
		}
		if head.Failed > 0 && p.OnError != "skip" {
			return refusedImport(head, w.rows)
		}
		done, err = imports.Keep(ctx, tx, head, w.rows, before.Seq)
		return err
	})
	if err != nil {
		return err
	}
	status := http.StatusOK
	if !p.DryRun {
		status = http.StatusCreated
		c.Response().Header().Set(echo.HeaderLocation, "/v1/imports/"+strconv.FormatInt(done.ID, 10))
	}
	for i, r := range done.Rows {
		if p.DryRun && r.Action == imports.Created {
			done.Rows[i].ID = nil
		}
	}
	c.Response().Header().Set("ETag", etag(done.Version))
	return send(c, status, echo.MIMEApplicationJSON, done)
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
	return itemOf(s, c, func(ctx context.Context, db pg.DB, id int64) (imports.Import, error) {
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
	if err := apperr.BadQuery(bind(c.QueryParams(), &struct{}{})); err != nil {
		return err
	}
	table := export.Of(reflect.TypeFor[I](), export.Options{})
	name := strings.TrimPrefix(c.Path(), "/v1/imports/templates/")
	h := c.Response().Header()
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return c.Blob(http.StatusOK, mediaTypes["csv"], []byte(export.BOM+strings.Join(append([]string{"id", "version"}, table.Header()...), ",")+"\r\n"))
}

// mistakesOf turns the error of a row into what the report says of it. An error that is not of the row comes back.
func mistakesOf(err error, lang string, column func(pointer string) string) ([]imports.Mistake, error) {
	var e *apperr.Error
	if !errors.As(err, &e) {
		return nil, err
	}
	switch e.Kind {
	case apperr.Malformed, apperr.Invalid, apperr.NotFound, apperr.Gone, apperr.Merged, apperr.Conflict, apperr.Stale, apperr.Forbidden:
	default:
		return nil, err
	}
	var list []imports.Mistake
	for _, f := range e.Fields {
		m := imports.Mistake{Code: f.Code, Message: apperr.Message(f.Code, lang, f.Args), Args: f.Args, Allowed: f.Allowed, Candidates: f.Candidates}
		if m.Column = column(f.Pointer); m.Column == "" {
			m.Pointer = f.Pointer
		}
		list = append(list, m)
	}
	if len(list) == 0 {
		m := imports.Mistake{Code: e.Code, Message: apperr.Message(e.Code, lang, e.Args), Args: e.Args}
		m.Candidates, _ = e.Extra["candidates"].([]apperr.Candidate)
		if counts, ok := e.Extra["referenced_by"].(map[string]int64); ok {
			for table := range counts {
				m.Allowed = append(m.Allowed, table)
			}
		}
		list = append(list, m)
	}
	return list, nil
}
