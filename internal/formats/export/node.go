package export

import (
	"maps"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// scalar is one cell.
type scalar struct {
	cellType CellType
	schema   string // its type in Table Schema
	nilable  bool
}

func (s scalar) columns(name string) []Column {
	return []Column{{Name: name, Type: s.cellType, Member: name, Schema: s.schema, Required: !s.nilable && s.cellType != Text}} // a text may be empty
}

func (s scalar) cells(to []string, v jsontext.Value) ([]string, error) {
	switch v.Kind() {
	case 'n', 0:
		return append(to, ""), nil
	case '"':
		cell, err := jsontext.AppendUnquote(nil, v)
		return append(to, string(cell)), err
	}
	return append(to, string(v)), nil
}

func (s scalar) value(cells []string) (jsontext.Value, error) {
	cell := cells[0]
	if s.cellType != Text {
		cell = withoutMissing(cell)
	}
	switch {
	case cell == "" && (s.nilable || s.cellType != Text):
		return jsontext.Value("null"), nil
	case s.cellType == Bool:
		return boolean(cell)
	case s.cellType == Number:
		return number(cell, s.schema == "integer")
	case s.cellType == Day || s.cellType == Partial:
		var err error
		if cell, err = day(cell); err != nil {
			return nil, err
		}
	case s.cellType == Time:
		cell = instant(cell)
	}
	v, err := json.Marshal(cell)
	if err != nil {
		return nil, badCell(apperr.At("", "cell_expected", "expected", "UTF-8"))
	}
	return v, nil
}

// named are the languages with a column of their own.
var named = []string{"kk", "ru", "en"}

var noteOf = map[string]string{"kk": "In Kazakh.", "ru": "In Russian.", "en": "In English."}

const other = "_other"

// languages is a text in languages.
type languages struct{}

func (languages) columns(name string) (all []Column) {
	for _, lang := range named {
		all = append(all, Column{Name: name + "_" + lang, Type: Text, Member: name, Note: noteOf[lang], Schema: "string"})
	}
	const note = "In all other languages: a JSON object of texts by language."
	return append(all, Column{Name: name + other, Type: Text, Member: name, Note: note, Schema: "object"})
}

func (languages) cells(to []string, v jsontext.Value) ([]string, error) {
	var m text.Map
	if len(v) > 0 {
		if err := json.Unmarshal(v, &m, encoded); err != nil {
			return nil, err
		}
	}
	return spread(to, m)
}

func (languages) value(cells []string) (jsontext.Value, error) {
	m, err := gathered(cells)
	if err != nil || len(m) == 0 {
		return jsontext.Value("null"), err
	}
	return json.Marshal(m, json.Deterministic(true))
}

// spread appends a cell for each named language and one for all others.
func spread(to []string, m text.Map) ([]string, error) {
	rest := maps.Clone(m)
	for _, lang := range named {
		to = append(to, m[lang])
		delete(rest, lang)
	}
	return appendJSON(to, rest)
}

func appendJSON(to []string, m map[string]string) ([]string, error) {
	if len(m) == 0 {
		return append(to, ""), nil
	}
	v, err := json.Marshal(m, json.Deterministic(true))
	return append(to, string(v)), err
}

// gathered reads the cells that spread has appended.
func gathered(cells []string) (text.Map, error) {
	m, err := readTexts(cells[len(named)], other)
	if err != nil {
		return nil, err
	}
	for i, lang := range named {
		if cells[i] == "" {
			continue
		}
		if m[lang] != "" && m[lang] != cells[i] {
			return nil, badCell(apperr.At(other, "text_twice", "lang", lang))
		}
		m[lang] = cells[i]
	}
	return m, nil
}

// readTexts reads a cell with texts by language, whose tags it writes in their canonical form.
func readTexts(cell, column string) (text.Map, error) {
	m := text.Map{}
	if cell == "" {
		return m, nil
	}
	if err := json.Unmarshal([]byte(cell), (*map[string]string)(&m)); err != nil || m == nil {
		return nil, badCell(apperr.At(column, "cell_expected", "expected", "JSON object of texts"))
	}
	m.Canonicalize()
	return m, nil
}

// versions are the texts of a statement.
type versions struct{}

func (versions) columns(name string) []Column {
	return append(languages{}.columns(name),
		Column{Name: name + "_original", Type: Text, Member: name, Note: "The language of the original.", Schema: "string"},
		Column{Name: name + "_translator", Type: Text, Member: name, Note: "A JSON object of the translators by language.", Schema: "object"})
}

func (versions) cells(to []string, v jsontext.Value) ([]string, error) {
	var texts []statement.Text
	if len(v) > 0 {
		if err := json.Unmarshal(v, &texts, encoded); err != nil {
			return nil, err
		}
	}
	said, translators, original := text.Map{}, map[string]string{}, ""
	for _, t := range texts {
		said[t.Lang] = t.Text
		if t.Original {
			original = t.Lang
		}
		if t.Translator != nil {
			translators[t.Lang] = *t.Translator
		}
	}
	to, err := spread(to, said)
	if err != nil {
		return nil, err
	}
	return appendJSON(append(to, original), translators)
}

func (versions) value(cells []string) (jsontext.Value, error) {
	said, err := gathered(cells)
	if err != nil {
		return nil, err
	}
	original := cells[len(named)+1]
	if tag, ok := text.Tag(strings.TrimSpace(original)); ok {
		original = tag
	}
	if _, ok := said[original]; !ok && original != "" {
		return nil, badCell(apperr.At("_original", "language_without_text", "lang", original))
	}
	translators, err := readTexts(cells[len(named)+2], "_translator")
	if err != nil {
		return nil, err
	}
	for _, lang := range translators.Langs() {
		if _, ok := said[lang]; !ok {
			return nil, badCell(apperr.At("_translator", "language_without_text", "lang", lang))
		}
	}
	texts := []statement.Text{}
	for _, lang := range inOrder(said) {
		t := statement.Text{Lang: lang, Text: said[lang], Original: lang == original}
		if translator, ok := translators[lang]; ok {
			t.Translator = &translator
		}
		texts = append(texts, t)
	}
	return json.Marshal(texts)
}

// inOrder returns the languages of a text, those with a column first.
func inOrder(m text.Map) (langs []string) {
	for _, lang := range named {
		if _, ok := m[lang]; ok {
			langs = append(langs, lang)
		}
	}
	for _, lang := range m.Langs() {
		if !slices.Contains(named, lang) {
			langs = append(langs, lang)
		}
	}
	return langs
}

// list is a list. Each cell holds the values of all elements.
type list struct {
	element node
	width   int
}

const listNote = `A list: "|" separates the values, and "\" escapes "|" and "\".`

func (l list) columns(name string) []Column {
	all := l.element.columns(name)
	for i, c := range all {
		if c.Type != Text {
			all[i].Type = Plain
		}
		all[i].Schema, all[i].Required = "string", false
		if !strings.HasSuffix(c.Note, listNote) {
			all[i].Note = strings.TrimSpace(c.Note + " " + listNote)
		}
	}
	return all
}

func (l list) cells(to []string, v jsontext.Value) ([]string, error) {
	var elements []jsontext.Value
	if len(v) > len("[]") {
		if err := json.Unmarshal(v, &elements, encoded); err != nil {
			return nil, err
		}
	}
	if len(elements) == 0 {
		return append(to, make([]string, l.width)...), nil
	}
	columns := make([][]string, l.width)
	var cells []string
	var err error
	for _, e := range elements {
		if cells, err = l.element.cells(cells[:0], e); err != nil {
			return nil, err
		}
		for i, cell := range cells {
			columns[i] = append(columns[i], cell)
		}
	}
	for _, c := range columns {
		to = append(to, join(c))
	}
	return to, nil
}

func (l list) value(cells []string) (jsontext.Value, error) {
	columns := make([][]string, len(cells))
	length := 0
	for i, cell := range cells {
		if cell != "" {
			columns[i] = split(cell)
			length = max(length, len(columns[i]))
		}
	}
	elements := make([]jsontext.Value, length)
	row := make([]string, len(cells))
	for n := range length {
		for i, c := range columns {
			switch {
			case c == nil:
				row[i] = ""
			case len(c) != length:
				return nil, badCell(apperr.At(l.element.columns("")[i].Name, "cell_expected", "expected", "as many elements as the columns beside it"))
			default:
				row[i] = c[n]
			}
		}
		v, err := l.element.value(row)
		if err != nil {
			return nil, err
		}
		elements[n] = v
	}
	return json.Marshal(elements)
}

const separator = "|"

var escaper = strings.NewReplacer(`\`, `\\`, separator, `\`+separator)

// join writes a list into one cell, which is empty if all elements are.
func join(elements []string) string {
	if allEmpty(elements) {
		return ""
	}
	escaped := make([]string, len(elements))
	for i, e := range elements {
		escaped[i] = escaper.Replace(e)
	}
	return strings.Join(escaped, separator)
}

// split reads a cell that join has written.
func split(cell string) []string {
	var elements []string
	var b strings.Builder
	for i := 0; i < len(cell); i++ {
		switch {
		case cell[i] == '\\' && i+1 < len(cell):
			i++
			b.WriteByte(cell[i])
		case cell[i] == separator[0]:
			elements = append(elements, b.String())
			b.Reset()
		default:
			b.WriteByte(cell[i])
		}
	}
	return append(elements, b.String())
}
