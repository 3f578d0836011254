package api

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"

	ics "github.com/arran4/golang-ical"
)

func TestTheCalendarHasTheEventsThatTheFiltersLetThrough(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	for name, c := range map[string]caller{"anonymous": r.as(t), "reader": r.as(t, actor.Read)} {
		for _, query := range []string{"", "starts_from=2020-01-01&starts_to=2021-01-01", "q=policy&lang=ru"} {
			list, cursor := c.listedWhole(t, "/v1/round-tables", query)
			want := 0
			for _, record := range list {
				if !strings.Contains(record, `"starts_on":null`) && !strings.Contains(record, `"date_precision":"year"`) {
					want++
				}
			}
			answer := c.get(t, "/v1/calendar.ics?"+query).want(t, http.StatusOK)
			parsed, err := ics.ParseCalendar(strings.NewReader(answer.Body.String()))
			if err != nil || len(parsed.Events()) != want || want == 0 {
				t.Errorf("%s, %s: %v, want %d events", name, query, err, want)
			}
			if got := answer.Header().Get("Content-Type"); got != "text/calendar; charset=utf-8" || answer.Header().Get("X-Change-Cursor") != cursor {
				t.Errorf("%v", answer.Header())
			}
		}
	}
	c := r.as(t)
	c.get(t, "/v1/calendar.ics?starts_form=2020-01-01").wantProblem(t, http.StatusBadRequest, "bad_parameters", "starts_form unknown_parameter_hint")
	c.get(t, "/v1/calendar.ics?limit=1&sort=title").wantProblem(t, http.StatusBadRequest, "bad_parameters", "limit unknown_parameter", "sort unknown_parameter")
	c.do(t, http.MethodGet, "/v1/calendar.ics", nil, "Accept", "text/calendar").want(t, http.StatusOK)
	if head := c.do(t, http.MethodHead, "/v1/calendar.ics", nil).want(t, http.StatusOK); head.Body.Len() > 0 {
		t.Errorf("HEAD: %s", head.Body)
	}
}

func TestFeedsHaveTheLatestChangesFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.PublicBaseURL = "https://example.org" })
	titles := []string{"First & <b>best</b>", "Second", "Third"}
	for _, title := range titles {
		fixture.RoundTable(t, r.pool, func(in *roundtable.Input) {
			in.Title, in.Purpose = text.Map{"en": title, "ru": "По-русски " + title}, text.Map{"en": "To talk"}
		})
	}
	fixture.RoundTable(t, r.pool, fixture.Draft)
	c := r.as(t)
	r.as(t, actor.Write, actor.Publish).patch(t, "/v1/round-tables/1", `{"outcome":{"en":"A plan"}}`).want(t, http.StatusOK)

	var atom struct {
		ID      string `xml:"id"`
		Updated string `xml:"updated"`
		Author  string `xml:"author>name"`
		Entries []struct {
			ID      string `xml:"id"`
			Title   string `xml:"title"`
			Updated string `xml:"updated"`
			Content string `xml:"content"`
			Links   []struct {
				Href string `xml:"href,attr"`
			} `xml:"link"`
		} `xml:"entry"`
	}
	answer := c.do(t, http.MethodGet, "/v1/feed.atom?lang=en", nil, "Accept", "application/atom+xml").want(t, http.StatusOK)
	if err := xml.Unmarshal(answer.Body.Bytes(), &atom); err != nil {
		t.Fatal(err)
	}
	if len(atom.Entries) != 3 || atom.Entries[0].Title != titles[0] || atom.Entries[1].Title != "Third" || atom.Updated != atom.Entries[0].Updated || atom.Author == "" || atom.ID == "" {
		t.Errorf("%s", answer.Body)
	}
	id := "tag:" + r.server.authority + ",2020:round-tables/1"
	if e := atom.Entries[0]; e.ID != id || !strings.HasSuffix(id, ".roundtables.kz,2020:round-tables/1") || e.Links[0].Href != "https://example.org/v1/round-tables/1" || e.Content != "2020-02-27\n\nTo talk\n\nA plan" {
		t.Errorf("%+v", e)
	}

	var feed struct {
		Version string           `json:"version"`
		FeedURL string           `json:"feed_url"`
		Items   []map[string]any `json:"items"`
	}
	if err := json.Unmarshal(c.get(t, "/v1/feed.json?limit=2&lang=ru").want(t, http.StatusOK).Body.Bytes(), &feed); err != nil {
		t.Fatal(err)
	}
	if feed.Version != "https://jsonfeed.org/version/1.1" || feed.FeedURL != "https://example.org/v1/feed.json?lang=ru&limit=2" || len(feed.Items) != 2 {
		t.Errorf("%+v", feed)
	}
	if i := feed.Items[0]; i["id"] != id || i["title"] != "По-русски "+titles[0] || i["language"] != "ru" || i["url"] != "https://example.org/v1/round-tables/1" {
		t.Errorf("%v", i)
	}
	for _, feed := range []string{"atom", "json"} {
		at := "/v1/feed." + feed
		c.get(t, at+"?sort=title&cursor=x").wantProblem(t, http.StatusBadRequest, "bad_parameters", "cursor unknown_parameter", "sort unknown_parameter")
		if empty := c.get(t, at+"?starts_from=2050-01-01").want(t, http.StatusOK).Body.String(); strings.Contains(empty, "Second") || strings.Contains(empty, "0001-01-01") {
			t.Errorf("%s: %s", at, empty)
		}
		if got := c.get(t, fmt.Sprintf("%s?id=2", at)).Body.String(); !strings.Contains(got, "Second") || strings.Contains(got, "Third") {
			t.Errorf("%s: the filter does not count: %s", at, got)
		}
	}
}
