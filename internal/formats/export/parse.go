package export

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// CellError is a cell that cannot be what its column holds.
type CellError struct {
	Column   string
	Expected string // "number", "boolean"
}

func (e *CellError) Error() string { return e.Column + ": expected " + e.Expected }

// within says in which column below name a cell was wrong.
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

// Editor reads rows as changes of records: what stands in the columns that the rows have, over what a record holds already.
type Editor struct {
	table *Table
	at    []int // for each column of the table its place in the rows, -1 where they lack it
}

// Editor gives the editor for rows whose columns are named by header, in any order and not necessarily all of them. Names that are no
// columns of the table are not read.
func (t *Table) Editor(header []string) *Editor {
	e := &Editor{table: t}
	for _, c := range t.columns {
		e.at = append(e.at, slices.Index(header, c.Name))
	}
	return e
}

// Members gives the members of the record that the row changes, whole; a record of which all cells are as they stand gives none, and nil
// is a record without members. A cell that cannot be what its column holds is a *CellError.
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

// Kinds gives the kind of each column of header, Text where the table lacks it.
func (t *Table) Kinds(header []string) []Kind {
	kinds := make([]Kind, len(header))
	for i, name := range header {
		if at := slices.IndexFunc(t.columns, func(c Column) bool { return c.Name == name }); at >= 0 {
			kinds[i] = t.columns[at].Kind
		}
	}
	return kinds
}

// Merge gives a record with some members replaced; nil is a record without members.
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
