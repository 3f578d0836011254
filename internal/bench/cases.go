package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

// testCase is one thing that clients do.
type testCase struct {
	name  string
	title string
	next  func(*rand.Rand) operation
	// bare is what the bare handler is asked where it differs: the same answers in one request.
	bare func(*rand.Rand) operation
	// writes says that the case leaves records behind, which are taken out again.
	writes bool
}

// asker makes requests as bytes, the same for both sides.
type asker struct{ key string }

func (a asker) get(format string, args ...any) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\nAccept: application/json\r\n\r\n", fmt.Sprintf(format, args...), a.key)
}

func (a asker) post(path string, body any) []byte {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // made of strings and numbers
	}
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, a.key, len(b), b)
}

func one(request []byte) operation { return operation{request} }

// cases gives what is measured on a scale. What is asked for varies over many records, yet answers are of one size at both
// scales, so that growth is that of the work and not of the answer.
func cases(p plan, a asker) []testCase {
	first := make([]int, p.Events) // first attendee of each event
	var full []int                 // events with some twenty attendees and twenty statements, undated ones not among them
	for e := range p.events() {
		first[e.id-1] = e.firstAttendee
		if e.attendees >= 17 && e.attendees <= 23 && e.statements >= 17 && e.statements <= 23 {
			full = append(full, e.id)
		}
	}
	anyOf := func(ids []int, r *rand.Rand) int { return ids[r.IntN(len(ids))] }
	year := func(r *rand.Rand) string { return fmt.Sprintf("%d-%02d-01", 1998+r.IntN(28), 1+r.IntN(12)) }
	return []testCase{
		{name: "item", title: "one round table", next: func(r *rand.Rand) operation {
			return one(a.get("/v1/round-tables/%d", 1+r.IntN(p.Events)))
		}},
		{name: "everything", title: "a round table, its organizers, attendees, statements: four requests", next: func(r *rand.Rand) operation {
			return everything(a, anyOf(full, r))
		}},
		{name: "everything-at-once", title: "the same against one request of the bare handler, its four queries in one batch", next: func(r *rand.Rand) operation {
			return everything(a, anyOf(full, r))
		}, bare: func(r *rand.Rand) operation { return one(a.get("/everything/%d", anyOf(full, r))) }},
		{name: "list", title: "50 round tables before a date, newest first", next: func(r *rand.Rand) operation {
			return one(a.get("/v1/round-tables?sort=-starts_on&limit=50&starts_to=%s", year(r)))
		}},
		{name: "list-big", title: "50 round tables of a big organizer, newest first", next: func(r *rand.Rand) operation {
			return one(a.get("/v1/round-tables?organizer=%d&sort=-starts_on&limit=50", 1+r.IntN(bigOrganizers)))
		}},
		{name: "list-small", title: "the 12 round tables of a small organizer, newest first", next: func(r *rand.Rand) operation {
			return one(a.get("/v1/round-tables?organizer=%d&sort=-starts_on&limit=50", p.firstSmall()+r.IntN(smallOrganizers)))
		}},
		{name: "people", title: "50 of the 60 people of an organization, by name", next: func(r *rand.Rand) operation {
			return one(a.get("/v1/people?organization=%d&sort=name&limit=50", firstMid+r.IntN(midEmployers)))
		}},
		{name: "statements", title: "50 statements of a busy speaker, newest first", next: func(r *rand.Rand) operation {
			return one(a.get("/v1/statements?person=%d&sort=-starts_on&limit=50", 1+r.IntN(bigPeople)))
		}},
		{name: "create", title: "create a statement", writes: true, next: func(r *rand.Rand) operation {
			e := r.IntN(p.Events)
			return one(a.post("/v1/statements", newStatement(r, e+1, first[e], p)))
		}},
	}
}

func everything(a asker, id int) operation {
	return operation{
		a.get("/v1/round-tables/%d", id),
		a.get("/v1/round-tables/%d/organizers?limit=500", id),
		a.get("/v1/round-tables/%d/attendees?limit=500", id),
		a.get("/v1/round-tables/%d/statements?limit=500", id),
	}
}

// statementBody is what a client writes.
type statementBody struct {
	RoundTableID int        `json:"round_table_id"`
	AttendeeID   int        `json:"attendee_id"`
	Kind         string     `json:"kind"`
	Act          string     `json:"act"`
	Texts        []textBody `json:"texts"`
	TopicIDs     []int      `json:"topic_ids"`
}

type textBody struct {
	Lang     string `json:"lang"`
	Text     string `json:"text"`
	Original bool   `json:"original"`
}

func newStatement(r *rand.Rand, event, attendee int, p plan) statementBody {
	return statementBody{event, attendee, "paraphrase", "assessment", []textBody{{"ru", sentence(r, "ru", 30), true}}, []int{1 + r.IntN(topics)}}
}
