package imports_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/imports"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
)

// workbookOf is a workbook whose parts are written by functions. It has one sheet.
func workbookOf(t *testing.T, shared, sheet func(w io.Writer)) string {
	t.Helper()
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, part := range []struct {
		name  string
		write func(io.Writer)
	}{
		{"xl/workbook.xml", plain(`<workbook xmlns:r="r"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>`)},
		{"xl/_rels/workbook.xml.rels", plain(`<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>`)},
		{"xl/sharedStrings.xml", shared}, {"xl/worksheets/sheet1.xml", sheet},
	} {
		w, err := archive.Create(part.name)
		if err != nil {
			t.Fatal(err)
		}
		part.write(w)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func plain(text string) func(io.Writer) {
	return func(w io.Writer) { _, _ = io.WriteString(w, text) } // a buffer takes everything
}

// repeated writes a text, then another one n times, and the end.
func repeated(begin, text string, n int, end string) func(io.Writer) {
	return func(w io.Writer) {
		plain(begin)(w)
		for range n {
			plain(text)(w)
		}
		plain(end)(w)
	}
}

const (
	header    = `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>label_en</t></is></c></row>`
	footer    = `</sheetData></worksheet>`
	noStrings = `<sst/>`
)

// TestAHostileWorkbookIsRejectedBeforeItCosts counts the bytes that are allocated. It does not run beside other tests.
func TestAHostileWorkbookIsRejectedBeforeItCosts(t *testing.T) {
	db := dbtest.New(t)
	spaces := strings.Repeat(" ", 256<<10)
	for name, c := range map[string]struct {
		file, want string
		megabytes  uint64
	}{
		"a long shared string in many cells": {workbookOf(t,
			plain("<sst><si><t>"+strings.Repeat("x", 1<<20)+"</t></si></sst>"), repeated(header, `<row><c t="s"><v>0</v></c></row>`, 50_000, footer)), "workbook_cell_too_long", 8},
		"a long string in parts": {workbookOf(t,
			repeated("<sst><si>", "<r><t>"+strings.Repeat("x", 1000)+"</t></r>", 100, "</si></sst>"), plain(header+footer)), "workbook_cell_too_long", 8},
		"the longest shared string in many cells": {workbookOf(t,
			plain("<sst><si><t>"+strings.Repeat("x", 32_767)+"</t></si></sst>"),
			repeated(header+"<row>", `<c r="B2" t="s"><v>0</v></c>`, 50_000, "</row>"+footer)), "workbook_too_large", 64},
		"many shared strings": {workbookOf(t, repeated("<sst>", "<si><t>"+strings.Repeat("x", 1000)+"</t></si>", 30_000, "</sst>"), plain(header+footer)), "workbook_too_large", 128},
		"a sheet without end": {workbookOf(t, plain(noStrings), repeated(header, "<row>"+spaces+"</row>", 900, footer)), "workbook_too_large", 8},
		"a large sheet":       {workbookOf(t, plain(noStrings), repeated(header, "<row>"+spaces+"</row>", 700, footer)), "file_empty", 8},
		"one endless token":   {workbookOf(t, plain(noStrings), repeated(header+`<row r="`, spaces, 700, `"/>`+footer)), "workbook_cell_too_long", 8},
		"a comment":           {workbookOf(t, plain(noStrings), repeated(header+"<!-- ", "<"+spaces, 700, " -->"+footer)), "file_no_workbook", 8},
		"deep elements":       {workbookOf(t, plain(noStrings), repeated(header, "<a>", 1<<20, footer)), "file_empty", 256},
		"rows without end":    {workbookOf(t, plain(noStrings), repeated(header, "<row/>", 1<<20, footer)), "file_too_many_rows", 256},
		"a far row":           {workbookOf(t, plain(noStrings), plain(header+`<row r="99999999"/>`+footer)), "file_too_many_rows", 8},
		"a far column":        {workbookOf(t, plain(noStrings), plain(`<worksheet><sheetData><row><c r="XFD1"><v>1</v></c></row>`+footer)), "file_too_many_columns", 8},
		"an unknown string":   {workbookOf(t, plain(noStrings), plain(header+`<row><c t="s"><v>7</v></c></row>`+footer)), "file_no_workbook", 8},
		"many columns of CSV": {strings.Repeat("a,", 500_000), "file_too_many_columns", 64},
	} {
		format := "xlsx"
		if strings.Contains(name, "CSV") {
			format = "csv"
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := load(t, db, topics(t).Write, "skip", c.file, imports.Options{Format: format})
		runtime.ReadMemStats(&after)
		if used := (after.TotalAlloc - before.TotalAlloc) >> 20; code(err) != c.want || used > c.megabytes {
			t.Errorf("%s of %d bytes: %v, want %s; %d MiB, want at most %d", name, len(c.file), err, c.want, used, c.megabytes)
		}
	}
}

func TestReadingAWorkbookEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	file := []byte(workbookOf(t, plain(noStrings), repeated(header, "<row/>", 100_000, footer)))
	err := write(t, db, func(ctx context.Context, tx pgx.Tx) error {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		_, err := topics(t).Write(ctx, tx, &imports.Head{}, file, imports.Options{Format: "xlsx"})
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestAWorkbookOfAnotherProgramIsRead(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	above := fixture.Topic(t, db)
	shared := `<?xml version="1.0" encoding="UTF-8"?><x:sst><x:si><x:r><x:t>Wa</x:t></x:r><x:r><x:t>ter_x0021_</x:t></x:r><x:rPh><x:t>say</x:t></x:rPh></x:si><x:si><x:t>label_en</x:t></x:si></x:sst>`
	sheet := fmt.Sprintf(`<x:worksheet><x:sheetData><x:row><x:c t="s"><x:v>1</x:v></x:c><x:c t="str"><x:f>A1</x:f><x:v>parent_id</x:v></x:c></x:row>
		<x:row r="7"><x:c r="A7" t="s"><x:v>0</x:v></x:c><x:c r="B7"><x:v>%d</x:v></x:c></x:row><x:row><x:c/><x:c r="C8"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>`, above)
	got := rowsOf(t, db, topics(t).Write, workbookOf(t, plain(shared), plain(sheet)), imports.Options{Format: "xlsx"})
	if want := "7 created, 8 error :too_many_cells"; got != want || !strings.Contains(labels(t, db), "Water!") {
		t.Errorf("%s, want %s; %s", got, want, labels(t, db))
	}
}

// TestAReportOfManyErrorsStaysBounded imports rows each of which has a dozen errors that quote long values.
func TestAReportOfManyErrorsStaysBounded(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	long := strings.Repeat("x", 1000)
	row := "{"
	for i := range 12 {
		row += fmt.Sprintf(`"%s%d":1,`, long, i)
	}
	const rows = 2_000
	stored, err := load(t, db, topics(t).Write, "skip", strings.Repeat(row+"\"label\":{}}\n", rows), ndjson)
	if err != nil || stored.Failed != rows || len(stored.Rows) != rows {
		t.Fatalf("%+v: %v", stored.Head, err)
	}
	if first, last := len(stored.Rows[0].Errors), len(stored.Rows[rows-1].Errors); first != 10 || last != 1 {
		t.Errorf("%d errors of the first row, %d of the last one", first, last)
	}
	raw, err := json.Marshal(stored)
	if most := 12 << 20; err != nil || len(raw) > most {
		t.Errorf("%d bytes, want at most %d: %v", len(raw), most, err)
	}
}
