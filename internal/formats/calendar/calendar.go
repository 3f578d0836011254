// Package calendar writes round tables as iCalendar (RFC 5545), one event at a time. Callers choose the round tables.
//
// A round table with times becomes an event at those times; one with days only becomes an all-day event. If only the
// month is known, the event spans the month and is marked as free time. If less is known, the round table is left out.
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
	Lang string // language of the texts; others follow the fallback chain
	Base string // prefix of links, without a trailing slash
	Host string // makes the ids of events globally unique
}

var lines = &ics.SerializationConfiguration{MaxLength: 75, PropertyMaxLength: 75, NewLine: "\r\n"}

// Begin writes the header of the calendar.
func (w Writer) Begin() error {
	_, err := io.WriteString(w.W, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//roundtables.kz//registry//EN\r\nCALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\n"+
		"NAME:Round tables\r\nX-WR-CALNAME:Round tables\r\nREFRESH-INTERVAL;VALUE=DURATION:PT6H\r\nX-PUBLISHED-TTL:PT6H\r\n")
	return err
}

// End writes the end of the calendar.
func (w Writer) End() error {
	_, err := io.WriteString(w.W, "END:VCALENDAR\r\n")
	return err
}

// Add writes a round table as an event. It writes nothing if not even the month is known.
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
	if strings.Contains(link, "://") { // a calendar cannot resolve relative links
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

// clean removes control characters except line feeds, because iCalendar does not allow them.
func clean(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(s)
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}
