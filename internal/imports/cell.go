package imports

import (
	"encoding/xml"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/formats/export"

	"github.com/xuri/excelize/v2"
)

// cell is a cell of a workbook, as spreadsheets show it.
type cell struct {
	text string // "" only for an empty cell
	kind cellKind
}

type cellKind int

const (
	textCell       cellKind = iota
	numberCell              // not shown as a date
	dateCell                // YYYY, YYYY-MM or YYYY-MM-DD, perhaps with a time
	failedCell              // the error of a formula
	uncomputedCell          // a formula without a value
)

// cellXML is a cell as its sheet stores it.
type cellXML struct {
	kind, style string // attributes
	formula     bool
	computed    bool // it has a value, which may be the empty text
}

// cell returns a cell with a value.
func (b *workbook) cell(value *cellText, of cellXML) (cell, error) {
	s, err := value.take()
	if err != nil {
		return cell{}, err
	}
	if of.formula && (b.stale || !of.computed || s == "" && of.kind != "str") {
		return cell{"=", uncomputedCell}, nil
	}
	if s == "" {
		return cell{}, nil
	}
	switch of.kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || i < 0 || i >= len(b.shared) {
			return cell{}, noWorkbook(errors.New("no shared string " + s))
		}
		if b.left -= int64(len(b.shared[i])); b.left < 0 {
			return cell{}, errTooLarge
		}
		return cell{text: b.shared[i]}, nil
	case "e":
		return cell{s, failedCell}, nil
	case "b":
		return cell{text: map[bool]string{true: "TRUE", false: "FALSE"}[isSet(s)]}, nil
	case "d":
		return cell{s, dateCell}, nil
	case "", "n":
		return b.number(s, of.style), nil
	}
	return cell{text: s}, nil
}

// number returns a number in digits, or the date that its style shows.
func (b *workbook) number(s, style string) cell {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return cell{text: s}
	}
	if i, err := strconv.Atoi(style); err == nil && i >= 0 && i < len(b.formats) && b.formats[i] != noDate {
		if date, ok := b.date(n, b.formats[i]); ok {
			s = date
		}
		return cell{s, dateCell}
	}
	if strings.ContainsAny(s, "eE.") {
		s = strconv.FormatFloat(n, 'f', -1, 64)
	}
	return cell{s, numberCell}
}

// date returns the date of a number in ISO 8601. A format without the day, or without day and month, shows the precision of
// the first day of a month or a year: spreadsheets store "June 1993" as 1 June.
func (b *workbook) date(n float64, f dateFormat) (string, bool) {
	t, err := excelize.ExcelDateToTime(n, b.from1904)
	t = t.Round(time.Second)
	if err != nil || t.Year() > 9999 {
		return "", false
	}
	switch hour, minute, second := t.Clock(); {
	case f == timeOfDay && n < 1:
		return t.Format(time.TimeOnly), true
	case hour+minute+second > 0:
		return t.Format("2006-01-02T15:04:05"), true
	case f == showsYear && t.YearDay() == 1:
		return t.Format("2006"), true
	case f == showsMonth && t.Day() == 1:
		return t.Format("2006-01"), true
	}
	return t.Format(time.DateOnly), true
}

// leastDay is the smallest number without a style that is read as a date, in 1927. A smaller one may be a year.
const leastDay = 10_000

// sheetRows are the rows of a workbook. Its cells get the form that they have in CSV.
type sheetRows struct{ *workbook }

func (r *sheetRows) next(columns []column) (tableRow, error) {
	most := len(columns)
	if columns == nil {
		most = maxColumns
	}
	cells, err := r.workbook.next(most)
	if err != nil {
		return tableRow{}, err
	}
	row := tableRow{line: r.line, cells: make([]string, len(cells))}
	for i, c := range cells {
		row.cells[i] = c.text
		if i >= len(columns) {
			continue
		}
		isDate := columns[i].cellType == export.Day || columns[i].cellType == export.Partial
		switch c.kind {
		case uncomputedCell:
			row.fail(i, apperr.At("", "cell_not_computed"))
		case failedCell:
			row.fail(i, apperr.At("", "cell_failed", "value", c.text))
		case dateCell:
			if !isDate && columns[i].cellType != export.Time && columns[i].cellType != export.Plain {
				row.fail(i, apperr.At("", "cell_is_date", "value", c.text))
			}
		case numberCell:
			if n, err := strconv.ParseFloat(c.text, 64); err == nil && isDate && n >= leastDay {
				if day, ok := r.date(n, showsDay); ok {
					row.cells[i] = day
				}
			}
		case textCell:
		}
	}
	return row, nil
}

// dateFormat is what a number format shows of a date.
type dateFormat uint8

const (
	noDate dateFormat = iota
	showsYear
	showsMonth
	showsDay
	timeOfDay
)

// readFormats reads the number formats of the styles of cells, if there are any.
func (b *workbook) readFormats() error {
	const part = "xl/styles.xml"
	if b.parts[partName(part)] == nil {
		return nil
	}
	custom := map[string]dateFormat{}
	d, err := b.open(part, maxShared)
	if err != nil {
		return err
	}
	list := "" // the element that the formats are in
	return b.each(d, func(token xml.Token) error {
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "numFmts", "cellXfs":
				list = e.Name.Local
			case "numFmt":
				if list == "numFmts" {
					custom[attribute(e, "numFmtId")] = dateFormatOf(attribute(e, "formatCode"))
				}
			case "xf":
				if id := attribute(e, "numFmtId"); list == "cellXfs" {
					f, ok := custom[id]
					if !ok {
						f = builtInFormat(id)
					}
					b.formats = append(b.formats, f)
				}
			}
		case xml.EndElement:
			if e.Name.Local == list {
				list = ""
			}
		}
		return nil
	})
}

// builtInFormat returns what a format of ISO/IEC 29500-1, section 18.8.30, shows. Those from 27 to 58 are of East Asian
// languages; all that are in use for dates show the day.
func builtInFormat(id string) dateFormat {
	switch n, _ := strconv.Atoi(id); {
	case n == 17:
		return showsMonth
	case n >= 18 && n <= 21 || n >= 45 && n <= 47:
		return timeOfDay
	case n >= 14 && n <= 22 || n >= 27 && n <= 36 || n >= 50 && n <= 58:
		return showsDay
	}
	return noDate
}

var (
	// literal are the parts of a format code that show no part of a value: texts, escaped and repeated characters, colours,
	// languages.
	literal = regexp.MustCompile(`(?i)"[^"]*"|[\\_*].|\[[^\]]*\]|am/pm|a/p|general`)
	elapsed = regexp.MustCompile(`(?i)\[([hms]+)\]`) // hours beyond 24
)

// dateFormatOf returns what a format code shows of positive numbers.
func dateFormatOf(code string) dateFormat {
	code = literal.ReplaceAllString(elapsed.ReplaceAllString(code, "$1"), "")
	code, _, _ = strings.Cut(strings.ToLower(code), ";")
	year, month, day := strings.Contains(code, "y"), strings.Contains(code, "m"), strings.Contains(code, "d")
	switch {
	case day || month && !year && !strings.ContainsAny(code, "hs"):
		return showsDay
	case year && month:
		return showsMonth
	case year:
		return showsYear
	case strings.ContainsAny(code, "hs") || month:
		return timeOfDay
	}
	return noDate
}
