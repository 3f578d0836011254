package site

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
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
		Total       int64 `json:"total"`
		Distinct    int64 `json:"distinct_total"`
		Overlapping bool  `json:"overlapping"`
	} `json:"meta"`
}

type group struct {
	Key   string   `json:"key"`
	ID    *int64   `json:"id"`
	Label text.Map `json:"label"`
	Count int64    `json:"count"`
	List  string   `json:"list"`
}

// definition is a chart: what it asks the API for, and how it is drawn.
type definition struct {
	kind   string // a template of charts.html, and a function of drawers
	target string // the request of the API, without the filters
	unit   string // the key of the counted noun
	page   string // the collection whose records the rows are, or ""
}

const (
	ofEvents          = "/v1/round-tables/aggregate?group_by="
	ofStatements      = "/v1/statements/aggregate?group_by="
	ofRecommendations = "/v1/recommendations/aggregate?group_by="
)

// definitions are all charts by their ids, which name their texts and their files.
var definitions = map[string]definition{
	"months":              {"stacks", ofEvents + "month,format", "events", ""},
	"by_year":             {"stacks", ofEvents + "year,format", "events", ""},
	"topics":              {"heat", ofEvents + "topic,year&limit=12", "events", "topics"},
	"topics_years":        {"heat", ofEvents + "topic,year&limit=25", "events", "topics"},
	"all_topics":          {"bars", ofEvents + "topic&limit=500", "events", "topics"},
	"organizers":          {"bars", ofEvents + "organizer&limit=10", "events", "organizations"},
	"roles":               {"bars", ofEvents + "role", "events", ""},
	"years":               {"bars", ofEvents + "year", "events", ""},
	"organization_topics": {"bars", ofEvents + "topic&limit=10", "events", "topics"},
	"places":              {"places", ofEvents + "place&limit=50", "events", ""},
	"speakers":            {"bars", ofStatements + "person&limit=10", "statements_n", "people"},
	"languages":           {"bars", ofStatements + "language", "statements_n", ""},
	"person_topics":       {"bars", ofStatements + "topic&limit=10", "statements_n", "topics"},
	"topic_speakers":      {"bars", ofStatements + "person&limit=10", "statements_n", "people"},
	"topic_organizations": {"bars", ofStatements + "organization&limit=10", "statements_n", "organizations"},
	"matrix":              {"heat", "/v1/stats/matrix?limit=8&rows=topic&columns=organization", "statements_n", "topics"},
	"person_roles":        {"bars", "/v1/attendees/aggregate?group_by=role", "events", ""},
	"network":             {"network", "/v1/stats/network?limit=60&of=people", "events", "people"},
	"status":              {"bars", ofRecommendations + "status", "recommendations_n", ""},
	"addressee":           {"bars", ofRecommendations + "addressee", "recommendations_n", "organizations"},
}

// drawers draw the charts by their kind.
var drawers map[string]func(v *view, d definition, c *chart, target string) error

func init() {
	drawers = map[string]func(*view, definition, *chart, string) error{
		"bars": (*view).bars, "stacks": (*view).stacks, "heat": (*view).heat, "network": (*view).network, "places": (*view).places,
	}
}

// chart is a chart with its numbers. Each chart is one request of the API.
type chart struct {
	ID, Kind, Title, Note, Unit string // Unit is the key of the counted noun
	Rows                        []row  // of bars and heat maps
	Columns                     []column
	Rest                        []remainder
	Request                     request
	File                        string // the address of the chart as SVG
	Axis                        []tick // of charts over time
	Height                      int
	Top                         int64 // the largest number
	Drawing                     drawing
	Outside                     []row // places that are not on the map
	Pairs                       []row // of a network
	Failed                      bool  // it took longer than the API allows
}

// chart draws a chart of what matches the filters.
func (v *view) chart(id string, filters url.Values) (chart, error) {
	d := definitions[id]
	path, encoded, _ := strings.Cut(d.target, "?")
	query, err := url.ParseQuery(encoded)
	if err != nil {
		return chart{}, fmt.Errorf("read the request of the chart %s: %w", id, err)
	}
	for name := range filters {
		query.Set(name, filters.Get(name))
	}
	c := chart{ID: id, Kind: d.kind, Title: v.text("chart_" + id), Note: v.note("chart_" + id + "_note"), Unit: d.unit}
	target := address(path, query)
	c.Request = v.request(target)
	c.File = v.site.href(v.lang, "charts/"+id+".svg", filters)
	err = drawers[d.kind](v, d, &c, target)
	if f, ok := errors.AsType[*failure](err); ok && f.status == http.StatusServiceUnavailable { // the rest of the page is worth showing
		c.Failed, v.incomplete = true, true
		return c, nil
	}
	return c, err
}

// filter returns one filter: what a page is about.
func filter(name, value string) url.Values { return url.Values{name: {value}} }

// row is a bar, a unit of time or a line of a heat map.
type row struct {
	Label  text.Map
	Name   string // instead of Label: a unit of time
	Href   string // the page of what the row is about
	List   string // the page of the counted records; "" if there is none
	Narrow string // the first page with only these records; "" elsewhere
	Count  int64
	Width  string // in percent of the widest bar
	Cells  []cell
}

// cell is one number of two dimensions, with its place in a stack.
type cell struct {
	Count             int64
	List, Narrow      string
	Shade             int // 0 to 5
	X, Y, Width, High string
	Name              string
}

// column is a group of the second dimension.
type column struct {
	Name         string
	Label        text.Map
	List, Narrow string
	Count        int64
	Shade        int
}

// remainder is what a chart does not show.
type remainder struct {
	Name  string
	Count int64
}

// tick is a label of the axis of time.
type tick struct {
	X, Name string
	share   float64 // of the axis
}

// request is the request of a chart, to be repeated elsewhere.
type request struct {
	URL, CSV string
	Members  string // of the response that TypeScript reads
	Table    string // the member that it shows
}

func (v *view) request(target string) request {
	at := v.site.absolute(v.site.root + target)
	r := request{URL: at, CSV: strings.Replace(at, "/aggregate?", "/aggregate.csv?", 1), Members: "data, groups, meta", Table: "groups"}
	if path, query, _ := strings.Cut(target, "?"); path == "/v1/stats/network" {
		r.CSV, r.Members, r.Table = strings.Replace(at, "/network?", "/network.csv?", 1), "nodes, links, meta", "links"
	} else if path == "/v1/stats/matrix" { // an aggregate of statements under another name, which has files
		parameters, _ := url.ParseQuery(query)
		parameters.Set("group_by", parameters.Get("rows")+","+parameters.Get("columns"))
		r.CSV = v.site.absolute(v.site.root + address("/v1/statements/aggregate.csv", parameters, "rows", "", "columns", ""))
		r.Members, r.Table = "data, groups, groups2, meta", "data"
	}
	return r
}

// note returns a text that only some charts have.
func (v *view) note(key string) string {
	if found := v.text(key); found != key {
		return found
	}
	return ""
}

// rest lists the records that are in no bar.
func (c *chart) rest(v *view, a aggregate, target string) {
	for _, r := range []remainder{
		{v.text("rest_other"), a.Meta.Other.Count}, {v.missing(target), a.Meta.Missing}, {v.text("rest_imprecise"), a.Meta.Imprecise},
	} {
		if r.Count > 0 {
			c.Rest = append(c.Rest, r)
		}
	}
}

// missing names the records that the dimensions of a chart do not count, such as events without a date.
func (v *view) missing(target string) string {
	_, encoded, _ := strings.Cut(target, "?")
	query, err := url.ParseQuery(encoded)
	if err != nil {
		return v.text("rest_missing")
	}
	dimensions := strings.Split(cmp.Or(query.Get("group_by"), query.Get("rows")+","+query.Get("columns")), ",")
	key := "missing"
	for _, dimension := range dimensions {
		switch dimension {
		case "format": // every event has one
		case "month":
			key += "_year"
		default:
			key += "_" + dimension
		}
	}
	return cmp.Or(v.note(key), v.text("rest_missing"))
}

// narrowTo returns the first page with only the records of a list, or "" if a filter of the list does not apply to all its charts.
func (v *view) narrowTo(list string) string {
	if v.path != "" {
		return ""
	}
	_, encoded, _ := strings.Cut(list, "?")
	query, err := url.ParseQuery(encoded)
	if err != nil {
		return ""
	}
	for name := range query {
		if !slices.Contains(overviewFilters, name) {
			return ""
		}
	}
	return v.site.href(v.lang, "", query)
}

// row returns the line of a group.
func (v *view) row(g group, page string) row {
	r := row{Label: g.Label, Count: g.Count, List: v.listPage(g.List), Narrow: v.narrowTo(g.List)}
	if len(g.Label) == 0 {
		r.Name = date(v.lang, g.Key)
	}
	if page != "" && g.ID != nil {
		r.Href = v.site.href(v.lang, page+"/"+g.Key, nil)
	}
	return r
}

// bars is a chart with one bar for each group.
func (v *view) bars(d definition, c *chart, target string) error {
	a, err := get[aggregate](v, target)
	if err != nil {
		return err
	}
	for _, g := range a.Groups {
		c.Top = max(c.Top, g.Count)
	}
	for _, g := range a.Groups {
		r := v.row(g, d.page)
		r.Width = percent(g.Count, c.Top)
		c.Rows = append(c.Rows, r)
	}
	c.rest(v, a, target)
	return nil
}

// percent returns a share as a length of SVG.
func percent(part, whole int64) string {
	if whole == 0 {
		return "0%"
	}
	return strconv.FormatFloat(100*float64(part)/float64(whole), 'f', 3, 64) + "%"
}
