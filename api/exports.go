package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Whole lists as files. Their handlers are in exporters.go.

// exportParams are what every export takes besides the filters and the order of the list.
type exportParams struct {
	Delimiter string `query:"delimiter" form:"delimiter" enums:"comma,semicolon,tab"` // Of CSV: what stands between cells, `comma` by default. Excel with Russian or Kazakh settings wants `semicolon`.
	BOM       string `query:"bom" form:"bom" enums:"0,1"`                             // Of CSV: whether the file begins with a byte order mark, `1` by default. Excel needs it; `0` for programs that do not expect it.
}

// formats are the endings of exports.
var formats = []string{"csv", "ndjson", "xlsx"}

// exportRequest is what a client wants of an export.
type exportRequest struct {
	exportParams
	format string
	name   string // of the file
	fields []string
	lang   string
	record reflect.Type
}

// file writes records in a format.
type file interface {
	// begin is told the change cursor of the snapshot before the first record.
	begin(cursor string) error
	add(record jsontext.Value) error
	// pause comes after some records.
	pause() error
	end(rows int64, cursor string) error
	// close is called last, also after an error.
	close() error
}

// exportOf sends all records of a list, in the format that the path ends in.
func exportOf[F any, T paging.Row, P filter[F]](s *server, c echo.Context, list func(context.Context, pg.DB, F) (paging.Page[T], error)) error {
	return exportWith[F, T, P](s, c, func(context.Context, *F) error { return nil }, list)
}

// exportWith is exportOf for a filter of which something has to be looked up before.
func exportWith[F any, T paging.Row, P filter[F]](s *server, c echo.Context, look func(context.Context, *F) error, list func(context.Context, pg.DB, F) (paging.Page[T], error)) error {
	r := exportRequest{format: c.Param("format"), record: reflect.TypeFor[T]()}
	newFile, ok := fileOf(r.format)
	if !ok {
		e := apperr.New(apperr.NotFound, "no_such_format", "allowed", strings.Join(formats, ", "))
		e.Extra = map[string]any{"allowed": formats}
		return e
	}
	f, err := queryWhole[F, P](c, &r.exportParams)
	if err != nil {
		return err
	}
	p := P(&f).Page()
	if r.fields, err = r.check(c, p); err != nil {
		return err
	}
	r.lang = p.Lang
	collection := strings.TrimSuffix(c.Path()[strings.LastIndex(c.Path(), "/")+1:], ".:format")
	r.name = collection + "-" + s.config.Now().UTC().Format(time.DateOnly) + "." + r.format
	if err := look(c.Request().Context(), &f); err != nil {
		return err
	}
	most := int64(0)
	if r.format == "xlsx" {
		most = maxRows
	}
	return s.snapshot(c, func(ctx context.Context, tx pgx.Tx) (err error) {
		var to file
		var cursor string
		rows := int64(0)
		for page, pageErr := range paging.WalkAtMost[F, T, P](ctx, tx, list, f, most) {
			if pageErr != nil {
				return pageErr
			}
			if to == nil { // nothing is sent before the first page is read: its error is still answered as a problem
				cursor = s.changeCursor(ctx, page.Head)
				if c.Request().Method == http.MethodHead {
					newDownload(c).begin(mediaTypes[r.format], r.name, cursor)
					return nil
				}
				to = newFile(c, r)
				defer func() { err = errors.Join(err, to.close()) }()
				if err := to.begin(cursor); err != nil {
					return err
				}
			}
			if err := r.write(to, page.Items); err != nil {
				return err
			}
			rows += int64(len(page.Items))
		}
		return to.end(rows, cursor)
	})
}

// check gives the members to keep, none for all, and the mistakes that need the format to be seen.
func (r exportRequest) check(c echo.Context, p *paging.Params) (fields []string, err error) {
	var mistakes []apperr.Field
	for _, name := range []string{"bom", "delimiter"} {
		if r.format != "csv" && c.QueryParam(name) != "" {
			mistakes = append(mistakes, apperr.In(name, "only_csv"))
		}
	}
	if err := apperr.BadQuery(mistakes); err != nil || len(p.Fields) == 0 {
		return nil, err
	}
	return kept(r.record, p.Fields)
}

func (r exportRequest) write(to file, records any) error {
	if r.lang != "" {
		text.Localize(records, r.lang)
	}
	list := reflect.ValueOf(records)
	for i := range list.Len() {
		raw, err := json.Marshal(list.Index(i).Addr().Interface(), jsonOptions)
		if err != nil {
			return err
		}
		if err := to.add(raw); err != nil {
			return err
		}
	}
	return to.pause()
}

var mediaTypes = map[string]string{
	"csv":    "text/csv; charset=utf-8; header=present",
	"ndjson": "application/x-ndjson",
	"xlsx":   "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// fileOf gives what makes files of a format.
func fileOf(format string) (func(echo.Context, exportRequest) file, bool) {
	switch format {
	case "csv":
		return newCSVFile, true
	case "ndjson":
		return newNDJSONFile, true
	case "xlsx":
		return newWorkbook, true
	}
	return nil, false
}

// ndjsonFile has a record a line. The last line says that it is the last one, since a cut file is valid, too.
type ndjsonFile struct {
	*download
	exportRequest
}

func newNDJSONFile(c echo.Context, r exportRequest) file { return &ndjsonFile{newDownload(c), r} }

func (f *ndjsonFile) begin(cursor string) error {
	f.download.begin(mediaTypes["ndjson"], f.name, cursor)
	return nil
}

func (f *ndjsonFile) add(record jsontext.Value) (err error) {
	if f.fields != nil {
		if record, err = keepMembers(record, f.fields); err != nil {
			return err
		}
	}
	_, _ = f.Write(record) // the writer keeps its first error
	return f.WriteByte('\n')
}

func (f *ndjsonFile) pause() error { return f.send() }

func (f *ndjsonFile) close() error { return nil }

func (f *ndjsonFile) end(rows int64, cursor string) error {
	last, err := json.Marshal(struct {
		End    bool   `json:"_end"`
		Rows   int64  `json:"rows"`
		Cursor string `json:"cursor"`
	}{true, rows, cursor})
	if err != nil {
		return err
	}
	_, _ = f.Write(last)
	_ = f.WriteByte('\n')
	return f.send()
}

// csvFile is a table (see package export). It ends with its last row: a cut one is told by the connection, which is broken.
type csvFile struct {
	*download
	exportRequest
	table *export.Table
	rows  *export.CSVWriter
}

var delimiters = map[string]byte{"": ',', "comma": ',', "semicolon": ';', "tab": '\t'}

func newCSVFile(c echo.Context, r exportRequest) file {
	f := &csvFile{download: newDownload(c), exportRequest: r, table: export.Of(r.record, export.Options{Fields: r.fields, Lang: r.lang != ""})}
	f.rows = export.NewCSVWriter(f.Writer, delimiters[r.Delimiter], f.table)
	return f
}

func (f *csvFile) begin(cursor string) error {
	f.download.begin(mediaTypes["csv"], f.name, cursor)
	if f.BOM != "0" {
		_, _ = f.WriteString(export.BOM)
	}
	return f.rows.Write(f.table.Header())
}

func (f *csvFile) add(record jsontext.Value) error {
	row, err := f.table.Row(record)
	if err != nil {
		return err
	}
	return f.rows.Write(row)
}

func (f *csvFile) pause() error { return f.send() }

func (f *csvFile) end(int64, string) error { return f.send() }

func (f *csvFile) close() error { return nil }
