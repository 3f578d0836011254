package api

import (
	"archive/zip"
	"io"
	"math"
	"strconv"
	"time"
	"unicode/utf16"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/formats/export"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"
	"github.com/xuri/excelize/v2"
)

// workbook is the table of a CSV file as a workbook for spreadsheets. It is kept in a temporary file until the last record
// is in, so that what a workbook cannot hold is still answered as a problem.
type workbook struct {
	*download
	exportRequest
	table  *export.Table
	cursor string

	file  *excelize.File
	sheet *excelize.StreamWriter
	day   int // the style of days
	rows  int
}

// maxRows is how many records fit below the header.
const maxRows = excelize.TotalRows - 1

func newWorkbook(c echo.Context, r exportRequest) file {
	return &workbook{
		download: newDownload(c), exportRequest: r, file: excelize.NewFile(),
		table: export.Of(r.record, export.Options{Fields: r.fields, Lang: r.lang != ""}),
	}
}

func (w *workbook) begin(cursor string) (err error) {
	w.cursor = cursor
	const name = "Sheet1"
	format := "yyyy-mm-dd"
	if w.day, err = w.file.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
		return err
	}
	bold, err := w.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	if w.sheet, err = w.file.NewStreamWriter(name); err != nil {
		return err
	}
	if err := w.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if err := w.sheet.SetColWidth(1, len(w.table.Columns()), 16); err != nil {
		return err
	}
	var header []any
	for _, column := range w.table.Header() {
		header = append(header, excelize.Cell{StyleID: bold, Value: column})
	}
	w.rows = 1
	return w.sheet.SetRow("A1", header)
}

func (w *workbook) add(record jsontext.Value) error {
	row, err := w.table.Row(record)
	if err != nil {
		return err
	}
	cells := make([]any, len(row))
	for i, column := range w.table.Columns() {
		if cells[i], err = w.cell(column, row[i]); err != nil {
			return &apperr.Error{Kind: apperr.Invalid, Code: "cell_too_long", Args: apperr.Args{"id": row[0], "column": column.Name, "max": strconv.Itoa(excelize.TotalCellChars)}, Err: err}
		}
	}
	w.rows++
	return w.sheet.SetRow("A"+strconv.Itoa(w.rows), cells)
}

// firstDay is the first day that every spreadsheet counts alike: those before are written as text.
var firstDay = time.Date(1900, time.March, 1, 0, 0, 0, 0, time.UTC)

// cell gives the value of a cell in its type: texts stay texts, so nothing is ever taken for a formula. A text that does
// not fit is an error.
func (w *workbook) cell(column export.Column, cell string) (any, error) {
	if cell == "" {
		return nil, nil
	}
	switch column.Kind {
	case export.Number:
		n, err := strconv.ParseFloat(cell, 64)
		if rounded, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 15, 64), 64); err == nil && rounded == n && math.Abs(n) < 1e15 { // more digits a spreadsheet would round
			return n, nil
		}
	case export.Bool:
		return cell == "true", nil
	case export.Day:
		if day, err := time.Parse(time.DateOnly, cell); err == nil && !day.Before(firstDay) {
			return excelize.Cell{StyleID: w.day, Value: day}, nil
		}
	case export.Text, export.Plain:
	}
	if len(cell) > excelize.TotalCellChars && len(utf16.Encode([]rune(cell))) > excelize.TotalCellChars {
		return nil, excelize.ErrCellCharsLength
	}
	return cell, nil
}

func (w *workbook) pause() error {
	w.extend()
	return w.c.Request().Context().Err()
}

func (w *workbook) end(int64, string) error {
	if err := w.sheet.Flush(); err != nil {
		return err
	}
	w.download.begin(mediaTypes["xlsx"], w.name, w.cursor)
	w.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(w.Writer) }) // the library would keep the whole file in memory
	if err := w.file.Write(io.Discard); err != nil {
		return err
	}
	return w.send()
}

func (w *workbook) close() error { return w.file.Close() }
