package api

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/roundtable"

	ics "github.com/arran4/golang-ical"
	"github.com/xuri/excelize/v2"
)

// eventsOf are the UIDs of the events of a calendar.
func eventsOf(t *testing.T, raw string) (uids []string) {
	t.Helper()
	parsed, err := ics.ParseCalendar(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	for _, e := range parsed.Events() {
		uids = append(uids, e.Id())
	}
	slices.Sort(uids)
	return uids
}

func TestTheCalendarOfARecordHasItsPartOfTheCalendar(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	c, reader := r.as(t), r.as(t, actor.Read)
	event := c.get(t, "/v1/round-tables/13.ics?lang=ru").want(t, http.StatusOK)
	if got, want := event.Body.String(), c.get(t, "/v1/calendar.ics?lang=ru&id=13").Body.String(); got[strings.Index(got, "BEGIN:VEVENT"):] != want[strings.Index(want, "BEGIN:VEVENT"):] {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if h := event.Header(); h.Get("Content-Type") != mediaICS || h.Get("Content-Disposition") != `attachment; filename="round-tables-13.ics"` || h.Get("X-Change-Cursor") == "" {
		t.Errorf("%v", h)
	}
	for _, caller := range []caller{c, reader} {
		attended := 0
		for person := 6; person < 50; person++ {
			if person%5 == 0 {
				continue // restricted
			}
			got := eventsOf(t, caller.get(t, fmt.Sprintf("/v1/people/%d.ics", person)).want(t, http.StatusOK).Body.String())
			want := eventsOf(t, caller.get(t, fmt.Sprintf("/v1/calendar.ics?person=%d", person)).Body.String())
			if !slices.Equal(got, want) {
				t.Errorf("person %d: %q, want %q", person, got, want)
			}
			attended += len(got)
		}
		if attended < 10 {
			t.Errorf("only %d events", attended)
		}
	}
	name, _, _ := strings.Cut(c.get(t, "/v1/people/41.ics?lang=en").Body.String(), "BEGIN:VEVENT")
	if person := c.get(t, "/v1/people/41?lang=en").object(t); !strings.Contains(name, "\r\nNAME:"+person["name_text"].(string)+"\r\n") {
		t.Errorf("%s", name)
	}
	// Hidden records, unknown ones, and what is no number.
	for _, at := range []string{
		"/v1/round-tables/1.ics", "/v1/round-tables/99999.ics", "/v1/people/5.ics", "/v1/people/0.ics", "/v1/people/x.ics", "/v1/people/.ics", "/v1/people/1.5.ics",
		"/v1/people/5.jsonld", "/v1/round-tables/1.jsonld", "/v1/organizations/99999.jsonld", "/v1/people/41.xml", "/v1/people/41.", "/v1/topics/1.ics", "/v1/people/41.ICS",
	} {
		for _, header := range [][]string{nil, {"If-None-Match", "*"}, {"If-Modified-Since", "Mon, 01 Jan 2035 00:00:00 GMT"}} {
			c.do(t, http.MethodGet, at, nil, header...).wantProblem(t, http.StatusNotFound, "not_found")
		}
	}
	for _, at := range []string{"/v1/round-tables/1.ics", "/v1/people/5.ics", "/v1/people/5.jsonld", "/v1/round-tables/1.jsonld"} {
		reader.get(t, at).want(t, http.StatusOK)
	}
	c.get(t, "/v1/people/41.ics?limit=1").wantProblem(t, http.StatusBadRequest, "bad_parameters", "limit unknown_parameter")
	c.get(t, "/v1/people/41.jsonld?lang=ru").wantProblem(t, http.StatusBadRequest, "bad_parameters", "lang unknown_parameter")
	r.as(t, actor.Write).del(t, "/v1/people/41.ics").wantProblem(t, http.StatusNotFound, "not_found")
	undated := fixture.RoundTable(t, r.pool, func(in *roundtable.Input) { in.StartsOn, in.DatePrecision = nil, "" })
	if got := eventsOf(t, c.get(t, fmt.Sprintf("/v1/round-tables/%d.ics", undated)).want(t, http.StatusOK).Body.String()); len(got) != 0 {
		t.Errorf("without a date: %q", got)
	}
}

func TestJSONLDHasAnAddressOfItsOwn(t *testing.T) {
	t.Parallel()
	c := sampled(t).as(t)
	for _, at := range []string{"/v1/round-tables/13", "/v1/people/41", "/v1/organizations/5"} {
		want := c.do(t, http.MethodGet, at, nil, "Accept", mediaJSONLD).want(t, http.StatusOK)
		got := c.do(t, http.MethodGet, at+".jsonld", nil, "Accept", "text/html").want(t, http.StatusOK)
		if got.Body.String() != want.Body.String() || got.Header().Get("Content-Type") != mediaJSONLD || got.Header().Get("ETag") == "" {
			t.Errorf("%s.jsonld: %v %s", at, got.Header(), got.Body)
		}
		tag := want.Header().Get("ETag")
		if tag != got.Header().Get("ETag") {
			t.Errorf("%s: the tags %s and %s", at, tag, got.Header().Get("ETag"))
		}
		c.do(t, http.MethodGet, at, nil, "Accept", mediaJSONLD, "If-None-Match", tag).want(t, http.StatusNotModified)
		c.do(t, http.MethodGet, at+".jsonld", nil, "If-None-Match", tag).want(t, http.StatusNotModified)
		c.do(t, http.MethodGet, at, nil, "If-None-Match", tag).want(t, http.StatusOK) // of another form
		c.do(t, http.MethodGet, at, nil, "Accept", mediaJSONLD, "If-None-Match", c.get(t, at).Header().Get("ETag")).want(t, http.StatusOK)
		if record := c.get(t, at).want(t, http.StatusOK); record.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", at, record.Header())
		}
	}
}

func TestTheFileOfARecordHasATagOrATimeToAskAgain(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	agedLog(t, r)
	c := r.as(t)
	for _, at := range []string{"/v1/round-tables/13.ics?lang=ru", "/v1/people/41.ics", "/v1/people/41.jsonld", "/v1/organizations/5.jsonld"} {
		first := c.get(t, at).want(t, http.StatusOK)
		tag, modified := first.Header().Get("ETag"), first.Header().Get("Last-Modified")
		for _, held := range [][]string{{"If-None-Match", tag}, {"If-None-Match", "*"}, {"If-Modified-Since", modified}} {
			same := c.do(t, http.MethodGet, at, nil, held...).want(t, http.StatusNotModified)
			if same.Body.Len() > 0 || same.Header().Get("ETag") != tag || same.Header().Get("Last-Modified") != modified {
				t.Errorf("%s with %q: %v %s", at, held, same.Header(), same.Body)
			}
		}
		for _, held := range [][]string{{"If-None-Match", `"other"`}, {"If-Modified-Since", "Mon, 01 Jan 2001 00:00:00 GMT"}, {"If-Modified-Since", "yesterday"}} {
			if again := c.do(t, http.MethodGet, at, nil, held...).want(t, http.StatusOK); again.Body.String() != first.Body.String() {
				t.Errorf("%s with %q: %s", at, held, again.Body)
			}
		}
	}
}

func TestTheFileOfAMergedRecordIsThatOfTheOtherOne(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	fixture.Person(t, r.pool)
	fixture.Person(t, r.pool)
	r.as(t, actor.Write).post(t, "/v1/people/1/merge", `{"into":2}`).want(t, http.StatusOK)
	for _, extension := range []string{".ics", ".jsonld"} {
		if got := r.as(t).get(t, "/v1/people/1"+extension).want(t, http.StatusPermanentRedirect).Header().Get("Location"); got != "/v1/people/2"+extension {
			t.Errorf("%s: %s", extension, got)
		}
	}
}

func TestACalendarHasTheOrganizerThePositionAndTheTimeZone(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.as(t, actor.Write, actor.Publish)
	idIn := func(path string) string { return path[strings.LastIndex(path, "/")+1:] }
	place := w.make(t, "/v1/places", `{"name":{"en":"Astana"},"latitude":51.13,"longitude":71.43}`)
	organization := w.make(t, "/v1/organizations", `{"name":{"en":"Institute; \"KISI\", Almaty"}}`)
	event := w.make(t, "/v1/round-tables", `{"title":{"en":"A"},"publication":"published","place_id":%s,"starts_at":"2024-02-29T10:00:00+06:00","ends_at":"2024-03-01T12:00:00+05:00"}`, idIn(place))
	w.make(t, "/v1/organizers", `{"round_table_id":%s,"organization_id":%s,"kind":"organizer"}`, idIn(event), idIn(organization))
	for _, at := range []string{event + ".ics", "/v1/calendar.ics"} {
		raw := strings.ReplaceAll(r.as(t).get(t, at).want(t, http.StatusOK).Body.String(), "\r\n ", "")
		for _, want := range []string{
			`ORGANIZER;CN="Institute; ^'KISI^', Almaty";LANGUAGE=en:tag:` + r.server.authority + ",2020:organizations/1", "GEO:51.13;71.43",
			"DTSTART;TZID=Asia/Almaty:20240229T100000", "DTEND;TZID=Asia/Almaty:20240301T120000", "TZID:Asia/Almaty", "DTSTART:20240301T000000", "TZOFFSETTO:+0500",
		} {
			if strings.Count(raw, "\r\n"+want+"\r\n") != 1 {
				t.Errorf("%s: %s is not once in %s", at, want, raw)
			}
		}
	}
}

func TestEveryFileAndFeedStatesTheLicence(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	list := append(files(), "/v1", archivePath, "/v1/round-tables/13.jsonld", "/v1/people/41.ics")
	for _, at := range list {
		answer := r.do(t, http.MethodGet, at, nil).want(t, http.StatusOK)
		if got := answer.Header().Values("Link"); !slices.Contains(got, "<"+License+`>; rel="license"`) {
			t.Errorf("%s: Link: %q", at, got)
		}
		stated := bytes.Contains(bytes.ReplaceAll(answer.Body.Bytes(), []byte("\r\n "), nil), []byte(License))
		switch path, _, _ := strings.Cut(at, "?"); {
		case strings.HasSuffix(path, ".xlsx"):
			book, err := excelize.OpenReader(answer.Body)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := book.GetCustomProps(); err != nil || len(got) != 1 || got[0].Name != "License" || got[0].Value != License {
				t.Errorf("%s: %v, %v", at, got, err)
			}
		case strings.HasSuffix(path, ".csv") || strings.HasSuffix(path, ".ndjson"): // have no place for it
		case strings.HasSuffix(path, ".zip"):
			if !strings.Contains(readZipped(t, answer.Body.Bytes())["datapackage.json"], License) {
				t.Errorf("%s does not state the licence", at)
			}
		case !stated:
			t.Errorf("%s does not state the licence", at)
		}
	}
}

func readZipped(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(content)
	}
	return all
}

func TestTheArchiveHasTextsForSpreadsheetsOrForPrograms(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.as(t, actor.Write).make(t, "/v1/topics", `{"label":{"en":"=1+1","ru":"'-1"}}`)
	for query, want := range map[string]string{"": "1,''-1,'=1+1,", "?guard=1": "1,''-1,'=1+1,", "?guard=0": "1,'-1,=1+1,"} {
		z := readZipped(t, r.as(t).get(t, archivePath+query).want(t, http.StatusOK).Body.Bytes())
		row := strings.Split(z["topics.csv"], "\r\n")[1]
		cells := strings.Split(row, ",")
		if got := cells[0] + "," + strings.Join(cells[5:7], ",") + ","; got != want {
			t.Errorf("%s: %s in %s, want %s", query, got, row, want)
		}
		var about map[string]any
		if err := json.Unmarshal([]byte(z["datapackage.json"]), &about); err != nil || strings.Contains(about["description"].(string), "precedes texts") == (query == "?guard=0") {
			t.Errorf("%s: %v, %v", query, about["description"], err)
		}
	}
}

func TestAnUnguardedExportCanBeImportedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	c.make(t, "/v1/topics", `{"label":{"en":"'=1+1","ru":"'-1","kk":"=2"}}`)
	for _, guard := range []string{"0", "1"} {
		file := c.get(t, "/v1/exports/topics.csv?guard="+guard).want(t, http.StatusOK).Body.String()
		got := c.do(t, http.MethodPost, "/v1/imports/topics?guard="+guard, file, append([]string{"Content-Type", "text/csv"}, c.headers...)...).want(t, http.StatusCreated).object(t)
		if got["unchanged"] != 1.0 {
			t.Errorf("guard=%s: %v", guard, got)
		}
	}
}
