// Package attendee holds who took part in a round table: people, organizations and unnamed groups, in which roles, and in
// which positions as they were on that day.
package attendee

import (
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/text"
)

// Affiliation is a position as it was at the round table.
//
//	@Description	A position as it was at the round table.
type Affiliation struct {
	OrganizationID       *int64   `json:"organization_id" validate:"omitnil,gt=0" example:"1"`                                   // The organization, where it is known.
	OrganizationAsListed *string  `json:"organization_as_listed" validate:"omitnil,min=1,max=500" example:"Institute of Policy"` // Its name as the source gives it.
	Title                text.Map `json:"title" validate:"text=500"`                                                             // The position there.
} //	@name	AttendeeAffiliationInput

// OnBehalfOf is whom an attendee stood for.
//
//	@Description	Whom an attendee stood for: a person or an organization.
type OnBehalfOf struct {
	PersonID       *int64 `json:"person_id" validate:"omitnil,gt=0" example:"1"`       // The person.
	OrganizationID *int64 `json:"organization_id" validate:"omitnil,gt=0" example:"1"` // Or the organization.
} //	@name	OnBehalfOfInput

// Input is what a client writes.
//
//	@Description	A part in a round table. Who it is: a person, or an organization, or a group (`description`), or somebody who is known by
//	@Description	a name only (`name_as_listed`) or by a post only (`affiliations`).
type Input struct {
	RoundTableID   int64         `json:"round_table_id" db:"round_table_id" validate:"required,gt=0" example:"1"`                                                                                            // The round table. It cannot be changed.
	PersonID       *int64        `json:"person_id" db:"person_id" validate:"omitnil,gt=0" example:"1"`                                                                                                       // The person.
	OrganizationID *int64        `json:"organization_id" db:"organization_id" validate:"omitnil,gt=0" example:"1"`                                                                                           // Or the organization that took part as such.
	NameAsListed   *string       `json:"name_as_listed" db:"name_as_listed" validate:"omitnil,min=1,max=500" example:"T. Kaliyev"`                                                                           // The name as the source gives it. Alone, it is somebody who is not yet linked to a person.
	Description    text.Map      `json:"description" db:"description" validate:"text=500"`                                                                                                                   // Or what the group consisted of.
	GroupSize      *int64        `json:"group_size" db:"group_size" validate:"omitnil,gt=0,lte=1000000" example:"20"`                                                                                        // How many the group were, where that is known.
	Roles          []string      `json:"roles" db:"roles" validate:"max=20,unique,dive,min=1,max=40" example:"moderator"`                                                                                    // Codes of its roles, in order.
	Affiliations   []Affiliation `json:"affiliations" db:"-" validate:"max=20,dive"`                                                                                                                         // Positions as they were at the round table, the first one first.
	OnBehalfOf     *OnBehalfOf   `json:"on_behalf_of" db:"-"`                                                                                                                                                // Whom it stood for.
	Attendance     string        `json:"attendance" db:"attendance" validate:"omitempty,oneof=invited confirmed attended absent online" enums:"invited,confirmed,attended,absent,online" default:"attended"` // Whether it came.
	Position       *int64        `json:"position" db:"position" validate:"omitnil,gt=0,lte=100000" example:"1"`                                                                                              // Its place in the order of the source. Left out: the last one.
} //	@name	AttendeeInput

// Check fills in what a client left out and gives the mistakes that no tag can say.
func (in *Input) Check() []apperr.Field {
	in.complete()
	var fields []apperr.Field
	given := 0
	for _, who := range []struct {
		pointer string
		there   bool
	}{{"/person_id", in.PersonID != nil}, {"/organization_id", in.OrganizationID != nil}, {"/description", in.Description != nil}} {
		if !who.there {
			continue
		}
		if given++; given > 1 {
			fields = append(fields, apperr.At(who.pointer, "one_attendee"))
		}
	}
	if given == 0 && in.NameAsListed == nil && len(in.Affiliations) == 0 {
		fields = append(fields, apperr.At("/person_id", "attendee_needed"))
	}
	if in.GroupSize != nil && in.Description == nil {
		fields = append(fields, apperr.At("/description", "required"))
	}
	for i, f := range in.Affiliations {
		if f.OrganizationID == nil && f.OrganizationAsListed == nil && f.Title == nil {
			fields = append(fields, apperr.At("/affiliations/"+strconv.Itoa(i), "empty_position"))
		}
	}
	if b := in.OnBehalfOf; b != nil && (b.PersonID == nil) == (b.OrganizationID == nil) {
		fields = append(fields, apperr.At("/on_behalf_of", "person_or_organization"))
	}
	return fields
}

func (in *Input) complete() {
	if in.Attendance == "" {
		in.Attendance = "attended"
	}
}

// Position is a position as it was at the round table, with its organization.
//
//	@Description	A position as it was at the round table.
type Position struct {
	Affiliation
	Organization *text.Ref  `json:"organization"` // The organization in short.
	Added        text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	AttendeeAffiliation

// Behalf is whom an attendee stood for, with their names.
//
//	@Description	Whom an attendee stood for.
type Behalf struct {
	OnBehalfOf
	Person       *text.Ref `json:"person"`       // The person in short.
	Organization *text.Ref `json:"organization"` // The organization in short.
} //	@name	OnBehalfOf

// Attendee is the record.
//
//	@Description	A part in a round table.
type Attendee struct {
	changes.Record
	Input
	RoundTable   text.Ref        `json:"round_table" db:"round_table"`   // The round table in short.
	Person       *text.PersonRef `json:"person" db:"person"`             // The person in short, with the first of the positions.
	Organization *text.Ref       `json:"organization" db:"organization"` // The organization in short.
	Affiliations []Position      `json:"affiliations" db:"affiliations"` // Positions as they were at the round table, the first one first.
	OnBehalfOf   *Behalf         `json:"on_behalf_of" db:"on_behalf_of"` // Whom it stood for.
	Added        text.Added      `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Attendee

// finish fills what the row does not hold in the form that clients see.
func (a *Attendee) finish() {
	for _, p := range a.Affiliations {
		a.Input.Affiliations = append(a.Input.Affiliations, p.Affiliation)
	}
	if a.OnBehalfOf != nil {
		a.Input.OnBehalfOf = &a.OnBehalfOf.OnBehalfOf
	}
	if a.Person != nil && len(a.Affiliations) > 0 {
		first := a.Affiliations[0]
		a.Person.Organization, a.Person.OrganizationAsListed, a.Person.Position = first.Organization, first.OrganizationAsListed, first.Title
	}
}

// Within is what the list of one round table can be narrowed by.
type Within struct {
	paging.Params
	ID           []int64  `query:"id" form:"id" validate:"max=200"`                                                                  // Only these records.
	Person       []int64  `query:"person" form:"person" validate:"max=200"`                                                          // Only parts of these people.
	Organization []int64  `query:"organization" form:"organization" validate:"max=200"`                                              // Only parts of these organizations, of people in a position there, or on their behalf.
	Role         []string `query:"role" form:"role" validate:"max=200" example:"moderator"`                                          // Only parts with one of these roles.
	Attendance   []string `query:"attendance" form:"attendance" enums:"invited,confirmed,attended,absent,online" validate:"max=200"` // Only parts with one of these attendances.
	Resolved     *bool    `query:"resolved" form:"resolved"`                                                                         // Only those who are known (`true`: a person, an organization or a group), or only those who are not yet linked to a person (`false`).
}

// Filter is what a list can be narrowed by.
type Filter struct {
	Within
	RoundTable []int64   `query:"round_table" form:"round_table" validate:"max=200"`                                      // Only parts in these round tables.
	StartsFrom *date.Day `query:"starts_from" form:"starts_from" swaggertype:"string" format:"date" example:"2020-02-27"` // Only parts in round tables that start on this day or later. One known by its month or year only counts as starting on the first day of it.
	StartsTo   *date.Day `query:"starts_to" form:"starts_to" swaggertype:"string" format:"date" example:"2020-02-27"`     // Only parts in round tables that start before this day.
}
