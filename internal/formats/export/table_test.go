package export_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/role"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

var records = []reflect.Type{
	reflect.TypeFor[roundtable.RoundTable](), reflect.TypeFor[organizer.Organizer](), reflect.TypeFor[attendee.Attendee](),
	reflect.TypeFor[statement.Statement](), reflect.TypeFor[person.Person](), reflect.TypeFor[organization.Organization](),
	reflect.TypeFor[affiliation.Affiliation](), reflect.TypeFor[topic.Topic](), reflect.TypeFor[place.Place](),
	reflect.TypeFor[document.Document](), reflect.TypeFor[recommendation.Recommendation](), reflect.TypeFor[role.Role](),
}

// nasty texts have everything that means something in a file or in a spreadsheet.
var nasty = rapid.StringOfN(rapid.SampledFrom([]rune("aя=+-@\t\r\n'\"|\\,; {ң")), 1, 5, -1)

// fill gives a value made-up content: what is not a pointer, a list or a text in languages is never empty.
func fill(t *rapid.T, v reflect.Value) {
	switch p := v.Addr().Interface().(type) {
	case *text.Map:
		*p = rapid.MapOfN(rapid.SampledFrom([]string{"kk", "ru", "en", "kk-Latn", "de"}), nasty, 1, 4).Draw(t, "text")
		return
	case *[]statement.Text:
		said := rapid.MapOfN(rapid.SampledFrom([]string{"kk", "ru", "en", "kk-Latn", "de"}), nasty, 1, 4).Draw(t, "said")
		for i, lang := range text.Map(said).Langs() {
			s := statement.Text{Lang: lang, Text: said[lang], Original: i == 0}
			if rapid.Bool().Draw(t, "translated") {
				translator := nasty.Draw(t, "translator")
				s.Translator = &translator
			}
			*p = append(*p, s)
		}
		return
	case *text.Added:
		return
	case *date.Day:
		p.Time = time.Date(rapid.IntRange(1, 9999).Draw(t, "year"), 2, 3, 0, 0, 0, 0, time.UTC)
		return
	case *date.Partial:
		*p = rapid.SampledFrom([]date.Partial{"1993", "1993-06", "1993-06-16"}).Draw(t, "partial")
		return
	case *time.Time:
		*p = time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "time"), 1000).UTC()
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(v.Type()) {
			if !f.Anonymous && f.Tag.Get("json") != "-" {
				fill(t, v.FieldByIndex(f.Index))
			}
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rapid.IntRange(0, 3).Draw(t, "length"), 3))
		for i := range v.Len() {
			fill(t, v.Index(i))
		}
	case reflect.String:
		v.SetString(nasty.Draw(t, "string"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "integer"))
	case reflect.Float64:
		v.SetFloat(rapid.Float64Range(-180, 180).Draw(t, "number"))
	default:
		t.Fatalf("no content for a %s", v.Type())
	}
}

func TestWhatWasExportedIsReadBackAndExportedTheSameAgain(t *testing.T) {
	t.Parallel()
	for _, record := range records {
		t.Run(record.String(), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				v := reflect.New(record)
				fill(t, v.Elem())
				lang := rapid.Bool().Draw(t, "lang")
				if lang {
					text.Localize(v.Interface(), "ru")
				}
				raw, err := json.Marshal(v.Interface(), json.FormatNilMapAsNull(true))
				if err != nil {
					t.Fatal(err)
				}
				table := export.Of(record, export.Options{Lang: lang})
				row := rowOf(t, table, raw)
				delimiter := rapid.SampledFrom([]byte(",;\t")).Draw(t, "delimiter")
				header, read := throughCSV(t, table, delimiter, row)
				if !slices.Equal(header, table.Header()) {
					t.Fatalf("the header is read as %q", header)
				}
				changed, err := table.Editor(header).Members(nil, read)
				if err != nil {
					t.Fatal(err)
				}
				again, err := export.Merge(nil, changed)
				if err != nil {
					t.Fatal(err)
				}
				if changed, err := table.Editor(header).Members(raw, read); err != nil || len(changed) > 0 {
					t.Fatalf("%s\nis changed by its own row: %s, %v", raw, changed, err)
				}
				if second := rowOf(t, table, again); !slices.Equal(second, row) {
					t.Fatalf("%s\nwas exported as %q\nread as %s\nand exported as %q", raw, row, again, second)
				}
			})
		})
	}
}

func rowOf(t *rapid.T, table *export.Table, raw jsontext.Value) []string {
	row, err := table.Row(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	if len(row) != len(table.Columns()) {
		t.Fatalf("%d cells for %d columns", len(row), len(table.Columns()))
	}
	return row
}

// throughCSV writes a row and reads it again, as an import does.
func throughCSV(t *rapid.T, table *export.Table, delimiter byte, row []string) (header, read []string) {
	var b bytes.Buffer
	b.WriteString(export.BOM)
	buffered := bufio.NewWriter(&b)
	w := export.NewCSVWriter(buffered, delimiter, true, table)
	if err := errors.Join(w.Write(table.Header()), w.Write(row), buffered.Flush()); err != nil {
		t.Fatal(err)
	}
	r := export.NewCSVReader(&b, delimiter)
	header, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	if read, err = r.Read(); err != nil {
		t.Fatal(err)
	}
	for i, c := range table.Columns() {
		if c.Type == export.Text {
			read[i] = export.Unguard(read[i])
		}
	}
	if _, err := r.Read(); err == nil {
		t.Fatal("there are more rows than were written")
	}
	return header, read
}

func TestNothingOfARecordIsLost(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"texts":      `{"purpose":null,"title":{"de":"D","en":"E","kk":"K","kk-Latn":"L","ru":"R"}}`,
		"lists":      `{"external_ids":["a|b","c\\","\\|"],"languages":[],"topic_ids":[9007199254740993,2]}`,
		"objects":    `{"parent":null,"place":{"id":1,"name":{"ru":"Астана"}}}`,
		"lists of":   `{"topics":[{"id":1,"name":{"kk":"а|б"}},{"id":2,"name":{"en":"c","fr":"d"}}]}`,
		"in objects": `{"counts":{"attendees":1,"organizers":0,"recommendations":0,"speakers":0,"statements":4}}`,
		"days":       `{"ends_on":null,"starts_on":"2020-02-27"}`,
	} {
		var members map[string]jsontext.Value
		if err := json.Unmarshal([]byte(raw), &members); err != nil {
			t.Fatal(err)
		}
		var fields []string
		for m := range members {
			fields = append(fields, m)
		}
		table := export.Of(reflect.TypeFor[roundtable.RoundTable](), export.Options{Fields: fields})
		row, err := table.Row(jsontext.Value(raw))
		if err != nil {
			t.Fatal(err)
		}
		changed, err := table.Editor(table.Header()).Members(nil, row)
		if err != nil {
			t.Fatal(err)
		}
		for m, v := range members {
			switch _, there := changed[m]; {
			case !there && string(v) != "null" && string(v) != "[]": // which an empty record has, too
				t.Errorf("%s: %s of %s is lost in %q", name, m, raw, row)
			case !there:
				changed[m] = v
			}
		}
		again, err := export.Merge(nil, changed)
		if err != nil || string(again) != raw {
			t.Errorf("%s: %s became %s by %q (%v)", name, raw, again, row, err)
		}
	}
}

func TestColumnsHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, record := range records {
		names := export.Of(record, export.Options{Lang: true}).Header()
		if unique := slices.Compact(slices.Sorted(slices.Values(names))); len(unique) != len(names) || !slices.Contains(names, "id") {
			t.Errorf("%s: %q", record, names)
		}
	}
}

func TestColumnsAreThoseOfTheFields(t *testing.T) {
	t.Parallel()
	of := func(o export.Options) string {
		return strings.Join(export.Of(reflect.TypeFor[topic.Topic](), o).Header(), " ")
	}
	if got, want := of(export.Options{}), "id version created_at updated_at label_kk label_ru label_en label_other description_kk description_ru description_en description_other "+
		"parent_id parent.id parent.name_kk parent.name_ru parent.name_en parent.name_other counts.round_tables counts.statements first_on last_on"; got != want {
		t.Error(got)
	}
	if got, want := of(export.Options{Fields: []string{"id", "label"}, Lang: true}), "id label_kk label_ru label_en label_other label_text label_lang"; got != want {
		t.Error(got)
	}
}

func TestFormulasAreGuardedAndNothingElse(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"=1+1": "'=1+1", "+7": "'+7", "-": "'-", "@SUM": "'@SUM", "\ta": "'\ta", "\ra": "'\ra", "'=a": "''=a", "''-": "'''-",
		"": "", "'": "'", "''": "''", "a": "a", "'a": "'a", " =1": " =1", "a=1": "a=1", "7": "7",
	} {
		if got := export.Guard(cell); got != want {
			t.Errorf("%q is guarded as %q, want %q", cell, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(nasty, rapid.String()).Draw(t, "cell")
		guarded := export.Guard(cell)
		if export.Unguard(guarded) != cell {
			t.Fatalf("%q becomes %q, which is read as %q", cell, guarded, export.Unguard(guarded))
		}
		if guarded != "" && strings.ContainsRune("=+-@\t\r", rune(guarded[0])) {
			t.Fatalf("%q is still a formula", guarded)
		}
	})
}

// mistakeOf returns the only mistake of an error as "column code expected", with the other values of its message.
func mistakeOf(err error) string {
	var e *apperr.Error
	if !errors.As(err, &e) || len(e.Fields) != 1 {
		return fmt.Sprint(err)
	}
	f := e.Fields[0]
	return strings.TrimSpace(f.Pointer + " " + f.Code + " " + f.Args["expected"] + f.Args["value"] + f.Args["lang"])
}

func TestCellsThatAreNoneSayWhichAndWhatWasExpected(t *testing.T) {
	t.Parallel()
	for cell, want := range map[[2]string]string{
		{"place_id", "x"}: "place_id cell_expected integer", {"place_id", "41.5"}: "place_id cell_expected integer", {"place_id", "1.23457E+14"}: "place_id cell_expected integer",
		{"place_id", "51,13"}: "place_id cell_expected integer", {"place.id", "1.2.3"}: "place.id cell_expected integer", {"place_id", "2020-02-27"}: "place_id cell_expected integer",
		{"title_other", "[]"}:          "title_other cell_expected JSON object of texts",
		{"organizers.name_other", "a"}: "organizers.name_other cell_expected JSON object of texts", {"topic_ids", "1|b"}: "topic_ids cell_expected integer",
		{"counts.speakers", "-"}:          "counts.speakers cell_expected integer",
		{"starts_on", "2020-02-27 10:00"}: "starts_on date_with_time 2020-02-27 10:00", {"starts_on", "27.02.2020 10:00:00"}: "starts_on date_with_time 27.02.2020 10:00:00",
		{"starts_on", "2020-02-27T00:00:00Z"}: "starts_on date_with_time 2020-02-27T00:00:00Z",
	} {
		editor := export.Of(reflect.TypeFor[roundtable.RoundTable](), export.Options{}).Editor([]string{cell[0]})
		if _, err := editor.Members(nil, []string{cell[1]}); mistakeOf(err) != want {
			t.Errorf("%q: %s, want %s", cell, mistakeOf(err), want)
		}
	}
	for _, c := range []struct {
		record reflect.Type
		header []string
		row    []string
		want   string
	}{
		{reflect.TypeFor[roundtable.RoundTable](), []string{"titel_ru", "topics.id", "topics.name_ru"}, []string{"", "1|2", "a|b|c"}, "topics.id cell_expected as many elements as the columns beside it"},
		{reflect.TypeFor[roundtable.RoundTable](), []string{"titel_ru", "topics.id", "topics.name_ru"}, []string{"", "1|2|3", "a|b"}, "topics.name_ru cell_expected as many elements as the columns beside it"},
		{reflect.TypeFor[place.Place](), []string{"latitude"}, []string{"51,13"}, "latitude decimal_comma 51.13"},
		{reflect.TypeFor[role.Role](), []string{"speaks"}, []string{"yes"}, "speaks cell_expected boolean"},
		{reflect.TypeFor[statement.Statement](), []string{"texts_translator"}, []string{"me"}, "texts_translator cell_expected JSON object of texts"},
		{reflect.TypeFor[statement.Statement](), []string{"texts_en", "texts_original"}, []string{"Water", "ru"}, "texts_original language_without_text ru"},
		{reflect.TypeFor[statement.Statement](), []string{"texts_en", "texts_translator"}, []string{"Water", `{"ru":"me"}`}, "texts_translator language_without_text ru"},
		{reflect.TypeFor[statement.Statement](), []string{"texts_en", "texts_other"}, []string{"Water", `{"EN":"Soil"}`}, "texts_other text_twice en"},
		{reflect.TypeFor[topic.Topic](), []string{"label_ru", "label_other"}, []string{"Вода", `{"ru":"Почва"}`}, "label_other text_twice ru"},
	} {
		if _, err := export.Of(c.record, export.Options{}).Editor(c.header).Members(nil, c.row); mistakeOf(err) != c.want {
			t.Errorf("%q: %s, want %s", c.row, mistakeOf(err), c.want)
		}
	}
}

func TestAllCellsThatAreNoneAreReported(t *testing.T) {
	t.Parallel()
	_, err := export.Of(reflect.TypeFor[place.Place](), export.Options{}).Editor([]string{"latitude", "longitude"}).Members(nil, []string{"a", "1,5"})
	if want := "validation_failed latitude:cell_expected longitude:decimal_comma"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestCellsAreReadAsOtherProgramsWriteThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		record             reflect.Type
		column, cell, want string
	}{
		{reflect.TypeFor[roundtable.RoundTable](), "place_id", "41.0", "41"}, {reflect.TypeFor[roundtable.RoundTable](), "place_id", " 41 ", "41"},
		{reflect.TypeFor[roundtable.RoundTable](), "place_id", "1e+05", "100000"}, {reflect.TypeFor[roundtable.RoundTable](), "topic_ids", "3.0", "[3]"},
		{reflect.TypeFor[place.Place](), "latitude", "51.130", "51.130"},
		{reflect.TypeFor[role.Role](), "speaks", "TRUE", "true"}, {reflect.TypeFor[role.Role](), "speaks", "1.0", "true"}, {reflect.TypeFor[role.Role](), "speaks", "0", "false"},
		{reflect.TypeFor[roundtable.RoundTable](), "starts_on", "2020-02-27 00:00:00", `"2020-02-27"`}, {reflect.TypeFor[roundtable.RoundTable](), "starts_on", "7.2.2020", `"2020-02-07"`},
		{reflect.TypeFor[roundtable.RoundTable](), "starts_on", "27.02.2020 0:00", `"2020-02-27"`}, {reflect.TypeFor[roundtable.RoundTable](), "starts_at", "2020-02-27 10:00:00+06:00", `"2020-02-27T10:00:00+06:00"`},
		{reflect.TypeFor[document.Document](), "published_on", "27.02.2020", `"2020-02-27"`}, {reflect.TypeFor[document.Document](), "published_on", "1993", `"1993"`},
		{reflect.TypeFor[document.Document](), "published_on", "1993-06", `"1993-06"`}, {reflect.TypeFor[statement.Statement](), "sequence", "NaN", "null"},
	} {
		changed, err := export.Of(c.record, export.Options{}).Editor([]string{c.column}).Members(jsontext.Value(`{"sequence": 3}`), []string{c.cell})
		if got := string(changed[c.column]); err != nil || got != c.want {
			t.Errorf("%s %q: %s, want %s (%v)", c.column, c.cell, got, c.want, err)
		}
	}
	for _, cell := range []string{"#DIV/0!", "#N/A", " #REF! ", "#Н/Д", "#ДЕЛ/0!", "#ЗНАЧ!", "########", "Err:502"} {
		if !export.Failed(cell) {
			t.Errorf("%q is taken for a text", cell)
		}
	}
	for _, cell := range []string{"", "NA", "#1", "#вода", "###", "a #N/A", "Error", "#N/A: not given"} {
		if export.Failed(cell) {
			t.Errorf("%q is taken for an error", cell)
		}
	}
}

func TestCSVOfOtherProgramsIsRead(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][][]string{
		"a,b\nc,d":             {{"a", "b"}, {"c", "d"}},
		"\ufeffa,b\r\n1,\r\n":  {{"a", "b"}, {"1", ""}},
		"\"a\"\"\r\n,\",b\r\n": {{"a\"\r\n,", "b"}},
		"a\rb\r":               {{"a"}, {"b"}},
		"\"a\"":                {{"a"}},
		"":                     nil,
	} {
		r := export.NewCSVReader(strings.NewReader(file), ',')
		var got [][]string
		for row, err := r.Read(); err == nil; row, err = r.Read() {
			got = append(got, row)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as %q, want %q", file, got, want)
		}
	}
	for _, file := range []string{`"a`, `"a"b,c`} {
		if row, err := export.NewCSVReader(strings.NewReader(file), ',').Read(); !errors.Is(err, export.ErrQuote) {
			t.Errorf("%q: %q, %v", file, row, err)
		}
	}
}
