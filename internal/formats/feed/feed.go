// Package feed formats round tables for feed readers, as Atom (RFC 4287) and JSON Feed 1.1. Callers choose the round
// tables.
package feed

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"
)

const title = "Registry of round tables"

// Maker formats feeds.
type Maker struct {
	Lang string    // language of the texts; others follow the fallback chain
	Base string    // prefix of links, without a trailing slash
	Self string    // address of the feed
	Now  time.Time // update time of a feed without entries
}

// entry holds what both formats show of a round table.
type entry struct {
	id, url, title, lang, text string
	topics                     []string
	published, updated         time.Time
}

func (m Maker) entries(list []roundtable.RoundTable) []entry {
	entries := make([]entry, len(list))
	for i, r := range list {
		// A tag URI (RFC 4151) stays the same if the service moves.
		e := entry{id: fmt.Sprintf("tag:roundtables.kz,2020:round-tables/%d", r.ID), url: fmt.Sprintf("%s/v1/round-tables/%d", m.Base, r.ID),
			published: r.CreatedAt.UTC(), updated: r.UpdatedAt.UTC()}
		e.title, e.lang = r.Title.In(m.Lang)
		for _, t := range r.Topics {
			name, _ := t.Name.In(m.Lang)
			e.topics = append(e.topics, name)
		}
		e.text = m.describe(r)
		entries[i] = e
	}
	return entries
}

// describe returns one paragraph each for the date and place, the organizers, the purpose and the outcome.
func (m Maker) describe(r roundtable.RoundTable) string {
	var parts []string
	if when := whenOf(r); when != "" {
		parts = append(parts, when)
	}
	if r.Place != nil {
		place, _ := r.Place.Name.In(m.Lang)
		parts = append(parts, place)
	}
	paragraphs := []string{strings.Join(parts, ", ")}
	var organizers []string
	for _, o := range r.Organizers {
		name, _ := o.Name.In(m.Lang)
		organizers = append(organizers, name)
	}
	paragraphs = append(paragraphs, strings.Join(organizers, "; "))
	for _, t := range []text.Map{r.Purpose, r.Outcome} {
		value, _ := t.In(m.Lang)
		paragraphs = append(paragraphs, value)
	}
	var said []string
	for _, p := range paragraphs {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, "\n\n")
}

// whenOf returns the days of an event, as precisely as known.
func whenOf(r roundtable.RoundTable) string {
	if r.StartsOn == nil {
		return ""
	}
	day := r.StartsOn.String()
	switch r.DatePrecision {
	case "year":
		return day[:4]
	case "month":
		return day[:7]
	}
	if r.EndsOn != nil && r.EndsOn.String() != day {
		return day + " – " + r.EndsOn.String()
	}
	return day
}

type atomText struct {
	Lang string `xml:"xml:lang,attr,omitempty"`
	Text string `xml:",chardata"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

type atomEntry struct {
	ID         string         `xml:"id"`
	Title      atomText       `xml:"title"`
	Published  string         `xml:"published"`
	Updated    string         `xml:"updated"`
	Link       atomLink       `xml:"link"`
	Categories []atomCategory `xml:"category"`
	Content    atomText       `xml:"content"`
}

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Link    atomLink    `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

// Atom returns the feed as an Atom document.
func (m Maker) Atom(list []roundtable.RoundTable) ([]byte, error) {
	f := atomFeed{ID: "tag:roundtables.kz,2020:round-tables", Title: title, Author: title, Link: atomLink{"self", "application/atom+xml", m.Self}}
	newest := time.Time{}
	for _, e := range m.entries(list) {
		a := atomEntry{
			ID: e.id, Title: atomText{e.lang, e.title}, Published: stamp(e.published), Updated: stamp(e.updated),
			Link: atomLink{"alternate", "application/json", e.url}, Content: atomText{e.lang, e.text},
		}
		for _, t := range e.topics {
			a.Categories = append(a.Categories, atomCategory{t})
		}
		f.Entries = append(f.Entries, a)
		if e.updated.After(newest) {
			newest = e.updated
		}
	}
	if len(list) == 0 {
		newest = m.Now.UTC()
	}
	f.Updated = stamp(newest)
	b, err := xml.MarshalIndent(f, "", "  ")
	return append([]byte(xml.Header), b...), err
}

func stamp(t time.Time) string { return t.Format(time.RFC3339Nano) }

// JSON is a JSON Feed (https://www.jsonfeed.org/version/1.1/).
//
//	@Description	Round tables as a JSON Feed, the latest change first.
type JSON struct {
	Version string `json:"version" example:"https://jsonfeed.org/version/1.1"`  // Version of the format.
	Title   string `json:"title" example:"Registry of round tables"`            // Title of the feed.
	FeedURL string `json:"feed_url" example:"https://example.org/v1/feed.json"` // Address of the feed.
	Items   []Item `json:"items"`                                               // The round tables, the latest change first.
} //	@name	JSONFeed

// Item is a round table in a JSON Feed.
//
//	@Description	A round table in a feed.
type Item struct {
	ID            string    `json:"id" example:"tag:roundtables.kz,2020:round-tables/13"`             // Id of the round table. It stays the same if the service moves.
	URL           string    `json:"url" example:"https://example.org/v1/round-tables/13"`             // Address of the round table.
	Title         string    `json:"title" example:"Ethnic policy of Kazakhstan at the current stage"` // Title in one language.
	ContentText   string    `json:"content_text" example:"2020-02-27, Almaty"`                        // Date and place, organizers, purpose and outcome.
	DatePublished time.Time `json:"date_published" format:"date-time"`                                // When the round table was added to the registry.
	DateModified  time.Time `json:"date_modified" format:"date-time"`                                 // When the round table last changed.
	Tags          []string  `json:"tags" example:"Ethnic policy"`                                     // Names of the topics.
	Language      string    `json:"language" example:"en"`                                            // Language of the title.
} //	@name	JSONFeedItem

// JSON returns the feed as a JSON Feed.
func (m Maker) JSON(list []roundtable.RoundTable) JSON {
	f := JSON{Version: "https://jsonfeed.org/version/1.1", Title: title, FeedURL: m.Self, Items: []Item{}}
	for _, e := range m.entries(list) {
		f.Items = append(f.Items, Item{e.id, e.url, e.title, e.text, e.published, e.updated, append([]string{}, e.topics...), e.lang})
	}
	return f
}
