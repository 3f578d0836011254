// Package person holds people with all spellings of their names, and their contacts. Package attendee holds their parts
// in round tables, package affiliation their positions.
package person

import (
	"cmp"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	A person.
type Input struct {
	// The preferred form of the name of one person, by language. It has at least one letter and is no placeholder such as
	// `TBD`, `N.N.` or `уточняется`.
	Name text.Map `json:"name" db:"name" validate:"required,text=300"`
	// Other names and spellings, no placeholders. Search finds the person by them too.
	OtherNames []text.OtherName `json:"other_names" db:"other_names" validate:"max=100,dive"`
	// Title before the name, such as Dr.
	Honorific text.Map `json:"honorific" db:"honorific" validate:"text=100"`
	// Short biography.
	Bio text.Map `json:"bio" db:"bio" validate:"text=5000" lines:"keep"`
	// Ids in other systems, as `scheme:identifier` (`wikidata:…`, `orcid:…`). No two people share one.
	// Identifiers of ORCID, ISNI, Wikidata, ROR and DOI are checked, accepted as addresses, too, and stored in one form.
	ExternalIDs []string `json:"external_ids" db:"external_ids" validate:"max=50,unique,dive,max=200,external_id" example:"wikidata:Q57339"`
	// The public sees a `restricted` person as role and organization, without a name.
	Visibility string `json:"visibility" db:"visibility" validate:"omitempty,oneof=public restricted" enums:"public,restricted" default:"public"`
	// Internal notes for editors. Null for everyone else.
	Notes *string `json:"notes" db:"notes" validate:"omitnil,min=1,max=10000" lines:"keep" example:"Confirm the spelling."`
} //	@name	PersonInput

// Check sets the defaults of fields that the client left out, and returns the mistakes that tags cannot express.
func (in *Input) Check() (fields []apperr.Field) {
	in.complete()
	for _, lang := range in.Name.Langs() {
		switch name := in.Name[lang]; {
		case names.IsPlaceholder(name):
			fields = append(fields, apperr.At("/name/"+lang, "not_a_name", "value", name))
		case names.IsSeveral(name):
			fields = append(fields, apperr.At("/name/"+lang, "several_names", "value", name))
		}
	}
	for i, other := range in.OtherNames {
		if names.IsPlaceholder(other.Text) {
			fields = append(fields, apperr.At("/other_names/"+strconv.Itoa(i)+"/text", "not_a_name", "value", other.Text))
		}
	}
	return fields
}

func (in *Input) complete() {
	in.Visibility = cmp.Or(in.Visibility, "public")
	in.OtherNames = pg.OrEmpty(in.OtherNames)
	in.ExternalIDs = pg.OrEmpty(in.ExternalIDs)
}

func (in Input) spellings() []string {
	return append(spelling.Of(in.Name), spelling.OfOthers(in.OtherNames)...)
}

// Position is a position of a person in an organization.
//
//	@Description	A position of a person in an organization.
type Position struct {
	Organization text.Ref   `json:"organization"` // The organization.
	Title        text.Map   `json:"title"`        // Title of the position.
	Added        text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Position

// Person is a stored person.
//
//	@Description	A person.
type Person struct {
	changes.Record
	Input
	// The current position: the primary one, otherwise the one held last.
	Affiliation *Position `json:"affiliation" db:"affiliation"`
	reference.Counted
	Added text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Person

// Filter holds the filters of the list.
type Filter struct {
	paging.Params
	// Only records with these ids.
	ID []int64 `query:"id" form:"id" validate:"max=200"`
	// A name or its start, in any spelling, script and word order. Best match first, at most 500.
	Q string `query:"q" form:"q" validate:"max=200"`
	// The phonetic matches of Q. Without them, Q is matched as written.
	Found *spelling.Found `query:"-" form:"-" swaggerignore:"true"`
	// Only people who hold or held a position in one of these organizations, or attended a round table in such a position; after `all:` in all of them.
	Organization []int64 `query:"organization" form:"organization" validate:"max=200"`
	reference.OrganizationTreeFilter
	// Only people who had one of these roles at a round table; after `all:` all of them.
	Role []string `query:"role" form:"role" validate:"max=200" example:"moderator"`
	// Only people who made a statement on one of these topics, or attended a round table on one; after `all:` on all of them.
	Topic []int64 `query:"topic" form:"topic" validate:"max=200"`
	// Only people who attended one of these round tables.
	RoundTable []int64 `query:"round_table" form:"round_table" validate:"max=200"`
	// Only people with these identifiers. Put one with a comma in quotes: `"doi:10.1000/a,b"`.
	ExternalID []string `query:"external_id" form:"external_id" validate:"max=200,dive,external_id_filter" example:"wikidata:Q57339"`

	// The values after `all:`.
	AllOrganizations []int64  `query:"-" form:"-" swaggerignore:"true" all:"organization"`
	AllRoles         []string `query:"-" form:"-" swaggerignore:"true" all:"role"`
	AllTopics        []int64  `query:"-" form:"-" swaggerignore:"true" all:"topic"`
}
