// Package organizer holds the organizations that organize, host or support round tables.
package organizer

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
//	@Description	An organization that organizes, hosts or supports a round table.
type Input struct {
	// The round table.
	RoundTableID int64 `json:"round_table_id" db:"round_table_id" validate:"required,gt=0" example:"1"`
	// The organization.
	OrganizationID int64 `json:"organization_id" db:"organization_id" validate:"required,gt=0" example:"1"`
	// Part of the organization. It can have several parts in a round table, each once.
	Kind string `json:"kind" db:"kind" validate:"omitempty,oneof=organizer co_organizer host partner supporter sponsor media_partner" enums:"organizer,co_organizer,host,partner,supporter,sponsor,media_partner" default:"organizer"`
	// Name of the organization as the source gives it.
	NameAsListed *string `json:"name_as_listed" db:"name_as_listed" validate:"omitnil,min=1,max=500" example:"Institute for Strategic Studies"`
	// Position in the round table: 1 is the first. Others move to make room. Default: last.
	Position *int64 `json:"position" db:"position" validate:"omitnil,gt=0,lte=100000" example:"1"`
} //	@name	OrganizerInput

// Check sets the defaults of fields that the client left out. Validation tags find all mistakes.
func (in *Input) Check() []apperr.Field {
	in.complete()
	return nil
}

func (in *Input) complete() {
	in.Kind = cmp.Or(in.Kind, "organizer")
}

// Organizer is a stored organizer.
//
//	@Description	An organization that organizes, hosts or supports a round table.
type Organizer struct {
	changes.Record
	Input
	RoundTable   text.RoundTableRef `json:"round_table" db:"round_table"`   // The round table, with its date.
	Organization text.Ref           `json:"organization" db:"organization"` // The organization, by id and name.
	Added        text.Added         `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Organizer

// Within holds the filters of the list of one round table.
type Within struct {
	paging.Params
	// Only records with these ids.
	ID []int64 `query:"id" form:"id" validate:"max=200"`
	// Only organizers that are these organizations.
	Organization []int64 `query:"organization" form:"organization" validate:"max=200"`
	reference.OrganizationTreeFilter
	// Only organizers with one of these parts.
	Kind []string `query:"kind" form:"kind" enums:"organizer,co_organizer,host,partner,supporter,sponsor,media_partner" validate:"max=200"`
}

// Filter holds the filters of the list.
type Filter struct {
	Within
	// Only organizers of these round tables.
	RoundTable []int64 `query:"round_table" form:"round_table" validate:"max=200"`
	// Only round tables that start on or after this day, or their records. A known month or year counts as its first day.
	StartsFrom *date.Day `query:"starts_from" form:"starts_from" swaggertype:"string" format:"date" example:"2020-02-27"`
	// Only round tables that start before this day (not on it), or their records.
	StartsTo *date.Day `query:"starts_to" form:"starts_to" swaggertype:"string" format:"date" example:"2020-02-27"`

	reference.EventFilter
	reference.EventStatusFilter
	reference.EventTopicFilter
	reference.EventLanguageFilter
	reference.EventRoleFilter
	reference.EventPersonFilter
}
