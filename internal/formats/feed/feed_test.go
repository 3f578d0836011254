package feed_test

import (
	"encoding/json"
	"encoding/xml"
	"slices"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/formats/feed"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"
)

var (
	maker = feed.Maker{
		Lang: "ru", Base: "https://example.org", Self: "https://example.org/v1/feed", Authority: "one.roundtables.kz",
		License: feed.License{Name: "CC-BY-4.0", URL: "https://creativecommons.org/licenses/by/4.0/"}, Now: at(2026, 7),
	}
	almaty = time.FixedZone("", 5*3600)
)

func at(year int, month time.Month) time.Time {
	return time.Date(year, month, 1, 10, 0, 0, 0, time.UTC)
}

func day(s string) *date.Day {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return &date.Day{Time: t}
}

// event is a round table with everything that a feed shows.
func event() roundtable.RoundTable {
	return roundtable.RoundTable{
		Record: changes.Record{ID: 13, CreatedAt: at(2020, 3).In(almaty), UpdatedAt: at(2020, 4).In(almaty)},
		Input: roundtable.Input{
			Title: text.Map{"ru": "Язык & право", "en": "Language and law"}, Purpose: text.Map{"en": "To discuss a draft."}, Outcome: text.Map{"ru": "Принята резолюция."},
			StartsOn: day("2020-02-27"), EndsOn: day("2020-02-28"), DatePrecision: "day",
		},
		Place:      &text.Ref{Name: text.Map{"ru": "Алматы"}},
		Organizers: []roundtable.OrganizerRef{{Name: text.Map{"ru": "КИСИ"}}, {Name: text.Map{"en": "Fund"}}},
		Topics:     []text.Ref{{Name: text.Map{"ru": "Язык"}}, {Name: text.Map{"en": "Law"}}},
	}
}

// atom is what feed readers read of Atom.
type atom struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string   `xml:"id"`
	Title   string   `xml:"title"`
	Updated string   `xml:"updated"`
	Author  string   `xml:"author>name"`
	Rights  string   `xml:"rights"`
	Links   []link   `xml:"link"`
	Entries []struct {
		ID         string   `xml:"id"`
		Title      string   `xml:"title"`
		Published  string   `xml:"published"`
		Updated    string   `xml:"updated"`
		Links      []link   `xml:"link"`
		Categories []term   `xml:"category"`
		Content    textLang `xml:"content"`
	} `xml:"entry"`
}

type link struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
}

type term struct {
	Term string `xml:"term,attr"`
}

type textLang struct {
	Lang string `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	Text string `xml:",chardata"`
}

func read(t *testing.T, m feed.Maker, list ...roundtable.RoundTable) (f atom) {
	t.Helper()
	raw, err := m.Atom(list)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(raw), "<?xml") {
		t.Errorf("no XML declaration: %.40s", raw)
	}
	if err := xml.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// license is the link of a feed, and of each entry, to the licence.
var license = link{"license", "https://creativecommons.org/licenses/by/4.0/"}

const described = "2020-02-27 – 2020-02-28, Алматы\n\nКИСИ; Fund\n\nTo discuss a draft.\n\nПринята резолюция."

func TestAnAtomEntryShowsTheRoundTableInTheLanguageOfTheFeed(t *testing.T) {
	t.Parallel()
	f := read(t, maker, event())
	if f.ID != "tag:one.roundtables.kz,2020:round-tables" || f.Title == "" || f.Author == "" || !slices.Equal(f.Links, []link{{"self", maker.Self}, license}) || len(f.Entries) != 1 {
		t.Fatalf("%+v", f)
	}
	e := f.Entries[0]
	if e.Title != "Язык & право" || e.Content != (textLang{"ru", described}) || !slices.Equal(e.Categories, []term{{"Язык"}, {"Law"}}) {
		t.Errorf("%+v", e)
	}
	if e.Published != "2020-03-01T10:00:00Z" || e.Updated != "2020-04-01T10:00:00Z" {
		t.Errorf("published %s, updated %s: want UTC", e.Published, e.Updated)
	}
	if !slices.Equal(e.Links, []link{{"alternate", "https://example.org/v1/round-tables/13"}, license}) {
		t.Errorf("%+v", e.Links)
	}
	if f.Rights != "CC-BY-4.0 https://creativecommons.org/licenses/by/4.0/" || maker.JSON(nil).License != maker.License {
		t.Errorf("rights %q, %v", f.Rights, maker.JSON(nil).License)
	}
}

func TestTheIDOfAnEntryStaysWhenTheServiceMoves(t *testing.T) {
	t.Parallel()
	moved := maker
	moved.Base, moved.Self = "https://elsewhere.example.org", "https://elsewhere.example.org/v1/feed"
	here, there := read(t, maker, event()), read(t, moved, event())
	if here.ID != there.ID || here.Entries[0].ID != there.Entries[0].ID || here.Entries[0].ID != "tag:one.roundtables.kz,2020:round-tables/13" {
		t.Errorf("%s %s, %s %s", here.ID, here.Entries[0].ID, there.ID, there.Entries[0].ID)
	}
	if maker.JSON([]roundtable.RoundTable{event()}).Items[0].ID != here.Entries[0].ID {
		t.Error("the two formats have different ids")
	}
	other := maker
	other.Authority = "two.roundtables.kz"
	if f := read(t, other, event()); f.ID == here.ID || f.Entries[0].ID == here.Entries[0].ID {
		t.Errorf("another installation has the ids %s, %s", f.ID, f.Entries[0].ID)
	}
}

func TestAFeedIsAsNewAsItsNewestEntryAndAnEmptyOneAsNewAsNow(t *testing.T) {
	t.Parallel()
	older, newer := event(), event()
	older.UpdatedAt = at(2019, 1)
	for _, list := range [][]roundtable.RoundTable{{older, newer}, {newer, older}} {
		if f := read(t, maker, list...); f.Updated != "2020-04-01T10:00:00Z" {
			t.Errorf("updated %s", f.Updated)
		}
	}
	if f := read(t, maker); f.Updated != "2026-07-01T10:00:00Z" || len(f.Entries) != 0 {
		t.Errorf("empty: %+v", f)
	}
}

func TestAJSONFeedSaysTheSameAsAtom(t *testing.T) {
	t.Parallel()
	f := maker.JSON([]roundtable.RoundTable{event()})
	if f.Version != "https://jsonfeed.org/version/1.1" || f.FeedURL != maker.Self || f.Title == "" || len(f.Items) != 1 {
		t.Fatalf("%+v", f)
	}
	i := f.Items[0]
	if i.Title != "Язык & право" || i.Language != "ru" || i.ContentText != described || !slices.Equal(i.Tags, []string{"Язык", "Law"}) || i.URL != "https://example.org/v1/round-tables/13" {
		t.Errorf("%+v", i)
	}
	if !i.DatePublished.Equal(at(2020, 3)) || !i.DateModified.Equal(at(2020, 4)) {
		t.Errorf("published %s, modified %s", i.DatePublished, i.DateModified)
	}
}

func TestListsOfAJSONFeedAreNeverNull(t *testing.T) {
	t.Parallel()
	bare := roundtable.RoundTable{Input: roundtable.Input{Title: text.Map{"en": "A meeting"}, DatePrecision: "unknown"}}
	for _, list := range [][]roundtable.RoundTable{nil, {bare}} {
		raw, err := json.Marshal(maker.JSON(list))
		if err != nil || strings.Contains(string(raw), "null") {
			t.Errorf("%s, %v", raw, err)
		}
	}
	if i := maker.JSON([]roundtable.RoundTable{bare}).Items[0]; i.ContentText != "" || i.Language != "en" || i.Title != "A meeting" {
		t.Errorf("%+v", i)
	}
}

func TestADateIsAsPreciseAsItIsKnown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to, precision, want string
	}{
		{"2020-01-01", "2020-12-31", "year", "2020"},
		{"2020-02-01", "2020-02-29", "month", "2020-02"},
		{"2020-02-27", "", "day", "2020-02-27"},
		{"2020-02-27", "2020-02-27", "day", "2020-02-27"},
		{"2020-02-27", "2020-03-01", "day", "2020-02-27 – 2020-03-01"},
		{"", "", "unknown", ""},
	} {
		r := roundtable.RoundTable{Input: roundtable.Input{Title: text.Map{"en": "A meeting"}, DatePrecision: c.precision}}
		if c.from != "" {
			r.StartsOn = day(c.from)
		}
		if c.to != "" {
			r.EndsOn = day(c.to)
		}
		if got := maker.JSON([]roundtable.RoundTable{r}).Items[0].ContentText; got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
