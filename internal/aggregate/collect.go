package aggregate

import (
	"net/url"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// pair are the numbers of the groups of a cell.
type pair struct{ g1, g2 int }

// collector collects the rows of the statement.
type collector struct {
	axes    []axis
	metrics []string
	numbers map[int]map[pair]*Numbers // by section
	counts  map[int]map[pair]int64    // the records, also if they are not a requested metric
	groups  [2]map[int]group          // by their number
	total   [2]int64                  // how many groups there are
	bounds  [2]*[2]int64              // the first and the last unit of time
	state   paging.State
}

func newCollector(axes []axis, metrics []string) *collector {
	c := &collector{axes: axes, metrics: metrics, numbers: map[int]map[pair]*Numbers{}, counts: map[int]map[pair]int64{}}
	for section := inCell; section <= inImprecise; section++ {
		c.numbers[section], c.counts[section] = map[pair]*Numbers{}, map[pair]int64{}
	}
	c.groups = [2]map[int]group{{}, {}}
	return c
}

func (c *collector) read(rows pgx.Rows) error {
	var section, metric int
	var at pair
	var value int64
	var key *string
	var id *int64
	var label text.Map
	_, err := pgx.ForEachRow(rows, []any{&section, &metric, &at.g1, &at.g2, &value, &key, &id, &label}, func() error {
		switch section {
		case isGroup, isGroup2:
			n := section - isGroup
			c.groups[n][at.g1] = c.axes[n].group(*key, id, label)
			label = nil
		case isAxis, isAxis2:
			n := section - isAxis
			c.total[n] = value
			if key != nil && id != nil {
				last, _ := strconv.ParseInt(*key, 10, 64)
				c.bounds[n] = &[2]int64{*id, last}
			}
		case isState:
			c.state = paging.State{Head: value, Day: *key}
		default:
			if metric == 0 {
				c.counts[section][at] = value
			}
			if len(c.counts[inCell]) > maxCells {
				return tooManyCells()
			}
			c.at(section, at).set(c.metrics[metric], value)
		}
		return nil
	})
	return err
}

// at returns the numbers of a cell or group.
func (c *collector) at(section int, p pair) *Numbers {
	if c.numbers[section][p] == nil {
		c.numbers[section][p] = &Numbers{}
	}
	return c.numbers[section][p]
}

// group makes a group of the value of an axis.
func (a axis) group(key string, id *int64, label text.Map) group {
	g := group{key: key, id: id, label: label}
	if a.Time != paging.NoTime {
		g.number, _ = strconv.ParseInt(key, 10, 64)
		g.key = keyOf(a.Time, g.number)
	}
	if a.Named == "" {
		g.label = a.label(g.key)
	}
	return g
}

// numbered is a group with its number in the statement; 0: it has no records.
type numbered struct {
	group
	n int
}

// shown returns the groups of an axis in order, with those without records.
func (c *collector) shown(n int) (list []numbered) {
	a := c.axes[n]
	for i := 1; i <= len(c.groups[n]); i++ {
		list = append(list, numbered{c.groups[n][i], i})
	}
	if !a.fill || a.Time == paging.NoTime {
		return list
	}
	first, last, ok := c.units(n)
	if !ok {
		return list
	}
	c.total[n] = last - first + 1
	empty := func(unit int64) (numbered, bool) {
		has := slices.ContainsFunc(list, func(g numbered) bool { return g.number == unit })
		return numbered{group: a.group(strconv.FormatInt(unit, 10), nil, nil)}, !has
	}
	if a.sort != "key" {
		for unit := first; unit <= last && len(list) < a.limit; unit++ {
			if g, ok := empty(unit); ok {
				list = append(list, g)
			}
		}
		return list
	}
	byUnit := map[int64]numbered{}
	for _, g := range list {
		byUnit[g.number] = g
	}
	list = list[:0:0]
	for i := range min(c.total[n], int64(a.limit)) {
		unit := first + i
		if a.descending {
			unit = last - i
		}
		g, ok := byUnit[unit]
		if !ok {
			g = numbered{group: a.group(strconv.FormatInt(unit, 10), nil, nil)}
		}
		list = append(list, g)
	}
	return list
}

// units returns the first and the last unit of time of an axis: those that the filters ask for, or else those of the records.
func (c *collector) units(n int) (first, last int64, ok bool) {
	a, bounds := c.axes[n], c.bounds[n]
	if bounds == nil && (a.first == nil || a.last == nil) {
		return 0, 0, false
	}
	if a.first != nil {
		first = *a.first
	} else {
		first = bounds[0]
	}
	if a.last != nil {
		last = *a.last
	} else {
		last = bounds[1]
	}
	return first, last, first <= last
}

// result makes the response of the rows.
func (c *collector) result(r Request, st *statement, filters url.Values) (Result, error) {
	if len(c.axes) == 0 {
		c.groups[0][1], c.total[0] = group{key: "total"}, 1
		c.axes = []axis{{n: 1}}
		if len(c.counts[inGroup]) == 0 { // no record matches
			c.counts[inGroup][pair{1, 0}] = 0
		}
	}
	requested := r.Metrics()
	result := Result{Data: []Cell{}, Groups: []Group{}, Groups2: []Group{}}
	var shown [2][]numbered
	for n, a := range c.axes {
		shown[n] = c.shown(n)
		for _, g := range shown[n] {
			at, section := pair{g.n, 0}, inGroup
			if n == 1 {
				at, section = pair{0, g.n}, inGroup2
			}
			made := Group{Key: g.key, ID: g.id, Label: g.label, Numbers: c.requested(section, at, requested), List: a.listOf(r.List, filters, g.group)}
			if a.Time != paging.NoTime && a.Time != paging.Weekday {
				made.StartsOn, made.EndsBefore = day(start(a.Time, g.number)), day(start(a.Time, g.number+1))
			}
			if n == 0 {
				result.Groups = append(result.Groups, made)
			} else {
				result.Groups2 = append(result.Groups2, made)
			}
		}
	}
	if len(c.axes) == 1 {
		for _, g := range result.Groups {
			result.Data = append(result.Data, Cell{Key: g.Key, Numbers: g.Numbers})
		}
	} else {
		result.Data = c.cells(shown, requested)
	}
	result.Meta = c.meta(st, requested)
	return result, nil
}

// cells returns the cells that are not zero, in the order of the groups.
func (c *collector) cells(shown [2][]numbered, requested []string) []Cell {
	cells := []Cell{}
	for _, g := range shown[0] {
		for _, g2 := range shown[1] {
			at := pair{g.n, g2.n}
			if _, ok := c.counts[inCell][at]; ok {
				key := g2.key
				cells = append(cells, Cell{Key: g.key, Key2: &key, Numbers: c.requested(inCell, at, requested)})
			}
		}
	}
	return cells
}

// requested returns the requested metrics of a cell or group. Without records they are 0.
func (c *collector) requested(section int, at pair, metrics []string) (n Numbers) {
	from := c.numbers[section][at]
	if from == nil {
		from = &Numbers{}
	}
	for _, m := range metrics {
		n.set(m, 0)
		if value := *from.of(m); value != nil {
			n.set(m, *value)
		}
	}
	return n
}

func (c *collector) meta(st *statement, requested []string) Meta {
	none := pair{}
	m := Meta{
		Missing: c.counts[inMissing][none], Imprecise: c.counts[inImprecise][none], GroupsTotal: c.total[0], Groups2Total: c.total[1],
		Overlapping: st.overlapping(), DistinctTotal: c.counts[inTotal][none],
		Metrics: Totals{c.requested(inTotal, none, requested), c.requested(inMissing, none, requested), c.requested(inImprecise, none, requested)},
	}
	m.Other = c.requested(inOther, none, requested)
	if !st.other {
		m.Other = c.requested(inOther, none, []string{"count"})
		m.Metrics.Total = c.requested(inTotal, none, []string{"count"})
	}
	m.Total = m.Missing + m.Imprecise + c.counts[inOther][none]
	section := inGroup
	if len(c.axes) == 2 {
		section = inCell
	}
	for _, n := range c.counts[section] {
		m.Total += n
	}
	return m
}
