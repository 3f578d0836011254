// Package export writes records as files of CSV, NDJSON and XLSX. It also reads the rows of such tables, so that an
// export can be imported. It does not choose records.
//
// The columns of a table have the names of the members in JSON:
//
//   - a number, a date, a code, a name: "starts_on". An empty cell is null.
//   - a text in languages: "title_kk", "title_ru", "title_en", and "title_other", a JSON object of all other languages.
//   - an object: a column for each member, "place.id", "place.name_ru". All are empty for null.
//   - a list: its elements with "|" between them; "\" escapes "|" and "\". For a list of objects each column is such a list,
//     "topics.id", "topics.name_ru"; the first elements belong to the first object. A column is empty if all its elements are.
//   - the texts of a statement: "texts_kk", "texts_ru", "texts_en", "texts_other" like a text in languages, "texts_original"
//     with the language of the original, and "texts_translator", a JSON object of the translators by language.
package export

import (
	"encoding"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// CellType is the type of the cells of a column.
type CellType int

// The types of cells.
const (
	Text    CellType = iota // free text
	Number                  // a JSON number
	Bool                    // true or false
	Plain                   // a code, or a list of what is not free text
	Day                     // YYYY-MM-DD
	Partial                 // YYYY, YYYY-MM or YYYY-MM-DD
	Time                    // a date and time with an offset
)

// Column is a column of a table.
type Column struct {
	Name     string
	Type     CellType
	Member   string // the member of the record that the column shows, such as "place.name" for "place.name_ru"
	Note     string // what the column shows of that member, in English; empty: all of it
	Schema   string // the type of the cells in Table Schema, such as "integer"
	Required bool   // no cell is empty
}

// Table is the layout of one type of record.
type Table struct {
	root    object
	columns []Column
}

// Options choose columns.
type Options struct {
	Fields []string // only these members of the record; empty: all
	Lang   bool     // with "<text>_text" and "<text>_lang" beside the texts
}

// Of returns the layout of a struct type.
func Of(t reflect.Type, o Options) *Table {
	table := &Table{root: objectOf(t, o.Lang)}
	if len(o.Fields) > 0 {
		table.root.members = slices.DeleteFunc(table.root.members, func(m member) bool { return !slices.Contains(o.Fields, m.owner) })
		table.root.buildIndex()
	}
	table.columns = table.root.columns("")
	return table
}

// Columns returns the columns in order.
func (t *Table) Columns() []Column { return t.columns }

// Header returns the names of the columns.
func (t *Table) Header() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.Name
	}
	return names
}

// Row returns the cells of a record in JSON, one for each column.
func (t *Table) Row(record jsontext.Value) ([]string, error) {
	return t.root.cells(make([]string, 0, len(t.columns)), record)
}

// node is a part of the layout.
type node interface {
	// columns returns the columns of a value called name.
	columns(name string) []Column
	// cells appends the cells of a value. nil is null.
	cells(to []string, v jsontext.Value) ([]string, error)
	// value reads the cells. Empty cells are null if the value can be null.
	value(cells []string) (jsontext.Value, error)
}

type member struct {
	name  string
	owner string // field of the struct; that of the text for a member of Added
	node
	width int
}

type object struct {
	members []member
	index   map[string]int // of the members, by their names in quotes
	width   int
	nilable bool
}

// objectOf lays out a struct by the members of its JSON form.
func objectOf(t reflect.Type, lang bool) object {
	var o object
	added := slices.ContainsFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool { return f.Type == reflect.TypeFor[text.Added]() })
	add := func(name, owner string, n node) {
		m := member{name, owner, n, len(n.columns("x"))}
		o.members = append(o.members, m)
		o.width += m.width
	}
	for _, f := range visible(t) {
		name := nameOf(f)
		add(name, name, nodeOf(f.Type, lang))
		if f.Type == reflect.TypeFor[text.Map]() && lang && added {
			add(name+"_text", name, scalar{Text, "string", true})
			add(name+"_lang", name, scalar{Text, "string", true})
		}
	}
	o.buildIndex()
	return o
}

// buildIndex indexes the members.
func (o *object) buildIndex() {
	o.index = make(map[string]int, len(o.members))
	for i, m := range o.members {
		o.index[`"`+m.name+`"`] = i
	}
}

// visible returns the fields that are members in JSON. Of two with the same name it returns the outer one.
func visible(t reflect.Type) (fields []reflect.StructField) {
	depth := map[string]int{}
	for _, f := range reflect.VisibleFields(t) {
		name := nameOf(f)
		if f.Anonymous || !f.IsExported() || name == "" || name == "-" {
			continue
		}
		if d, ok := depth[name]; !ok || len(f.Index) < d {
			depth[name] = len(f.Index)
			fields = append(fields, f)
		}
	}
	return slices.DeleteFunc(fields, func(f reflect.StructField) bool { return len(f.Index) > depth[nameOf(f)] })
}

func nameOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func nodeOf(t reflect.Type, lang bool) node {
	nilable := t.Kind() == reflect.Pointer
	if nilable {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[text.Map]():
		return languages{}
	case t == reflect.TypeFor[[]statement.Text]():
		return versions{}
	case t == reflect.TypeFor[date.Day]():
		return scalar{Day, "date", nilable}
	case t == reflect.TypeFor[date.Partial]():
		return scalar{Partial, "string", nilable}
	case t == reflect.TypeFor[time.Time]():
		return scalar{Time, "datetime", nilable}
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return scalar{Plain, "string", nilable}
	}
	switch t.Kind() {
	case reflect.String:
		return scalar{Text, "string", nilable}
	case reflect.Bool:
		return scalar{Bool, "boolean", nilable}
	case reflect.Int, reflect.Int64:
		return scalar{Number, "integer", nilable}
	case reflect.Float64:
		return scalar{Number, "number", nilable}
	case reflect.Struct:
		o := objectOf(t, lang)
		o.nilable = nilable
		return o
	case reflect.Slice:
		element := nodeOf(t.Elem(), lang)
		return list{element, len(element.columns("x"))}
	}
	panic(fmt.Sprintf("no column can hold a %s", t)) // a new kind of field, which its author meets in the tests
}

func (o object) columns(name string) (all []Column) {
	for _, m := range o.members {
		of := m.name
		if name != "" {
			of = name + "." + m.name
		}
		all = append(all, m.columns(of)...)
	}
	if o.nilable {
		for i := range all {
			all[i].Required = false
		}
	}
	return all
}

func (o object) cells(to []string, v jsontext.Value) ([]string, error) {
	if v.Kind() != '{' {
		return append(to, make([]string, o.width)...), nil
	}
	given := values{o.index, v, make([]jsontext.Value, len(o.members))}
	err := json.Unmarshal(v, &given, encoded)
	if err != nil {
		return nil, err
	}
	for i, m := range o.members {
		if to, err = m.cells(to, given.list[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return to, nil
}

// encoded are the options for JSON that this program has encoded.
var encoded = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// values are the values of the indexed members of an object. They are slices of it: a map would be allocated for each
// row of an export.
type values struct {
	index  map[string]int
	object jsontext.Value
	list   []jsontext.Value
}

// UnmarshalJSONFrom finds them.
func (v *values) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != jsontext.KindEndObject {
		name, err := d.ReadValue()
		if err != nil {
			return err
		}
		i, ok := v.index[string(name)]
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		if ok {
			end := d.InputOffset()
			v.list[i] = v.object[end-int64(len(value)) : end]
		}
	}
	_, err := d.ReadToken()
	return err
}

func (o object) value(cells []string) (jsontext.Value, error) {
	if o.nilable && allEmpty(cells) {
		return jsontext.Value("null"), nil
	}
	values := map[string]jsontext.Value{}
	for _, m := range o.members {
		v, err := m.value(cells[:m.width])
		if err != nil {
			return nil, within(m.name, err)
		}
		values[m.name] = v
		cells = cells[m.width:]
	}
	return json.Marshal(values, json.Deterministic(true))
}

func allEmpty(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return c != "" })
}

// cellError is the error for a cell that its column cannot hold. The pointer is the name of the column.
type cellError struct{ apperr.Field }

func (e *cellError) Error() string { return e.Pointer + ": " + e.Code }

func badCell(f apperr.Field) error { return &cellError{f} }

// within adds name to the column of a cellError.
func within(name string, err error) error {
	var cell *cellError
	if !errors.As(err, &cell) {
		return err
	}
	if cell.Pointer != "" && !strings.HasPrefix(cell.Pointer, "_") {
		name += "."
	}
	cell.Pointer = name + cell.Pointer
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

// Members returns the members of a record that a row changes, with their new values. A nil record has no members. Cells
// that their columns cannot hold are apperr.Invalid; the pointers of its fields are names of columns.
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
	var mistakes []apperr.Field
	first := 0
	for _, m := range e.table.root.members {
		was, is := before[first:first+m.width], after[first:first+m.width]
		first += m.width
		if slices.Equal(was, is) {
			continue
		}
		value, err := m.value(is)
		var cell *cellError
		switch err = within(m.name, err); {
		case errors.As(err, &cell):
			mistakes = append(mistakes, cell.Field)
		case err != nil:
			return nil, err
		}
		changed[m.name] = value
	}
	return changed, apperr.Validation(mistakes)
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
