package bundle

import (
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/text"
)

// Person is a mention of a person, with the details of a new one. It can stand wherever the document refers to a
// person.
//
//	@Description	A person by `name`, as the source gives it, or by `id`. All other fields are used only if the person is
//	@Description	new: a bundle never changes an existing record. Details given once need not be repeated.
type Person struct {
	ID          *int64           `json:"id" validate:"omitnil,gt=0" example:"7"`                               // An existing person. Without it, `name` finds the person.
	New         bool             `json:"new" example:"false"`                                                  // Whether to create a new person even if the registry has one with the same or a similar name.
	Name        string           `json:"name" validate:"required_without=ID,max=500" example:"Talgat Kaliyev"` // Any of the person's names. For a new person, the main name in the language of the bundle.
	Names       text.Map         `json:"names"`                                                                // The main name by language. If it contains `name` under another language, `name` counts for that language.
	OtherNames  []text.OtherName `json:"other_names"`                                                          // Other spellings. The document can use them, too.
	Honorific   text.Map         `json:"honorific"`                                                            // Title before the name.
	Bio         text.Map         `json:"bio"`                                                                  // Short biography.
	ExternalIDs []string         `json:"external_ids" example:"wikidata:Q42"`                                  // Ids in other systems. They take precedence over the name in finding an existing person.
	Visibility  string           `json:"visibility"`                                                           // `restricted`: the public sees only role and organization.
	Notes       *string          `json:"notes"`                                                                // Internal notes.
} //	@name	BundlePerson

// Organization is a mention of an organization, with the details of a new one. It can stand wherever the document
// refers to an organization.
//
//	@Description	An organization by `name`, as the source gives it, or by `id`. All other fields are used only if it is
//	@Description	new: a bundle never changes an existing record. Details given once need not be repeated.
type Organization struct {
	ID          *int64           `json:"id" validate:"omitnil,gt=0" example:"7"`                                             // An existing organization. Without it, `name` finds the organization.
	New         bool             `json:"new" example:"false"`                                                                // Whether to create a new organization even if the registry has one with the same or a similar name.
	Name        string           `json:"name" validate:"required_without=ID,max=500" example:"Civil Alliance of Kazakhstan"` // Any of the organization's names. For a new one, the main name in the language of the bundle.
	Names       text.Map         `json:"names"`                                                                              // The main name by language. If it contains `name` under another language, `name` counts for that language.
	ShortName   text.Map         `json:"short_name"`                                                                         // Abbreviation. The document can use it, too.
	OtherNames  []text.OtherName `json:"other_names"`                                                                        // Other spellings. The document can use them, too.
	Kind        string           `json:"kind" example:"ngo"`                                                                 // Kind of organization.
	Parent      *string          `json:"parent" validate:"omitnil,min=1,max=500" example:"Presidential Administration"`      // The organization that it is part of, by any of its names.
	Country     *string          `json:"country" example:"KZ"`                                                               // ISO 3166-1 code.
	Website     *string          `json:"website" example:"https://example.org"`                                              // Home page.
	FoundedOn   *date.Partial    `json:"founded_on" swaggertype:"string" example:"1993-06"`                                  // YYYY, YYYY-MM or YYYY-MM-DD.
	DissolvedOn *date.Partial    `json:"dissolved_on" swaggertype:"string" example:"2022"`                                   // YYYY, YYYY-MM or YYYY-MM-DD.
	ExternalIDs []string         `json:"external_ids" example:"ror:03yrm5c26"`                                               // Ids in other systems. They take precedence over the name in finding an existing organization.
} //	@name	BundleOrganization

// Place has the details of a place that the document names.
//
//	@Description	Details of a place that the document names. They are used only if the place is new.
type Place struct {
	ID          *int64             `json:"id" validate:"omitnil,gt=0" example:"7"`                       // An existing place. Without it, `name` finds the place.
	Name        string             `json:"name" validate:"required_without=ID,max=200" example:"Astana"` // Any of its names. For a new place, the main name in the language of the bundle.
	Names       text.Map           `json:"names"`                                                        // The main name by language. If it contains `name` under another language, `name` counts for that language.
	FormerNames []place.FormerName `json:"former_names"`                                                 // Previous names. The document can use them, too.
	OtherNames  []text.OtherName   `json:"other_names"`                                                  // Other spellings. The document can use them, too.
	Country     *string            `json:"country" example:"KZ"`                                         // ISO 3166-1 code.
	Region      *string            `json:"region" example:"Zhambyl region"`                              // Region within the country.
	Parent      *string            `json:"parent" validate:"omitnil,min=1,max=200" example:"Kazakhstan"` // The place that contains it, by any of its names.
	Latitude    *float64           `json:"latitude" example:"51.1694"`                                   // In degrees.
	Longitude   *float64           `json:"longitude" example:"71.4491"`                                  // In degrees.
} //	@name	BundlePlace

// Topic has the details of a topic that the document names.
//
//	@Description	Details of a topic that the document names by label. They are used only if the topic is new.
type Topic struct {
	ID          *int64   `json:"id" validate:"omitnil,gt=0" example:"7"`                          // An existing topic. Without it, `label` finds the topic.
	Label       string   `json:"label" validate:"required_without=ID,max=200" example:"language"` // Its label in any language. For a new topic, the label in the language of the bundle.
	Labels      text.Map `json:"labels"`                                                          // The label by language. If it contains `label` under another language, `label` counts for that language.
	Description text.Map `json:"description"`                                                     // What the topic covers.
	Parent      *string  `json:"parent" validate:"omitnil,min=1,max=200" example:"society"`       // The broader topic, by label.
} //	@name	BundleTopic
