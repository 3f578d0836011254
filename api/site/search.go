package site

import (
	"html/template"
	"strings"

	"roundtables.kz/registry/internal/text"
)

// searchData is the page of search results.
type searchData struct {
	Q     string
	Types []searchType
	Hits  []hit
	Total int
	Only  string
}

type searchType struct {
	Type, Name, Href string
	Count            int
	Selected         bool
}

type hit struct {
	Type    string   `json:"type"`
	ID      int64    `json:"id"`
	Label   text.Map `json:"label"`
	Matched string   `json:"matched"`
	Related *struct {
		Type string   `json:"type"`
		ID   int64    `json:"id"`
		Name text.Map `json:"name"`
	} `json:"related"`
	Context     *string `json:"context"`
	ContextLang *string `json:"context_lang"`
	Highlight   [][]int `json:"highlight"`

	Href, TypeName string        `json:"-"`
	Excerpt        template.HTML `json:"-"`
}

// searchedTypes are the types of records in the order of the page.
var searchedTypes = []string{"people", "organizations", "round-tables", "statements", "topics", "documents", "places"}

func search(v *view) (show, error) {
	v.keep("q", "types")
	d := searchData{Q: strings.TrimSpace(v.query.Get("q")), Only: v.query.Get("types")}
	s := show{template: "search", Title: v.text("search"), Description: v.text("search_description"), Hidden: true}
	if d.Q == "" {
		s.Data = d
		return s, nil
	}
	found, err := get[struct {
		Data   []hit          `json:"data"`
		Counts map[string]int `json:"counts"`
	}](v, v.at("/v1/search", true, "limit", "50"))
	if err != nil {
		return s, err
	}
	counts := found.Counts
	if d.Only != "" { // the numbers of the other types
		all, err := get[struct {
			Counts map[string]int `json:"counts"`
		}](v, v.at("/v1/search", true, "types", "", "limit", "1"))
		if err != nil {
			return s, err
		}
		counts = all.Counts
	}
	for _, t := range searchedTypes {
		d.Total += counts[t]
		if counts[t] > 0 {
			d.Types = append(d.Types, searchType{t, v.text("type_" + t), v.with("types", t), counts[t], t == d.Only})
		}
	}
	for _, h := range found.Data {
		h.TypeName, h.Excerpt = v.text("type_one_"+h.Type), h.excerpt()
		h.Href = v.hitPage(h)
		d.Hits = append(d.Hits, h)
	}
	s.Title, s.Data = v.text("search_for", d.Q), d
	return s, nil
}

// hitPage returns the page of a found record.
func (v *view) hitPage(h hit) string {
	id := itoa(h.ID)
	switch h.Type {
	case "statements":
		return v.site.href(v.lang, "statements", nil) + "?id=" + id + "#s" + id
	case "places":
		return v.listPage("/v1/round-tables?place=" + id)
	case "documents":
		return v.site.root + "/v1/documents/" + id
	}
	return v.site.href(v.lang, h.Type+"/"+id, nil)
}

// isLabel reports whether what was found is the label itself.
func (h hit) isLabel() bool {
	for _, label := range h.Label {
		if label == *h.Context {
			return true
		}
	}
	return false
}

// excerpt returns the text that was found, with the matching words marked; nothing if it is the label.
func (h hit) excerpt() template.HTML {
	if h.Context == nil || h.isLabel() {
		return ""
	}
	units := []rune(*h.Context)
	var b strings.Builder
	at := 0
	write := func(until int) {
		b.WriteString(template.HTMLEscapeString(string(units[at:until])))
		at = until
	}
	for _, span := range h.Highlight {
		if len(span) != 2 || span[0] < at || span[1] > len(units) || span[1] < span[0] {
			continue
		}
		write(span[0])
		b.WriteString("<mark>")
		write(span[1])
		b.WriteString("</mark>")
	}
	write(len(units))
	return template.HTML(b.String()) // #nosec G203 -- each part is escaped
}
