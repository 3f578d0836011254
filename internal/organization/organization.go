// Package organization holds institutes, ministries, foundations and their parts. What they did at a round table is a
// record of its own (see organizer, attendee).
package organization

import (
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	An institute, a ministry, a foundation, or a part of one.
type Input struct {
	Name        text.Map         `json:"name" db:"name" validate:"required,text=500"`                                                                                                                                                                                                                     // The full name.
	ShortName   text.Map         `json:"short_name" db:"short_name" validate:"text=100"`                                                                                                                                                                                                                  // The abbreviation or short form that is in use.
	OtherNames  []text.OtherName `json:"other_names" db:"other_names" validate:"max=100,dive"`                                                                                                                                                                                                            // Other spellings: the organization is found by them, too.
	Kind        string           `json:"kind" db:"kind" validate:"omitempty,oneof=government advisory_body ngo foundation think_tank academia media business international other" enums:"government,advisory_body,ngo,foundation,think_tank,academia,media,business,international,other" default:"other"` // What kind of organization it is.
	ParentID    *int64           `json:"parent_id" db:"parent_id" validate:"omitnil,gt=0" example:"1"`                                                                                                                                                                                                    // The organization that it is a part of.
	Country     *string          `json:"country" db:"country" validate:"omitnil,iso3166_1_alpha2" example:"KZ"`                                                                                                                                                                                           // The country, by its code of ISO 3166-1.
	Website     *string          `json:"website" db:"website" validate:"omitnil,http_url,max=2000" example:"https://kisi.kz"`                                                                                                                                                                             // Its address on the web.
	FoundedOn   *date.Partial    `json:"founded_on" db:"founded_on"`                                                                                                                                                                                                                                      // When it was founded, as far as that is known.
	DissolvedOn *date.Partial    `json:"dissolved_on" db:"dissolved_on"`                                                                                                                                                                                                                                  // When it ceased to be; null for one that is there.
	ExternalIDs []string         `json:"external_ids" db:"external_ids" validate:"max=50,unique,dive,max=200,external_id" example:"wikidata:Q6434884"`                                                                                                                                                    // Its identifiers in other systems, as scheme:identifier (`bin:…`, `ror:…`, `wikidata:…`); no two organizations share one.
} //	@name	OrganizationInput

// Check fills in what a client left out and gives the mistakes that no tag can say.
func (in *Input) Check() []apperr.Field {
	in.complete()
	fields := text.CheckOtherNames("/other_names", in.OtherNames)
	if date.Before(in.DissolvedOn, in.FoundedOn) {
		fields = append(fields, apperr.At("/dissolved_on", "before_start"))
	}
	return fields
}

func (in *Input) complete() {
	if in.Kind == "" {
		in.Kind = "other"
	}
	if in.OtherNames == nil {
		in.OtherNames = []text.OtherName{}
	}
	if in.ExternalIDs == nil {
		in.ExternalIDs = []string{}
	}
}

func (in Input) spellings() []string {
	return append(spelling.Of(in.Name, in.ShortName), spelling.OfOthers(in.OtherNames)...)
}

// Organization is the record.
//
//	@Description	An institute, a ministry, a foundation, or a part of one.
type Organization struct {
	changes.Record
	Input
	Parent *text.Ref  `json:"parent" db:"parent"` // The organization that it is a part of, in short.
	Added  text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Organization

// Filter is what a list can be narrowed by.
type Filter struct {
	paging.Params
	ID         []int64         `query:"id" form:"id" validate:"max=200"`                                                                                                            // Only these records.
	Q          string          `query:"q" form:"q" validate:"max=200"`                                                                                                              // A name or the beginning of one, in any spelling and script; acronyms as they are. The best match comes first; at most 500 are found.
	Found      *spelling.Found `query:"-" form:"-" swaggerignore:"true"`                                                                                                            // What Q means, where it was looked up by sound; else it is looked for as written.
	Kind       []string        `query:"kind" form:"kind" enums:"government,advisory_body,ngo,foundation,think_tank,academia,media,business,international,other" validate:"max=200"` // Only these kinds of organization.
	Country    []string        `query:"country" form:"country" validate:"max=200,dive,iso3166_1_alpha2" example:"KZ"`                                                               // Only organizations of these countries, by their codes of ISO 3166-1.
	Parent     []int64         `query:"parent" form:"parent" validate:"max=200"`                                                                                                    // Only direct parts of these.
	ExternalID []string        `query:"external_id" form:"external_id" validate:"max=200,dive,external_id" example:"wikidata:Q6434884"`                                             // Only the ones with these identifiers.
}
