// Package place holds towns, regions and countries where round tables were held or that were spoken of, with the names
// they had before.
package place

import (
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// FormerName is a name that a place had.
//
//	@Description	A name that a place had.
type FormerName struct {
	Name  text.Map      `json:"name" validate:"required,text=200"` // The name.
	Until *date.Partial `json:"until"`                             // When it was given up, as far as that is known.
} //	@name	FormerName

// Input is what a client writes.
//
//	@Description	A town, a region or a country.
type Input struct {
	Name        text.Map         `json:"name" db:"name" validate:"required,text=200"`                                  // The name of today.
	FormerNames []FormerName     `json:"former_names" db:"former_names" validate:"max=50,dive"`                        // The names of before: the place is found by them, too.
	OtherNames  []text.OtherName `json:"other_names" db:"other_names" validate:"max=100,dive"`                         // Other spellings.
	Country     *string          `json:"country" db:"country" validate:"omitnil,iso3166_1_alpha2" example:"KZ"`        // The country, by its code of ISO 3166-1.
	Region      *string          `json:"region" db:"region" validate:"omitnil,min=1,max=200" example:"Almaty Region"`  // The region, as people name it.
	ParentID    *int64           `json:"parent_id" db:"parent_id" validate:"omitnil,gt=0" example:"1"`                 // The place that it is a part of.
	Latitude    *float64         `json:"latitude" db:"latitude" validate:"omitnil,gte=-90,lte=90" example:"51.13"`     // In degrees north, WGS 84; together with the longitude.
	Longitude   *float64         `json:"longitude" db:"longitude" validate:"omitnil,gte=-180,lte=180" example:"71.43"` // In degrees east.
} //	@name	PlaceInput

// Check gives the mistakes that no tag can say.
func (in *Input) Check() []apperr.Field {
	fields := text.CheckOtherNames("/other_names", in.OtherNames)
	for i, f := range in.FormerNames {
		fields = append(fields, f.Name.Check("/former_names/"+strconv.Itoa(i)+"/name", 200)...)
	}
	switch {
	case in.Latitude != nil && in.Longitude == nil:
		fields = append(fields, apperr.At("/longitude", "required"))
	case in.Latitude == nil && in.Longitude != nil:
		fields = append(fields, apperr.At("/latitude", "required"))
	}
	return fields
}

func (in *Input) complete() {
	if in.FormerNames == nil {
		in.FormerNames = []FormerName{}
	}
	if in.OtherNames == nil {
		in.OtherNames = []text.OtherName{}
	}
}

func (in Input) spellings() []string {
	all := append(spelling.Of(in.Name), spelling.OfOthers(in.OtherNames)...)
	for _, f := range in.FormerNames {
		all = append(all, spelling.Of(f.Name)...)
	}
	return all
}

// Place is the record.
//
//	@Description	A town, a region or a country.
type Place struct {
	changes.Record
	Input
	Parent *text.Ref  `json:"parent" db:"parent"` // The place that it is a part of, in short.
	Added  text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Place

// Filter is what a list can be narrowed by.
type Filter struct {
	paging.Params
	ID      []int64  `query:"id" form:"id" validate:"max=200"`                                              // Only these records.
	Parent  []int64  `query:"parent" form:"parent" validate:"max=200"`                                      // Only places directly within these.
	Country []string `query:"country" form:"country" validate:"max=200,dive,iso3166_1_alpha2" example:"KZ"` // Only places in these countries, by their codes of ISO 3166-1.
	Q       string   `query:"q" form:"q" validate:"max=200"`                                                // Words of a name, of today or before. The best match comes first.
}
