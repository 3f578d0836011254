package imports

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/text"
)

// layout says which columns the tables of a collection may have.
type layout struct {
	table    *export.Table // of the members that clients write
	exported []string      // the columns of exports
}

// column is a column of a file.
type column struct {
	cellType export.CellType
	ignored  bool // only exports have it
}

// tableRow is a row of a table.
type tableRow struct {
	line     int
	cells    []string
	mistakes map[int]apperr.Field // of cells, by their index
}

// fail adds the error for a cell.
func (r *tableRow) fail(i int, f apperr.Field) {
	if r.mistakes == nil {
		r.mistakes = map[int]apperr.Field{}
	}
	r.mistakes[i] = f
}

// tableRows are the rows of a table, the first one with the names of the columns.
type tableRows interface {
	// next returns the next row, or io.EOF. columns is nil for the first row.
	next(columns []column) (tableRow, error)
}

// keys are the columns that name a record and its version.
var keys = []string{"id", "version"}

// readable returns the names of the columns that an import reads.
func (l layout) readable() []string { return append(slices.Clone(keys), l.table.Header()...) }

// open reads the first row of a table.
func (l layout) open(rows tableRows) (file, error) {
	first, err := rows.next(nil)
	if err == io.EOF || err == nil && len(first.cells) == 0 {
		err = atLine(1, "file_empty")
	}
	if err != nil {
		return file{}, err
	}
	f := file{header: first.cells}
	for i, name := range f.header {
		f.header[i] = strings.TrimSpace(name)
	}
	readable := l.readable()
	if err := l.check(f.header, readable); err != nil {
		return f, err
	}
	columns := make([]column, len(f.header))
	for i, cellType := range l.table.Kinds(f.header) {
		name := f.header[i]
		if slices.Contains(keys, name) {
			cellType = export.Number
		}
		if columns[i] = (column{cellType, !slices.Contains(readable, name)}); columns[i].ignored {
			f.ignored = append(f.ignored, name)
		}
	}
	f.each = func(yield func(fileRow) error) error {
		for n := 0; ; {
			row, err := rows.next(columns)
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(row.cells, func(cell string) bool { return cell != "" }) {
				continue
			}
			if n++; n > MaxRows {
				return atLine(row.line, "file_too_many_rows", "max", strconv.Itoa(MaxRows))
			}
			if err := yield(row.checked(f.header, columns)); err != nil {
				return err
			}
		}
	}
	return f, nil
}

// check returns apperr.Invalid for too many columns, and for unknown, repeated and empty names of them.
func (l layout) check(header, readable []string) error {
	if len(header) > maxColumns {
		return apperr.New(apperr.Invalid, "file_too_many_columns", "max", strconv.Itoa(maxColumns))
	}
	var fields []apperr.Field
	for i, name := range header {
		at := "/" + strconv.Itoa(i)
		switch {
		case name == "":
			fields = append(fields, apperr.At(at, "empty_column", "column", strconv.Itoa(i+1)))
		case slices.Contains(header[:i], name):
			fields = append(fields, apperr.At(at, "duplicate_column", "value", name))
		case !slices.Contains(readable, name) && !slices.Contains(l.exported, name):
			fields = append(fields, unknownColumn(at, name, readable))
		}
	}
	return apperr.Mistakes(apperr.Invalid, "bad_header", fields, 0)
}

// unknownColumn is the error for a column that the collection lacks. It suggests a column that is read. A text in a language
// without a column of its own belongs to "…_other".
func unknownColumn(at, name string, readable []string) apperr.Field {
	f := apperr.At(at, "unknown_column", "value", name)
	if i := strings.LastIndexByte(name, '_'); i > 0 {
		other := strings.ToLower(name[:i]) + "_other"
		_, isLanguage := text.Tag(name[i+1:])
		if isLanguage && slices.Contains(readable, other) && !slices.Contains(readable, strings.ToLower(name)) {
			f.Code, f.Args["hint"], f.Allowed = "unknown_column_hint", other, readable
			return f
		}
	}
	return input.Suggest(f, "unknown_column_hint", name, readable)
}

// checked returns a row with the error for its cells.
func (r tableRow) checked(header []string, columns []column) fileRow {
	var fields []apperr.Field
	for i, cell := range r.cells {
		if i >= len(columns) {
			if cell == "" {
				continue
			}
			fields = []apperr.Field{apperr.At("", "too_many_cells", "max", strconv.Itoa(len(header)))}
			break
		}
		if columns[i].ignored {
			continue
		}
		switch {
		case strings.ContainsRune(cell, 0):
			r.fail(i, apperr.At("", "nul_character"))
		case export.Failed(cell):
			r.fail(i, apperr.At("", "cell_failed", "value", strings.TrimSpace(cell)))
		}
		if mistake, ok := r.mistakes[i]; ok {
			mistake.Pointer = "/" + header[i]
			fields = append(fields, mistake)
		}
	}
	cells := r.cells
	for len(cells) < len(header) { // spreadsheets leave out empty cells at the end
		cells = append(cells, "")
	}
	return fileRow{line: r.line, cells: cells[:len(header)], err: apperr.Validation(fields)}
}

// csvRows are the rows of a CSV file.
type csvRows struct {
	*export.CSVReader
	unguarded bool
	line      int // the last one that was read
}

// separatorLine is a first line by which spreadsheets name the separator.
var separatorLine = regexp.MustCompile("^(?:" + export.BOM + ")?\"?sep=([^\"\r\n])\"?(?:\r\n|\r|\n)")

func openCSV(raw []byte, o Options) (*csvRows, error) {
	if !utf8.Valid(raw) {
		line := 0
		for text := range bytes.Lines(raw) {
			if line++; !utf8.Valid(text) {
				break
			}
		}
		return nil, atLine(line, "file_not_utf8")
	}
	delimiter := o.Delimiter
	separator, known := export.Delimiters[delimiter]
	skipped := 0
	if m := separatorLine.FindSubmatch(raw); m != nil && len(m[1]) == 1 {
		raw, skipped = raw[len(m[0]):], 1
		if delimiter == "" {
			separator, known, delimiter = m[1][0], true, string(m[1])
		}
	}
	if delimiter == "" || !known {
		separator = guessDelimiter(raw)
	}
	return &csvRows{export.NewCSVReader(bytes.NewReader(raw), separator), o.Unguarded, skipped}, nil
}

func (r *csvRows) next(columns []column) (tableRow, error) {
	cells, err := r.Read()
	if err == io.EOF {
		return tableRow{}, err
	}
	r.line++
	if err != nil {
		return tableRow{}, atLine(r.line, "file_bad_quotes")
	}
	row := tableRow{line: r.line, cells: cells}
	for i, cell := range cells {
		r.line += strings.Count(cell, "\n")
		switch {
		case columns == nil:
			cells[i] = export.Unguard(cell)
		case i >= len(columns) || columns[i].cellType != export.Text:
		case cell == export.Missing && !r.Quoted(i):
			row.fail(i, apperr.At("", "cell_missing"))
		case !r.unguarded:
			cells[i] = export.Unguard(cell)
		}
	}
	return row, nil
}

// guessDelimiter returns the delimiter that is most frequent in the first line.
func guessDelimiter(raw []byte) byte {
	first, _, _ := bytes.Cut(raw, []byte("\n"))
	byCount := func(a, b byte) int { return bytes.Count(first, []byte{a}) - bytes.Count(first, []byte{b}) }
	return slices.MaxFunc([]byte{',', ';', '\t'}, byCount)
}
