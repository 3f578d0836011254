package api

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"

	"github.com/xuri/excelize/v2"
)

// formPart is a part of a form; media is empty if it states no media type.
type formPart struct{ name, file, media, content string }

// formOf is a form with a boundary.
func formOf(t testing.TB, boundary string, parts ...formPart) (body, media string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(boundary); err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		h := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q`, p.name)}}
		if p.file != "" {
			h.Set("Content-Disposition", fmt.Sprintf(`form-data; name=%q; filename=%q`, p.name, p.file))
		}
		if p.media != "" {
			h.Set("Content-Type", p.media)
		}
		part, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(part, p.content) // a buffer takes everything
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

func (r bundleRig) upload(t testing.TB, target, media, body string, headers ...string) reply {
	t.Helper()
	return r.do(t, http.MethodPost, target, body, append([]string{"Authorization", "Bearer " + r.token, "Content-Type", media}, headers...)...)
}

func topicsBook(t testing.TB, label string) string {
	t.Helper()
	var b bytes.Buffer
	book := excelize.NewFile()
	_ = book.SetCellValue("Sheet1", "A1", "label_en")
	_ = book.SetCellValue("Sheet1", "A2", label)
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAFileIsReadAsBrowsersAndCurlSendIt(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	n := 0
	label := func() string { n++; return fmt.Sprintf("Topic %d", n) }
	csv := func() string { return "label_en\n" + label() + "\n" }
	line := func() string { return `{"label":{"en":"` + label() + `"}}` + "\n" }
	for _, c := range []struct {
		name, file, media, content, format string
		form                               bool
	}{
		{"CSV as Windows names it", "", mediaExcel, csv(), "csv", false}, {"a workbook as Windows names it", "", mediaExcel, topicsBook(t, label()), "xlsx", false},
		{"curl -F with CSV", "topics.csv", "application/octet-stream", csv(), "csv", true}, {"curl -F with a workbook", "topics.xlsx", "application/octet-stream", topicsBook(t, label()), "xlsx", true},
		{"curl -F with lines", "topics.ndjson", "application/octet-stream", line(), "ndjson", true}, {"lines without a name", "", "", line(), "ndjson", true},
		{"a form on Windows", "topics.csv", mediaExcel, csv(), "csv", true}, {"a form elsewhere", "topics.csv", "text/csv", csv(), "csv", true},
		{"a form with a workbook", "t", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", topicsBook(t, label()), "xlsx", true},
		{"a name with a folder", `C:\Users\a\topics.csv`, "text/plain", csv(), "csv", true},
	} {
		body, media := c.content, c.media
		if c.form {
			body, media = formOf(t, "xxBOUNDARYxx", formPart{"file", c.file, c.media, c.content})
		}
		m := importIn(t, r.upload(t, "/v1/imports/topics", media, body).want(t, http.StatusCreated))
		if m.Created != 1 || m.Format != c.format || m.SHA256 != fmt.Sprintf("%x", sha256.Sum256([]byte(c.content))) {
			t.Errorf("%s: %+v", c.name, m.Head)
		}
	}
	if got := r.rows(t, "SELECT count(*) FROM topics"); got != n {
		t.Errorf("%d topics, want %d", got, n)
	}
}

func TestAFormHasOneFileAndNothingElse(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	file := formPart{"file", "topics.csv", "text/csv", "label_en\nWater\n"}
	form := func(parts ...formPart) string {
		body, _ := formOf(t, "b", parts...)
		return body
	}
	const media = mediaForm + "; boundary=b"
	whole := form(file)
	for name, c := range map[string]struct {
		media, body, code string
		status            int
	}{
		"two files":              {media, form(file, file), "form_not_one_file", 400},
		"an option":              {media, form(file, formPart{"dry_run", "", "", "true"}), "form_not_one_file", 400},
		"an option first":        {media, form(formPart{"dry_run", "", "", "true"}, file), "form_not_one_file", 400},
		"no part":                {media, form(), "form_not_one_file", 400},
		"no boundary":            {mediaForm, whole, "form_not_one_file", 400},
		"another boundary":       {mediaForm + "; boundary=c", whole, "form_not_one_file", 400},
		"an end that is missing": {media, whole[:len(whole)-8], "body_unreadable", 400},
		"an empty file":          {media, form(formPart{"file", "", "application/octet-stream", ""}), "file_empty", 422},
		"a file of Excel 97":     {media, form(formPart{"file", "topics.xls", mediaExcel, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}), "file_old_workbook", 422},
		"a large file":           {media, form(formPart{"file", "topics.csv", "text/csv", "label_en\n" + strings.Repeat("x", maxFile)}), "body_too_large", 413},
		"a large head":           {media, "--b\r\nContent-Disposition: form-data; name=" + strings.Repeat("x", maxFile+maxForm), "form_not_one_file", 400},
	} {
		got := r.upload(t, "/v1/imports/topics", c.media, c.body)
		if got.Code != c.status || !strings.Contains(got.Body.String(), `"code":"`+c.code+`"`) {
			t.Errorf("%s: %d %s, want %d %s", name, got.Code, got.Body, c.status, c.code)
		}
	}
	if n := r.rows(t, "SELECT count(*) FROM topics"); n != 0 {
		t.Errorf("%d topics", n)
	}
}

func TestAFormAsLargeAsTheLargestFileIsRead(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	body, media := formOf(t, "b", formPart{"file", "topics.csv", "text/csv", "label_en\nWater\n" + strings.Repeat("\n", maxFile-len("label_en\nWater\n"))})
	if m := importIn(t, r.upload(t, "/v1/imports/topics?dry_run=true", media, body).want(t, http.StatusOK)); m.Created != 1 {
		t.Errorf("%+v", m.Head)
	}
}

func TestARepeatedFormIsTheSameRequestWhateverItsBoundary(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	send := func(boundary, label string) reply {
		body, media := formOf(t, boundary, formPart{"file", "topics.csv", "text/csv", "label_en\n" + label + "\n"})
		return r.upload(t, "/v1/imports/topics", media, body, "Idempotency-Key", "once")
	}
	first := importIn(t, send("first", "Water").want(t, http.StatusCreated))
	again := send("second", "Water").want(t, http.StatusCreated)
	if importIn(t, again).ID != first.ID || again.Header().Get(replayed) != "true" {
		t.Errorf("%s", again.Body)
	}
	send("third", "Soil").wantProblem(t, http.StatusUnprocessableEntity, "idempotency_key_reused")
}

func TestWhatOnlyExportsHaveIsIgnoredByNameAndNeverSuggested(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	for collection, names := range map[string][]string{
		"attendees": {"organization_as_listed", "person_name_en"}, "round-tables": {"organizer", "counts.attendee", "place_name_en"}, "topics": {"parent_name_en"},
		"people": {"affiliation_organization.name_en"},
	} {
		template := r.do(t, "GET", "/v1/imports/templates/"+collection+".csv", nil).want(t, 200).Body.String()
		header := strings.Split(strings.TrimSpace(strings.TrimPrefix(template, "\ufeff")), ",")
		for _, name := range names {
			p := r.send(t, collection, "", "csv", name+"\nx\n").wantProblem(t, 422, "bad_header")
			_, hint, hinted := strings.Cut(p.Errors[0].Message, "did you mean ")
			if hinted && !slices.Contains(header, strings.TrimSuffix(hint, "?")) || len(p.Errors[0].Allowed) != len(header) {
				t.Errorf("%s: %s: %+v", collection, name, p.Errors[0])
			}
		}
	}
	id := fixture.RoundTable(t, r.pool)
	m := importIn(t, r.send(t, "round-tables", "", "csv", fmt.Sprintf("id,place.name_en,counts.attendees,organizers.name_ru\n%d,Astana,7,x\n", id)).want(t, 201))
	if want := []string{"place.name_en", "counts.attendees", "organizers.name_ru"}; !slices.Equal(m.Ignored, want) || m.Unchanged != 1 {
		t.Errorf("%q of %+v", m.Ignored, m.Counts)
	}
}

func TestAnExportThatPandasHasRewrittenChangesNothing(t *testing.T) {
	t.Parallel()
	r := withKey(t, withHidden(t), actor.Write, actor.Publish)
	decimals := func(file string) string { // what pandas makes of columns of integers with empty cells
		lines := strings.Split(file, "\r\n")
		header := strings.Split(strings.TrimPrefix(lines[0], "\ufeff"), ",")
		for i, line := range lines[1:] {
			cells := strings.Split(line, ",")
			if len(cells) != len(header) || strings.Contains(line, `"`) {
				continue // texts with commas stay as they are
			}
			for j, name := range header {
				if cells[j] != "" && !strings.Contains(cells[j], "|") && (name == "id" || name == "version" || strings.HasSuffix(name, "_id")) {
					cells[j] += ".0"
				}
			}
			lines[i+1] = strings.Join(cells, ",")
		}
		return strings.Join(lines, "\r\n")
	}
	for _, collection := range []string{"attendees", "topics", "organizations"} {
		file := r.file(t, collection, "csv")
		changed := decimals(file)
		if changed == file {
			t.Fatalf("%s: nothing was rewritten", collection)
		}
		if m := importIn(t, r.send(t, collection, "", "csv", changed).want(t, 201)); m.Updated+m.Created+m.Failed != 0 || m.Unchanged == 0 {
			t.Errorf("%s: %+v", collection, m.Counts)
		}
	}
}

func TestAStatementWhoseOriginalHasNoTextIsRejected(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	event := fixture.RoundTable(t, r.pool)
	file := func(original string) string {
		return fmt.Sprintf("round_table_id,texts_en,texts_original\n%d,Water,%s\n", event, original)
	}
	if got := mistakesIn(refusedIn(t, r.send(t, "statements", "", "csv", file("ru"))).Rows); !slices.Equal(got, []string{"2 texts_original language_without_text"}) {
		t.Errorf("%q", got)
	}
	for _, original := range []string{"en", "EN", ""} {
		r.send(t, "statements", "?dry_run=true", "csv", file(original)).want(t, 200)
	}
}

func TestANumberThatMustBePositiveSaysItsLeastValue(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	refused := r.as(t, actor.Write).post(t, "/v1/attendees", fmt.Sprintf(`{"round_table_id":%d,"description":{"en":"Students"},"group_size":0}`, fixture.RoundTable(t, r.pool)))
	if p := refused.wantProblem(t, 422, "validation_failed", "/group_size too_small"); p.Errors[0].Message != "must be at least 1" {
		t.Errorf("%q", p.Errors[0].Message)
	}
}
