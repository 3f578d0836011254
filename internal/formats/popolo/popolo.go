// Package popolo writes records as documents of the Popolo project (https://www.popoloproject.com/specs/) and imports
// such documents. It does not choose the records.
package popolo

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
)

// Writer writes records. Popolo has one name for each thing: Lang chooses its language. The name in each language is
// among the other names, with its lang and the note "multilingual", as EveryPolitician writes it. Ids are those of the
// paths, "people/1".
type Writer struct {
	Lang    string
	Base    string // precedes the paths of links; empty: there are none
	License string // address of the licence of the data
}

// Object is an object of Popolo.
type Object map[string]any

func idOf(path string, id int64) string { return path + "/" + strconv.FormatInt(id, 10) }

// Person returns a person.
func (w Writer) Person(r person.Person) Object {
	o := w.named("people", r.ID, r.Name, r.OtherNames, r.ExternalIDs)
	set(o, "honorific_prefix", w.in(r.Honorific))
	set(o, "biography", w.in(r.Bio))
	return o
}

// Organization returns an organization.
func (w Writer) Organization(r organization.Organization) Object {
	o := w.named("organizations", r.ID, r.Name, r.OtherNames, r.ExternalIDs)
	for _, lang := range r.ShortName.Langs() {
		o["other_names"] = append(o["other_names"].([]Object), Object{"name": r.ShortName[lang], "lang": lang, "note": noteShort})
	}
	o["classification"] = r.Kind
	if r.ParentID != nil {
		o["parent_id"] = idOf("organizations", *r.ParentID)
	}
	if r.Website != nil {
		o["links"] = []Object{{"url": *r.Website, "note": noteWebsite}}
	}
	set(o, "founding_date", partial(r.FoundedOn))
	set(o, "dissolution_date", partial(r.DissolvedOn))
	return o
}

// Membership returns a position of a person in an organization.
func (w Writer) Membership(r affiliation.Affiliation) Object {
	o := Object{"id": idOf("affiliations", r.ID), "person_id": idOf("people", r.PersonID), "organization_id": idOf("organizations", r.OrganizationID)}
	set(o, "role", w.in(r.Title))
	set(o, "start_date", partial(r.From))
	set(o, "end_date", partial(r.To))
	if len(r.ExternalIDs) > 0 {
		o["identifiers"] = identifiers(r.ExternalIDs)
	}
	return o
}

// Event returns a round table without its attendees.
func (w Writer) Event(r roundtable.RoundTable) Object {
	o := Object{"id": idOf("round-tables", r.ID), "name": w.in(r.Title),
		"classification": r.Format, "status": r.Status, "identifiers": identifiers(r.ExternalIDs)}
	set(o, "description", w.in(r.Purpose))
	set(o, "start_date", r.Begins())
	set(o, "end_date", r.Ends())
	set(o, "location", w.location(r))
	if len(r.Organizers) > 0 {
		o["organization_id"] = idOf("organizations", r.Organizers[0].ID)
	}
	if r.ParentID != nil {
		o["parent_id"] = idOf("round-tables", *r.ParentID)
	}
	w.addSource(o, "round-tables", r.ID)
	return o
}

func (w Writer) location(r roundtable.RoundTable) string {
	if r.Place != nil {
		return w.in(r.Place.Name)
	}
	return w.in(r.Venue)
}

// Attendee returns an attendee, nil for one who is not linked to a person.
func (w Writer) Attendee(a attendee.Attendee) Object {
	if a.Person == nil {
		return nil
	}
	return Object{"id": idOf("people", a.Person.ID), "name": w.in(a.Person.Name)}
}

// The notes of names and links.
const (
	noteMultilingual = "multilingual"
	noteShort        = "short name"
	noteWebsite      = "website"
)

// named returns what people and organizations have in common.
func (w Writer) named(path string, id int64, name text.Map, others []text.OtherName, external []string) Object {
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
	o := Object{"id": idOf(path, id), "name": w.in(name), "other_names": names, "identifiers": identifiers(external)}
	w.addSource(o, path, id)
	return o
}

// addSource adds the address of a record, which must be an absolute one.
func (w Writer) addSource(o Object, path string, id int64) {
	if w.Base != "" {
		o["sources"] = []Object{{"url": link(w.Base, path, id)}}
	}
}

func link(base, path string, id int64) string { return fmt.Sprintf("%s/v1/%s/%d", base, path, id) }

func (w Writer) in(m text.Map) string {
	value, _ := m.In(w.Lang)
	return value
}

func identifiers(external []string) []Object {
	all := make([]Object, len(external))
	for i, id := range external {
		scheme, identifier, _ := strings.Cut(id, ":")
		all[i] = Object{"scheme": scheme, "identifier": identifier}
	}
	return all
}

func partial(d *date.Partial) string {
	if d == nil {
		return ""
	}
	return string(*d)
}

// set sets a member unless its value is empty.
func set(o Object, name, value string) {
	if value != "" {
		o[name] = value
	}
}

// Export is a document with all records.
//
//	@Description	People, organizations, memberships and events in the terms of the Popolo project.
type Export struct {
	Meta          Meta          `json:"meta"`                                     // About the document. It is not a member of Popolo.
	Persons       paging.Stream `json:"persons" swaggertype:"array,object"`       // The people.
	Organizations paging.Stream `json:"organizations" swaggertype:"array,object"` // The organizations.
	Memberships   paging.Stream `json:"memberships" swaggertype:"array,object"`   // The positions of people in organizations.
	Events        paging.Stream `json:"events" swaggertype:"array,object"`        // The round tables.
} //	@name	PopoloDocument

// Meta says what a document is.
//
//	@Description	About the document.
type Meta struct {
	License string `json:"license" example:"https://creativecommons.org/licenses/by/4.0/"` // Licence of the data.
} //	@name	PopoloMeta

// Write writes all records that the actor may see as an Export. It reads them page by page and calls flush after each
// page. tx must be REPEATABLE READ.
func (w Writer) Write(ctx context.Context, tx pgx.Tx, to io.Writer, flush func() error) error {
	err := json.MarshalWrite(to, Export{
		Meta:          Meta{w.License},
		Persons:       paging.StreamOf(paging.Walk(ctx, tx, person.List, person.Filter{}), w.Person, flush),
		Organizations: paging.StreamOf(paging.Walk(ctx, tx, organization.List, organization.Filter{}), w.Organization, flush),
		Memberships:   paging.StreamOf(paging.Walk(ctx, tx, affiliation.List, affiliation.Filter{}), w.Membership, flush),
		Events:        w.events(ctx, tx, flush),
	}, json.Deterministic(true))
	if err == nil {
		_, err = io.WriteString(to, "\n")
	}
	return err
}

// atOnce is how many attendees are held in memory at once.
const atOnce = paging.MaxLimit

// events returns the round tables with their attendees. The attendees of small events are read together, those of a
// large one page by page.
func (w Writer) events(ctx context.Context, tx pgx.Tx, flush func() error) paging.Stream {
	return func(add func(any) error) error {
		for page, err := range paging.Walk(ctx, tx, roundtable.List, roundtable.Filter{}) {
			if err != nil {
				return err
			}
			for rest := page.Items; len(rest) > 0; {
				n := readTogether(rest)
				if err := w.addEvents(ctx, tx, rest[:n], add, flush); err != nil {
					return err
				}
				rest = rest[n:]
			}
			if err := flush(); err != nil {
				return err
			}
		}
		return nil
	}
}

// readTogether returns how many of the first events have at most atOnce attendees together, but at least 1.
func readTogether(events []roundtable.RoundTable) int {
	sum := events[0].Counts.Attendees
	for i, r := range events[1:] {
		if sum += r.Counts.Attendees; sum > atOnce {
			return i + 1
		}
	}
	return len(events)
}

// addEvents adds one large event or several small ones.
func (w Writer) addEvents(ctx context.Context, db pg.DB, events []roundtable.RoundTable, add func(any) error, flush func() error) error {
	if r := events[0]; r.Counts.Attendees > atOnce {
		o := w.Event(r)
		o["attendees"] = paging.StreamOf(paging.Pages(ctx, db, attendee.ListWithin, r.ID), w.Attendee, flush)
		return add(o)
	}
	ids := make([]int64, len(events))
	for i, r := range events {
		ids[i] = r.ID
	}
	attendees, err := attendee.OfRoundTables(ctx, db, ids, atOnce)
	if err != nil {
		return err
	}
	of := map[int64][]Object{}
	for _, a := range attendees {
		if o := w.Attendee(a); o != nil {
			of[a.RoundTableID] = append(of[a.RoundTableID], o)
		}
	}
	for _, r := range events {
		o := w.Event(r)
		o["attendees"] = of[r.ID]
		if err := add(o); err != nil {
			return err
		}
	}
	return nil
}
