package bundle

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Edit reports what a document changed in an event.
//
//	@Description	What the document changed in the event, and what it left as it was. A dry run reports the same, with null for ids
//	@Description	of new records.
type Edit struct {
	ID         *int64        `json:"id" example:"12"`         // The bundle, for `POST /v1/bundles/{id}/revert`. Null in a dry run, and if nothing changed.
	Summary    Summary       `json:"summary"`                 // The numbers.
	Doubtful   []Doubtful    `json:"doubtful"`                // With `doubtful=create`: new records whose names may belong to existing ones. At most 100.
	DryRun     bool          `json:"dry_run" example:"false"` // Whether nothing was saved.
	RoundTable RoundTableRef `json:"round_table"`             // The event.
	Totals     Totals        `json:"totals"`                  // Numbers of records.
	Created    []Created     `json:"created"`                 // New records, in the order of the document.
	Changed    []EditedPart  `json:"changed"`                 // The event and its parts that the document changed.
	Removed    []EditedPart  `json:"removed"`                 // Parts that the document leaves out. They were deleted.
	Unchanged  []EditedPart  `json:"unchanged"`               // The event and its parts that are as in the document.
	Matched    []Matched     `json:"matched"`                 // Existing records that the document mentions.
	United     []United      `json:"united"`                  // Names that were taken for spellings of another name in the document.
	Ignored    []Ignored     `json:"ignored"`                 // What the document says differently about existing people, organizations, places, topics and documents. It changed none of them.

	Published bool         `json:"-"` // whether the document published the event
	Tag       string       `json:"-"` // the state of the event and its parts after the change, as in Event
	ReadAt    paging.State `json:"-"` // the state of the log after the change
} //	@name	BundleEdit

// Totals counts the records of an Edit. Created ones can also be people, organizations, places, topics and documents.
type Totals struct {
	Created   int `json:"created"`
	Changed   int `json:"changed"`
	Removed   int `json:"removed"`
	Unchanged int `json:"unchanged"`
} //	@name	BundleEditTotals

// EditedPart is an event or a part of it that a document changed, removed or left as it was.
//
//	@Description	The event, or a part of it.
type EditedPart struct {
	Pointer *string  `json:"pointer" example:"/statements/0"`                        // Where the document has it (RFC 6901). Null if it leaves it out.
	Type    string   `json:"type" example:"statements"`                              // Its type, as in the path of its resource.
	ID      int64    `json:"id" example:"30"`                                        // The record.
	Name    string   `json:"name" example:"T. Kaliyev"`                              // Its name, or the beginning of its text.
	Members []string `json:"members,omitzero" validate:"optional" example:"speaker"` // What changed, by the names of the document; `position` and `sequence` are the place in the list.
} //	@name	BundleEditedPart

// Rehearsed turns the report into that of a dry run. The event exists, so it keeps its id.
func (e *Edit) Rehearsed() {
	e.DryRun, e.ID = true, nil
	for i := range e.Created {
		e.Created[i].ID = nil
	}
}

// edit reports the difference between the event as it was and as it is. r is the report on what the document mentions and creates.
func (p *plan) edit(r Report, is stored) Edit {
	e := Edit{
		Summary: r.Summary, Doubtful: r.Doubtful, RoundTable: RoundTableRef{ID: &is.event.ID, Title: is.event.Title},
		Created: r.Created, Matched: r.Matched, United: append([]United{}, r.United...), Ignored: p.ignored,
		Changed: []EditedPart{}, Removed: []EditedPart{}, Unchanged: []EditedPart{},
		Published: p.was.event.Publication != "published" && is.event.Publication == "published",
		Tag:       is.tag(), ReadAt: is.event.ReadAt,
	}
	e.compare("/round_table", EditedPart{Type: roundtable.Type, ID: is.event.ID, Name: title(is.event.Title)}, p.was.event.Input, is.event.Input)
	compareAll(&e, "organizers", p.organizers, p.was.organizers, is.organizers, func(o organizer.Organizer) (any, EditedPart) {
		name := title(o.Organization.Name)
		if o.NameAsListed != nil {
			name = *o.NameAsListed
		}
		return o.Input, EditedPart{Type: organizer.Type, ID: o.ID, Name: name}
	})
	compareAll(&e, "attendees", p.attendees, p.was.attendees, is.attendees, func(a attendee.Attendee) (any, EditedPart) {
		name := attendeeTitle(a.Input)
		switch {
		case a.NameAsListed != nil:
		case a.Person != nil:
			name = title(a.Person.Name)
		case a.Organization != nil:
			name = title(a.Organization.Name)
		}
		return a.Input, EditedPart{Type: attendee.Type, ID: a.ID, Name: name}
	})
	compareAll(&e, "statements", p.statements, p.was.statements, is.statements, func(s statement.Statement) (any, EditedPart) {
		return s.Input, EditedPart{Type: statement.Type, ID: s.ID, Name: excerpt(s.Texts[0].Text)}
	})
	compareAll(&e, "recommendations", p.recommendations, p.was.recommendations, is.recommendations, func(r recommendation.Recommendation) (any, EditedPart) {
		return r.Input, EditedPart{Type: recommendation.Type, ID: r.ID, Name: excerpt(title(r.Text))}
	})
	e.Summary.Created = len(e.Created)
	e.Totals = Totals{Created: len(e.Created), Changed: len(e.Changed), Removed: len(e.Removed), Unchanged: len(e.Unchanged)}
	return e
}

// compareAll reports the parts of one list. ids are those of the document, in its order.
func compareAll[T record](e *Edit, list string, ids []int64, was, is []T, of func(T) (any, EditedPart)) {
	before, after := indexed(was), indexed(is)
	for i, id := range ids {
		r, existed := before[id]
		if !existed {
			continue // created
		}
		a, _ := of(r)
		b, named := of(after[id])
		e.compare(pointer(list, i), named, a, b)
	}
	for _, id := range leftOut(was, ids) {
		_, named := of(before[id])
		e.Removed = append(e.Removed, named)
	}
}

// compare reports a record whose input was a and is b.
func (e *Edit) compare(at string, named EditedPart, a, b any) {
	var members []string
	x, y := membersOf(a), membersOf(b)
	for _, name := range slices.Sorted(maps.Keys(x)) {
		if !bytes.Equal(x[name], y[name]) {
			members = append(members, strings.TrimPrefix(strings.TrimPrefix(within(at, "/"+name), at), "/"))
		}
	}
	named.Pointer, named.Members = &at, members
	if members == nil {
		e.Unchanged = append(e.Unchanged, named)
	} else {
		e.Changed = append(e.Changed, named)
	}
}

// membersOf returns the members of an input in JSON.
func membersOf(in any) map[string]jsontext.Value {
	all := map[string]jsontext.Value{}
	v := reflect.ValueOf(in)
	for i := range v.NumField() {
		raw, err := json.Marshal(v.Field(i).Interface(), input.JSON)
		if err != nil { // the input came from JSON
			panic(err)
		}
		all[memberOf(v.Type().Field(i))] = raw
	}
	return all
}
