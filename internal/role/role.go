// Package role holds the roles that attendees can have, such as moderator, speaker or interpreter.
package role

import (
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	A role that attendees can have, such as moderator or speaker.
type Input struct {
	// Code by which attendees refer to the role: lowercase Latin letters, digits and `_`. It cannot be changed.
	Code string `json:"code" db:"code" validate:"required,max=40,code" immutable:"true" example:"moderator"`
	// Name of the role as people read it.
	Label text.Map `json:"label" db:"label" validate:"required,text=200"`
	// Sort order of the roles, lowest first. Default: 100.
	Rank *int64 `json:"rank" db:"rank" validate:"omitnil,gte=0,lte=1000000" example:"10"`
	// Whether attendees with this role count as speakers.
	Speaks bool `json:"speaks" db:"speaks" example:"true"`
} //	@name	RoleInput

// Check sets the defaults of fields that the client left out, and returns no mistakes: the tags express all.
func (in *Input) Check() []apperr.Field {
	if in.Rank == nil {
		rank := int64(100)
		in.Rank = &rank
	}
	return nil
}

// Role is a stored role.
//
//	@Description	A role that attendees can have, such as moderator or speaker.
type Role struct {
	changes.Record
	Input
	Added text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Role

// Filter holds the filters of the list.
type Filter struct {
	paging.Params
	// Only records with these ids.
	ID []int64 `query:"id" form:"id" validate:"max=200"`
	// Only roles with these codes.
	Code []string `query:"code" form:"code" validate:"max=200"`
	// Only roles that count as speaking (`true`), or only those that do not (`false`).
	Speaks *bool `query:"speaks" form:"speaks"`
}
