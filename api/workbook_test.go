package api

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"

	"github.com/xuri/excelize/v2"
)

// bookOf opens a workbook.
func bookOf(t *testing.T, answer reply) *excelize.File {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(answer.want(t, http.StatusOK).Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = book.Close() })
	return book
}

func TestAWorkbookHasWhatTheCSVFileHas(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	c := r.as(t, actor.Read)
	for _, x := range collections {
		header, rows := tableOf(t, c.get(t, "/v1/exports/"+x+".csv").Body.String(), ',')
		got, err := bookOf(t, c.get(t, "/v1/exports/"+x+".xlsx")).GetRows("Sheet1", excelize.Options{})
		if err != nil || len(got) != len(rows)+1 || !slices.Equal(got[0], header) {
			t.Fatalf("%s: %d rows, want %d with header: %v", x, len(got), len(rows), err)
		}
		for i, row := range rows {
			for j, want := range row {
				is := ""
				if j < len(got[i+1]) {
					is = got[i+1][j]
				}
				if want = strings.ReplaceAll(want, "\r\n", "\n"); is != want && !strings.EqualFold(is, want) {
					t.Errorf("%s: row %d, %s: %q, want %q", x, i, header[j], is, want)
				}
			}
		}
	}
}

func TestAWorkbookHoldsTextsNumbersAndDaysAndNoFormula(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	fixture.Topic(t, r.pool, func(in *topic.Input) { in.Label = text.Map{"en": "=1+1", "ru": " a\nb ", "kk": "'-1"} })
	fixture.RoundTable(t, r.pool)
	answer := r.as(t).get(t, "/v1/exports/topics.xlsx?fields=label")
	book := bookOf(t, answer)
	for cell, want := range map[string]string{"A2": "1", "C2": "'-1", "D2": " a\nb ", "E2": "=1+1"} {
		kind := excelize.CellTypeInlineString
		if cell == "A2" {
			kind = excelize.CellTypeUnset
		}
		formula, _ := book.GetCellFormula("Sheet1", cell)
		is, _ := book.GetCellValue("Sheet1", cell)
		if got, err := book.GetCellType("Sheet1", cell); err != nil || got != kind || formula != "" || is != want {
			t.Errorf("%s is %q of the type %d with the formula %q, want %q of the type %d", cell, is, got, formula, want, kind)
		}
	}
	if panes, err := book.GetPanes("Sheet1"); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("%+v, %v", panes, err)
	}
	if got := answer.Header().Get("Content-Type"); got != export.MediaTypes["xlsx"] || answer.Header().Get("X-Change-Cursor") == "" || !strings.HasSuffix(answer.Header().Get("Content-Disposition"), `.xlsx"`) {
		t.Errorf("%v", answer.Header())
	}
	days := bookOf(t, r.as(t).get(t, "/v1/exports/round-tables.xlsx?fields=starts_on"))
	raw, _ := days.GetCellValue("Sheet1", "C2", excelize.Options{RawCellValue: true})
	if shown, _ := days.GetCellValue("Sheet1", "C2"); shown != "2020-02-27" || raw != "43888" {
		t.Errorf("the day is %s, kept as %s", shown, raw)
	}
}

func TestAWorkbookOfWhatNoCellHoldsIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	fixture.Statement(t, r.pool, func(in *statement.Input) {
		in.Texts = []statement.Text{{Lang: "en", Text: strings.Repeat("😀", 20000), Original: true}}
	})
	refused := r.as(t).get(t, "/v1/exports/statements.xlsx")
	if p := refused.wantProblem(t, http.StatusUnprocessableEntity, "cell_too_long"); !strings.Contains(p.Title, "texts_en") || refused.Header().Get("Content-Disposition") != "" {
		t.Errorf("%+v %v", p, refused.Header())
	}
	bookOf(t, r.as(t).get(t, "/v1/exports/statements.xlsx?fields=act"))
}

// A workbook is compressed, so the matrix does not see into it.
func TestAWorkbookShowsNothingThatIsHidden(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	for _, x := range collections {
		rows, err := bookOf(t, m.as(t).get(t, "/v1/exports/"+x+".xlsx")).GetRows("Sheet1")
		if err != nil || len(rows) < 2 {
			t.Fatalf("%s: %d rows, %v", x, len(rows), err)
		}
		for _, row := range rows {
			if strings.Contains(strings.ToLower(strings.Join(row, " ")), "canary") {
				t.Errorf("%s shows %q", x, row)
			}
		}
	}
}
