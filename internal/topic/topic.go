// Package topic holds the topics of round tables and statements. Topics form a tree.
package topic

import (
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	A topic of round tables and statements. Topics form a tree.
type Input struct {
	// Name of the topic. Topics with the same parent cannot share a name.
	Label text.Map `json:"label" db:"label" validate:"required,text=200"`
	// What the topic covers.
	Description text.Map `json:"description" db:"description" validate:"text=2000" lines:"keep"`
	// The broader topic. Null for a top-level topic.
	ParentID *int64 `json:"parent_id" db:"parent_id" validate:"omitnil,gt=0" example:"1"`
} //	@name	TopicInput

// Topic is a stored topic.
//
//	@Description	A topic of round tables and statements. Topics form a tree.
type Topic struct {
	changes.Record
	Input
	Parent *text.Ref `json:"parent" db:"parent"` // The broader topic, by id and name.
	reference.Counted
	Added text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Topic

// Filter holds the filters of the list.
type Filter struct {
	paging.Params
	// Only records with these ids.
	ID []int64 `query:"id" form:"id" validate:"max=200"`
	// Only topics directly below these topics.
	Parent []int64 `query:"parent" form:"parent" validate:"max=200"`
	// Only topics whose label contains this text, in any language, or whose label and description contain its words.
	Q string `query:"q" form:"q" validate:"max=200"`
}

// Check returns no mistakes: validation tags find all of them.
func (in *Input) Check() []apperr.Field { return nil }
