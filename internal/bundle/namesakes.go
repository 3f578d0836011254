package bundle

import (
	"context"
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
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

// withoutOthers leaves out the records of the name that are others by their identifiers. A record that shares an identifier
// with the entry, and contradicts another one, is rejected.
func (r *records[T]) withoutOthers(ctx context.Context, db pg.DB, e *entry[T], found []apperr.Candidate, reason spelling.Reason) ([]apperr.Candidate, error) {
	if r.matcher == nil || reason.Feature == "id" || len(found) == 0 {
		return found, nil
	}
	ids := make([]int64, len(found))
	for i, c := range found {
		ids[i] = c.ID
	}
	others, err := r.matcher.index.Contradicting(ctx, db, ids, r.recordType.identity(e.details).externalIDs)
	if err != nil || len(others) == 0 {
		return found, err
	}
	if reason.Feature == "external_id" {
		f := apperr.At(e.pointer("external_ids"), "contradicting_identifiers")
		f.Candidates = found
		r.mistakes = append(r.mistakes, f, apperr.At(e.at, "contradicting_identifiers"))
		return nil, nil
	}
	return slices.DeleteFunc(found, func(c apperr.Candidate) bool { return others[c.ID] }), nil
}

// separate asks about namesakes in the document that were taken for one record: at most one of them can be.
func (r *records[T]) separate() {
	for key := range r.namesakes {
		list := r.called(key)
		for i, e := range list {
			if e.id < 0 || r.recordType.identity(e.details).id != nil || !slices.ContainsFunc(list, func(o *entry[T]) bool { return o != e && o.id == e.id }) {
				continue
			}
			found := apperr.Candidate{ID: e.id, Name: e.name, Score: e.score}
			list[i].candidates = []apperr.Candidate{found}
			r.ambiguous = append(r.ambiguous, ambiguousName(e.at, r.recordType.identity(e.details).name, list[i].candidates))
		}
	}
}
