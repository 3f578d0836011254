package export

import (
	"errors"
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
	if cell.Column != "" && !strings.HasPrefix(cell.Column, "_") && !strings.HasPrefix(cell.Column, ".") {
		name += "."
	}
	cell.Column = name + cell.Column
	return cell
}

// Reader makes records of rows.
type Reader struct {
	table *Table
	at    []int // for each column of the table its place in the rows, -1 where they lack it
}

// Reader gives the reader of rows whose columns are named by header, in any order and not necessarily all of them. unknown
// are the names that are no columns of the table.
func (t *Table) Reader(header []string) (r *Reader, unknown []string) {
	r = &Reader{table: t, at: make([]int, len(t.columns))}
	for i, c := range t.columns {
		r.at[i] = slices.Index(header, c.Name)
	}
	names := t.Header()
	for _, name := range header {
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	return r, unknown
}

// Record reads a row: the record in its JSON form, without the members of which it has no column. A cell that cannot be
// what its column holds is a *CellError.
func (r *Reader) Record(row []string) (jsontext.Value, error) {
	values := map[string]jsontext.Value{}
	first := 0
	for _, m := range r.table.root.members {
		places := r.at[first : first+m.width]
		first += m.width
		cells := make([]string, m.width)
		there := false
		for i, at := range places {
			if at >= 0 && at < len(row) {
				cells[i], there = row[at], true
			}
		}
		if !there {
			continue
		}
		v, err := m.value(cells)
		if err != nil {
			return nil, within(m.name, err)
		}
		values[m.name] = v
	}
	return json.Marshal(values, json.Deterministic(true))
}
