package main

import (
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
)

// attendance is one attendee of an event.
type attendance struct {
	id, position         int
	person, organization int // 0: none
	listed               string
	group                bool
	roles                []string
}

// attendances returns the attendees of an event: mostly people, some organizations, unresolved names and groups.
func (p plan) attendances(e event) []attendance {
	r := stream(ofAttendee, e.id)
	out := make([]attendance, e.attendees)
	taken := make([]int, 0, e.attendees)
	for i := range out {
		st := attendance{id: e.firstAttendee + i, position: i + 1}
		switch n := r.IntN(100); {
		case n < 3:
			st.listed = sentence(r, "ru", 2)
		case n < 4:
			st.group = true
		case n < 6 && i < 5: // at most five organizations per event, all different
			st.organization = 1 + (e.id*5+i)%p.Organizations
		default:
			st.person = p.guest(r, taken)
			taken = append(taken, st.person)
		}
		switch {
		case i == 0:
			st.roles = []string{"moderator"}
		case i < 4:
			st.roles = []string{"speaker"}
		case chance(r, 20):
			st.roles = []string{"discussant"}
		default:
			st.roles = []string{"participant"}
		}
		if i < 2 && chance(r, 20) {
			st.roles = append(st.roles, "welcome")
		}
		out[i] = st
	}
	return out
}

// guest chooses a person who does not attend yet. A tenth of the attendees are people of many events.
func (p plan) guest(r *rand.Rand, taken []int) int {
	id := 1 + r.IntN(bigPeople)
	for try := 0; try == 0 || slices.Contains(taken, id); try++ {
		if try > 0 || !chance(r, 10) {
			u := r.Float64()
			id = bigPeople + 1 + int(u*u*float64(p.People-bigPeople))
		}
	}
	return id
}

// perAttendance returns any number of rows for each attendee.
func (p plan) perAttendance(each func(e event, s attendance, r *rand.Rand, add func(...any))) iter.Seq[[]any] {
	return p.perEvent(func(e event, add func(...any)) {
		r := stream(ofAttendee, -e.id)
		for _, s := range p.attendances(e) {
			each(e, s, r, add)
		}
	})
}

// null returns nil for 0.
func null(id int) any {
	if id == 0 {
		return nil
	}
	return id
}

func (p plan) attendanceTables() []table {
	return []table{
		{"attendees", strings.Fields("id round_table_id person_id organization_id name_as_listed group_size description on_behalf_of_organization_id attendance position starts_key created_at updated_at"),
			p.perAttendance(func(e event, s attendance, r *rand.Rand, add func(...any)) {
				var listed, size, description, behalf any
				if s.listed != "" {
					listed = s.listed
				}
				if s.group {
					size, description = 2+r.IntN(40), jsonb(textOf(r, 3))
				}
				if s.person > 0 && chance(r, 2) {
					behalf = 1 + r.IntN(p.Organizations)
				}
				attendance := "attended"
				if chance(r, 10) {
					attendance = pick(r, "online", "invited", "absent", "confirmed")
				}
				add(s.id, e.id, null(s.person), null(s.organization), listed, size, description, behalf, attendance, s.position, e.key, stamp(s.id), stamp(s.id))
			})},
		{"attendee_roles", strings.Fields("attendee_id role position round_table_id starts_key"),
			p.perAttendance(func(e event, s attendance, _ *rand.Rand, add func(...any)) {
				for i, role := range s.roles {
					add(s.id, role, i+1, e.id, e.key)
				}
			})},
		{"attendee_affiliations", strings.Fields("attendee_id position organization_id organization_as_listed title round_table_id starts_key"),
			p.perAttendance(func(e event, s attendance, r *rand.Rand, add func(...any)) {
				if s.person == 0 || chance(r, 10) {
					return
				}
				add(s.id, 1, p.employer(s.person), nil, jsonb(textOf(r, 2)), e.id, e.key)
				if chance(r, 10) {
					add(s.id, 2, nil, sentence(r, "ru", 3), jsonb(textOf(r, 2)), e.id, e.key)
				}
			})},
	}
}

// eventStatement is one statement of an event.
type eventStatement struct {
	id, sequence int
	speaker      *attendance
}

func (p plan) statementsOf(e event) iter.Seq[eventStatement] {
	return func(yield func(eventStatement) bool) {
		attendances := p.attendances(e)
		r := stream(ofStatement, e.id)
		for i := range e.statements {
			s := eventStatement{id: e.firstStatement + i, sequence: i + 1}
			if !chance(r, 5) {
				s.speaker = &attendances[r.IntN(len(attendances))]
			}
			if !yield(s) {
				return
			}
		}
	}
}

// perStatement returns any number of rows for each statement. kind separates the random numbers of tables.
func (p plan) perStatement(kind int, each func(e event, s eventStatement, r *rand.Rand, add func(...any))) iter.Seq[[]any] {
	return p.perEvent(func(e event, add func(...any)) {
		r := stream(ofText, e.id+kind<<40)
		for s := range p.statementsOf(e) {
			each(e, s, r, add)
		}
	})
}

func (p plan) statementTables() []table {
	mention := func(percent, kind, among int) iter.Seq[[]any] {
		return p.perStatement(kind, func(e event, s eventStatement, r *rand.Rand, add func(...any)) {
			if chance(r, percent) {
				u := r.Float64()
				add(s.id, 1+int(u*u*float64(among)), 1, e.id, e.key)
			}
		})
	}
	return []table{
		{"statements", strings.Fields("id round_table_id attendee_id attribution kind act sequence quoted_person_id person_key starts_key created_at updated_at"),
			p.perStatement(1, func(e event, s eventStatement, r *rand.Rand, add func(...any)) {
				kind, attendee, key := "collective", any(nil), 0
				var attribution, quoted any = "участники", nil
				if s.speaker != nil {
					kind, attendee, key, attribution = pick(r, "paraphrase", "verbatim"), s.speaker.id, s.speaker.person, nil
				}
				if chance(r, 2) {
					quoted = 1 + r.IntN(p.People)
				}
				act := pick(r, "other", "assessment", "report", "proposal", "question", "answer", "thanks", "welcome", "closing")
				add(s.id, e.id, attendee, attribution, kind, act, s.sequence, quoted, key, e.key, stamp(s.id), stamp(s.id))
			})},
		{"statement_texts", strings.Fields("statement_id lang text original position"),
			p.perStatement(2, func(_ event, s eventStatement, r *rand.Rand, add func(...any)) {
				langs := []string{"ru", "kk", "en"}
				first := pick(r, 0, 1, 2)
				add(s.id, langs[first], sentence(r, langs[first], 15+r.IntN(40)), true, 1)
				if chance(r, 30) {
					other := langs[(first+1)%3]
					add(s.id, other, sentence(r, other, 15+r.IntN(40)), false, 2)
				}
			})},
		{"statement_topics", strings.Fields("statement_id topic_id position round_table_id starts_key"), mention(30, 3, topics)},
		{"statement_people", strings.Fields("statement_id person_id position round_table_id starts_key"), mention(10, 4, p.People)},
		{"statement_organizations", strings.Fields("statement_id organization_id position round_table_id starts_key"), mention(10, 5, p.Organizations)},
	}
}
