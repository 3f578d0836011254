// Package roundtable holds the events: round tables, conferences, briefings. Who organized and attended them and what was
// said there are records of their own.
package roundtable

import (
	"time"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	An event: a round table, a conference, a briefing.
type Input struct {
	Title         text.Map       `json:"title" db:"title" validate:"required,text=500"`                                                                                                                                                                                                 // The official title, or the one that the source uses.
	Purpose       text.Map       `json:"purpose" db:"purpose" validate:"text=5000"`                                                                                                                                                                                                     // What it was held for.
	Format        string         `json:"format" db:"format" validate:"omitempty,oneof=round_table conference webinar briefing meeting presentation forum hearing other" enums:"round_table,conference,webinar,briefing,meeting,presentation,forum,hearing,other" default:"round_table"` // What kind of event it is.
	Status        string         `json:"status" db:"status" validate:"omitempty,oneof=scheduled held postponed cancelled" enums:"scheduled,held,postponed,cancelled" default:"held"`                                                                                                    // Whether it took place.
	Publication   string         `json:"publication" db:"publication" validate:"omitempty,oneof=draft review published withdrawn" enums:"draft,review,published,withdrawn" default:"draft"`                                                                                             // Who can see it: everyone sees what is `published`. To set it to or away from `published` and `withdrawn` takes the scope `publish`.
	StartsOn      *date.Day      `json:"starts_on" db:"starts_on"`                                                                                                                                                                                                                      // The first day, in the time zone of the event; null only where the source gives no date. Left out, it is the day of `starts_at`.
	EndsOn        *date.Day      `json:"ends_on" db:"ends_on"`                                                                                                                                                                                                                          // The last day; null for an event of one day. Left out, it is the day of `ends_at` where that is a later one.
	DatePrecision string         `json:"date_precision" db:"date_precision" validate:"omitempty,oneof=day month year unknown" enums:"day,month,year,unknown" example:"day"`                                                                                                             // How much of `starts_on` the source gives; a month or a year stands as its first day. Left out: `day`, or `unknown` without a date.
	StartsAt      *time.Time     `json:"starts_at" db:"starts_at" format:"date-time" example:"2020-02-27T10:00:00+06:00"`                                                                                                                                                               // When it began. Answers have the offset of `timezone` at that time.
	EndsAt        *time.Time     `json:"ends_at" db:"ends_at" format:"date-time" example:"2020-02-27T13:00:00+06:00"`                                                                                                                                                                   // When it ended.
	Timezone      string         `json:"timezone" db:"timezone" validate:"omitempty,max=60,timezone" default:"Asia/Almaty" example:"Asia/Almaty"`                                                                                                                                       // Time zone of the event, by its name in the IANA database.
	Mode          string         `json:"mode" db:"mode" validate:"omitempty,oneof=in_person online hybrid unknown" enums:"in_person,online,hybrid,unknown" default:"unknown"`                                                                                                           // Where people met.
	PlaceID       *int64         `json:"place_id" db:"place_id" validate:"omitnil,gt=0" example:"1"`                                                                                                                                                                                    // The town or country.
	Venue         text.Map       `json:"venue" db:"venue" validate:"text=500"`                                                                                                                                                                                                          // The building or hall.
	OnlineURL     *string        `json:"online_url" db:"online_url" validate:"omitnil,http_url,max=2000" example:"https://example.org/stream"`                                                                                                                                          // Where it could be followed.
	ParentID      *int64         `json:"parent_id" db:"parent_id" validate:"omitnil,gt=0" example:"1"`                                                                                                                                                                                  // The forum or series that it is a part of.
	Languages     []string       `json:"languages" db:"languages" validate:"max=20,unique,dive,language" example:"ru"`                                                                                                                                                                  // Working languages.
	TopicIDs      []int64        `json:"topic_ids" db:"-" validate:"max=50,unique,dive,gt=0" example:"1"`                                                                                                                                                                               // What it was about, the main subject first.
	DocumentLinks []DocumentLink `json:"document_links" db:"-" validate:"max=200,unique,dive"`                                                                                                                                                                                          // The documents behind it.
	Outcome       text.Map       `json:"outcome" db:"outcome" validate:"text=10000"`                                                                                                                                                                                                    // What came of it.
	ExternalIDs   []string       `json:"external_ids" db:"external_ids" validate:"max=50,unique,dive,max=200,external_id" example:"kisi:5298"`                                                                                                                                          // Its identifiers in other systems, as scheme:identifier; no two events share one.
	Notes         *string        `json:"notes" db:"notes" validate:"omitnil,min=1,max=10000" example:"Second session is missing in the source."`                                                                                                                                        // Internal notes; null for those who see only what is published.
} //	@name	RoundTableInput

// DocumentLink ties a document to a round table.
//
//	@Description	A document and what it is to the event.
type DocumentLink struct {
	DocumentID int64  `json:"document_id" validate:"required,gt=0" example:"1"`                                                                                  // The document.
	Relation   string `json:"relation" validate:"required,oneof=source presented discussed outcome" enums:"source,presented,discussed,outcome" example:"source"` // What it is to the event.
} //	@name	DocumentLink

// RoundTable is the record.
//
//	@Description	An event: a round table, a conference, a briefing.
type RoundTable struct {
	changes.Record
	Input
	DocumentLinks []LinkedDocument `json:"document_links" db:"document_links"` // The documents behind it.
	Place         *text.Ref        `json:"place" db:"place"`                   // The place in short.
	Parent        *text.Ref        `json:"parent" db:"parent"`                 // The forum or series in short.
	Topics        []text.Ref       `json:"topics" db:"topics"`                 // The topics in short, in the order of `topic_ids`.
	Organizers    []OrganizerRef   `json:"organizers" db:"organizers"`         // Who held it, in the order of the source.
	Counts        Counts           `json:"counts" db:"counts"`                 // How many records belong to it.
	Added         text.Added       `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	RoundTable

// LinkedDocument is a linked document with its title.
//
//	@Description	A document and what it is to the event.
type LinkedDocument struct {
	DocumentLink
	Document text.Ref `json:"document"` // The document in short.
} //	@name	LinkedDocument

// OrganizerRef is an organization that held the event.
//
//	@Description	An organization in short, and its part in the event.
type OrganizerRef struct {
	ID    int64      `json:"id" example:"1"`                                                                   // The organization.
	Name  text.Map   `json:"name" validate:"required"`                                                         // Its name.
	Kind  string     `json:"kind" enums:"organizer,co_organizer,host,partner,supporter,sponsor,media_partner"` // Its part in the event.
	Added text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	OrganizerRef

// Counts are how many records belong to an event.
//
//	@Description	How many records belong to the event.
type Counts struct {
	Organizers      int64 `json:"organizers" example:"3"`
	Attendees       int64 `json:"attendees" example:"19"`  // People, organizations, unresolved names and unnamed groups, each as one.
	Speakers        int64 `json:"speakers" example:"16"`   // Attendees who made a statement or hold a role that speaks.
	Statements      int64 `json:"statements" example:"27"` // Statements in any language count once.
	Recommendations int64 `json:"recommendations" example:"4"`
} //	@name	RoundTableCounts

// Filter is what a list can be narrowed by.
type Filter struct {
	paging.Params
	ID            []int64   `query:"id" form:"id" validate:"max=200"`                                                                                                  // Only these records.
	StartsFrom    *date.Day `query:"starts_from" form:"starts_from" swaggertype:"string" format:"date" example:"2020-02-27"`                                           // Only events that start on this day or later. An event known by its month or year only counts as starting on the first day of it.
	StartsTo      *date.Day `query:"starts_to" form:"starts_to" swaggertype:"string" format:"date" example:"2020-02-27"`                                               // Only events that start before this day.
	Organizer     []int64   `query:"organizer" form:"organizer" validate:"max=200"`                                                                                    // Only events with a part of these organizations: organizer, host, partner, …
	Person        []int64   `query:"person" form:"person" validate:"max=200"`                                                                                          // Only events that these people attended or were quoted at.
	Organization  []int64   `query:"organization" form:"organization" validate:"max=200"`                                                                              // Only events that these organizations organized or attended, or where someone held a position in them.
	Role          []string  `query:"role" form:"role" validate:"max=200"`                                                                                              // Only events where someone held one of these roles.
	Topic         []int64   `query:"topic" form:"topic" validate:"max=200"`                                                                                            // Only events filed under these topics. Topics of single statements do not count.
	Place         []int64   `query:"place" form:"place" validate:"max=200"`                                                                                            // Only events in these places.
	Country       []string  `query:"country" form:"country" validate:"max=200,dive,iso3166_1_alpha2" example:"KZ"`                                                     // Only events in places of these countries (ISO 3166-1).
	Format        []string  `query:"format" form:"format" enums:"round_table,conference,webinar,briefing,meeting,presentation,forum,hearing,other" validate:"max=200"` // Only these kinds of event.
	Status        []string  `query:"status" form:"status" enums:"scheduled,held,postponed,cancelled" validate:"max=200"`                                               // Only events that took place (`held`), or did not.
	Mode          []string  `query:"mode" form:"mode" enums:"in_person,online,hybrid,unknown" validate:"max=200"`                                                      // Only events where people met so.
	Language      []string  `query:"language" form:"language" validate:"max=200,dive,language" example:"kk"`                                                           // Only events with one of these working languages.
	Q             string    `query:"q" form:"q" validate:"max=200"`                                                                                                    // Words of the title, the purpose or the outcome.
	HasStatements *bool     `query:"has_statements" form:"has_statements"`                                                                                             // Only events with statements (`true`) or without any (`false`).
	Parent        []int64   `query:"parent" form:"parent" validate:"max=200"`                                                                                          // Only events that are directly part of these.
	ExternalID    []string  `query:"external_id" form:"external_id" validate:"max=200" example:"kisi:5298"`                                                            // Only the events with these identifiers of other systems.
	Publication   []string  `query:"publication" form:"publication" enums:"draft,review,published,withdrawn" validate:"max=200"`                                       // Only events in this state. Without a key with the scope `read` all are `published`.
}
