package site

import "strconv"

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

	Newest                                              []eventRecord `json:"-"`
	Months, Topics, Speakers, Organizers, Roles, Spoken chart         `json:"-"`
}

// longSpan is how many years a chart shows by month.
const longSpan = 12

func overview(v *view) (show, error) {
	v.keep()
	data, err := get[overviewData](v, "/v1/stats/overview")
	if err != nil {
		return show{}, err
	}
	// The overview counts who is at round tables. The lists also have those who are only mentioned, and the numbers link to them.
	for collection, count := range map[string]*int64{"people": &data.Counts.People, "organizations": &data.Counts.Organizations} {
		all, err := get[list[reference]](v, "/v1/"+collection+"?count=exact&limit=1")
		if err != nil {
			return show{}, err
		}
		if all.Meta.Total != nil {
			*count = *all.Meta.Total
		}
	}
	newest, err := get[list[eventRecord]](v, "/v1/round-tables?limit=5&sort=-starts_on&status=held")
	if err != nil {
		return show{}, err
	}
	data.Newest = newest.Data
	unit := "month"
	if data.FirstOn != nil && data.LastOn != nil && year(*data.LastOn)-year(*data.FirstOn) > longSpan {
		unit = "year"
	}
	for _, c := range []struct {
		to   *chart
		make func() (chart, error)
	}{
		{&data.Months, func() (chart, error) {
			return v.stacks("months", "/v1/round-tables/aggregate?group_by="+unit+",format", "events")
		}},
		{&data.Topics, func() (chart, error) {
			return v.heat("topics", "/v1/round-tables/aggregate?group_by=topic,year&limit=12", "events", "topics")
		}},
		{&data.Speakers, func() (chart, error) {
			return v.bars("speakers", "/v1/statements/aggregate?group_by=person&limit=10", "statements_n", "people")
		}},
		{&data.Organizers, func() (chart, error) {
			return v.bars("organizers", "/v1/round-tables/aggregate?group_by=organizer&limit=10", "events", "organizations")
		}},
		{&data.Roles, func() (chart, error) {
			return v.bars("roles", "/v1/round-tables/aggregate?group_by=role", "events", "")
		}},
		{&data.Spoken, func() (chart, error) {
			return v.bars("languages", "/v1/statements/aggregate?group_by=language", "statements_n", "")
		}},
	} {
		if *c.to, err = c.make(); err != nil {
			return show{}, err
		}
	}
	return show{template: "overview", Title: v.text("site"), Description: v.text("site_description"), Data: data}, nil
}

func year(date string) int {
	n, _ := strconv.Atoi(date[:min(4, len(date))]) // the API sends dates
	return n
}
