// Package calendar writes round tables as iCalendar (RFC 5545). Callers choose the round tables.
//
// A round table with times becomes an event at those times, in its time zone; one with days only becomes an all-day event. If
// only the month is known, the event spans the month and is marked as free time. If less is known, the round table is left out.
package calendar

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"
)

// Options describe a calendar.
type Options struct {
	Name      string // of the calendar
	Lang      string // language of the texts; others follow the fallback chain
	Base      string // prefix of links, without a trailing slash; empty: there are none
	Domain    string // makes the ids of events globally unique
	Authority string // domain name that makes the ids of organizers without a link globally unique
	License   string // address of the licence of the data
}

// Writer writes a calendar.
type Writer struct {
	Options
	out    *lines
	spans  map[string]roundtable.Span
	zones  map[string]time.Time // written so far, and until when their rules hold (see observances)
	places map[int64]place.Position
}

// NewWriter returns a writer of a calendar. spans are, by time zone, at least the times of its events.
func NewWriter(w io.Writer, o Options, spans map[string]roundtable.Span) *Writer {
	return &Writer{Options: o, out: &lines{w: w}, spans: spans, zones: map[string]time.Time{}}
}

// Begin writes the header of the calendar.
func (w *Writer) Begin() error {
	about := "Licence of the data: " + w.License
	for _, line := range [][2]string{
		{"BEGIN", "VCALENDAR"}, {"VERSION", "2.0"}, {"PRODID", "-//roundtables.kz//registry//EN"}, {"CALSCALE", "GREGORIAN"}, {"METHOD", "PUBLISH"},
		{"REFRESH-INTERVAL;VALUE=DURATION", "PT6H"}, {"X-PUBLISHED-TTL", "PT6H"},
	} {
		w.out.raw(line[0], line[1])
	}
	for _, line := range [][2]string{{"NAME", w.Name}, {"X-WR-CALNAME", w.Name}, {"DESCRIPTION", about}, {"X-WR-CALDESC", about}} {
		w.out.text(line[0], line[1])
	}
	return w.out.err
}

// End writes the end of the calendar.
func (w *Writer) End() error {
	w.out.raw("END", "VCALENDAR")
	return w.out.err
}

// Add writes round tables as events, each time zone before its first event. It leaves out those of which not even the month is
// known. It reads the positions of the places in one statement.
func (w *Writer) Add(ctx context.Context, db pg.DB, list []roundtable.RoundTable) (err error) {
	var ids []int64
	for _, r := range list {
		if r.PlaceID != nil {
			ids = append(ids, *r.PlaceID)
		}
	}
	slices.Sort(ids)
	if w.places, err = place.Positions(ctx, db, slices.Compact(ids)); err != nil {
		return err
	}
	for _, r := range list {
		if r.StartsOn != nil && r.DatePrecision != "year" && r.DatePrecision != "unknown" {
			w.event(r)
		}
	}
	return w.out.err
}

func (w *Writer) event(r roundtable.RoundTable) {
	zone := w.zone(r)
	out := w.out
	out.raw("BEGIN", "VEVENT")
	out.raw("UID", fmt.Sprintf("round-table-%d@%s", r.ID, w.Domain))
	out.raw("DTSTAMP", r.UpdatedAt.UTC().Format(utcTime))
	out.raw("CREATED", r.CreatedAt.UTC().Format(utcTime))
	out.raw("LAST-MODIFIED", r.UpdatedAt.UTC().Format(utcTime))
	out.raw("SEQUENCE", strconv.FormatInt(r.Version, 10))
	out.raw("STATUS", statuses[r.Status])
	w.time(r, zone)
	w.text("SUMMARY", r.Title)
	w.text("DESCRIPTION", r.Purpose)
	if at := w.place(r); at != "" {
		out.text("LOCATION", at)
	}
	if r.PlaceID != nil {
		if at, known := w.places[*r.PlaceID]; known {
			out.raw("GEO", decimal(at.Latitude)+";"+decimal(at.Longitude))
		}
	}
	w.organizer(r)
	for _, topic := range r.Topics {
		w.text("CATEGORIES", topic.Name)
	}
	link := fmt.Sprintf("%s/v1/round-tables/%d", w.Base, r.ID)
	if r.OnlineURL != nil {
		link = *r.OnlineURL
	}
	if strings.Contains(link, "://") { // a calendar cannot resolve relative links
		out.raw("URL", link)
	}
	out.raw("LINK;LINKREL=license;VALUE=URI", w.License) // RFC 9253
	out.raw("END", "VEVENT")
}

var statuses = map[string]string{"scheduled": "CONFIRMED", "held": "CONFIRMED", "postponed": "TENTATIVE", "cancelled": "CANCELLED"}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// zone returns the time zone for the times of a round table, after it has been written; nil if they are written in UTC.
func (w *Writer) zone(r roundtable.RoundTable) *time.Location {
	zone := zoneOf(r)
	span, known := w.spans[r.Timezone]
	if r.StartsAt == nil || zone == nil || !known {
		return nil
	}
	times := []time.Time{*r.StartsAt}
	if end := endOf(r, zone); end != nil {
		times = append(times, *end)
	}
	if slices.ContainsFunc(times, func(t time.Time) bool { return !isFirst(t, zone) }) {
		return nil
	}
	until, written := w.zones[r.Timezone]
	if !written {
		until = w.out.timeZone(zone, span)
		w.zones[r.Timezone] = until
	}
	if !until.IsZero() && slices.ContainsFunc(times, func(t time.Time) bool { return !t.Before(until) }) {
		return nil
	}
	return zone
}

// endOf returns the end of a round table with times, in a time zone: that of its last day if its time is not known.
func endOf(r roundtable.RoundTable, zone *time.Location) *time.Time {
	if r.EndsAt != nil || r.EndsOn == nil {
		return r.EndsAt
	}
	end := time.Date(r.EndsOn.Time.Year(), r.EndsOn.Time.Month(), r.EndsOn.Time.Day()+1, 0, 0, 0, 0, zone)
	return &end
}

// time writes the beginning and the end of an event.
func (w *Writer) time(r roundtable.RoundTable, zone *time.Location) {
	days := func(first, after time.Time) {
		w.out.raw("DTSTART;VALUE=DATE", first.Format("20060102"))
		w.out.raw("DTEND;VALUE=DATE", after.Format("20060102"))
	}
	last := r.StartsOn.Time
	if r.EndsOn != nil {
		last = r.EndsOn.Time
	}
	switch {
	case r.DatePrecision == "month":
		days(r.StartsOn.Time, time.Date(last.Year(), last.Month()+1, 1, 0, 0, 0, 0, time.UTC))
		w.out.raw("TRANSP", "TRANSPARENT")
	case r.StartsAt == nil:
		days(r.StartsOn.Time, last.AddDate(0, 0, 1))
	default:
		w.instant("DTSTART", *r.StartsAt, zone)
		home := r.StartsAt.Location()
		if own := zoneOf(r); own != nil {
			home = own
		}
		if end := endOf(r, home); end != nil && end.After(*r.StartsAt) { // an end must be later
			w.instant("DTEND", *end, zone)
		}
	}
}

// instant writes a time: in a time zone, or in UTC without one.
func (w *Writer) instant(name string, t time.Time, zone *time.Location) {
	if zone == nil {
		w.out.raw(name, t.UTC().Format(utcTime))
		return
	}
	w.out.raw(name+";TZID="+zone.String(), t.In(zone).Format(localTime))
}

// text writes a text with its language.
func (w *Writer) text(name string, m text.Map) {
	if value, used := m.In(w.Lang); used != "" {
		w.out.text(name+";LANGUAGE="+used, value)
	}
}

func (w *Writer) place(r roundtable.RoundTable) string {
	var parts []string
	if venue, used := r.Venue.In(w.Lang); used != "" {
		parts = append(parts, venue)
	}
	if r.Place != nil {
		town, _ := r.Place.Name.In(w.Lang)
		parts = append(parts, town)
	}
	return strings.Join(parts, ", ")
}

// organizing are the parts of organizations that organize an event, the closest first.
var organizing = []string{"organizer", "co_organizer", "host"}

// organizer writes the first organizer: an event can have only one. Its address is a link, since organizations have no mailbox
// here.
func (w *Writer) organizer(r roundtable.RoundTable) {
	for _, kind := range organizing {
		i := slices.IndexFunc(r.Organizers, func(o roundtable.OrganizerRef) bool { return o.Kind == kind })
		if i < 0 {
			continue
		}
		o := r.Organizers[i]
		address := fmt.Sprintf("%s/v1/organizations/%d", w.Base, o.ID)
		if w.Base == "" {
			address = fmt.Sprintf("tag:%s,2020:organizations/%d", w.Authority, o.ID)
		}
		name, used := o.Name.In(w.Lang)
		w.out.raw("ORGANIZER;CN="+parameter(name)+";LANGUAGE="+used, address)
		return
	}
}
