// Package date holds dates as sources give them: days, and partial dates of which only the year or month is known. It
// also parses the points in time that limit a list.
package date

import (
	"regexp"
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"

	"github.com/jackc/pgx/v5/pgtype"
)

// Day is a calendar day without a time zone, "2020-02-27" in JSON. Time is not embedded, because its JSON methods would
// be promoted.
type Day struct{ Time time.Time }

// ParseDay parses YYYY-MM-DD in the years 1 to 9999. It returns an apperr.Value for anything else.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		var partial Partial
		if partial.UnmarshalText([]byte(s)) == nil {
			return Day{}, apperr.BadValue("date_without_day")
		}
		return Day{}, unreadable(s, "bad_date")
	}
	return Day{t}, nil
}

var numbered = regexp.MustCompile(`^\d{4}(-\d\d){0,2}$`)

// unreadable returns the error for a text that is no date: code, or that the calendar lacks this date.
func unreadable(s, code string) error {
	if numbered.MatchString(s) {
		return apperr.BadValue("no_such_date", "value", s)
	}
	return apperr.BadValue(code)
}

func (d Day) String() string { return d.Time.Format(time.DateOnly) }

// MarshalText returns YYYY-MM-DD.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText parses YYYY-MM-DD. It returns an apperr.Value for anything else.
func (d *Day) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDay(string(b))
	return err
}

// ScanDate reads a PostgreSQL date.
func (d *Day) ScanDate(v pgtype.Date) error {
	d.Time = v.Time
	return nil
}

// DateValue returns a PostgreSQL date.
func (d Day) DateValue() (pgtype.Date, error) { return pgtype.Date{Time: d.Time, Valid: true}, nil }

// Key returns the sort key of the earliest event that may start on or after this day. An event of which only the month
// or year is known counts as starting on its first day. See starts_key in the schema.
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

// Instant is a point in time that limits a list: RFC 3339, or a day, which means its beginning in UTC.
type Instant struct{ Time time.Time }

// UnmarshalText parses an instant. It returns an apperr.Value for anything else. A `+` of the offset that was not escaped in
// an address arrives as a space and is accepted. Fractions are rounded up to microseconds, the precision of the database.
func (i *Instant) UnmarshalText(b []byte) error {
	s := strings.ToUpper(string(b))
	if n := len(s) - len(" 05:00"); n > len(time.DateOnly) && s[n] == ' ' {
		s = s[:n] + "+" + s[n+1:]
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t, err = time.Parse(time.DateOnly, s)
	}
	if err != nil || t.UTC().Year() < 1 || t.UTC().Year() > 9999 {
		return apperr.BadValue("bad_instant")
	}
	i.Time = t.Add(time.Microsecond - 1).Truncate(time.Microsecond)
	return nil
}

// MarshalText returns the point in time in UTC (RFC 3339).
func (i Instant) MarshalText() ([]byte, error) {
	return []byte(i.Time.UTC().Format(time.RFC3339Nano)), nil
}

// Partial is a date with the precision of the source: YYYY, YYYY-MM or YYYY-MM-DD.
type Partial string

// UnmarshalText parses a partial date. It returns an apperr.Value for anything else, including impossible days.
func (p *Partial) UnmarshalText(b []byte) error {
	s := string(b)
	if len(s) == len("2006") || len(s) == len("2006-01") || len(s) == len(time.DateOnly) {
		if t, err := time.Parse(time.DateOnly[:len(s)], s); err == nil && t.Year() >= 1 {
			*p = Partial(s)
			return nil
		}
	}
	return unreadable(s, "bad_partial_date")
}

// MarshalText returns the date as it was parsed.
func (p Partial) MarshalText() ([]byte, error) { return []byte(p), nil }

// First returns the first day that the date may mean.
func (p Partial) First() time.Time {
	first, _ := time.Parse(time.DateOnly[:len(p)], string(p))
	return first
}

// Last returns the last day that the date may mean.
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

// Before reports whether end is before begin for all days that the two dates may mean. It returns false if one of them
// is missing or could not be parsed.
func Before(end, begin *Partial) bool {
	return end != nil && begin != nil && *end != "" && *begin != "" && end.Last().Before(begin.First())
}
