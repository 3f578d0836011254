// Package person holds people, with their names in every spelling, and their contacts. What they did at a round table
// and which positions they held are records of their own (see attendee, affiliation).
package person

import (
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	A person.
type Input struct {
	Name        text.Map         `json:"name" db:"name" validate:"required,text=300"`                                                                        // The preferred form of the name, by language.
	OtherNames  []text.OtherName `json:"other_names" db:"other_names" validate:"max=100,dive"`                                                               // Other spellings: the person is found by them, too.
	Honorific   text.Map         `json:"honorific" db:"honorific" validate:"text=100"`                                                                       // A title before the name.
	Bio         text.Map         `json:"bio" db:"bio" validate:"text=5000"`                                                                                  // Who this is.
	ExternalIDs []string         `json:"external_ids" db:"external_ids" validate:"max=50,unique,dive,max=200,external_id" example:"wikidata:Q57339"`         // Identifiers in other systems, as scheme:identifier (`wikidata:…`, `orcid:…`); no two people share one.
	Visibility  string           `json:"visibility" db:"visibility" validate:"omitempty,oneof=public restricted" enums:"public,restricted" default:"public"` // A restricted person appears to the public as role and organization, without a name.
	Notes       *string          `json:"notes" db:"notes" validate:"omitnil,min=1,max=10000" example:"Confirm the spelling."`                                // For editors; null for everyone else.
} //	@name	PersonInput

// Check fills in what a client left out and gives the mistakes that no tag can say.
func (in *Input) Check() []apperr.Field {
	in.complete()
	return text.CheckOtherNames("/other_names", in.OtherNames)
}

func (in *Input) complete() {
	if in.Visibility == "" {
		in.Visibility = "public"
	}
	if in.OtherNames == nil {
		in.OtherNames = []text.OtherName{}
	}
	if in.ExternalIDs == nil {
		in.ExternalIDs = []string{}
	}
}

func (in Input) spellings() []string {
	return append(spelling.Of(in.Name), spelling.OfOthers(in.OtherNames)...)
}

// Position is where a person works.
//
//	@Description	Where a person works.
type Position struct {
	Organization text.Ref   `json:"organization"` // The organization.
	Title        text.Map   `json:"title"`        // The position there.
	Added        text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Position

// Person is the record.
//
//	@Description	A person.
type Person struct {
	changes.Record
	Input
	Affiliation *Position  `json:"affiliation" db:"affiliation"` // The position of today: the primary one, else the one held last.
	Added       text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Person

// Filter is what a list can be narrowed by.
type Filter struct {
	paging.Params
	ID           []int64         `query:"id" form:"id" validate:"max=200"`                                                              // Only these records.
	Q            string          `query:"q" form:"q" validate:"max=200"`                                                                // A name or the beginning of one, in any spelling, script and order. The best match comes first; at most 500 are found.
	Found        *spelling.Found `query:"-" form:"-" swaggerignore:"true"`                                                              // What Q means, where it was looked up by sound; else it is looked for as written.
	Organization []int64         `query:"organization" form:"organization" validate:"max=200"`                                          // Only people who hold or held a position there, or attended a round table with one.
	Role         []string        `query:"role" form:"role" validate:"max=200" example:"moderator"`                                      // Only people who had one of these roles at a round table.
	Topic        []int64         `query:"topic" form:"topic" validate:"max=200"`                                                        // Only people who made a statement on one of these topics, or attended a round table on one.
	RoundTable   []int64         `query:"round_table" form:"round_table" validate:"max=200"`                                            // Only people who attended one of these round tables.
	ExternalID   []string        `query:"external_id" form:"external_id" validate:"max=200,dive,external_id" example:"wikidata:Q57339"` // Only the ones with these identifiers.
}
