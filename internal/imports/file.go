package imports

import (
	"bytes"
	"context"
	"path"
	"reflect"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/input"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
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
	header  []string                              // of a table
	ignored []string                              // columns and sheets that are not read
	each    func(yield func(fileRow) error) error // stops at the first error of yield
}

// atLine is the error for a line that makes the whole file unreadable; args are pairs of placeholder and value.
func atLine(line int, code string, args ...string) error {
	return apperr.New(apperr.Invalid, code, append(args, "line", strconv.Itoa(line))...)
}

// The first bytes of files.
const (
	zipBegin = "PK\x03\x04"
	oleBegin = "\xd0\xcf\x11\xe0" // of workbooks before 2007, and of those with a password
)

// FormatOf returns the format of a file whose media type does not say it: by the end of its name, if it has one, or else by
// its content.
func FormatOf(name string, raw []byte) string {
	begins := func(with string) bool { return bytes.HasPrefix(raw, []byte(with)) }
	object := bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(raw, []byte(export.BOM)), " \t\r\n"), []byte("{"))
	switch end := strings.ToLower(path.Ext(name)); {
	case begins(zipBegin), begins(oleBegin), end == ".xlsx":
		return "xlsx"
	case end == ".ndjson", end == ".jsonl", end != ".csv" && object:
		return "ndjson"
	}
	return "csv"
}

// openFile reads the beginning of a file in a format.
func openFile(ctx context.Context, o Options, raw []byte, l layout) (file, error) {
	switch o.Format {
	case "ndjson":
		return file{each: func(yield func(fileRow) error) error { return eachLine(raw, yield) }}, nil
	case "xlsx":
		book, err := readWorkbook(ctx, raw)
		if err != nil {
			return file{}, err
		}
		f, err := l.open(&sheetRows{book})
		f.ignored = append(f.ignored, book.unread...)
		return f, err
	}
	rows, err := openCSV(raw, o)
	if err != nil {
		return file{}, err
	}
	return l.open(rows)
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

// endMembers are the members of the last line of an export.
var endMembers = []string{"_end", "rows", "cursor"}

// endOf reads the last line of an export: the number of records, and whether it is that line at all.
func endOf(line []byte) (rows int, is bool) {
	if !bytes.Contains(line, []byte(`"_end"`)) {
		return 0, false
	}
	var end struct {
		End  bool    `json:"_end"`
		Rows float64 `json:"rows"` // pandas writes 3.0
	}
	return int(end.Rows), json.Unmarshal(line, &end) == nil && end.End
}

// writable removes the members that only exports have, and calls ignored with the path of each. Members that are unknown stay,
// so that Decode rejects them. Whole numbers lose their decimals.
func writable(raw jsontext.Value, record, writes reflect.Type, at string, ignored func(path string)) (jsontext.Value, error) {
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
			if list[i], err = writable(list[i], record.Elem(), writes.Elem(), at, ignored); err != nil {
				return nil, err
			}
		}
		return json.Marshal(list)
	case raw.Kind() == '0' && (writes.Kind() == reflect.Int64 || writes.Kind() == reflect.Int):
		return jsontext.Value(export.Whole(string(raw))), nil // pandas writes 41.0
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
			members[name], err = writable(value, record.FieldByIndex(of).Type, writes.FieldByIndex(in).Type, at+name+".", ignored)
		case !isWritten && (isShown || added && base != name):
			delete(members, name)
			ignored(at + name)
		}
		if err != nil {
			return nil, err
		}
	}
	return json.Marshal(members, json.Deterministic(true))
}
