// Package place holds the towns, regions and countries where round tables took place or that statements mention, with
// their former names.
package place

import (
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// FormerName is a former name of a place.
//
//	@Description	A former name of a place.
type FormerName struct {
	Name  text.Map      `json:"name" validate:"required,text=200"` // The former name.
	Until *date.Partial `json:"until"`                             // When the place gave up this name, as precisely as known.
} //	@name	FormerName

// Input is what a client writes.
//
//	@Description	A town, region or country.
type Input struct {
	// The current name.
	Name text.Map `json:"name" db:"name" validate:"required,text=200"`
	// Former names. Search finds the place by them too.
	FormerNames []FormerName `json:"former_names" db:"former_names" validate:"max=50,dive"`
	// Other names and spellings. Search finds the place by them too.
	OtherNames []text.OtherName `json:"other_names" db:"other_names" validate:"max=100,dive"`
	// Country code of two letters (ISO 3166-1).
	Country *string `json:"country" db:"country" validate:"omitnil,iso3166_1_alpha2" example:"KZ"`
	// Name of the region.
	Region *string `json:"region" db:"region" validate:"omitnil,min=1,max=200" example:"Almaty Region"`
	// The larger place that contains this one.
	ParentID *int64 `json:"parent_id" db:"parent_id" validate:"omitnil,gt=0" example:"1"`
	// Degrees north (WGS 84), -90 to 90. Requires `longitude`.
	Latitude *float64 `json:"latitude" db:"latitude" validate:"required_with=Longitude,omitnil,gte=-90,lte=90" example:"51.13"`
	// Degrees east (WGS 84), -180 to 180. Requires `latitude`.
	Longitude *float64 `json:"longitude" db:"longitude" validate:"required_with=Latitude,omitnil,gte=-180,lte=180" example:"71.43"`
} //	@name	PlaceInput

func (in *Input) complete() {
	in.FormerNames = pg.OrEmpty(in.FormerNames)
	in.OtherNames = pg.OrEmpty(in.OtherNames)
}

func (in Input) spellings() []string {
	all := append(spelling.Of(in.Name), spelling.OfOthers(in.OtherNames)...)
	for _, f := range in.FormerNames {
		all = append(all, spelling.Of(f.Name)...)
	}
	return all
}

// Place is a stored place.
//
//	@Description	A town, region or country.
type Place struct {
	changes.Record
	Input
	Parent *text.Ref `json:"parent" db:"parent"` // The larger place, by id and name.
	reference.Counted
	Added text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Place

// Filter holds the filters of the list.
type Filter struct {
	paging.Params
	// Only records with these ids.
	ID []int64 `query:"id" form:"id" validate:"max=200"`
	// Only places directly within these places.
	Parent []int64 `query:"parent" form:"parent" validate:"max=200"`
	// Only places in these countries (ISO 3166-1 codes).
	Country []string `query:"country" form:"country" validate:"max=200,dive,iso3166_1_alpha2" example:"KZ"`
	// Words of a current or former name. The best match comes first.
	Q string `query:"q" form:"q" validate:"max=200"`
}
