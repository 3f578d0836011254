package imports_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/api"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/topic"

	"github.com/jackc/pgx/v5/pgxpool"
)

func documents(t *testing.T) imports.Collection[document.Input, document.Document] {
	t.Helper()
	kind, _ := api.Kinds().Of(document.Type)
	return imports.Collection[document.Input, document.Document]{
		Kind: kind, Get: document.Get, Input: func(r *document.Document) *document.Input { return &r.Input }, Create: document.Create, Update: document.Update,
	}
}

func roundTables(t *testing.T) imports.Collection[roundtable.Input, roundtable.RoundTable] {
	t.Helper()
	kind, _ := api.Kinds().Of(roundtable.Type)
	return imports.Collection[roundtable.Input, roundtable.RoundTable]{
		Kind: kind, Get: roundtable.Get, Input: func(r *roundtable.RoundTable) *roundtable.Input { return &r.Input }, Create: roundtable.Create, Update: roundtable.Update,
	}
}

var xlsx = imports.Options{Format: "xlsx", Lang: "en"}

// styles are cell styles: 0 general, 1 a day, 2 a day and time, 3 June 1993, 4 the year, 5 a number in red, 6 a day in Russian.
const styles = `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="yyyy"/><numFmt numFmtId="171" formatCode="[Red]0.00&quot;day&quot;"/>
	<numFmt numFmtId="172" formatCode="[$-419]d mmm yyyy;@"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
	<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="17"/><xf numFmtId="170"/><xf numFmtId="171"/><xf numFmtId="172"/></cellXfs></styleSheet>`

// sheetsOf is a workbook with sheets: pairs of attributes and rows. parts replaces and adds parts.
func sheetsOf(t *testing.T, parts map[string]string, sheets ...string) string {
	t.Helper()
	all := map[string]string{"xl/styles.xml": styles}
	book, rels := `<workbook xmlns:r="r"><sheets>`, "<Relationships>"
	for i := 0; i < len(sheets); i += 2 {
		n := i/2 + 1
		book += fmt.Sprintf(`<sheet name="S%d" sheetId="%d" r:id="r%d" %s/>`, n, n, n, sheets[i])
		rels += fmt.Sprintf(`<Relationship Id="r%d" Type="http://x/worksheet" Target="worksheets/s%d.xml"/>`, n, n)
		all[fmt.Sprintf("xl/worksheets/s%d.xml", n)] = "<worksheet><sheetData>" + sheets[i+1] + "</sheetData></worksheet>"
	}
	all["xl/workbook.xml"], all["xl/_rels/workbook.xml.rels"] = book+"</sheets></workbook>", rels+"</Relationships>"
	for name, content := range parts {
		all[name] = strings.ReplaceAll(content, "{sheets}", strings.TrimPrefix(book, `<workbook xmlns:r="r">`)+"</sheets>")
	}
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		w, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		plain(all[name])(w)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// textCells is a row of texts.
func textCells(texts ...string) string {
	row := "<row>"
	for _, s := range texts {
		row += `<c t="inlineStr"><is><t>` + s + `</t></is></c>`
	}
	return row + "</row>"
}

// mistakesAfter imports a file that is rejected and returns its mistakes as "line column:code value".
func mistakesAfter(t *testing.T, db *pgxpool.Pool, w writer, file string, o imports.Options) (list []string) {
	t.Helper()
	_, err := load(t, db, w, "abort", file, o)
	var e *apperr.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v", err)
	}
	rows, _ := e.Extra["rows"].([]imports.Row)
	for _, r := range rows {
		for _, m := range r.Errors {
			list = append(list, strings.TrimSpace(fmt.Sprintf("%d %s%s:%s %s", r.Line, m.Column, m.Pointer, m.Code, m.Args["value"])))
		}
	}
	if rows == nil {
		for _, f := range e.Mistakes() {
			list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s%s %s", f.Code, f.Args["value"], f.Args["cells"], f.Args["hint"])))
		}
	}
	return list
}

func TestIntegersThatPandasAndRWroteAreRead(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id, above := fixture.Topic(t, db), fixture.Topic(t, db)
	for file, o := range map[string]imports.Options{
		fmt.Sprintf("id,version,parent_id\n%d.0,1.0,%d.0\n", id, above):  csv,
		fmt.Sprintf("id,version,label_ru,parent_id\n%d,1,\"\",NA\n", id): csv,
		fmt.Sprintf(`{"id":%d.0,"version":2.0,"parent_id":%d.0,"_end":null,"rows":null,"cursor":null}`+"\n"+`{"id":null,"parent_id":null,"_end":true,"rows":1.0,"cursor":"x"}`, id, above):    ndjson,
		sheetsOf(t, nil, "", textCells("id", "parent_id", "label_en")+fmt.Sprintf(`<row><c><v>%d.0</v></c><c t="inlineStr"><is><t> %d.0 </t></is></c><c><v>1.2E+1</v></c></row>`, id, above)): xlsx,
	} {
		if _, err := db.Exec(t.Context(), `UPDATE topics SET parent_id = NULL, label = '{"en": "a"}', version = 1 WHERE id = $1`, id); err != nil {
			t.Fatal(err)
		}
		o.Overwrite = true
		stored, err := load(t, db, topics(t).Write, "abort", file, o)
		got, getErr := topic.Get(t.Context(), db, id)
		if want := !strings.Contains(file, "NA"); err != nil || getErr != nil || (got.ParentID != nil && *got.ParentID == above) != want || (stored.Updated == 1) != want {
			t.Errorf("%q: %+v, %v, %v", file, got.Input, err, getErr)
		}
		if o.Format == "xlsx" && got.Label["en"] != "12" {
			t.Errorf("the number became %v", got.Label)
		}
	}
}

func TestATextThatStandsForAMissingValueIsRejected(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	file := "label_en,label_ru,description_en\nNA,\"NA\",a\nb,#N/A,#ДЕЛ/0!\n"
	want := []string{"2 label_en:cell_missing", "3 label_ru:cell_failed #N/A", "3 description_en:cell_failed #ДЕЛ/0!"}
	if got := mistakesAfter(t, db, topics(t).Write, file, csv); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := rowsOf(t, db, topics(t).Write, "label_en\n\"NA\"\n", csv); got != "2 created" || labels(t, db) != "NA 1" {
		t.Errorf("%s: %s", got, labels(t, db))
	}
}

func TestAHeaderOfOtherSpellingGetsTheRightNameOfAColumnThatIsRead(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	got := mistakesAfter(t, db, topics(t).Write, "Label_RU,LABEL_EN ,Label KK,label_de,parent.name_eng,Parent_ID,parent_name,zzz\na,b,c,d,e,f,g,h\n", csv)
	want := []string{
		"unknown_column_hint Label_RU label_ru", "unknown_column_hint LABEL_EN label_en", "unknown_column_hint Label KK label_kk", "unknown_column_hint label_de label_other",
		"unknown_column parent.name_eng", "unknown_column_hint Parent_ID parent_id", "unknown_column parent_name", "unknown_column zzz",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	_, err := load(t, db, topics(t).Write, "abort", "Label_RU\na\n", csv)
	var e *apperr.Error
	if !errors.As(err, &e) || slices.Contains(e.Fields[0].Allowed, "parent.name_en") || !slices.Contains(e.Fields[0].Allowed, "version") {
		t.Errorf("%v", err)
	}
	if got := rowsOf(t, db, topics(t).Write, " label_ru\t,\u00a0label_en \nВода,Water\n", csv); got != "2 created" {
		t.Error(got)
	}
}

func TestALineThatNamesTheSeparatorIsNotTheHeader(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for i, file := range []string{"sep=;\r\nlabel_en;label_ru\r\n%s;x,y\r\n", "\ufeffsep=,\nlabel_en,label_ru\n%s,\"x;;y\"\n", "\"sep=\t\"\nlabel_en\tlabel_ru\n%s\tx\n", "sep=|\nlabel_en|label_ru\n%s|z\n"} {
		if got := rowsOf(t, db, topics(t).Write, fmt.Sprintf(file, fmt.Sprint("T", i)), csv); got != "3 created" {
			t.Errorf("%q: %s", file, got)
		}
	}
	if got, want := labels(t, db), "T0 1, T1 1, T2 1, T3 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestColumnsThatOnlyExportsHaveAreListedAsIgnored(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Topic(t, db)
	for file, o := range map[string]imports.Options{
		fmt.Sprintf("id,parent.name_en,label_text,updated_at,created_at\n%d,#REF!,NA,x,y\n", id):                                                                                  csv,
		fmt.Sprintf(`{"id":%d,"parent":{"name":{}},"label_text":"x"}`+"\n"+`{"id":%d,"updated_at":"x","created_at":"y","parent":null}`, id, id):                                   ndjson,
		sheetsOf(t, nil, "", textCells("id", "parent.name_en", "label_text", "updated_at", "created_at")+fmt.Sprintf(`<row><c><v>%d</v></c><c t="e"><v>#REF!</v></c></row>`, id)): xlsx,
	} {
		stored, err := load(t, db, topics(t).Write, "abort", file, o)
		want := []string{"parent.name_en", "label_text", "updated_at", "created_at"}
		if o.Format == "ndjson" {
			want = []string{"created_at", "label_text", "parent", "updated_at"}
		}
		if err != nil || !slices.Equal(stored.Ignored, want) || stored.Unchanged == 0 {
			t.Errorf("%s: %q, want %q (%v)", o.Format, stored.Ignored, want, err)
		}
	}
	stored, err := load(t, db, people(t, db).Write, "abort", `{"name":{"en":"Marat"},"other_names":[{"text":"M","kind":"alias"}]}`, ndjson)
	if err != nil || len(stored.Ignored) > 0 {
		t.Errorf("%q, %v", stored.Ignored, err)
	}
	if got := mistakesAfter(t, db, people(t, db).Write, "organization_as_listed,affiliation_organization.name_en\na,b\n", csv); !slices.Equal(got, []string{"unknown_column organization_as_listed", "unknown_column affiliation_organization.name_en"}) {
		t.Errorf("%q", got)
	}
}

func TestDateCellsAreReadWithThePrecisionThatTheyShow(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	cell := func(attributes, value string) string {
		return "<row>" + textCells("T")[len("<row>"):len(textCells("T"))-len("</row>")] + "<c " + attributes + "><v>" + value + "</v></c></row>"
	}
	header := textCells("title_en", "published_on")
	for _, c := range []struct{ cell, want string }{
		{cell(`s="1"`, "34136"), "1993-06-16"}, {cell(`s="6"`, "34136"), "1993-06-16"}, {cell(`s="3"`, "34121"), "1993-06"}, {cell(`s="3"`, "34136"), "1993-06-16"},
		{cell(`s="4"`, "33970"), "1993"}, {cell(`s="4"`, "34136"), "1993-06-16"}, {cell(`s="0"`, "1993"), "1993"}, {cell("", "34136"), "1993-06-16"}, {cell(`s="2"`, "34136"), "1993-06-16"},
		{cell(`t="str"`, "1993-06"), "1993-06"}, {cell(`t="d"`, "1993-06-16T00:00:00"), "1993-06-16"}, {cell(`t="str"`, "16.06.1993"), "1993-06-16"},
		{cell(`s="2"`, "34136.5"), "2 published_on:date_with_time 1993-06-16T12:00:00"}, {cell(`s="1"`, "34136.5"), "2 published_on:date_with_time 1993-06-16T12:00:00"},
		{cell(`s="5"`, "34.5"), "2 published_on:bad_partial_date"}, {cell(`s="1"`, "-5"), "2 published_on:bad_partial_date"}, {cell(`t="str"`, "30.02.2020"), "2 published_on:no_such_date 2020-02-30"},
		{cell(`t="b"`, "1"), "2 published_on:bad_partial_date"},
	} {
		file := sheetsOf(t, nil, "", header+c.cell)
		if strings.HasPrefix(c.want, "2 ") {
			if got := mistakesAfter(t, db, documents(t).Write, file, xlsx); !slices.Equal(got, []string{c.want}) {
				t.Errorf("%s: %q, want %q", c.cell, got, c.want)
			}
			continue
		}
		stored, err := load(t, db, documents(t).Write, "abort", file, xlsx)
		if err != nil {
			t.Errorf("%s: %v", c.cell, err)
			continue
		}
		got, err := document.Get(t.Context(), db, *stored.Rows[0].ID)
		if err != nil || got.PublishedOn == nil || string(*got.PublishedOn) != c.want {
			t.Errorf("%s: %v, want %s (%v)", c.cell, *got.PublishedOn, c.want, err)
		}
	}
	old := sheetsOf(t, map[string]string{"xl/workbook.xml": `<workbook xmlns:r="r"><workbookPr date1904="1"/>{sheets}</workbook>`}, "", header+cell(`s="1"`, "32674"))
	stored, err := load(t, db, documents(t).Write, "abort", old, xlsx)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := document.Get(t.Context(), db, *stored.Rows[0].ID); err != nil || *got.PublishedOn != "1993-06-16" {
		t.Errorf("days from 1904: %v, %v", *got.PublishedOn, err)
	}
	text := sheetsOf(t, nil, "", textCells("title_en")+`<row><c s="1"><v>43888</v></c></row>`)
	if got := mistakesAfter(t, db, documents(t).Write, text, xlsx); !slices.Equal(got, []string{"2 title_en:cell_is_date 2020-02-27"}) {
		t.Errorf("a date in a column of texts: %q", got)
	}
	for _, c := range []struct{ cell, want string }{
		{cell(`s="3"`, "43862"), "2 starts_on:date_without_day"}, {cell("", "2020"), "2 starts_on:date_without_day"}, {cell(`s="2"`, "43888.4"), "2 starts_on:date_with_time 2020-02-27T09:36:00"},
	} {
		if got := mistakesAfter(t, db, roundTables(t).Write, sheetsOf(t, nil, "", textCells("title_en", "starts_on")+c.cell), xlsx); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %q, want %q", c.cell, got, c.want)
		}
	}
}

func TestFormulasWithoutResultAreRejectedAndNeverEmptyACell(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Topic(t, db)
	header := textCells("id", "label_ru")
	row := func(cell string) string { return fmt.Sprintf(`<row><c><v>%d</v></c>%s</row>`, id, cell) }
	for _, c := range []struct{ cell, want string }{
		{`<c><f>A1</f></c>`, "2 label_ru:cell_not_computed"}, {`<c t="str"><f>A1</f></c>`, "2 label_ru:cell_not_computed"}, {`<c><f>A1</f><v/></c>`, "2 label_ru:cell_not_computed"},
		{`<c><f t="shared" si="0"/></c>`, "2 label_ru:cell_not_computed"}, {`<c t="e"><f>1/0</f><v>#DIV/0!</v></c>`, "2 label_ru:cell_failed #DIV/0!"},
		{`<c t="e"><v>#NEW!</v></c>`, "2 label_ru:cell_failed #NEW!"}, {`<c t="inlineStr"><is><t>#DIV/0!</t></is></c>`, "2 label_ru:cell_failed #DIV/0!"},
	} {
		if got := mistakesAfter(t, db, topics(t).Write, sheetsOf(t, nil, "", header+row(c.cell)), xlsx); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %q, want %q", c.cell, got, c.want)
		}
	}
	stale := map[string]string{"xl/workbook.xml": `<workbook xmlns:r="r">{sheets}<calcPr calcId="1" fullCalcOnLoad="1"/></workbook>`}
	if got := mistakesAfter(t, db, topics(t).Write, sheetsOf(t, stale, "", header+row(`<c><f>A1</f><v>0</v></c>`)), xlsx); !slices.Equal(got, []string{"2 label_ru:cell_not_computed"}) {
		t.Errorf("a value that no program has computed: %q", got)
	}
	if got := mistakesAfter(t, db, topics(t).Write, sheetsOf(t, nil, "", textCells("label_en")+"<row><c><f>A1</f></c></row>"), xlsx); !slices.Equal(got, []string{"2 label_en:cell_not_computed"}) {
		t.Errorf("a row with nothing else: %q", got)
	}
	if got := mistakesAfter(t, db, topics(t).Write, sheetsOf(t, nil, "", "<row><c><f>A1</f></c></row>"+row("")), xlsx); !slices.Equal(got, []string{"unknown_column ="}) {
		t.Errorf("a header: %q", got)
	}
	for cell, want := range map[string]string{`<c t="str"><f>A1</f><v>Вода</v></c>`: "Вода", `<c t="str"><f>IF(A1="","","")</f><v></v></c>`: "", `<c t="b"><f>TRUE()</f><v>1</v></c>`: "TRUE"} {
		if _, err := load(t, db, topics(t).Write, "abort", sheetsOf(t, nil, "", header+row(cell)), xlsx); err != nil {
			t.Errorf("%s: %v", cell, err)
		}
		if got, err := topic.Get(t.Context(), db, id); err != nil || got.Label["ru"] != want {
			t.Errorf("%s: %v, want %q (%v)", cell, got.Label, want, err)
		}
	}
}

func TestTheFirstVisibleSheetIsReadAndOthersAreReported(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	filled := textCells("label_en") + textCells("Hidden")
	visible := func(label string) string { return textCells("label_en") + textCells(label) }
	for _, c := range []struct {
		name    string
		sheets  []string
		ignored []string
	}{
		{"hidden first", []string{`state="hidden"`, filled, "", visible("One")}, []string{"sheet:S1"}},
		{"very hidden first", []string{`state="veryHidden"`, filled, "", visible("Two")}, []string{"sheet:S1"}},
		{"empty ones", []string{"", visible("Three"), "", "", `state="hidden"`, "<row><c/></row>"}, []string{}},
		{"further ones", []string{"", visible("Four"), "", filled, "", "<row><c><f>A1</f></c></row>"}, []string{"sheet:S2", "sheet:S3"}},
	} {
		stored, err := load(t, db, topics(t).Write, "abort", sheetsOf(t, nil, c.sheets...), xlsx)
		if err != nil || stored.Created != 1 || !slices.Equal(stored.Ignored, c.ignored) {
			t.Errorf("%s: %+v, %v", c.name, stored.Head, err)
		}
	}
	if got, want := labels(t, db), "One 1, Two 1, Three 1, Four 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	many := make([]string, 0, 600)
	for range 300 {
		many = append(many, "", "")
	}
	if _, err := load(t, db, topics(t).Write, "abort", sheetsOf(t, nil, many...), xlsx); code(err) != "file_no_workbook" {
		t.Errorf("300 sheets: %v", err)
	}
}

func TestMergedCellsAreRejectedWithTheirPlace(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	merged := func(ref string) string {
		return sheetsOf(t, map[string]string{"xl/worksheets/s1.xml": "<worksheet><sheetData>" + textCells("label_en", "label_ru") + textCells("Water "+ref, "a") +
			`</sheetData><mergeCells count="1"><mergeCell ref="` + ref + `"/></mergeCells></worksheet>`}, "", "")
	}
	for _, onError := range []string{"abort", "skip"} {
		if _, err := load(t, db, topics(t).Write, onError, merged("B2:B3"), xlsx); code(err) != "workbook_merged_cells" {
			t.Errorf("%s: %v", onError, err)
		}
	}
	if got := mistakesAfter(t, db, topics(t).Write, merged("A1:B1"), xlsx); !slices.Equal(got, []string{"workbook_merged_cells A1:B1"}) {
		t.Errorf("%q", got)
	}
	if got := labels(t, db); got != "" {
		t.Errorf("written: %s", got)
	}
	if got := rowsOf(t, db, topics(t).Write, merged("D1:E9"), xlsx); got != "2 created" {
		t.Errorf("beside the table: %s", got)
	}
}

func TestTheContentDecidesTheFormatOfAFileWithoutType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, content, want string }{
		{"", "label_en\n", "csv"}, {"", "PK\x03\x04", "xlsx"}, {"a.csv", "PK\x03\x04", "xlsx"}, {"", "\ufeff\n {\"label\"", "ndjson"}, {"A.JSONL", "x", "ndjson"}, {"a.CSV", "{a", "csv"},
		{"a.xlsx", "label_en", "xlsx"}, {"", "\xd0\xcf\x11\xe0", "xlsx"}, {"", "", "csv"},
	} {
		if got := imports.FormatOf(c.name, []byte(c.content)); got != c.want {
			t.Errorf("%s %q: %s, want %s", c.name, c.content, got, c.want)
		}
	}
	if _, err := load(t, dbtest.New(t), topics(t).Write, "skip", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", xlsx); code(err) != "file_old_workbook" {
		t.Errorf("an old workbook: %v", err)
	}
}
