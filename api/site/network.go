package site

import (
	"cmp"
	"math"
	"net/url"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/text"
)

// networkData is a network of the API.
type networkData struct {
	Nodes []struct {
		ID    int64    `json:"id"`
		Label text.Map `json:"label"`
		Count int64    `json:"count"`
	} `json:"nodes"`
	Links []networkLink `json:"links"`
}

type networkLink struct {
	Source int64 `json:"source"`
	Target int64 `json:"target"`
	Weight int64 `json:"weight"`
}

// drawing is a picture with dots, in the units of its view box.
type drawing struct {
	Width, Height int
	Outline, Grid string // paths
	Edges         []edge
	Dots          []dot
}

type edge struct{ X1, Y1, X2, Y2, Width string }

type dot struct {
	X, Y, R        string
	Name           string
	Count          int64
	Href           string
	LabelX, LabelY string // "" if there is no space for the name
	Anchor         string

	at     point
	radius float64
}

const (
	networkWidth, networkHeight = 960, 560
	networkEdge                 = 28  // pixels around the dots
	maxLinks                    = 300 // the strongest are drawn
	layoutSteps                 = 300
	letterWidth, lineHeight     = 7.0, 14.0 // of labels, in pixels
)

// network draws who took part together. The same network always has the same layout.
func (v *view) network(d definition, c *chart, target string) error {
	data, err := get[networkData](v, target)
	if err != nil {
		return err
	}
	index := map[int64]int{}
	for i, n := range data.Nodes {
		index[n.ID] = i
		c.Top = max(c.Top, n.Count)
	}
	slices.SortStableFunc(data.Links, func(a, b networkLink) int { return cmp.Compare(b.Weight, a.Weight) })
	if more := len(data.Links) - maxLinks; more > 0 {
		data.Links = data.Links[:maxLinks]
		c.Rest = append(c.Rest, remainder{v.text("weaker_links"), int64(more)})
	}
	var links [][2]int
	for _, l := range data.Links {
		links = append(links, [2]int{index[l.Source], index[l.Target]})
	}
	at := layout(len(data.Nodes), links)
	c.Drawing = drawing{Width: networkWidth, Height: networkHeight}
	for i, l := range data.Links {
		from, to := at[links[i][0]], at[links[i][1]]
		c.Drawing.Edges = append(c.Drawing.Edges, edge{pixels(from.x), pixels(from.y), pixels(to.x), pixels(to.y), pixels(min(4, .6+.6*float64(l.Weight-1)))})
		a, b := data.Nodes[links[i][0]], data.Nodes[links[i][1]]
		pair := attendedBy(target, a.ID, b.ID)
		c.Pairs = append(c.Pairs, row{Name: v.in(a.Label) + " – " + v.in(b.Label), Count: l.Weight, List: v.listPage(pair)})
	}
	for i, n := range data.Nodes {
		r := row{Label: n.Label, Count: n.Count, Href: v.site.href(v.lang, d.page+"/"+itoa(n.ID), nil)}
		list := attendedBy(target, n.ID)
		r.List, r.Narrow = v.listPage(list), v.narrowTo(list)
		c.Rows = append(c.Rows, r)
		radius := 4 + 9*math.Sqrt(float64(n.Count)/float64(max(1, c.Top)))
		c.Drawing.add(at[i], radius, v.in(n.Label), n.Count, cmp.Or(r.Narrow, r.Href))
	}
	c.Drawing.nameDots()
	return nil
}

// attendedBy returns the list of the round tables of a network that all of the people attended.
func attendedBy(target string, people ...int64) string {
	_, encoded, _ := strings.Cut(target, "?")
	query, err := url.ParseQuery(encoded)
	if err != nil {
		return ""
	}
	var person []string
	if already := query.Get("person"); already != "" {
		person = append(person, already)
	}
	for _, id := range people {
		if len(person) == 0 {
			person = append(person, itoa(id))
		} else {
			person = append(person, allOf+itoa(id))
		}
	}
	return address("/v1/round-tables", query, "of", "", "limit", "", "person", strings.Join(person, ","))
}

type point struct{ x, y float64 }

// layout places the nodes of a graph so that linked ones are near each other (Fruchterman and Reingold 1991), without chance.
func layout(nodes int, links [][2]int) []point {
	at := make([]point, nodes)
	for i := range at { // a spiral: the first nodes are in the middle
		angle, radius := float64(i)*math.Pi*(3-math.Sqrt(5)), math.Sqrt(float64(i)+.5)
		at[i] = point{radius * math.Cos(angle), radius * math.Sin(angle)}
	}
	degrees := make([]float64, nodes)
	for _, l := range links {
		degrees[l[0]]++
		degrees[l[1]]++
	}
	const gravity, reach = .12, 6.0 // beyond reach nodes do not repel, so that groups without a link stay near each other
	for step := range layoutSteps {
		moves := make([]point, nodes)
		push := func(i int, by point, force float64) {
			moves[i].x += by.x * force
			moves[i].y += by.y * force
		}
		for i := range at {
			for j := range i {
				by := point{at[i].x - at[j].x, at[i].y - at[j].y}
				if squared := by.x*by.x + by.y*by.y; squared < reach*reach {
					push(i, by, 1/max(.01, squared))
					push(j, by, -1/max(.01, squared))
				}
			}
			push(i, point{at[i].x, at[i].y * networkWidth / networkHeight}, -gravity)
		}
		for _, l := range links {
			by := point{at[l[0]].x - at[l[1]].x, at[l[0]].y - at[l[1]].y}
			force := math.Hypot(by.x, by.y) / math.Pow(min(degrees[l[0]], degrees[l[1]]), .6) // those of many links stay apart
			push(l[0], by, -force)
			push(l[1], by, force)
		}
		longest := 1.5*(1-float64(step)/layoutSteps) + .01
		for i, m := range moves {
			if length := math.Hypot(m.x, m.y); length > 0 {
				push := min(length, longest) / length
				at[i].x += m.x * push
				at[i].y += m.y * push
			}
		}
	}
	return fit(at)
}

// fit moves points into the frame of the picture.
func fit(at []point) []point {
	low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, p := range at {
		low, high = point{min(low.x, p.x), min(low.y, p.y)}, point{max(high.x, p.x), max(high.y, p.y)}
	}
	scale := func(n, from, to float64, size int) float64 {
		if to-from < 1e-9 {
			return float64(size) / 2
		}
		return networkEdge + (n-from)/(to-from)*float64(size-2*networkEdge)
	}
	for i, p := range at {
		at[i] = point{scale(p.x, low.x, high.x, networkWidth), scale(p.y, low.y, high.y, networkHeight)}
	}
	return at
}

// box is a part of a picture that is taken by a dot or a name.
type box struct{ left, top, right, bottom float64 }

func (b box) meets(other box) bool {
	return b.left < other.right && other.left < b.right && b.top < other.bottom && other.top < b.bottom
}

func (d *drawing) add(at point, radius float64, name string, count int64, href string) {
	d.Dots = append(d.Dots, dot{X: pixels(at.x), Y: pixels(at.y), R: pixels(radius), Name: name, Count: count, Href: href, at: at, radius: radius})
}

// nameDots writes the names of the dots beside them, the first dots first, where there is space.
func (d *drawing) nameDots() {
	boxes := make([]box, len(d.Dots))
	for i, dot := range d.Dots {
		boxes[i] = box{dot.at.x - dot.radius, dot.at.y - dot.radius, dot.at.x + dot.radius, dot.at.y + dot.radius}
	}
	for i := range d.Dots {
		dot := &d.Dots[i]
		length := letterWidth * float64(len([]rune(dot.Name)))
		right, left := dot.at.x+dot.radius+4, dot.at.x-dot.radius-4
		for _, side := range []struct {
			anchor  string
			x, from float64
		}{{"start", right, right}, {"end", left, left - length}} {
			taken := box{side.from, dot.at.y - lineHeight/2, side.from + length, dot.at.y + lineHeight/2}
			if taken.left > 0 && taken.right < float64(d.Width) && !slices.ContainsFunc(boxes, taken.meets) {
				dot.LabelX, dot.LabelY, dot.Anchor = pixels(side.x), pixels(dot.at.y+4), side.anchor
				boxes = append(boxes, taken)
				break
			}
		}
	}
}
