// Package organization holds institutes, ministries, foundations and their parts. Packages organizer and attendee hold
// what they did at round tables.
package organization

import (
	"cmp"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	An organization, such as an institute, a ministry or a foundation, or a part of one.
type Input struct {
	// The full name.
	Name text.Map `json:"name" db:"name" validate:"required,text=500"`
	// Abbreviation or short form in common use.
	ShortName text.Map `json:"short_name" db:"short_name" validate:"text=100"`
	// Other names and spellings. Search finds the organization by them too.
	OtherNames []text.OtherName `json:"other_names" db:"other_names" validate:"max=100,dive"`
	// Type of organization.
	Kind string `json:"kind" db:"kind" validate:"omitempty,oneof=government advisory_body ngo foundation think_tank academia media business international other" enums:"government,advisory_body,ngo,foundation,think_tank,academia,media,business,international,other" default:"other"`
	// The organization that this one is a part of.
	ParentID *int64 `json:"parent_id" db:"parent_id" validate:"omitnil,gt=0" example:"1"`
	// Country code of two letters (ISO 3166-1).
	Country *string `json:"country" db:"country" validate:"omitnil,iso3166_1_alpha2" example:"KZ"`
	// Address of the website.
	Website *string `json:"website" db:"website" validate:"omitnil,http_url,max=2000" example:"https://kisi.kz"`
	// When it was founded, as precisely as known.
	FoundedOn *date.Partial `json:"founded_on" db:"founded_on"`
	// When it was dissolved, as precisely as known. Null if it still exists.
	DissolvedOn *date.Partial `json:"dissolved_on" db:"dissolved_on"`
	// Ids in other systems, as `scheme:identifier` (`bin:…`, `ror:…`, `wikidata:…`). No two organizations share one.
	// Identifiers of ORCID, ISNI, Wikidata, ROR and DOI are checked, accepted as addresses, too, and stored in one form.
	ExternalIDs []string `json:"external_ids" db:"external_ids" validate:"max=50,unique,dive,max=200,external_id" example:"wikidata:Q6434884"`
} //	@name	OrganizationInput

// Check sets the defaults of fields that the client left out, and returns the mistakes that tags cannot express.
func (in *Input) Check() []apperr.Field {
	in.complete()
	if date.Before(in.DissolvedOn, in.FoundedOn) {
		return []apperr.Field{apperr.At("/dissolved_on", "before_start")}
	}
	return nil
}

func (in *Input) complete() {
	in.Kind = cmp.Or(in.Kind, "other")
	in.OtherNames = pg.OrEmpty(in.OtherNames)
	in.ExternalIDs = pg.OrEmpty(in.ExternalIDs)
}

func (in Input) spellings() []string {
	return append(spelling.Of(in.Name, in.ShortName), spelling.OfOthers(in.OtherNames)...)
}

// Organization is a stored organization.
//
//	@Description	An organization, such as an institute, a ministry or a foundation, or a part of one.
type Organization struct {
	changes.Record
	Input
	// The organization that this one is a part of, by id and name.
	Parent *text.Ref `json:"parent" db:"parent"`
	reference.Counted
	Added text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Organization

// Filter holds the filters of the list.
type Filter struct {
	paging.Params
	// Only records with these ids.
	ID []int64 `query:"id" form:"id" validate:"max=200"`
	// A name or its start, in any spelling or script; acronyms as written. Best match first, at most 500.
	Q string `query:"q" form:"q" validate:"max=200"`
	// The phonetic matches of Q. Without them, Q is matched as written.
	Found *spelling.Found `query:"-" form:"-" swaggerignore:"true"`
	// Only organizations of these types.
	Kind []string `query:"kind" form:"kind" enums:"government,advisory_body,ngo,foundation,think_tank,academia,media,business,international,other" validate:"max=200"`
	// Only organizations of these countries (ISO 3166-1 codes).
	Country []string `query:"country" form:"country" validate:"max=200,dive,iso3166_1_alpha2" example:"KZ"`
	// Only direct parts of these organizations.
	Parent []int64 `query:"parent" form:"parent" validate:"max=200"`
	// Only organizations with these identifiers. Put one with a comma in quotes: `"doi:10.1000/a,b"`.
	ExternalID []string `query:"external_id" form:"external_id" validate:"max=200,dive,external_id_filter" example:"wikidata:Q6434884"`
	// Only organizations that organized or attended a round table on one of these topics; after `all:` on all of them.
	Topic []int64 `query:"topic" form:"topic" validate:"max=200"`
	// The topics after `all:`.
	AllTopics []int64 `query:"-" form:"-" swaggerignore:"true" all:"topic"`
}
