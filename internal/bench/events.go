package main

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// event is a round table with the ids of its parts. The ids of each type are consecutive.
type event struct {
	id                              int
	startsOn                        time.Time
	precision                       string
	key                             int32
	firstAttendee, firstStatement   int
	attendees, statements, topicSet int
	r                               *rand.Rand
}

// plan is a scale with the number of attendees and statements of each event.
type plan struct {
	scale
	attendees, statements []int
}

func newPlan(s scale) plan {
	return plan{s, sizes(1, s.Events, s.Attendees, min(300, s.People/8)), sizes(2, s.Events, s.Statements, 300)}
}

// events returns all events in order.
func (p plan) events() iter.Seq[event] {
	return func(yield func(event) bool) {
		attendee, statement := 1, 1
		for i := range p.Events {
			e := event{id: i + 1, firstAttendee: attendee, firstStatement: statement, attendees: p.attendees[i], statements: p.statements[i], r: stream(ofEvent, i+1)}
			e.dated()
			if !yield(e) {
				return
			}
			attendee += e.attendees
			statement += e.statements
		}
	}
}

// dated sets a date in the last thirty years, later ones more often, and its sort key as computed by starts_key in the
// schema.
func (e *event) dated() {
	u := e.r.Float64()
	days := int((1 - u*u) * 365 * 31)
	day := time.Date(1995, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, days)
	e.topicSet = e.r.IntN(topics)
	switch n := e.r.IntN(1000); {
	case n < 5:
		e.precision = "unknown"
	case n < 10:
		e.precision, e.startsOn = "year", time.Date(day.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
		e.key = int32(day.Year() * 10000)
	case n < 40:
		e.precision, e.startsOn = "month", time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
		e.key = int32(day.Year()*10000 + int(day.Month())*100)
	default:
		e.precision, e.startsOn = "day", day
		e.key = int32(day.Year()*10000 + int(day.Month())*100 + day.Day())
	}
}

func (e event) date() any {
	if e.precision == "unknown" {
		return nil
	}
	return e.startsOn
}

// perEvent returns any number of rows for each event.
func (p plan) perEvent(each func(e event, add func(...any))) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		going := true
		for e := range p.events() {
			each(e, func(values ...any) { going = going && yield(values) })
			if !going {
				return
			}
		}
	}
}

func (p plan) eventTables() []table {
	return []table{
		{"documents", []string{"id", "title", "kind", "url", "language", "created_at", "updated_at"}, numbered(p.documents(), func(id int) []any {
			r := stream(ofDocument, id)
			kind := pick(r, "press_release", "report", "programme", "recording", "photo", "other")
			return []any{id, jsonb(textOf(r, 5)), kind, fmt.Sprintf("https://documents.example.org/%d", id), pick(r, "ru", "kk", "en"), stamp(id), stamp(id)}
		})},
		{"document_authors", []string{"document_id", "person_id", "position"}, parts(p.documents(), func(id int, add func(...any)) {
			if r := stream(ofDocument, id+1<<40); chance(r, 30) {
				add(id, 1+r.IntN(p.People), 1)
			}
		})},
		{"round_tables", strings.Fields("id title purpose format status publication starts_on date_precision mode place_id parent_id languages outcome notes created_at updated_at"),
			p.perEvent(func(e event, add func(...any)) { add(p.roundTable(e)...) })},
		{"round_table_topics", []string{"round_table_id", "topic_id", "position", "starts_key"}, p.perEvent(func(e event, add func(...any)) {
			for i := range 1 + e.topicSet%3 {
				add(e.id, (e.topicSet*e.topicSet/topics+i*7)%topics+1, i+1, e.key)
			}
		})},
		{"document_links", []string{"round_table_id", "document_id", "relation", "position"}, p.perEvent(func(e event, add func(...any)) {
			if e.id%2 == 0 {
				add(e.id, e.id/2, pick(e.r, "source", "presented", "discussed", "outcome"), 1)
			}
		})},
		{"organizers", strings.Fields("id round_table_id organization_id kind position starts_key created_at updated_at"), p.organizers()},
		{"recommendations", strings.Fields("id round_table_id text addressee_id status starts_key created_at updated_at"), p.perEvent(func(e event, add func(...any)) {
			if e.id%2 == 1 {
				r := stream(ofRecommendation, e.id)
				id := (e.id + 1) / 2
				status := pick(r, "proposed", "under_review", "accepted", "rejected", "implemented")
				add(id, e.id, jsonb(textOf(r, 20)), 1+r.IntN(p.Organizations), status, e.key, stamp(id), stamp(id))
			}
		})},
	}
}

func (p plan) roundTable(e event) []any {
	r := e.r
	var outcome, notes, parent any
	if chance(r, 40) {
		outcome = jsonb(textOf(r, 25))
	}
	if chance(r, 10) {
		notes = sentence(r, "ru", 8)
	}
	if e.id > 1000 && chance(r, 5) {
		parent = 1 + r.IntN(100)
	}
	publication := "published"
	if chance(r, 10) {
		publication = pick(r, "draft", "review", "withdrawn")
	}
	format := pick(r, "round_table", "conference", "meeting", "briefing", "webinar", "presentation", "forum", "hearing", "other")
	mode := pick(r, "in_person", "unknown", "online", "hybrid")
	languages := pick(r, []string{"ru"}, []string{"kk", "ru"}, []string{"en"})
	return []any{e.id, jsonb(textOf(r, 8)), jsonb(textOf(r, 15)), format, pick(r, "held", "held", "scheduled", "cancelled", "postponed"), publication, e.date(), e.precision,
		mode, 1 + r.IntN(places), parent, languages, outcome, notes, stamp(e.id), stamp(e.id)}
}

// organizersOf returns the organizations of an event, the main organizer first.
func (p plan) organizersOf(e event) []int {
	r := stream(ofEvent, -e.id)
	var of []int
	add := func(organization int) {
		if !slices.Contains(of, organization) {
			of = append(of, organization)
		}
	}
	if every, i := p.Events/(smallOrganizers*smallEvents), e.id-1; every > 0 && i%every == 0 && i/every < smallOrganizers*smallEvents {
		add(p.firstSmall() + i/every%smallOrganizers)
	}
	for i, percent := range [bigOrganizers]int{20, 10, 5} {
		if chance(r, percent) {
			add(1 + i)
		}
	}
	for len(of) == 0 || chance(r, 30) {
		u := r.Float64()
		add(bigOrganizers + 1 + int(u*u*u*float64(p.firstSmall()-bigOrganizers-1)))
	}
	return of
}

func (p plan) organizers() iter.Seq[[]any] {
	id := 0
	return p.perEvent(func(e event, add func(...any)) {
		if e.id == 1 {
			id = 0
		}
		for i, organization := range p.organizersOf(e) {
			id++
			kind := "organizer"
			if i > 0 {
				kind = pick(e.r, "co_organizer", "partner", "host", "sponsor", "media_partner")
			}
			add(id, e.id, organization, kind, i+1, e.key, stamp(id), stamp(id))
		}
	})
}
