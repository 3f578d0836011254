// Package role holds the vocabulary of the roles that attendees can have: moderator, speaker, interpreter.
package role

import (
	"regexp"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	A role that attendees can have.
type Input struct {
	Code   string   `json:"code" db:"code" validate:"required,max=40" example:"moderator"`    // The name by which attendees refer to it: small Latin letters, digits and `_`. It never changes.
	Label  text.Map `json:"label" db:"label" validate:"required,text=200"`                    // What people read.
	Rank   *int64   `json:"rank" db:"rank" validate:"omitnil,gte=0,lte=1000000" example:"10"` // Its place in the order of roles, the lowest first. Left out: 100.
	Speaks bool     `json:"speaks" db:"speaks" example:"true"`                                // Whether who has it counts as a speaker.
} //	@name	RoleInput

var codeForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Check fills in what a client left out and gives the mistakes that no tag can say.
func (in *Input) Check() []apperr.Field {
	if in.Rank == nil {
		rank := int64(100)
		in.Rank = &rank
	}
	if in.Code != "" && !codeForm.MatchString(in.Code) {
		return []apperr.Field{apperr.At("/code", "bad_code")}
	}
	return nil
}

// Role is the record.
//
//	@Description	A role that attendees can have.
type Role struct {
	changes.Record
	Input
	Added text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Role

// Filter is what a list can be narrowed by.
type Filter struct {
	paging.Params
	ID     []int64  `query:"id" form:"id" validate:"max=200"`     // Only these records.
	Code   []string `query:"code" form:"code" validate:"max=200"` // Only these roles.
	Speaks *bool    `query:"speaks" form:"speaks"`                // Only roles whose holders count as speakers (`true`), or only the others (`false`).
}
