// Package schemaorg writes round tables, people and organizations in the terms of schema.org, as JSON-LD. It does not choose
// them.
//
// What the source says of a person at one event is in the Role between the event and the person. The nodes of people and
// organizations have only what is always true, so that documents can be joined in one graph. Every node has an address, so that
// reading a document again adds nothing to the graph.
package schemaorg

import (
	"context"
	"fmt"
	"io"
	"strings"

	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json"
)

// Writer writes documents.
type Writer struct {
	Base    string // precedes the paths of links; empty: links are relative
	License string // the address of the licence of the data
}

// vocabulary is the context that defines the terms of the documents.
const vocabulary = "https://schema.org"

// AtOnce is how many attendees, and how many statements, Write holds in memory at once.
const AtOnce = paging.MaxLimit

// IsLarge reports whether a round table has more attendees or more statements than AtOnce.
func IsLarge(r roundtable.RoundTable) bool {
	return r.Counts.Attendees > AtOnce || r.Counts.Statements > AtOnce
}

// Write writes a round table with its attendees and statements. It reads them page by page and calls flush after each
// page.
func (w Writer) Write(ctx context.Context, db pg.DB, r roundtable.RoundTable, to io.Writer, flush func() error) error {
	e := w.event(r)
	if r.Counts.Attendees > 0 {
		e["attendee"] = paging.StreamOf(paging.Pages(ctx, db, attendee.ListWithin, r.ID), w.attendee, flush)
	}
	if r.Counts.Statements > 0 {
		e["workFeatured"] = paging.StreamOf(paging.Pages(ctx, db, statement.ListWithin, r.ID), w.statement, flush)
	}
	return json.MarshalWrite(to, e, json.Deterministic(true))
}

type object map[string]any

func (w Writer) link(path string, id int64) string {
	return fmt.Sprintf("%s/v1/%s/%d", w.Base, path, id)
}

// document returns the members that every document has.
func (w Writer) document(class, path string, r changes.Record, externalIDs []string) object {
	at := w.link(path, r.ID)
	o := object{
		"@context": vocabulary, "@type": class, "@id": at, "url": at, "license": w.License,
		"identifier": append([]string{}, externalIDs...), "dateModified": r.UpdatedAt.UTC(),
	}
	set(o, "sameAs", addressesOf(externalIDs))
	return o
}

// event returns a round table without its attendees and statements. A Role between an organization or a person and the
// event says what they were to it.
func (w Writer) event(r roundtable.RoundTable) object {
	e := w.document("Event", "round-tables", r.Record, r.ExternalIDs)
	e["name"], e["eventStatus"] = texts(r.Title), "https://schema.org/"+eventStatus[r.Status]
	set(e, "description", texts(r.Purpose))
	set(e, "startDate", r.Begins())
	set(e, "endDate", r.Ends())
	set(e, "eventAttendanceMode", attendanceMode[r.Mode])
	set(e, "inLanguage", r.Languages)
	set(e, "location", w.locations(r))
	set(e, "about", each(r.Topics, func(t text.Ref) object { return w.thing("DefinedTerm", "topics", t) }))
	set(e, "subjectOf", each(r.DocumentLinks, func(d roundtable.LinkedDocument) object { return w.thing("CreativeWork", "documents", d.Document) }))
	set(e, "organizer", each(r.Organizers, func(o roundtable.OrganizerRef) object {
		return object{
			"@type": "OrganizationRole", "@id": fmt.Sprintf("%s#organizer-%d-%s", w.link("round-tables", r.ID), o.ID, o.Kind), "roleName": o.Kind,
			"organizer": w.thing("Organization", "organizations", text.Ref{ID: o.ID, Name: o.Name}),
		}
	}))
	if r.Parent != nil {
		e["superEvent"] = w.thing("Event", "round-tables", text.Ref{ID: r.Parent.ID, Name: r.Parent.Name})
	}
	return e
}

var (
	eventStatus    = map[string]string{"scheduled": "EventScheduled", "held": "EventScheduled", "postponed": "EventPostponed", "cancelled": "EventCancelled"}
	attendanceMode = map[string]string{
		"in_person": "https://schema.org/OfflineEventAttendanceMode", "online": "https://schema.org/OnlineEventAttendanceMode",
		"hybrid": "https://schema.org/MixedEventAttendanceMode",
	}
)

// statement returns what was said as a Quotation.
func (w Writer) statement(s statement.Statement) object {
	said := make([]object, len(s.Texts))
	for i, t := range s.Texts {
		said[i] = object{"@language": strings.ToLower(t.Lang), "@value": t.Text}
	}
	q := object{"@type": "Quotation", "@id": w.link("statements", s.ID), "text": said, "license": w.License}
	switch {
	case s.Speaker != nil:
		q["creator"] = w.thing("Person", "people", text.Ref{ID: s.Speaker.ID, Name: s.Speaker.Name})
	case s.Attribution != nil:
		q["creditText"] = *s.Attribution
	}
	set(q, "about", each(s.Topics, func(t text.Ref) object { return w.thing("DefinedTerm", "topics", t) }))
	if s.Document != nil {
		q["isBasedOn"] = w.thing("CreativeWork", "documents", *s.Document)
	}
	return q
}

func (w Writer) locations(r roundtable.RoundTable) (all []object) {
	venue := w.link("round-tables", r.ID) + "#venue"
	switch {
	case r.Place != nil && len(r.Venue) > 0:
		all = append(all, object{"@type": "Place", "@id": venue, "name": texts(r.Venue), "containedInPlace": w.thing("Place", "places", *r.Place)})
	case r.Place != nil:
		all = append(all, w.thing("Place", "places", *r.Place))
	case len(r.Venue) > 0:
		all = append(all, object{"@type": "Place", "@id": venue, "name": texts(r.Venue)})
	}
	if r.OnlineURL != nil {
		all = append(all, object{"@type": "VirtualLocation", "@id": w.link("round-tables", r.ID) + "#online", "url": *r.OnlineURL})
	}
	return all
}

// attendee returns an attendee in its Role, with the positions at the event. An attendee without a name has roles and positions
// only.
func (w Writer) attendee(a attendee.Attendee) object {
	at := w.link("attendees", a.ID)
	role := object{"@type": "Role", "@id": at, "roleName": append([]string{}, a.Roles...)}
	switch {
	case a.Organization != nil:
		role["attendee"] = w.thing("Organization", "organizations", *a.Organization)
		return role
	case a.Description != nil:
		role["attendee"] = object{"@type": "Audience", "@id": at + "#attendee", "name": texts(a.Description)}
		return role
	case a.Person != nil:
		role["attendee"] = w.thing("Person", "people", text.Ref{ID: a.Person.ID, Name: a.Person.Name})
	case a.NameAsListed != nil:
		role["attendee"] = object{"@type": "Person", "@id": at + "#attendee", "name": *a.NameAsListed}
	default:
		role["attendee"] = object{"@type": "Person", "@id": at + "#attendee"}
	}
	if len(a.Affiliations) > 0 {
		positions := make([]object, len(a.Affiliations))
		for i, p := range a.Affiliations {
			positions[i] = w.position(fmt.Sprintf("%s#position-%d", at, i+1), p.Title)
			switch {
			case p.Organization != nil:
				positions[i]["worksFor"] = w.thing("Organization", "organizations", *p.Organization)
			case p.OrganizationAsListed != nil:
				positions[i]["worksFor"] = object{"@type": "Organization", "@id": fmt.Sprintf("%s#organization-%d", at, i+1), "name": *p.OrganizationAsListed}
			}
		}
		role["@type"], role["worksFor"] = "OrganizationRole", positions
	}
	return role
}

// position returns a position without its organization.
func (Writer) position(at string, title text.Map) object {
	p := object{"@type": "EmployeeRole", "@id": at}
	set(p, "roleName", texts(title))
	return p
}

func (w Writer) thing(class, path string, r text.Ref) object {
	return object{"@type": class, "@id": w.link(path, r.ID), "name": texts(r.Name)}
}

// texts returns the texts of a map with their languages.
func texts(m text.Map) (all []object) {
	for _, lang := range m.Langs() {
		all = append(all, object{"@language": strings.ToLower(lang), "@value": m[lang]})
	}
	return all
}

func each[T any](list []T, f func(T) object) []object {
	all := make([]object, len(list))
	for i, v := range list {
		all[i] = f(v)
	}
	return all
}

// set sets a member unless its value is empty.
func set[T string | []string | []object](o object, name string, v T) {
	if len(v) > 0 {
		o[name] = v
	}
}
