package spelling

import (
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
)

// Found is the result of a phonetic search: the ids of the records, the best match first.
// A nil Found means that no phonetic search was made; then the SQL search by spelling applies.
type Found struct {
	IDs  []int64
	Head int64 // of the change log at the time of the search
}

// State returns the state of a page that was read after the search: never newer than the search.
func (f *Found) State(page paging.State) paging.State {
	if f != nil {
		page.Head = min(page.Head, f.Head)
	}
	return page
}

// Search restricts w to the found records. id is the SQL expression of the record's id.
func (f *Found) Search(x Index, w *pg.Where, id, q string) {
	switch {
	case q == "":
	case f == nil:
		x.Search(w, id, q)
	default:
		w.Add(id+" IN (SELECT unnest(@found::bigint[]))", "found", f.IDs)
	}
}

// Ranked adds the sort order "match" to the source of a search and makes it the default: the best match first.
func (f *Found) Ranked(x Index, s paging.Source, w *pg.Where, q, sort string) paging.Source {
	if f == nil || q == "" {
		return x.Ranked(s, w, q, sort)
	}
	if !usesMatch(sort) {
		return s
	}
	return withMatch(s, "array_position(@found::bigint[], "+s.ID+")")
}
