// Package topic holds the subjects that round tables and statements are filed under, as a tree.
package topic

import (
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/text"
)

// Input is what a client writes.
//
//	@Description	A subject that round tables and statements are filed under.
type Input struct {
	Label       text.Map `json:"label" db:"label" validate:"required,text=200"`                // Name of the subject; no two siblings share one.
	Description text.Map `json:"description" db:"description" validate:"text=2000"`            // What belongs under it.
	ParentID    *int64   `json:"parent_id" db:"parent_id" validate:"omitnil,gt=0" example:"1"` // The wider topic; null at the top.
} //	@name	TopicInput

// Topic is the record.
//
//	@Description	A subject that round tables and statements are filed under.
type Topic struct {
	changes.Record
	Input
	Parent *text.Ref  `json:"parent" db:"parent"` // The wider topic in short.
	Added  text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Topic

// Filter is what a list can be narrowed by.
type Filter struct {
	paging.Params
	ID     []int64 `query:"id" form:"id" validate:"max=200"`         // Only these records.
	Parent []int64 `query:"parent" form:"parent" validate:"max=200"` // Only topics directly below these.
	Q      string  `query:"q" form:"q" validate:"max=200"`           // Part of a label in any language.
}

// Check gives the mistakes that no tag can say. There are none of a topic's own.
func (in *Input) Check() []apperr.Field { return nil }
