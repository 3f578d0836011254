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
	for i, x := range in.People {
		v.person(pointer("people", i), x)
	}
	for i, x := range in.Organizations {
		v.organization(pointer("organizations", i), x)
	}
	for i, x := range in.Places {
		v.place(pointer("places", i), x)
	}
	for i, x := range in.Topics {
		v.topic(pointer("topics", i), x)
	}
	if in.RoundTable.Place != nil {
		v.placeName("/round_table/place", *in.RoundTable.Place)
	}
	v.eachTopic("/round_table/topics", in.RoundTable.Topics)
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
		v.maybeOrganization(pointer("recommendations", i)+"/addressee", x.Addressee)
	}
	for i, x := range in.Documents {
		v.eachPerson(pointer("documents", i)+"/authors", x.Authors)
	}
}

func (v visitor) attendee(at string, a *Attendee) {
	v.maybePerson(at+"/person", a.Person)
	v.maybeOrganization(at+"/organization", a.Organization)
	for i, f := range a.Affiliations {
		v.maybeOrganization(at+pointer("affiliations", i)+"/organization", f.Organization)
	}
	if b := a.OnBehalfOf; b != nil {
		v.maybePerson(at+"/on_behalf_of/person", b.Person)
		v.maybeOrganization(at+"/on_behalf_of/organization", b.Organization)
	}
}

func (v visitor) statement(at string, s *Statement) {
	v.eachTopic(at+"/topics", s.Topics)
	v.maybePerson(at+"/quoted_person", s.QuotedPerson)
	if m := s.Mentions; m != nil {
		v.eachPerson(at+"/mentions/people", m.People)
		for i, x := range m.Organizations {
			v.organization(at+"/mentions"+pointer("organizations", i), x)
		}
		for i, name := range m.Places {
			v.placeName(at+"/mentions"+pointer("places", i), name)
		}
	}
}

func (v visitor) maybePerson(at string, x *Person) {
	if x != nil {
		v.person(at, *x)
	}
}

func (v visitor) maybeOrganization(at string, x *Organization) {
	if x != nil {
		v.organization(at, *x)
	}
}

func (v visitor) eachPerson(at string, list []Person) {
	for i, x := range list {
		v.person(at+"/"+strconv.Itoa(i), x)
	}
}

func (v visitor) eachTopic(at string, labels []string) {
	for i, label := range labels {
		v.topicLabel(at+"/"+strconv.Itoa(i), label)
	}
}
