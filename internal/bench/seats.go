package main

import (
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
)

// seat is one attendee of an event.
type seat struct {
	id, position         int
	person, organization int // 0: none
	listed               string
	group                bool
	roles                []string
}

// seats gives the attendees of an event: mostly people, some organizations, unresolved names and groups.
func (p plan) seats(e event) []seat {
	r := stream(ofAttendee, e.id)
	out := make([]seat, e.attendees)
	taken := make([]int, 0, e.attendees)
	for i := range out {
		st := seat{id: e.firstAttendee + i, position: i + 1}
		switch n := r.IntN(100); {
		case n < 3:
			st.listed = sentence(r, "ru", 2)
		case n < 4:
			st.group = true
		case n < 6 && i < 5: // one organization an event at most five times, each another one
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

// guest chooses a person who is not there yet: a big one for a tenth of the seats.
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

// perSeat gives any number of rows for each attendee.
func (p plan) perSeat(each func(e event, s seat, r *rand.Rand, add func(...any))) iter.Seq[[]any] {
	return p.perEvent(func(e event, add func(...any)) {
		r := stream(ofAttendee, -e.id)
		for _, s := range p.seats(e) {
			each(e, s, r, add)
		}
	})
}

// null gives nil for 0.
func null(id int) any {
	if id == 0 {
		return nil
	}
	return id
}

func (p plan) seatTables() []table {
	return []table{
		{"attendees", strings.Fields("id round_table_id person_id organization_id name_as_listed group_size description on_behalf_of_organization_id attendance position starts_key created_at updated_at"),
			p.perSeat(func(e event, s seat, r *rand.Rand, add func(...any)) {
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
			p.perSeat(func(e event, s seat, _ *rand.Rand, add func(...any)) {
				for i, role := range s.roles {
					add(s.id, role, i+1, e.id, e.key)
				}
			})},
		{"attendee_affiliations", strings.Fields("attendee_id position organization_id organization_as_listed title round_table_id starts_key"),
			p.perSeat(func(e event, s seat, r *rand.Rand, add func(...any)) {
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

// speech is one statement of an event.
type speech struct {
	id, sequence int
	speaker      *seat
}

func (p plan) speeches(e event) iter.Seq[speech] {
	return func(yield func(speech) bool) {
		seats := p.seats(e)
		r := stream(ofStatement, e.id)
		for i := range e.statements {
			s := speech{id: e.firstStatement + i, sequence: i + 1}
			if !chance(r, 5) {
				s.speaker = &seats[r.IntN(len(seats))]
			}
			if !yield(s) {
				return
			}
		}
	}
}

// perSpeech gives any number of rows for each statement; kind keeps the random numbers of tables apart.
func (p plan) perSpeech(kind int, each func(e event, s speech, r *rand.Rand, add func(...any))) iter.Seq[[]any] {
	return p.perEvent(func(e event, add func(...any)) {
		r := stream(ofText, e.id+kind<<40)
		for s := range p.speeches(e) {
			each(e, s, r, add)
		}
	})
}

func (p plan) speechTables() []table {
	mention := func(percent, kind, among int) iter.Seq[[]any] {
		return p.perSpeech(kind, func(e event, s speech, r *rand.Rand, add func(...any)) {
			if chance(r, percent) {
				u := r.Float64()
				add(s.id, 1+int(u*u*float64(among)), 1, e.id, e.key)
			}
		})
	}
	return []table{
		{"statements", strings.Fields("id round_table_id attendee_id attribution kind act sequence quoted_person_id person_key starts_key created_at updated_at"),
			p.perSpeech(1, func(e event, s speech, r *rand.Rand, add func(...any)) {
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
			p.perSpeech(2, func(_ event, s speech, r *rand.Rand, add func(...any)) {
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
