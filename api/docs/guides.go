package docs

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// ExampleAddress is the address of the service in the guides. Pages show the public address of the service instead.
const ExampleAddress = "http://localhost:8080"

// guideNames are the guides in the order of the index.
var guideNames = []string{"reading", "dashboards", "names", "recording", "importing", "mirroring", "webhooks", "keys"}

// guidesRoot is the address of the service, relative to /docs/guides/ and the guides in it.
const guidesRoot = "../../"

// Guides renders guides/<name>.md of files as pages. The result holds each page under its name and the index under "";
// links are the guides for lists of them. address is the public address of the service, or "".
func Guides(files fs.FS, address string) (pages map[string]File, links []Link, err error) {
	parsed := make([]guide, len(guideNames))
	for i, name := range guideNames {
		source, err := fs.ReadFile(files, "guides/"+name+".md")
		if err != nil {
			return nil, nil, err
		}
		if address != "" {
			source = bytes.ReplaceAll(source, []byte(ExampleAddress), []byte(address))
		}
		if parsed[i], err = parseGuide(source); err != nil {
			return nil, nil, fmt.Errorf("render the guide %s: %w", name, err)
		}
		links = append(links, Link{name, parsed[i].title, parsed[i].summary})
	}
	pages = map[string]File{}
	add := func(p Page) error {
		p.Root, p.Guides = guidesRoot, links
		html, err := p.HTML()
		pages[p.Current] = NewFile(TypeOf(".html"), html)
		return err
	}
	for i, g := range parsed {
		if err := add(Page{Title: g.title, Current: guideNames[i], Contents: g.sections, Body: g.body}); err != nil {
			return nil, nil, err
		}
	}
	return pages, links, add(Page{Title: "Guides", Body: listOf(links)})
}

func listOf(links []Link) template.HTML {
	var b strings.Builder
	b.WriteString("<h1>Guides</h1>\n<dl>\n")
	for _, l := range links {
		fmt.Fprintf(&b, "<dt><a href=\"%s\">%s</a></dt>\n<dd>%s</dd>\n",
			l.Name, template.HTMLEscapeString(l.Title), template.HTMLEscapeString(l.Summary))
	}
	b.WriteString("</dl>\n")
	return template.HTML(b.String()) // #nosec G203 -- it is escaped above
}

// guide is a parsed guide: its title, its first paragraph, its sections and its HTML.
type guide struct {
	title, summary string
	sections       []Link
	body           template.HTML
}

var markdown = goldmark.New(
	goldmark.WithExtensions(extension.Table),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
)

func parseGuide(source []byte) (g guide, err error) {
	document := markdown.Parser().Parse(text.NewReader(source))
	err = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			g.visit(n, source)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return g, err
	}
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, source, document); err != nil {
		return g, err
	}
	g.body = template.HTML(b.String()) // #nosec G203 -- our own text, and goldmark omits raw HTML
	return g, nil
}

// visit reads the parts of the guide from a node, gives headings an anchor, and turns links to files of other guides
// into links to their pages.
func (g *guide) visit(n ast.Node, source []byte) {
	switch n := n.(type) {
	case *ast.Heading:
		title := textOf(n, source)
		if n.Level == 1 {
			g.title = title
			return
		}
		id, _ := n.AttributeString("id")
		name, _ := id.([]byte)
		if n.Level == 2 {
			g.sections = append(g.sections, Link{Name: string(name), Title: title})
		}
		anchor := ast.NewLink()
		anchor.Destination = append([]byte("#"), name...)
		anchor.SetAttributeString("class", []byte("anchor"))
		anchor.SetAttributeString("aria-label", []byte("Link to this section"))
		anchor.AppendChild(anchor, ast.NewString([]byte("#")))
		n.AppendChild(n, anchor)
	case *ast.Paragraph:
		if g.summary == "" {
			g.summary = textOf(n, source)
		}
	case *ast.Link:
		file, section, found := strings.Cut(string(n.Destination), "#")
		if name, isFile := strings.CutSuffix(file, ".md"); isFile && !strings.Contains(name, "/") {
			if found {
				name += "#" + section
			}
			n.Destination = util.URLEscape([]byte(name), false)
		}
	}
}

// textOf returns the text of a node without markup.
func textOf(n ast.Node, source []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			b.Write(c.Value(source))
			if c.SoftLineBreak() || c.HardLineBreak() {
				b.WriteByte(' ')
			}
		default:
			b.WriteString(textOf(c, source))
		}
	}
	return b.String()
}
