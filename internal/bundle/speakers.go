package bundle

import (
	"context"
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
)

// resolveSpeakers finds the attendee who made each statement: by key, or by any name that the document or the registry
// has for the attendee.
func (p *plan) resolveSpeakers(ctx context.Context, db pg.DB) error {
	attendees := p.newSpeakers()
	var unknown []string
	for _, s := range p.in.Statements {
		if s.Speaker != nil && len(p.attendeesNamed(attendees, *s.Speaker)) == 0 {
			unknown = append(unknown, *s.Speaker)
		}
	}
	var registered, registeredOrganizations map[string][]apperr.Candidate
	if unknown != nil {
		slices.Sort(unknown)
		unknown = slices.Compact(unknown)
		var err error
		if registered, err = people.find(ctx, db, unknown); err != nil {
			return err
		}
		if registeredOrganizations, err = organizations.find(ctx, db, unknown); err != nil {
			return err
		}
	}
	for i, s := range p.in.Statements {
		speaker := -1
		if s.Speaker != nil {
			found := p.attendeesNamed(attendees, *s.Speaker)
			if len(found) == 0 {
				found = p.attendeesKnown(attendees, registered[*s.Speaker], registeredOrganizations[*s.Speaker], *s.Speaker)
			}
			inQuestion := false
			if len(found) == 0 {
				found = p.attendeesInQuestion(*s.Speaker, registered[*s.Speaker], registeredOrganizations[*s.Speaker])
				inQuestion = len(found) > 0 && !p.createDoubtful // the question about the attendee comes first
			}
			at := pointer("statements", i) + "/speaker"
			switch {
			case inQuestion:
			case len(found) == 0:
				unknown := apperr.At(at, "unknown_speaker", "value", *s.Speaker)
				unknown.Allowed = p.attendeeNames()
				p.mistakes = append(p.mistakes, unknown)
			case len(found) == 1:
				speaker = found[0]
			default:
				if p.isOnePerson(found) {
					break // that it attends twice is the mistake
				}
				p.mistakes = append(p.mistakes, apperr.At(at, "ambiguous_speaker", "value", *s.Speaker))
			}
		}
		p.speakers = append(p.speakers, speaker)
	}
	return nil
}

// isOnePerson reports whether attendees are one person who is listed more than once.
func (p *plan) isOnePerson(attendees []int) bool {
	first := p.in.Attendees[attendees[0]].Person
	return first != nil && !slices.ContainsFunc(attendees, func(i int) bool {
		other := p.in.Attendees[i].Person
		return other == nil || p.people.of(*other) != p.people.of(*first)
	})
}

// speakers finds attendees by key, by the names in the document, and by person.
type speakers struct {
	keys                      map[string]int // the first attendee with the key
	listed                    map[string][]int
	ofPeople, ofOrganizations map[int64][]int
}

func (p *plan) newSpeakers() speakers {
	s := speakers{map[string]int{}, map[string][]int{}, map[int64][]int{}, map[int64][]int{}}
	for i, a := range p.in.Attendees {
		if a.Key != nil {
			s.keys[*a.Key] = i
		}
		if a.NameAsListed != nil {
			key := names.Key(*a.NameAsListed)
			s.listed[key] = append(s.listed[key], i)
		}
		if a.Person != nil {
			id := p.personID(*a.Person)
			s.ofPeople[id] = append(s.ofPeople[id], i)
		} else if a.Organization != nil {
			id := p.organizationID(*a.Organization)
			s.ofOrganizations[id] = append(s.ofOrganizations[id], i)
		}
	}
	return s
}

// attendeesNamed returns the attendees who have the key or the name in the document, in order.
func (p *plan) attendeesNamed(s speakers, name string) []int {
	if i, ok := s.keys[name]; ok {
		return []int{i}
	}
	key := names.Key(name)
	found := slices.Clone(s.listed[key])
	for _, e := range p.people.called(key) {
		found = append(found, s.ofPeople[e.id]...)
	}
	if e := p.organizations.byName[key]; e != nil {
		found = append(found, s.ofOrganizations[e.id]...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// attendeesKnown returns the attendees who are people or organizations of the registry with the name, else the one of whom the
// name is certainly another spelling.
func (p *plan) attendeesKnown(s speakers, registered, registeredOrganizations []apperr.Candidate, name string) (found []int) {
	for _, c := range registered {
		found = append(found, s.ofPeople[c.ID]...)
	}
	for _, c := range registeredOrganizations {
		found = append(found, s.ofOrganizations[c.ID]...)
	}
	if found == nil {
		found = p.matchAttendee(name)
	}
	return found
}

// matchAttendee returns the attendee of whom the name is certainly another spelling, if there is one.
func (p *plan) matchAttendee(name string) []int {
	if p.attendeeIndex == nil {
		p.attendeeIndex = names.NewIndex(false)
		for i, a := range p.in.Attendees {
			var spellings []string
			if a.Person != nil {
				spellings = people.spellings(p.in.Lang, p.people.of(*a.Person).details)
			}
			if a.NameAsListed != nil {
				spellings = append(spellings, *a.NameAsListed)
			}
			p.attendeeIndex.Set(int64(i)+1, spellings)
		}
	}
	var list []candidate
	for _, m := range spelling.FindIn(p.attendeeIndex.View(false), names.Possible, maxCandidates, []string{name}) {
		list = append(list, candidate{Match: m})
	}
	if isCertain(person.Spellings, list) {
		return []int{int(list[0].ID) - 1}
	}
	return p.attendeesOfShortForm(name)
}

// attendeesOfShortForm returns the attendees of whom the name may be a short form, such as the surname.
func (p *plan) attendeesOfShortForm(name string) (found []int) {
	short := names.Parse(name)
	for i := range p.in.Attendees {
		if slices.ContainsFunc(p.attendeeIndex.Spellings(int64(i)+1), func(s string) bool {
			fits, _ := names.ShortForm(short, names.Parse(s))
			return fits
		}) {
			found = append(found, i)
		}
	}
	return found
}

// attendeesInQuestion returns the attendees in question who may have the name: it is like the name of one of their candidates, or
// one of the candidates has the name in the registry.
func (p *plan) attendeesInQuestion(name string, registered, registeredOrganizations []apperr.Candidate) (found []int) {
	for i, a := range p.in.Attendees {
		switch {
		case a.Person != nil:
			if e := p.people.of(*a.Person); e.doubtful && e.mayBe(name, registered, person.Spellings) {
				found = append(found, i)
			}
		case a.Organization != nil:
			if e := p.organizations.of(*a.Organization); e.doubtful && e.mayBe(name, registeredOrganizations, organization.Spellings) {
				found = append(found, i)
			}
		}
	}
	return found
}

// mayBe reports whether a name may belong to a candidate of an entry in question. registered are the records that have the name.
func (e *entry[T]) mayBe(name string, registered []apperr.Candidate, x spelling.Index) bool {
	return slices.ContainsFunc(e.candidates, func(c apperr.Candidate) bool {
		return x.Score(name, c.Name) >= names.Possible || x.MayShorten(name, c.Name) ||
			slices.ContainsFunc(registered, func(r apperr.Candidate) bool { return r.ID == c.ID })
	})
}

// attendeeNames returns the names by which statements can refer to the attendees.
func (p *plan) attendeeNames() []string {
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
