package site

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/text"
)

// aggregate is an aggregate of the API.
type aggregate struct {
	Data []struct {
		Key   string `json:"key"`
		Key2  string `json:"key2"`
		Count int64  `json:"count"`
	} `json:"data"`
	Groups  []group `json:"groups"`
	Groups2 []group `json:"groups2"`
	Meta    struct {
		Missing   int64 `json:"missing"`
		Imprecise int64 `json:"imprecise"`
		Other     struct {
			Count int64 `json:"count"`
		} `json:"other"`
		GroupsTotal int64 `json:"groups_total"`
	} `json:"meta"`
}

type group struct {
	Key   string   `json:"key"`
	ID    *int64   `json:"id"`
	Label text.Map `json:"label"`
	Count int64    `json:"count"`
	List  string   `json:"list"`
}

// chart is a chart with its numbers. Each chart is one request of the API.
type chart struct {
	ID, Title, Note, Unit string // Unit is the key of the counted noun
	Rows                  []row  // of bars and heat maps
	Columns               []column
	Rest                  []remainder
	Request               request
	Axis                  []tick // of charts over time
	Height                int
	Top                   int64 // the largest number
}

// row is a bar, a unit of time or a line of a heat map.
type row struct {
	Label text.Map
	Name  string // instead of Label: a unit of time
	Href  string // the page of what the row is about
	List  string // the page of the counted records; "" if there is none
	Count int64
	Width string // in percent of the widest bar
	Cells []cell
}

// cell is one number of two dimensions, with its place in a stack.
type cell struct {
	Count             int64
	List              string
	Shade             int // 0 to 5
	X, Y, Width, High string
	Name              string
}

// column is a group of the second dimension.
type column struct {
	Name  string
	Label text.Map
	List  string
	Count int64
	Shade int
	key   string
}

// remainder is what a chart does not show.
type remainder struct {
	Name  string
	Count int64
}

// tick is a label of the axis of time.
type tick struct{ X, Name string }

// request is the request of a chart, to be repeated elsewhere.
type request struct{ URL, CSV string }

func (v *view) request(target string) request {
	at := v.site.absolute(v.site.root + target)
	return request{URL: at, CSV: strings.Replace(at, "/aggregate?", "/aggregate.csv?", 1)}
}

// aggregated reads an aggregate with its request.
func (v *view) aggregated(id, target string) (aggregate, chart, error) {
	a, err := get[aggregate](v, target)
	return a, chart{ID: id, Title: v.text("chart_" + id), Note: v.note("chart_" + id + "_note"), Request: v.request(target)}, err
}

// note returns a text that only some charts have.
func (v *view) note(key string) string {
	if found := v.text(key); found != key {
		return found
	}
	return ""
}

// rest lists the records that are in no bar.
func (c *chart) rest(v *view, a aggregate) {
	for _, r := range []remainder{
		{v.text("rest_other"), a.Meta.Other.Count}, {v.text("rest_missing"), a.Meta.Missing}, {v.text("rest_imprecise"), a.Meta.Imprecise},
	} {
		if r.Count > 0 {
			c.Rest = append(c.Rest, r)
		}
	}
}

// bars is a chart with one bar for each group. page is the collection whose records the groups are, or "".
func (v *view) bars(id, target, unit, page string) (chart, error) {
	a, c, err := v.aggregated(id, target)
	if err != nil {
		return c, err
	}
	c.Unit = unit
	for _, g := range a.Groups {
		c.Top = max(c.Top, g.Count)
	}
	for _, g := range a.Groups {
		r := row{Label: g.Label, Count: g.Count, List: v.listPage(g.List), Width: percent(g.Count, c.Top)}
		if len(g.Label) == 0 {
			r.Name = date(v.lang, g.Key)
		}
		if page != "" && g.ID != nil {
			r.Href = v.site.href(v.lang, page+"/"+g.Key, nil)
		}
		c.Rows = append(c.Rows, r)
	}
	c.rest(v, a)
	return c, nil
}

// percent returns a share as a length of SVG.
func percent(part, whole int64) string {
	if whole == 0 {
		return "0%"
	}
	return strconv.FormatFloat(100*float64(part)/float64(whole), 'f', 3, 64) + "%"
}

const (
	stackHeight = 180 // pixels of the highest stack
	maxShades   = 4   // groups of a stack with a shade of their own
	maxTicks    = 8
)

// stacks is a chart over time, one stack for each unit. The most frequent groups have shades of their own.
func (v *view) stacks(id, target, unit string) (chart, error) {
	a, c, err := v.aggregated(id, target)
	if err != nil {
		return c, err
	}
	c.Unit, c.Height = unit, stackHeight
	for i, g := range a.Groups2 {
		c.Columns = append(c.Columns, column{Label: g.Label, List: v.listPage(g.List), Count: g.Count, Shade: max(0, maxShades-i), key: g.Key})
	}
	counts := a.counts()
	for _, g := range a.Groups {
		c.Top = max(c.Top, g.Count)
	}
	for i, g := range a.Groups {
		r := row{Name: date(v.lang, g.Key), Count: g.Count, List: v.listPage(g.List)}
		below := int64(0)
		for j, g2 := range a.Groups2 {
			n := counts[g.Key][g2.Key]
			below += n
			cell := cell{Count: n, List: v.listPage(both(g.List, g2.List)), Shade: c.Columns[j].Shade, Name: v.in(g2.Label)}
			cell.X, cell.Width = share(float64(i)+.1, len(a.Groups)), share(.8, len(a.Groups))
			if c.Top > 0 {
				cell.Y, cell.High = pixels(stackHeight-stackHeight*float64(below)/float64(c.Top)), pixels(stackHeight*float64(n)/float64(c.Top))
			}
			r.Cells = append(r.Cells, cell)
		}
		c.Rows = append(c.Rows, r)
	}
	c.Axis = ticks(a.Groups)
	c.rest(v, a)
	return c, nil
}

func share(n float64, of int) string {
	return strconv.FormatFloat(100*n/float64(of), 'f', 3, 64) + "%"
}

func pixels(n float64) string { return strconv.FormatFloat(n, 'f', 2, 64) }

// ticks labels the first unit of each year, or of every second, third … year if there are many.
func ticks(groups []group) (axis []tick) {
	type begin struct {
		index int
		year  string
	}
	var years []begin
	for i, g := range groups {
		if year := g.Key[:min(4, len(g.Key))]; len(years) == 0 || years[len(years)-1].year != year {
			years = append(years, begin{i, year})
		}
	}
	step := (len(years) + maxTicks - 1) / maxTicks
	for i := 0; i < len(years); i += max(1, step) {
		axis = append(axis, tick{share(float64(years[i].index), len(groups)), years[i].year})
	}
	return axis
}

// counts returns the numbers of two dimensions by their keys.
func (a aggregate) counts() map[string]map[string]int64 {
	counts := map[string]map[string]int64{}
	for _, d := range a.Data {
		if counts[d.Key] == nil {
			counts[d.Key] = map[string]int64{}
		}
		counts[d.Key][d.Key2] = d.Count
	}
	return counts
}

// both returns the list of the records of two groups.
func both(list, other string) string {
	path, first, _ := strings.Cut(list, "?")
	_, second, _ := strings.Cut(other, "?")
	a, err := url.ParseQuery(first)
	b, err2 := url.ParseQuery(second)
	if err != nil || err2 != nil {
		return list
	}
	for name := range b {
		if a.Get(name) == "" {
			a.Set(name, b.Get(name))
		}
	}
	// The start of a unit of time is later than that of the filters, and its end earlier.
	if from, to := b.Get("starts_from"), b.Get("starts_to"); from != "" || to != "" {
		a.Set("starts_from", max(a.Get("starts_from"), from))
		if until := a.Get("starts_to"); to != "" && (until == "" || to < until) {
			a.Set("starts_to", to)
		}
		if a.Get("starts_from") == "" {
			a.Del("starts_from")
		}
	}
	return address(path, a)
}

// heat is a table of two dimensions in which larger numbers have darker cells. page is the collection of the rows.
func (v *view) heat(id, target, unit, page string) (chart, error) {
	a, c, err := v.aggregated(id, target)
	if err != nil {
		return c, err
	}
	c.Unit = unit
	slices.SortStableFunc(a.Groups2, func(x, y group) int { return strings.Compare(x.Key, y.Key) })
	for _, g := range a.Groups2 {
		c.Columns = append(c.Columns, column{Name: g.Key, Label: g.Label, List: v.listPage(g.List), Count: g.Count})
	}
	for _, d := range a.Data {
		c.Top = max(c.Top, d.Count)
	}
	counts := a.counts()
	for _, g := range a.Groups {
		r := row{Label: g.Label, Count: g.Count, List: v.listPage(g.List)}
		if page != "" {
			r.Href = v.site.href(v.lang, page+"/"+g.Key, nil)
		}
		for _, g2 := range a.Groups2 {
			n := counts[g.Key][g2.Key]
			shade := 0
			if n > 0 {
				shade = 1 + int(4*(n-1)/max(1, c.Top-1))
			}
			r.Cells = append(r.Cells, cell{Count: n, List: v.listPage(both(g.List, g2.List)), Shade: shade})
		}
		c.Rows = append(c.Rows, r)
	}
	c.rest(v, a)
	return c, nil
}
