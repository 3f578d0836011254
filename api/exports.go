package api

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// csvParams are the parameters of every CSV file.
type csvParams struct {
	Delimiter string `query:"delimiter" form:"delimiter" enums:"comma,semicolon,tab"` // The separator of CSV, `comma` by default. Excel with Russian or Kazakh settings requires `semicolon`.
	BOM       string `query:"bom" form:"bom" enums:"0,1"`                             // Whether a CSV file begins with a byte order mark, `1` by default. Excel needs it. Use `0` for programs that do not support it.
	Guard     string `query:"guard" form:"guard" enums:"0,1"`                         // Whether a CSV file has a `'` before texts that begin with `=` `+` `-` `@` TAB or CR, `1` by default. Spreadsheets need it: they would read these texts as formulas. Use `0` for programs, which get the texts as they are stored.
}

// options returns the options of a file of records, a struct type.
func (p csvParams) options(columns export.Options, record reflect.Type) export.FileOptions {
	return export.FileOptions{Options: columns, Record: record, Delimiter: p.Delimiter, BOM: p.BOM != "0", Unguarded: p.Guard == "0"}
}

// exportParams are the parameters of every export in addition to the filters and the order of the list.
type exportParams struct {
	csvParams
	End string `query:"end" form:"end" enums:"0,1"` // Whether an NDJSON file ends with the line `{"_end":true,…}`, `1` by default. Use `0` for programs that read each line as a record, such as pandas. The header `X-Change-Cursor` has the cursor, too.
}

// exportOf sends all records of a list, in the format that ends the path. look, if not nil, completes the filter first. uncached,
// if not nil, names the filters whose files can change without an entry in the change log.
func exportOf[F any, T paging.Row](s *server, c echo.Context, look func(context.Context, *F) error, uncached func(F) bool,
	list func(context.Context, pg.DB, F) (paging.Page[T], error)) error {
	format := c.Param("format")
	if !slices.Contains(export.Formats, format) {
		e := apperr.New(apperr.NotFound, "no_such_format", "allowed", strings.Join(export.Formats, ", "))
		e.Extra = map[string]any{"allowed": export.Formats}
		return e
	}
	var params exportParams
	f, err := queryWhole[F](c, &params)
	if err != nil {
		return err
	}
	p := paging.ParamsOf(&f)
	record := reflect.TypeFor[T]()
	fields, err := exportedFields(c, format, record, p.Fields)
	if err != nil {
		return err
	}
	if look != nil {
		if err := look(c.Request().Context(), &f); err != nil {
			return err
		}
	}
	most := int64(0)
	if format == "xlsx" {
		most = export.MaxRows
	}
	collection := strings.TrimSuffix(c.Path()[strings.LastIndex(c.Path(), "/")+1:], ".:format")
	name := s.datedName(collection, format)
	q := s.cacheable(c)
	if uncached != nil && uncached(f) {
		q = nil
	}
	return s.sendFile(c, q, export.MediaTypes[format], name, func(ctx context.Context, tx pgx.Tx, to *download) (err error) {
		options := params.options(export.Options{Fields: fields, Lang: p.Lang != ""}, record)
		options.Endless, options.License = params.End == "0", License
		file, err := export.NewFile(to.Writer, format, options)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		var cursor string
		for page, err := range paging.WalkAtMost(ctx, tx, list, f, most) {
			if err != nil {
				return err
			}
			cursor = to.setState(page.State) // a search by name is older than the snapshot
			if err := addAll(file, page.Items, p.Lang, fields); err != nil {
				return err
			}
			if err := to.send(); err != nil {
				return err
			}
		}
		return file.End(cursor)
	})
}

// exportedFields returns the members to export, nil for all of them. It rejects parameters that the format does not have.
func exportedFields(c echo.Context, format string, record reflect.Type, names []string) ([]string, error) {
	var fieldErrors []apperr.Field
	for _, name := range []string{"bom", "delimiter", "guard"} {
		if format != "csv" && c.QueryParam(name) != "" {
			fieldErrors = append(fieldErrors, apperr.In(name, "only_csv"))
		}
	}
	if format != "ndjson" && c.QueryParam("end") != "" {
		fieldErrors = append(fieldErrors, apperr.In("end", "only_ndjson"))
	}
	if err := apperr.BadQuery(fieldErrors); err != nil || len(names) == 0 {
		return nil, err
	}
	known := slices.Sorted(maps.Keys(input.Members(record)))
	fields := []string{"id", "version"}
	for _, name := range names {
		if !slices.Contains(known, name) {
			fieldErrors = append(fieldErrors, unknownField(name, known))
		}
		fields = append(fields, name, name+"_text", name+"_lang")
	}
	return fields, apperr.BadQuery(fieldErrors)
}

// addAll adds records to a file. Unless lang is empty, it adds the texts in lang.
func addAll[T any](file export.File, records []T, lang string, fields []string) error {
	if lang != "" {
		text.Localize(records, lang)
	}
	keep := selectionOf(fields...)
	for i := range records {
		raw, err := json.Marshal(&records[i], input.JSON)
		if err == nil && fields != nil {
			raw, err = keepMembers(raw, keep)
		}
		if err == nil {
			err = file.Add(raw)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
