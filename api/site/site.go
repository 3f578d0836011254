// Package site renders the HTML pages that show the registry to people, in Kazakh, Russian and English. It reads everything from
// the public API, as any other client does, and therefore shows exactly what the public may see. Package api serves the pages.
//
// A page is complete without JavaScript. The address of a page holds its language and its filters; the filters have the names
// that they have in the API. Two small ES modules add what needs a browser: PNG files of charts, and the drafts of operators.
//
// Charts are SVG that the server draws, without a chart library, so that they are there without JavaScript, in print and in
// archives, and cost no request. The alternatives were compared: Observable Plot makes good SVG, but is about 200 KB with d3, more
// than the whole first view may have, and sets inline styles that the policy forbids; uPlot (50 KB) draws on a canvas, which screen
// readers cannot read; the d3 modules (10 to 30 KB) leave the drawing to us and draw nothing without JavaScript.
//
// data/kazakhstan.txt is the outline of Kazakhstan, simplified to 0.05 degrees, from Natural Earth 4.1.0, 1:50m cultural vectors
// (naturalearthdata.com, public domain), as in the npm package world-atlas 2.0.2.
package site

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

//go:embed templates static data texts.json
var embedded embed.FS

// policy allows scripts, styles and pictures of this service only, nothing inline, and no requests of scripts.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Policy returns the Content-Security-Policy of the page of a path below its language. Only the page of operators sends requests. The
// pictures that visitors save are images of this service.
func Policy(path string) string {
	if path == "operator" {
		return policy + "; connect-src 'self'"
	}
	return policy
}

// Languages lists the languages of the pages, in the order in which pages link to them.
var Languages = []string{"kk", "ru", "en"}

// Answer is a response of the API.
type Answer struct {
	Status   int
	Location string // of a redirect
	Body     []byte // JSON
}

// Config configures the pages.
type Config struct {
	// Get sends a GET of the public API. Errors in the answer are in the language.
	Get func(ctx context.Context, target, lang string) Answer
	// Base is the public address of the service, "https://registry.example.org"; empty: links are relative to the host.
	Base string
	// License is the address of the licence of the data.
	License string
}

// Site renders pages.
type Site struct {
	config     Config
	root       string // the path of Base
	files      fs.FS
	texts      map[string]map[string]string
	ground     ground
	mu         sync.Mutex
	layouts    map[string]*template.Template // by language and page
	operations map[string][]operation        // by language
}

// New returns the pages of a service.
func New(config Config) *Site { return newSite(config, embedded) }

func newSite(config Config, files fs.FS) *Site {
	s := &Site{config: config, files: files, layouts: map[string]*template.Template{}, operations: map[string][]operation{}}
	if base, err := url.Parse(config.Base); err == nil {
		s.root = strings.TrimSuffix(base.Path, "/")
	}
	content, err := fs.ReadFile(files, "texts.json")
	if err == nil {
		err = json.Unmarshal(content, &s.texts)
	}
	if err == nil {
		s.ground, err = readGround(files)
	}
	if err != nil {
		panic("read the files of the pages: " + err.Error()) // they are part of the program
	}
	return s
}

// Page is a rendered page, or a redirect if it has a Location.
type Page struct {
	Status   int
	Location string
	Body     []byte // HTML, or SVG of a chart

	Incomplete bool // a chart could not be made in time; the next request may get it
}

// ChartName returns the name of the file if the page of a path is a chart as SVG, or else "".
func ChartName(path string) string {
	name, found := strings.CutPrefix(path, "charts/")
	if id, svg := strings.CutSuffix(name, ".svg"); found && svg && definitions[id].kind != "" {
		return name
	}
	return ""
}

// show is what a page shows.
type show struct {
	template           string
	Title, Description string
	Data               any
	Linked             json.RawMessage // schema.org
	Hidden             bool            // from search engines
	status             int
	file               []byte // instead of a page
}

// pages are the pages by the first part of their address: of the list, and of one record.
var pages = map[string]struct {
	list func(*view) (show, error)
	item func(v *view, id string) (show, error)
}{
	"":                {list: overview},
	"round-tables":    {roundTables, roundTable},
	"people":          {people, person},
	"organizations":   {organizations, organization},
	"topics":          {topics, topic},
	"statements":      {list: statements},
	"recommendations": {list: recommendations},
	"search":          {list: search},
	"about":           {list: about},
	"calendar":        {list: calendar},
	"operator":        {list: operator},
	"charts":          {item: chartFile},
}

// Render renders the page of a path below its language: "", "round-tables", "round-tables/13". Unknown pages and errors of the
// API are pages, too. It returns an error only for a bug.
func (s *Site) Render(ctx context.Context, lang, path string, query url.Values) (Page, error) {
	v := &view{site: s, ctx: ctx, lang: lang, path: path, query: query}
	shown, err := v.page()
	if f, ok := errors.AsType[*failure](err); ok {
		if f.location != "" {
			return Page{Status: f.status, Location: f.location}, nil
		}
		shown, err = v.failed(f), nil
	}
	if err != nil {
		return Page{}, fmt.Errorf("render the page %q: %w", path, err)
	}
	return v.render(shown)
}

func (v *view) page() (show, error) {
	name, id, one := strings.Cut(v.path, "/")
	found, ok := pages[name]
	switch {
	case !ok, one && (found.item == nil || name != "charts" && !isID(id)), !one && found.list == nil:
		return show{}, &failure{status: http.StatusNotFound}
	case one:
		return found.item(v, id)
	}
	return found.list(v)
}

// isID reports whether s is the id of a record. Others never reach the API.
func isID(s string) bool {
	return s != "" && len(s) < 19 && s[0] != '0' && strings.Trim(s, "0123456789") == ""
}

// Failure renders the page of an error that the API did not report, such as a quota that is used up.
func (s *Site) Failure(lang string, status int) (Page, error) {
	v := &view{site: s, ctx: context.Background(), lang: lang}
	return v.render(v.failed(&failure{status: status}))
}

// failed is the page of an error.
func (v *view) failed(f *failure) show {
	key := "error_other"
	switch {
	case f.status == http.StatusRequestURITooLong:
		key = "error_400"
	case slices.Contains([]int{400, 404, 410, 429, 503}, f.status):
		key = fmt.Sprintf("error_%d", f.status)
	}
	data := struct {
		Status       int
		Text, Detail string
	}{f.status, v.text(key + "_text"), f.detail}
	return show{template: "error", Title: v.text(key), Description: data.Text, Data: data, Hidden: true, status: f.status}
}

// frame is what the layout shows around a page.
type frame struct {
	show
	Lang, Path, Canonical string
	Query                 string // what the search field holds
	Section               string
	Alternates            []alternate
	Site, Base, License   string
}

// alternate is a page in another language.
type alternate struct {
	Lang, Name, Href, Absolute string
	Current                    bool
}

var languageNames = map[string]string{"kk": "Қазақша", "ru": "Русский", "en": "English"}

func (v *view) render(s show) (Page, error) {
	if s.file != nil {
		return Page{Status: http.StatusOK, Body: s.file}, nil
	}
	status := max(s.status, http.StatusOK)
	f := frame{show: s, Lang: v.lang, Path: v.path, Site: v.text("site"), Base: v.site.config.Base, License: v.site.config.License}
	f.Section, _, _ = strings.Cut(v.path, "/")
	f.Query = v.query.Get("q")
	if f.Section != "search" {
		f.Query = ""
	}
	for _, lang := range Languages {
		href := v.site.href(lang, v.path, v.query)
		if status != http.StatusOK {
			href = v.site.href(lang, "", nil)
		}
		f.Alternates = append(f.Alternates, alternate{lang, languageNames[lang], href, v.site.absolute(href), lang == v.lang})
		if lang == v.lang {
			f.Canonical = v.site.absolute(href)
		}
	}
	t, err := v.site.template(v.lang, s.template)
	if err != nil {
		return Page{}, err
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout", f); err != nil {
		return Page{}, fmt.Errorf("execute the template: %w", err)
	}
	return Page{Status: status, Body: b.Bytes(), Incomplete: v.incomplete}, nil
}

// template returns the templates of a page in a language.
func (s *Site) template(lang, page string) (*template.Template, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := lang + "/" + page
	if t := s.layouts[key]; t != nil {
		return t, nil
	}
	t, err := template.New(page).Funcs(s.functions(lang)).ParseFS(s.files, "templates/layout.html", "templates/parts.html", "templates/charts.html",
		"templates/"+page+".html")
	if err != nil {
		return nil, fmt.Errorf("parse the template %s: %w", page, err)
	}
	s.layouts[key] = t
	return t, nil
}

// href returns the address of a page.
func (s *Site) href(lang, path string, query url.Values) string {
	at := s.root + "/" + lang + "/" + path
	if encoded := query.Encode(); encoded != "" {
		at += "?" + encoded
	}
	return at
}

// absolute returns an address with the public host, if that is known.
func (s *Site) absolute(href string) string {
	return strings.TrimSuffix(strings.TrimSuffix(s.config.Base, "/"), s.root) + href
}

// Files returns the files that the pages load, by name.
func Files() map[string][]byte {
	files := map[string][]byte{}
	entries, err := fs.ReadDir(embedded, "static")
	if err != nil {
		panic(err) // they are embedded
	}
	for _, e := range entries {
		if files[e.Name()], err = embedded.ReadFile("static/" + e.Name()); err != nil {
			panic(err)
		}
	}
	return files
}
