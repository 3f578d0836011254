// Package export lays records out as rows of a table and reads such rows back, so that what was exported can be imported.
// It is not for choosing records or sending them.
//
// A table has a column for each thing that a record says, by the names of the JSON form:
//
//   - a number, a date, a code, a name: "starts_on". An empty cell is null.
//   - a text in languages: "title_kk", "title_ru", "title_en", and "title_other", a JSON object of all other languages.
//   - an object: a column for each of its members, "place.id", "place.name_ru"; all of them are empty for null.
//   - a list: its elements with "|" between them; where one holds "|" or "\", a "\" stands before it. For a list of objects
//     each column is such a list, "topics.id", "topics.name_ru", with the first of each from the first object; a
//     column whose elements are all empty is empty.
//   - the texts of a statement: "texts_kk", "texts_ru", "texts_en", "texts_other" like a text in languages, "texts_original"
//     with the language of the original, and "texts_translator", a JSON object of the translators by language.
package export

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Kind is what the cells of a column hold.
type Kind int

// The kinds of cells.
const (
	Text   Kind = iota // anything that somebody wrote
	Number             // a JSON number
	Bool               // true or false
	Plain              // a time or a date of which a part may be missing
	Day                // YYYY-MM-DD
)

// Column is a column of a table.
type Column struct {
	Name string
	Kind Kind
}

// Table is the layout of one type of record.
type Table struct {
	root    object
	columns []Column
}

// Options choose columns.
type Options struct {
	Fields []string // only these members of the record; none: all
	Lang   bool     // also "<text>_text" and "<text>_lang" beside the texts, which an asked language adds
}

// Of gives the layout of a struct type.
func Of(t reflect.Type, o Options) *Table {
	table := &Table{root: objectOf(t, o.Lang)}
	if len(o.Fields) > 0 {
		table.root.members = slices.DeleteFunc(table.root.members, func(m member) bool { return !slices.Contains(o.Fields, m.owner) })
		table.root.place()
	}
	table.columns = table.root.columns("")
	return table
}

// Columns gives the columns in order.
func (t *Table) Columns() []Column { return t.columns }

// Header gives the names of the columns.
func (t *Table) Header() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.Name
	}
	return names
}

// Row gives the cells of a record in its JSON form, one for each column.
func (t *Table) Row(record jsontext.Value) ([]string, error) {
	return t.root.cells(make([]string, 0, len(t.columns)), record)
}

// node is a part of the layout.
type node interface {
	// columns gives the columns of a value called name.
	columns(name string) []Column
	// cells appends the cells of a value; nil is absent, which is null.
	cells(to []string, v jsontext.Value) ([]string, error)
	// value reads the cells back. Empty cells give null where there is one.
	value(cells []string) (jsontext.Value, error)
}

type member struct {
	name  string
	owner string // the field of the struct that it comes from: what Added holds comes from the text beside it
	node
	width int
}

type object struct {
	members []member
	places  map[string]int // by their names in quotes
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
			add(name+"_text", name, scalar{kind: Text, nilable: true})
			add(name+"_lang", name, scalar{kind: Text, nilable: true})
		}
	}
	o.place()
	return o
}

// place gives the members their places.
func (o *object) place() {
	o.places = make(map[string]int, len(o.members))
	for i, m := range o.members {
		o.places[`"`+m.name+`"`] = i
	}
}

// visible gives the fields that make members: of two of one name the outer one.
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
		return scalar{Day, nilable}
	case t == reflect.TypeFor[time.Time]() || t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return scalar{Plain, nilable}
	}
	switch t.Kind() {
	case reflect.String:
		return scalar{Text, nilable}
	case reflect.Bool:
		return scalar{Bool, nilable}
	case reflect.Int, reflect.Int64, reflect.Float64:
		return scalar{Number, nilable}
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
	return all
}

func (o object) cells(to []string, v jsontext.Value) ([]string, error) {
	if v.Kind() != '{' {
		return append(to, make([]string, o.width)...), nil
	}
	given := values{o.places, v, make([]jsontext.Value, len(o.members))}
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

// encoded are the options for what this program has encoded itself.
var encoded = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// values are those of the members of an object that have a place, as they stand in it. A map of them would be made for each row of an export.
type values struct {
	places map[string]int
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
		place, ok := v.places[string(name)]
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		if ok {
			end := d.InputOffset()
			v.list[place] = v.object[end-int64(len(value)) : end]
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
