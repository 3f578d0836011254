package site

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// aboutData is the page about the data.
type aboutData struct {
	UpdatedAt   *string
	Collections []collection
	Quality     []shareOf
	Groups      []linkGroup
}

// collection is one type of records with its files.
type collection struct {
	Type, Name, Page string
	Count            int64
	Files            []download
}

type linkGroup struct {
	Name  string
	Links []link
}

// link is an entry of the index of the service.
type link struct {
	Group       string `json:"group"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Href        string `json:"href"`
}

func about(v *view) (show, error) {
	v.keep()
	d := aboutData{}
	overview, err := get[overviewData](v, "/v1/stats/overview")
	if err != nil {
		return show{}, err
	}
	d.UpdatedAt = overview.UpdatedAt
	checkpoint, err := get[struct {
		Types []struct {
			Type  string `json:"type"`
			Count int64  `json:"count"`
		} `json:"types"`
	}](v, "/v1/changes/checkpoint")
	if err != nil {
		return show{}, err
	}
	for _, t := range checkpoint.Types {
		name := v.text("type_" + t.Type)
		if name == "type_"+t.Type {
			continue // of records that are no data, such as merges
		}
		c := collection{Type: t.Type, Name: name, Count: t.Count}
		if t.Type == "topics" || slices.Contains(paged, t.Type) {
			c.Page = v.site.href(v.lang, t.Type, nil)
		}
		for _, format := range []string{"csv", "xlsx", "ndjson"} {
			c.Files = append(c.Files, download{strings.ToUpper(format), v.site.root + "/v1/exports/" + t.Type + "." + format})
		}
		d.Collections = append(d.Collections, c)
	}
	if d.Quality, err = v.quality(); err != nil {
		return show{}, err
	}
	index, err := get[struct {
		Links []link `json:"links"`
	}](v, "/")
	if err != nil {
		return show{}, err
	}
	for _, l := range index.Links {
		i := slices.IndexFunc(d.Groups, func(g linkGroup) bool { return g.Name == l.Group })
		if i < 0 {
			i = len(d.Groups)
			d.Groups = append(d.Groups, linkGroup{Name: l.Group})
		}
		d.Groups[i].Links = append(d.Groups[i].Links, l)
	}
	return show{template: "about", Title: v.text("about"), Description: v.text("about_description"), Data: d}, nil
}

// Robots returns robots.txt. Search engines may read all pages but those whose filters multiply without end.
func (s *Site) Robots() []byte {
	var b strings.Builder
	b.WriteString("User-agent: *\n")
	for _, lang := range Languages {
		for _, path := range []string{"search", "operator", "charts/", "calendar?", "?"} {
			fmt.Fprintf(&b, "Disallow: %s/%s/%s\n", s.root, lang, path)
		}
	}
	fmt.Fprintf(&b, "Sitemap: %s\n", s.absolute(s.root+"/sitemap.xml"))
	return []byte(b.String())
}

// sitemapSize is the largest number of addresses in a sitemap (sitemaps.org).
const sitemapSize = 50000

type sitemap struct {
	XMLName xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	XHTML   string       `xml:"xmlns:xhtml,attr"`
	URLs    []sitemapURL `xml:"url"`
}

type sitemapURL struct {
	Location   string        `xml:"loc"`
	Alternates []sitemapLink `xml:"xhtml:link"`
}

type sitemapLink struct {
	Rel  string `xml:"rel,attr"`
	Lang string `xml:"hreflang,attr"`
	Href string `xml:"href,attr"`
}

// Sitemap returns sitemap.xml: the newest round tables, the people, the organizations and the topics, with their languages.
func (s *Site) Sitemap(ctx context.Context) ([]byte, error) {
	v := &view{site: s, ctx: ctx, lang: "en"}
	m := sitemap{XHTML: "http://www.w3.org/1999/xhtml"}
	for _, path := range []string{"", "round-tables", "people", "organizations", "topics", "recommendations", "calendar", "about"} {
		m.add(s, path)
	}
	for _, collection := range []string{"round-tables", "people", "organizations", "topics"} {
		for cursor := ""; len(m.URLs) < sitemapSize; {
			target := "/v1/" + collection + "?limit=500&fields=id"
			if cursor != "" {
				target += "&cursor=" + cursor
			}
			found, err := get[list[struct {
				ID int64 `json:"id"`
			}]](v, target)
			if err != nil {
				return nil, fmt.Errorf("list %s for the sitemap: %w", collection, err)
			}
			for _, r := range found.Data {
				m.add(s, collection+"/"+itoa(r.ID))
			}
			if found.Page.Next == nil {
				break
			}
			cursor = *found.Page.Next
		}
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(m); err != nil {
		return nil, fmt.Errorf("encode the sitemap: %w", err)
	}
	return b.Bytes(), nil
}

// add adds a page in all languages: one entry for each, which names the others.
func (m *sitemap) add(s *Site, path string) {
	var links []sitemapLink
	for _, lang := range Languages {
		links = append(links, sitemapLink{"alternate", lang, s.absolute(s.href(lang, path, nil))})
	}
	for _, l := range links {
		if len(m.URLs) < sitemapSize {
			m.URLs = append(m.URLs, sitemapURL{l.Href, links})
		}
	}
}
