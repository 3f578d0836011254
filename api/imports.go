package api

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

const importsPath = "/v1/imports/"

// extend extends the deadlines of a write that takes long.
func extend(c echo.Context) {
	control := http.NewResponseController(c.Response())
	end := time.Now().Add(imports.Time)
	_, _ = control.SetReadDeadline(end), control.SetWriteDeadline(end) // the response writers of tests have no deadlines
}

// importing are the parameters of every import, of tables and of documents.
type importing struct {
	duplicateParams
	OnError string `query:"on_error" form:"on_error" enums:"abort,skip" default:"abort"` // Whether an error in one row or object rejects the whole file (`abort`), or only that one and those that refer to it (`skip`).
}

// importParams are the parameters of an import of a table.
type importParams struct {
	importing
	Overwrite bool   `query:"overwrite" form:"overwrite"`                             // Changes records even if their `version` is no longer the one in the row.
	Delimiter string `query:"delimiter" form:"delimiter" enums:"comma,semicolon,tab"` // The separator of CSV. By default, the first line decides.
	Guard     string `query:"guard" form:"guard" enums:"0,1"`                         // Whether texts of CSV have the guards of exports, `1` by default. Use `0` for a file that was exported with `guard=0`: a `'` before `=` `+` `-` `@` then belongs to the text.
}

// importOf imports a table into a collection.
func importOf[I any, T record](s *server, c echo.Context, of imports.Collection[I, T]) error {
	format, raw, err := readFile(c)
	if err != nil {
		return err
	}
	var p importParams
	return s.importWith(c, &p, &p.importing, format, raw, func(ctx context.Context, tx pgx.Tx, head *imports.Head) ([]imports.Row, error) {
		return of.Write(ctx, tx, head, raw, imports.Options{
			Format: format, Delimiter: p.Delimiter, Unguarded: p.Guard == "0",
			AllowDuplicate: p.AllowDuplicate, Overwrite: p.Overwrite, Lang: messageLanguage(c.Request()),
		})
	})
}

// importWith imports a file and sends the report. write writes and counts its rows or objects. params points to a struct that
// embeds p.
func (s *server) importWith(c echo.Context, params any, p *importing, format string, raw []byte,
	write func(ctx context.Context, tx pgx.Tx, head *imports.Head) ([]imports.Row, error)) error {
	var done imports.Import
	err := s.writeWith(c, params, &p.writeParams, func(ctx context.Context, tx pgx.Tx) (err error) {
		head := imports.Head{Collection: strings.TrimPrefix(c.Path(), importsPath), Format: format, OnError: p.OnError}
		done, err = imports.Run(ctx, tx, head, raw, func(head *imports.Head) ([]imports.Row, error) { return write(ctx, tx, head) })
		return err
	})
	if err != nil {
		return err
	}
	for i, r := range done.Rows {
		if p.DryRun && r.Action == imports.Created {
			done.Rows[i].ID = nil
		}
	}
	return created(s, c, &done, strings.TrimSuffix(importsPath, "/"), p.writeParams)
}

var importLedger = resource[struct{}, imports.Import, imports.Filter]{
	Kind: history.Kind{Type: imports.Type, Table: imports.Table},
	one:  "import", many: "imports",
	sorts: []string{"-updated_at"},
	read:  actor.Read,
	replaced: map[Feature]Operation{
		List: with[imports.Filter, Page[imports.Listed]]((*server).listImports),
		Get:  with[itemParams, imports.Import]((*server).getImport).having(properties{translated: true}),
	},
	only:  []Feature{List, Get},
	notes: map[Feature]string{Get: "Returns the import with the result of each row."},
}

func (s *server) listImports(c echo.Context) error { return listOf(s, c, imports.List) }

func (s *server) getImport(c echo.Context) error {
	return itemOf(s, c, func(ctx context.Context, db pg.DB, id int64) (imports.Import, error) {
		m, err := imports.Get(ctx, db, id)
		m.Translate(messageLanguage(c.Request()))
		return m, err
	})
}

// revertImport reverts an import.
//
//	@ID				revertImport
//	@Summary		Revert an import
//	@Description	Restores every record that the import changed, and deletes those that it created. If one of them was changed since,
//	@Description	nothing is reverted: the response is 409 `changed_since`, and `changed_since` lists the changes. If other records
//	@Description	refer to a created record, the response is 409 `in_use`.
//	@Tags			Imports
//	@Param			id		path		int				true	"The import."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	imports.Import	"The reverted import."
//	@Router			/v1/imports/{id}/revert [post]
func (s *server) revertImport(c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	return writeItem(s, c, func(ctx context.Context, tx pgx.Tx) (imports.Import, error) {
		m, err := imports.Revert(ctx, tx, Kinds(), n)
		m.Translate(messageLanguage(c.Request()))
		return m, err
	})
}

// templateOf sends an empty table with the columns that an import reads, id and version.
func templateOf(c echo.Context, input reflect.Type) error {
	if err := noQuery(c); err != nil {
		return err
	}
	columns := append([]string{"id", "version"}, export.Of(input, export.Options{}).Header()...)
	name := strings.TrimPrefix(c.Path(), importsPath+"templates/")
	c.Response().Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return c.Blob(http.StatusOK, export.MediaTypes["csv"], []byte(export.BOM+strings.Join(columns, ",")+"\r\n"))
}
