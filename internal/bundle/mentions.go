package bundle

import "strconv"

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
