package bundle

import (
	"context"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
)

// plan is a document whose names were found or found to be new.
type plan struct {
	in            *Input
	people        *directory[Person]
	organizations *directory[Organization]
	places        *directory[Place]
	topics        *directory[Topic]
	documents     documents

	voices   *names.Index   // of the attendees, by their place and one; nil until a speaker is looked for in it
	speakers []int          // of each statement: the place of its speaker in the attendees, or -1
	keyed    map[string]int // key -> place in the statements

	event      int64   // id of the round table; until a record is made, a negative number stands for its id
	attendees  []int64 // their ids, in order
	statements []int64

	mistakes []apperr.Field
}

// newPlan finds everything that the document names. All mistakes and all ambiguous names come in one error.
func (w *Writer) newPlan(ctx context.Context, in *Input) (*plan, error) {
	p := &plan{
		in:            in,
		people:        newDirectory(people, in.Lang, w.people),
		organizations: newDirectory(organizations, in.Lang, w.organizations),
		places:        newDirectory(places, in.Lang, nil),
		topics:        newDirectory(topics, in.Lang, nil),
	}
	p.collect()
	for _, resolve := range []func(context.Context, pg.DB) error{
		p.organizations.resolve, p.people.resolve, // where people work helps to find them
		p.places.resolve, p.topics.resolve, p.resolveDocuments, p.checkRoles, p.resolveSpeakers,
	} {
		if err := resolve(ctx, w.tx); err != nil {
			return nil, err
		}
	}
	p.checkParts()
	return p, p.refusal()
}

// refusal is the error of a document that cannot be written, or nil.
func (p *plan) refusal() error {
	byPointer := func(a, b apperr.Field) int { return comparePointers(a.Pointer, b.Pointer) }
	several := slices.Concat(p.people.ambiguous, p.organizations.ambiguous, p.places.ambiguous, p.topics.ambiguous, p.documents.ambiguous)
	mistakes := slices.Concat(p.mistakes, p.people.mistakes, p.organizations.mistakes, p.places.mistakes, p.topics.mistakes, p.documents.mistakes)
	slices.SortStableFunc(several, byPointer)
	slices.SortStableFunc(mistakes, byPointer)
	return ambiguous(several, mistakes)
}

// collect goes through the document once and notes every name: first the sections that say more about a record, then
// the places where it is only named.
func (p *plan) collect() {
	in := p.in
	for i, x := range in.People {
		p.people.add(pointer("people", i), x)
	}
	for i, x := range in.Organizations {
		p.organizations.add(pointer("organizations", i), x)
	}
	for i, x := range in.Places {
		p.places.add(pointer("places", i), x)
	}
	for i, x := range in.Topics {
		p.topics.add(pointer("topics", i), x)
	}
	if in.RoundTable.Place != nil {
		p.places.add("/round_table/place", Place{Name: *in.RoundTable.Place})
	}
	p.addTopics("/round_table/topics", in.RoundTable.Topics)
	for i := range in.Organizers {
		p.addOrganization(pointer("organizers", i)+"/organization", &in.Organizers[i].Organization)
	}
	for i := range in.Attendees {
		p.collectAttendee(pointer("attendees", i), &in.Attendees[i])
	}
	for i := range in.Statements {
		p.collectStatement(pointer("statements", i), &in.Statements[i])
	}
	for i, x := range in.Recommendations {
		p.addOrganization(pointer("recommendations", i)+"/addressee", x.Addressee)
	}
	for i, x := range in.Documents {
		p.addPeople(pointer("documents", i)+"/authors", x.Authors)
	}
	p.organizations.link(func(name string) Organization { return Organization{Name: name} })
	p.places.link(func(name string) Place { return Place{Name: name} })
	p.topics.link(func(name string) Topic { return Topic{Label: name} })
}

func (p *plan) collectAttendee(at string, a *Attendee) {
	p.addPerson(at+"/person", a.Person)
	p.addOrganization(at+"/organization", a.Organization)
	for i, f := range a.Affiliations {
		p.addOrganization(at+pointer("affiliations", i)+"/organization", f.Organization)
		if a.Person != nil && f.Organization != nil {
			who := p.people.of(*a.Person)
			who.beside = append(who.beside, p.organizations.of(*f.Organization))
		}
	}
	if b := a.OnBehalfOf; b != nil {
		p.addPerson(at+"/on_behalf_of/person", b.Person)
		p.addOrganization(at+"/on_behalf_of/organization", b.Organization)
	}
}

func (p *plan) collectStatement(at string, s *Statement) {
	p.addTopics(at+"/topics", s.Topics)
	p.addPerson(at+"/quoted_person", s.QuotedPerson)
	if m := s.Mentions; m != nil {
		p.addPeople(at+"/mentions/people", m.People)
		for i := range m.Organizations {
			p.addOrganization(at+"/mentions"+pointer("organizations", i), &m.Organizations[i])
		}
		for i, name := range m.Places {
			p.places.add(at+"/mentions"+pointer("places", i), Place{Name: name})
		}
	}
}

func (p *plan) addPerson(at string, x *Person) {
	if x != nil {
		p.people.add(at, *x)
	}
}

func (p *plan) addPeople(at string, list []Person) {
	for i, x := range list {
		p.people.add(at+"/"+strconv.Itoa(i), x)
	}
}

func (p *plan) addOrganization(at string, x *Organization) {
	if x != nil {
		p.organizations.add(at, *x)
	}
}

func (p *plan) addTopics(at string, labels []string) {
	for i, label := range labels {
		p.topics.add(at+"/"+strconv.Itoa(i), Topic{Label: label})
	}
}

// checkRoles refuses codes that are no role's.
func (p *plan) checkRoles(ctx context.Context, db pg.DB) error {
	var codes []string
	if err := db.QueryRow(ctx, "SELECT coalesce(array_agg(code ORDER BY rank, code), '{}') FROM roles").Scan(&codes); err != nil {
		return pg.Error(err)
	}
	for i, a := range p.in.Attendees {
		for j, role := range a.Roles {
			if !slices.Contains(codes, role) {
				p.mistakes = append(p.mistakes, apperr.NotOneOf(pointer("attendees", i)+pointer("roles", j), codes))
			}
		}
	}
	return nil
}

// resolveSpeakers finds the attendee who made each statement, by key or by any name that the document or the registry
// knows of them.
func (p *plan) resolveSpeakers(ctx context.Context, db pg.DB) error {
	for i, s := range p.in.Statements {
		who := -1
		if s.Speaker != nil {
			found, err := p.attendeesCalled(ctx, db, *s.Speaker)
			if err != nil {
				return err
			}
			at := pointer("statements", i) + "/speaker"
			switch len(found) {
			case 0:
				p.mistakes = append(p.mistakes, apperr.Field{Pointer: at, Code: "unknown_speaker", Args: apperr.Args{"value": *s.Speaker}, Allowed: p.callings()})
			case 1:
				who = found[0]
			default:
				p.mistakes = append(p.mistakes, apperr.At(at, "ambiguous_speaker", "value", *s.Speaker))
			}
		}
		p.speakers = append(p.speakers, who)
	}
	return nil
}

func (p *plan) attendeesCalled(ctx context.Context, db pg.DB, name string) ([]int, error) {
	var found []int
	for i, a := range p.in.Attendees {
		if a.Key != nil && *a.Key == name {
			return []int{i}, nil
		}
		if p.isCalled(&a, name) {
			found = append(found, i)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	candidates, err := people.find(ctx, db, name)
	if err != nil {
		return nil, err
	}
	for i, a := range p.in.Attendees {
		if a.Person == nil {
			continue
		}
		id := p.people.of(*a.Person).id
		if slices.ContainsFunc(candidates, func(c apperr.Candidate) bool { return c.ID == id }) {
			found = append(found, i)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	return p.attendeesSounding(name), nil
}

// attendeesSounding gives the one attendee of whom the name is certainly another spelling, if there is one.
func (p *plan) attendeesSounding(name string) []int {
	if p.voices == nil {
		p.voices = names.NewIndex(false)
		for i, a := range p.in.Attendees {
			var spelled []string
			if a.Person != nil {
				spelled = people.spelled(p.in.Lang, p.people.of(*a.Person).about)
			}
			if a.NameAsListed != nil {
				spelled = append(spelled, *a.NameAsListed)
			}
			p.voices.Set(int64(i)+1, spelled)
		}
	}
	var list []likeness
	for _, m := range spelling.FindIn(p.voices.View(false), names.Possible, mostCandidates, []string{name}) {
		list = append(list, likeness{Match: m})
	}
	if !certain(person.Spellings, list) {
		return nil
	}
	return []int{int(list[0].ID) - 1}
}

// isCalled reports whether the document gives the attendee the name.
func (p *plan) isCalled(a *Attendee, name string) bool {
	key := names.Key(name)
	switch {
	case a.NameAsListed != nil && names.Key(*a.NameAsListed) == key:
		return true
	case a.Person != nil:
		return same(p.people.of(*a.Person), p.people.byName[key])
	case a.Organization != nil:
		return same(p.organizations.of(*a.Organization), p.organizations.byName[key])
	}
	return false
}

// callings are the names by which statements can refer to the attendees.
func (p *plan) callings() []string {
	list := []string{}
	for _, a := range p.in.Attendees {
		switch {
		case a.Key != nil:
			list = append(list, *a.Key)
		case a.NameAsListed != nil:
			list = append(list, *a.NameAsListed)
		case a.Person != nil && a.Person.Name != "":
			list = append(list, a.Person.Name)
		case a.Organization != nil && a.Organization.Name != "":
			list = append(list, a.Organization.Name)
		}
	}
	return list
}

// same reports whether two entries are one record.
func same[T any](a, b *entry[T]) bool {
	return a != nil && b != nil && (a == b || a.id == b.id)
}
