// Package affiliation holds the positions of people in organizations over time. The positions in which they attended a
// round table are frozen there (see attendee).
package affiliation

import (
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	A position of a person in an organization.
type Input struct {
	PersonID       int64         `json:"person_id" db:"person_id" validate:"required,gt=0" example:"1"`             // The person.
	OrganizationID int64         `json:"organization_id" db:"organization_id" validate:"required,gt=0" example:"1"` // The organization.
	Title          text.Map      `json:"title" db:"title" validate:"text=500"`                                      // The position.
	From           *date.Partial `json:"from" db:"held_from"`                                                       // Since when it was held, as far as that is known.
	To             *date.Partial `json:"to" db:"held_to"`                                                           // Until when; null while it is held.
	Primary        bool          `json:"primary" db:"is_primary" example:"true"`                                    // Whether it stands for the person where one position is shown.
} //	@name	AffiliationInput

// Check gives the mistakes that no tag can say.
func (in *Input) Check() []apperr.Field {
	if date.Before(in.To, in.From) {
		return []apperr.Field{apperr.At("/to", "before_start")}
	}
	return nil
}

// Affiliation is the record.
//
//	@Description	A position of a person in an organization.
type Affiliation struct {
	changes.Record
	Input
	Person       text.Ref   `json:"person" db:"person"`             // The person in short.
	Organization text.Ref   `json:"organization" db:"organization"` // The organization in short.
	Added        text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Affiliation

// Filter is what a list can be narrowed by.
type Filter struct {
	paging.Params
	ID           []int64   `query:"id" form:"id" validate:"max=200"`                                      // Only these records.
	Person       []int64   `query:"person" form:"person" validate:"max=200"`                              // Only positions of these people.
	Organization []int64   `query:"organization" form:"organization" validate:"max=200"`                  // Only positions in these organizations.
	On           *date.Day `query:"on" form:"on" swaggertype:"string" format:"date" example:"2020-02-27"` // Only positions that were held on this day, as far as is known.
}
