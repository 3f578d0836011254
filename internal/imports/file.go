package imports

import (
	"bytes"
	"context"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/input"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/xuri/excelize/v2"
)

// The limits of a file.
const (
	MaxRows    = 50_000  // without the header
	maxColumns = 1_000   // of a table
	maxLine    = 1 << 20 // bytes of a record in NDJSON
)

// fileRow is a row of a file: the cells of a table, or a record.
type fileRow struct {
	line   int
	cells  []string
	record jsontext.Value
	err    error // why it cannot be read
}

// file is a file whose rows can be read one by one.
type file struct {
	header []string                              // of a table
	each   func(yield func(fileRow) error) error // stops at the first error of yield
}

// atLine is the error for a line that makes the whole file unreadable; args are pairs of placeholder and value.
func atLine(line int, code string, args ...string) error {
	return apperr.New(apperr.Invalid, code, append(args, "line", strconv.Itoa(line))...)
}

// openFile reads the beginning of a file in a format. known are the columns of the exports of the collection; table has
// those that clients write.
func openFile(ctx context.Context, format string, raw []byte, delimiter string, known []string, table *export.Table) (f file, err error) {
	switch format {
	case "ndjson":
		return file{each: func(yield func(fileRow) error) error { return eachLine(raw, yield) }}, nil
	case "xlsx":
		f, err = openWorkbook(ctx, raw, table)
	default:
		f, err = openCSV(raw, delimiter, table)
	}
	if err == nil {
		err = checkHeader(f.header, known)
	}
	return f, err
}

// checkHeader returns apperr.Invalid for too many columns, and for unknown, repeated and empty names of them.
func checkHeader(header, known []string) error {
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
		case !slices.Contains(known, name):
			fields = append(fields, input.Suggest(apperr.At(at, "unknown_column", "value", name), "unknown_column_hint", name, known))
		}
	}
	return apperr.Mistakes(apperr.Invalid, "bad_header", fields, 0)
}

// rowError returns a row that cannot be read.
func rowError(line int, mistake apperr.Field) fileRow {
	return fileRow{line: line, err: apperr.Validation([]apperr.Field{mistake})}
}

func openCSV(raw []byte, delimiter string, table *export.Table) (file, error) {
	if !utf8.Valid(raw) {
		line := 0
		for text := range bytes.Lines(raw) {
			if line++; !utf8.Valid(text) {
				break
			}
		}
		return file{}, atLine(line, "file_not_utf8")
	}
	separator, ok := export.Delimiters[delimiter]
	if delimiter == "" || !ok {
		separator = guessDelimiter(raw)
	}
	rows := export.NewCSVReader(bytes.NewReader(raw), separator)
	header, err := rows.Read()
	if err != nil {
		return file{}, atLine(1, "file_empty")
	}
	if len(header) > maxColumns {
		return file{header: header}, nil // checkHeader rejects it
	}
	for i := range header {
		header[i] = strings.TrimSpace(export.Unguard(header[i]))
	}
	kinds := table.Kinds(header)
	return file{header: header, each: func(yield func(fileRow) error) error {
		line := 1 + strings.Count(strings.Join(header, ""), "\n")
		for n := 0; ; {
			row, err := rows.Read()
			if err == io.EOF {
				return nil
			}
			line++
			if err != nil {
				return atLine(line, "file_bad_quotes")
			}
			at := line
			for i, cell := range row {
				line += strings.Count(cell, "\n")
				if i < len(kinds) && kinds[i] == export.Text {
					row[i] = export.Unguard(cell)
				}
			}
			if n, err = cellsOf(n, at, row, header, yield); err != nil {
				return err
			}
		}
	}}, nil
}

// cellsOf counts a row of a table and yields it, unless it is empty.
func cellsOf(n, line int, row, header []string, yield func(fileRow) error) (int, error) {
	if !slices.ContainsFunc(row, func(cell string) bool { return cell != "" }) {
		return n, nil
	}
	if n++; n > MaxRows {
		return n, atLine(line, "file_too_many_rows", "max", strconv.Itoa(MaxRows))
	}
	for i, cell := range row {
		switch {
		case i >= len(header) && cell != "":
			return n, yield(rowError(line, apperr.At("", "too_many_cells", "max", strconv.Itoa(len(header)))))
		case strings.ContainsRune(cell, 0):
			return n, yield(rowError(line, apperr.At("/"+header[i], "nul_character")))
		}
	}
	for len(row) < len(header) { // spreadsheets leave out empty cells at the end
		row = append(row, "")
	}
	return n, yield(fileRow{line: line, cells: row[:len(header)]})
}

// guessDelimiter returns the delimiter that is most frequent in the first line.
func guessDelimiter(raw []byte) byte {
	first, _, _ := bytes.Cut(raw, []byte("\n"))
	byCount := func(a, b byte) int { return bytes.Count(first, []byte{a}) - bytes.Count(first, []byte{b}) }
	return slices.MaxFunc([]byte{',', ';', '\t'}, byCount)
}

// openWorkbook reads the first sheet of a workbook. Its cells have the form that they have in CSV.
func openWorkbook(ctx context.Context, raw []byte, table *export.Table) (file, error) {
	book, err := readWorkbook(ctx, raw)
	if err != nil {
		return file{}, err
	}
	header, err := book.next(maxColumns)
	if err != nil && err != io.EOF {
		return file{}, err
	}
	if len(header) == 0 {
		return file{}, atLine(1, "file_empty")
	}
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	kinds := table.Kinds(header)
	return file{header: header, each: func(yield func(fileRow) error) error {
		for n := 0; ; {
			row, err := book.next(len(header))
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			for i := range row {
				if i < len(kinds) {
					row[i] = plainCell(row[i], kinds[i])
				}
			}
			if n, err = cellsOf(n, book.line, row, header, yield); err != nil {
				return err
			}
		}
	}}, nil
}

// plainCell returns a cell in the form of its column: a workbook stores days as numbers and booleans as 0 and 1.
func plainCell(cell string, kind export.CellType) string {
	switch kind {
	case export.Bool:
		switch cell {
		case "1":
			return "true"
		case "0":
			return "false"
		}
	case export.Day:
		if n, err := strconv.ParseFloat(cell, 64); err == nil {
			if day, err := excelize.ExcelDateToTime(n, false); err == nil {
				return day.Format(time.DateOnly)
			}
		}
	case export.Number:
		if n, err := strconv.ParseFloat(cell, 64); err == nil && strings.ContainsAny(cell, "eE.") {
			return strconv.FormatFloat(n, 'f', -1, 64)
		}
	case export.Text, export.Plain:
	}
	return cell
}

// eachLine reads one record per line. The last line of an export states the number of records: a truncated file is
// rejected.
func eachLine(raw []byte, yield func(fileRow) error) error {
	raw = bytes.TrimPrefix(raw, []byte(export.BOM))
	n, line, ended := 0, 0, false
	for text := range bytes.Lines(raw) {
		line++
		if len(text) > maxLine {
			return atLine(line, "line_too_long", "max", strconv.Itoa(maxLine))
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		if ended {
			return atLine(line, "file_goes_on")
		}
		if end, is := endOf(text); is {
			if ended = true; end != n {
				return atLine(line, "file_cut", "want", strconv.Itoa(end), "got", strconv.Itoa(n))
			}
			continue
		}
		if n++; n > MaxRows {
			return atLine(line, "file_too_many_rows", "max", strconv.Itoa(MaxRows))
		}
		row := fileRow{line: line, record: text}
		if row.err = input.Scan(text); row.err == nil && row.record.Kind() != '{' {
			row.err = input.Malformed("not_an_object", "")
		}
		if err := yield(row); err != nil {
			return err
		}
	}
	if line == 0 {
		return atLine(1, "file_empty")
	}
	return nil
}

// endOf reads the last line of an export: the number of records, and whether it is that line at all.
func endOf(line []byte) (rows int, is bool) {
	if !bytes.Contains(line, []byte(`"_end"`)) {
		return 0, false
	}
	var end struct {
		End  bool `json:"_end"`
		Rows int  `json:"rows"`
	}
	return end.Rows, json.Unmarshal(line, &end) == nil && end.End
}

// writable removes the members that only exports have. Members that are unknown stay, so that Decode rejects them.
func writable(raw jsontext.Value, record, writes reflect.Type) (jsontext.Value, error) {
	for record.Kind() == reflect.Pointer {
		record = record.Elem()
	}
	for writes.Kind() == reflect.Pointer {
		writes = writes.Elem()
	}
	switch {
	case raw.Kind() == '[' && record.Kind() == reflect.Slice && writes.Kind() == reflect.Slice:
		var list []jsontext.Value
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, err
		}
		for i := range list {
			var err error
			if list[i], err = writable(list[i], record.Elem(), writes.Elem()); err != nil {
				return nil, err
			}
		}
		return json.Marshal(list)
	case raw.Kind() != '{' || !input.IsObject(record) || !input.IsObject(writes):
		return raw, nil
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	shown, written := input.Members(record), input.Members(writes)
	for name, value := range members {
		in, isWritten := written[name]
		of, isShown := shown[name]
		base := strings.TrimSuffix(strings.TrimSuffix(name, "_text"), "_lang")
		_, added := shown[base]
		var err error
		switch {
		case isWritten && isShown:
			members[name], err = writable(value, record.FieldByIndex(of).Type, writes.FieldByIndex(in).Type)
		case !isWritten && (isShown || added && base != name):
			delete(members, name)
		}
		if err != nil {
			return nil, err
		}
	}
	return json.Marshal(members, json.Deterministic(true))
}
