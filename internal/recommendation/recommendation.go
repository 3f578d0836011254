// Package recommendation holds the proposals made at round tables, their addressees and their status.
package recommendation

import (
	"cmp"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	A proposal made at a round table, and its status.
type Input struct {
	// The round table where it was made.
	RoundTableID int64 `json:"round_table_id" db:"round_table_id" validate:"required,gt=0" example:"1"`
	// The statement of this round table that contains it. Null if it comes from no particular statement.
	StatementID *int64 `json:"statement_id" db:"statement_id" validate:"omitnil,gt=0" example:"1"`
	// The proposal.
	Text text.Map `json:"text" db:"text" validate:"required,text=5000" lines:"keep"`
	// The organization that it is addressed to.
	AddresseeID *int64 `json:"addressee_id" db:"addressee_id" validate:"omitnil,gt=0" example:"1"`
	// Status of the recommendation.
	Status string `json:"status" db:"status" validate:"omitempty,oneof=proposed under_review accepted rejected implemented" enums:"proposed,under_review,accepted,rejected,implemented" default:"proposed"`
	// Since when it has this status.
	StatusOn *date.Day `json:"status_on" db:"status_on"`
	// The document that proves the status.
	EvidenceDocumentID *int64 `json:"evidence_document_id" db:"evidence_document_id" validate:"omitnil,gt=0" example:"1"`
	// Position in the round table: 1 is the first. Others move to make room. Default: last.
	Position *int64 `json:"position" db:"position" validate:"omitnil,gt=0,lte=100000" example:"1"`
} //	@name	RecommendationInput

// Check sets the defaults of fields that the client left out. Validation tags find all mistakes.
func (in *Input) Check() []apperr.Field {
	in.complete()
	return nil
}

func (in *Input) complete() {
	in.Status = cmp.Or(in.Status, "proposed")
}

// Recommendation is a stored recommendation.
//
//	@Description	A proposal made at a round table, and its status.
type Recommendation struct {
	changes.Record
	Input
	// The round table, with its date.
	RoundTable text.RoundTableRef `json:"round_table" db:"round_table"`
	// The speaker of the statement. Null if there is none, or none that you may see.
	Person *text.PersonRef `json:"person" db:"person"`
	// The addressee, by id and name.
	Addressee *text.Ref `json:"addressee" db:"addressee"`
	// The document, by id and title.
	EvidenceDocument *text.Ref  `json:"evidence_document" db:"evidence_document"`
	Added            text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Recommendation

// Within holds the filters of the list of one round table.
type Within struct {
	paging.Params
	// Only records with these ids.
	ID []int64 `query:"id" form:"id" validate:"max=200"`
	// Only recommendations with one of these statuses.
	Status []string `query:"status" form:"status" enums:"proposed,under_review,accepted,rejected,implemented" validate:"max=200"`
	// Only recommendations to these organizations.
	Addressee []int64 `query:"addressee" form:"addressee" validate:"max=200"`
	// Only recommendations in statements by these people.
	Person []int64 `query:"person" form:"person" validate:"max=200"`
	// Only recommendations whose statement or round table has one of these topics; after `all:` all of them.
	Topic []int64 `query:"topic" form:"topic" validate:"max=200"`
	// The topics after `all:`.
	AllTopics []int64 `query:"-" form:"-" swaggerignore:"true" all:"topic"`
}

// Filter holds the filters of the list.
type Filter struct {
	Within
	// Only recommendations of these round tables.
	RoundTable []int64 `query:"round_table" form:"round_table" validate:"max=200"`
	// Only round tables that start on or after this day, or their records. A known month or year counts as its first day.
	StartsFrom *date.Day `query:"starts_from" form:"starts_from" swaggertype:"string" format:"date" example:"2020-02-27"`
	// Only round tables that start before this day (not on it), or their records.
	StartsTo *date.Day `query:"starts_to" form:"starts_to" swaggertype:"string" format:"date" example:"2020-02-27"`

	reference.EventFilter
	reference.EventLanguageFilter
	reference.EventRoleFilter
}
