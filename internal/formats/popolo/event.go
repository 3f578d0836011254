// Package popolo writes records in the vocabularies of others: schema.org as JSON-LD, and Popolo. It is not for choosing
// them.
package popolo

import (
	"fmt"
	"strings"

	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"
)

// Object is a JSON object of a vocabulary.
type Object map[string]any

// Base is what stands before the paths of links; empty: links are relative.
type Base string

func (b Base) link(path string, id int64) string { return fmt.Sprintf("%s/v1/%s/%d", b, path, id) }

// Event gives a round table as an Event of schema.org. What organizations and people were to it stands in a Role between them
// and the event. Those who took part and what they said may be much: they are the members EventAttendees and EventStatements.
func (b Base) Event(r roundtable.RoundTable) Object {
	e := Object{
		"@context": "https://schema.org", "@type": "Event", "@id": b.link("round-tables", r.ID), "identifier": append([]string{}, r.ExternalIDs...),
		"name": texts(r.Title), "eventStatus": "https://schema.org/" + eventStatus[r.Status], "dateModified": r.UpdatedAt.UTC(),
	}
	set(e, "description", texts(r.Purpose))
	set(e, "startDate", begins(r))
	set(e, "endDate", ends(r))
	set(e, "eventAttendanceMode", attendanceMode[r.Mode])
	set(e, "inLanguage", r.Languages)
	set(e, "location", b.locations(r))
	set(e, "about", each(r.Topics, func(t text.Ref) Object { return b.thing("DefinedTerm", "topics", t) }))
	set(e, "subjectOf", each(r.DocumentLinks, func(d roundtable.LinkedDocument) Object { return b.thing("CreativeWork", "documents", d.Document) }))
	set(e, "organizer", each(r.Organizers, func(o roundtable.OrganizerRef) Object {
		return Object{"@type": "OrganizationRole", "roleName": o.Kind, "organizer": b.thing("Organization", "organizations", text.Ref{ID: o.ID, Name: o.Name})}
	}))
	if r.Parent != nil {
		e["superEvent"] = b.thing("Event", "round-tables", *r.Parent)
	}
	return e
}

var (
	eventStatus    = map[string]string{"scheduled": "EventScheduled", "held": "EventScheduled", "postponed": "EventPostponed", "cancelled": "EventCancelled"}
	attendanceMode = map[string]string{
		"in_person": "https://schema.org/OfflineEventAttendanceMode", "online": "https://schema.org/OnlineEventAttendanceMode", "hybrid": "https://schema.org/MixedEventAttendanceMode",
	}
)

// The members of an event that are lists of any length.
const (
	EventAttendees  = "attendee"
	EventStatements = "workFeatured"
)

// Statements gives what was said as Quotations.
func (b Base) Statements(statements []statement.Statement) []Object {
	return each(statements, b.statement)
}

func (b Base) statement(s statement.Statement) Object {
	said := make([]any, len(s.Texts))
	for i, t := range s.Texts {
		said[i] = Object{"@language": strings.ToLower(t.Lang), "@value": t.Text}
	}
	q := Object{"@type": "Quotation", "@id": b.link("statements", s.ID), "text": said}
	switch {
	case s.Speaker != nil:
		q["creator"] = b.thing("Person", "people", text.Ref{ID: s.Speaker.ID, Name: s.Speaker.Name})
	case s.Attribution != nil:
		q["creditText"] = *s.Attribution
	}
	set(q, "about", each(s.Topics, func(t text.Ref) Object { return b.thing("DefinedTerm", "topics", t) }))
	if s.Document != nil {
		q["isBasedOn"] = b.thing("CreativeWork", "documents", *s.Document)
	}
	return q
}

// begins gives the beginning as precisely as it is known (ISO 8601).
func begins(r roundtable.RoundTable) string {
	switch {
	case r.StartsAt != nil:
		return r.StartsAt.Format("2006-01-02T15:04:05Z07:00")
	case r.StartsOn == nil:
		return ""
	}
	return r.StartsOn.String()[:precision[r.DatePrecision]]
}

var precision = map[string]int{"day": len("2020-02-27"), "month": len("2020-02"), "year": len("2020")}

func ends(r roundtable.RoundTable) string {
	switch {
	case r.EndsAt != nil:
		return r.EndsAt.Format("2006-01-02T15:04:05Z07:00")
	case r.EndsOn != nil && r.DatePrecision == "day":
		return r.EndsOn.String()
	}
	return ""
}

func (b Base) locations(r roundtable.RoundTable) (all []Object) {
	switch {
	case r.Place != nil && len(r.Venue) > 0:
		all = append(all, Object{"@type": "Place", "name": texts(r.Venue), "containedInPlace": b.thing("Place", "places", *r.Place)})
	case r.Place != nil:
		all = append(all, b.thing("Place", "places", *r.Place))
	case len(r.Venue) > 0:
		all = append(all, Object{"@type": "Place", "name": texts(r.Venue)})
	}
	if r.OnlineURL != nil {
		all = append(all, Object{"@type": "VirtualLocation", "url": *r.OnlineURL})
	}
	return all
}

// Attendees gives those who took part, each in its Role.
func (b Base) Attendees(attendees []attendee.Attendee) []Object { return each(attendees, b.attendee) }

// attendee gives a part in an event. Of somebody without a name there are the roles and positions.
func (b Base) attendee(a attendee.Attendee) Object {
	var who Object
	switch {
	case a.Organization != nil:
		who = b.thing("Organization", "organizations", *a.Organization)
	case a.Person != nil:
		who = b.thing("Person", "people", text.Ref{ID: a.Person.ID, Name: a.Person.Name})
	case a.Description != nil:
		who = Object{"@type": "Audience", "name": texts(a.Description)}
	default:
		who = Object{"@type": "Person"}
		if a.NameAsListed != nil {
			who["name"] = *a.NameAsListed
		}
	}
	if a.Organization == nil && a.Description == nil {
		var titles, organizations []any
		for _, p := range a.Affiliations {
			titles = append(titles, texts(p.Title)...)
			switch {
			case p.Organization != nil:
				organizations = append(organizations, b.thing("Organization", "organizations", *p.Organization))
			case p.OrganizationAsListed != nil:
				organizations = append(organizations, Object{"@type": "Organization", "name": *p.OrganizationAsListed})
			}
		}
		set(who, "jobTitle", titles)
		set(who, "worksFor", organizations)
	}
	return Object{"@type": "Role", "roleName": append([]string{}, a.Roles...), "attendee": who}
}

func (b Base) thing(kind, path string, r text.Ref) Object {
	return Object{"@type": kind, "@id": b.link(path, r.ID), "name": texts(r.Name)}
}

// texts gives the texts of a map with their languages.
func texts(m text.Map) []any {
	var all []any
	for _, lang := range m.Langs() {
		all = append(all, Object{"@language": strings.ToLower(lang), "@value": m[lang]})
	}
	return all
}

func each[T any](list []T, f func(T) Object) []Object {
	all := make([]Object, len(list))
	for i, v := range list {
		all[i] = f(v)
	}
	return all
}

// set sets a member unless there is nothing to say.
func set[T any](o Object, name string, v T) {
	switch v := any(v).(type) {
	case string:
		if v == "" {
			return
		}
	case []any:
		if len(v) == 0 {
			return
		}
	case []string:
		if len(v) == 0 {
			return
		}
	case []Object:
		if len(v) == 0 {
			return
		}
	}
	o[name] = v
}
