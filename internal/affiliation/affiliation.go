// Package affiliation holds the positions of people in organizations over time. Package attendee holds the positions as
// they were at a round table.
package affiliation

import (
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	A position of a person in an organization.
type Input struct {
	// The person.
	PersonID int64 `json:"person_id" db:"person_id" validate:"required,gt=0" example:"1"`
	// The organization.
	OrganizationID int64 `json:"organization_id" db:"organization_id" validate:"required,gt=0" example:"1"`
	// Title of the position.
	Title text.Map `json:"title" db:"title" validate:"text=500"`
	// Start of the position, as precisely as known.
	From *date.Partial `json:"from" db:"held_from"`
	// End of the position, as precisely as known. Null while it is held.
	To *date.Partial `json:"to" db:"held_to"`
	// Whether this position is shown where only one is shown.
	Primary bool `json:"primary" db:"is_primary" example:"true"`
	// Ids in other systems, as `scheme:id`. An id belongs to one affiliation.
	ExternalIDs []string `json:"external_ids" db:"external_ids" validate:"max=50,unique,dive,max=200,external_id" example:"everypolitician:m-17"`
} //	@name	AffiliationInput

// Check returns the mistakes that validation tags cannot express.
func (in *Input) Check() []apperr.Field {
	in.ExternalIDs = pg.OrEmpty(in.ExternalIDs)
	if date.Before(in.To, in.From) {
		return []apperr.Field{apperr.At("/to", "before_start")}
	}
	return nil
}

// Affiliation is a stored affiliation.
//
//	@Description	A position of a person in an organization.
type Affiliation struct {
	changes.Record
	Input
	Person       text.Ref   `json:"person" db:"person"`             // The person, by id and name.
	Organization text.Ref   `json:"organization" db:"organization"` // The organization, by id and name.
	Added        text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Affiliation

// Filter holds the filters of the list.
type Filter struct {
	paging.Params
	// Only records with these ids.
	ID []int64 `query:"id" form:"id" validate:"max=200"`
	// Only positions of these people.
	Person []int64 `query:"person" form:"person" validate:"max=200"`
	// Only positions in these organizations.
	Organization []int64 `query:"organization" form:"organization" validate:"max=200"`
	// Only the positions with these external ids.
	ExternalID []string `query:"external_id" form:"external_id" validate:"max=200,dive,external_id_filter" example:"everypolitician:m-17"`
	// Only positions that were held on this day, as far as known.
	On *date.Day `query:"on" form:"on" swaggertype:"string" format:"date" example:"2020-02-27"`
}
