package site

import (
	"cmp"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"
)

const (
	mapWidth  = 520
	mapMargin = 14
	// The standard parallels and the central meridian of the projection, in degrees.
	south, north, meridian = 43.0, 53.0, 67.0
)

// ground is the map of Kazakhstan: its outline and its scale.
type ground struct {
	outline, grid string
	scale, x, y   float64 // of the projection to pixels
	height        int
}

// project returns a point of the Earth in the Lambert conformal conic projection, in radii of the Earth; y grows to the south.
func project(longitude, latitude float64) point {
	radians := func(degrees float64) float64 { return degrees * math.Pi / 180 }
	tangent := func(latitude float64) float64 { return math.Tan(math.Pi/4 + radians(latitude)/2) }
	n := math.Log(math.Cos(radians(south))/math.Cos(radians(north))) / math.Log(tangent(north)/tangent(south))
	f := math.Cos(radians(south)) * math.Pow(tangent(south), n) / n
	rho, angle := f/math.Pow(tangent(latitude), n), n*radians(longitude-meridian)
	return point{rho * math.Sin(angle), rho * math.Cos(angle)}
}

// at returns the pixel of a point of the Earth.
func (g ground) at(longitude, latitude float64) point {
	p := project(longitude, latitude)
	return point{(p.x - g.x) * g.scale, (p.y - g.y) * g.scale}
}

// readGround reads the outline: pairs of longitude and latitude in degrees, separated by commas and lines.
func readGround(files fs.FS) (g ground, err error) {
	content, err := fs.ReadFile(files, "data/kazakhstan.txt")
	if err != nil {
		return g, fmt.Errorf("read the outline: %w", err)
	}
	var border []point
	low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for pair := range strings.FieldsFuncSeq(string(content), func(r rune) bool { return r == ',' || r == '\n' }) {
		var longitude, latitude float64
		if _, err := fmt.Sscan(pair, &longitude, &latitude); err != nil {
			return g, fmt.Errorf("read the outline at %q: %w", pair, err)
		}
		border = append(border, point{longitude, latitude})
		p := project(longitude, latitude)
		low, high = point{min(low.x, p.x), min(low.y, p.y)}, point{max(high.x, p.x), max(high.y, p.y)}
	}
	g.scale = (mapWidth - 2*mapMargin) / (high.x - low.x)
	g.x, g.y = low.x-mapMargin/g.scale, low.y-mapMargin/g.scale
	g.height = int(math.Ceil((high.y-low.y)*g.scale)) + 2*mapMargin
	for i, p := range border {
		border[i] = g.at(p.x, p.y)
	}
	g.outline = line(border) + "Z"
	for longitude := 45.0; longitude <= 90; longitude += 5 {
		g.grid += line([]point{g.at(longitude, 38), g.at(longitude, 58)})
	}
	for latitude := 40.0; latitude <= 55; latitude += 5 {
		var parallel []point
		for longitude := 40.0; longitude <= 95; longitude += 2.5 {
			parallel = append(parallel, g.at(longitude, latitude))
		}
		g.grid += line(parallel)
	}
	return g, nil
}

// line returns the path of a line of SVG.
func line(points []point) string {
	var b strings.Builder
	for i, p := range points {
		b.WriteString(map[bool]string{true: "M", false: "L"}[i == 0])
		b.WriteString(strconv.FormatFloat(p.x, 'f', 1, 64) + " " + strconv.FormatFloat(p.y, 'f', 1, 64))
	}
	return b.String()
}

// places draws a map with a dot for each place in and near Kazakhstan. The others are listed beside it.
func (v *view) places(d definition, c *chart, target string) error {
	a, err := get[aggregate](v, target)
	if err != nil || len(a.Groups) == 0 {
		return err
	}
	ids := make([]string, len(a.Groups))
	for i, g := range a.Groups {
		ids[i] = g.Key
	}
	found, err := get[list[placeRecord]](v, "/v1/places?fields=id,latitude,longitude&limit=500&id="+strings.Join(ids, ","))
	if err != nil {
		return err
	}
	g := v.site.ground
	c.Drawing = drawing{Width: mapWidth, Height: g.height, Outline: g.outline, Grid: g.grid}
	for _, group := range a.Groups {
		c.Top = max(c.Top, group.Count)
	}
	for _, group := range a.Groups {
		r := v.row(group, d.page)
		c.Rows = append(c.Rows, r)
		i := slices.IndexFunc(found.Data, func(p placeRecord) bool { return itoa(p.ID) == group.Key && p.Latitude != nil && p.Longitude != nil })
		if i < 0 {
			c.Outside = append(c.Outside, r)
			continue
		}
		at := g.at(*found.Data[i].Longitude, *found.Data[i].Latitude)
		if at.x < 0 || at.x > mapWidth || at.y < 0 || at.y > float64(g.height) {
			c.Outside = append(c.Outside, r)
			continue
		}
		radius := 4 + 10*math.Sqrt(float64(group.Count)/float64(max(1, c.Top)))
		c.Drawing.add(at, radius, v.in(group.Label), group.Count, cmp.Or(r.Narrow, r.List))
	}
	c.Drawing.nameDots()
	c.rest(v, a, target)
	return nil
}
