package site

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	stackHeight = 180 // pixels of the highest stack
	maxShades   = 4   // groups of a stack with a shade of their own
	maxTicks    = 8
)

// stacks is a chart over time, one stack for each unit. The most frequent groups have shades of their own.
func (v *view) stacks(d definition, c *chart, target string) error {
	a, err := get[aggregate](v, target)
	if err != nil {
		return err
	}
	c.Height = stackHeight
	for i, g := range a.Groups2 {
		c.Columns = append(c.Columns, column{Label: g.Label, List: v.listPage(g.List), Narrow: v.narrowTo(g.List), Count: g.Count, Shade: max(0, maxShades-i)})
	}
	counts := a.counts()
	for _, g := range a.Groups {
		c.Top = max(c.Top, g.Count)
	}
	for i, g := range a.Groups {
		r := v.row(g, d.page)
		below := int64(0)
		for j, g2 := range a.Groups2 {
			n := counts[g.Key][g2.Key]
			below += n
			list := both(g.List, g2.List)
			cell := cell{Count: n, List: v.listPage(list), Narrow: v.narrowTo(list), Shade: c.Columns[j].Shade, Name: v.in(g2.Label)}
			cell.X, cell.Width = share(float64(i)+.1, len(a.Groups)), share(.8, len(a.Groups))
			if c.Top > 0 {
				cell.Y, cell.High = pixels(stackHeight-stackHeight*float64(below)/float64(c.Top)), pixels(stackHeight*float64(n)/float64(c.Top))
			}
			r.Cells = append(r.Cells, cell)
		}
		c.Rows = append(c.Rows, r)
	}
	c.Axis = ticks(a.Groups)
	c.rest(v, a, target)
	return nil
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
		begin := float64(years[i].index)
		axis = append(axis, tick{share(begin, len(groups)), years[i].year, begin / float64(len(groups))})
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

// heat is a table of two dimensions in which larger numbers have darker cells.
func (v *view) heat(d definition, c *chart, target string) error {
	a, err := get[aggregate](v, target)
	if err != nil {
		return err
	}
	if len(a.Groups2) > 0 && a.Groups2[0].ID == nil { // time
		slices.SortStableFunc(a.Groups2, func(x, y group) int { return strings.Compare(x.Key, y.Key) })
	}
	for _, g := range a.Groups2 {
		c.Columns = append(c.Columns, column{Name: g.Key, Label: g.Label, List: v.listPage(g.List), Narrow: v.narrowTo(g.List), Count: g.Count})
	}
	for _, d := range a.Data {
		c.Top = max(c.Top, d.Count)
	}
	counts := a.counts()
	for _, g := range a.Groups {
		r := v.row(g, d.page)
		for _, g2 := range a.Groups2 {
			n := counts[g.Key][g2.Key]
			shade := 0
			if n > 0 {
				shade = 1 + int(4*(n-1)/max(1, c.Top-1))
			}
			list := both(g.List, g2.List)
			made := cell{Count: n, List: v.listPage(list), Shade: shade}
			if d.unit == "events" { // the number is that of the narrowed page
				made.Narrow = v.narrowTo(list)
			}
			r.Cells = append(r.Cells, made)
		}
		c.Rows = append(c.Rows, r)
	}
	c.rest(v, a, target)
	return nil
}
