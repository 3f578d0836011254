// Package organizer holds the parts of organizations in round tables: who organized, hosted, supported them.
package organizer

import (
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	The part of an organization in a round table.
type Input struct {
	RoundTableID   int64   `json:"round_table_id" db:"round_table_id" validate:"required,gt=0" example:"1"`                                                                                                                                       // The round table.
	OrganizationID int64   `json:"organization_id" db:"organization_id" validate:"required,gt=0" example:"1"`                                                                                                                                     // The organization.
	Kind           string  `json:"kind" db:"kind" validate:"omitempty,oneof=organizer co_organizer host partner supporter sponsor media_partner" enums:"organizer,co_organizer,host,partner,supporter,sponsor,media_partner" default:"organizer"` // Its part. An organization can have several at one round table, each once.
	NameAsListed   *string `json:"name_as_listed" db:"name_as_listed" validate:"omitnil,min=1,max=500" example:"Institute for Strategic Studies"`                                                                                                 // Its name as the source gives it.
	Position       *int64  `json:"position" db:"position" validate:"omitnil,gt=0,lte=100000" example:"1"`                                                                                                                                         // Its place in the order of the source. Left out: the last one.
} //	@name	OrganizerInput

// Check fills in what a client left out. There are no mistakes that no tag can say.
func (in *Input) Check() []apperr.Field {
	in.complete()
	return nil
}

func (in *Input) complete() {
	if in.Kind == "" {
		in.Kind = "organizer"
	}
}

// Organizer is the record.
//
//	@Description	The part of an organization in a round table.
type Organizer struct {
	changes.Record
	Input
	RoundTable   text.Ref   `json:"round_table" db:"round_table"`   // The round table in short.
	Organization text.Ref   `json:"organization" db:"organization"` // The organization in short.
	Added        text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Organizer

// Within is what the list of one round table can be narrowed by.
type Within struct {
	paging.Params
	ID           []int64  `query:"id" form:"id" validate:"max=200"`                                                                                 // Only these records.
	Organization []int64  `query:"organization" form:"organization" validate:"max=200"`                                                             // Only parts of these organizations.
	Kind         []string `query:"kind" form:"kind" enums:"organizer,co_organizer,host,partner,supporter,sponsor,media_partner" validate:"max=200"` // Only these parts.
}

// Filter is what a list can be narrowed by.
type Filter struct {
	Within
	RoundTable []int64   `query:"round_table" form:"round_table" validate:"max=200"`                                      // Only parts in these round tables.
	StartsFrom *date.Day `query:"starts_from" form:"starts_from" swaggertype:"string" format:"date" example:"2020-02-27"` // Only parts in round tables that start on this day or later. One known by its month or year only counts as starting on the first day of it.
	StartsTo   *date.Day `query:"starts_to" form:"starts_to" swaggertype:"string" format:"date" example:"2020-02-27"`     // Only parts in round tables that start before this day.
}
