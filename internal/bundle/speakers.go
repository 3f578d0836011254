package bundle

import (
	"context"
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
)

// resolveSpeakers finds the attendee who made each statement: by key, or by any name that the document or the registry
// has for the attendee.
func (p *plan) resolveSpeakers(ctx context.Context, db pg.DB) error {
	for i, s := range p.in.Statements {
		speaker := -1
		if s.Speaker != nil {
			found, err := p.attendeesNamed(ctx, db, *s.Speaker)
			if err != nil {
				return err
			}
			at := pointer("statements", i) + "/speaker"
			switch len(found) {
			case 0:
				if p.isInQuestion(*s.Speaker) {
					break // the question about the attendee comes first
				}
				unknown := apperr.At(at, "unknown_speaker", "value", *s.Speaker)
				unknown.Allowed = p.attendeeNames()
				p.mistakes = append(p.mistakes, unknown)
			case 1:
				speaker = found[0]
			default:
				p.mistakes = append(p.mistakes, apperr.At(at, "ambiguous_speaker", "value", *s.Speaker))
			}
		}
		p.speakers = append(p.speakers, speaker)
	}
	return nil
}

func (p *plan) attendeesNamed(ctx context.Context, db pg.DB, name string) ([]int, error) {
	var found []int
	for i, a := range p.in.Attendees {
		if a.Key != nil && *a.Key == name {
			return []int{i}, nil
		}
		if p.hasName(&a, name) {
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
		id := p.personID(*a.Person)
		if slices.ContainsFunc(candidates, func(c apperr.Candidate) bool { return c.ID == id }) {
			found = append(found, i)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	return p.matchAttendee(name), nil
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

// isInQuestion reports whether a name may belong to a candidate for an attendee whose name is in question.
func (p *plan) isInQuestion(name string) bool {
	asked := names.Parse(name)
	return slices.ContainsFunc(p.people.entries, func(e *entry[Person]) bool {
		return e.attends && slices.ContainsFunc(e.candidates, func(c apperr.Candidate) bool {
			known := names.Parse(c.Name)
			fits, _ := names.ShortForm(asked, known)
			return fits || names.Score(asked, known) >= names.Possible
		})
	})
}

// hasName reports whether the document gives the attendee the name.
func (p *plan) hasName(a *Attendee, name string) bool {
	key := names.Key(name)
	switch {
	case a.NameAsListed != nil && names.Key(*a.NameAsListed) == key:
		return true
	case a.Person != nil:
		e := p.people.of(*a.Person)
		return slices.ContainsFunc(p.people.called(key), func(called *entry[Person]) bool { return same(e, called) })
	case a.Organization != nil:
		return same(p.organizations.of(*a.Organization), p.organizations.byName[key])
	}
	return false
}

// same reports whether two entries are one record.
func same[T any](a, b *entry[T]) bool {
	return a != nil && b != nil && (a == b || a.id == b.id)
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
