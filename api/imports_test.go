package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/topic"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

func mediaOf(format string) string {
	media, _, _ := strings.Cut(export.MediaTypes[format], ";")
	return media
}

// send imports a file.
func (r bundleRig) send(t testing.TB, collection, query, format, file string) reply {
	t.Helper()
	return r.do(t, "POST", "/v1/imports/"+collection+query, file, "Authorization", "Bearer "+r.token, "Content-Type", mediaOf(format))
}

func (r bundleRig) file(t testing.TB, collection, format string) string {
	t.Helper()
	return r.do(t, "GET", "/v1/exports/"+collection+"."+format, nil, "Authorization", "Bearer "+r.token).want(t, 200).Body.String()
}

func importIn(t testing.TB, r reply) imports.Import {
	t.Helper()
	var m imports.Import
	if err := json.Unmarshal(r.Body.Bytes(), &m); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	return m
}

// refusal is the problem of a refused file.
type refusal struct {
	Counts imports.Counts
	Rows   []imports.Row
}

func refusedIn(t testing.TB, r reply) refusal {
	t.Helper()
	r.wantProblem(t, 422, "import_refused")
	var f refusal
	if err := json.Unmarshal(r.Body.Bytes(), &f); err != nil {
		t.Fatal(err)
	}
	for _, row := range f.Rows {
		for _, e := range row.Errors {
			if e.Message == "" || e.Message == e.Code || strings.ContainsAny(e.Message, "{}") {
				t.Errorf("line %d: %s has no whole text: %q", row.Line, e.Code, e.Message)
			}
		}
	}
	return f
}

// mistakesIn gives the mistakes of rows as "line column code".
func mistakesIn(rows []imports.Row) (list []string) {
	for _, r := range rows {
		for _, e := range r.Errors {
			list = append(list, fmt.Sprintf("%d %s%s %s", r.Line, e.Column, e.Pointer, e.Code))
		}
	}
	return list
}

func TestWhatWasExportedSaysNothingNewWhenItIsImported(t *testing.T) {
	t.Parallel()
	r := withKey(t, withHidden(t), actor.Write, actor.Publish)
	fixture.Affiliation(t, r.pool, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = 1, 1 }) // the sample has none
	for _, collection := range collections {
		for _, format := range export.Formats {
			before := r.recordChanges(t)
			file := r.file(t, collection, format)
			n := r.rows(t, "SELECT count(*) FROM "+strings.ReplaceAll(collection, "-", "_"))
			if rehearsed := importIn(t, r.send(t, collection, "?dry_run=true", format, file).want(t, 200)); rehearsed.Unchanged != n {
				t.Errorf("%s.%s, dry run: %+v of %d records", collection, format, rehearsed.Counts, n)
			}
			m := importIn(t, r.send(t, collection, "", format, file).want(t, 201))
			if m.Unchanged != n || m.Created+m.Updated+m.Failed != 0 {
				t.Errorf("%s.%s: %+v of %d records", collection, format, m.Counts, n)
			}
			if r.recordChanges(t) != before {
				t.Errorf("%s.%s: something was written", collection, format)
			}
		}
	}
}

// content gives the rows of an exported file without what every write changes.
func content(t testing.TB, format, file string) (rows []string) {
	t.Helper()
	drop := []string{"version", "updated_at"}
	switch format {
	case "ndjson":
		for line := range strings.SplitSeq(strings.TrimSpace(file), "\n") {
			var members map[string]json.RawMessage
			if err := json.Unmarshal([]byte(line), &members); err != nil {
				t.Fatal(err)
			}
			for _, name := range append(drop, "cursor") {
				delete(members, name)
			}
			b, _ := json.Marshal(members)
			rows = append(rows, string(b))
		}
		return rows
	case "csv":
		read := export.NewCSVReader(strings.NewReader(file), ',')
		return keptOf(t, drop, func() ([]string, error) { return read.Read() })
	}
	book, err := excelize.OpenReader(strings.NewReader(file), excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	all, err := book.GetRows(book.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	return keptOf(t, drop, func() ([]string, error) {
		if len(all) == 0 {
			return nil, io.EOF
		}
		row := all[0]
		all = all[1:]
		return row, nil
	})
}

func keptOf(t testing.TB, drop []string, next func() ([]string, error)) (rows []string) {
	t.Helper()
	header, err := next()
	if err != nil {
		t.Fatal(err)
	}
	for {
		row, err := next()
		if err == io.EOF {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		var kept []string
		for i, cell := range row {
			if !slices.Contains(drop, header[i]) {
				kept = append(kept, cell)
			}
		}
		rows = append(rows, strings.Join(kept, "\x00"))
	}
}

// awkward are texts that files have trouble with.
var awkward = rapid.Custom(func(t *rapid.T) string {
	parts := rapid.SliceOfN(rapid.SampledFrom([]string{"=1+1", "'", "+", "-", "@", "\t", "\"", ",", ";", "|", `\`, "\r\n", "\n", "Абай", "қ", "\u0301", "🙂", "a", " ", "0", "true", "2020-02-27"}), 1, 6).Draw(t, "parts")
	text := strings.TrimSpace(strings.Join(parts, ""))
	if text == "" {
		return "x"
	}
	return text
})

// awkwardName is one that has a letter, as every name must, and does not look like the names of several people.
var awkwardName = rapid.Map(awkward, func(s string) string { return s + "b" }).Filter(func(s string) bool { return !names.IsSeveral(s) })

func TestAnExportBringsBackWhatItHolds(t *testing.T) {
	t.Parallel()
	for _, format := range export.Formats {
		t.Run(format, func(t *testing.T) {
			r := newBundleRig(t, actor.Write)
			rapid.Check(t, func(rt *rapid.T) {
				if _, err := r.pool.Exec(t.Context(), "DELETE FROM people"); err != nil {
					t.Fatal(err)
				}
				n := rapid.IntRange(1, 4).Draw(rt, "people")
				for i := range n {
					in := map[string]any{
						"name":         rapid.MapOfN(rapid.SampledFrom([]string{"kk", "ru", "en", "tr"}), awkwardName, 1, 3).Draw(rt, "name"),
						"external_ids": []string{fmt.Sprintf("test:%d", i)},
						"notes":        awkward.Draw(rt, "notes"),
						"other_names":  []any{},
					}
					for range rapid.IntRange(0, 2).Draw(rt, "spellings") {
						in["other_names"] = append(in["other_names"].([]any), map[string]any{"text": awkwardName.Draw(rt, "spelling"), "kind": "alias"})
					}
					b, _ := json.Marshal(in)
					r.do(t, "POST", "/v1/people?allow_duplicate=true", string(b), "Authorization", "Bearer "+r.token, "Content-Type", jsonBody).want(t, 201)
				}
				file := r.file(t, "people", format)
				if _, err := r.pool.Exec(t.Context(), `UPDATE people SET name = '{"en": "Another"}', notes = NULL, other_names = '[]'`); err != nil {
					t.Fatal(err)
				}
				done := importIn(t, r.send(t, "people", "?overwrite=true", format, file).want(t, 201))
				if done.Updated != n {
					rt.Fatalf("%+v", done.Counts)
				}
				if was, is := content(t, format, file), content(t, format, r.file(t, "people", format)); !slices.Equal(was, is) {
					rt.Fatalf("was\n%q\nis\n%q", was, is)
				}
			})
		})
	}
}

const peopleTable = "name_ru;name_en;external_ids;notes\r\nМарат Сапаров;Marat Saparov;test:1;\r\nЖанна Ким;;test:2;Keeps minutes\r\n"

func TestARowIsFoundByItsIDOrItsExternalID(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	first := importIn(t, r.send(t, "people", "", "csv", peopleTable).want(t, 201))
	if first.Created != 2 || first.Failed+first.Updated+first.Unchanged != 0 || first.Rows[1].Line != 3 || first.Collection != "people" || first.Format != "csv" {
		t.Fatalf("%+v", first)
	}
	if again := importIn(t, r.send(t, "people", "", "csv", peopleTable).want(t, 201)); again.Unchanged != 2 {
		t.Errorf("%+v", again.Counts)
	}
	edited := importIn(t, r.send(t, "people", "", "csv", "id,external_ids,notes\r\n"+fmt.Sprint(*first.Rows[0].ID)+",test:1,New\r\n,test:2,\r\n").want(t, 201))
	if edited.Updated != 2 {
		t.Errorf("%+v", edited)
	}
	var got struct{ Data []person.Person }
	r.get(t, "/v1/people?sort=name", &got)
	if len(got.Data) != 2 || got.Data[0].Notes != nil || got.Data[0].Name["ru"] != "Жанна Ким" || *got.Data[1].Notes != "New" || got.Data[1].Name["en"] != "Marat Saparov" {
		t.Errorf("%+v", got.Data)
	}
	lines := importIn(t, r.send(t, "people", "", "ndjson", `{"external_ids": ["test:1"], "notes": "Line", "affiliation": null}`+"\n"+`{"name": {"en": "Third"}}`+"\n").want(t, 201))
	if lines.Updated != 1 || lines.Created != 1 {
		t.Errorf("%+v", lines)
	}
}

func TestEveryMistakeOfEveryRowIsToldAndNothingIsWritten(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	fixture.Person(t, r.pool, func(in *person.Input) { in.Name = map[string]string{"ru": "Талгат Калиев"} })
	before := r.changeCount(t)
	file := "id,name_ru,visibility,external_ids\r\n,Марат Сапаров,,test:1\r\n,,secret,bad\r\n999,Кто-то,,\r\nx,Кто-то,,\r\n,Талгат Калиев,,\r\n,Марат Сапаров,,test:3\r\n,a,b,c,d\r\n"
	for query, dry := range map[string]bool{"": false, "?dry_run=true": true} {
		f := refusedIn(t, r.send(t, "people", query, "csv", file))
		want := []string{"3 name_ru required", "3 external_ids bad_external_id", "3 visibility not_allowed", "4 id not_found", "5 id bad_number", "6  duplicate_candidates", "7 name_ru duplicate_row", "8  too_many_cells"}
		if got := mistakesIn(f.Rows); !slices.Equal(got, want) {
			t.Errorf("dry run %v:\n got %q\nwant %q", dry, got, want)
		}
		if f.Counts.Failed != 6 || f.Counts.Created != 1 {
			t.Errorf("%+v", f.Counts)
		}
	}
	if r.changeCount(t) != before {
		t.Error("something was written")
	}
	skipped := importIn(t, r.send(t, "people", "?on_error=skip", "csv", file).want(t, 201))
	if skipped.Created != 1 || skipped.Failed != 6 || r.rows(t, "SELECT count(*) FROM people") != 2 {
		t.Errorf("%+v", skipped.Counts)
	}
	allowed := importIn(t, r.send(t, "people", "?allow_duplicate=true", "csv", "name_ru\r\nТалгат Калиев\r\n").want(t, 201))
	if allowed.Created != 1 || r.rows(t, "SELECT count(*) FROM distinctions") != 1 {
		t.Errorf("%+v", allowed.Counts)
	}
}

func TestADryRunOfAnImportWritesNothing(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	before := r.changeCount(t)
	reply := r.send(t, "people", "?dry_run=true", "csv", peopleTable).want(t, 200)
	if m := importIn(t, reply); m.Created != 2 || m.Rows[0].ID != nil || reply.Header().Get("X-Dry-Run") != "true" {
		t.Errorf("%s", reply.Body)
	}
	if r.changeCount(t) != before || r.rows(t, "SELECT count(*) FROM imports") != 0 {
		t.Error("something was written")
	}
}

func TestAnOldVersionChangesNothingUnlessItIsWished(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	id := fixture.Topic(t, r.pool)
	fixture.Insert(t, r.pool, "UPDATE topics SET description = '{\"en\": \"Newer\"}' WHERE id = $1 RETURNING id", id)
	file := fmt.Sprintf("id,version,label_en\r\n%d,1,Water\r\n", id)
	if got := mistakesIn(refusedIn(t, r.send(t, "topics", "", "csv", file)).Rows); !slices.Equal(got, []string{"2 version row_outdated"}) {
		t.Errorf("%q", got)
	}
	if m := importIn(t, r.send(t, "topics", "?overwrite=true", "csv", file).want(t, 201)); m.Updated != 1 {
		t.Errorf("%+v", m)
	}
	if m := importIn(t, r.send(t, "topics", "", "csv", fmt.Sprintf("version,id,label_en\r\n1,%d,Water\r\n", id)).want(t, 201)); m.Unchanged != 1 {
		t.Errorf("what is there already is no mistake: %+v", m)
	}
}

func TestAFileThatWouldMakeTheSameAgainIsRefused(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	first := importIn(t, r.send(t, "places", "", "csv", "name_en\r\nTaraz\r\n").want(t, 201))
	r.send(t, "places", "", "csv", "name_en\r\nTaraz\r\n").wantProblem(t, 409, "already_imported")
	r.do(t, "POST", fmt.Sprintf("/v1/imports/%d/revert", first.ID), nil, "Authorization", "Bearer "+r.token).want(t, 200)
	r.send(t, "places", "", "csv", "name_en\r\nTaraz\r\n").want(t, 201)
}

func TestARevertedImportLeavesEverythingAsItWas(t *testing.T) {
	t.Parallel()
	r := withKey(t, withHidden(t), actor.Write, actor.Publish)
	revert := func(id int64, query string) reply {
		return r.do(t, "POST", fmt.Sprintf("/v1/imports/%d/revert%s", id, query), nil, "Authorization", "Bearer "+r.token)
	}
	before := content(t, "csv", r.file(t, "people", "csv"))
	file := "id,name_en,external_ids,notes\r\n1,Changed Name,test:7,x\r\n2,,,\r\n,Someone Entirely New,test:8,\r\n,Zhupar Unknown,test:9,\r\n"
	done := importIn(t, r.send(t, "people", "", "csv", file).want(t, 201))
	if done.Created != 2 || done.Updated == 0 {
		t.Fatalf("%+v", done.Counts)
	}
	if slices.Equal(content(t, "csv", r.file(t, "people", "csv")), before) {
		t.Fatal("nothing has changed")
	}
	revert(done.ID, "?dry_run=true").want(t, 200)
	if m := importIn(t, revert(done.ID, "").want(t, 200)); !m.Reverted {
		t.Errorf("%+v", m)
	}
	if after := content(t, "csv", r.file(t, "people", "csv")); !slices.Equal(after, before) {
		t.Errorf("was\n%s\nis\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
	revert(done.ID, "").wantProblem(t, 409, "already_reverted")
	revert(99999, "").wantProblem(t, 404, "not_found")

	again := importIn(t, r.send(t, "people", "", "csv", "id,notes\r\n1,First\r\n").want(t, 201))
	fixture.Insert(t, r.pool, "UPDATE people SET notes = 'Second' WHERE id = $1 RETURNING id", int64(1))
	refused := revert(again.ID, "")
	refused.wantProblem(t, 409, "changed_since")
	if !strings.Contains(refused.Body.String(), `"changed_since":[{"type":"people","id":1,`) {
		t.Errorf("%s", refused.Body)
	}
	made := importIn(t, r.send(t, "topics", "", "csv", "label_en\r\nUsed by another\r\n").want(t, 201))
	fixture.Topic(t, r.pool, func(in *topic.Input) { in.ParentID = made.Rows[0].ID })
	revert(made.ID, "").wantProblem(t, 409, "in_use")
}

func TestAFileThatCannotBeReadIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	for name, c := range map[string]struct {
		format, file string
		status       int
		code         string
	}{
		"empty":                    {"csv", "", 422, "file_empty"},
		"an export of nothing":     {"ndjson", `{"_end": true, "rows": 0, "cursor": ""}`, 422, "file_empty"},
		"header only":              {"csv", "name_ru\r\n", 422, "file_empty"},
		"another encoding":         {"csv", "name_ru\r\n\xcc\xe0\xf0\xe0\xf2\r\n", 422, "file_not_utf8"},
		"a quotation mark":         {"csv", "name_ru\r\n\"a\r\n", 422, "file_bad_quotes"},
		"unknown column":           {"csv", "name_rus\r\na\r\n", 422, "bad_header"},
		"a column twice":           {"csv", "name_ru,name_ru\r\na,b\r\n", 422, "bad_header"},
		"a column without a name":  {"csv", "name_ru,,\r\na,b,\r\n", 422, "bad_header"},
		"no workbook":              {"xlsx", "name_ru\r\n", 422, "file_no_workbook"},
		"an export that was cut":   {"ndjson", `{"name": {"en": "A"}}` + "\n" + `{"_end": true, "rows": 2, "cursor": ""}`, 422, "file_cut"},
		"more after the end":       {"ndjson", `{"_end": true, "rows": 0, "cursor": ""}` + "\n" + `{"name": {"en": "A"}}`, 422, "file_goes_on"},
		"an empty list":            {"ndjson", "\n", 422, "file_empty"},
		"a very long line":         {"ndjson", strings.Repeat(" ", maxBody+10), 422, "line_too_long"},
		"too many rows":            {"csv", "name_ru\r\n" + strings.Repeat("a\r\n", imports.MaxRows+1), 422, "file_too_many_rows"},
		"no JSON":                  {"ndjson", "{\n", 422, "import_refused"},
		"a list":                   {"ndjson", "[]\n", 422, "import_refused"},
		"a member that is unknown": {"ndjson", `{"name": {"en": "A"}, "nam": 1}`, 422, "import_refused"},
		"NUL":                      {"csv", "name_ru\r\na\x00b\r\n", 422, "import_refused"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.code == "file_too_many_rows" {
				c.format = "csv"
			}
			r.send(t, "people", "?on_error=abort", c.format, c.file).wantProblem(t, c.status, c.code)
		})
	}
	r.do(t, "POST", "/v1/imports/people", "{}", "Authorization", "Bearer "+r.token, "Content-Type", jsonBody).wantProblem(t, 415, "unsupported_media_type")
	r.send(t, "people", "", "csv", "name_ru\r\n"+strings.Repeat("x", maxFile)).wantProblem(t, 413, "body_too_large")
	r.send(t, "people", "?on_error=perhaps", "csv", "name_ru\r\na\r\n").wantProblem(t, 400, "bad_parameters")
	if n := r.rows(t, "SELECT count(*) FROM people"); n != 0 {
		t.Errorf("%d people", n)
	}
}

func TestNoFileMakesTheServiceFail(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	var book bytes.Buffer
	whole := excelize.NewFile()
	_ = whole.SetCellValue("Sheet1", "A1", "name_ru")
	_ = whole.SetCellValue("Sheet1", "A2", "Марат")
	if err := whole.Write(&book); err != nil {
		t.Fatal(err)
	}
	seeds := map[string][]byte{
		"csv": []byte("id,name_ru,other_names.text,other_names.kind\r\n,Марат,a|b,alias|alias\r\n"), "ndjson": []byte(`{"name": {"en": "A"}, "other_names": [{"text": "B", "kind": "alias"}]}` + "\n"), "xlsx": book.Bytes(),
	}
	rapid.Check(t, func(rt *rapid.T) {
		format := rapid.SampledFrom(export.Formats).Draw(rt, "format")
		file := slices.Clone(seeds[format])
		for range rapid.IntRange(1, 5).Draw(rt, "damages") {
			at := rapid.IntRange(0, len(file)-1).Draw(rt, "at")
			with := rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(rt, "with")
			file = slices.Replace(file, at, min(len(file), at+rapid.IntRange(0, 3).Draw(rt, "over")), with...)
			if len(file) == 0 {
				file = []byte("x")
			}
		}
		reply := r.send(t, "people", "?dry_run=true&on_error=skip", format, string(file))
		if reply.Code >= http.StatusInternalServerError {
			rt.Fatalf("%s: %d %s", format, reply.Code, reply.Body)
		}
	})
}

func TestATemplateNamesTheColumnsThatAnImportReads(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	for _, collection := range collections {
		template := r.do(t, "GET", "/v1/imports/templates/"+collection+".csv", nil).want(t, 200).Body.String()
		header := strings.Split(strings.TrimSpace(strings.TrimPrefix(template, export.BOM)), ",")
		exported := strings.SplitN(strings.TrimPrefix(r.file(t, collection, "csv"), export.BOM), "\r\n", 2)[0]
		for _, name := range header {
			if !slices.Contains(strings.Split(exported, ","), name) {
				t.Errorf("%s: the export has no column %s", collection, name)
			}
		}
	}
}
