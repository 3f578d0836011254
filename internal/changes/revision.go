package changes

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/go-json-experiment/json/jsontext"
)

// Revision is an entry of the log: one change of one record.
type Revision struct {
	Type      string    `json:"type" db:"type" example:"round-tables"`                                       // The record type, as in the path.
	ID        int64     `json:"id" db:"id" example:"1"`                                                      // The id of the record.
	Version   int64     `json:"version" db:"version" example:"3"`                                            // The version after the change.
	Op        string    `json:"op" db:"op" enums:"create,update,delete,merge,erase" example:"update"`        // The operation. merge: the record was merged into `into`.
	ChangedAt time.Time `json:"changed_at" db:"at" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When it changed.
	Actor     string    `json:"actor" db:"actor" example:"key:7"`                                            // Who made the change: a key by its id, the service itself, or a user of the database.
	ActorName *string   `json:"actor_name" db:"actor_name" example:"Editors"`                                // The name of the key, if a key made the change.
	Reason    *string   `json:"reason" db:"reason" example:"Corrected after the press release."`             // The reason, from the header X-Change-Reason.
	Into      *int64    `json:"into" db:"into_id"`                                                           // After a merge: the id of the record that it was merged into.
	Seq       int64     `json:"-" db:"seq"`
	Before    []byte    `json:"-" db:"before"`
	After     []byte    `json:"-" db:"after"`
	SortKeys  []string  `json:"-" db:"sort_keys"`
}

// Cursor returns the position of the entry in a list.
func (r Revision) Cursor() paging.Cursor { return paging.Cursor{Keys: r.SortKeys, ID: r.Seq} }

// FieldChange is the change of one field.
type FieldChange struct {
	Pointer string `json:"pointer" example:"/title/ru"` // The field (RFC 6901).
	Before  any    `json:"before"`                      // The value before the change; null if there was none.
	After   any    `json:"after"`                       // The value after the change; null if there is none.
}

// Detailed is a revision with the fields that it changed.
//
//	@Description	One change of one record: who changed which fields, when and why.
type Detailed struct {
	Revision
	Changes []FieldChange `json:"changes"` // The changed fields; all fields if the record was created or deleted.
} //	@name	Revision

// Detailed adds the changed fields to a revision.
func (r Revision) Detailed() (Detailed, error) {
	list, err := r.Changes()
	return Detailed{r, list}, err
}

// fieldNames are the fields whose columns have other names, by record type.
var fieldNames = map[string]map[string]string{
	"affiliations": {"/held_from": "/from", "/held_to": "/to", "/is_primary": "/primary"},
	"attendees":    {"/on_behalf_of_person_id": "/on_behalf_of/person_id", "/on_behalf_of_organization_id": "/on_behalf_of/organization_id"},
}

// source is how the log is read. An entry for a change of visibility alone is not a change of the record.
var source = paging.Source{
	Columns: "c.seq, c.type, c.id, c.version, c.op, c.at, c.actor, k.name AS actor_name, c.reason, c.into_id, c.before, c.after",
	Table:   "changes c",
	Shown:   "LEFT JOIN api_keys k ON c.actor = 'key:' || k.id",
	ID:      "c.seq",
	Visible: "c.op <> 'visibility'",
	Sorts:   map[string]paging.Column{"changed_at": {SQL: "c.seq", Type: "bigint"}},
	Default: "-changed_at",
}

// History returns a page of the changes of one record, whether it still exists or not.
func History(ctx context.Context, db pg.DB, recordType string, id int64, p paging.PageParams) (paging.Page[Revision], error) {
	var w pg.Where
	w.Add("c.type = @type AND c.id = @id", "type", recordType, "id", id)
	return paging.Query[Revision](ctx, db, source, w, paging.Params{PageParams: p})
}

// AuditFilter is the filter of the audit.
type AuditFilter struct {
	paging.PageParams
	Type  []string  `query:"type" form:"type" enums:"log" validate:"max=50"`                           // Only changes of these record types.
	Actor []string  `query:"actor" form:"actor" validate:"max=50"`                                     // Only changes by these actors, such as `key:7` or `system:seed`.
	From  *date.Day `query:"from" form:"from" swaggertype:"string" format:"date" example:"2026-01-01"` // Only changes on this day (UTC) or later.
	To    *date.Day `query:"to" form:"to" swaggertype:"string" format:"date" example:"2026-02-01"`     // Only changes before this day (UTC).
}

// Audit returns a page of the changes of all records.
func Audit(ctx context.Context, db pg.DB, f AuditFilter) (paging.Page[Revision], error) {
	var w pg.Where
	pg.In(&w, typeInOrder("c"), "type", f.Type)
	pg.In(&w, "c.actor", "actor", f.Actor)
	if f.From != nil {
		w.Add("c.at >= @from", "from", f.From.Time)
	}
	if f.To != nil {
		w.Add("c.at < @to", "to", f.To.Time)
	}
	return paging.Query[Revision](ctx, db, source, w, paging.Params{PageParams: f.PageParams})
}

// Changes returns the changed fields. Objects are compared member by member, lists as a whole.
func (r Revision) Changes() ([]FieldChange, error) {
	before, after := map[string]any{}, map[string]any{}
	for raw, into := range map[*[]byte]*map[string]any{&r.Before: &before, &r.After: &after} {
		if *raw == nil {
			continue
		}
		if err := json.Unmarshal(*raw, into); err != nil {
			return nil, fmt.Errorf("read what the log holds of %s %d: %w", r.Type, r.ID, err)
		}
	}
	list := []FieldChange{}
	compare("", before, after, &list)
	for i, c := range list {
		if name := fieldNames[r.Type][c.Pointer]; name != "" {
			list[i].Pointer = name
		}
	}
	return slices.DeleteFunc(list, func(c FieldChange) bool { return c.Pointer == "/id" || c.Pointer == "/created_at" }), nil
}

func compare(at jsontext.Pointer, before, after map[string]any, list *[]FieldChange) {
	names := maps.Clone(before)
	maps.Copy(names, after)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		was, is := before[name], after[name]
		path := at.AppendToken(name)
		if inner, ok := was.(map[string]any); ok {
			if other, ok := is.(map[string]any); ok {
				compare(path, inner, other, list)
				continue
			}
		}
		if !reflect.DeepEqual(was, is) {
			*list = append(*list, FieldChange{string(path), was, is})
		}
	}
}
