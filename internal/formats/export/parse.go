package export

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// CellError is the error for a cell that does not have the type of its column.
type CellError struct {
	Column   string
	Expected string // "number", "boolean"
}

func (e *CellError) Error() string { return e.Column + ": expected " + e.Expected }

// within adds name to the column of a CellError.
func within(name string, err error) error {
	var cell *CellError
	if !errors.As(err, &cell) {
		return err
	}
	if cell.Column != "" && !strings.HasPrefix(cell.Column, "_") {
		name += "."
	}
	cell.Column = name + cell.Column
	return cell
}

// Editor reads rows as changes of records. Members without a column keep their values.
type Editor struct {
	table *Table
	at    []int // for each column of the table its index in the rows, -1 if they lack it
}

// Editor returns the editor for rows with the columns of header, which may be some of the columns of the table in any
// order. Other columns are ignored.
func (t *Table) Editor(header []string) *Editor {
	e := &Editor{table: t}
	for _, c := range t.columns {
		e.at = append(e.at, slices.Index(header, c.Name))
	}
	return e
}

// Members returns the members of a record that a row changes, with their new values. A nil record has no members. A
// cell that does not have the type of its column is a *CellError.
func (e *Editor) Members(record jsontext.Value, row []string) (map[string]jsontext.Value, error) {
	before, err := e.table.Row(record)
	if err != nil {
		return nil, err
	}
	after := slices.Clone(before)
	for i, at := range e.at {
		if at >= 0 && at < len(row) {
			after[i] = row[at]
		}
	}
	changed := map[string]jsontext.Value{}
	first := 0
	for _, m := range e.table.root.members {
		was, is := before[first:first+m.width], after[first:first+m.width]
		first += m.width
		if slices.Equal(was, is) {
			continue
		}
		if changed[m.name], err = m.value(is); err != nil {
			return nil, within(m.name, err)
		}
	}
	return changed, nil
}

// Kinds returns the type of each column of header, Text for a column that the table lacks.
func (t *Table) Kinds(header []string) []CellType {
	types := make([]CellType, len(header))
	for i, name := range header {
		if at := slices.IndexFunc(t.columns, func(c Column) bool { return c.Name == name }); at >= 0 {
			types[i] = t.columns[at].Type
		}
	}
	return types
}

// Merge returns a record with some members replaced. A nil record has no members.
func Merge(record jsontext.Value, changed map[string]jsontext.Value) (jsontext.Value, error) {
	members := map[string]jsontext.Value{}
	if len(record) > 0 {
		if err := json.Unmarshal(record, &members); err != nil {
			return nil, err
		}
	}
	maps.Copy(members, changed)
	return json.Marshal(members, json.Deterministic(true))
}
