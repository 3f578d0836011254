package spelling

import (
	"maps"
	"strings"

	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
)

// Found is what a search by sound gave: the records in their order. nil: there was none, and a search is made as written.
type Found struct {
	IDs  []int64
	Head int64 // of the log, when it was made
}

// State gives the state that a page of what was found is from, which was read after that.
func (f *Found) State(page paging.State) paging.State {
	if f != nil {
		page.Head = min(page.Head, f.Head)
	}
	return page
}

// Search narrows to what was found. id is the expression of the listed record's id.
func (f *Found) Search(x Index, w *pg.Where, id, q string) {
	switch {
	case q == "":
	case f == nil:
		x.Search(w, id, q)
	default:
		w.Add(id+" IN (SELECT unnest(@found::bigint[]))", "found", f.IDs)
	}
}

// Ranked gives the source with the order "match" for a search, which is the default then: the best match first.
func (f *Found) Ranked(x Index, s paging.Source, w *pg.Where, q, sort string) paging.Source {
	if f == nil || q == "" {
		return x.Ranked(s, w, q, sort)
	}
	if sort != "" && !strings.Contains(sort, "match") {
		return s
	}
	s.Sorts = maps.Clone(s.Sorts)
	s.Sorts["match"] = paging.Column{Type: "integer", SQL: "array_position(@found::bigint[], " + s.ID + ")"}
	s.Default = "match," + s.Default
	return s
}
