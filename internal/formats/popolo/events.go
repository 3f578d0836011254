package popolo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/spelling"

	"github.com/jackc/pgx/v5"
)

var eventProperties = map[string]string{
	"title": "name", "purpose": "description", "format": "classification", "status": "status",
	"starts_on": "start_date", "starts_at": "start_date", "date_precision": "start_date",
	"ends_on": "end_date", "ends_at": "end_date", "place_id": "location", "venue": "location", "parent_id": "parent_id", "external_ids": "identifiers",
	"name": "name", "start_date": "start_date", "end_date": "end_date", "organization_id": "organization_id", "attendees": "attendees",
}

// The formats of events that the registry has, and the statuses by their names in documents.
var (
	eventFormats = []string{"round_table", "conference", "webinar", "briefing", "meeting", "presentation", "forum", "hearing", "other"}
	statuses     = map[string]string{
		"scheduled": "scheduled", "held": "held", "postponed": "postponed", "cancelled": "cancelled",
		"confirmed": "scheduled", "tentative": "scheduled", "canceled": "cancelled", "passed": "held",
	}
)

var events = collection[roundtable.Input, roundtable.RoundTable]{
	Kind: history.Kind{Type: roundtable.Type, Table: roundtable.Table}, Get: roundtable.Get,
	Input:  func(r *roundtable.RoundTable) *roundtable.Input { return &r.Input },
	Create: roundtable.Create, Update: roundtable.Update,
}

func (m *importer) writeEvents(ctx context.Context, tx pgx.Tx) error {
	objects := parentsFirst(m.doc.Events, func(o eventObject) string { return o.ParentID })
	return importAll(ctx, tx, m, class[eventObject]{"event", roundtable.Type, eventProperties, m.event}, objects)
}

func (m *importer) event(ctx context.Context, tx pgx.Tx, o *Listed[eventObject], out *outcome) error {
	g := roundtable.Input{Title: m.text(o.Value.Name), Purpose: m.text(o.Value.Description)}
	if g.Title == nil {
		return apperr.Validation([]apperr.Field{apperr.At("/name", "no_name")})
	}
	g.ExternalIDs = m.externalIDs(roundtable.Type, o.At, o.Key, o.Value.common, o.Value.Identifiers, out)
	switch c := o.Value.Classification; {
	case slices.Contains(eventFormats, c):
		g.Format = c
	case c != "":
		g.Format = "other"
		out.ignore("classification")
	}
	if g.Status = statuses[strings.ToLower(o.Value.Status)]; g.Status == "" && o.Value.Status != "" {
		out.ignore("status")
	}
	if err := setDates(&g, o.Value, out); err != nil {
		return err
	}
	organizerID, attendees, err := m.partsOf(o, &g)
	if err != nil {
		return err
	}
	r, err := m.findEvent(ctx, tx, o, g, out)
	if err != nil {
		return err
	}
	if r != nil {
		err = m.addToEvent(ctx, tx, *r, g, o.Value, out)
	} else {
		r = new(roundtable.RoundTable)
		out.id, err = m.createEvent(ctx, tx, g, o.Value.Location, organizerID, attendees)
	}
	if err != nil {
		return err
	}
	return m.addParts(ctx, tx, *r, out, organizerID, attendees)
}

// createEvent creates the round table of an event. If it may be the same as one that is not in the document, this is an error unless
// AllowDuplicate is set.
func (m *importer) createEvent(ctx context.Context, tx pgx.Tx, g roundtable.Input, location string, organizerID *int64, attendees []int64) (
	id int64, err error,
) {
	if g.PlaceID, g.Venue, err = m.placeOf(ctx, tx, location); err != nil {
		return 0, err
	}
	if err := check(&g); err != nil {
		return 0, err
	}
	var organizers []int64
	if organizerID != nil {
		organizers = []int64{*organizerID}
	}
	found, err := roundtable.FindSimilar(ctx, tx, g, attendees, organizers)
	if err != nil {
		return 0, err
	}
	similar := m.unmatched(roundtable.Type, roundtable.Candidates(found))
	if len(similar) > 0 && !m.AllowDuplicate {
		return 0, &apperr.Error{Kind: apperr.Invalid, Code: "similar_event", Fields: []apperr.Field{
			{Pointer: "/name", Code: "similar_event", Candidates: similar},
		}}
	}
	if id, err = roundtable.Create(ctx, tx, g); err != nil {
		return 0, err
	}
	return id, distinction.Record(ctx, tx, roundtable.Type, id, similar)
}

// partsOf returns the ids of the organization and the people that an event refers to, and sets its parent.
func (m *importer) partsOf(o *Listed[eventObject], g *roundtable.Input) (organizerID *int64, attendees []int64, err error) {
	var v values
	organizerID = m.reference(&v, "organization", o.Value.OrganizationID, "organization_id")
	g.ParentID = m.reference(&v, "event", o.Value.ParentID, "parent_id")
	for _, key := range o.Value.attendees {
		if id := m.reference(&v, "person", key, "attendees"); id != nil {
			attendees = append(attendees, *id)
		}
	}
	return organizerID, attendees, apperr.Validation(v.mistakes)
}

// findEvent returns the round table of an event: the one with its id in the registry if the title agrees, the one with
// an identifier, or the one with its title and day; nil if there is none.
func (m *importer) findEvent(ctx context.Context, tx pgx.Tx, o *Listed[eventObject], g roundtable.Input, out *outcome) (
	r *roundtable.RoundTable, err error,
) {
	out.matchedBy = "id"
	r, err = byID(ctx, tx, m, events, o.Key, o.Value.Sources, func(r roundtable.RoundTable) bool { return hasTitle(r, o.Value.Name) })
	if r != nil || err != nil {
		return r, err
	}
	out.matchedBy = "identifier"
	found, err := byIdentifier(ctx, tx, roundtable.Table, "title", g.ExternalIDs)
	if err != nil {
		return nil, err
	}
	if day := firstDay(g); len(found) == 0 && day != nil {
		out.matchedBy = "name"
		found, err = pg.All[apperr.Candidate](ctx, tx, `SELECT r.id, text_sort_key(r.title) AS name, 1.0::float8 AS score FROM round_tables r
			WHERE r.starts_key BETWEEN starts_key(@day::date, 'year') AND starts_key(@day::date, 'day') AND r.starts_on = @day
			AND EXISTS (SELECT FROM jsonb_each_text(r.title) t WHERE t.value = @title) ORDER BY r.id LIMIT 10`, pg.Args{"day": *day, "title": o.Value.Name})
		if err != nil {
			return nil, err
		}
		found = m.unmatched(roundtable.Type, found)
	}
	switch len(found) {
	case 0:
		out.matchedBy = ""
		return nil, nil
	case 1:
		r, err := roundtable.Get(ctx, tx, found[0].ID)
		return &r, err
	}
	return nil, ambiguous(o.Value.Name, found)
}

// firstDay returns the day on which an event begins, nil if it is not known.
func firstDay(g roundtable.Input) *date.Day {
	if g.StartsAt == nil {
		return g.StartsOn
	}
	zone, err := time.LoadLocation(g.Timezone)
	if err != nil {
		zone = time.UTC
	}
	year, month, day := g.StartsAt.In(zone).Date()
	return &date.Day{Time: time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

func hasTitle(r roundtable.RoundTable, name string) bool {
	return slices.ContainsFunc(spelling.Of(r.Title), func(t string) bool { return names.Key(t) == names.Key(name) })
}

// addToEvent adds to a round table what it lacks.
func (m *importer) addToEvent(ctx context.Context, tx pgx.Tx, r roundtable.RoundTable, g roundtable.Input, e eventObject, out *outcome) error {
	return addTo(ctx, tx, events, r, out, func(in *roundtable.Input) (err error) {
		out.text("name", &in.Title, g.Title)
		out.text("description", &in.Purpose, g.Purpose)
		out.identifiers(&in.ExternalIDs, g.ExternalIDs, m.Source)
		fill(out, "parent_id", &in.ParentID, g.ParentID)
		out.keep("classification", g.Format != "" && g.Format != in.Format && !slices.Contains(out.ignored, "classification"))
		out.keep("status", g.Status != "" && g.Status != in.Status)
		starts, ends := r.Begins(), r.Ends()
		if starts == "" && g.StartsOn != nil {
			in.StartsOn, in.StartsAt, in.EndsOn, in.EndsAt = g.StartsOn, g.StartsAt, g.EndsOn, g.EndsAt
			in.DatePrecision, in.Timezone = g.DatePrecision, g.Timezone
			out.changed = true
		} else {
			out.keep("start_date", e.Starts != "" && !sameMoment(starts, e.Starts))
			out.keep("end_date", e.Ends != "" && !sameMoment(ends, e.Ends) && !slices.Contains(out.ignored, "end_date"))
		}
		location := strings.TrimSpace(e.Location)
		if location != "" && r.Place == nil && len(r.Venue) == 0 {
			in.PlaceID, in.Venue, err = m.placeOf(ctx, tx, location)
			out.changed = true
			return err
		}
		isPlace := r.Place != nil && hasValue(r.Place.Name, location)
		out.keep("location", location != "" && !isPlace && !hasValue(r.Venue, location))
		return nil
	})
}

// placeOf returns the place of that name, or the location as a venue unless exactly one place has that name.
func (m *importer) placeOf(ctx context.Context, tx pgx.Tx, location string) (*int64, map[string]string, error) {
	location = strings.TrimSpace(location)
	if location == "" {
		return nil, nil, nil
	}
	if _, ok := m.places[location]; !ok {
		found, err := place.ByName(ctx, tx, location)
		if err != nil {
			return nil, nil, err
		}
		m.places[location] = nil
		if len(found) == 1 {
			m.places[location] = &found[0].ID
		}
	}
	if id := m.places[location]; id != nil {
		return id, nil, nil
	}
	return nil, m.text(location), nil
}

// addParts adds the organizer and the attendees that a round table lacks. r is empty for a new one.
func (m *importer) addParts(ctx context.Context, tx pgx.Tx, r roundtable.RoundTable, out *outcome, organizerID *int64, attendees []int64) error {
	if organizerID != nil && !slices.ContainsFunc(r.Organizers, func(o roundtable.OrganizerRef) bool { return o.ID == *organizerID }) {
		in := organizer.Input{RoundTableID: out.id, OrganizationID: *organizerID}
		if err := check(&in); err != nil {
			return err
		}
		if _, err := organizer.Create(ctx, tx, in); err != nil {
			return err
		}
		out.changed = true
	}
	known, err := pg.Column[int64](ctx, tx, "SELECT person_id FROM attendees WHERE round_table_id = @id AND person_id = ANY(@people)",
		pg.Args{"id": out.id, "people": attendees})
	if err != nil {
		return err
	}
	for _, id := range attendees {
		if slices.Contains(known, id) {
			continue
		}
		known = append(known, id)
		if _, err := attendee.Create(ctx, tx, attendee.Input{RoundTableID: out.id, PersonID: &id}); err != nil {
			return err
		}
		out.changed = true
	}
	return nil
}

// setDates sets the dates of an event. It ignores the end if the beginning is not known to the day.
func setDates(g *roundtable.Input, e eventObject, out *outcome) error {
	var v values
	starts, startsAt := v.instant("start_date", e.Starts)
	ends, endsAt := v.instant("end_date", e.Ends)
	if err := apperr.Validation(v.mistakes); err != nil {
		return err
	}
	if starts != nil {
		g.StartsOn, g.DatePrecision = &date.Day{Time: starts.First()}, map[int]string{4: "year", 7: "month", 10: "day"}[len(*starts)]
	}
	if startsAt != nil {
		g.StartsAt, g.Timezone = startsAt, zoneOf(*startsAt)
	}
	if endsAt != nil && g.DatePrecision == "day" {
		ends, endsAt = new(date.Partial(e.Ends[:len("2020-02-27")])), nil
	}
	switch {
	case endsAt != nil && g.StartsAt != nil:
		g.EndsAt = endsAt
	case ends != nil && len(*ends) == 10 && (g.StartsAt != nil || g.DatePrecision == "day"):
		g.EndsOn = &date.Day{Time: ends.First()}
	case e.Ends != "":
		out.ignore("end_date")
	}
	return nil
}

// instant reads a partial date or a time.
func (v *values) instant(property, s string) (*date.Partial, *time.Time) {
	day, clock, timed := strings.Cut(s, "T")
	if !timed {
		return v.partial(property, s), nil
	}
	for _, layout := range []string{"15Z07", "15:04Z07", "15:04:05Z07", "15Z07:00", "15:04Z07:00", "15:04:05Z07:00"} {
		if t, err := time.Parse("2006-01-02T"+layout, day+"T"+clock); err == nil {
			return nil, &t
		}
	}
	v.mistakes = append(v.mistakes, apperr.At("/"+property, "bad_popolo_date"))
	return nil, nil
}

var almaty, _ = time.LoadLocation("Asia/Almaty")

// zoneOf returns a time zone that has the offset of a time, preferably Asia/Almaty.
func zoneOf(t time.Time) string {
	_, offset := t.Zone()
	if almaty != nil {
		if _, here := t.In(almaty).Zone(); here == offset {
			return "Asia/Almaty"
		}
	}
	hours := offset / 3600
	if offset == 0 || offset%3600 != 0 || hours > 14 || hours < -12 {
		return "UTC"
	}
	return fmt.Sprintf("Etc/GMT%+d", -hours) // whose signs are those of POSIX: west is positive
}

// sameMoment reports whether two dates or times are the same one.
func sameMoment(a, b string) bool {
	if a == b {
		return true
	}
	var v values
	_, s := v.instant("", a)
	_, t := v.instant("", b)
	return s != nil && t != nil && s.Equal(*t)
}
