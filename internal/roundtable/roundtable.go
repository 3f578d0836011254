// Package roundtable holds the events: round tables, conferences, briefings. Other packages hold their organizers,
// attendees, statements and recommendations.
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
//	@Description	An event, such as a round table, a conference or a briefing.
type Input struct {
	// Official title, or the title that the source uses.
	Title text.Map `json:"title" db:"title" validate:"required,text=500"`
	// Purpose of the event.
	Purpose text.Map `json:"purpose" db:"purpose" validate:"text=5000"`
	// Type of event.
	Format string `json:"format" db:"format" validate:"omitempty,oneof=round_table conference webinar briefing meeting presentation forum hearing other" enums:"round_table,conference,webinar,briefing,meeting,presentation,forum,hearing,other" default:"round_table"`
	// Whether the event is planned, took place, was postponed or was cancelled.
	Status string `json:"status" db:"status" validate:"omitempty,oneof=scheduled held postponed cancelled" enums:"scheduled,held,postponed,cancelled" default:"held"`
	// The public sees only `published`. Changes to or from `published` or `withdrawn` require the scope `publish`.
	Publication string `json:"publication" db:"publication" validate:"omitempty,oneof=draft review published withdrawn" enums:"draft,review,published,withdrawn" default:"draft"`
	// First day, in the time zone of the event. Null if the source gives no date. Default: the day of `starts_at`.
	StartsOn *date.Day `json:"starts_on" db:"starts_on"`
	// Last day. Null for an event of one day. Default: the day of `ends_at`, if later than `starts_on`.
	EndsOn *date.Day `json:"ends_on" db:"ends_on"`
	// Precision of `starts_on`. Give a month or year as its first day. Default: `day`, or `unknown` without a date.
	DatePrecision string `json:"date_precision" db:"date_precision" validate:"omitempty,oneof=day month year unknown" enums:"day,month,year,unknown" example:"day"`
	// Start time with offset (RFC 3339). Responses use the offset of `timezone` at that time.
	StartsAt *time.Time `json:"starts_at" db:"starts_at" format:"date-time" example:"2020-02-27T10:00:00+06:00"`
	// End time with offset (RFC 3339).
	EndsAt *time.Time `json:"ends_at" db:"ends_at" format:"date-time" example:"2020-02-27T13:00:00+06:00"`
	// Time zone of the event (IANA name).
	Timezone string `json:"timezone" db:"timezone" validate:"omitempty,max=60,timezone" default:"Asia/Almaty" example:"Asia/Almaty"`
	// Whether people met in person, online or both.
	Mode string `json:"mode" db:"mode" validate:"omitempty,oneof=in_person online hybrid unknown" enums:"in_person,online,hybrid,unknown" default:"unknown"`
	// The town, region or country.
	PlaceID *int64 `json:"place_id" db:"place_id" validate:"omitnil,gt=0" example:"1"`
	// The building or hall.
	Venue text.Map `json:"venue" db:"venue" validate:"text=500"`
	// Address where the event could be followed online.
	OnlineURL *string `json:"online_url" db:"online_url" validate:"omitnil,http_url,max=2000" example:"https://example.org/stream"`
	// The forum or series that the event belongs to.
	ParentID *int64 `json:"parent_id" db:"parent_id" validate:"omitnil,gt=0" example:"1"`
	// Working languages (BCP 47).
	Languages []string `json:"languages" db:"languages" validate:"max=20,unique,dive,language" example:"ru"`
	// Topics of the event, the main topic first.
	TopicIDs []int64 `json:"topic_ids" db:"-" validate:"max=50,unique,dive,gt=0" example:"1"`
	// Linked documents and their relation to the event.
	DocumentLinks []DocumentLink `json:"document_links" db:"-" validate:"max=200,unique,dive"`
	// Outcome of the event.
	Outcome text.Map `json:"outcome" db:"outcome" validate:"text=10000"`
	// Identifiers in other systems, as `scheme:identifier`. No two events share one.
	ExternalIDs []string `json:"external_ids" db:"external_ids" validate:"max=50,unique,dive,max=200,external_id" example:"kisi:5298"`
	// Internal notes. Null for callers who may see only published data.
	Notes *string `json:"notes" db:"notes" validate:"omitnil,min=1,max=10000" example:"Second session is missing in the source."`
} //	@name	RoundTableInput

// DocumentLink links a document to a round table.
//
//	@Description	A linked document and its relation to the event.
type DocumentLink struct {
	// The document.
	DocumentID int64 `json:"document_id" validate:"required,gt=0" example:"1"`
	// Relation of the document to the event.
	Relation string `json:"relation" validate:"required,oneof=source presented discussed outcome" enums:"source,presented,discussed,outcome" example:"source"`
} //	@name	DocumentLink

// RoundTable is a stored round table.
//
//	@Description	An event, such as a round table, a conference or a briefing.
type RoundTable struct {
	changes.Record
	Input
	// Linked documents and their relation to the event.
	DocumentLinks []LinkedDocument `json:"document_links" db:"document_links"`
	// The place, by id and name.
	Place *text.Ref `json:"place" db:"place"`
	// The forum or series, by id and name.
	Parent *text.Ref `json:"parent" db:"parent"`
	// The topics by id and name, in the order of `topic_ids`.
	Topics []text.Ref `json:"topics" db:"topics"`
	// The organizations with a part in the event, in the order of the source.
	Organizers []OrganizerRef `json:"organizers" db:"organizers"`
	// Numbers of records that belong to the event.
	Counts Counts     `json:"counts" db:"counts"`
	Added  text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	RoundTable

// LinkedDocument is a linked document with its title.
//
//	@Description	A linked document and its relation to the event.
type LinkedDocument struct {
	DocumentLink
	Document text.Ref `json:"document"` // The document, by id and title.
} //	@name	LinkedDocument

// OrganizerRef refers to an organization with a part in the event.
//
//	@Description	An organization by id and name, and its part in the event.
type OrganizerRef struct {
	// The organization.
	ID int64 `json:"id" example:"1"`
	// Name of the organization.
	Name text.Map `json:"name" validate:"required"`
	// Part of the organization in the event.
	Kind  string     `json:"kind" enums:"organizer,co_organizer,host,partner,supporter,sponsor,media_partner"`
	Added text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	OrganizerRef

// Counts holds the numbers of records that belong to an event.
//
//	@Description	Numbers of records that belong to the event.
type Counts struct {
	Organizers int64 `json:"organizers" example:"3"`
	// People, organizations, unresolved names and unnamed groups. Each counts as one.
	Attendees int64 `json:"attendees" example:"19"`
	// Attendees who made a statement or have a role that counts as speaking.
	Speakers int64 `json:"speakers" example:"16"`
	// A statement in several languages counts once.
	Statements      int64 `json:"statements" example:"27"`
	Recommendations int64 `json:"recommendations" example:"4"`
} //	@name	RoundTableCounts

// Filter holds the filters of the list.
type Filter struct {
	paging.Params
	// Only records with these ids.
	ID []int64 `query:"id" form:"id" validate:"max=200"`
	// Only events that start on or after this day. A known month or year counts as its first day.
	StartsFrom *date.Day `query:"starts_from" form:"starts_from" swaggertype:"string" format:"date" example:"2020-02-27"`
	// Only events that start before this day.
	StartsTo *date.Day `query:"starts_to" form:"starts_to" swaggertype:"string" format:"date" example:"2020-02-27"`
	// Only events in which these organizations have a part, such as organizer, host or partner.
	Organizer []int64 `query:"organizer" form:"organizer" validate:"max=200"`
	// Only events that these people attended or at which they were quoted.
	Person []int64 `query:"person" form:"person" validate:"max=200"`
	// Only events that these organizations organized or attended, or where an attendee held a position in them.
	Organization []int64 `query:"organization" form:"organization" validate:"max=200"`
	// Only events where an attendee had one of these roles.
	Role []string `query:"role" form:"role" validate:"max=200"`
	// Only events with these topics. Topics of single statements do not count.
	Topic []int64 `query:"topic" form:"topic" validate:"max=200"`
	// Only events in these places.
	Place []int64 `query:"place" form:"place" validate:"max=200"`
	// Only events in places of these countries (ISO 3166-1 codes).
	Country []string `query:"country" form:"country" validate:"max=200,dive,iso3166_1_alpha2" example:"KZ"`
	// Only events of these types.
	Format []string `query:"format" form:"format" enums:"round_table,conference,webinar,briefing,meeting,presentation,forum,hearing,other" validate:"max=200"`
	// Only events with one of these statuses.
	Status []string `query:"status" form:"status" enums:"scheduled,held,postponed,cancelled" validate:"max=200"`
	// Only events held in one of these ways.
	Mode []string `query:"mode" form:"mode" enums:"in_person,online,hybrid,unknown" validate:"max=200"`
	// Only events with one of these working languages.
	Language []string `query:"language" form:"language" validate:"max=200,dive,language" example:"kk"`
	// Words of the title, purpose or outcome.
	Q string `query:"q" form:"q" validate:"max=200"`
	// Only events with statements (`true`) or without any (`false`).
	HasStatements *bool `query:"has_statements" form:"has_statements"`
	// Only events that belong directly to these events.
	Parent []int64 `query:"parent" form:"parent" validate:"max=200"`
	// Only events with these identifiers.
	ExternalID []string `query:"external_id" form:"external_id" validate:"max=200" example:"kisi:5298"`
	// Only events in this state. Without a key with the scope `read`, all are `published`.
	Publication []string `query:"publication" form:"publication" enums:"draft,review,published,withdrawn" validate:"max=200"`
}
