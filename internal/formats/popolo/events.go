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
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/roundtable"

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

func (m *importer) writeEvents(ctx context.Context, tx pgx.Tx) error {
	parent := func(o *Listed[eventObject]) string { return o.Value.ParentID }
	return parentsFirst(m.doc.Events, parent, func(o *Listed[eventObject]) error {
		return importObject(ctx, tx, m, "event", roundtable.Type, o, eventProperties, m.event)
	})
}

func (m *importer) event(ctx context.Context, tx pgx.Tx, o *Listed[eventObject]) (out outcome, err error) {
	g := roundtable.Input{Title: m.text(o.Value.Name), Purpose: m.text(o.Value.Description)}
	if g.Title == nil {
		return out, apperr.Validation([]apperr.Field{apperr.At("/name", "no_name")})
	}
	_, own := m.registryID(roundtable.Type, o.Key, o.Value.Sources)
	g.ExternalIDs, out.ignored = m.externalIDs(o.Key, string(o.At), own, o.Value.Identifiers)
	ignore := func(property string) { out.ignored = append(out.ignored, property) }
	switch c := o.Value.Classification; {
	case slices.Contains(eventFormats, c):
		g.Format = c
	case c != "":
		g.Format = "other"
		ignore("classification")
	}
	if g.Status = statuses[strings.ToLower(o.Value.Status)]; g.Status == "" && o.Value.Status != "" {
		ignore("status")
	}
	if ignoresEnd, err := setDates(&g, o.Value); err != nil {
		return out, err
	} else if ignoresEnd {
		ignore("end_date")
	}
	organizerID, attendees, err := m.partsOf(o, &g)
	if err != nil {
		return out, err
	}
	r, by, err := m.findEvent(ctx, tx, o, g)
	if err != nil {
		return out, err
	}
	out.id, out.matchedBy = r.ID, by
	if by == "" {
		if g.PlaceID, g.Venue, err = m.placeOf(ctx, tx, o.Value.Location); err != nil {
			return out, err
		}
		if err := m.check(&g); err != nil {
			return out, err
		}
		if out.id, err = roundtable.Create(ctx, tx, g); err != nil {
			return out, err
		}
	} else if err := m.addToEvent(ctx, tx, r, g, o.Value, &out); err != nil {
		return out, err
	}
	changed, err := m.addParts(ctx, tx, r, out.id, organizerID, attendees)
	out.changed = out.changed || changed
	return out, err
}

// partsOf returns the ids of the organization and the people that an event refers to, and sets its parent.
func (m *importer) partsOf(o *Listed[eventObject], g *roundtable.Input) (organizerID *int64, attendees []int64, err error) {
	var mistakes []apperr.Field
	find := func(class, key, at string) *int64 {
		id, dangling := m.reference(class, key, at)
		mistakes = append(mistakes, dangling...)
		return id
	}
	organizerID = find("organization", o.Value.OrganizationID, "organization_id")
	g.ParentID = find("event", o.Value.ParentID, "parent_id")
	for _, key := range o.Value.attendees {
		if id := find("person", key, "attendees"); id != nil {
			attendees = append(attendees, *id)
		}
	}
	return organizerID, attendees, apperr.Validation(mistakes)
}

// findEvent returns the round table of an event and how it was matched: by its id in the registry if the title agrees,
// by an identifier, or by its title and day. matchedBy is empty if there is none.
func (m *importer) findEvent(ctx context.Context, tx pgx.Tx, o *Listed[eventObject], g roundtable.Input) (r roundtable.RoundTable, by string, err error) {
	if id, sure := m.registryID(roundtable.Type, o.Key, o.Value.Sources); id != 0 {
		r, err := roundtable.Get(ctx, tx, id)
		switch {
		case err == nil && (sure || hasTitle(r, o.Value.Name)):
			return r, "id", nil
		case err != nil && !apperr.IsKind(err, apperr.NotFound) && !apperr.IsKind(err, apperr.Gone):
			return r, "", err
		}
	}
	var found []apperr.Candidate
	by = "identifier"
	if len(g.ExternalIDs) > 0 {
		found, err = candidates(ctx, tx, `SELECT DISTINCT r.id, text_sort_key(r.title) AS name, 1.0::float8 AS score
			FROM external_ids x JOIN round_tables r ON r.id = x.id
			WHERE x.type = 'round_tables' AND x.external_id = ANY(@given) ORDER BY r.id LIMIT 10`, pg.Args{"given": g.ExternalIDs})
		if err != nil {
			return r, "", err
		}
	}
	if day := firstDay(g); len(found) == 0 && day != nil {
		by = "name"
		found, err = candidates(ctx, tx, `SELECT r.id, text_sort_key(r.title) AS name, 1.0::float8 AS score FROM round_tables r
			WHERE r.starts_key BETWEEN starts_key(@day::date, 'year') AND starts_key(@day::date, 'day') AND r.starts_on = @day
			AND EXISTS (SELECT FROM jsonb_each_text(r.title) t WHERE t.value = @title) ORDER BY r.id LIMIT 10`, pg.Args{"day": *day, "title": o.Value.Name})
		if err != nil {
			return r, "", err
		}
		found = m.unmatched(roundtable.Type, found)
	}
	switch len(found) {
	case 0:
		return r, "", nil
	case 1:
		r, err = roundtable.Get(ctx, tx, found[0].ID)
		return r, by, err
	}
	return r, "", ambiguous(o.Value.Name, found)
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
	for _, t := range r.Title {
		if names.Key(t) == names.Key(name) {
			return true
		}
	}
	return false
}

// addToEvent adds to a round table what it lacks.
func (m *importer) addToEvent(ctx context.Context, tx pgx.Tx, r roundtable.RoundTable, g roundtable.Input, e eventObject, out *outcome) error {
	in, add := r.Input, addition{}
	add.text("name", &in.Title, g.Title)
	add.text("description", &in.Purpose, g.Purpose)
	add.identifiers(&in.ExternalIDs, g.ExternalIDs)
	fill(&add, "parent_id", &in.ParentID, g.ParentID)
	keep := func(property string, differs bool) {
		if differs {
			add.kept = append(add.kept, property)
		}
	}
	keep("classification", g.Format != "" && g.Format != in.Format && !slices.Contains(out.ignored, "classification"))
	keep("status", g.Status != "" && g.Status != in.Status)
	starts, ends := r.Begins(), r.Ends()
	if starts == "" && g.StartsOn != nil {
		in.StartsOn, in.StartsAt, in.EndsOn, in.EndsAt, in.DatePrecision, in.Timezone = g.StartsOn, g.StartsAt, g.EndsOn, g.EndsAt, g.DatePrecision, g.Timezone
		add.changed = true
	} else {
		keep("start_date", e.Starts != "" && !sameMoment(starts, e.Starts))
		keep("end_date", e.Ends != "" && !sameMoment(ends, e.Ends) && !slices.Contains(out.ignored, "end_date"))
	}
	if location := strings.TrimSpace(e.Location); location != "" {
		switch {
		case r.Place == nil && len(r.Venue) == 0:
			var err error
			if in.PlaceID, in.Venue, err = m.placeOf(ctx, tx, location); err != nil {
				return err
			}
			add.changed = true
		case r.Place != nil && hasValue(r.Place.Name, location) || hasValue(r.Venue, location):
		default:
			add.kept = append(add.kept, "location")
		}
	}
	out.changed, out.kept = add.changed, add.kept
	return m.change(ctx, tx, roundtable.Table, roundtable.Type, r.ID, add.changed, &in, func() error { return roundtable.Update(ctx, tx, r, in) })
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

// addParts adds the organizer and the attendees that a round table lacks.
func (m *importer) addParts(ctx context.Context, tx pgx.Tx, r roundtable.RoundTable, id int64,
	organizerID *int64, attendees []int64) (changed bool, err error) {
	if organizerID != nil && !slices.ContainsFunc(r.Organizers, func(o roundtable.OrganizerRef) bool { return o.ID == *organizerID }) {
		in := organizer.Input{RoundTableID: id, OrganizationID: *organizerID}
		if err := m.check(&in); err != nil {
			return false, err
		}
		if _, err := organizer.Create(ctx, tx, in); err != nil {
			return false, err
		}
		changed = true
	}
	rows, err := tx.Query(ctx, "SELECT person_id FROM attendees WHERE round_table_id = $1 AND person_id = ANY($2)", id, attendees)
	if err != nil {
		return false, pg.Error(err)
	}
	there, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return false, pg.Error(err)
	}
	known := map[int64]bool{}
	for _, n := range there {
		known[n] = true
	}
	for _, n := range attendees {
		if known[n] {
			continue
		}
		known[n] = true
		if _, err := attendee.Create(ctx, tx, attendee.Input{RoundTableID: id, PersonID: &n}); err != nil {
			return false, err
		}
		changed = true
	}
	return changed, nil
}

// setDates sets the dates of an event. It ignores the end if the beginning is not known to the day.
func setDates(g *roundtable.Input, e eventObject) (ignoresEnd bool, err error) {
	var d dates
	starts, startsAt := d.instant("start_date", e.Starts)
	ends, endsAt := d.instant("end_date", e.Ends)
	if err := apperr.Validation(d.mistakes); err != nil {
		return false, err
	}
	if starts != nil {
		first := starts.First()
		g.StartsOn, g.DatePrecision = &date.Day{Time: first}, map[int]string{4: "year", 7: "month", 10: "day"}[len(*starts)]
	}
	if startsAt != nil {
		g.Timezone = zoneOf(*startsAt)
		g.StartsAt, g.StartsOn, g.DatePrecision = startsAt, nil, ""
	}
	if ends == nil && endsAt == nil {
		return false, nil
	}
	switch {
	case endsAt != nil && g.StartsAt != nil:
		g.EndsAt = endsAt
	case endsAt != nil && g.DatePrecision == "day":
		ends = new(date.Partial(e.Ends[:len("2020-02-27")]))
		fallthrough
	case ends != nil && len(*ends) == 10 && (g.StartsAt != nil || g.DatePrecision == "day"):
		g.EndsOn = &date.Day{Time: ends.First()}
	default:
		return true, nil
	}
	return false, nil
}

// instant reads a partial date or a time.
func (d *dates) instant(property, s string) (*date.Partial, *time.Time) {
	day, clock, timed := strings.Cut(s, "T")
	if !timed {
		return d.partial(property, s), nil
	}
	for _, layout := range []string{"15Z07", "15:04Z07", "15:04:05Z07", "15Z07:00", "15:04Z07:00", "15:04:05Z07:00"} {
		if t, err := time.Parse("2006-01-02T"+layout, day+"T"+clock); err == nil {
			return nil, &t
		}
	}
	d.mistakes = append(d.mistakes, apperr.At("/"+property, "bad_popolo_date"))
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
	var d dates
	_, s := d.instant("", a)
	_, t := d.instant("", b)
	return s != nil && t != nil && s.Equal(*t)
}
