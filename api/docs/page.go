package docs

import (
	"bytes"
	_ "embed" // the template
	"fmt"
	"html/template"
)

// Page is an HTML page around a body. It has no script, and pages.css is its only style.
type Page struct {
	Root     string // the address of the service, relative to the page: "../../"
	Title    string
	Guides   []Link // all guides
	Current  string // the name of the guide that the page is, or ""
	Contents []Link // the sections of the page
	Body     template.HTML
}

// Link is an entry of a list of links. Name is the end of its address.
type Link struct{ Name, Title, Summary string }

//go:embed page.html
var layout string

var page = template.Must(template.New("page").Parse(layout))

// HTML renders the page.
func (p Page) HTML() ([]byte, error) {
	var b bytes.Buffer
	if err := page.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("render the page %q: %w", p.Title, err)
	}
	return b.Bytes(), nil
}
