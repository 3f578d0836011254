// Package statement holds the statements made at round tables. A statement has a text in one or more languages; exactly
// one of them is the original.
package statement

import (
	"cmp"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/text"
)

// Text is a statement in one language.
//
//	@Description	The statement in one language.
type Text struct {
	// Language of the text (BCP 47).
	Lang string `json:"lang" validate:"required,language" example:"en"`
	// The text.
	Text string `json:"text" validate:"required,notblank,max=20000" lines:"keep" example:"Asked for a candid check of how well the agencies perform."`
	// Whether this text is the original. Exactly one text is; a single text always is.
	Original bool `json:"original" example:"true"`
	// The translator of this text.
	Translator *string `json:"translator" validate:"omitnil,min=1,max=200" example:"Press service"`
} //	@name	StatementText

// Mentions holds the ids of the records that a statement mentions.
//
//	@Description	The records that a statement mentions, by id.
type Mentions struct {
	PersonIDs       []int64 `json:"person_ids" validate:"max=100,unique,dive,gt=0" example:"1"`       // People, in order.
	OrganizationIDs []int64 `json:"organization_ids" validate:"max=100,unique,dive,gt=0" example:"1"` // Organizations.
	PlaceIDs        []int64 `json:"place_ids" validate:"max=100,unique,dive,gt=0" example:"1"`        // Places.
	DocumentIDs     []int64 `json:"document_ids" validate:"max=100,unique,dive,gt=0" example:"1"`     // Documents.
} //	@name	StatementMentions

// Input is what a client writes.
//
//	@Description	A statement made at a round table.
type Input struct {
	// The round table. It cannot be changed.
	RoundTableID int64 `json:"round_table_id" db:"round_table_id" validate:"required,gt=0" immutable:"true" example:"1"`
	// The speaker: an attendee of the same round table. Null if several people spoke, or the speaker is not named.
	AttendeeID *int64 `json:"attendee_id" db:"attendee_id" validate:"omitnil,gt=0" example:"1"`
	// The attribution in the words of the source.
	Attribution *string `json:"attribution" db:"attribution" validate:"omitnil,min=1,max=500" example:"M. Ashimbaev"`
	// How the source reports the statement: word for word, in other words, or as a collective statement.
	Kind string `json:"kind" db:"kind" validate:"omitempty,oneof=verbatim paraphrase collective" enums:"verbatim,paraphrase,collective" default:"paraphrase"`
	// What the speaker does with the statement, such as report, propose or ask.
	Act string `json:"act" db:"act" validate:"omitempty,oneof=welcome report assessment proposal question answer thanks closing other" enums:"welcome,report,assessment,proposal,question,answer,thanks,closing,other" default:"other"`
	// The statement in each of its languages.
	Texts []Text `json:"texts" db:"texts" validate:"required,min=1,max=20,dive"`
	// Position in the round table: 1 is the first. Other statements move to make room. Default: last.
	Sequence *int64 `json:"sequence" db:"sequence" validate:"omitnil,gt=0,lte=1000000" example:"1"`
	// Topics of the statement.
	TopicIDs []int64 `json:"topic_ids" db:"-" validate:"max=50,unique,dive,gt=0" example:"1"`
	// The records that the statement mentions.
	Mentions Mentions `json:"mentions" db:"-"`
	// The person whose words the statement reports.
	QuotedPersonID *int64 `json:"quoted_person_id" db:"quoted_person_id" validate:"omitnil,gt=0" example:"1"`
	// The statement of the same round table that this one replies to.
	InReplyToID *int64 `json:"in_reply_to_id" db:"in_reply_to_id" validate:"omitnil,gt=0" example:"1"`
	// The document that the statement comes from.
	DocumentID *int64 `json:"document_id" db:"document_id" validate:"omitnil,gt=0" example:"1"`
	// Where the statement is in that document.
	Locator *string `json:"locator" db:"locator" validate:"omitnil,min=1,max=200" example:"paragraph 3"`
} //	@name	StatementInput

// Check sets the defaults of fields that the client left out, and returns the mistakes that tags cannot express.
func (in *Input) Check() []apperr.Field {
	in.complete()
	var fields []apperr.Field
	if in.Kind == "collective" && in.AttendeeID != nil {
		fields = append(fields, apperr.At("/attendee_id", "collective_speaker"))
	}
	var langs []string
	originals := 0
	for i, t := range in.Texts {
		at := "/texts/" + strconv.Itoa(i)
		if slices.Contains(langs, t.Lang) {
			fields = append(fields, apperr.At(at+"/lang", "duplicate"))
		}
		langs = append(langs, t.Lang)
		if t.Original {
			if originals++; originals > 1 {
				fields = append(fields, apperr.At(at+"/original", "second_original"))
			}
		}
	}
	if len(in.Texts) > 0 && originals == 0 {
		fields = append(fields, apperr.At("/texts", "original_missing"))
	}
	return fields
}

func (in *Input) complete() {
	in.Kind = cmp.Or(in.Kind, "paraphrase")
	in.Act = cmp.Or(in.Act, "other")
	if len(in.Texts) == 1 {
		in.Texts[0].Original = true
	}
}

// Attendee is the attendee who made a statement, without the person.
//
//	@Description	The attendee who made a statement, as listed at the round table.
type Attendee struct {
	// The attendee.
	ID int64 `json:"id" example:"1"`
	// Name as the source gives it.
	NameAsListed *string `json:"name_as_listed" example:"M. Ashimbaev"`
	// Description of a group without names.
	Description text.Map `json:"description"`
	// The organization that spoke, or that of the speaker's first position.
	Organization *text.Ref `json:"organization"`
	// Name of that organization as the source gives it.
	OrganizationAsListed *string `json:"organization_as_listed" example:"Presidential Administration"`
	// Title of the position there.
	Position text.Map   `json:"position"`
	Added    text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	StatementAttendee

// Mentioned holds the records that a statement mentions, with their names.
//
//	@Description	The records that a statement mentions, with their names.
type Mentioned struct {
	People        []text.PersonRef `json:"people"`        // People, with their position at the time of the round table.
	Organizations []text.Ref       `json:"organizations"` // Organizations.
	Places        []text.Ref       `json:"places"`        // Places.
	Documents     []text.Ref       `json:"documents"`     // Documents.
} //	@name	StatementMentioned

// Statement is a stored statement.
//
//	@Description	A statement made at a round table.
type Statement struct {
	changes.Record
	Input
	// The round table, with its date.
	RoundTable text.RoundTableRef `json:"round_table" db:"round_table"`
	// The person who spoke, with the position at the time. Null if there is no person with a name.
	Speaker *text.PersonRef `json:"speaker" db:"speaker"`
	// The attendee who spoke, as listed at the round table.
	Attendee *Attendee `json:"attendee" db:"attendee"`
	// The topics, by id and name.
	Topics []text.Ref `json:"topics" db:"topics"`
	// The records that the statement mentions, with their names.
	Mentioned Mentioned `json:"mentioned" db:"mentioned"`
	// The person whose words it reports, with the position at the time.
	QuotedPerson *text.PersonRef `json:"quoted_person" db:"quoted_person"`
	// The document, by id and title.
	Document *text.Ref  `json:"document" db:"document"`
	Added    text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Statement

// Finish sets the fields that are derived from the columns of the row.
func (s *Statement) Finish() {
	s.TopicIDs = ids(s.Topics)
	for _, p := range s.Mentioned.People {
		s.Mentions.PersonIDs = append(s.Mentions.PersonIDs, p.ID)
	}
	s.Mentions.OrganizationIDs, s.Mentions.PlaceIDs = ids(s.Mentioned.Organizations), ids(s.Mentioned.Places)
	s.Mentions.DocumentIDs = ids(s.Mentioned.Documents)
	if s.Speaker != nil && s.Attendee != nil {
		s.Speaker.Organization, s.Speaker.OrganizationAsListed = s.Attendee.Organization, s.Attendee.OrganizationAsListed
		s.Speaker.Position = s.Attendee.Position
	}
}

func ids(refs []text.Ref) (ids []int64) {
	for _, r := range refs {
		ids = append(ids, r.ID)
	}
	return ids
}

// Within holds the filters of the list of one round table.
type Within struct {
	paging.Params
	// Only records with these ids.
	ID []int64 `query:"id" form:"id" validate:"max=200"`
	// Only statements by these people. Quoted or mentioned people do not count.
	Person []int64 `query:"person" form:"person" validate:"max=200"`
	// Only statements by these organizations, by people in a position there, or on their behalf; after `all:` on behalf of all of them.
	Organization []int64 `query:"organization" form:"organization" validate:"max=200"`
	reference.OrganizationTreeFilter
	// Only statements on one of these topics; after `all:` on all of them.
	Topic []int64 `query:"topic" form:"topic" validate:"max=200"`
	// Only statements that the source reports in one of these ways.
	Kind []string `query:"kind" form:"kind" enums:"verbatim,paraphrase,collective" validate:"max=200"`
	// Only statements with one of these acts.
	Act []string `query:"act" form:"act" enums:"welcome,report,assessment,proposal,question,answer,thanks,closing,other" validate:"max=200"`
	// Only statements with a text in one of these languages; after `all:` in all of them. `lang` does not filter: it adds texts.
	TextLang []string `query:"text_lang" form:"text_lang" validate:"max=200,dive,language" example:"kk"`
	// Only statements by attendees with one of these roles; after `all:` with all of them.
	Role []string `query:"role" form:"role" validate:"max=200" example:"moderator"`
	// Only statements that mention one of these people.
	MentionPerson []int64 `query:"mention_person" form:"mention_person" validate:"max=200"`
	// Only statements that mention one of these organizations.
	MentionOrganization []int64 `query:"mention_organization" form:"mention_organization" validate:"max=200"`
	// Only statements that mention one of these places.
	MentionPlace []int64 `query:"mention_place" form:"mention_place" validate:"max=200"`
	// Only statements that mention one of these documents.
	MentionDocument []int64 `query:"mention_document" form:"mention_document" validate:"max=200"`
	// Only statements that one of these documents contains.
	Document []int64 `query:"document" form:"document" validate:"max=200"`
	// Words of a text, of the title of the round table, or of the name of a topic or mentioned place, in any of their grammatical forms.
	Q string `query:"q" form:"q" validate:"max=200"`

	// The values after `all:`.
	AllOrganizations []int64  `query:"-" form:"-" swaggerignore:"true" all:"organization"`
	AllTopics        []int64  `query:"-" form:"-" swaggerignore:"true" all:"topic"`
	AllTextLangs     []string `query:"-" form:"-" swaggerignore:"true" all:"text_lang" validate:"dive,language"`
	AllRoles         []string `query:"-" form:"-" swaggerignore:"true" all:"role"`
}

// Filter holds the filters of the list.
type Filter struct {
	Within
	// Only statements of these round tables.
	RoundTable []int64 `query:"round_table" form:"round_table" validate:"max=200"`
	// Only round tables that start on or after this day, or their records. A known month or year counts as its first day.
	StartsFrom *date.Day `query:"starts_from" form:"starts_from" swaggertype:"string" format:"date" example:"2020-02-27"`
	// Only round tables that start before this day (not on it), or their records.
	StartsTo *date.Day `query:"starts_to" form:"starts_to" swaggertype:"string" format:"date" example:"2020-02-27"`

	reference.EventFilter
	reference.EventStatusFilter
}
