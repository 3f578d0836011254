package bundle

import (
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/text"
)

// Person names a person wherever the document speaks of one, and says what is known if they are new.
//
//	@Description	A person by `name` as the source gives it, or by `id`. All other fields count only if the person is new:
//	@Description	an existing record is never changed by a bundle. What is said once need not be said again.
type Person struct {
	ID          *int64           `json:"id" validate:"omitnil,gt=0" example:"7"`                                                             // An existing person. Without it, `name` finds them.
	New         bool             `json:"new" example:"false"`                                                                                // Whether this is a person whom the registry does not know, whatever names it has: a namesake of one whom it knows.
	Name        string           `json:"name" validate:"required_without=ID,max=500" example:"Talgat Kaliyev"`                               // Any of the person's names; a new person's main one, in the language of the bundle.
	Names       text.Map         `json:"names" validate:"text=500"`                                                                          // The main name by language. Where it has `name` under another language, that language holds.
	OtherNames  []text.OtherName `json:"other_names" validate:"max=100,dive"`                                                                // Other spellings; the document may use them too.
	Honorific   text.Map         `json:"honorific" validate:"text=100"`                                                                      // Title before the name.
	Bio         text.Map         `json:"bio" validate:"text=10000"`                                                                          // Who they are.
	ExternalIDs []string         `json:"external_ids" validate:"max=50,unique,dive,external_id,max=200" example:"wikidata:Q42"`              // Ids elsewhere. They find an existing person before the name does.
	Visibility  string           `json:"visibility" validate:"omitempty,oneof=public restricted" enums:"public,restricted" default:"public"` // `restricted`: the public sees role and organization only.
	Notes       *string          `json:"notes" validate:"omitnil,min=1,max=10000"`                                                           // Internal.
} //	@name	BundlePerson

// Organization names an organization wherever the document speaks of one, and says what is known if it is new.
//
//	@Description	An organization by `name` as the source gives it, or by `id`. All other fields count only if it is new:
//	@Description	an existing record is never changed by a bundle. What is said once need not be said again.
type Organization struct {
	ID          *int64           `json:"id" validate:"omitnil,gt=0" example:"7"`                                                                                                                                                                                                                              // An existing organization. Without it, `name` finds it.
	New         bool             `json:"new" example:"false"`                                                                                                                                                                                                                                                 // Whether this is an organization that the registry does not know, whatever names it has.
	Name        string           `json:"name" validate:"required_without=ID,max=500" example:"Civil Alliance of Kazakhstan"`                                                                                                                                                                                  // Any of the organization's names; a new one's main name, in the language of the bundle.
	Names       text.Map         `json:"names" validate:"text=500"`                                                                                                                                                                                                                                           // The main name by language. Where it has `name` under another language, that language holds.
	ShortName   text.Map         `json:"short_name" validate:"text=100"`                                                                                                                                                                                                                                      // Abbreviation; the document may use it too.
	OtherNames  []text.OtherName `json:"other_names" validate:"max=100,dive"`                                                                                                                                                                                                                                 // Other spellings; the document may use them too.
	Kind        string           `json:"kind" validate:"omitempty,oneof=government advisory_body ngo foundation think_tank academia media business international other" enums:"government,advisory_body,ngo,foundation,think_tank,academia,media,business,international,other" default:"other" example:"ngo"` // Kind of organization.
	Parent      *string          `json:"parent" validate:"omitnil,min=1,max=500" example:"Presidential Administration"`                                                                                                                                                                                       // The organization that it is a part of, by any of its names.
	Country     *string          `json:"country" validate:"omitnil,iso3166_1_alpha2" example:"KZ"`                                                                                                                                                                                                            // ISO 3166-1 code.
	Website     *string          `json:"website" validate:"omitnil,http_url,max=2000" example:"https://example.org"`                                                                                                                                                                                          // Home page.
	FoundedOn   *date.Partial    `json:"founded_on" swaggertype:"string" example:"1993-06"`                                                                                                                                                                                                                   // YYYY, YYYY-MM or YYYY-MM-DD.
	DissolvedOn *date.Partial    `json:"dissolved_on" swaggertype:"string" example:"2022"`                                                                                                                                                                                                                    // YYYY, YYYY-MM or YYYY-MM-DD.
	ExternalIDs []string         `json:"external_ids" validate:"max=50,unique,dive,external_id,max=200" example:"ror:03yrm5c26"`                                                                                                                                                                              // Ids elsewhere. They find an existing organization before the name does.
} //	@name	BundleOrganization

// Place says more about a place that the document names.
//
//	@Description	More about a place that the document names. All of it counts only if the place is new.
type Place struct {
	ID          *int64             `json:"id" validate:"omitnil,gt=0" example:"7"`                           // An existing place. Without it, `name` finds it.
	Name        string             `json:"name" validate:"required_without=ID,max=200" example:"Astana"`     // Any of its names; a new place's main one, in the language of the bundle.
	Names       text.Map           `json:"names" validate:"text=200"`                                        // The main name by language. Where it has `name` under another language, that language holds.
	FormerNames []place.FormerName `json:"former_names" validate:"max=20,dive"`                              // What it was called before; the document may use them too.
	OtherNames  []text.OtherName   `json:"other_names" validate:"max=100,dive"`                              // Other spellings; the document may use them too.
	Country     *string            `json:"country" validate:"omitnil,iso3166_1_alpha2" example:"KZ"`         // ISO 3166-1 code.
	Region      *string            `json:"region" validate:"omitnil,min=1,max=200" example:"Zhambyl region"` // Region within the country.
	Parent      *string            `json:"parent" validate:"omitnil,min=1,max=200" example:"Kazakhstan"`     // The wider place, by any of its names.
	Latitude    *float64           `json:"latitude" validate:"omitnil,gte=-90,lte=90" example:"51.1694"`     // In degrees.
	Longitude   *float64           `json:"longitude" validate:"omitnil,gte=-180,lte=180" example:"71.4491"`  // In degrees.
} //	@name	BundlePlace

// Topic says more about a topic that the document names.
//
//	@Description	More about a topic that the document names by label. All of it counts only if the topic is new.
type Topic struct {
	ID          *int64   `json:"id" validate:"omitnil,gt=0" example:"7"`                          // An existing topic. Without it, `label` finds it.
	Label       string   `json:"label" validate:"required_without=ID,max=200" example:"language"` // Its label in any language; a new topic's, in the language of the bundle.
	Labels      text.Map `json:"labels" validate:"text=200"`                                      // The label by language. Where it has `label` under another language, that language holds.
	Description text.Map `json:"description" validate:"text=2000"`                                // What belongs under it.
	Parent      *string  `json:"parent" validate:"omitnil,min=1,max=200" example:"society"`       // The wider topic, by label.
} //	@name	BundleTopic
