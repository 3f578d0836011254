// Package document holds press releases, reports, programmes: what round tables are known from and what they discussed.
// Which document belongs to which round table is said by the round table.
package document

import (
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	A document: a press release, a report, a programme.
type Input struct {
	Title       text.Map      `json:"title" db:"title" validate:"required,text=500"`                                                                                                                                                                                                     // Its title.
	Kind        string        `json:"kind" db:"kind" validate:"omitempty,oneof=press_release report law programme memorandum address book recording photo agenda other" enums:"press_release,report,law,programme,memorandum,address,book,recording,photo,agenda,other" default:"other"` // What kind of document it is.
	URL         *string       `json:"url" db:"url" validate:"omitnil,http_url,max=2000" example:"https://example.org/press-release"`                                                                                                                                                     // Where it can be read.
	Language    *string       `json:"language" db:"language" validate:"omitnil,language" example:"en"`                                                                                                                                                                                   // The language it is written in.
	PublishedOn *date.Partial `json:"published_on" db:"published_on"`                                                                                                                                                                                                                    // When it was published, as far as the source says.
	AuthorIDs   []int64       `json:"author_ids" db:"-" validate:"max=100,unique,dive,gt=0" example:"1"`                                                                                                                                                                                 // The people who wrote it, in order.
} //	@name	DocumentInput

// Check fills in what a client left out. There are no mistakes that no tag can say.
func (in *Input) Check() []apperr.Field {
	in.complete()
	return nil
}

func (in *Input) complete() {
	if in.Kind == "" {
		in.Kind = "other"
	}
}

// Document is the record.
//
//	@Description	A document: a press release, a report, a programme.
type Document struct {
	changes.Record
	Input
	Authors []text.PersonRef `json:"authors" db:"authors"` // The authors in short, with the position that they held when it was published.
	Added   text.Added       `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Document

// Filter is what a list can be narrowed by.
type Filter struct {
	paging.Params
	ID         []int64  `query:"id" form:"id" validate:"max=200"`                                                                                                     // Only these records.
	RoundTable []int64  `query:"round_table" form:"round_table" validate:"max=200"`                                                                                   // Only documents that these round tables link to.
	Relation   []string `query:"relation" form:"relation" enums:"source,presented,discussed,outcome" validate:"max=200"`                                              // Only documents that are this to a round table; with `round_table`, to one of those.
	Kind       []string `query:"kind" form:"kind" enums:"press_release,report,law,programme,memorandum,address,book,recording,photo,agenda,other" validate:"max=200"` // Only these kinds of document.
	Person     []int64  `query:"person" form:"person" validate:"max=200"`                                                                                             // Only documents by these authors.
}
