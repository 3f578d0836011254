// Package roundtable holds the events: round tables, conferences, briefings. Other packages hold their organizers,
// attendees, statements and recommendations.
package roundtable

import (
	"cmp"
	"sync"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	An event, such as a round table, a conference or a briefing.
type Input struct {
	// Official title, or the title that the source uses.
	Title text.Map `json:"title" db:"title" validate:"required,text=500"`
	// Purpose of the event.
	Purpose text.Map `json:"purpose" db:"purpose" validate:"text=5000" lines:"keep"`
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
	// The place as the source writes it.
	PlaceAsListed *string `json:"place_as_listed" db:"place_as_listed" validate:"omitnil,min=1,max=200" example:"г. Нур-Султан"`
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
	Outcome text.Map `json:"outcome" db:"outcome" validate:"text=10000" lines:"keep"`
	// Identifiers in other systems, as `scheme:identifier`. No two events share one.
	// Identifiers of ORCID, ISNI, Wikidata, ROR and DOI are checked, accepted as addresses, too, and stored in one form.
	ExternalIDs []string `json:"external_ids" db:"external_ids" validate:"max=50,unique,dive,max=200,external_id" example:"kisi:5298"`
	// Internal notes. Null for callers who may see only published data.
	Notes *string `json:"notes" db:"notes" validate:"omitnil,min=1,max=10000" lines:"keep" example:"Second session is missing in the source."`
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
	// The forum or series, with its date.
	Parent *text.RoundTableRef `json:"parent" db:"parent"`
	// The topics by id and name, in the order of `topic_ids`.
	Topics []text.Ref `json:"topics" db:"topics"`
	// The organizations with a part in the event, in the order of the source.
	Organizers []OrganizerRef `json:"organizers" db:"organizers"`
	// Who submitted the event for review. Null if it was never submitted, and for callers who may see only published data.
	Review *Review `json:"review" db:"review"`
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
	// Only round tables that start on or after this day, or their records. A known month or year counts as its first day.
	StartsFrom *date.Day `query:"starts_from" form:"starts_from" swaggertype:"string" format:"date" example:"2020-02-27"`
	// Only round tables that start before this day (not on it), or their records.
	StartsTo *date.Day `query:"starts_to" form:"starts_to" swaggertype:"string" format:"date" example:"2020-02-27"`
	// Only round tables in which one of these organizations has a part, such as organizer, host or partner, or their records; after `all:` all of them.
	Organizer []int64 `query:"organizer" form:"organizer" validate:"max=200"`
	// Only round tables that one of these people attended or at which one was quoted, or their records; after `all:` all of them: `all:1,2`.
	Person []int64 `query:"person" form:"person" validate:"max=200"`
	// Only round tables that one of these organizations organized or attended, or where an attendee held a position in one; after `all:` all of them.
	Organization []int64 `query:"organization" form:"organization" validate:"max=200"`
	reference.OrganizationTreeFilter
	// Only round tables where an attendee had one of these roles, or their records; after `all:` all of them.
	Role []string `query:"role" form:"role" validate:"max=200"`
	// Only round tables with one of these topics, or their records; after `all:` with all of them. Topics of single statements do not count.
	Topic []int64 `query:"topic" form:"topic" validate:"max=200"`
	// Only round tables in these places, or their records.
	Place []int64 `query:"place" form:"place" validate:"max=200"`
	// Only round tables in places of these countries (ISO 3166-1 codes), or their records.
	Country []string `query:"country" form:"country" validate:"max=200,dive,iso3166_1_alpha2" example:"KZ"`
	// Only round tables of these types, or their records.
	Format []string `query:"format" form:"format" enums:"round_table,conference,webinar,briefing,meeting,presentation,forum,hearing,other" validate:"max=200"`
	// Only round tables with one of these statuses, or their records.
	Status []string `query:"status" form:"status" enums:"scheduled,held,postponed,cancelled" validate:"max=200"`
	// Only round tables held in one of these ways, or their records.
	Mode []string `query:"mode" form:"mode" enums:"in_person,online,hybrid,unknown" validate:"max=200"`
	// Only round tables with one of these working languages, or their records; after `all:` with all of them.
	Language []string `query:"language" form:"language" validate:"max=200,dive,language" example:"kk"`
	// Words of the title, purpose, outcome or venue, or of the name of a topic or the place, in any of their grammatical forms.
	Q string `query:"q" form:"q" validate:"max=200"`
	// Only round tables with statements (`true`) or without any (`false`).
	HasStatements *bool `query:"has_statements" form:"has_statements"`
	// Only round tables with identified people among the attendees (`true`) or without any (`false`).
	HasPeople *bool `query:"has_people" form:"has_people"`
	// Only round tables with links to these documents.
	Document []int64 `query:"document" form:"document" validate:"max=200"`
	// Only round tables that belong directly to these events, or their records.
	Parent []int64 `query:"parent" form:"parent" validate:"max=200"`
	// Only round tables with these identifiers. Put one with a comma in quotes: `"doi:10.1000/a,b"`.
	ExternalID []string `query:"external_id" form:"external_id" validate:"max=200,dive,external_id_filter" example:"kisi:5298"`
	// Only round tables in this state. Without a key with the scope `read`, all are `published`.
	Publication []string `query:"publication" form:"publication" enums:"draft,review,published,withdrawn" validate:"max=200"`
	// Only round tables on these weekdays, from Monday (1) to Sunday (7), or their records.
	Weekday []string `query:"weekday" form:"weekday" enums:"1,2,3,4,5,6,7" validate:"max=200"`
	// Only round tables whose date is known so precisely, or their records.
	DatePrecision []string `query:"date_precision" form:"date_precision" enums:"day,month,year,unknown" validate:"max=200"`

	Together
}

// Together holds the values after `all:` of the filters: an event must have all of them.
type Together struct {
	AllOrganizers    []int64  `query:"-" form:"-" swaggerignore:"true" all:"organizer"`
	AllPeople        []int64  `query:"-" form:"-" swaggerignore:"true" all:"person"`
	AllOrganizations []int64  `query:"-" form:"-" swaggerignore:"true" all:"organization"`
	AllRoles         []string `query:"-" form:"-" swaggerignore:"true" all:"role"`
	AllTopics        []int64  `query:"-" form:"-" swaggerignore:"true" all:"topic"`
	AllLanguages     []string `query:"-" form:"-" swaggerignore:"true" all:"language" validate:"dive,language"`
}

// Begins returns the date or time at which the event begins in ISO 8601, as precisely as it is known: "2020-02",
// "2020-02-27T10:00:00+06:00". It is empty if nothing is known.
func (r RoundTable) Begins() string {
	switch {
	case r.StartsAt != nil:
		return r.StartsAt.Format(time.RFC3339)
	case r.StartsOn == nil:
		return ""
	}
	return r.StartsOn.String()[:lengths[r.DatePrecision]]
}

// lengths are those of a date by its precision; an unknown one has no length.
var lengths = map[string]int{"day": len("2020-02-27"), "month": len("2020-02"), "year": len("2020")}

// Ends returns the date or time at which the event ends in ISO 8601. It is empty if the day is not known.
func (r RoundTable) Ends() string {
	switch {
	case r.EndsAt != nil:
		return r.EndsAt.Format(time.RFC3339)
	case r.EndsOn != nil && r.DatePrecision == "day":
		return r.EndsOn.String()
	}
	return ""
}

// Check fills in defaults and derived fields, and returns the errors that tags cannot express: those of the dates.
func (in *Input) Check() []apperr.Field {
	in.complete()
	return append(in.checkDays(), in.checkTimes()...)
}

// complete fills in defaults and derived fields. It is idempotent.
func (in *Input) complete() {
	in.Format = cmp.Or(in.Format, "round_table")
	in.Status = cmp.Or(in.Status, "held")
	in.Publication = cmp.Or(in.Publication, "draft")
	in.Timezone = cmp.Or(in.Timezone, "Asia/Almaty")
	in.Mode = cmp.Or(in.Mode, "unknown")
	if day, ok := in.dayOf(in.StartsAt); ok && in.StartsOn == nil {
		in.StartsOn = &day
	}
	if day, ok := in.dayOf(in.EndsAt); ok && in.EndsOn == nil && in.StartsOn != nil && day.Time.After(in.StartsOn.Time) {
		in.EndsOn = &day
	}
	if in.StartsOn != nil {
		in.DatePrecision = cmp.Or(in.DatePrecision, "day")
	}
	in.DatePrecision = cmp.Or(in.DatePrecision, "unknown")
}

// checkDays returns the errors of the calendar days and their precision.
func (in *Input) checkDays() (fields []apperr.Field) {
	if in.EndsOn != nil && in.StartsOn == nil {
		fields = append(fields, apperr.At("/starts_on", "required"))
	}
	if in.EndsOn != nil && in.StartsOn != nil && in.EndsOn.Time.Before(in.StartsOn.Time) {
		fields = append(fields, apperr.At("/ends_on", "before_start"))
	}
	_, timed := in.dayOf(in.StartsAt)
	switch {
	case timed && in.DatePrecision != "day":
		fields = append(fields, apperr.At("/date_precision", "day_needed"))
	case (in.StartsOn == nil) != (in.DatePrecision == "unknown"):
		fields = append(fields, apperr.At("/date_precision", "precision_mismatch"))
	case in.StartsOn == nil:
	case in.DatePrecision == "month" && in.StartsOn.Time.Day() != 1:
		fields = append(fields, apperr.At("/starts_on", "first_of_month", "value", in.StartsOn.String()[:8]+"01"))
	case in.DatePrecision == "year" && in.StartsOn.Time.YearDay() != 1:
		fields = append(fields, apperr.At("/starts_on", "first_of_year", "value", in.StartsOn.String()[:5]+"01-01"))
	}
	return fields
}

// checkTimes returns the errors of the times. Each time must be on the day that the field for its day has.
func (in *Input) checkTimes() (fields []apperr.Field) {
	if in.EndsAt != nil && in.StartsAt == nil {
		fields = append(fields, apperr.At("/starts_at", "required"))
	}
	fields = append(fields, in.checkTime("starts_at", in.StartsAt, "starts_on", in.StartsOn)...)
	if in.EndsAt != nil && in.StartsAt != nil && in.EndsAt.Before(*in.StartsAt) {
		return append(fields, apperr.At("/ends_at", "before_start"))
	}
	if in.EndsOn == nil {
		return append(fields, in.checkTime("ends_at", in.EndsAt, "starts_on", in.StartsOn)...)
	}
	return append(fields, in.checkTime("ends_at", in.EndsAt, "ends_on", in.EndsOn)...)
}

func (in *Input) checkTime(name string, at *time.Time, dayField string, day *date.Day) []apperr.Field {
	if at == nil || in.location() == nil { // its tag reports an unknown time zone
		return nil
	}
	is, ok := in.dayOf(at)
	switch {
	case !ok:
		return []apperr.Field{apperr.At("/"+name, "bad_value")}
	case day != nil && !is.Time.Equal(day.Time):
		return []apperr.Field{apperr.At("/"+name, "other_day", "value", is.String(), "field", dayField)}
	}
	return nil
}

// dayOf returns the calendar day of a time in the time zone of the event. It returns false without a time, with an
// unknown time zone, and outside of the years 1 to 9999.
func (in *Input) dayOf(at *time.Time) (date.Day, bool) {
	zone := in.location()
	if at == nil || zone == nil || !inRange(at.UTC()) || !inRange(at.In(zone)) {
		return date.Day{}, false
	}
	year, month, day := at.In(zone).Date()
	return date.Day{Time: time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}, true
}

func inRange(t time.Time) bool { return t.Year() >= 1 && t.Year() <= 9999 }

var zones sync.Map // name -> *time.Location; the standard library reads a file every time

// location returns the time zone of the event, or nil if its name is unknown.
func (in *Input) location() *time.Location {
	if zone, ok := zones.Load(in.Timezone); ok {
		return zone.(*time.Location)
	}
	zone, err := time.LoadLocation(in.Timezone)
	if err != nil || in.Timezone == "Local" {
		return nil
	}
	zones.Store(in.Timezone, zone)
	return zone
}

// localize sets the offset of the times to that of the event's time zone at that time. Local mean times, used before
// time zones, have offsets with seconds, which RFC 3339 lacks. localize cuts them off; the point in time stays the
// same.
func (in *Input) localize() {
	zone := in.location()
	if zone == nil { // this system no longer knows the name
		return
	}
	for _, at := range []*time.Time{in.StartsAt, in.EndsAt} {
		if at == nil {
			continue
		}
		*at = at.In(zone)
		if _, offset := at.Zone(); offset%60 != 0 {
			*at = at.In(time.FixedZone("", offset/60*60))
		}
	}
}
