package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/zstd"
	"github.com/labstack/echo/v4"
)

var collections = func() (types []string) { // with an export that the public may read
	for _, r := range Resources() {
		if slices.ContainsFunc(r.Operations, func(o Operation) bool { return o.Feature == Export && o.Scope == actor.Public }) {
			types = append(types, r.Type)
		}
	}
	return types
}()

// listed gives the records of a list, page by page, and the cursor.
func (c caller) listedWhole(t *testing.T, path, query string) (records []string, cursor string) {
	t.Helper()
	at := path + "?limit=500&" + query
	for {
		var page struct {
			Data []json.RawMessage
			Page PageInfo
			Meta ListMeta
		}
		if err := json.Unmarshal(c.get(t, at).want(t, http.StatusOK).Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Data {
			records = append(records, string(d))
		}
		if page.Page.Next == nil {
			return records, page.Meta.Cursor
		}
		at = *page.Page.Next
	}
}

// linesOf gives the records of an NDJSON file, and holds its last line against them and the header.
func linesOf(t *testing.T, answer reply) []string {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(answer.want(t, http.StatusOK).Body.String(), "\n"), "\n")
	last, lines := lines[len(lines)-1], lines[:len(lines)-1]
	if want := fmt.Sprintf(`{"_end":true,"rows":%d,"cursor":"%s"}`, len(lines), answer.Header().Get("X-Change-Cursor")); last != want {
		t.Errorf("%s ends in %s, want %s", answer.request, last, want)
	}
	return lines
}

func TestAnExportIsTheWholeListAsTheCallerSeesIt(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	for name, c := range map[string]caller{"anonymous": r.as(t), "reader": r.as(t, actor.Read)} {
		for _, x := range collections {
			query := map[string]string{"statements": "sort=sequence,-starts_on", "round-tables": "sort=title&starts_from=2012-01-01", "people": "q=a", "attendees": "role=moderator,speaker"}[x]
			want, cursor := c.listedWhole(t, "/v1/"+x, query)
			answer := c.get(t, "/v1/exports/"+x+".ndjson?"+query)
			if got := linesOf(t, answer); !slices.Equal(got, want) {
				t.Errorf("%s, %s: %d records, the list has %d", name, x, len(got), len(want))
			}
			if got := answer.Header().Get("X-Change-Cursor"); got != cursor || cursor == "" {
				t.Errorf("%s: change cursor %q, the list's is %q", x, got, cursor)
			}
			if len(want) == 0 && x != "affiliations" && x != "topics" {
				t.Errorf("%s: the list of %s is empty", name, x)
			}
		}
	}
}

// tableOf reads a CSV file: its header and rows, without guards.
func tableOf(t *testing.T, file string, delimiter byte) (header []string, rows [][]string) {
	t.Helper()
	r := export.NewCSVReader(strings.NewReader(file), delimiter)
	for row, err := r.Read(); !errors.Is(err, io.EOF); row, err = r.Read() {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows[0], rows[1:]
}

func TestACSVFileHasEveryRecordOnceInTheOrderOfTheList(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	c := r.as(t, actor.Read)
	for _, x := range collections {
		want, _ := c.listedWhole(t, "/v1/"+x, "")
		answer := c.get(t, "/v1/exports/"+x+".csv").want(t, http.StatusOK)
		file := answer.Body.String()
		if !strings.HasPrefix(file, export.BOM+"id,version,created_at,updated_at,") || !strings.HasSuffix(file, "\r\n") {
			t.Errorf("%s begins with %q", x, file[:60])
		}
		header, rows := tableOf(t, file, ',')
		if len(rows) != len(want) {
			t.Fatalf("%s: %d rows, the list has %d", x, len(rows), len(want))
		}
		for i, row := range rows {
			if !strings.HasPrefix(want[i], `{"id":`+row[0]+",") || len(row) != len(header) {
				t.Errorf("%s: row %d is %q, the list has %s", x, i, row, want[i])
			}
		}
		if got := answer.Header().Get("Content-Disposition"); got != `attachment; filename="`+x+"-"+r.clock.now().UTC().Format(time.DateOnly)+`.csv"` {
			t.Errorf("%s: %s", x, got)
		}
		if got := answer.Header().Get("Content-Type"); got != "text/csv; charset=utf-8; header=present" {
			t.Errorf("%s: %s", x, got)
		}
	}
}

func TestCSVIsMadeAsTheReaderNeedsIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	fixture.Topic(t, r.pool, func(in *topic.Input) {
		in.Label = text.Map{"en": "=HYPERLINK(\"x\");a", "ru": "'-1", "kk": "Су", "de": "Wasser"}
	})
	c := r.as(t)
	for query, want := range map[string]string{
		"?fields=label":                             export.BOM + "id,version,label_kk,label_ru,label_en,label_other\r\n1,1,Су,''-1,\"'=HYPERLINK(\"\"x\"\");a\",\"{\"\"de\"\":\"\"Wasser\"\"}\"\r\n",
		"?fields=parent_id&bom=0":                   "id,version,parent_id\r\n1,1,\r\n",
		"?fields=parent_id&bom=1":                   export.BOM + "id,version,parent_id\r\n1,1,\r\n",
		"?fields=parent_id&bom=0&delimiter=comma":   "id,version,parent_id\r\n1,1,\r\n",
		"?fields=parent_id&bom=0&delimiter=tab":     "id\tversion\tparent_id\r\n1\t1\t\r\n",
		"?fields=label&bom=0&delimiter=semicolon":   "id;version;label_kk;label_ru;label_en;label_other\r\n1;1;Су;''-1;\"'=HYPERLINK(\"\"x\"\");a\";\"{\"\"de\"\":\"\"Wasser\"\"}\"\r\n",
		"?fields=label&bom=0&lang=kk&q=nothing+has": "id,version,label_kk,label_ru,label_en,label_other,label_text,label_lang\r\n",
		"?fields=label&bom=0&guard=0":               "id,version,label_kk,label_ru,label_en,label_other\r\n1,1,Су,'-1,\"=HYPERLINK(\"\"x\"\");a\",\"{\"\"de\"\":\"\"Wasser\"\"}\"\r\n",
		"?fields=label&bom=0&guard=1&lang=kk":       "id,version,label_kk,label_ru,label_en,label_other,label_text,label_lang\r\n1,1,Су,''-1,\"'=HYPERLINK(\"\"x\"\");a\",\"{\"\"de\"\":\"\"Wasser\"\"}\",Су,kk\r\n",
		"?fields=label&bom=0&lang=kk":               "id,version,label_kk,label_ru,label_en,label_other,label_text,label_lang\r\n1,1,Су,''-1,\"'=HYPERLINK(\"\"x\"\");a\",\"{\"\"de\"\":\"\"Wasser\"\"}\",Су,kk\r\n",
	} {
		if got := c.get(t, "/v1/exports/topics.csv"+query).want(t, http.StatusOK).Body.String(); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if got, want := c.get(t, "/v1/exports/topics.ndjson?fields=id&end=0").want(t, http.StatusOK).Body.String(), "{\"id\":1,\"version\":1}\n"; got != want {
		t.Errorf("end=0: %q, want %q", got, want)
	}
	if empty := c.get(t, "/v1/exports/people.ndjson?end=0").want(t, http.StatusOK); empty.Body.Len() > 0 || empty.Header().Get("X-Change-Cursor") == "" {
		t.Errorf("end=0 without records: %q %v", empty.Body, empty.Header())
	}
	// The columns of a file are in its address, not in the settings of a browser.
	for _, format := range []string{"csv", "ndjson"} {
		plain := c.get(t, "/v1/exports/topics."+format).Body.String()
		if got := c.do(t, http.MethodGet, "/v1/exports/topics."+format, nil, "Accept-Language", "ru").Body.String(); got != plain {
			t.Errorf("%s: Accept-Language makes %q of %q", format, got, plain)
		}
	}
	if got := linesOf(t, c.get(t, "/v1/exports/topics.ndjson?fields=label&lang=ru")); len(got) != 1 ||
		got[0] != `{"id":1,"version":1,"label":{"de":"Wasser","en":"=HYPERLINK(\"x\");a","kk":"Су","ru":"'-1"},"label_lang":"ru","label_text":"'-1"}` {
		t.Errorf("%s", got)
	}
}

func TestAnExportThatCannotBeMadeSaysWhy(t *testing.T) {
	t.Parallel()
	c := newRig(t, nil).as(t)
	for at, want := range map[string]string{
		"round-tables.csv?starts_form=2020-01-01": "starts_form unknown_parameter_hint",
		"round-tables.csv?limit=10":               "limit unknown_parameter",
		"statements.ndjson?cursor=x&count=exact":  "count unknown_parameter_hint, cursor unknown_parameter",
		"attendees.csv?include=statements":        "include unknown_parameter",
		"people.csv?sort=age":                     "sort bad_sort",
		"people.csv?fields=nam":                   "fields unknown_field_hint",
		"topics.csv?delimiter=pipe&bom=true":      "bom not_allowed, delimiter not_allowed",
		"topics.ndjson?delimiter=tab&bom=0":       "bom only_csv, delimiter only_csv",
		"topics.ndjson?guard=0":                   "guard only_csv",
		"topics.csv?end=0":                        "end only_ndjson",
		"topics.xlsx?end=0&guard=0":               "guard only_csv, end only_ndjson",
		"topics.ndjson?end=false":                 "end not_allowed",
		"topics.csv?guard=no":                     "guard not_allowed",
		"registry.zip?guard=2":                    "guard not_allowed",
		"registry.zip?bom=0":                      "bom unknown_parameter",
		"round-tables.csv?starts_from=yesterday":  "starts_from bad_date",
	} {
		c.get(t, "/v1/exports/"+at).wantProblem(t, http.StatusBadRequest, "bad_parameters", strings.Split(want, ", ")...)
	}
	c.get(t, "/v1/exports/topics.pdf").wantProblem(t, http.StatusNotFound, "no_such_format")
	c.get(t, "/v1/exports/nothing.csv").wantProblem(t, http.StatusNotFound, "no_such_path")
	c.do(t, http.MethodGet, "/v1/exports/topics.csv", nil, "Accept", "text/csv").want(t, http.StatusOK)
	head := c.do(t, http.MethodHead, "/v1/exports/topics.csv", nil).want(t, http.StatusOK)
	if head.Header().Get("X-Change-Cursor") == "" || head.Body.Len() > 0 {
		t.Errorf("HEAD: %v %q", head.Header(), head.Body)
	}
	c.do(t, http.MethodHead, "/v1/exports/topics.csv?sort=x", nil).want(t, http.StatusBadRequest)
}

func TestAnExportMayTakeLongerThanARequest(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.RequestTimeout = time.Nanosecond })
	fixture.Topic(t, r.pool)
	r.as(t).get(t, "/v1/topics").wantProblem(t, http.StatusServiceUnavailable, "timeout")
	if got := linesOf(t, r.as(t).get(t, "/v1/exports/topics.ndjson")); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

// timed is a connection with deadlines.
type timed struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
}

func (w *timed) SetWriteDeadline(at time.Time) error {
	w.deadlines = append(w.deadlines, at)
	return nil
}

func TestTheDeadlineOfADownloadIsForOnePiece(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	for _, at := range []string{"/v1/exports/statements.csv", "/v1/exports/statements.ndjson", "/v1/exports/statements.xlsx", "/v1/exports/popolo.json", archivePath, "/v1/calendar.ics"} {
		w := &timed{ResponseRecorder: httptest.NewRecorder()}
		r.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, at, nil))
		if w.Code != http.StatusOK || len(w.deadlines) < 1+w.Body.Len()/(64<<10) {
			t.Errorf("%s: status %d, %d bytes, %d deadlines", at, w.Code, w.Body.Len(), len(w.deadlines))
		}
		for _, deadline := range w.deadlines {
			if left := time.Until(deadline); left > sendTimeout || left < sendTimeout/2 {
				t.Errorf("%s: %s left", at, left)
			}
		}
	}
}

func TestDownloadsLeaveConnectionsToOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	downloads := r.server.downloads
	downloads.wait = 0
	var last *slot
	for n := range downloads.total {
		last = &slot{client: client{key: int64(1000 + n)}}
		downloads.held[last] = true
	}
	refused := r.as(t).get(t, "/v1/exports/topics.csv")
	refused.wantProblem(t, http.StatusServiceUnavailable, "too_many_downloads")
	if refused.Header().Get("Retry-After") == "" || refused.Header().Get("Content-Disposition") != "" {
		t.Errorf("%v", refused.Header())
	}
	downloads.leave(last)
	for range 3 { // each releases its slot
		r.as(t, actor.Read).get(t, "/v1/exports/topics.csv").want(t, http.StatusOK)
	}
}

func TestFilesAreCompressedAsTheClientWantsIt(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	plain := r.as(t).get(t, "/v1/exports/statements.csv").Body.String()
	for encoding, open := range map[string]func(io.Reader) (io.Reader, error){
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"zstd": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
	} {
		request, err := http.NewRequest(http.MethodGet, "/v1/exports/statements.csv", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept-Encoding", encoding)
		base, _, _ := served(t, r.handler, Stop{})
		request.URL, _ = request.URL.Parse(base + request.URL.Path)
		answer, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		if got := answer.Header.Get("Content-Encoding"); got != encoding {
			t.Errorf("%s: Content-Encoding is %q", encoding, got)
		}
		opened, err := open(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(opened); err != nil || string(got) != plain {
			t.Errorf("%s: %d bytes of %d, %v", encoding, len(got), len(plain), err)
		}
		_ = answer.Body.Close()
	}
}

// A file that is cut off in the middle must not look whole to any client, compressed or not.
func TestAFileThatBreaksOffIsNotTakenForWhole(t *testing.T) {
	t.Parallel()
	failing := route(http.MethodGet, "/v1/exports/failing.:format", actor.Public, func(s *server, c echo.Context) error {
		steps := 0
		return exportOf(s, c, nil, nil, func(ctx context.Context, db pg.DB, f topic.Filter) (paging.Page[topic.Topic], error) {
			if steps++; steps > 1 {
				return paging.Page[topic.Topic]{}, errors.New("the disk is full")
			}
			return topic.List(ctx, db, f)
		})
	})
	r := newRig(t, nil, failing)
	r.write(t, func(ctx context.Context, tx pgx.Tx) error { // more than one page of a walk
		_, err := tx.Exec(ctx, "INSERT INTO topics (label) SELECT jsonb_build_object('en', repeat('Water ', 20) || n) FROM generate_series(0, 599) n")
		return err
	})
	base, _, _ := served(t, r.handler, Stop{})
	for _, format := range []string{"csv", "ndjson"} {
		for _, compressed := range []bool{false, true} {
			r.log.take()
			client := http.Client{Transport: &http.Transport{DisableCompression: !compressed, DisableKeepAlives: true}}
			answer, err := client.Get(base + "/v1/exports/failing." + format)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if err == nil || bytes.Contains(body, []byte("_end")) || !bytes.Contains(body, []byte("Water 19")) {
				t.Errorf("%s, compressed %v: %d bytes, error %v", format, compressed, len(body), err)
			}
		}
	}
	for range 2 { // and the places are free again
		r.as(t).get(t, "/v1/exports/topics.csv").want(t, http.StatusOK)
	}
	if n := len(r.server.downloads.held); n != 0 {
		t.Errorf("%d places are still taken", n)
	}
}

func TestABrokenFileIsLoggedAsAnError(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil, route(http.MethodGet, "/v1/exports/failing.csv", actor.Public, func(s *server, c echo.Context) error {
		return s.snapshot(c, func(context.Context, pgx.Tx) error {
			return errors.Join(newDownload(c, nil).begin(), errors.New("the disk is full"))
		})
	}))
	func() {
		defer func() {
			if p := recover(); p != http.ErrAbortHandler {
				t.Errorf("panic with %v", p)
			}
		}()
		r.as(t).get(t, "/v1/exports/failing.csv")
	}()
	line := strings.Join(r.log.take(), "\n")
	for _, want := range []string{`"level":"ERROR"`, `"cut_off":true`, `"error":"the disk is full"`} {
		if !strings.Contains(line, want) {
			t.Errorf("the log lacks %s: %s", want, line)
		}
	}
}
