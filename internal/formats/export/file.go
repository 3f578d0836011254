package export

import (
	"bufio"
	"fmt"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// File is a file of records that is being written.
type File interface {
	// Add adds a record in its JSON form.
	Add(record jsontext.Value) error
	// End writes what follows the last record. cursor is the change cursor of the records.
	End(cursor string) error
	// Close frees what the file occupies. It is called last, also after an error.
	Close() error
}

// Formats are the formats of files, by which their names end.
var Formats = []string{"csv", "ndjson", "xlsx"}

// MediaTypes are the media types of the formats.
var MediaTypes = map[string]string{
	"csv":    "text/csv; charset=utf-8; header=present",
	"ndjson": "application/x-ndjson",
	"xlsx":   "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// Delimiters are the names of what separates the cells of CSV; an empty name is a comma.
var Delimiters = map[string]byte{"": ',', "comma": ',', "semicolon": ';', "tab": '\t'}

// FileOptions describe a file.
type FileOptions struct {
	Options
	Record    reflect.Type // the struct of the records
	Delimiter string       // of CSV, one of Delimiters
	BOM       bool         // CSV begins with a byte order mark
	Unguarded bool         // CSV has texts without the guards that Guard adds
	Endless   bool         // NDJSON has no last line that says that it is the last one
	License   string       // address of the licence, a property of a workbook
}

// NewFile returns a file in one of Formats. It writes nothing to w before the first record. A workbook is written at
// its end.
func NewFile(w *bufio.Writer, format string, o FileOptions) (File, error) {
	switch format {
	case "csv":
		table := Of(o.Record, o.Options)
		return &csvFile{w: w, bom: o.BOM, table: table, rows: NewCSVWriter(w, Delimiters[o.Delimiter], !o.Unguarded, table)}, nil
	case "ndjson":
		return &ndjsonFile{w: w, endless: o.Endless}, nil
	case "xlsx":
		return newWorkbook(w, Of(o.Record, o.Options), o.License)
	}
	return nil, fmt.Errorf("no files are written in the format %q", format)
}

// ndjsonFile has a record a line. Its last line says that it is the last one, since a part of the file is valid, too. An
// endless one has only records.
type ndjsonFile struct {
	w       *bufio.Writer
	endless bool
	rows    int64
}

func (f *ndjsonFile) Add(record jsontext.Value) error {
	f.rows++
	return f.line(record)
}

func (f *ndjsonFile) line(v jsontext.Value) error {
	_, _ = f.w.Write(v) // the writer keeps its first error
	return f.w.WriteByte('\n')
}

func (f *ndjsonFile) End(cursor string) error {
	if f.endless {
		return nil
	}
	last, err := json.Marshal(struct {
		End    bool   `json:"_end"`
		Rows   int64  `json:"rows"`
		Cursor string `json:"cursor"`
	}{true, f.rows, cursor})
	if err != nil {
		return err
	}
	return f.line(last)
}

func (*ndjsonFile) Close() error { return nil }

// csvFile is a table. It ends with its last row: the broken connection shows that a part of it is not the whole.
type csvFile struct {
	w     *bufio.Writer
	bom   bool
	begun bool
	table *Table
	rows  *CSVWriter
}

// begin writes what precedes the records, once.
func (f *csvFile) begin() error {
	if f.begun {
		return nil
	}
	f.begun = true
	if f.bom {
		_, _ = f.w.WriteString(BOM) // the writer keeps its first error
	}
	return f.rows.Write(f.table.Header())
}

func (f *csvFile) Add(record jsontext.Value) error {
	if err := f.begin(); err != nil {
		return err
	}
	row, err := f.table.Row(record)
	if err != nil {
		return err
	}
	return f.rows.Write(row)
}

func (f *csvFile) End(string) error { return f.begin() }

func (*csvFile) Close() error { return nil }
