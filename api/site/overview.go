package site

import (
	"cmp"
	"slices"
	"strconv"
)

// overviewData is the first page.
type overviewData struct {
	Counts struct {
		RoundTables     int64 `json:"round_tables"`
		People          int64 `json:"people"`
		Organizations   int64 `json:"organizations"`
		Statements      int64 `json:"statements"`
		Recommendations int64 `json:"recommendations"`
		Topics          int64 `json:"topics"`
	} `json:"counts"`
	FirstOn   *string `json:"first_on"`
	LastOn    *string `json:"last_on"`
	UpdatedAt *string `json:"updated_at"`

	Newest  []eventRecord    `json:"-"`
	Charts  map[string]chart `json:"-"`
	Time    string           `json:"-"` // the id of the chart over time
	Applied []applied        `json:"-"`
	Total   int64            `json:"-"` // of the list of round tables with the filters
	List    string           `json:"-"` // its page
	Views   []download       `json:"-"`
	Reset   string           `json:"-"`
}

// overviewFilters are the filters of the first page. They apply to all of its charts.
var overviewFilters = []string{
	"starts_from", "starts_to", "format", "status", "mode", "topic", "organizer", "organization", "organization_tree", "person", "role", "place",
	"country", "parent", "weekday", "date_precision",
}

// longSpan is how many years a chart shows by month.
const longSpan = 12

func overview(v *view) (show, error) {
	v.keep(overviewFilters...)
	data, err := get[overviewData](v, v.at("/v1/stats/overview", true))
	if err != nil {
		return show{}, err
	}
	// The overview counts who is at round tables. The lists also have those who are only mentioned, and the numbers link to them.
	if !v.filtered() {
		for collection, count := range map[string]*int64{"people": &data.Counts.People, "organizations": &data.Counts.Organizations} {
			all, err := get[list[reference]](v, "/v1/"+collection+"?count=exact&limit=1")
			if err != nil {
				return show{}, err
			}
			if all.Meta.Total != nil {
				*count = *all.Meta.Total
			}
		}
	}
	held := []string{"limit", "5", "sort", "-starts_on", "count", "exact"}
	if v.query.Get("status") == "" && !v.filtered() {
		held = append(held, "status", "held")
	}
	newest, err := get[list[eventRecord]](v, v.at("/v1/round-tables", true, held...))
	if err != nil {
		return show{}, err
	}
	if data.Newest = newest.Data; newest.Meta.Total != nil {
		data.Total = *newest.Meta.Total
	}
	data.Applied, data.Reset = v.chosen(), v.site.href(v.lang, "", nil)
	data.List = v.site.href(v.lang, "round-tables", v.filters())
	data.Views = v.views()
	data.Time = "months"
	if data.FirstOn != nil && data.LastOn != nil && year(*data.LastOn)-year(*data.FirstOn) > longSpan {
		data.Time = "by_year"
	}
	data.Charts = map[string]chart{}
	for _, id := range []string{data.Time, "topics", "speakers", "organizers", "matrix", "network", "places", "roles", "languages"} {
		if data.Charts[id], err = v.chart(id, v.filters()); err != nil {
			return show{}, err
		}
	}
	return show{template: "overview", Title: v.text("site"), Description: v.text("site_description"), Data: data, Hidden: v.filtered()}, nil
}

// views are the pages that show the same round tables in other ways.
func (v *view) views() (all []download) {
	filters := v.filters()
	for _, page := range []string{"round-tables", "calendar", ""} {
		if page == "" { // not all filters apply to the charts
			for name := range filters {
				if !slices.Contains(overviewFilters, name) {
					return all
				}
			}
		}
		if page != v.path {
			all = append(all, download{v.text("view_" + cmp.Or(page, "charts")), v.site.href(v.lang, page, filters)})
		}
	}
	return all
}

func year(date string) int {
	n, _ := strconv.Atoi(date[:min(4, len(date))]) // the API sends dates
	return n
}
