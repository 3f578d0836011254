// Package attendee holds the attendees of round tables: people, organizations and unnamed groups, with their roles and
// with their positions at the time.
package attendee

import (
	"cmp"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/text"
)

// Affiliation is a position at the time of the round table.
//
//	@Description	A position at the time of the round table.
type Affiliation struct {
	// The organization, if it is known.
	OrganizationID *int64 `json:"organization_id" validate:"any_of=empty_position OrganizationAsListed Title,omitnil,gt=0" example:"1"`
	// Name of the organization as the source gives it.
	OrganizationAsListed *string `json:"organization_as_listed" validate:"omitnil,min=1,max=500" example:"Institute of Policy"`
	// Title of the position.
	Title text.Map `json:"title" validate:"text=500"`
} //	@name	AttendeeAffiliationInput

// OnBehalfOf names the person or organization that an attendee represented.
//
//	@Description	The person or organization that an attendee represented.
type OnBehalfOf struct {
	// The person. Leave it out for an organization.
	PersonID *int64 `json:"person_id" validate:"any_of=person_or_organization OrganizationID,omitnil,gt=0" example:"1"`
	// The organization. Leave it out for a person.
	OrganizationID *int64 `json:"organization_id" validate:"not_with=person_or_organization PersonID,omitnil,gt=0" example:"1"`
} //	@name	OnBehalfOfInput

// Input is what a client writes.
//
//	@Description	An attendee of a round table: a person (`person_id`), an organization (`organization_id`) or a group
//	@Description	(`description`). If the person is not identified yet, give only the name (`name_as_listed`) or only the
//	@Description	post (`affiliations`).
type Input struct {
	// The round table. It cannot be changed.
	RoundTableID int64 `json:"round_table_id" db:"round_table_id" validate:"required,gt=0" immutable:"true" example:"1"`
	// The person who attended.
	PersonID *int64 `json:"person_id" db:"person_id" validate:"any_of=attendee_needed OrganizationID NameAsListed Description Affiliations,omitnil,gt=0" example:"1"`
	// The organization that attended as such.
	OrganizationID *int64 `json:"organization_id" db:"organization_id" validate:"not_with=one_attendee PersonID,omitnil,gt=0" example:"1"`
	// Name as the source gives it. Given alone, it means that the person is not identified yet.
	NameAsListed *string `json:"name_as_listed" db:"name_as_listed" validate:"omitnil,min=1,max=500" example:"T. Kaliyev"`
	// Description of a group without names.
	Description text.Map `json:"description" db:"description" validate:"required_with=GroupSize,not_with=one_attendee PersonID OrganizationID,omitnil,text=500"`
	// Number of people in the group. Null if unknown.
	GroupSize *int64 `json:"group_size" db:"group_size" validate:"omitnil,gt=0,lte=1000000" example:"20"`
	// Codes of the roles, in order.
	Roles []string `json:"roles" db:"roles" validate:"max=20,unique,dive,min=1,max=40" example:"moderator"`
	// Positions at the time of the round table, in order.
	Affiliations []Affiliation `json:"affiliations" db:"-" validate:"max=20,dive"`
	// The person or organization that the attendee represented.
	OnBehalfOf *OnBehalfOf `json:"on_behalf_of" db:"-"`
	// Whether the attendee was invited, confirmed, attended, was absent or joined online.
	Attendance string `json:"attendance" db:"attendance" validate:"omitempty,oneof=invited confirmed attended absent online" enums:"invited,confirmed,attended,absent,online" default:"attended"`
	// Position in the round table: 1 is the first. Others move to make room. Default: last.
	Position *int64 `json:"position" db:"position" validate:"omitnil,gt=0,lte=100000" example:"1"`
} //	@name	AttendeeInput

// Check sets the defaults of fields that the client left out, and returns no mistakes: the tags express all.
func (in *Input) Check() []apperr.Field {
	in.complete()
	return nil
}

func (in *Input) complete() {
	in.Attendance = cmp.Or(in.Attendance, "attended")
}

// Position is a position at the time of the round table, with its organization.
//
//	@Description	A position at the time of the round table.
type Position struct {
	Affiliation
	Organization *text.Ref  `json:"organization"` // The organization, by id and name.
	Added        text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	AttendeeAffiliation

// Behalf is the person or organization that an attendee represented, with its name.
//
//	@Description	The person or organization that an attendee represented.
type Behalf struct {
	OnBehalfOf
	Person       *text.Ref `json:"person"`       // The person, by id and name.
	Organization *text.Ref `json:"organization"` // The organization, by id and name.
} //	@name	OnBehalfOf

// Attendee is a stored attendee.
//
//	@Description	An attendee of a round table: a person, an organization or a group.
type Attendee struct {
	changes.Record
	Input
	// Who it is, for every kind of attendee: the name of the person or the organization, the description of the group, or else the
	// name as listed or the position. The language of a name as listed is not recorded: it stands under `kk`, `ru` or `en`, by its
	// letters. Null if the public may not see any of it.
	Label text.Map `json:"label" db:"-"`
	// The round table, with its date.
	RoundTable text.RoundTableRef `json:"round_table" db:"round_table"`
	// The person, with the first of the positions.
	Person *text.PersonRef `json:"person" db:"person"`
	// The organization, by id and name.
	Organization *text.Ref `json:"organization" db:"organization"`
	// Positions at the time of the round table, in order.
	Affiliations []Position `json:"affiliations" db:"affiliations"`
	// The person or organization that the attendee represented.
	OnBehalfOf *Behalf    `json:"on_behalf_of" db:"on_behalf_of"`
	Added      text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Attendee

// Finish sets the fields that are derived from the columns of the row.
func (a *Attendee) Finish() {
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
	a.Label = a.label()
}

func (a *Attendee) label() text.Map {
	switch {
	case a.Person != nil:
		return a.Person.Name
	case a.Organization != nil:
		return a.Organization.Name
	case a.Description != nil:
		return a.Description
	case a.NameAsListed != nil:
		return text.ByScript(*a.NameAsListed)
	}
	for _, p := range a.Affiliations {
		switch {
		case p.Title != nil:
			return p.Title
		case p.Organization != nil:
			return p.Organization.Name
		case p.OrganizationAsListed != nil:
			return text.ByScript(*p.OrganizationAsListed)
		}
	}
	return nil
}

// Within holds the filters of the list of one round table.
type Within struct {
	paging.Params
	// Only records with these ids.
	ID []int64 `query:"id" form:"id" validate:"max=200"`
	// Only these people.
	Person []int64 `query:"person" form:"person" validate:"max=200"`
	// Only these organizations, people in a position there, and attendees who represented them; after `all:` those of all of them.
	Organization []int64 `query:"organization" form:"organization" validate:"max=200"`
	reference.OrganizationTreeFilter
	// Only attendees with one of these roles; after `all:` with all of them.
	Role []string `query:"role" form:"role" validate:"max=200" example:"moderator"`
	// Only attendees with one of these attendances.
	Attendance []string `query:"attendance" form:"attendance" enums:"invited,confirmed,attended,absent,online" validate:"max=200"`
	// Only attendees who speak (`true`), by one of their roles or by a statement, or only the others (`false`).
	Speaks *bool `query:"speaks" form:"speaks"`
	// Only identified people, organizations and groups (`true`), or only attendees not linked to a person yet (`false`).
	Resolved *bool `query:"resolved" form:"resolved"`

	// The values after `all:`.
	AllOrganizations []int64  `query:"-" form:"-" swaggerignore:"true" all:"organization"`
	AllRoles         []string `query:"-" form:"-" swaggerignore:"true" all:"role"`
}

// Filter holds the filters of the list.
type Filter struct {
	Within
	// Only attendees of these round tables.
	RoundTable []int64 `query:"round_table" form:"round_table" validate:"max=200"`
	// Only round tables that start on or after this day, or their records. A known month or year counts as its first day.
	StartsFrom *date.Day `query:"starts_from" form:"starts_from" swaggertype:"string" format:"date" example:"2020-02-27"`
	// Only round tables that start before this day (not on it), or their records.
	StartsTo *date.Day `query:"starts_to" form:"starts_to" swaggertype:"string" format:"date" example:"2020-02-27"`
	// Only organizations of these types, people in a position there, and attendees who represented one; after `all:` all of them.
	OrganizationKind []string `query:"organization_kind" form:"organization_kind" enums:"government,advisory_body,ngo,foundation,think_tank,academia,media,business,international,other" validate:"max=200"`
	// The types after `all:`.
	AllOrganizationKinds []string `query:"-" form:"-" swaggerignore:"true" all:"organization_kind"`

	reference.EventFilter
	reference.EventStatusFilter
	reference.EventTopicFilter
	reference.EventLanguageFilter
}
