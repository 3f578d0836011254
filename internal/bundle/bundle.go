// Package bundle writes a whole event from one document: the round table with its organizers, attendees, statements,
// recommendations and documents, and the people and organizations in them, by the names that a press release gives.
// It writes through the resources' own functions and has no limits of theirs. It does not import single resources.
package bundle

import (
	"time"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/text"
)

// Input is the document. Its parts have the members of the resources' inputs; references are names instead of ids. The
// tags here state only what is particular to a bundle: keys, names, and the lengths of its lists. Check applies the
// limits of the inputs, and the OpenAPI schemas of the parts take these limits from the schemas of the inputs.
// A member that an input requires is required here, too, unless its tag begins with "omit".
//
//	@Description	A whole event in one document. People and organizations are given by name, as in the source, or by `id`.
//	@Description	A name refers to the record that has this name, or whose name is certainly another spelling of it, in any
//	@Description	script. If no record has a similar name, a new record is created from the document. If the match is
//	@Description	uncertain, the document is rejected with the candidates: give an `id` or set `"new": true`.
//	@Description	The same name twice in a document, also in two spellings, is one record, unless contradicting identifiers
//	@Description	tell two people apart. Organizers, attendees and statements keep the order of the document. A plain string may
//	@Description	stand for a text by language: it is a text in `lang`;
//	@Description	and for a person, an organization, an attendee, an organizer, a place, a topic or the text of a statement: it is the name, label
//	@Description	or text. It may also stand for a list of one, such as `"roles": "speaker"`.
type Input struct {
	Lang            string           `json:"lang" validate:"required,language" example:"en"` // Language (BCP 47) of the names, labels and titles that are plain strings here.
	RoundTable      RoundTable       `json:"round_table" validate:"required"`                // The event.
	Organizers      []Organizer      `json:"organizers" validate:"max=200,dive"`             // Organizations that held the event, in order.
	Attendees       []Attendee       `json:"attendees" validate:"max=2000,dive"`             // People, organizations and groups that took part, in order.
	Statements      []Statement      `json:"statements" validate:"max=2000,dive"`            // What was said, in order.
	Recommendations []Recommendation `json:"recommendations" validate:"max=500,dive"`        // What was proposed, in order.
	Documents       []Document       `json:"documents" validate:"max=500,dive"`              // Sources of the event, and documents that were presented, discussed or adopted.
	People          []Person         `json:"people" validate:"max=2000,dive"`                // Details of people who are mentioned elsewhere in the document by one of these names.
	Organizations   []Organization   `json:"organizations" validate:"max=2000,dive"`         // Details of organizations, and their parents.
	Places          []Place          `json:"places" validate:"max=500,dive"`                 // Details of places.
	Topics          []Topic          `json:"topics" validate:"max=500,dive"`                 // Details of topics.
} //	@name	BundleInput

// PlainTexts makes plain strings texts in the language of the document. See input.PlainTexts.
func (*Input) PlainTexts() {}

// textLang returns the language of plain strings. If `lang` is wrong, that is reported once, not again at each text.
func (in *Input) textLang() string {
	if !text.IsTag(in.Lang) {
		return text.NoLanguage
	}
	return in.Lang
}

// RoundTable is the event: a roundtable.Input with its place and topics by name.
//
//	@Description	The event: the fields of a round table, with its place and topics by name.
type RoundTable struct {
	ID            *int64     `json:"id" validate:"omitnil,gt=0" example:"13"`                                        // For `PUT`. `POST` ignores it.
	Title         text.Map   `json:"title"`                                                                          // Name of the event.
	Purpose       text.Map   `json:"purpose" lines:"keep"`                                                           // What it was held for.
	Format        string     `json:"format" example:"round_table"`                                                   // Kind of event.
	Status        string     `json:"status" example:"held"`                                                          // Whether it took place.
	Publication   string     `json:"publication" example:"draft"`                                                    // `published` and `withdrawn` require the scope `publish`.
	StartsOn      *date.Day  `json:"starts_on" swaggertype:"string" example:"2020-02-27"`                            // First day. If only the month or year is known, the first day of it.
	EndsOn        *date.Day  `json:"ends_on" swaggertype:"string" example:"2020-02-27"`                              // Last day.
	DatePrecision string     `json:"date_precision" example:"day"`                                                   // How much of the date the source gives. Default: `day`, or `unknown` without `starts_on`.
	StartsAt      *time.Time `json:"starts_at" example:"2020-02-27T10:00:00+06:00"`                                  // When it began, with the offset.
	EndsAt        *time.Time `json:"ends_at" example:"2020-02-27T13:00:00+06:00"`                                    // When it ended.
	Timezone      string     `json:"timezone" example:"Asia/Almaty"`                                                 // IANA time zone.
	Mode          string     `json:"mode" example:"in_person"`                                                       // Whether people met in person, online or both.
	Place         *string    `json:"place" validate:"omitnil,min=1,max=200" example:"Nur-Sultan"`                    // The place by any of its names, including former ones.
	PlaceAsListed *string    `json:"place_as_listed" example:"г. Нур-Султан"`                                        // The place as the source writes it. Default: the name in `place`.
	Venue         text.Map   `json:"venue"`                                                                          // Building or hall.
	OnlineURL     *string    `json:"online_url" example:"https://example.org/live"`                                  // Where it could be followed online.
	ParentID      *int64     `json:"parent_id" example:"1"`                                                          // The forum or series that it is part of.
	Languages     []string   `json:"languages" example:"ru"`                                                         // Working languages.
	Topics        []string   `json:"topics" validate:"unique,dive,required,max=200" example:"interethnic relations"` // Topics by label.
	Outcome       text.Map   `json:"outcome" lines:"keep"`                                                           // What came of it.
	ExternalIDs   []string   `json:"external_ids" example:"example:2020-02-27-ethnic-policy"`                        // Its ids in other systems. If a round table already has one of them, the bundle is rejected with 409 and that round table.
	Notes         *string    `json:"notes" lines:"keep" example:"The headline calls the institute a co-organizer."`  // Internal notes.
} //	@name	BundleRoundTable

// Organizer is an organization's part in the event.
//
//	@Description	An organization's part in the event.
type Organizer struct {
	ID           *int64       `json:"id" validate:"omitnil,gt=0" example:"4"` // For `PUT`. `POST` ignores it.
	Organization Organization `json:"organization" validate:"required"`       // The organization.
	Kind         string       `json:"kind" example:"organizer"`               // Its part.
	NameAsListed *string      `json:"name_as_listed" example:"KazISS"`        // The name as the source gives it. Default: the name in `organization`.
} //	@name	BundleOrganizer

// SetName makes a plain string the organization of this name. See input.Named.
func (o *Organizer) SetName(name string) { o.Organization.SetName(name) }

// Attendee is an attendee's part in the event.
//
//	@Description	An attendee's part in the event. The attendee is a `person`, an `organization`, a group without names
//	@Description	(`description`), or is known only by a name (`name_as_listed`) or a position (`affiliations`).
type Attendee struct {
	ID           *int64        `json:"id" validate:"omitnil,gt=0" example:"21"`                  // For `PUT`. `POST` ignores it.
	Key          *string       `json:"key" validate:"omitnil,min=1,max=100" example:"moderator"` // Your own name for the attendee. Statements of this document can refer to it.
	Person       *Person       `json:"person"`                                                   // A person.
	Organization *Organization `json:"organization"`                                             // Or an organization that took part as such.
	NameAsListed *string       `json:"name_as_listed" example:"T. Kaliyev"`                      // The name as the source gives it. Default: the name in `person` or `organization`.
	Description  text.Map      `json:"description"`                                              // Or a group without names.
	GroupSize    *int64        `json:"group_size" example:"60"`                                  // Size of the group, if the source states it.
	Roles        []string      `json:"roles" example:"moderator"`                                // Codes of /v1/roles.
	Affiliations []Affiliation `json:"affiliations" validate:"dive"`                             // Positions at the time of the event, in order.
	OnBehalfOf   *OnBehalfOf   `json:"on_behalf_of"`                                             // The person or organization that the attendee represented.
	Attendance   string        `json:"attendance" example:"attended"`                            // Whether and how the attendee took part.
} //	@name	BundleAttendee

// SetName makes a plain string the person of this name. See input.Named.
func (a *Attendee) SetName(name string) { a.Person = &Person{Name: name} }

// Affiliation is a position at the time of the event.
//
//	@Description	A position at the time of the event. The organization may be absent.
type Affiliation struct {
	Organization         *Organization `json:"organization"`                          // The organization.
	OrganizationAsListed *string       `json:"organization_as_listed" example:"NCPT"` // The organization's name as the source gives it. Default: the name in `organization`.
	Title                text.Map      `json:"title"`                                 // The position there.
} //	@name	BundleAffiliation

// OnBehalfOf is the person or organization that an attendee represented.
//
//	@Description	The person or organization that an attendee represented.
type OnBehalfOf struct {
	Person       *Person       `json:"person"`
	Organization *Organization `json:"organization"`
} //	@name	BundleOnBehalfOf

// Statement is something that was said at the event.
//
//	@Description	Something that was said at the event.
type Statement struct {
	ID           *int64    `json:"id" validate:"omitnil,gt=0" example:"30"`                               // For `PUT`. `POST` ignores it.
	Key          *string   `json:"key" validate:"omitnil,min=1,max=100" example:"first-question"`         // Your own name for the statement. This document can refer to it.
	Speaker      *string   `json:"speaker" validate:"omitnil,min=1,max=500" example:"Talgat Kaliyev"`     // The attendee, by `key` or by one of their names. Absent if the source names none.
	Attribution  *string   `json:"attribution" example:"experts in their speeches"`                       // The speaker in the words of the source.
	Kind         string    `json:"kind" example:"paraphrase"`                                             // How the source gives it.
	Act          string    `json:"act" example:"proposal"`                                                // What kind of speech act it is.
	Texts        []Text    `json:"texts"`                                                                 // The statement in one or more languages. A single text is the original.
	Topics       []string  `json:"topics" validate:"unique,dive,required,max=200" example:"language"`     // Topics by label.
	Mentions     *Mentions `json:"mentions"`                                                              // People, organizations, places and documents that it mentions.
	QuotedPerson *Person   `json:"quoted_person"`                                                         // The person whose words it reports.
	InReplyTo    *string   `json:"in_reply_to" validate:"omitnil,min=1,max=100" example:"first-question"` // `key` of the statement that it answers. That statement must come first.
	Document     *string   `json:"document" validate:"omitnil,min=1,max=500" example:"press release"`     // `key` or title of the document in this bundle that contains it.
	Locator      *string   `json:"locator" example:"paragraph 4"`                                         // Where in that document.
} //	@name	BundleStatement

// Text is a language version of a statement.
//
//	@Description	One language version of a statement.
type Text struct {
	Lang       string  `json:"lang" validate:"omitempty" example:"en"`                              // Default: the language of the bundle.
	Text       string  `json:"text" lines:"keep" example:"Thanked the organizers and the experts."` // The words.
	Original   *bool   `json:"original" example:"true"`                                             // Whether it was said in this language. Exactly one text is the original; a single text is the original by default.
	Translator *string `json:"translator"`                                                          // Name of the translator.
} //	@name	BundleText

// SetName makes a plain string a text. See input.Named.
func (t *Text) SetName(name string) { t.Text = name }

// Mentions lists what a statement mentions.
//
//	@Description	What a statement mentions: people and organizations by name or id, places and documents by name.
type Mentions struct {
	People        []Person       `json:"people" validate:"dive"`
	Organizations []Organization `json:"organizations" validate:"dive"`
	Places        []string       `json:"places" validate:"unique,dive,required,max=200" example:"Astana"`
	Documents     []string       `json:"documents" validate:"unique,dive,required,max=500"` // `key` or title of documents of this bundle.
} //	@name	BundleMentions

// Recommendation is a proposal made at the event.
//
//	@Description	A proposal made at the event.
type Recommendation struct {
	ID               *int64        `json:"id" validate:"omitnil,gt=0" example:"5"`                             // For `PUT`. `POST` ignores it.
	Text             text.Map      `json:"text" lines:"keep"`                                                  // The proposal.
	Statement        *string       `json:"statement" validate:"omitnil,min=1,max=100" example:"new-institute"` // `key` of the statement that made it.
	Addressee        *Organization `json:"addressee"`                                                          // The organization that should act.
	Status           string        `json:"status" example:"proposed"`                                          // What became of it.
	StatusOn         *date.Day     `json:"status_on" swaggertype:"string" example:"2021-06-01"`                // Since when it has this status.
	EvidenceDocument *string       `json:"evidence_document" validate:"omitnil,min=1,max=500"`                 // `key` or title of the document in this bundle that proves the status.
} //	@name	BundleRecommendation

// Document is a document of the event.
//
//	@Description	A document of the event: an existing one by `id`, `url`, number and year, or title; otherwise a new one.
type Document struct {
	Key         *string       `json:"key" validate:"omitnil,min=1,max=100" example:"press release"` // Your own name for the document. This bundle can refer to it.
	ID          *int64        `json:"id" validate:"omitnil,gt=0" example:"7"`                       // An existing document. All other fields except `key` and `relation` are then ignored.
	New         bool          `json:"new" example:"false"`                                          // Whether to create it even if there is a similar one.
	Title       text.Map      `json:"title" validate:"omitempty"`                                   // Its title. Required for a new document.
	Kind        string        `json:"kind" example:"press_release"`                                 // Kind of document.
	URL         *string       `json:"url" example:"https://example.org/press/5298"`                 // Where it can be read.
	Language    *string       `json:"language" example:"en"`                                        // Its language.
	PublishedOn *date.Partial `json:"published_on" swaggertype:"string" example:"2020-02-27"`       // YYYY, YYYY-MM or YYYY-MM-DD.
	Authors     []Person      `json:"authors" validate:"dive"`                                      // Its authors, in order.
	Relation    *string       `json:"relation" validate:"omitnil" example:"source"`                 // Its relation to the event. Absent: the document is only mentioned, not linked.
} //	@name	BundleDocument

// Person is a mention of a person, with the details of a new one. It can stand wherever the document refers to a
// person.
//
//	@Description	A person by `name`, as the source gives it, or by `id`. All other fields are used only if the person is
//	@Description	new: of an existing record, a bundle only remembers the name beside an `id`. Details given once need not be
//	@Description	repeated. A surname, alone or with initials, means the one attendee of the document whom it fits.
type Person struct {
	ID          *int64           `json:"id" validate:"omitnil,gt=0" example:"7"`                               // An existing person. Without it, `name` finds the person.
	New         bool             `json:"new" example:"false"`                                                  // Whether to create a new person even if the registry has one with the same or a similar name.
	Name        string           `json:"name" validate:"required_without=ID,max=500" example:"Talgat Kaliyev"` // Any of the person's names. For a new person, the main name in the language of the bundle.
	Names       text.Map         `json:"names"`                                                                // The main name by language. If it contains `name` under another language, `name` counts for that language.
	OtherNames  []text.OtherName `json:"other_names"`                                                          // Other spellings. The document can use them, too.
	Honorific   text.Map         `json:"honorific"`                                                            // Title before the name.
	Bio         text.Map         `json:"bio" lines:"keep"`                                                     // Short biography.
	ExternalIDs []string         `json:"external_ids" example:"wikidata:Q42"`                                  // Ids in other systems. They take precedence over the name in finding an existing person.
	Visibility  string           `json:"visibility"`                                                           // `restricted`: the public sees only role and organization.
	Notes       *string          `json:"notes" lines:"keep"`                                                   // Internal notes.
} //	@name	BundlePerson

// SetName makes a plain string a person of this name. See input.Named.
func (p *Person) SetName(name string) { p.Name = name }

// Organization is a mention of an organization, with the details of a new one. It can stand wherever the document
// refers to an organization.
//
//	@Description	An organization by `name`, as the source gives it, or by `id`. All other fields are used only if it is
//	@Description	new: of an existing record, a bundle only remembers the name beside an `id`. Details given once need not be
//	@Description	repeated.
type Organization struct {
	ID          *int64           `json:"id" validate:"omitnil,gt=0" example:"7"`                                             // An existing organization. Without it, `name` finds the organization.
	New         bool             `json:"new" example:"false"`                                                                // Whether to create a new organization even if the registry has one with the same or a similar name.
	Name        string           `json:"name" validate:"required_without=ID,max=500" example:"Civil Alliance of Kazakhstan"` // Any of the organization's names. For a new one, the main name in the language of the bundle.
	Names       text.Map         `json:"names"`                                                                              // The main name by language.
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

// SetName makes a plain string an organization of this name. See input.Named.
func (o *Organization) SetName(name string) { o.Name = name }

// Place has the details of a place that the document names.
//
//	@Description	Details of a place that the document names. They are used only if the place is new.
type Place struct {
	Key         *string            `json:"key" validate:"omitnil,min=1,max=100" example:"place-3"`       // Your own name for it, if another place here has the same name.
	ID          *int64             `json:"id" validate:"omitnil,gt=0" example:"7"`                       // An existing place. Without it, `name` finds the place.
	Name        string             `json:"name" validate:"required_without=ID,max=200" example:"Astana"` // Any of its names. For a new place, the main name in the language of the bundle.
	Names       text.Map           `json:"names"`                                                        // The main name by language.
	FormerNames []place.FormerName `json:"former_names"`                                                 // Previous names. The document can use them, too.
	OtherNames  []text.OtherName   `json:"other_names"`                                                  // Other spellings. The document can use them, too.
	Country     *string            `json:"country" example:"KZ"`                                         // ISO 3166-1 code.
	Region      *string            `json:"region" example:"Zhambyl region"`                              // Region within the country.
	Parent      *string            `json:"parent" validate:"omitnil,min=1,max=200" example:"Kazakhstan"` // The place that contains it, by any of its names.
	Latitude    *float64           `json:"latitude" example:"51.1694"`                                   // In degrees.
	Longitude   *float64           `json:"longitude" example:"71.4491"`                                  // In degrees.
} //	@name	BundlePlace

// SetName makes a plain string a place of this name. See input.Named.
func (p *Place) SetName(name string) { p.Name = name }

// Topic has the details of a topic that the document names.
//
//	@Description	Details of a topic that the document names by label. They are used only if the topic is new.
type Topic struct {
	Key         *string  `json:"key" validate:"omitnil,min=1,max=100" example:"topic-3"`          // Your own name for it, if another topic here has the same label.
	ID          *int64   `json:"id" validate:"omitnil,gt=0" example:"7"`                          // An existing topic. Without it, `label` finds the topic.
	Label       string   `json:"label" validate:"required_without=ID,max=200" example:"language"` // Its label in any language. For a new topic, the label in the language of the bundle.
	Labels      text.Map `json:"labels"`                                                          // The label by language. If it contains `label` under another language, `label` counts for that language.
	Description text.Map `json:"description" lines:"keep"`                                        // What the topic covers.
	Parent      *string  `json:"parent" validate:"omitnil,min=1,max=200" example:"society"`       // The broader topic, by label.
} //	@name	BundleTopic

// SetName makes a plain string a topic with this label. See input.Named.
func (t *Topic) SetName(name string) { t.Label = name }
