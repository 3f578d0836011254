package site

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"roundtables.kz/registry/internal/text"
)

// keep removes all parameters but those with the names, so that an address with other ones, such as those of trackers, still works.
func (v *view) keep(names ...string) {
	kept := url.Values{}
	for name, values := range v.query {
		if joined := strings.Trim(strings.Join(values, ","), ","); joined != "" && slices.Contains(names, name) {
			kept.Set(name, joined)
		}
	}
	v.query = kept
}

// filters returns the filters of the page.
func (v *view) filters() url.Values {
	filters := url.Values{}
	for name := range v.query {
		if name != "cursor" && name != "month" {
			filters.Set(name, v.query.Get(name))
		}
	}
	return filters
}

// facet is a filter with its values and their numbers.
type facet struct {
	Name, Title string
	Values      []facetOption
	Open        bool
}

type facetOption struct {
	Label    text.Map
	Name     string // instead of Label
	Count    int64
	Selected bool
	Href     string // of the page with the value added or removed
}

// applied is a filter of the page.
type applied struct {
	Name  string
	Label text.Map
	Text  string
	Href  string // of the page without it
}

// listing is a page with a list.
type listing[T any] struct {
	list[T]
	Total   int64
	Q       string
	Hidden  [][2]string // the other filters, for the form
	Facets  []facet
	Applied []applied
	Next    string
	First   string
	Reset   string
	Feeds   []download
	Charts  []chart
	Years   bool
	From    string
	To      string
	Views   []download // the same records in other ways
}

// download is a form of the data to take away.
type download struct{ Name, Href string }

// openFacets is how many facets show their values from the start.
const openFacets = 2

// readList reads the list of the page with its facets.
func readList[T any](v *view, collection string, facets []string, parameters ...string) (l listing[T], err error) {
	parameters = append(parameters, "count", "exact")
	if len(facets) > 0 {
		parameters = append(parameters, "facets", strings.Join(facets, ","), "facet_limit", "12")
	}
	if l.list, err = get[list[T]](v, v.at("/v1/"+collection, true, parameters...)); err != nil {
		return l, err
	}
	if l.Meta.Total != nil {
		l.Total = *l.Meta.Total
	}
	l.Q, l.From, l.To = v.query.Get("q"), v.query.Get("starts_from"), v.query.Get("starts_to")
	if l.Page.Next != nil {
		query := url.Values{}
		for name, values := range v.query {
			query[name] = values
		}
		query.Set("cursor", *l.Page.Next)
		l.Next = v.site.href(v.lang, v.path, query)
	}
	if v.query.Get("cursor") != "" {
		l.First = v.with()
	}
	for _, name := range facets {
		f := v.facet(name, l.list.Facets[name])
		f.Open = f.Open || len(l.Facets) < openFacets
		l.Facets = append(l.Facets, f)
	}
	l.Applied = v.chosen()
	for name := range v.query {
		if !slices.Contains([]string{"q", "cursor", "starts_from", "starts_to"}, name) {
			l.Hidden = append(l.Hidden, [2]string{name, v.query.Get(name)})
		}
	}
	slices.SortFunc(l.Hidden, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	l.Reset = v.site.href(v.lang, v.path, nil)
	for _, format := range []string{"csv", "xlsx", "ndjson"} {
		l.Feeds = append(l.Feeds, download{strings.ToUpper(format), v.site.root + v.export(collection, format)})
	}
	l.Feeds = append(l.Feeds, download{"JSON", v.site.root + v.at("/v1/"+collection, true, "cursor", "")})
	return l, nil
}

// export returns the address of a file with the records of the page.
func (v *view) export(collection, format string) string {
	return address("/v1/exports/"+collection+"."+format, v.filters())
}

func (v *view) facet(name string, values []facetValue) facet {
	f := facet{Name: name, Title: v.text("facet_" + name)}
	chosen := strings.Split(v.query.Get(name), ",")
	for _, value := range values {
		o := facetOption{Label: value.Label, Count: value.Count, Selected: value.Selected}
		if len(value.Label) == 0 {
			o.Name = date(v.lang, value.Key)
		}
		if name == "year" {
			o.Selected = v.query.Get("starts_from") == value.Key+"-01-01" && v.query.Get("starts_to") == next(value.Key)+"-01-01"
			o.Href = v.with("starts_from", value.Key+"-01-01", "starts_to", next(value.Key)+"-01-01")
			if o.Selected {
				o.Href = v.with("starts_from", "", "starts_to", "")
			}
		} else {
			rest := slices.DeleteFunc(slices.Clone(chosen), func(s string) bool { return s == "" || strings.TrimPrefix(s, allOf) == value.Key })
			if !o.Selected {
				rest = append(rest, value.Key)
			}
			o.Href = v.with(name, strings.Join(rest, ","))
		}
		f.Open = f.Open || o.Selected
		f.Values = append(f.Values, o)
	}
	return f
}

// next returns the year after a year.
func next(key string) string { return fmt.Sprintf("%04d", year(key)+1) }

// chosen lists the filters of the page, each with the page without it.
func (v *view) chosen() (all []applied) {
	from, until := v.query.Get("starts_from"), v.query.Get("starts_to")
	if from != "" || until != "" {
		all = append(all, applied{Name: v.text("time"), Text: v.span(from, until), Href: v.with("starts_from", "", "starts_to", "")})
	}
	names := make([]string, 0, len(v.query))
	for name := range v.query {
		if !slices.Contains([]string{"cursor", "starts_from", "starts_to", "sort", "month"}, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	known := v.namesOf(names)
	for _, name := range names {
		values := v.chosenValues(name)
		for i, value := range values[:min(len(values), maxChosen)] {
			rest := slices.Delete(slices.Clone(values), i, i+1)
			a := applied{Name: v.text("facet_" + name), Href: v.with(name, strings.Join(rest, ","))}
			value = strings.TrimPrefix(value, allOf)
			if a.Label = known[collections[name].path][value]; len(a.Label) == 0 {
				a.Text = v.valueText(name, value)
			}
			all = append(all, a)
		}
	}
	return all
}

// chosenValues returns the values of a filter.
func (v *view) chosenValues(name string) []string {
	if name == "q" {
		return []string{v.query.Get(name)}
	}
	return strings.Split(v.query.Get(name), ",")
}

const (
	allOf     = "all:" // before a value that records must have beside the others
	maxChosen = 10     // values of one filter that are named
)

// span names a span of time from one day to before another: a whole year or month by its name.
func (v *view) span(from, until string) string {
	first, err := time.Parse(time.DateOnly, from)
	end, err2 := time.Parse(time.DateOnly, until)
	switch {
	case err != nil && err2 != nil:
		return strings.TrimSpace(from + " " + until)
	case err != nil:
		return v.site.bound(v.lang, "before", until)
	case err2 != nil:
		return v.site.bound(v.lang, "since", from)
	case first.YearDay() == 1 && end.Equal(first.AddDate(1, 0, 0)):
		return date(v.lang, from[:4])
	case first.Day() == 1 && end.Equal(first.AddDate(0, 1, 0)):
		return date(v.lang, from[:7])
	}
	return v.site.bound(v.lang, "since", from) + ", " + v.site.bound(v.lang, "before", until)
}

// named is a collection whose records filters name, with the member that holds their name. Roles are named by their codes.
type named struct{ path, member string }

var collections = map[string]named{
	"person": {"people", "name"}, "mention_person": {"people", "name"}, "role": {"roles", "label"}, "topic": {"topics", "label"}, "place": {"places", "name"},
	"organization": {"organizations", "name"}, "organization_tree": {"organizations", "name"}, "organizer": {"organizations", "name"},
	"addressee": {"organizations", "name"}, "mention_organization": {"organizations", "name"},
	"round_table": {"round-tables", "title"}, "parent": {"round-tables", "title"},
}

// codes are the vocabularies of filters.
var codes = map[string]string{
	"format": "format", "status": "status", "mode": "mode", "act": "act", "kind": "statement_kind", "text_lang": "language", "language": "language",
	"country": "country", "date_precision": "date_precision", "weekday": "weekday",
}

// namesOf returns the names of the records that filters name, by collection and id, with one request for each collection. What is not
// found has no name.
func (v *view) namesOf(filters []string) map[string]map[string]text.Map {
	ids, members := map[string][]string{}, map[string]string{}
	for _, filter := range filters {
		of := collections[filter]
		values := v.chosenValues(filter)
		for _, value := range values[:min(len(values), maxChosen)] {
			value = strings.TrimPrefix(value, allOf)
			if of.path != "" && (isID(value) || of.path == "roles") && !slices.Contains(ids[of.path], value) {
				ids[of.path], members[of.path] = append(ids[of.path], value), of.member
			}
		}
	}
	known := map[string]map[string]text.Map{}
	for path, of := range ids {
		if path == "roles" {
			known[path], _ = v.roles() // without it, the codes are shown
			continue
		}
		found, err := get[list[map[string]json.RawMessage]](v, "/v1/"+path+"?limit=200&fields=id,"+members[path]+"&id="+strings.Join(of, ","))
		if err != nil {
			continue // the ids are shown
		}
		known[path] = map[string]text.Map{}
		for _, record := range found.Data {
			var name text.Map
			if json.Unmarshal(record[members[path]], &name) == nil {
				known[path][string(record["id"])] = name
			}
		}
	}
	return known
}

// valueText returns a value of a filter that names no record: the label of a code, or the value as it is.
func (v *view) valueText(filter, value string) string {
	vocabulary := codes[filter]
	switch {
	case filter == "kind" && v.path == "organizations":
		vocabulary = "organization_kind"
	case filter == "status" && (v.path == "recommendations" || v.path == "charts/status.svg" || v.path == "charts/addressee.svg"):
		vocabulary = "recommendation_status"
	case filter == "has_statements":
		return v.text(map[bool]string{true: "yes", false: "no"}[value == "true"])
	}
	if vocabulary == "" {
		return value
	}
	return label(v.lang, vocabulary, value)
}

// roles returns the labels of the roles by code.
func (v *view) roles() (map[string]text.Map, error) {
	found, err := get[list[struct {
		Code  string   `json:"code"`
		Label text.Map `json:"label"`
	}]](v, "/v1/roles?limit=500")
	labels := map[string]text.Map{}
	for _, r := range found.Data {
		labels[r.Code] = r.Label
	}
	return labels, err
}

// eventFilters are the filters of the list of round tables.
var eventFilters = []string{
	"q", "starts_from", "starts_to", "format", "status", "mode", "topic", "organizer", "organization", "organization_tree", "person", "role", "place",
	"country", "language", "parent", "date_precision", "weekday", "has_statements", "cursor",
}

func roundTables(v *view) (show, error) {
	v.keep(eventFilters...)
	l, err := readList[eventRecord](v, "round-tables", []string{"year", "format", "topic", "organizer", "place"}, "limit", "25", "sort", "-starts_on")
	if err != nil {
		return show{}, err
	}
	if err := v.addUndated(&l.Facets[0]); err != nil {
		return show{}, err
	}
	l.Years, l.Views = true, v.views()
	l.Feeds = append(l.Feeds, download{"iCalendar", v.site.root + v.at("/v1/calendar.ics", true, "cursor", "")})
	return show{template: "roundtables", Title: v.text("round_tables"), Description: v.text("round_tables_description"), Data: l, Hidden: v.filtered()}, nil
}

// addUndated adds the events without a date to the years, so that the numbers add up to those of the list.
func (v *view) addUndated(years *facet) error {
	const filter, undated = "date_precision", "unknown"
	chosen := v.query.Get(filter)
	if chosen != "" && chosen != undated {
		return nil
	}
	found, err := get[list[reference]](v, v.at("/v1/round-tables", true,
		filter, undated, "starts_from", "", "starts_to", "", "cursor", "", "limit", "1", "count", "exact", "fields", "id"))
	if err != nil || found.Meta.Total == nil || *found.Meta.Total == 0 {
		return err
	}
	o := facetOption{Name: v.text("undated"), Count: *found.Meta.Total, Selected: chosen == undated}
	o.Href = v.with("starts_from", "", "starts_to", "", filter, map[bool]string{false: undated}[o.Selected])
	years.Values = append(years.Values, o)
	return nil
}

// filtered reports whether the page is one of many views of the same list, which search engines need not keep.
func (v *view) filtered() bool { return len(v.query) > 0 }

func people(v *view) (show, error) {
	v.keep("q", "organization", "role", "topic", "round_table", "cursor")
	l, err := readList[personRecord](v, "people", nil, "limit", "50")
	return show{template: "people", Title: v.text("people"), Description: v.text("people_description"), Data: l, Hidden: v.filtered()}, err
}

func organizations(v *view) (show, error) {
	v.keep("q", "kind", "country", "parent", "cursor")
	l, err := readList[organizationRecord](v, "organizations", []string{"kind"}, "limit", "50")
	s := show{template: "organizations", Title: v.text("organizations"), Description: v.text("organizations_description"), Data: l, Hidden: v.filtered()}
	return s, err
}

func statements(v *view) (show, error) {
	v.keep(slices.Concat(overviewFilters,
		[]string{"q", "round_table", "kind", "act", "text_lang", "mention_person", "mention_organization", "id", "cursor"})...)
	l, err := readList[statementRecord](v, "statements", []string{"act", "topic"}, "limit", "25", "sort", "-starts_on")
	return show{template: "statements", Title: v.text("statements"), Description: v.text("statements_description"), Data: l, Hidden: v.filtered()}, err
}

// topicsData is the page of all topics.
type topicsData struct{ Chart, Years chart }

func topics(v *view) (show, error) {
	v.keep()
	all, err := v.chart("all_topics", nil)
	if err != nil {
		return show{}, err
	}
	years, err := v.chart("topics_years", nil)
	return show{template: "topics", Title: v.text("topics"), Description: v.text("topics_description"), Data: topicsData{all, years}}, err
}

func recommendations(v *view) (show, error) {
	v.keep(slices.Concat(slices.DeleteFunc(slices.Clone(overviewFilters), func(name string) bool { return strings.HasPrefix(name, "organization") }),
		[]string{"addressee", "round_table", "cursor"})...)
	l, err := readList[recommendationRecord](v, "recommendations", []string{"status", "addressee", "topic"}, "limit", "25")
	if err != nil {
		return show{}, err
	}
	for _, id := range []string{"status", "addressee"} {
		drawn, err := v.chart(id, v.filters())
		if err != nil {
			return show{}, err
		}
		if len(drawn.Rows) > 0 {
			l.Charts = append(l.Charts, drawn)
		}
	}
	s := show{template: "recommendations", Title: v.text("recommendations"), Description: v.text("recommendations_description"), Data: l}
	s.Hidden = v.filtered()
	return s, nil
}
