package popolo

import (
	"strconv"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"

	"strings"
)

// Popolo (https://www.popoloproject.com/specs/) has one name for each thing: Lang chooses its language, and the name in each
// language is among the other names with its lang and the note "multilingual", as EveryPolitician does it. Ids are those of
// the paths, "people/1".
type Popolo struct {
	Lang string
	Base Base
}

func popoloID(path string, id int64) string { return path + "/" + strconv.FormatInt(id, 10) }

// Person gives a person.
func (p Popolo) Person(r person.Person) Object {
	o := p.named("people", r.ID, r.Name, r.OtherNames, r.ExternalIDs)
	set(o, "honorific_prefix", p.in(r.Honorific))
	set(o, "biography", p.in(r.Bio))
	return o
}

// Organization gives an organization.
func (p Popolo) Organization(r organization.Organization) Object {
	o := p.named("organizations", r.ID, r.Name, r.OtherNames, r.ExternalIDs)
	for _, lang := range r.ShortName.Langs() {
		o["other_names"] = append(o["other_names"].([]Object), Object{"name": r.ShortName[lang], "lang": lang, "note": noteShort})
	}
	o["classification"] = r.Kind
	if r.ParentID != nil {
		o["parent_id"] = popoloID("organizations", *r.ParentID)
	}
	if r.Website != nil {
		o["links"] = []Object{{"url": *r.Website, "note": noteWebsite}}
	}
	set(o, "founding_date", partial(r.FoundedOn))
	set(o, "dissolution_date", partial(r.DissolvedOn))
	return o
}

// Membership gives a position of a person in an organization.
func (p Popolo) Membership(r affiliation.Affiliation) Object {
	o := Object{"id": popoloID("affiliations", r.ID), "person_id": popoloID("people", r.PersonID), "organization_id": popoloID("organizations", r.OrganizationID)}
	set(o, "role", p.in(r.Title))
	set(o, "start_date", partial(r.From))
	set(o, "end_date", partial(r.To))
	return o
}

// Event gives a round table without those who attended it: they may be many, and are its member PopoloAttendees.
func (p Popolo) Event(r roundtable.RoundTable) Object {
	o := Object{"id": popoloID("round-tables", r.ID), "name": p.in(r.Title), "classification": r.Format, "status": r.Status, "identifiers": identifiers(r.ExternalIDs)}
	set(o, "description", p.in(r.Purpose))
	set(o, "start_date", begins(r))
	set(o, "end_date", ends(r))
	set(o, "location", p.location(r))
	if len(r.Organizers) > 0 {
		o["organization_id"] = popoloID("organizations", r.Organizers[0].ID)
	}
	if r.ParentID != nil {
		o["parent_id"] = popoloID("round-tables", *r.ParentID)
	}
	set(o, "sources", p.sources("round-tables", r.ID))
	return o
}

func (p Popolo) location(r roundtable.RoundTable) string {
	if r.Place != nil {
		return p.in(r.Place.Name)
	}
	return p.in(r.Venue)
}

// PopoloAttendees is the member of an event that lists those who attended it.
const PopoloAttendees = "attendees"

// Attendees gives those of the attendees who are known people.
func (p Popolo) Attendees(attendees []attendee.Attendee) []Object {
	people := []Object{}
	for _, a := range attendees {
		if a.Person != nil {
			people = append(people, Object{"id": popoloID("people", a.Person.ID), "name": p.in(a.Person.Name)})
		}
	}
	return people
}

// What the notes of names and links say.
const (
	noteMultilingual = "multilingual"
	noteShort        = "short name"
	noteWebsite      = "website"
)

// named gives what people and organizations have in common.
func (p Popolo) named(path string, id int64, name text.Map, others []text.OtherName, external []string) Object {
	names := []Object{}
	for _, lang := range name.Langs() {
		names = append(names, Object{"name": name[lang], "lang": lang, "note": noteMultilingual})
	}
	for _, other := range others {
		o := Object{"name": other.Text, "note": other.Kind}
		if other.Lang != nil {
			o["lang"] = *other.Lang
		}
		names = append(names, o)
	}
	o := Object{"id": popoloID(path, id), "name": p.in(name), "other_names": names, "identifiers": identifiers(external)}
	set(o, "sources", p.sources(path, id))
	return o
}

// sources says where a record is from, which takes an absolute address.
func (p Popolo) sources(path string, id int64) []Object {
	if p.Base == "" {
		return nil
	}
	return []Object{{"url": p.Base.link(path, id)}}
}

func (p Popolo) in(m text.Map) string {
	value, _ := m.In(p.Lang)
	return value
}

func identifiers(external []string) []Object {
	return each(external, func(id string) Object {
		scheme, identifier, _ := strings.Cut(id, ":")
		return Object{"scheme": scheme, "identifier": identifier}
	})
}

func partial(d *date.Partial) string {
	if d == nil {
		return ""
	}
	return string(*d)
}
