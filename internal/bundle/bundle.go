// Package bundle takes a whole event in one document: the round table with its organizers, attendees, statements,
// recommendations and documents, and the people and organizations in them by their names as a press release gives them.
// It writes through the resources' own functions and knows no rule of theirs. It is not for imports of single resources.
package bundle

import (
	"time"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/text"
)

// Input is the document.
//
//	@Description	A whole event in one document. People and organizations are named as the source names them, or by `id`.
//	@Description	A name that one record bears is that record, and so is one that is certainly another spelling of it, in
//	@Description	whatever script; a name that is like none makes a record with what the document says of it; where it is not
//	@Description	certain, the document is refused with the candidates until it gives an `id` or says `"new": true`. The same
//	@Description	name twice in a document is the same record, in two spellings, too. The order of the document is the order of
//	@Description	organizers, attendees and statements.
type Input struct {
	Lang            string           `json:"lang" validate:"required,language" example:"en"` // Language (BCP 47) of the names, labels and titles that are plain strings here.
	RoundTable      RoundTable       `json:"round_table" validate:"required"`                // The event.
	Organizers      []Organizer      `json:"organizers" validate:"max=200,dive"`             // Who organized it, in order.
	Attendees       []Attendee       `json:"attendees" validate:"max=2000,dive"`             // Who took part, in order.
	Statements      []Statement      `json:"statements" validate:"max=2000,dive"`            // What was said, in order.
	Recommendations []Recommendation `json:"recommendations" validate:"max=500,dive"`        // What was proposed, in order.
	Documents       []Document       `json:"documents" validate:"max=500,dive"`              // What the event is known from, and what was presented, discussed or adopted.
	People          []Person         `json:"people" validate:"max=2000,dive"`                // More about people who are named elsewhere in the document by one of these names.
	Organizations   []Organization   `json:"organizations" validate:"max=2000,dive"`         // More about organizations, and parents of them.
	Places          []Place          `json:"places" validate:"max=500,dive"`                 // More about places.
	Topics          []Topic          `json:"topics" validate:"max=500,dive"`                 // More about topics.
} //	@name	BundleInput

// RoundTable is the event itself: a round table as at /v1/round-tables, with its place and topics by name.
//
//	@Description	The event: the fields of a round table, with its place and topics by name.
type RoundTable struct {
	Title         text.Map   `json:"title" validate:"required,text=500"`                                                                                                                                                                                                                      // Name of the event.
	Purpose       text.Map   `json:"purpose" validate:"text=5000"`                                                                                                                                                                                                                            // What it was for.
	Format        string     `json:"format" validate:"omitempty,oneof=round_table conference webinar briefing meeting presentation forum hearing other" enums:"round_table,conference,webinar,briefing,meeting,presentation,forum,hearing,other" default:"round_table" example:"round_table"` // Kind of event.
	Status        string     `json:"status" validate:"omitempty,oneof=scheduled held postponed cancelled" enums:"scheduled,held,postponed,cancelled" default:"held" example:"held"`                                                                                                           // Whether it has taken place.
	Publication   string     `json:"publication" validate:"omitempty,oneof=draft review published withdrawn" enums:"draft,review,published,withdrawn" default:"draft" example:"draft"`                                                                                                        // `published` and `withdrawn` need the scope publish.
	StartsOn      *date.Day  `json:"starts_on" swaggertype:"string" format:"date" example:"2020-02-27"`                                                                                                                                                                                       // First day; of a date that knows only its month or year, the first day of it.
	EndsOn        *date.Day  `json:"ends_on" swaggertype:"string" format:"date" example:"2020-02-27"`                                                                                                                                                                                         // Last day.
	DatePrecision string     `json:"date_precision" validate:"omitempty,oneof=day month year unknown" enums:"day,month,year,unknown" example:"day"`                                                                                                                                           // What the source gives of the date. Absent: `day`, or `unknown` without `starts_on`.
	StartsAt      *time.Time `json:"starts_at" format:"date-time" example:"2020-02-27T10:00:00+06:00"`                                                                                                                                                                                        // When it began, with the offset.
	EndsAt        *time.Time `json:"ends_at" format:"date-time" example:"2020-02-27T13:00:00+06:00"`                                                                                                                                                                                          // When it ended.
	Timezone      string     `json:"timezone" validate:"omitempty,timezone" default:"Asia/Almaty" example:"Asia/Almaty"`                                                                                                                                                                      // IANA time zone.
	Mode          string     `json:"mode" validate:"omitempty,oneof=in_person online hybrid unknown" enums:"in_person,online,hybrid,unknown" default:"unknown" example:"in_person"`                                                                                                           // How people took part.
	Place         *string    `json:"place" validate:"omitnil,min=1,max=200" example:"Nur-Sultan"`                                                                                                                                                                                             // The place by any of its names, former ones among them.
	Venue         text.Map   `json:"venue" validate:"text=500"`                                                                                                                                                                                                                               // Building, hall.
	OnlineURL     *string    `json:"online_url" validate:"omitnil,http_url,max=2000" example:"https://example.org/live"`                                                                                                                                                                      // Where it could be followed.
	ParentID      *int64     `json:"parent_id" validate:"omitnil,gt=0" example:"1"`                                                                                                                                                                                                           // The forum or series that it is a part of.
	Languages     []string   `json:"languages" validate:"max=20,unique,dive,language" example:"ru"`                                                                                                                                                                                           // Working languages.
	Topics        []string   `json:"topics" validate:"max=100,unique,dive,required,max=200" example:"interethnic relations"`                                                                                                                                                                  // What it was about: topics by label.
	Outcome       text.Map   `json:"outcome" validate:"text=5000"`                                                                                                                                                                                                                            // What came of it.
	ExternalIDs   []string   `json:"external_ids" validate:"max=50,unique,dive,external_id,max=200" example:"example:2020-02-27-ethnic-policy"`                                                                                                                                               // Its ids elsewhere. A bundle whose id a round table has already is refused: 409 with that record.
	Notes         *string    `json:"notes" validate:"omitnil,min=1,max=10000" example:"The headline calls the institute a co-organizer."`                                                                                                                                                     // Internal.
} //	@name	BundleRoundTable

// Organizer is an organization's part in the event.
//
//	@Description	An organization's part in the event.
type Organizer struct {
	Organization Organization `json:"organization" validate:"required"`                                                                                                                                                                                        // Which one.
	Kind         string       `json:"kind" validate:"omitempty,oneof=organizer co_organizer host partner supporter sponsor media_partner" enums:"organizer,co_organizer,host,partner,supporter,sponsor,media_partner" default:"organizer" example:"organizer"` // Its part.
	NameAsListed *string      `json:"name_as_listed" validate:"omitnil,min=1,max=500" example:"KazISS"`                                                                                                                                                        // The name as the source gives it. Absent: the name of `organization`.
} //	@name	BundleOrganizer

// Attendee is somebody's part in the event.
//
//	@Description	Somebody's part in the event: a `person`, an `organization`, a group without names (`description`), or
//	@Description	somebody known by a name (`name_as_listed`) or by a post (`affiliations`) alone.
type Attendee struct {
	Key          *string       `json:"key" validate:"omitnil,min=1,max=100" example:"moderator"`                                                                                                              // A name of your own by which statements of this document can refer to the attendee.
	Person       *Person       `json:"person"`                                                                                                                                                                // A person.
	Organization *Organization `json:"organization"`                                                                                                                                                          // Or an organization that took part as such.
	NameAsListed *string       `json:"name_as_listed" validate:"omitnil,min=1,max=500" example:"T. Kaliyev"`                                                                                                  // The name as the source gives it. Absent: the name of `person` or `organization`.
	Description  text.Map      `json:"description" validate:"text=1000"`                                                                                                                                      // Or a group without names.
	GroupSize    *int64        `json:"group_size" validate:"omitnil,gt=0,max=1000000" example:"60"`                                                                                                           // How many the group was, where the source says it.
	Roles        []string      `json:"roles" validate:"max=20,unique,dive,required,max=40" example:"moderator"`                                                                                               // Codes of /v1/roles.
	Affiliations []Affiliation `json:"affiliations" validate:"max=20,dive"`                                                                                                                                   // Positions as they were at the event, in order.
	OnBehalfOf   *OnBehalfOf   `json:"on_behalf_of"`                                                                                                                                                          // Whom the attendee stood in for.
	Attendance   string        `json:"attendance" validate:"omitempty,oneof=invited confirmed attended absent online" enums:"invited,confirmed,attended,absent,online" default:"attended" example:"attended"` // Whether and how they were there.
} //	@name	BundleAttendee

// Affiliation is a position as it was at the event.
//
//	@Description	A position as it was at the event; one without an organization is fine.
type Affiliation struct {
	Organization         *Organization `json:"organization"`                                                           // Where.
	OrganizationAsListed *string       `json:"organization_as_listed" validate:"omitnil,min=1,max=500" example:"NCPT"` // The organization as the source gives it. Absent: the name of `organization`.
	Title                text.Map      `json:"title" validate:"text=500"`                                              // What as.
} //	@name	BundleAffiliation

// OnBehalfOf is whom an attendee stood in for.
//
//	@Description	Whom an attendee stood in for: a person or an organization.
type OnBehalfOf struct {
	Person       *Person       `json:"person"`
	Organization *Organization `json:"organization"`
} //	@name	BundleOnBehalfOf

// Statement is one act of speech.
//
//	@Description	One act of speech.
type Statement struct {
	Key          *string   `json:"key" validate:"omitnil,min=1,max=100" example:"first-question"`                                                                                                                                                             // A name of your own by which this document can refer to the statement.
	Speaker      *string   `json:"speaker" validate:"omitnil,min=1,max=500" example:"Talgat Kaliyev"`                                                                                                                                                         // The attendee: their `key`, or a name of theirs. Absent where the source names nobody.
	Attribution  *string   `json:"attribution" validate:"omitnil,min=1,max=500" example:"experts in their speeches"`                                                                                                                                          // Whom the source gives it to, in its words.
	Kind         string    `json:"kind" validate:"omitempty,oneof=verbatim paraphrase collective" enums:"verbatim,paraphrase,collective" default:"paraphrase" example:"paraphrase"`                                                                           // How the source gives it.
	Act          string    `json:"act" validate:"omitempty,oneof=welcome report assessment proposal question answer thanks closing other" enums:"welcome,report,assessment,proposal,question,answer,thanks,closing,other" default:"other" example:"proposal"` // What the speaker did with it.
	Texts        []Text    `json:"texts" validate:"required,min=1,max=50,dive"`                                                                                                                                                                               // The statement in one or more languages. A single text is the original.
	Topics       []string  `json:"topics" validate:"max=50,unique,dive,required,max=200" example:"language"`                                                                                                                                                  // Topics by label.
	Mentions     *Mentions `json:"mentions"`                                                                                                                                                                                                                  // What it speaks of.
	QuotedPerson *Person   `json:"quoted_person"`                                                                                                                                                                                                             // Whose words it repeats.
	InReplyTo    *string   `json:"in_reply_to" validate:"omitnil,min=1,max=100" example:"first-question"`                                                                                                                                                     // `key` of the statement it answers.
	Document     *string   `json:"document" validate:"omitnil,min=1,max=500" example:"press release"`                                                                                                                                                         // `key` or title of the document of this bundle that holds it.
	Locator      *string   `json:"locator" validate:"omitnil,min=1,max=500" example:"paragraph 4"`                                                                                                                                                            // Where in that document.
} //	@name	BundleStatement

// Text is a language version of a statement.
//
//	@Description	One language version of a statement.
type Text struct {
	Lang       string  `json:"lang" validate:"omitempty,language" example:"en"`                                      // Absent: the language of the bundle.
	Text       string  `json:"text" validate:"required,max=50000" example:"Thanked the organizers and the experts."` // The words.
	Original   *bool   `json:"original" example:"true"`                                                              // Whether it was said in this language. Exactly one text is the original; a single text need not say it.
	Translator *string `json:"translator" validate:"omitnil,min=1,max=200"`                                          // Who translated it.
} //	@name	BundleText

// Mentions is what a statement speaks of.
//
//	@Description	What a statement speaks of: people and organizations by name or id, places and documents by name.
type Mentions struct {
	People        []Person       `json:"people" validate:"max=100,dive"`
	Organizations []Organization `json:"organizations" validate:"max=100,dive"`
	Places        []string       `json:"places" validate:"max=100,unique,dive,required,max=200" example:"Astana"`
	Documents     []string       `json:"documents" validate:"max=100,unique,dive,required,max=500"` // `key` or title of documents of this bundle.
} //	@name	BundleMentions

// Recommendation is a proposal made at the event.
//
//	@Description	What was proposed at the event.
type Recommendation struct {
	Text             text.Map      `json:"text" validate:"required,text=5000"`                                                                                                                                                      // The proposal.
	Statement        *string       `json:"statement" validate:"omitnil,min=1,max=100" example:"new-institute"`                                                                                                                      // `key` of the statement that made it.
	Addressee        *Organization `json:"addressee"`                                                                                                                                                                               // Who is asked to act.
	Status           string        `json:"status" validate:"omitempty,oneof=proposed under_review accepted rejected implemented" enums:"proposed,under_review,accepted,rejected,implemented" default:"proposed" example:"proposed"` // What became of it.
	StatusOn         *date.Day     `json:"status_on" swaggertype:"string" format:"date" example:"2021-06-01"`                                                                                                                       // Since when.
	EvidenceDocument *string       `json:"evidence_document" validate:"omitnil,min=1,max=500"`                                                                                                                                      // `key` or title of the document of this bundle that shows it.
} //	@name	BundleRecommendation

// Document is a document of the event.
//
//	@Description	A document of the event: an existing one by `id` or by its `url`, else a new one.
type Document struct {
	Key         *string       `json:"key" validate:"omitnil,min=1,max=100" example:"press release"`                                                                                                                                                                                                    // A name of your own by which this document can refer to it.
	ID          *int64        `json:"id" validate:"omitnil,gt=0" example:"7"`                                                                                                                                                                                                                          // An existing document; then nothing else but `key` and `relation` counts.
	Title       text.Map      `json:"title" validate:"text=1000"`                                                                                                                                                                                                                                      // Name of the document.
	Kind        string        `json:"kind" validate:"omitempty,oneof=press_release report law programme memorandum address book recording photo agenda other" enums:"press_release,report,law,programme,memorandum,address,book,recording,photo,agenda,other" default:"other" example:"press_release"` // Kind of document.
	URL         *string       `json:"url" validate:"omitnil,http_url,max=2000" example:"https://example.org/press/5298"`                                                                                                                                                                               // Where it can be read. A document with this address is that document.
	Language    *string       `json:"language" validate:"omitnil,language" example:"en"`                                                                                                                                                                                                               // Its language.
	PublishedOn *date.Partial `json:"published_on" swaggertype:"string" example:"2020-02-27"`                                                                                                                                                                                                          // YYYY, YYYY-MM or YYYY-MM-DD.
	Authors     []Person      `json:"authors" validate:"max=50,dive"`                                                                                                                                                                                                                                  // Who wrote it.
	Relation    *string       `json:"relation" validate:"omitnil,oneof=source presented discussed outcome" enums:"source,presented,discussed,outcome" example:"source"`                                                                                                                                // What it is to the event. Absent: it is only mentioned and not linked.
} //	@name	BundleDocument
