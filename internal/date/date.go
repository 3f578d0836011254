// Package date holds dates as sources give them: days, and partial dates that know only a year or a month. It is not for
// points in time.
package date

import (
	"strconv"
	"time"

	"roundtables.kz/registry/internal/apperr"

	"github.com/jackc/pgx/v5/pgtype"
)

// Day is a calendar day without a time zone, "2020-02-27" in JSON. The time is a field with a name: embedded, it would
// lend the day its own form in JSON.
type Day struct{ Time time.Time }

// ParseDay reads YYYY-MM-DD of the years 1 to 9999; it returns an apperr.Value for anything else.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		var partial Partial
		if partial.UnmarshalText([]byte(s)) == nil {
			return Day{}, apperr.BadValue("date_without_day")
		}
		return Day{}, apperr.BadValue("bad_date")
	}
	return Day{t}, nil
}

func (d Day) String() string { return d.Time.Format(time.DateOnly) }

// MarshalText writes YYYY-MM-DD.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads YYYY-MM-DD; it returns an apperr.Value for anything else.
func (d *Day) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDay(string(b))
	return err
}

// ScanDate reads a PostgreSQL date.
func (d *Day) ScanDate(v pgtype.Date) error {
	d.Time = v.Time
	return nil
}

// DateValue writes a PostgreSQL date.
func (d Day) DateValue() (pgtype.Date, error) { return pgtype.Date{Time: d.Time, Valid: true}, nil }

// Key is the carried sort key of the earliest event that may start on or after this day: events known only by their
// month or year count as starting on its first day. See starts_key in the schema.
func (d Day) Key() int {
	year, month, day := d.Time.Date()
	if day == 1 {
		day = 0
		if month == time.January {
			month = 0
		}
	}
	return year*10000 + int(month)*100 + day
}

// Partial is a date of which the source gives the year, the month or the day: YYYY, YYYY-MM or YYYY-MM-DD.
type Partial string

// UnmarshalText reads a partial date; it returns an apperr.Value for anything else, an impossible day among it.
func (p *Partial) UnmarshalText(b []byte) error {
	s := string(b)
	for _, layout := range []string{"2006", "2006-01", time.DateOnly} {
		if len(layout) == len(s) {
			if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1 {
				*p = Partial(s)
				return nil
			}
		}
	}
	return apperr.BadValue("bad_partial_date")
}

// MarshalText writes the date as it was read.
func (p Partial) MarshalText() ([]byte, error) { return []byte(p), nil }

// First is the first day the date may mean; Last the last one.
func (p Partial) First() time.Time {
	year, _ := strconv.Atoi(string(p[:4]))
	month, day := 1, 1
	if len(p) >= 7 {
		month, _ = strconv.Atoi(string(p[5:7]))
	}
	if len(p) == 10 {
		day, _ = strconv.Atoi(string(p[8:]))
	}
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

// Last is the last day the date may mean.
func (p Partial) Last() time.Time {
	first := p.First()
	switch len(p) {
	case 4:
		return first.AddDate(1, 0, -1)
	case 7:
		return first.AddDate(0, 1, -1)
	}
	return first
}

// Before reports whether end lies before begin whatever days the two may mean. Without one of them, or with one that
// could not be read, it does not.
func Before(end, begin *Partial) bool {
	return end != nil && begin != nil && *end != "" && *begin != "" && end.Last().Before(begin.First())
}
