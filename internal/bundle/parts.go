package bundle

import (
	"slices"

	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
)

// What the resources are given: the same before the first write, to check it, and at the write. Until a record is
// made, a negative number stands for its id.

func (p *plan) personID(x *Person) *int64 {
	if x == nil {
		return nil
	}
	return &p.people.of(*x).id
}

func (p *plan) organizationID(x *Organization) *int64 {
	if x == nil {
		return nil
	}
	return &p.organizations.of(*x).id
}

func (p *plan) personIDs(list []Person) []int64 {
	var ids []int64
	for _, x := range list {
		ids = once(ids, p.people.of(x).id)
	}
	return ids
}

func (p *plan) topicIDs(labels []string) []int64 {
	var ids []int64
	for _, label := range labels {
		ids = once(ids, p.topics.of(Topic{Label: label}).id)
	}
	return ids
}

func (p *plan) documentID(name *string) *int64 {
	if name == nil {
		return nil
	}
	i, ok := p.documents.place(*name)
	if !ok {
		return nil
	}
	return &p.documents.found[i].ID
}

func (p *plan) roundTable() roundtable.Input {
	r := p.in.RoundTable
	in := roundtable.Input{
		Title: r.Title, Purpose: r.Purpose, Format: r.Format, Status: r.Status, Publication: r.Publication,
		StartsOn: r.StartsOn, EndsOn: r.EndsOn, DatePrecision: r.DatePrecision, StartsAt: r.StartsAt, EndsAt: r.EndsAt, Timezone: r.Timezone,
		Mode: r.Mode, Venue: r.Venue, OnlineURL: r.OnlineURL, ParentID: r.ParentID, Languages: r.Languages, TopicIDs: p.topicIDs(r.Topics),
		Outcome: r.Outcome, ExternalIDs: r.ExternalIDs, Notes: r.Notes,
	}
	if r.Place != nil {
		in.PlaceID = &p.places.of(Place{Name: *r.Place}).id
	}
	for i, d := range p.in.Documents {
		if d.Relation != nil {
			in.DocumentLinks = append(in.DocumentLinks, roundtable.DocumentLink{DocumentID: p.documents.found[i].ID, Relation: *d.Relation})
		}
	}
	return in
}

func (p *plan) document(i int) document.Input {
	d := p.in.Documents[i]
	return document.Input{
		Title: d.Title, Kind: d.Kind, URL: d.URL, Language: d.Language, PublishedOn: d.PublishedOn, AuthorIDs: p.personIDs(d.Authors),
	}
}

func (p *plan) organizer(i int) organizer.Input {
	o := p.in.Organizers[i]
	position := int64(i + 1)
	return organizer.Input{
		RoundTableID: p.event, OrganizationID: *p.organizationID(&o.Organization), Kind: o.Kind,
		NameAsListed: first(o.NameAsListed, o.Organization.Name), Position: &position,
	}
}

func (p *plan) attendee(i int) attendee.Input {
	a := p.in.Attendees[i]
	position := int64(i + 1)
	in := attendee.Input{
		RoundTableID: p.event, PersonID: p.personID(a.Person), OrganizationID: p.organizationID(a.Organization), NameAsListed: a.NameAsListed,
		Description: a.Description, GroupSize: a.GroupSize, Roles: a.Roles, Attendance: a.Attendance, Position: &position,
	}
	switch {
	case a.Person != nil:
		in.NameAsListed = first(a.NameAsListed, a.Person.Name)
	case a.Organization != nil:
		in.NameAsListed = first(a.NameAsListed, a.Organization.Name)
	}
	for _, f := range a.Affiliations {
		made := attendee.Affiliation{OrganizationID: p.organizationID(f.Organization), OrganizationAsListed: f.OrganizationAsListed, Title: f.Title}
		if f.Organization != nil {
			made.OrganizationAsListed = first(f.OrganizationAsListed, f.Organization.Name)
		}
		in.Affiliations = append(in.Affiliations, made)
	}
	if b := a.OnBehalfOf; b != nil {
		in.OnBehalfOf = &attendee.OnBehalfOf{PersonID: p.personID(b.Person), OrganizationID: p.organizationID(b.Organization)}
	}
	return in
}

func (p *plan) statement(i int) statement.Input {
	s := p.in.Statements[i]
	sequence := int64(i + 1)
	in := statement.Input{
		RoundTableID: p.event, Attribution: s.Attribution, Kind: s.Kind, Act: s.Act, Sequence: &sequence, TopicIDs: p.topicIDs(s.Topics),
		QuotedPersonID: p.personID(s.QuotedPerson), DocumentID: p.documentID(s.Document), Locator: s.Locator,
	}
	if who := p.speakers[i]; who >= 0 {
		in.AttendeeID = &p.attendees[who]
	}
	if s.InReplyTo != nil {
		if j, ok := p.keyed[*s.InReplyTo]; ok {
			in.InReplyToID = &p.statements[j]
		}
	}
	for _, t := range s.Texts {
		made := statement.Text{Lang: t.Lang, Text: t.Text, Original: len(s.Texts) == 1, Translator: t.Translator}
		if t.Lang == "" {
			made.Lang = p.in.Lang
		}
		if t.Original != nil {
			made.Original = *t.Original
		}
		in.Texts = append(in.Texts, made)
	}
	if m := s.Mentions; m != nil {
		in.Mentions.PersonIDs = p.personIDs(m.People)
		for i := range m.Organizations {
			in.Mentions.OrganizationIDs = once(in.Mentions.OrganizationIDs, *p.organizationID(&m.Organizations[i]))
		}
		for _, name := range m.Places {
			in.Mentions.PlaceIDs = once(in.Mentions.PlaceIDs, p.places.of(Place{Name: name}).id)
		}
		for i := range m.Documents {
			if id := p.documentID(&m.Documents[i]); id != nil {
				in.Mentions.DocumentIDs = once(in.Mentions.DocumentIDs, *id)
			}
		}
	}
	return in
}

func (p *plan) recommendation(i int) recommendation.Input {
	r := p.in.Recommendations[i]
	in := recommendation.Input{
		RoundTableID: p.event, Text: r.Text, AddresseeID: p.organizationID(r.Addressee), Status: r.Status, StatusOn: r.StatusOn,
		EvidenceDocumentID: p.documentID(r.EvidenceDocument),
	}
	if r.Statement != nil {
		if j, ok := p.keyed[*r.Statement]; ok {
			in.StatementID = &p.statements[j]
		}
	}
	return in
}

// once adds an id unless it is there: two names of a list may be one record.
func once(ids []int64, id int64) []int64 {
	if slices.Contains(ids, id) {
		return ids
	}
	return append(ids, id)
}

// first gives the name as listed: the given one, or else the name by which the document calls the record.
func first(listed *string, called string) *string {
	if listed == nil && called != "" {
		return &called
	}
	return listed
}
