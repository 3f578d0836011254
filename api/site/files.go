package site

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// MediaTypeSVG is the type of a file with a chart.
const MediaTypeSVG = "image/svg+xml"

// picture is a chart as a file of its own, in pixels. Its colours are those of the light page, because it has no style sheet.
type picture struct {
	Title, Source string
	Lang          string
	Width, Height int
	Texts         []caption
	Rects         []rectangle
	Drawing       drawing // below the title
	Top           int     // of Drawing
}

type caption struct {
	X, Y, Text, Anchor, Color string
	Size                      int
}

type rectangle struct{ X, Y, Width, Height, Color string }

const (
	pictureWidth = 760
	pictureEdge  = 20
	pictureHead  = 64 // pixels above the chart
	inkColor     = "#1c2126"
	quietColor   = "#57616b"
)

// shades are the colours of stacks and of heat maps in site.css, by shade.
var (
	shades     = []string{"#c3c9cf", "#cadcef", "#9cbfe4", "#5b93cf", "#0b5cad"}
	heatColors = []string{"#f5f7f9", "#e6eff8", "#c2d9ef", "#86b3de", "#2f74bb", "#0b4f95"}
)

// chartFile is the page of a chart as SVG: "charts/months.svg" with the filters of the chart.
func chartFile(v *view, name string) (show, error) {
	id, found := strings.CutSuffix(name, ".svg")
	if _, ok := definitions[id]; !ok || !found {
		return show{}, &failure{status: http.StatusNotFound}
	}
	v.keep(chartFilters...)
	c, err := v.chart(id, v.filters())
	if err != nil {
		return show{}, err
	}
	if c.Failed {
		return show{}, &failure{status: http.StatusServiceUnavailable, detail: v.text("chart_failed")}
	}
	t, err := v.site.template(v.lang, "picture")
	if err != nil {
		return show{}, err
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "picture", v.picture(c)); err != nil {
		return show{}, fmt.Errorf("draw the chart %s: %w", id, err)
	}
	return show{file: bytes.TrimSpace(b.Bytes())}, nil
}

// chartFilters are the filters that charts have.
var chartFilters = slices.Concat(overviewFilters, []string{"addressee", "round_table"})

// picture draws a chart in a frame with its title and its source.
func (v *view) picture(c chart) picture {
	p := picture{Title: c.Title, Lang: v.lang, Width: pictureWidth, Height: pictureHead, Top: pictureHead}
	p.text(pictureEdge, 36, 20, inkColor, "start", c.Title)
	names := v.chosen()
	for i, a := range names {
		names[i].Text = a.Name + ": " + a.Text + v.in(a.Label)
	}
	if len(names) > 0 {
		var all []string
		for _, a := range names {
			all = append(all, a.Text)
		}
		p.text(pictureEdge, 56, 13, quietColor, "start", shorten(strings.Join(all, " · "), 110))
	}
	switch c.Kind {
	case "bars":
		p.bars(v, c)
	case "stacks":
		p.stacks(v, c)
	case "heat":
		p.heat(v, c)
	default:
		p.Drawing = c.Drawing
		p.Height += c.Drawing.Height
		p.Width = max(pictureWidth, c.Drawing.Width+2*pictureEdge)
	}
	if len(c.Rows) == 0 {
		p.text(pictureEdge, float64(p.Height)+14, 14, quietColor, "start", v.text("nothing_yet"))
		p.Height += 20
	}
	rest := make([]string, 0, len(c.Rest)+len(c.Outside))
	for _, r := range c.Outside {
		rest = append(rest, v.in(r.Label)+": "+digits(v.lang, r.Count))
	}
	for _, r := range c.Rest {
		rest = append(rest, r.Name+": "+digits(v.lang, r.Count))
	}
	if len(rest) > 0 {
		p.text(pictureEdge, float64(p.Height)+22, 12, quietColor, "start", shorten(strings.Join(rest, " · "), 120))
		p.Height += 20
	}
	at, _ := url.PathUnescape(c.Request.URL)
	p.text(pictureEdge, float64(p.Height)+26, 11, quietColor, "start", shorten(v.text("site")+" · CC BY 4.0 · "+at, 130))
	p.Height += 44
	return p
}

func (p *picture) text(x, y float64, size int, color, anchor, text string) {
	p.Texts = append(p.Texts, caption{pixels(x), pixels(y), text, anchor, color, size})
}

func (p *picture) rect(x, y, width, height float64, color string) {
	p.Rects = append(p.Rects, rectangle{pixels(x), pixels(y), pixels(width), pixels(height), color})
}

// nameOf returns the name of a row or a column.
func (v *view) nameOf(name string, in map[string]string) string {
	if len(in) > 0 {
		return v.in(in)
	}
	return name
}

func (p *picture) bars(v *view, c chart) {
	const line = 40
	for i, r := range c.Rows {
		y, width := float64(p.Height+i*line), float64(p.Width-2*pictureEdge)
		p.text(pictureEdge, y+14, 14, inkColor, "start", shorten(v.nameOf(r.Name, r.Label), 80))
		p.text(pictureEdge+width, y+14, 13, quietColor, "end", digits(v.lang, r.Count))
		p.rect(pictureEdge, y+21, width*float64(r.Count)/float64(max(1, c.Top)), 10, shades[3])
	}
	p.Height += line * len(c.Rows)
}

func (p *picture) stacks(v *view, c chart) {
	x := float64(pictureEdge)
	for _, column := range c.Columns { // the legend
		name := shorten(v.nameOf(column.Name, column.Label), 24) + " " + digits(v.lang, column.Count)
		length := 40 + 7*float64(len([]rune(name)))
		if x+length > float64(p.Width) && x > pictureEdge {
			x, p.Height = pictureEdge, p.Height+22
		}
		p.rect(x, float64(p.Height), 12, 12, shades[column.Shade])
		p.text(x+18, float64(p.Height)+11, 13, inkColor, "start", name)
		x += length
	}
	p.Height += 34
	top, width := float64(p.Height), float64(p.Width-2*pictureEdge)
	step := width / float64(max(1, len(c.Rows)))
	for i, r := range c.Rows {
		below := int64(0)
		for _, cell := range r.Cells {
			if cell.Count > 0 {
				below += cell.Count
				p.rect(pictureEdge+step*(float64(i)+.1), top+stackHeight*(1-float64(below)/float64(c.Top)), step*.8,
					stackHeight*float64(cell.Count)/float64(c.Top), shades[cell.Shade])
			}
		}
	}
	p.rect(pictureEdge, top+stackHeight, width, 1, quietColor)
	p.text(pictureEdge+width, top-4, 12, quietColor, "end", digits(v.lang, c.Top))
	for _, t := range c.Axis {
		p.text(pictureEdge+width*t.share, top+stackHeight+18, 12, quietColor, "start", t.Name)
	}
	p.Height += stackHeight + 26
}

func (p *picture) heat(v *view, c chart) {
	const names, line, narrow, wide = 250, 30, 44, 96
	step := narrow
	if len(c.Columns) > 0 && len(c.Columns[0].Label) > 0 {
		step = wide
	}
	p.Width = max(p.Width, names+2*pictureEdge+step*(len(c.Columns)+1))
	at := func(i int) float64 { return float64(names + pictureEdge + step*i) }
	heads, most := make([][]string, len(c.Columns)), 1
	for i, column := range c.Columns {
		heads[i] = breakLines(v.nameOf(column.Name, column.Label), step/6, 8)
		most = max(most, len(heads[i]))
	}
	const spacing = 13
	p.Height += spacing * (most - 1)
	for i, head := range heads {
		for j, part := range head {
			p.text(at(i)+float64(step)/2, float64(p.Height+14-spacing*(len(head)-1-j)), 11, quietColor, "middle", part)
		}
	}
	p.text(at(len(c.Columns))+narrow-4, float64(p.Height)+14, 11, quietColor, "end", v.text("total"))
	p.Height += 24
	for i, r := range c.Rows {
		y := float64(p.Height + i*line)
		p.text(pictureEdge, y+19, 13, inkColor, "start", shorten(v.nameOf(r.Name, r.Label), 36))
		for j, cell := range r.Cells {
			p.rect(at(j)+1, y+1, float64(step-2), line-2, heatColors[cell.Shade])
			if color := inkColor; cell.Count > 0 {
				if cell.Shade > 3 {
					color = "#ffffff"
				}
				p.text(at(j)+float64(step)/2, y+19, 13, color, "middle", digits(v.lang, cell.Count))
			}
		}
		p.text(at(len(c.Columns))+narrow-4, y+19, 13, quietColor, "end", digits(v.lang, r.Count))
	}
	p.Height += line * len(c.Rows)
}

// breakLines breaks a text between words into lines of at most n letters. The last of the most lines and longer words are shortened.
func breakLines(s string, n, most int) (lines []string) {
	for _, word := range strings.Fields(s) {
		last := len(lines) - 1
		if last >= 0 && (len(lines) == most || len([]rune(lines[last]))+1+len([]rune(word)) <= n) {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	for i := range lines {
		lines[i] = shorten(lines[i], n)
	}
	return lines
}

// shorten returns a text of at most n letters.
func shorten(s string, n int) string {
	if letters := []rune(s); len(letters) > n {
		return string(letters[:n-1]) + "…"
	}
	return s
}
