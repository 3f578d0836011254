package bundle

import (
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
)

// Records of one name that differ by their identifiers.

// called returns the entries that have a name, by its key.
func (r *records[T]) called(key string) []*entry[T] {
	e, ok := r.byName[key]
	if !ok {
		return nil
	}
	return append([]*entry[T]{e}, r.namesakes[key]...)
}

// areOthers reports whether a mention is of another record than an entry of the same name: by the id, because only one of
// them is new, or by contradicting identifiers.
func (r *records[T]) areOthers(e *entry[T], id identity) bool {
	other := r.recordType.identity(e.details)
	switch {
	case id.id != nil && other.id != nil:
		return *id.id != *other.id
	case id.id != nil && other.isNew, id.isNew && other.id != nil:
		return true
	}
	return input.Contradict(id.externalIDs, other.externalIDs)
}

// checkNamesakes rejects mentions by a name that several records of the document have.
func (r *records[T]) checkNamesakes() {
	for key := range r.namesakes {
		for _, at := range r.plain[key] {
			r.mistakes = append(r.mistakes, apperr.At(at, "several_of_the_name", "name", r.recordType.identity(r.byName[key].details).name))
		}
	}
}

// separate asks about entries of different records that were taken for one: at most one of them can be.
func (r *records[T]) separate() {
	for _, e := range r.entries {
		id := r.recordType.identity(e.details)
		if !e.isFoundByName() || !slices.ContainsFunc(r.entries, func(o *entry[T]) bool { return o != e && o.id == e.id && r.areOthers(o, id) }) {
			continue
		}
		r.askAbout(e, id.name, e.reasons[0], false, []apperr.Candidate{{ID: e.id, Name: e.name, Score: e.score}})
		if r.createDoubtful {
			e.take(apperr.Candidate{ID: r.unusedID()})
		}
	}
}

// unusedID returns the id of a further record to be created.
func (r *records[T]) unusedID() int64 {
	id := int64(-1)
	for _, e := range r.entries {
		id = min(id, e.id-1)
	}
	return id
}

// isFoundByName reports whether an entry is an existing record by its name, not by an identifier.
func (e *entry[T]) isFoundByName() bool {
	return e.id > 0 && len(e.reasons) > 0 && e.reasons[0].Feature == "name"
}
