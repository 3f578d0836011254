// Package document holds press releases, reports, programmes and other sources and subjects of round tables. Round tables
// hold the links to their documents.
package document

import (
	"cmp"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	A document, such as a press release, a report or a programme.
type Input struct {
	// The title.
	Title text.Map `json:"title" db:"title" validate:"required,text=500"`
	// Type of document.
	Kind string `json:"kind" db:"kind" validate:"omitempty,oneof=press_release report law programme memorandum address book recording photo agenda other" enums:"press_release,report,law,programme,memorandum,address,book,recording,photo,agenda,other" default:"other"`
	// Address where the document can be read. Tracking parameters such as `utm_source` are removed.
	URL *string `json:"url" db:"url" validate:"omitnil,http_url,max=2000" example:"https://example.org/press-release"`
	// Language of the document (BCP 47).
	Language *string `json:"language" db:"language" validate:"omitnil,language" example:"en"`
	// When it was published, as precisely as the source says.
	PublishedOn *date.Partial `json:"published_on" db:"published_on"`
	// The authors, in order.
	AuthorIDs []int64 `json:"author_ids" db:"-" validate:"max=100,unique,dive,gt=0" example:"1"`
} //	@name	DocumentInput

// Check sets the defaults of fields that the client left out, and removes tracking parameters. Validation tags find all mistakes.
func (in *Input) Check() []apperr.Field {
	in.complete()
	return nil
}

func (in *Input) complete() {
	in.Kind = kindOf(in.Kind)
	if in.URL != nil {
		in.URL = new(PlainURL(*in.URL))
	}
}

// kindOf returns the type of a document, with the default.
func kindOf(kind string) string { return cmp.Or(kind, "other") }

// Document is a stored document.
//
//	@Description	A document, such as a press release, a report or a programme.
type Document struct {
	changes.Record
	Input
	// The authors by id and name, with the position they held when it was published.
	Authors []text.PersonRef `json:"authors" db:"authors"`
	Added   text.Added       `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Document

// Filter holds the filters of the list.
type Filter struct {
	paging.Params
	// Only records with these ids.
	ID []int64 `query:"id" form:"id" validate:"max=200"`
	// Only documents that these round tables link to.
	RoundTable []int64 `query:"round_table" form:"round_table" validate:"max=200"`
	// Only documents with one of these relations to a round table; with `round_table`, to one of those.
	Relation []string `query:"relation" form:"relation" enums:"source,presented,discussed,outcome" validate:"max=200"`
	// Only documents of these types.
	Kind []string `query:"kind" form:"kind" enums:"press_release,report,law,programme,memorandum,address,book,recording,photo,agenda,other" validate:"max=200"`
	// Only documents by one of these authors; after `all:` by all of them.
	Person []int64 `query:"person" form:"person" validate:"max=200"`
	// Words of the title, in any of their grammatical forms.
	Q string `query:"q" form:"q" validate:"max=200"`
	// The authors after `all:`.
	AllPeople []int64 `query:"-" form:"-" swaggerignore:"true" all:"person"`
}
