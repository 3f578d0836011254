package export

import (
	"archive/zip"
	"io"
	"math"
	"strconv"
	"time"
	"unicode/utf16"

	"roundtables.kz/registry/internal/apperr"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/xuri/excelize/v2"
)

// workbook is a table as a workbook for spreadsheets. A temporary file keeps it until the last record, so that the
// error for a record that a workbook cannot hold comes before any output.
type workbook struct {
	w     io.Writer
	table *Table
	file  *excelize.File
	sheet *excelize.StreamWriter
	day   int // the style of days
	rows  int
}

// MaxRows is how many records fit below the header of a workbook.
const MaxRows = excelize.TotalRows - 1

// newWorkbook returns a workbook with the address of the licence, unless that is empty, as a property of the file.
func newWorkbook(to io.Writer, table *Table, license string) (*workbook, error) {
	w := &workbook{w: to, table: table, file: excelize.NewFile()}
	var err error
	if license != "" {
		err = w.file.SetCustomProps(excelize.CustomProperty{Name: "License", Value: license})
	}
	if err == nil {
		err = w.begin()
	}
	if err != nil {
		_ = w.file.Close()
		return nil, err
	}
	return w, nil
}

func (w *workbook) begin() (err error) {
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

func (w *workbook) Add(record jsontext.Value) error {
	row, err := w.table.Row(record)
	if err != nil {
		return err
	}
	cells := make([]any, len(row))
	for i, column := range w.table.Columns() {
		if cells[i], err = w.cell(column, row[i]); err != nil {
			args := apperr.Args{"id": row[0], "column": column.Name, "max": strconv.Itoa(excelize.TotalCellChars)}
			return &apperr.Error{Kind: apperr.Invalid, Code: "cell_too_long", Args: args, Err: err}
		}
	}
	w.rows++
	return w.sheet.SetRow("A"+strconv.Itoa(w.rows), cells)
}

// firstDay is the first day that all spreadsheets count in the same way. Earlier days are written as text.
var firstDay = time.Date(1900, time.March, 1, 0, 0, 0, 0, time.UTC)

// cell returns the value of a cell in its type. Texts stay texts, so that none is read as a formula. A text that does
// not fit is an error.
func (w *workbook) cell(column Column, cell string) (any, error) {
	if cell == "" {
		return nil, nil
	}
	switch column.Type {
	case Number:
		n, err := strconv.ParseFloat(cell, 64)
		// A spreadsheet would round more digits.
		if rounded, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 15, 64), 64); err == nil && rounded == n && math.Abs(n) < 1e15 {
			return n, nil
		}
	case Bool:
		return cell == "true", nil
	case Day:
		if day, err := time.Parse(time.DateOnly, cell); err == nil && !day.Before(firstDay) {
			return excelize.Cell{StyleID: w.day, Value: day}, nil
		}
	case Text, Plain, Partial, Time:
	}
	if len(cell) > excelize.TotalCellChars && len(utf16.Encode([]rune(cell))) > excelize.TotalCellChars {
		return nil, excelize.ErrCellCharsLength
	}
	return cell, nil
}

func (w *workbook) End(string) error {
	if err := w.sheet.Flush(); err != nil {
		return err
	}
	w.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(w.w) }) // the library would keep the whole file in memory
	return w.file.Write(io.Discard)
}

func (w *workbook) Close() error { return w.file.Close() }
