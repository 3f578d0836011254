package bundle

import (
	"strconv"

	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
)

// parts builds the inputs of the resources from the parts of a document: first to check them, with stand-ins for the
// ids, then to write them.
type parts struct {
	in   *Input
	lang string // of texts that name no language
	ids  ids

	fillNames bool // fill in names as listed. A check does not need them: the tags of the names have their limit

	// Only of a document that replaces an event: the places of its parts, by type and index, and which of them exist.
	places map[string][]int64
	kept   map[string][]bool
}

// place returns the place of the i-th part of a type.
func (p parts) place(recordType string, i int) *int64 {
	if p.places != nil {
		return &p.places[recordType][i]
	}
	return new(int64(i + 1))
}

// isKept reports whether the i-th part of a type exists.
func (p parts) isKept(recordType string, i int) bool { return p.kept != nil && p.kept[recordType][i] }

// ids finds the ids of the records that a document refers to.
type ids interface {
	eventID() int64
	personID(Person) int64
	organizationID(Organization) int64
	placeID(name string) int64
	topicID(label string) int64
	documentID(i int) int64            // of the i-th document of the bundle
	namedDocumentID(name string) int64 // by key or title
	speakerID(statement int) int64     // of the attendee who made the i-th statement
	statementID(key string) int64
}

// optional returns the id of a reference that may be absent.
func optional[T any](reference *T, idOf func(T) int64) *int64 {
	if reference == nil {
		return nil
	}
	return new(idOf(*reference))
}

func (p parts) roundTable() roundtable.Input {
	r := p.in.RoundTable
	in := roundtable.Input{
		Title: r.Title, Purpose: r.Purpose, Format: r.Format, Status: r.Status, Publication: r.Publication,
		StartsOn: r.StartsOn, EndsOn: r.EndsOn, DatePrecision: r.DatePrecision, StartsAt: r.StartsAt, EndsAt: r.EndsAt,
		Timezone: r.Timezone, Mode: r.Mode, Venue: r.Venue, OnlineURL: r.OnlineURL, ParentID: r.ParentID,
		Languages: r.Languages, PlaceID: optional(r.Place, p.ids.placeID), TopicIDs: distinct(r.Topics, p.ids.topicID),
		Outcome: r.Outcome, ExternalIDs: r.ExternalIDs, Notes: r.Notes, PlaceAsListed: r.PlaceAsListed,
	}
	if r.Place != nil && p.places == nil { // an event that exists keeps a missing name as listed
		in.PlaceAsListed = p.listedName(r.PlaceAsListed, *r.Place)
	}
	for i, d := range p.in.Documents {
		if d.Relation != nil {
			link := roundtable.DocumentLink{DocumentID: p.ids.documentID(i), Relation: *d.Relation}
			in.DocumentLinks = append(in.DocumentLinks, link)
		}
	}
	return in
}

func (p parts) document(i int) document.Input {
	d := p.in.Documents[i]
	return document.Input{
		Title: d.Title, Kind: d.Kind, URL: d.URL, Language: d.Language, PublishedOn: d.PublishedOn,
		AuthorIDs: distinct(d.Authors, p.ids.personID),
	}
}

func (p parts) organizer(i int) organizer.Input {
	o := p.in.Organizers[i]
	return organizer.Input{
		RoundTableID: p.ids.eventID(), OrganizationID: p.ids.organizationID(o.Organization), Kind: o.Kind,
		NameAsListed: p.of(organizer.Type, i).listedName(o.NameAsListed, o.Organization.Name), Position: p.place(organizer.Type, i),
	}
}

func (p parts) attendee(i int) attendee.Input {
	a := p.in.Attendees[i]
	p = p.of(attendee.Type, i)
	in := attendee.Input{
		RoundTableID: p.ids.eventID(), PersonID: optional(a.Person, p.ids.personID),
		OrganizationID: optional(a.Organization, p.ids.organizationID), NameAsListed: a.NameAsListed,
		Description: a.Description, GroupSize: a.GroupSize, Roles: a.Roles, Attendance: a.Attendance, Position: p.place(attendee.Type, i),
	}
	switch {
	case a.Person != nil:
		in.NameAsListed = p.listedName(a.NameAsListed, a.Person.Name)
	case a.Organization != nil:
		in.NameAsListed = p.listedName(a.NameAsListed, a.Organization.Name)
	}
	for _, f := range a.Affiliations {
		made := attendee.Affiliation{
			OrganizationID: optional(f.Organization, p.ids.organizationID), OrganizationAsListed: f.OrganizationAsListed, Title: f.Title,
		}
		if f.Organization != nil {
			made.OrganizationAsListed = p.listedName(f.OrganizationAsListed, f.Organization.Name)
		}
		in.Affiliations = append(in.Affiliations, made)
	}
	if b := a.OnBehalfOf; b != nil {
		in.OnBehalfOf = &attendee.OnBehalfOf{
			PersonID: optional(b.Person, p.ids.personID), OrganizationID: optional(b.Organization, p.ids.organizationID),
		}
	}
	return in
}

func (p parts) statement(i int) statement.Input {
	s := p.in.Statements[i]
	in := statement.Input{
		RoundTableID: p.ids.eventID(), Attribution: s.Attribution, Kind: s.Kind, Act: s.Act, Sequence: p.place(statement.Type, i),
		TopicIDs: distinct(s.Topics, p.ids.topicID), QuotedPersonID: optional(s.QuotedPerson, p.ids.personID),
		InReplyToID: optional(s.InReplyTo, p.ids.statementID), DocumentID: optional(s.Document, p.ids.namedDocumentID), Locator: s.Locator,
	}
	if s.Speaker != nil {
		in.AttendeeID = new(p.ids.speakerID(i))
	}
	if s.Texts != nil {
		in.Texts = make([]statement.Text, 0, len(s.Texts)) // an empty list is not a missing one
	}
	for _, t := range s.Texts {
		made := statement.Text{Lang: t.Lang, Text: t.Text, Original: len(s.Texts) == 1, Translator: t.Translator}
		if t.Lang == "" {
			made.Lang = p.lang
		}
		if t.Original != nil {
			made.Original = *t.Original
		}
		in.Texts = append(in.Texts, made)
	}
	if m := s.Mentions; m != nil {
		in.Mentions = statement.Mentions{
			PersonIDs:       distinct(m.People, p.ids.personID),
			OrganizationIDs: distinct(m.Organizations, p.ids.organizationID),
			PlaceIDs:        distinct(m.Places, p.ids.placeID),
			DocumentIDs:     distinct(m.Documents, p.ids.namedDocumentID),
		}
	}
	return in
}

func (p parts) recommendation(i int) recommendation.Input {
	r := p.in.Recommendations[i]
	return recommendation.Input{
		RoundTableID: p.ids.eventID(), StatementID: optional(r.Statement, p.ids.statementID), Text: r.Text,
		AddresseeID: optional(r.Addressee, p.ids.organizationID), Status: r.Status, StatusOn: r.StatusOn,
		EvidenceDocumentID: optional(r.EvidenceDocument, p.ids.namedDocumentID), Position: p.place(recommendation.Type, i),
	}
}

// distinct returns the ids of a list of references. Two names of the list may be one record.
func distinct[T any](list []T, idOf func(T) int64) []int64 {
	var ids []int64
	seen := map[int64]bool{}
	for _, x := range list {
		if id := idOf(x); !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// of returns p for the i-th part of a type: a part that exists keeps a missing name as listed.
func (p parts) of(recordType string, i int) parts {
	p.fillNames = p.fillNames && !p.isKept(recordType, i)
	return p
}

// listedName returns name_as_listed: the given one, else the name by which the document refers to the record, if any.
func (p parts) listedName(listed *string, name string) *string {
	if listed == nil && name != "" && p.fillNames {
		return &name
	}
	return listed
}

// visitor has a function for each way to mention a record. at is the pointer to the mention.
type visitor struct {
	person       func(at string, x Person)
	organization func(at string, x Organization)
	place        func(at string, x Place)
	placeName    func(at, name string) // a plain string
	topic        func(at string, x Topic)
	topicLabel   func(at, label string) // a plain string
}

// eachMention visits every mention of a record: first the sections with the details of records, then the parts of the
// event that mention them.
func (in *Input) eachMention(v visitor) {
	each("/people", in.People, v.person)
	each("/organizations", in.Organizations, v.organization)
	each("/places", in.Places, v.place)
	each("/topics", in.Topics, v.topic)
	maybe("/round_table/place", in.RoundTable.Place, v.placeName)
	each("/round_table/topics", in.RoundTable.Topics, v.topicLabel)
	for i, x := range in.Organizers {
		v.organization(pointer("organizers", i)+"/organization", x.Organization)
	}
	for i := range in.Attendees {
		v.attendee(pointer("attendees", i), &in.Attendees[i])
	}
	for i := range in.Statements {
		v.statement(pointer("statements", i), &in.Statements[i])
	}
	for i, x := range in.Recommendations {
		maybe(pointer("recommendations", i)+"/addressee", x.Addressee, v.organization)
	}
	for i, x := range in.Documents {
		each(pointer("documents", i)+"/authors", x.Authors, v.person)
	}
}

func (v visitor) attendee(at string, a *Attendee) {
	maybe(at+"/person", a.Person, v.person)
	maybe(at+"/organization", a.Organization, v.organization)
	for i, f := range a.Affiliations {
		maybe(at+pointer("affiliations", i)+"/organization", f.Organization, v.organization)
	}
	if b := a.OnBehalfOf; b != nil {
		maybe(at+"/on_behalf_of/person", b.Person, v.person)
		maybe(at+"/on_behalf_of/organization", b.Organization, v.organization)
	}
}

func (v visitor) statement(at string, s *Statement) {
	each(at+"/topics", s.Topics, v.topicLabel)
	maybe(at+"/quoted_person", s.QuotedPerson, v.person)
	if m := s.Mentions; m != nil {
		each(at+"/mentions/people", m.People, v.person)
		each(at+"/mentions/organizations", m.Organizations, v.organization)
		each(at+"/mentions/places", m.Places, v.placeName)
	}
}

// maybe visits a mention that may be absent.
func maybe[T any](at string, x *T, visit func(at string, x T)) {
	if x != nil {
		visit(at, *x)
	}
}

// each visits the mentions of a list.
func each[T any](at string, list []T, visit func(at string, x T)) {
	for i, x := range list {
		visit(at+"/"+strconv.Itoa(i), x)
	}
}
