package aggregate

import (
	"fmt"
	"strconv"
	"time"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
)

// A unit of time is numbered, so that the one after n is n+1: years by the year, quarters by four times the year, months by twelve
// times the year, and weeks since the first one of the calendar, which began on Monday, 1 January of the year 1.

// ordinal is the SQL of the number of the unit in which a starts_key lies. See starts_key in the schema: a month or day that is
// not known is 00. It gives -1 without a date, and -2 if the date is not precise enough.
func ordinal(unit paging.Unit, key string) string {
	const day = "make_date(%[1]s / 10000, %[1]s / 100 %% 100, %[1]s %% 100) - date '0001-01-01'"
	precise, number := "", ""
	switch unit {
	case paging.Year:
		precise, number = "%[1]s > 0", "%[1]s / 10000"
	case paging.Quarter:
		precise, number = "%[1]s / 100 %% 100 > 0", "%[1]s / 10000 * 4 + (%[1]s / 100 %% 100 - 1) / 3"
	case paging.Month:
		precise, number = "%[1]s / 100 %% 100 > 0", "%[1]s / 10000 * 12 + %[1]s / 100 %% 100 - 1"
	case paging.Week:
		precise, number = "%[1]s %% 100 > 0", "("+day+") / 7"
	case paging.Weekday:
		precise, number = "%[1]s %% 100 > 0", "("+day+") %% 7 + 1"
	}
	return fmt.Sprintf("CASE WHEN "+precise+" THEN "+number+" WHEN %[1]s = 0 THEN -1 ELSE -2 END", key)
}

// first is Monday, 1 January of the year 1.
var first = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)

// start returns the first day of a unit of time. Weekdays have none.
func start(unit paging.Unit, n int64) time.Time {
	day := func(year, month int64) time.Time {
		return time.Date(int(year), time.Month(month), 1, 0, 0, 0, 0, time.UTC)
	}
	switch unit {
	case paging.Quarter:
		return day(n/4, n%4*3+1)
	case paging.Month:
		return day(n/12, n%12+1)
	case paging.Week:
		return first.AddDate(0, 0, int(n)*7)
	default:
		return day(n, 1)
	}
}

// unitOf returns the number of the unit in which a day lies.
func unitOf(unit paging.Unit, day time.Time) int64 {
	year, month := int64(day.Year()), int64(day.Month())
	switch unit {
	case paging.Quarter:
		return year*4 + (month-1)/3
	case paging.Month:
		return year*12 + month - 1
	case paging.Week:
		return (day.Unix() - first.Unix()) / (7 * 24 * 60 * 60) // a Duration holds less than 300 years
	default:
		return year
	}
}

// keyOf writes a unit of time as responses do.
func keyOf(unit paging.Unit, n int64) string {
	switch unit {
	case paging.Quarter:
		return fmt.Sprintf("%04d-Q%d", n/4, n%4+1)
	case paging.Month:
		return fmt.Sprintf("%04d-%02d", n/12, n%12+1)
	case paging.Week:
		year, week := start(unit, n).ISOWeek()
		return fmt.Sprintf("%04d-W%02d", year, week)
	case paging.Weekday:
		return strconv.FormatInt(n, 10)
	default:
		return fmt.Sprintf("%04d", n)
	}
}

// precise are the precisions of the dates that lie in one unit.
func precise(unit paging.Unit) []string {
	switch unit {
	case paging.Year:
		return []string{"day", "month", "year"}
	case paging.Quarter, paging.Month:
		return []string{"day", "month"}
	default:
		return []string{"day"}
	}
}

// span is a half-open range of days; nil is an open end.
type span struct{ from, to *date.Day }

// of returns the days of a unit of time.
func of(unit paging.Unit, n int64) span {
	return span{&date.Day{Time: start(unit, n)}, &date.Day{Time: start(unit, n+1)}}
}

// within returns the days that two spans have in common.
func (s span) within(outer span) span {
	if outer.from != nil && (s.from == nil || outer.from.Time.After(s.from.Time)) {
		s.from = outer.from
	}
	if outer.to != nil && (s.to == nil || outer.to.Time.Before(s.to.Time)) {
		s.to = outer.to
	}
	return s
}

// precisions are the precisions of the dates in a unit of time, as the list filters them; nil if the days of the unit say enough.
// A list counts a known month or year as its first day, so a unit with such a day would list more than the aggregate counts.
func (s span) precisions(unit paging.Unit) []string {
	switch unit {
	case paging.Quarter, paging.Month:
		if s.from.Time.Month() == time.January {
			return precise(unit)
		}
	case paging.Week:
		last := s.to.Time.AddDate(0, 0, -1)
		if s.from.Time.Day() == 1 || s.from.Time.Month() != last.Month() {
			return precise(unit)
		}
	}
	return nil
}
