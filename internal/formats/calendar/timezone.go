package calendar

import (
	"fmt"
	"time"

	"roundtables.kz/registry/internal/roundtable"
)

const (
	localTime = "20060102T150405"
	utcTime   = localTime + "Z"
)

// zoneOf returns the time zone of a round table; nil if its times are written in UTC.
func zoneOf(r roundtable.RoundTable) *time.Location {
	if r.Timezone == "" || r.Timezone == "UTC" {
		return nil
	}
	zone, err := time.LoadLocation(r.Timezone)
	if err != nil {
		return nil // a name that a newer list of time zones lacks
	}
	return zone
}

// isFirst reports whether the clocks of a zone did not show the same local time before. A local time means the first one (RFC 5545,
// section 3.3.5), so the hour after clocks were put back can be written only in UTC.
func isFirst(t time.Time, zone *time.Location) bool {
	t = t.In(zone)
	start, _ := t.ZoneBounds()
	if start.IsZero() {
		return true
	}
	_, offset := t.Zone()
	_, before := start.Add(-time.Second).Zone()
	return t.Sub(start) >= time.Duration(before-offset)*time.Second
}

// observance is a rule of a time zone with all times at which it began to apply.
type observance struct {
	component  string // STANDARD or DAYLIGHT
	from, to   int    // offsets in seconds
	name       string
	localTimes []string // in the offset from
}

// firstOnset is the onset of a rule that has always applied. Some programs do not read an earlier year.
const firstOnset = "16010101T000000"

// maxOnsets is how many changes of the clocks a time zone lists: two a year for two centuries. Without a limit, one event in the year
// 9999 would add 16,000 lines to the calendar.
const maxOnsets = 400

// observances returns the rules of a time zone between two times, in the order of their first onset, and until when they hold: a zero
// time if they hold to the end.
func observances(zone *time.Location, s roundtable.Span) (list []*observance, until time.Time) {
	t := s.First.In(zone)
	for range maxOnsets {
		start, end := t.ZoneBounds()
		o := observance{component: "STANDARD"}
		o.name, o.to = t.Zone()
		if t.IsDST() {
			o.component = "DAYLIGHT"
		}
		onset := firstOnset
		if o.from = o.to; !start.IsZero() {
			_, o.from = start.Add(-time.Second).Zone()
			onset = start.UTC().Add(time.Duration(o.from) * time.Second).Format(localTime)
		}
		list = addOnset(list, o, onset)
		if end.IsZero() || end.After(s.Last) {
			return list, time.Time{}
		}
		t = end
	}
	return list, t
}

func addOnset(list []*observance, o observance, onset string) []*observance {
	for _, known := range list {
		if known.component == o.component && known.from == o.from && known.to == o.to && known.name == o.name {
			known.localTimes = append(known.localTimes, onset)
			return list
		}
	}
	o.localTimes = []string{onset}
	return append(list, &o)
}

// timeZone writes a time zone as it was between two times (section 3.6.5), and returns until when its rules hold, as observances does.
// The changes of the clocks are listed, because the rules of the past follow no pattern.
func (l *lines) timeZone(zone *time.Location, s roundtable.Span) (until time.Time) {
	list, until := observances(zone, s)
	l.raw("BEGIN", "VTIMEZONE")
	l.raw("TZID", zone.String())
	for _, o := range list {
		l.raw("BEGIN", o.component)
		l.raw("DTSTART", o.localTimes[0])
		for _, onset := range o.localTimes[1:] {
			l.raw("RDATE", onset)
		}
		l.raw("TZOFFSETFROM", offset(o.from))
		l.raw("TZOFFSETTO", offset(o.to))
		l.text("TZNAME", o.name)
		l.raw("END", o.component)
	}
	l.raw("END", "VTIMEZONE")
	return until
}

// offset returns an offset as "+0600", with seconds only if it has some (section 3.3.14).
func offset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	s := fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		s += fmt.Sprintf("%02d", seconds%60)
	}
	return s
}
