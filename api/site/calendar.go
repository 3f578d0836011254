package site

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// calendarData is a month of round tables.
type calendarData struct {
	Month, Year  string // in words
	Years        []calendarLink
	Months       []calendarLink
	First        int // the weekday of the first day, 1 is Monday
	Days         []calendarDay
	Weekdays     []string
	Dayless      []eventRecord // known to the month only
	DaylessList  string        // all of them, if there are more
	OnlyYear     int64         // round tables of the year of which only the year is known
	OnlyYearList string
	Total        int64 // of the month
	Truncated    bool  // whether the last days lack round tables
	List         string
	Applied      []applied
	Views        []download
	Reset        string
	Shown        bool // whether there is any round table
}

type calendarLink struct {
	Name, Long, Href string
	Count            int64
	Current          bool
}

type calendarDay struct {
	Day    int
	Date   string
	Events []eventRecord
	More   int
	List   string
}

// eventsOfDay is how many round tables a day of the calendar names.
const eventsOfDay = 3

// eventsWithoutDay is how many round tables without a day the calendar names.
const eventsWithoutDay = 50

// eventsOfMonth is how many round tables of a month are read at least, if it has as many.
const eventsOfMonth = 2000

// calendar shows the round tables of a month, by default of the newest that has any.
func calendar(v *view) (show, error) {
	v.keep(append([]string{"month"}, eventFilters...)...)
	v.query.Set("date_precision", strings.Join(slices.DeleteFunc(strings.Split(v.query.Get("date_precision"), ","),
		func(s string) bool { return s != "day" && s != "month" }), ",")) // what is known to the year only is in no month
	if v.query.Get("date_precision") == "" {
		v.query.Del("date_precision")
	}
	month, err := time.Parse("2006-01", v.query.Get("month"))
	d := calendarData{Applied: []applied{}, Reset: v.site.href(v.lang, v.path, nil), Shown: true}
	if err != nil {
		newest, err := get[list[eventRecord]](v, v.at("/v1/round-tables", true, "month", "", "cursor", "", "limit", "1", "sort", "-starts_on",
			"date_precision", cmp.Or(v.query.Get("date_precision"), "day,month")))
		if err != nil {
			return show{}, err
		}
		month = time.Date(time.Now().Year(), time.Now().Month(), 1, 0, 0, 0, 0, time.UTC)
		if d.Shown = len(newest.Data) > 0 && newest.Data[0].StartsOn != nil; d.Shown {
			if found, err := time.Parse(time.DateOnly, *newest.Data[0].StartsOn); err == nil {
				month = found.AddDate(0, 0, 1-found.Day())
			}
		}
	}
	delete(v.query, "starts_from") // the calendar shows any month
	delete(v.query, "starts_to")
	if err := d.readYear(v, month); err != nil {
		return show{}, err
	}
	if err := d.readMonth(v, month); err != nil {
		return show{}, err
	}
	d.Month, d.Year = date(v.lang, month.Format("2006-01")), month.Format("2006")
	d.Applied, d.Views = v.chosen(), v.views()
	for i := range 7 {
		d.Weekdays = append(d.Weekdays, label(v.lang, "weekday", itoa(int64(i+1))))
	}
	title := v.text("calendar") + ": " + d.Month
	return show{template: "calendar", Title: title, Description: v.text("calendar_description"), Data: d, Hidden: v.filtered()}, nil
}

// readYear counts the round tables of each month of a year.
func (d *calendarData) readYear(v *view, month time.Time) error {
	begin, end := time.Date(month.Year(), 1, 1, 0, 0, 0, 0, time.UTC), time.Date(month.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
	a, err := get[aggregate](v, v.at("/v1/round-tables/aggregate", true, "month", "", "cursor", "", "group_by", "month",
		"starts_from", begin.Format(time.DateOnly), "starts_to", end.Format(time.DateOnly)))
	if err != nil {
		return err
	}
	for m := begin; m.Before(end); m = m.AddDate(0, 1, 0) {
		key := m.Format("2006-01")
		l := calendarLink{Name: months[v.lang][m.Month()-1], Long: date(v.lang, key), Href: v.with("month", key), Current: m.Equal(month)}
		if i := slices.IndexFunc(a.Groups, func(g group) bool { return g.Key == key }); i >= 0 {
			l.Count = a.Groups[i].Count
		}
		d.Months = append(d.Months, l)
	}
	if d.OnlyYear = a.Meta.Imprecise; d.OnlyYear > 0 {
		d.OnlyYearList = v.listPage(v.at("/v1/round-tables", true, "month", "", "date_precision", "year",
			"starts_from", begin.Format(time.DateOnly), "starts_to", end.Format(time.DateOnly)))
	}
	for _, by := range []int{-1, 1} {
		m := month.AddDate(by, 0, 0)
		d.Years = append(d.Years, calendarLink{Name: m.Format("2006"), Long: date(v.lang, m.Format("2006")), Href: v.with("month", m.Format("2006-01"))})
	}
	return nil
}

// readMonth reads the round tables of a month.
func (d *calendarData) readMonth(v *view, month time.Time) error {
	until := month.AddDate(0, 1, 0)
	span := []string{"month", "", "cursor", "", "starts_from", month.Format(time.DateOnly), "starts_to", until.Format(time.DateOnly),
		"date_precision", cmp.Or(v.query.Get("date_precision"), "day,month")}
	var events list[eventRecord]
	for cursor := ""; ; cursor = *events.Page.Next {
		page, err := get[list[eventRecord]](v, v.at("/v1/round-tables", true, append(slices.Clip(span), "limit", "500", "sort", "starts_on", "count", "exact",
			"fields", "title,starts_on,ends_on,date_precision,format,status", "cursor", cursor)...))
		if err != nil {
			return err
		}
		events.Data, events.Page, events.Meta = append(events.Data, page.Data...), page.Page, page.Meta
		if d.Truncated = page.Page.Next != nil; !d.Truncated || len(events.Data) >= eventsOfMonth {
			break
		}
	}
	if events.Meta.Total != nil {
		d.Total = *events.Meta.Total
	}
	d.List = v.listPage(v.at("/v1/round-tables", true, span...))
	d.First = (int(month.Weekday())+6)%7 + 1
	for day := month; day.Before(until); day = day.AddDate(0, 0, 1) {
		c := calendarDay{Day: day.Day(), Date: day.Format(time.DateOnly)}
		next := day.AddDate(0, 0, 1).Format(time.DateOnly)
		c.List = v.listPage(v.at("/v1/round-tables", true, "month", "", "cursor", "", "starts_from", c.Date, "starts_to", next, "date_precision", "day"))
		for _, e := range events.Data {
			if e.StartsOn == nil || *e.StartsOn != c.Date || e.DatePrecision != "day" {
				continue
			}
			if len(c.Events) < eventsOfDay {
				c.Events = append(c.Events, e)
			} else {
				c.More++
			}
		}
		d.Days = append(d.Days, c)
	}
	for _, e := range events.Data {
		switch {
		case e.DatePrecision != "month":
		case len(d.Dayless) < eventsWithoutDay:
			d.Dayless = append(d.Dayless, e)
		default:
			d.DaylessList = v.listPage(v.at("/v1/round-tables", true, append(slices.Clip(span), "date_precision", "month")...))
		}
	}
	return nil
}
