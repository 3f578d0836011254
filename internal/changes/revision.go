package changes

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/go-json-experiment/json/jsontext"
)

// Revision is an entry of the log: one change of one record.
type Revision struct {
	Type      string    `json:"type" db:"type" example:"round-tables"`                                        // The record type, as in the path.
	ID        int64     `json:"id" db:"id" example:"1"`                                                       // The id of the record.
	Version   int64     `json:"version" db:"version" example:"3"`                                             // The version after the change.
	Op        string    `json:"op" db:"op" enums:"create,update,delete,merge,unmerge,erase" example:"update"` // The operation. merge: the record was merged into `into`. unmerge: a merge of it was undone.
	ChangedAt time.Time `json:"changed_at" db:"at" format:"date-time" example:"2026-01-15T09:30:00.123456Z"`  // When it changed.
	Actor     string    `json:"actor" db:"actor" example:"key:7"`                                             // Who made the change: a key by its id, the service itself, or a user of the database.
	ActorName *string   `json:"actor_name" db:"actor_name" example:"Editors"`                                 // The name of the key, if a key made the change.
	Reason    *string   `json:"reason" db:"reason" example:"Corrected after the press release."`              // The reason, from the header X-Change-Reason.
	Into      *int64    `json:"into" db:"into_id"`                                                            // After a merge: the id of the record that it was merged into.
	Request   *string   `json:"request" db:"request" example:"W6YKVLIOIJQ47V5EVZKO6JBC4K"`                    // The id of the request that made the change, from its header X-Request-Id. `POST /v1/undo` undoes all its changes.
	Seq       int64     `json:"change" db:"seq" example:"842"`                                                // The number of the change. `POST /v1/undo` undoes it.
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

// opShown is the operation of an entry. A record that comes back after a merge was given back by the undo of the merge.
const opShown = `CASE WHEN c.op = 'create' AND EXISTS (
		SELECT FROM changes m WHERE m.type = c.type AND m.id = c.id AND m.version = c.version - 1 AND m.op = 'merge')
	THEN 'unmerge' ELSE c.op END`

// source is how the log is read. An entry for a change of visibility alone is not a change of the record.
var source = paging.Source{
	Columns: "c.seq, c.type, c.id, c.version, " + opShown + " AS op, c.at, c.actor, k.name AS actor_name, c.reason, c.into_id, c.request, c.before, c.after",
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

// parts are the types of records that belong to a round table.
var parts = []string{"organizers", "attendees", "statements", "recommendations"}

// HistoryWithParts returns a page of the changes of a round table and of everything that belongs or belonged to it.
func HistoryWithParts(ctx context.Context, db pg.DB, id int64, p paging.PageParams) (paging.Page[Revision], error) {
	var w pg.Where
	w.Add(ofRoundTable("= @id"), "id", id, "parts", parts)
	return paging.Query[Revision](ctx, db, source, w, paging.Params{PageParams: p})
}

// ofRoundTable is the predicate of entries of round tables and their parts; is compares the id of the round table.
func ofRoundTable(is string) string {
	return "c.type = 'round-tables' AND c.id " + is + " OR c.type = ANY(@parts) AND coalesce(c.after, c.before) ? 'round_table_id' AND " +
		"(coalesce(c.after, c.before) ->> 'round_table_id')::bigint " + is
}

// AuditFilter is the filter of the audit.
type AuditFilter struct {
	paging.PageParams
	Type       []string      `query:"type" form:"type" enums:"log" validate:"max=50"`                                                  // Only changes of these record types.
	Actor      []string      `query:"actor" form:"actor" validate:"max=50"`                                                            // Only changes by these actors, such as `key:7` or `system:seed`.
	From       *date.Instant `query:"from" form:"from" swaggertype:"string" validate:"omitnil,instant" example:"2026-01-15T09:30:00Z"` // Only changes at this time or later: RFC 3339, or a date in UTC.
	To         *date.Instant `query:"to" form:"to" swaggertype:"string" validate:"omitnil,instant" example:"2026-01-16"`               // Only changes before this time.
	RoundTable []int64       `query:"round_table" form:"round_table" validate:"max=200"`                                               // Only changes of these round tables and of their organizers, attendees, statements and recommendations, also deleted ones.
	Record     []string      `query:"record" form:"record" validate:"max=200,dive,record" example:"people/42"`                         // Only changes of these records: type and id, as in the path.
	Request    []string      `query:"request" form:"request" validate:"max=50" example:"W6YKVLIOIJQ47V5EVZKO6JBC4K"`                   // Only changes by these requests, by the id in their header X-Request-Id.
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
	pg.In(&w, "c.request", "request", f.Request)
	if len(f.RoundTable) > 0 {
		w.Add(ofRoundTable("= ANY(@round_table)"), "round_table", f.RoundTable, "parts", parts)
	}
	if len(f.Record) > 0 {
		var types []string
		var ids []int64
		for _, record := range f.Record {
			recordType, id, _ := strings.Cut(record, "/")
			n, _ := strconv.ParseInt(id, 10, 64) // the rule of the parameter checks it
			types, ids = append(types, recordType), append(ids, n)
		}
		w.Add("(c.type, c.id) IN (SELECT * FROM unnest(@record_types::text[], @record_ids::bigint[]))", "record_types", types, "record_ids", ids)
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
