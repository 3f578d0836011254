// Package recommendation holds what was proposed at round tables, to whom, and what became of it.
package recommendation

import (
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	A proposal made at a round table, and what became of it.
type Input struct {
	RoundTableID       int64     `json:"round_table_id" db:"round_table_id" validate:"required,gt=0" example:"1"`                                                                                                          // The round table it was made at.
	StatementID        *int64    `json:"statement_id" db:"statement_id" validate:"omitnil,gt=0" example:"1"`                                                                                                               // The statement that it was made in, one of this round table; null where it is nobody's in particular.
	Text               text.Map  `json:"text" db:"text" validate:"required,text=5000"`                                                                                                                                     // What was proposed.
	AddresseeID        *int64    `json:"addressee_id" db:"addressee_id" validate:"omitnil,gt=0" example:"1"`                                                                                                               // The organization that it was addressed to.
	Status             string    `json:"status" db:"status" validate:"omitempty,oneof=proposed under_review accepted rejected implemented" enums:"proposed,under_review,accepted,rejected,implemented" default:"proposed"` // What became of it.
	StatusOn           *date.Day `json:"status_on" db:"status_on"`                                                                                                                                                         // Since when it has this status.
	EvidenceDocumentID *int64    `json:"evidence_document_id" db:"evidence_document_id" validate:"omitnil,gt=0" example:"1"`                                                                                               // The document that shows the status.
} //	@name	RecommendationInput

// Check fills in what a client left out. There are no mistakes that no tag can say.
func (in *Input) Check() []apperr.Field {
	in.complete()
	return nil
}

func (in *Input) complete() {
	if in.Status == "" {
		in.Status = "proposed"
	}
}

// Recommendation is the record.
//
//	@Description	A proposal made at a round table, and what became of it.
type Recommendation struct {
	changes.Record
	Input
	RoundTable       text.Ref        `json:"round_table" db:"round_table"`             // The round table in short.
	Person           *text.PersonRef `json:"person" db:"person"`                       // Who proposed it: the speaker of the statement. Null where there is none, or none that you may see.
	Addressee        *text.Ref       `json:"addressee" db:"addressee"`                 // The addressee in short.
	EvidenceDocument *text.Ref       `json:"evidence_document" db:"evidence_document"` // The document in short.
	Added            text.Added      `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Recommendation

// Within is what the list of one round table can be narrowed by.
type Within struct {
	paging.Params
	ID        []int64  `query:"id" form:"id" validate:"max=200"`                                                                     // Only these records.
	Status    []string `query:"status" form:"status" enums:"proposed,under_review,accepted,rejected,implemented" validate:"max=200"` // Only recommendations with this status.
	Addressee []int64  `query:"addressee" form:"addressee" validate:"max=200"`                                                       // Only recommendations to these organizations.
	Person    []int64  `query:"person" form:"person" validate:"max=200"`                                                             // Only recommendations in statements of these people.
	Topic     []int64  `query:"topic" form:"topic" validate:"max=200"`                                                               // Only recommendations whose statement or round table is filed under these topics.
}

// Filter is what a list can be narrowed by.
type Filter struct {
	Within
	RoundTable []int64   `query:"round_table" form:"round_table" validate:"max=200"`                                      // Only recommendations of these round tables.
	StartsFrom *date.Day `query:"starts_from" form:"starts_from" swaggertype:"string" format:"date" example:"2020-02-27"` // Only recommendations of round tables that start on this day or later. One known by its month or year only counts as starting on the first day of it.
	StartsTo   *date.Day `query:"starts_to" form:"starts_to" swaggertype:"string" format:"date" example:"2020-02-27"`     // Only recommendations of round tables that start before this day.
}
