package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

// testCase is a typical operation of clients.
type testCase struct {
	name  string
	title string
	next  func(*rand.Rand) operation
	// bare is the operation for the bare handler if it differs: the same responses in one request.
	bare func(*rand.Rand) operation
	// part returns what is compared of a response; nil: everything.
	part func(answer any) any
	// writes means that the case creates records, which are deleted afterwards.
	writes bool
}

// requester encodes requests as bytes, the same for all servers.
type requester struct{ key string }

func (a requester) get(format string, args ...any) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\nAccept: application/json\r\n\r\n", fmt.Sprintf(format, args...), a.key)
}

func (a requester) post(path string, body any) []byte {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, a.key, len(b), b)
}

func one(request []byte) operation { return operation{request} }

// cases returns the cases of a scale. The requested records vary, but responses have the same size at both scales, so that
// growth reflects the work and not the size of the response.
func cases(p plan, a requester) []testCase {
	first := make([]int, p.Events) // first attendee of each event
	var full []int                 // dated events with about twenty attendees and twenty statements
	for e := range p.events() {
		first[e.id-1] = e.firstAttendee
		if e.attendees >= 17 && e.attendees <= 23 && e.statements >= 17 && e.statements <= 23 {
			full = append(full, e.id)
		}
	}
	anyOf := func(ids []int, r *rand.Rand) int { return ids[r.IntN(len(ids))] }
	year := func(r *rand.Rand) string { return fmt.Sprintf("%d-%02d-01", 1998+r.IntN(28), 1+r.IntN(12)) }
	return append([]testCase{
		{name: "item", title: "one round table", next: func(r *rand.Rand) operation {
			return one(a.get("/v1/round-tables/%d", 1+r.IntN(p.Events)))
		}},
		{name: "everything", title: "a round table, its organizers, attendees, statements: four requests", next: func(r *rand.Rand) operation {
			return wholeEvent(a, anyOf(full, r))
		}},
		{name: "everything-at-once", title: "the same, compared with one request of the bare handler with four queries in one batch", next: func(r *rand.Rand) operation {
			return wholeEvent(a, anyOf(full, r))
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
	}, dashboardCases(a)...)
}

func wholeEvent(a requester, id int) operation {
	return operation{
		a.get("/v1/round-tables/%d", id),
		a.get("/v1/round-tables/%d/organizers?limit=500", id),
		a.get("/v1/round-tables/%d/attendees?limit=500", id),
		a.get("/v1/round-tables/%d/statements?limit=500", id),
	}
}

// statementBody is the body of a new statement.
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
