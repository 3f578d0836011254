package spelling

import (
	"context"
	"slices"

	"roundtables.kz/registry/internal/names"
)

// minSearchScore is the lowest score of a search result; minRelativeScore is the lowest fraction of the best score.
const (
	minSearchScore   = .62
	minRelativeScore = .8
)

// Search returns the records that match the text of a search box, the best first, at most limit. Part of a name is
// enough, and the last word may be incomplete. The words may have Russian or Kazakh case endings. Matches far worse than the best
// one are left out. The result includes all changes up to head.
func (f *Finder) Search(ctx context.Context, q string, limit int) (matches []Match, head int64, err error) {
	if head, err = f.refresh(ctx); err != nil {
		return nil, 0, err
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.inflectedIn(f.view(ctx), q, limit), head, nil
}

// inflectedIn is searchIn that also looks for the base forms of the words, unless the best match is certain.
func (f *Finder) inflectedIn(view names.View, q string, limit int) []Match {
	matches := searchIn(view, q, limit)
	if f.index.Organizations || len(matches) > 0 && matches[0].Score >= names.Same {
		return matches
	}
	for _, base := range names.BaseForms(q) {
		if found := searchIn(view, base, limit); len(found) > 0 && (len(matches) == 0 || found[0].Score > matches[0].Score) {
			matches = found
		}
	}
	return matches
}

func searchIn(view names.View, q string, limit int) (matches []Match) {
	for _, x := range view.Search(q, minSearchScore, limit) {
		if len(matches) > 0 && x.Score < minRelativeScore*matches[0].Score {
			break
		}
		matches = append(matches, Match{ID: x.Owner, Query: q, Spelling: x.Spelling, Score: x.Score})
	}
	return matches
}

// maxRenamed is the number of records that may differ in one word before such matches are left out as too common.
const maxRenamed = 20

// Lookup is Search for a caller who checks whether a record exists. Unless the best match is certain, it adds the records
// whose name differs in one word, such as a changed surname, if they are few.
func (f *Finder) Lookup(ctx context.Context, q string, limit int) ([]Match, error) {
	found, err := f.lookupEach(ctx, []string{q}, limit, f.inflectedIn)
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// LookupEach is Lookup for several names at once, as records have them: in no other cases, because Аскарова is another name than
// Аскаров. The results are in the order of the names.
func (f *Finder) LookupEach(ctx context.Context, each []string, limit int) ([][]Match, error) {
	return f.lookupEach(ctx, each, limit, searchIn)
}

type findNames func(view names.View, q string, limit int) []Match

func (f *Finder) lookupEach(ctx context.Context, each []string, limit int, find findNames) ([][]Match, error) {
	if err := f.Refresh(ctx); err != nil {
		return nil, err
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	view := f.view(ctx)
	found := make([][]Match, len(each))
	for i, q := range each {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		found[i] = f.lookupIn(view, q, limit, find)
	}
	return found, nil
}

func (f *Finder) lookupIn(view names.View, q string, limit int, find findNames) []Match {
	matches := find(view, q, limit)
	if f.index.Organizations || len(matches) == limit || len(matches) > 0 && matches[0].Score >= names.Same {
		return matches
	}
	for _, x := range view.FindRenamed(q, maxRenamed) {
		if !slices.ContainsFunc(matches, func(m Match) bool { return m.ID == x.Owner }) {
			matches = append(matches, Match{ID: x.Owner, Query: q, Spelling: x.Spelling, Score: x.Score})
		}
	}
	return matches[:min(len(matches), limit)]
}
