package imports_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"roundtables.kz/registry/api"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/xuri/excelize/v2"
)

func topics(t *testing.T) imports.Collection[topic.Input, topic.Topic] {
	t.Helper()
	kind, _ := api.Kinds().Of(topic.Type)
	return imports.Collection[topic.Input, topic.Topic]{
		Kind: kind, Get: topic.Get, Input: func(r *topic.Topic) *topic.Input { return &r.Input }, Create: topic.Create, Update: topic.Update,
	}
}

func people(t *testing.T, db *pgxpool.Pool) imports.Collection[person.Input, person.Person] {
	t.Helper()
	kind, _ := api.Kinds().Of(person.Type)
	finder, err := spelling.NewFinder(db, person.Spellings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(finder.Close)
	return imports.Collection[person.Input, person.Person]{
		Kind: kind, Get: person.Get, Input: func(r *person.Person) *person.Input { return &r.Input }, Create: person.Create, Update: person.Update,
		Finder: finder, Distinct: person.Distinct, Spellings: func(in person.Input) []string { return spelling.Of(in.Name) },
	}
}

// writer is the Write of a collection.
type writer func(context.Context, pgx.Tx, *imports.Head, []byte, imports.Options) ([]imports.Row, error)

// load imports a file; onError says whether rows with errors are skipped or abort the import.
func load(t *testing.T, db *pgxpool.Pool, w writer, onError, file string, o imports.Options) (stored imports.Import, err error) {
	t.Helper()
	err = write(t, db, func(ctx context.Context, tx pgx.Tx) (err error) {
		head := imports.Head{Collection: "topics", Format: o.Format, OnError: onError}
		stored, err = imports.Run(ctx, tx, head, []byte(file), func(h *imports.Head) ([]imports.Row, error) { return w(ctx, tx, h, []byte(file), o) })
		return err
	})
	return stored, err
}

// rowsOf loads a file, skips rows with errors, and returns the rows as "2 created, 3 error label_en:required".
func rowsOf(t *testing.T, db *pgxpool.Pool, w writer, file string, o imports.Options) string {
	t.Helper()
	stored, err := load(t, db, w, "skip", file, o)
	if err != nil {
		t.Fatalf("%q: %v", file, err)
	}
	var list []string
	for _, r := range stored.Rows {
		s := fmt.Sprintf("%d %s", r.Line, r.Action)
		for _, m := range r.Errors {
			s += " " + m.Column + m.Pointer + ":" + m.Code
		}
		list = append(list, s)
	}
	return strings.Join(list, ", ")
}

var (
	csv    = imports.Options{Format: "csv", Lang: "en"}
	ndjson = imports.Options{Format: "ndjson", Lang: "en"}
)

func TestRowsCreateChangeAndKeepRecords(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	one := fixture.Topic(t, db, func(in *topic.Input) { in.Label = text.Map{"en": "One", "ru": "Один"} })
	two := fixture.Topic(t, db, func(in *topic.Input) { in.Label = text.Map{"en": "Two"} })
	file := fmt.Sprintf("\ufeffid;label_en\r\n%d;Uno\r\n\r\n%d;Two\r\n;Three\r\n", one, two)
	if got := rowsOf(t, db, topics(t).Write, file, csv); got != "2 updated, 4 unchanged, 5 created" {
		t.Error(got)
	}
	if got := labels(t, db); got != "Uno 2, Two 1, Three 1" {
		t.Error(got)
	}
	if got, err := topic.Get(t.Context(), db, one); err != nil || got.Label["ru"] != "Один" {
		t.Errorf("a column that is absent was cleared: %v, %v", got.Label, err)
	}
}

func TestErrorsOfRowsAreReportedAtTheirColumnAndOtherRowsAreWritten(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	const file = "id,parent_id,label_en\n,,First\n,x,Second\n,4711,Third\nx,,Fourth\n4711,,Fifth\n,,First\n,,Sixth\n,,a,b\n"
	want := "2 created, 3 error parent_id:cell_expected, 4 error parent_id:unknown_reference, 5 error id:bad_number, 6 error id:not_found, " +
		"7 error label_en:already_taken, 8 created, 9 error :too_many_cells"
	if got := rowsOf(t, db, topics(t).Write, file, csv); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := labels(t, db); got != "First 1, Sixth 1" {
		t.Error(got)
	}
}

func TestARowWithErrorsAbortsAnImportThatDoesNotSkipThem(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	_, err := load(t, db, topics(t).Write, "abort", "label_en,parent_id\nFirst,\nSecond,x\n", csv)
	var e *apperr.Error
	if !errors.As(err, &e) || e.Kind != apperr.Invalid || e.Code != "import_refused" || e.Extra["counts"] != (imports.Counts{Created: 1, Failed: 1}) {
		t.Fatalf("%v", err)
	}
	if rows, _ := e.Extra["rows"].([]imports.Row); len(rows) != 1 || rows[0].Line != 3 {
		t.Errorf("%+v", e.Extra["rows"])
	}
	if got := labels(t, db); got != "" {
		t.Errorf("written: %s", got)
	}
}

func TestAFileWithoutKeysIsImportedOnce(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	const file = "label_en\nFirst\n"
	if _, err := load(t, db, topics(t).Write, "abort", file, csv); err != nil {
		t.Fatal(err)
	}
	if _, err := load(t, db, topics(t).Write, "abort", file, csv); code(err) != "already_imported" {
		t.Errorf("%v", err)
	}
}

func TestAFileThatCannotBeReadIsRejectedAsAWhole(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for _, c := range []struct {
		format, file, want string
	}{
		{"csv", "", "file_empty"}, {"csv", "label_en\n", "file_empty"}, {"csv", "label_en\n\xff\n", "file_not_utf8"}, {"csv", "label_en\n\"a\n", "file_bad_quotes"},
		{"csv", "label_en,labl_ru\na,b\n", "bad_header"}, {"csv", "label_en,label_en\na,b\n", "bad_header"}, {"csv", "label_en,\na,b\n", "bad_header"},
		{"ndjson", "", "file_empty"}, {"ndjson", `{"_end":true,"rows":1}`, "file_cut"}, {"ndjson", "{\"_end\":true,\"rows\":0}\n{}", "file_goes_on"},
		{"ndjson", strings.Repeat(" ", 1<<20+1), "line_too_long"}, {"xlsx", "label_en", "file_no_workbook"},
	} {
		if _, err := load(t, db, topics(t).Write, "skip", c.file, imports.Options{Format: c.format}); code(err) != c.want {
			t.Errorf("%s %.40q: %v, want %s", c.format, c.file, err, c.want)
		}
	}
}

func TestLinesOfJSONAreReadOneByOne(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	file := strings.Join([]string{`{"label":{"en":"First"}}`, ``, `{"label":{"en":"Second"}`, `[]`, `{"label":{"en":"Third"},"labl":1}`, `{"label":{"en":"Fourth"},"created_at":"x"}`, `{"_end":true,"rows":5}`}, "\n")
	want := "1 created, 3 error :json_truncated, 4 error :not_an_object, 5 error /labl:unknown_field_hint, 6 created"
	if got := rowsOf(t, db, topics(t).Write, file, ndjson); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestAWorkbookIsReadLikeATable(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	above := fixture.Topic(t, db)
	book := excelize.NewFile()
	for cell, value := range map[string]any{"A1": "parent_id", "B1": "label_en", "A2": above, "B2": "First", "B4": "Second", "A5": "x", "B5": "Third"} {
		if err := book.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	if got := rowsOf(t, db, topics(t).Write, b.String(), imports.Options{Format: "xlsx"}); got != "2 created, 4 created, 5 error parent_id:cell_expected" {
		t.Error(got)
	}
}

func TestARowWithAnOutdatedVersionIsRejectedUnlessItOverwrites(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Topic(t, db)
	file := func(version int, label string) string {
		return fmt.Sprintf("id,version,label_en\n%d,%d,%s\n", id, version, label)
	}
	overwrite := csv
	overwrite.Overwrite = true
	for _, c := range []struct {
		file, want string
		o          imports.Options
	}{
		{file(1, "First"), "2 updated", csv}, {file(1, "Second"), "2 error version:row_outdated", csv},
		{file(1, "First"), "2 unchanged", csv}, {file(1, "Second"), "2 updated", overwrite},
		{fmt.Sprintf("id,label_en\n%d,Third\n%d,Fourth\n%d,Third\n", id, id, id), "2 updated, 3 error id:duplicate_row, 4 unchanged", csv},
	} {
		if got := rowsOf(t, db, topics(t).Write, c.file, c.o); got != c.want {
			t.Errorf("%q: %s, want %s", c.file, got, c.want)
		}
	}
}

func TestPeopleAreMatchedByTheirExternalIDsAndNotCreatedTwice(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	known := fixture.Person(t, db, func(in *person.Input) {
		in.Name, in.ExternalIDs = text.Map{"en": "Marat Saparov"}, []string{"wikidata:Q1"}
	})
	other := fixture.Person(t, db, func(in *person.Input) {
		in.Name, in.ExternalIDs = text.Map{"en": "Serik Akhmetov"}, []string{"wikidata:Q2"}
	})
	w := people(t, db).Write
	file := strings.Join([]string{
		`{"name":{"en":"Marat B. Saparov"},"external_ids":["wikidata:Q1","kisi:7"]}`,
		`{"name":{"en":"Both"},"external_ids":["wikidata:Q1","wikidata:Q2"]}`,
		`{"name":{"en":"Aigul Sarsen"},"external_ids":["wikidata:Q3"]}`,
		`{"name":{"en":"Aigul Sarsen"}}`,
		`{"name":{"en":"Serik Akhmetov"}}`,
	}, "\n")
	want := "1 updated, 2 error /external_ids:external_ids_of_several, 3 created, 4 error /name:duplicate_row, 5 error :duplicate_candidates"
	if got := rowsOf(t, db, w, file, ndjson); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got, err := person.Get(fixture.Context(), db, known); err != nil || got.Name["en"] != "Marat B. Saparov" || len(got.ExternalIDs) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	allowed := ndjson
	allowed.AllowDuplicate = true
	if got := rowsOf(t, db, w, `{"name":{"en":"Serik Akhmetov"}}`, allowed); got != "1 created" {
		t.Error(got)
	}
	var distinct int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM distinctions WHERE first_id = $1 OR second_id = $1", other).Scan(&distinct); err != nil || distinct != 1 {
		t.Errorf("%d distinctions, %v", distinct, err)
	}
}

func TestAReportIsTranslated(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	stored, err := load(t, db, topics(t).Write, "skip", "id,label_en\n4711,First\n", csv)
	if err != nil {
		t.Fatal(err)
	}
	english := stored.Rows[0].Errors[0].Message
	stored.Translate("ru")
	if got := stored.Rows[0].Errors[0].Message; got == english || got != apperr.Message("not_found", "ru", stored.Rows[0].Errors[0].Args) {
		t.Errorf("%q, was %q", got, english)
	}
}
