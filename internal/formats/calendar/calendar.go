// Package calendar writes round tables as iCalendar (RFC 5545), event by event. It is not for choosing them.
//
// An event with times is at those; one of which only the days are known is all-day. One known by its month only spans that
// month and leaves it free. One of which the year or nothing is known has no place in a calendar and is left out.
package calendar

import (
	"fmt"
	"io"
	"strings"
	"time"

	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"

	ics "github.com/arran4/golang-ical"
)

// Writer writes a calendar.
type Writer struct {
	W    io.Writer
	Lang string // of the texts, or the next one of the fallback chain
	Base string // before the paths of links
	Host string // makes the ids of events unique in the world
}

var lines = &ics.SerializationConfiguration{MaxLength: 75, PropertyMaxLength: 75, NewLine: "\r\n"}

// Begin writes what comes before the events.
func (w Writer) Begin() error {
	_, err := io.WriteString(w.W, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//roundtables.kz//registry//EN\r\nCALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\n"+
		"NAME:Round tables\r\nX-WR-CALNAME:Round tables\r\nREFRESH-INTERVAL;VALUE=DURATION:PT6H\r\nX-PUBLISHED-TTL:PT6H\r\n")
	return err
}

// End writes what comes after the events.
func (w Writer) End() error {
	_, err := io.WriteString(w.W, "END:VCALENDAR\r\n")
	return err
}

// Add writes an event, unless it has no place in a calendar.
func (w Writer) Add(r roundtable.RoundTable) error {
	if r.StartsOn == nil || r.DatePrecision == "year" || r.DatePrecision == "unknown" {
		return nil
	}
	e := ics.NewEvent(fmt.Sprintf("round-table-%d@%s", r.ID, w.Host))
	e.SetDtStampTime(r.UpdatedAt)
	e.SetCreatedTime(r.CreatedAt)
	e.SetModifiedAt(r.UpdatedAt)
	e.SetSequence(int(r.Version))
	e.SetStatus(statuses[r.Status])
	setTime(e, r)
	w.setText(r.Title, e.SetSummary)
	w.setText(r.Purpose, e.SetDescription)
	if place := w.place(r); place != "" {
		e.SetLocation(clean(place))
	}
	for _, topic := range r.Topics {
		w.setText(topic.Name, e.AddCategory)
	}
	link := fmt.Sprintf("%s/v1/round-tables/%d", w.Base, r.ID)
	if r.OnlineURL != nil {
		link = *r.OnlineURL
	}
	if strings.Contains(link, "://") { // a relative one leads nowhere from a calendar
		e.SetURL(clean(link))
	}
	return e.SerializeTo(w.W, lines)
}

var statuses = map[string]ics.ObjectStatus{
	"scheduled": ics.ObjectStatusConfirmed, "held": ics.ObjectStatusConfirmed, "postponed": ics.ObjectStatusTentative, "cancelled": ics.ObjectStatusCancelled,
}

func setTime(e *ics.VEvent, r roundtable.RoundTable) {
	last := r.StartsOn.Time
	if r.EndsOn != nil {
		last = r.EndsOn.Time
	}
	switch {
	case r.DatePrecision == "month":
		e.SetAllDayStartAt(r.StartsOn.Time)
		e.SetAllDayEndAt(time.Date(last.Year(), last.Month()+1, 1, 0, 0, 0, 0, time.UTC))
		e.SetTimeTransparency(ics.TransparencyTransparent)
	case r.StartsAt == nil:
		e.SetAllDayStartAt(r.StartsOn.Time)
		e.SetAllDayEndAt(last.AddDate(0, 0, 1))
	default:
		e.SetStartAt(*r.StartsAt)
		switch {
		case r.EndsAt != nil:
			e.SetEndAt(*r.EndsAt)
		case r.EndsOn != nil: // until the end of its last day
			e.SetEndAt(time.Date(last.Year(), last.Month(), last.Day()+1, 0, 0, 0, 0, r.StartsAt.Location()))
		}
	}
}

func (w Writer) setText(m text.Map, set func(string, ...ics.PropertyParameter)) {
	if value, used := m.In(w.Lang); used != "" {
		set(clean(value), &ics.KeyValues{Key: string(ics.ParameterLanguage), Value: []string{used}})
	}
}

func (w Writer) place(r roundtable.RoundTable) string {
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

// clean leaves of the control characters only the end of a line: others may not stand in a calendar.
func clean(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(s)
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}
