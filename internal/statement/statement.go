// Package statement holds what was said at round tables: an act of speech in one or more languages, of which exactly one
// is the original.
package statement

import (
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/text"
)

// Text is a statement in one language.
//
//	@Description	The statement in one language.
type Text struct {
	Lang       string  `json:"lang" validate:"required,language" example:"en"`                                                          // The language.
	Text       string  `json:"text" validate:"required,max=20000" example:"Asked for a candid check of how well the agencies perform."` // What was said.
	Original   bool    `json:"original" example:"true"`                                                                                 // Whether this is the original; exactly one of the texts is. A single text is it anyway.
	Translator *string `json:"translator" validate:"omitnil,min=1,max=200" example:"Press service"`                                     // Who translated it.
} //	@name	StatementText

// Mentions is what a statement speaks of.
//
//	@Description	What a statement speaks of.
type Mentions struct {
	PersonIDs       []int64 `json:"person_ids" validate:"max=100,unique,dive,gt=0" example:"1"`       // People, in order.
	OrganizationIDs []int64 `json:"organization_ids" validate:"max=100,unique,dive,gt=0" example:"1"` // Organizations.
	PlaceIDs        []int64 `json:"place_ids" validate:"max=100,unique,dive,gt=0" example:"1"`        // Places.
	DocumentIDs     []int64 `json:"document_ids" validate:"max=100,unique,dive,gt=0" example:"1"`     // Documents.
} //	@name	StatementMentions

// Input is what a client writes.
//
//	@Description	Something that was said at a round table.
type Input struct {
	RoundTableID   int64    `json:"round_table_id" db:"round_table_id" validate:"required,gt=0" example:"1"`                                                                                                                                         // The round table. It cannot be changed.
	AttendeeID     *int64   `json:"attendee_id" db:"attendee_id" validate:"omitnil,gt=0" example:"1"`                                                                                                                                                // Who said it, an attendee of the same round table; null for what was said by several, or by nobody who is named.
	Attribution    *string  `json:"attribution" db:"attribution" validate:"omitnil,min=1,max=500" example:"M. Ashimbaev"`                                                                                                                            // To whom the source attributes it, in its own words.
	Kind           string   `json:"kind" db:"kind" validate:"omitempty,oneof=verbatim paraphrase collective" enums:"verbatim,paraphrase,collective" default:"paraphrase"`                                                                            // How the source gives it.
	Act            string   `json:"act" db:"act" validate:"omitempty,oneof=welcome report assessment proposal question answer thanks closing other" enums:"welcome,report,assessment,proposal,question,answer,thanks,closing,other" default:"other"` // What it did.
	Texts          []Text   `json:"texts" db:"texts" validate:"required,min=1,max=20,dive"`                                                                                                                                                          // The statement in each of its languages.
	Sequence       *int64   `json:"sequence" db:"sequence" validate:"omitnil,gt=0,lte=1000000" example:"1"`                                                                                                                                          // Its place in the order of the round table; equal ones stand in the order of their creation. Left out: the last one.
	TopicIDs       []int64  `json:"topic_ids" db:"-" validate:"max=50,unique,dive,gt=0" example:"1"`                                                                                                                                                 // What it was about.
	Mentions       Mentions `json:"mentions" db:"-"`                                                                                                                                                                                                 // What it speaks of.
	QuotedPersonID *int64   `json:"quoted_person_id" db:"quoted_person_id" validate:"omitnil,gt=0" example:"1"`                                                                                                                                      // Whose words it reports.
	InReplyToID    *int64   `json:"in_reply_to_id" db:"in_reply_to_id" validate:"omitnil,gt=0" example:"1"`                                                                                                                                          // The statement of the same round table that it answers.
	DocumentID     *int64   `json:"document_id" db:"document_id" validate:"omitnil,gt=0" example:"1"`                                                                                                                                                // The document that it is known from.
	Locator        *string  `json:"locator" db:"locator" validate:"omitnil,min=1,max=200" example:"paragraph 3"`                                                                                                                                     // Where it stands there.
} //	@name	StatementInput

// Check fills in what a client left out and gives the mistakes that no tag can say.
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
		if t.Text != "" && strings.TrimSpace(t.Text) == "" {
			fields = append(fields, apperr.At(at+"/text", "blank"))
		}
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
	if in.Kind == "" {
		in.Kind = "paraphrase"
	}
	if in.Act == "" {
		in.Act = "other"
	}
	if len(in.Texts) == 1 {
		in.Texts[0].Original = true
	}
}

// Attendee is who made a statement, as far as it is no person with a name.
//
//	@Description	Who made a statement, as listed at the round table.
type Attendee struct {
	ID                   int64      `json:"id" example:"1"`                                               // The attendee.
	NameAsListed         *string    `json:"name_as_listed" example:"M. Ashimbaev"`                        // The name as the source gives it.
	Description          text.Map   `json:"description"`                                                  // What the group consisted of.
	Organization         *text.Ref  `json:"organization"`                                                 // The organization that it was, or that it had its first position in.
	OrganizationAsListed *string    `json:"organization_as_listed" example:"Presidential Administration"` // The name of that organization as the source gives it.
	Position             text.Map   `json:"position"`                                                     // The position there.
	Added                text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	StatementAttendee

// Mentioned is what a statement speaks of, by name.
//
//	@Description	What a statement speaks of, by name.
type Mentioned struct {
	People        []text.PersonRef `json:"people"`        // People, with their position as of the round table.
	Organizations []text.Ref       `json:"organizations"` // Organizations.
	Places        []text.Ref       `json:"places"`        // Places.
	Documents     []text.Ref       `json:"documents"`     // Documents.
} //	@name	StatementMentioned

// Statement is the record.
//
//	@Description	Something that was said at a round table.
type Statement struct {
	changes.Record
	Input
	RoundTable   text.Ref        `json:"round_table" db:"round_table"`     // The round table in short.
	Speaker      *text.PersonRef `json:"speaker" db:"speaker"`             // The person who said it, with the position as of the round table; null where there is none with a name.
	Attendee     *Attendee       `json:"attendee" db:"attendee"`           // Who said it, as listed at the round table.
	Topics       []text.Ref      `json:"topics" db:"topics"`               // The topics in short.
	Mentioned    Mentioned       `json:"mentioned" db:"mentioned"`         // What it speaks of, by name.
	QuotedPerson *text.PersonRef `json:"quoted_person" db:"quoted_person"` // Whose words it reports, with the position as of the round table.
	Document     *text.Ref       `json:"document" db:"document"`           // The document in short.
	Added        text.Added      `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Statement

// finish fills what the row does not hold in the form that clients see.
func (s *Statement) finish() {
	s.TopicIDs = ids(s.Topics)
	for _, p := range s.Mentioned.People {
		s.Mentions.PersonIDs = append(s.Mentions.PersonIDs, p.ID)
	}
	s.Mentions.OrganizationIDs, s.Mentions.PlaceIDs, s.Mentions.DocumentIDs = ids(s.Mentioned.Organizations), ids(s.Mentioned.Places), ids(s.Mentioned.Documents)
	if s.Speaker != nil && s.Attendee != nil {
		s.Speaker.Organization, s.Speaker.OrganizationAsListed, s.Speaker.Position = s.Attendee.Organization, s.Attendee.OrganizationAsListed, s.Attendee.Position
	}
}

func ids(refs []text.Ref) (ids []int64) {
	for _, r := range refs {
		ids = append(ids, r.ID)
	}
	return ids
}

// Within is what the list of one round table can be narrowed by.
type Within struct {
	paging.Params
	ID                  []int64  `query:"id" form:"id" validate:"max=200"`                                                                                   // Only these records.
	Person              []int64  `query:"person" form:"person" validate:"max=200"`                                                                           // Only what these people said. Whom a statement quotes or mentions does not count.
	Organization        []int64  `query:"organization" form:"organization" validate:"max=200"`                                                               // Only what these organizations said, or attendees in a position there or on their behalf.
	Topic               []int64  `query:"topic" form:"topic" validate:"max=200"`                                                                             // Only statements on one of these topics.
	Kind                []string `query:"kind" form:"kind" enums:"verbatim,paraphrase,collective" validate:"max=200"`                                        // Only statements that the source gives in one of these ways.
	Act                 []string `query:"act" form:"act" enums:"welcome,report,assessment,proposal,question,answer,thanks,closing,other" validate:"max=200"` // Only statements that did one of these.
	Lang                []string `query:"lang" form:"lang" validate:"max=200,dive,language" example:"kk"`                                                    // Only statements that have a text in one of these languages; adds `<field>_text` and `<field>_lang` beside every text in the first of them. To get the latter for all statements, use Accept-Language.
	MentionPerson       []int64  `query:"mention_person" form:"mention_person" validate:"max=200"`                                                           // Only statements that mention one of these people.
	MentionOrganization []int64  `query:"mention_organization" form:"mention_organization" validate:"max=200"`                                               // Only statements that mention one of these organizations.
	Q                   string   `query:"q" form:"q" validate:"max=200"`                                                                                     // Words of a text, in the forms of its language.
}

// Page gives the parameters of the page: the first language that is asked for is also the one that texts are added in.
func (w *Within) Page() *paging.Params {
	if w.Params.Lang == "" && len(w.Lang) > 0 {
		w.Params.Lang = w.Lang[0]
	}
	return &w.Params
}

// Filter is what a list can be narrowed by.
type Filter struct {
	Within
	RoundTable []int64   `query:"round_table" form:"round_table" validate:"max=200"`                                      // Only statements of these round tables.
	StartsFrom *date.Day `query:"starts_from" form:"starts_from" swaggertype:"string" format:"date" example:"2020-02-27"` // Only statements of round tables that start on this day or later. One known by its month or year only counts as starting on the first day of it.
	StartsTo   *date.Day `query:"starts_to" form:"starts_to" swaggertype:"string" format:"date" example:"2020-02-27"`     // Only statements of round tables that start before this day.
}
