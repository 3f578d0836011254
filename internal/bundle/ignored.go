package bundle

import (
	"bytes"
	"context"
	"reflect"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"

	"github.com/go-json-experiment/json"
)

// Ignored is something that a document says about an existing record and that is not so in the registry.
//
//	@Description	A detail of an existing record that differs from the registry. A bundle does not change it: correct it at `path`.
type Ignored struct {
	Pointer string `json:"pointer" example:"/people/0/bio"` // Where the document says it (RFC 6901).
	Type    string `json:"type" example:"people"`           // The type of the record, as in the path of its resource.
	ID      int64  `json:"id" example:"7"`                  // The record.
	Name    string `json:"name" example:"Talgat Kaliyev"`   // Its main name in the registry.
	Path    string `json:"path" example:"/v1/people/7"`     // Where to correct it, with `PATCH`.
} //	@name	BundleIgnored

// identifying are the members of a mention that find the record and do not describe it, or that describe its part in the event.
var identifying = []string{"id", "new", "key", "parent", "authors", "relation"}

// findIgnored compares the details in the document with the existing records that it refers to.
func (p *plan) findIgnored(ctx context.Context, db pg.DB) error {
	ids := referenced{
		people: p.people.existing(), organizations: p.organizations.existing(), places: p.places.existing(), topics: p.topics.existing(),
	}
	for _, d := range p.documents.found {
		if d.ID > 0 {
			ids.documents = append(ids.documents, d.ID)
		}
	}
	known, err := ids.load(ctx, db)
	if err != nil {
		return err
	}
	r := newReader(stored{}, known, p.in.Lang)
	p.ignored = slices.Concat([]Ignored{}, differing(p.people, r.person), differing(p.organizations, r.organization),
		differing(p.places, r.place), differing(p.topics, r.topic))
	for i, d := range p.documents.found {
		if _, ok := known.documents[d.ID]; !ok {
			continue
		}
		said := newEntry(pointer("documents", i), p.in.Documents[i])
		for _, member := range differences(said, r.documentOf(d.ID)) {
			p.ignored = append(p.ignored, ignored(said.said[member], document.Type, d.ID, d.Name))
		}
	}
	slices.SortStableFunc(p.ignored, func(a, b Ignored) int { return comparePointers(a.Pointer, b.Pointer) })
	return nil
}

// existing returns the ids of the existing records that the document mentions. Call it before new ones are created.
func (r *records[T]) existing() (ids []int64) {
	for _, e := range r.entries {
		if e.id > 0 {
			ids = append(ids, e.id)
		}
	}
	return ids
}

func ignored(at, recordType string, id int64, name string) Ignored {
	return Ignored{Pointer: at, Type: recordType, ID: id, Name: name, Path: "/v1" + pointer(recordType, int(id))}
}

// differing returns what the document says about existing records and is not so. stored returns the record as a document has it.
func differing[T any](r *records[T], stored func(id int64) T) (list []Ignored) {
	for _, e := range r.entries {
		if e.id <= 0 {
			continue
		}
		is := stored(e.id)
		for _, member := range differences(e, is) {
			if member == r.recordType.name && !r.renames(e, is) {
				continue
			}
			list = append(list, ignored(e.said[member], r.recordType.plural, e.id, e.name))
		}
	}
	return list
}

// renames reports whether the details of a record have a name that the record does not have. A name elsewhere in the document is that
// of the source.
func (r *records[T]) renames(e *entry[T], is T) bool {
	if !strings.HasPrefix(e.said[r.recordType.name], "/"+r.recordType.plural+"/") {
		return false
	}
	has := r.recordType.identity(is)
	return !slices.Contains(names.Keys(append(has.otherNames, has.name)...), names.Key(r.recordType.identity(e.details).name))
}

// differences returns the members that the document gives another value than the record has.
func differences[T any](e *entry[T], is T) (members []string) {
	v, w := reflect.ValueOf(e.details), reflect.ValueOf(is)
	for i := range v.NumField() {
		member := memberOf(v.Type().Field(i))
		if _, said := e.said[member]; !said || slices.Contains(identifying, member) {
			continue
		}
		a, errA := json.Marshal(v.Field(i).Interface(), input.JSON)
		b, errB := json.Marshal(w.Field(i).Interface(), input.JSON)
		if errA == nil && errB == nil && !bytes.Equal(a, b) { // both came from JSON
			members = append(members, member)
		}
	}
	return members
}
