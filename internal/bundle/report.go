package bundle

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// Report lists what was matched and what was created for a document.
//
//	@Description	What was matched and what was created for the document. A dry run reports the same, with null for ids of
//	@Description	new records.
type Report struct {
	ID            *int64                    `json:"id" example:"12"`               // The bundle, for `POST /v1/bundles/{id}/revert`. Null in a dry run.
	Summary       Summary                   `json:"summary"`                       // The numbers.
	Doubtful      []Doubtful                `json:"doubtful"`                      // With `doubtful=create`: new records whose names may belong to existing ones. At most 100.
	SimilarEvents []roundtable.SimilarEvent `json:"similar_events"`                // With `allow_duplicate=true`: round tables that may be the same event. They are stored as distinct.
	DryRun        bool                      `json:"dry_run" example:"false"`       // Whether nothing was saved.
	RoundTable    RoundTableRef             `json:"round_table"`                   // The event.
	Matched       []Matched                 `json:"matched"`                       // Existing records that the document mentions, in its order.
	United        []United                  `json:"united"`                        // Names that were taken for spellings of another name in the document.
	Created       []Created                 `json:"created"`                       // New records, in the order of the document.
	Counts        map[string]int            `json:"counts" example:"attendees:19"` // Number of new records by type.
} //	@name	BundleReport

// RoundTableRef is the event that a bundle created.
//
//	@Description	The event that the bundle created.
type RoundTableRef struct {
	ID    *int64     `json:"id" example:"1"` // Null in a dry run.
	Title text.Map   `json:"title"`          // Its name.
	Added text.Added `json:",embed" swaggerignore:"true"`
} //	@name	BundleRoundTableReference

// Matched is an existing record that the document mentions.
//
//	@Description	An existing record that the document mentions.
type Matched struct {
	Pointer string            `json:"pointer" example:"/attendees/0/person"` // The first mention in the document (RFC 6901).
	Type    string            `json:"type" example:"people"`                 // Its type, as in the path of its resource.
	ID      int64             `json:"id" example:"7"`
	Name    string            `json:"name" example:"Talgat Kaliyev"` // Its main name in the registry.
	Score   float64           `json:"score" example:"1"`             // Certainty of the match, 0 to 1. The exact name or id scores 1.
	Reasons []spelling.Reason `json:"reasons"`                       // What agrees.
} //	@name	BundleMatched

// United is a name that became another name of a new record of the document.
//
//	@Description	A name that was taken for another spelling of a new record in the document. It became one of its
//	@Description	other names.
type United struct {
	Pointer string            `json:"pointer" example:"/attendees/3/person"` // The first mention by this name (RFC 6901).
	Type    string            `json:"type" example:"people"`                 // Its type, as in the path of its resource.
	With    string            `json:"with" example:"/attendees/0/person"`    // The first mention of the record.
	Name    string            `json:"name" example:"Talgat Kaliyev"`         // The record's name there.
	Score   float64           `json:"score" example:"0.97"`                  // Similarity of the two names, 0 to 1.
	Reasons []spelling.Reason `json:"reasons"`                               // What agrees.
} //	@name	BundleMergedName

// Created is a record that the bundle created.
//
//	@Description	A record that the bundle created.
type Created struct {
	Pointer string `json:"pointer" example:"/attendees/0/person"` // The first mention in the document (RFC 6901).
	Type    string `json:"type" example:"people"`                 // Its type, as in the path of its resource.
	ID      *int64 `json:"id" example:"7"`                        // Null in a dry run.
	Name    string `json:"name" example:"Talgat Kaliyev"`         // Its name in the document.

	Candidates []PossibleDuplicate `json:"candidates,omitzero" validate:"optional"` // Of a person or an organization: existing records with a similar name, the best first. Check them before you save the document.
} //	@name	BundleCreated

// PossibleDuplicate is an existing record whose name is similar to that of a new one.
//
//	@Description	An existing record that a new one may duplicate, although that is unlikely.
type PossibleDuplicate struct {
	ID      int64             `json:"id" example:"7"`
	Name    string            `json:"name" example:"Talgat Kaliyev"` // Its main name in the registry.
	Score   float64           `json:"score" example:"0.86"`          // Similarity, 0 to 1.
	Reasons []spelling.Reason `json:"reasons"`                       // What agrees and what does not.
} //	@name	BundlePossibleDuplicate

func newReport(in Input) Report {
	return Report{
		RoundTable: RoundTableRef{Title: in.RoundTable.Title}, Doubtful: []Doubtful{}, SimilarEvents: []roundtable.SimilarEvent{},
		Matched: []Matched{}, Created: []Created{}, Counts: map[string]int{},
	}
}

// created adds a new record.
func (r *Report) created(pointer, recordType string, id int64, name string) {
	r.Created = append(r.Created, Created{Pointer: pointer, Type: recordType, ID: &id, Name: name})
	r.Counts[recordType]++
}

// Rehearsed turns the report into that of a dry run, in which new records have no ids.
func (r *Report) Rehearsed() {
	r.DryRun, r.ID = true, nil
	r.RoundTable.ID = nil
	for i := range r.Created {
		r.Created[i].ID = nil
	}
}

// pointer returns the JSON pointer to the i-th member of a list.
func pointer(list string, i int) string { return "/" + list + "/" + strconv.Itoa(i) }

// byPointer orders errors by their pointers.
func byPointer(a, b apperr.Field) int { return comparePointers(a.Pointer, b.Pointer) }

// comparePointers orders pointers by their tokens, numbers by value: "/people/9" before "/people/10".
func comparePointers(a, b string) int {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	for i := range min(len(as), len(bs)) {
		n, err := strconv.Atoi(as[i])
		m, other := strconv.Atoi(bs[i])
		order := strings.Compare(as[i], bs[i])
		if err == nil && other == nil {
			order = cmp.Compare(n, m)
		}
		if order != 0 {
			return order
		}
	}
	return cmp.Compare(len(as), len(bs))
}

// irregularMembers are the members of inputs whose name in a bundle does not follow from leaving out "_id" or "_ids".
var irregularMembers = map[string]string{"person_ids": "people", "attendee_id": "speaker"}

// translate turns a pointer into the input of a resource into one into the part of the bundle that it was built from:
// "/organization_id" becomes "/organization", "/topic_ids/2" becomes "/topics/2".
func translate(pointer string) string {
	tokens := strings.Split(pointer, "/")
	for i, t := range tokens {
		if member, ok := irregularMembers[t]; ok {
			tokens[i] = member
		} else if base, ok := strings.CutSuffix(t, "_ids"); ok && base != "external" {
			tokens[i] = base + "s"
		} else {
			tokens[i] = strings.TrimSuffix(t, "_id")
		}
	}
	return strings.TrimSuffix(strings.Join(tokens, "/"), "/")
}

// within turns a pointer into the input of a resource into one into the document. at is the part that the input was
// built from.
func within(at, pointer string) string {
	switch {
	case at == "/round_table" && pointer == "/parent_id": // the only member of a bundle that is an id of another record
		return at + pointer
	case at == "/round_table" && strings.HasPrefix(pointer, "/document_links"):
		return "/documents"
	}
	return at + translate(pointer)
}

// under returns the error of a write with its pointers in the document. at is the part that was written.
func under(at string, err error) error {
	return located(err, func(pointer string) string { return within(at, pointer) })
}

// located returns err with the pointers that locate returns.
func located(err error, locate func(pointer string) string) error {
	var known *apperr.Error
	if !errors.As(err, &known) || len(known.Fields) == 0 {
		return err
	}
	inDocument := *known
	inDocument.Fields = slices.Clone(known.Fields)
	for i := range inDocument.Fields {
		f := &inDocument.Fields[i]
		f.Pointer = locate(f.Pointer)
	}
	return &inDocument
}
