// Package feed formats round tables for feed readers, as Atom (RFC 4287) and JSON Feed 1.1. Callers choose the round
// tables.
package feed

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"
)

const title = "Registry of round tables"

// Maker formats feeds.
type Maker struct {
	Lang      string    // language of the texts; others follow the fallback chain
	Base      string    // prefix of links, without a trailing slash
	Self      string    // address of the feed
	Authority string    // domain name that makes the ids globally unique; another installation has another one
	License   License   // of the content
	Now       time.Time // update time of a feed without entries: of the last change of the registry
}

// License is the licence of the content of a feed.
//
//	@Description	The licence of the content.
type License struct {
	Name string `json:"name" example:"CC-BY-4.0"`                                   // SPDX identifier.
	URL  string `json:"url" example:"https://creativecommons.org/licenses/by/4.0/"` // Address of the text.
} //	@name	JSONFeedLicense

// id returns a tag URI (RFC 4151). It stays the same if the service moves.
func (m Maker) id(path string) string { return "tag:" + m.Authority + ",2020:" + path }

func (m Maker) items(list []roundtable.RoundTable) []Item {
	items := make([]Item, len(list))
	for i, r := range list {
		topics := make([]string, len(r.Topics))
		for j, t := range r.Topics {
			topics[j] = m.in(t.Name)
		}
		items[i] = Item{
			ID: m.id(fmt.Sprintf("round-tables/%d", r.ID)), URL: fmt.Sprintf("%s/v1/round-tables/%d", m.Base, r.ID),
			ContentText: m.describe(r), DatePublished: r.CreatedAt.UTC(), DateModified: r.UpdatedAt.UTC(), Tags: topics,
		}
		items[i].Title, items[i].Language = r.Title.In(m.Lang)
	}
	return items
}

// describe returns one paragraph each for the date and place, the organizers, the purpose and the outcome.
func (m Maker) describe(r roundtable.RoundTable) string {
	place := ""
	if r.Place != nil {
		place = m.in(r.Place.Name)
	}
	organizers := make([]string, len(r.Organizers))
	for i, o := range r.Organizers {
		organizers[i] = m.in(o.Name)
	}
	return join("\n\n", join(", ", whenOf(r), place), strings.Join(organizers, "; "), m.in(r.Purpose), m.in(r.Outcome))
}

func (m Maker) in(t text.Map) string {
	value, _ := t.In(m.Lang)
	return value
}

// join joins the texts that are not empty.
func join(separator string, texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(t string) bool { return t == "" }), separator)
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
	Type string `xml:"type,attr,omitempty"`
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
	Links      []atomLink     `xml:"link"`
	Categories []atomCategory `xml:"category"`
	Content    atomText       `xml:"content"`
}

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Rights  string      `xml:"rights"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

// Atom returns the feed as an Atom document.
func (m Maker) Atom(list []roundtable.RoundTable) ([]byte, error) {
	license := atomLink{Rel: "license", Href: m.License.URL} // RFC 4946: a feed does not pass it on to its entries
	f := atomFeed{
		ID: m.id("round-tables"), Title: title, Author: title, Rights: m.License.Name + " " + m.License.URL,
		Links: []atomLink{{"self", "application/atom+xml", m.Self}, license},
	}
	newest := m.Now.UTC()
	for i, e := range m.items(list) {
		a := atomEntry{
			ID: e.ID, Title: atomText{e.Language, e.Title}, Published: stamp(e.DatePublished), Updated: stamp(e.DateModified),
			Links: []atomLink{{"alternate", "application/json", e.URL}, license}, Content: atomText{e.Language, e.ContentText},
		}
		for _, t := range e.Tags {
			a.Categories = append(a.Categories, atomCategory{t})
		}
		f.Entries = append(f.Entries, a)
		if i == 0 || e.DateModified.After(newest) {
			newest = e.DateModified
		}
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
	Version string  `json:"version" example:"https://jsonfeed.org/version/1.1"`  // Version of the format.
	Title   string  `json:"title" example:"Registry of round tables"`            // Title of the feed.
	FeedURL string  `json:"feed_url" example:"https://example.org/v1/feed.json"` // Address of the feed.
	License License `json:"_license"`                                            // Licence of the content. It is an extension of JSON Feed.
	Items   []Item  `json:"items"`                                               // The round tables, the latest change first.
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
	return JSON{Version: "https://jsonfeed.org/version/1.1", Title: title, FeedURL: m.Self, License: m.License, Items: m.items(list)}
}
