package main

import "strings"

// exampleIDs are the ids of the examples, by the type in the path: records of the sample that belong together. A record of
// another installation has them only by chance.
var exampleIDs = map[string]int64{
	"round-tables": 13, "organizers": 28, "attendees": 52, "statements": 30, "recommendations": 2, "people": 42,
	"organizations": 52, "topics": 2, "places": 5, "documents": 26, "roles": 7,
}

// smallEvent is a round table of the sample without attendees: the example that changes a whole event fits on a screen.
const smallEvent int64 = 20

// noRecord is the id in the examples of types of which the sample has no records, such as keys. No record has it, so that an
// example that is sent by mistake changes nothing.
const noRecord int64 = 900001

// noRecordNote says so at the parameter.
const noRecordNote = "The id of the example belongs to no record, so the response is 404 until you put in another one."

// exampleID returns the id in the example of a parameter of a path: "/v1/topics/{id}/restore", "id".
func exampleID(path, parameter string) int64 {
	if path == "/v1/round-tables/{id}/bundle" {
		return smallEvent
	}
	before, _, _ := strings.Cut(path, "/{"+parameter+"}")
	if id, ok := exampleIDs[before[strings.LastIndex(before, "/")+1:]]; ok {
		return id
	}
	return noRecord
}

// exampleTypes are the types that members with ids refer to, by the name of the member without `_id` or `_ids`.
var exampleTypes = map[string]string{
	"round_table": "round-tables", "parent": "round-tables", "attendee": "attendees", "statement": "statements", "in_reply_to": "statements",
	"person": "people", "quoted_person": "people", "author": "people", "organization": "organizations", "addressee": "organizations",
	"topic": "topics", "place": "places", "document": "documents", "evidence_document": "documents",
}

// exampleIDOf returns the id in the example of a member that names another record, false if the member does not.
func exampleIDOf(member string) (int64, bool) {
	name, isID := strings.CutSuffix(strings.TrimSuffix(member, "s"), "_id")
	id, ok := exampleIDs[exampleTypes[name]]
	return id, isID && ok
}
