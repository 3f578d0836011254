package merge

import (
	"context"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"
)

// Table and Type are the table of merges and their record type in the change log.
const (
	Table = "merges"
	Type  = "merges"
)

// Merge is the record.
//
//	@Description	A merge of two records.
type Merge struct {
	changes.Record
	Type   string     `json:"type" db:"type" enums:"people,organizations" example:"people"` // The type of the merged records, as in their path.
	FromID int64      `json:"from_id" db:"from_id" example:"12"`                            // The record that was merged into the other one.
	From   text.Ref   `json:"from" db:"from"`                                               // A short form of that record, as it was.
	IntoID int64      `json:"into_id" db:"into_id" example:"2"`                             // The record that was kept.
	Into   *text.Ref  `json:"into" db:"into"`                                               // A short form of that record; null if it was deleted later.
	Undone bool       `json:"undone" db:"undone"`                                           // Whether the merge was undone.
	Actor  string     `json:"actor" db:"actor" example:"key:1"`                             // Who merged the records, or undid the merge.
	Added  text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Merge

// Filter narrows a list of merges.
type Filter struct {
	paging.Params
	ID           []int64 `query:"id" form:"id" validate:"max=200"`                     // Only these records.
	Person       []int64 `query:"person" form:"person" validate:"max=200"`             // Only merges of these people, on either side.
	Organization []int64 `query:"organization" form:"organization" validate:"max=200"` // Only merges of these organizations, on either side.
	Undone       *bool   `query:"undone" form:"undone"`                                // Only merges that were undone (`true`), or that were not (`false`).
}

// Source is how merges are read.
var Source = paging.Source{
	Columns: changes.Columns("m") + `, m.type, m.from_id, json_build_object('id', m.from_id, 'name', m.name) AS "from", m.into_id,
		CASE WHEN coalesce(p.id, g.id) IS NOT NULL THEN json_build_object('id', m.into_id, 'name', coalesce(p.name, g.name)) END AS into, m.undone,
		coalesce((SELECT c.actor FROM changes c WHERE c.type = 'merges' AND c.id = m.id AND c.is_head), '') AS actor`,
	Table: "merges m",
	Joins: `LEFT JOIN people p ON m.type = 'people' AND p.id = m.into_id
		LEFT JOIN organizations g ON m.type = 'organizations' AND g.id = m.into_id`,
	ID:      "m.id",
	Sorts:   map[string]paging.Column{"updated_at": {SQL: "m.updated_at", Type: "timestamptz"}},
	Default: "-updated_at",
}

// List returns a page of merges.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Merge], error) {
	var w pg.Where
	pg.In(&w, "m.id", "id", f.ID)
	if len(f.Person) > 0 {
		w.Add("m.type = 'people' AND (m.from_id = ANY (@person) OR m.into_id = ANY (@person))", "person", f.Person)
	}
	if len(f.Organization) > 0 {
		w.Add("m.type = 'organizations' AND (m.from_id = ANY (@organization) OR m.into_id = ANY (@organization))", "organization", f.Organization)
	}
	if f.Undone != nil {
		w.Add("m.undone = @undone", "undone", *f.Undone)
	}
	return paging.Query[Merge](ctx, db, Source, w, f.Params)
}

// Get returns one merge, or apperr.NotFound.
func Get(ctx context.Context, db pg.DB, id int64) (Merge, error) {
	return changes.Get[Merge](ctx, db, Source, Type, id)
}
