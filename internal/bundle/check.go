package bundle

import (
	"cmp"

	"roundtables.kz/registry/internal/apperr"
)

// Check gives the mistakes that no tag can say: keys that two parts of a kind have.
func (in *Input) Check() []apperr.Field {
	var fields []apperr.Field
	unique := func(list string, n int, key func(int) *string) {
		seen := map[string]bool{}
		for i := range n {
			if k := key(i); k != nil {
				if seen[*k] {
					fields = append(fields, apperr.At(pointer(list, i)+"/key", "duplicate"))
				}
				seen[*k] = true
			}
		}
	}
	unique("attendees", len(in.Attendees), func(i int) *string { return in.Attendees[i].Key })
	unique("statements", len(in.Statements), func(i int) *string { return in.Statements[i].Key })
	unique("documents", len(in.Documents), func(i int) *string { return in.Documents[i].Key })
	return fields
}

// checkParts asks the resources themselves about every part of the document, before anything is written.
func (p *plan) checkParts() {
	p.event = -1
	for i := range p.in.Attendees {
		p.attendees = append(p.attendees, -int64(i)-1)
	}
	p.keyed = map[string]int{}
	for i, s := range p.in.Statements {
		p.statements = append(p.statements, -int64(i)-1)
		if s.InReplyTo != nil {
			p.refersToStatement(pointer("statements", i)+"/in_reply_to", *s.InReplyTo)
		}
		if s.Key != nil {
			p.keyed[*s.Key] = i
		}
	}
	for i, r := range p.in.Recommendations {
		if r.Statement != nil {
			p.refersToStatement(pointer("recommendations", i)+"/statement", *r.Statement)
		}
	}
	event := p.roundTable()
	p.check("/round_table", event.Check())
	for i := range p.in.Documents {
		if p.documents.found[i].ID < 0 {
			in := p.document(i)
			p.check(pointer("documents", i), in.Check())
		}
	}
	for i := range p.in.Organizers {
		in := p.organizer(i)
		p.check(pointer("organizers", i), in.Check())
	}
	for i := range p.in.Attendees {
		in := p.attendee(i)
		p.check(pointer("attendees", i), in.Check())
	}
	for i := range p.in.Statements {
		in := p.statement(i)
		p.check(pointer("statements", i), in.Check())
	}
	for i := range p.in.Recommendations {
		in := p.recommendation(i)
		p.check(pointer("recommendations", i), in.Check())
	}
	p.checkTwice()
}

func (p *plan) check(at string, mistakes []apperr.Field) {
	for _, f := range mistakes {
		f.Pointer = within(at, f.Pointer)
		p.mistakes = append(p.mistakes, f)
	}
}

// refersToStatement holds a reference against the statements so far: an answer comes after what it answers.
func (p *plan) refersToStatement(at, key string) {
	if _, ok := p.keyed[key]; !ok {
		p.mistakes = append(p.mistakes, apperr.At(at, "unknown_statement", "value", key))
	}
}

// checkTwice refuses a person or an organization that attends twice, and a part in the event that is given twice.
func (p *plan) checkTwice() {
	type part struct {
		kind string
		id   int64
	}
	seen := map[part]bool{}
	twice := func(at, kind string, id *int64) {
		if id == nil {
			return
		}
		if seen[part{kind, *id}] {
			p.mistakes = append(p.mistakes, apperr.At(at, "duplicate"))
		}
		seen[part{kind, *id}] = true
	}
	for i := range p.in.Organizers {
		o := &p.in.Organizers[i]
		twice(pointer("organizers", i)+"/organization", "organizer "+cmp.Or(o.Kind, "organizer"), p.organizationID(&o.Organization))
	}
	for i := range p.in.Attendees {
		a := &p.in.Attendees[i]
		twice(pointer("attendees", i)+"/person", "person", p.personID(a.Person))
		twice(pointer("attendees", i)+"/organization", "organization", p.organizationID(a.Organization))
	}
	for i, d := range p.in.Documents {
		if d.Relation != nil {
			twice(pointer("documents", i), "document "+*d.Relation, &p.documents.found[i].ID)
		}
	}
}
