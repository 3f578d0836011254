package bundle

import (
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// Report says what became of every name and record of the document.
//
//	@Description	What became of every name and record of the document. A dry run reports the same, with null for the ids
//	@Description	that it did not give.
type Report struct {
	DryRun     bool           `json:"dry_run" example:"false"`       // Whether nothing was written.
	RoundTable RoundTableRef  `json:"round_table"`                   // The event.
	Matched    []Matched      `json:"matched"`                       // Existing records that the document names, in its order.
	United     []United       `json:"united"`                        // Names of the document that were taken for spellings of a name elsewhere in it.
	Created    []Created      `json:"created"`                       // New records, in the order of the document.
	Counts     map[string]int `json:"counts" example:"attendees:19"` // New records by type.
} //	@name	BundleReport

// RoundTableRef is the event that a bundle made.
//
//	@Description	The event that the bundle made.
type RoundTableRef struct {
	ID    *int64     `json:"id" example:"1"` // Null in a dry run.
	Title text.Map   `json:"title"`          // Its name.
	Added text.Added `json:",embed" swaggerignore:"true"`
} //	@name	BundleRoundTableReference

// Matched is an existing record that the document names.
//
//	@Description	An existing record that the document names.
type Matched struct {
	Pointer string            `json:"pointer" example:"/attendees/0/person"` // Where the document names it first (RFC 6901).
	Type    string            `json:"type" example:"people"`                 // Its type, as in the path of its resource.
	ID      int64             `json:"id" example:"7"`
	Name    string            `json:"name" example:"Talgat Kaliyev"` // Its main name in the registry.
	Score   float64           `json:"score" example:"1"`             // How sure the match is, 0 to 1; 1 is the very name or id.
	Reasons []spelling.Reason `json:"reasons"`                       // What agrees.
} //	@name	BundleMatched

// United is a name that became the same new record as another one of the document.
//
//	@Description	A name that was taken for another spelling of a new record that the document names elsewhere. It became one of its other names.
type United struct {
	Pointer string            `json:"pointer" example:"/attendees/3/person"` // Where the document names it so first (RFC 6901).
	Type    string            `json:"type" example:"people"`                 // Its type, as in the path of its resource.
	With    string            `json:"with" example:"/attendees/0/person"`    // Where the document names the record first.
	Name    string            `json:"name" example:"Talgat Kaliyev"`         // What the record is called there.
	Score   float64           `json:"score" example:"0.97"`                  // How alike the two are, 0 to 1.
	Reasons []spelling.Reason `json:"reasons"`                               // What agrees.
} //	@name	BundleUnited

// Created is a record that the bundle made.
//
//	@Description	A record that the bundle made.
type Created struct {
	Pointer string `json:"pointer" example:"/attendees/0/person"` // Where the document speaks of it first (RFC 6901).
	Type    string `json:"type" example:"people"`                 // Its type, as in the path of its resource.
	ID      *int64 `json:"id" example:"7"`                        // Null in a dry run.
	Name    string `json:"name" example:"Talgat Kaliyev"`         // What the document calls it.

	Candidates []PossibleDuplicate `json:"candidates,omitzero" validate:"optional"` // Of a person or an organization: existing ones with a similar name, the best first. Look at them before the document goes in.
} //	@name	BundleCreated

// PossibleDuplicate is an existing record whose name is similar to that of a new one.
//
//	@Description	An existing record that a new one may be, although that is not likely.
type PossibleDuplicate struct {
	ID      int64             `json:"id" example:"7"`
	Name    string            `json:"name" example:"Talgat Kaliyev"` // Its main name in the registry.
	Score   float64           `json:"score" example:"0.86"`          // How alike, 0 to 1.
	Reasons []spelling.Reason `json:"reasons"`                       // What agrees and what does not.
} //	@name	BundlePossibleDuplicate

// made notes a new record.
func (r *Report) made(pointer, kind string, id int64, name string) {
	r.Created = append(r.Created, Created{Pointer: pointer, Type: kind, ID: &id, Name: name})
	r.Counts[kind]++
}

// Rehearsed makes the report that of a dry run: the ids of new records were never given.
func (r *Report) Rehearsed() {
	r.DryRun = true
	r.RoundTable.ID = nil
	for i := range r.Created {
		r.Created[i].ID = nil
	}
}

// ambiguous is the error for names that several records bear; other mistakes of the document come with them.
func ambiguous(names, others []apperr.Field) error {
	if len(names) == 0 {
		return apperr.Validation(others)
	}
	return &apperr.Error{Kind: apperr.Invalid, Code: "ambiguous_names", Fields: append(names, others...)}
}
