package spelling

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Pair is a pair of possible duplicates: the lower id first, with the spellings that match best.
type Pair struct{ First, Second Match }

// Pairs is a part of all pairs of a resource, the highest score first.
type Pairs struct {
	List []Pair
	Next int64 // continue after this record; 0: there are no more
	Head int64 // of the change log at the time of the comparison
}

// maxPairs is the largest number of records that one record is paired with.
const maxPairs = 20

// Pairs compares each record after an id with all records that have higher ids, and returns the pairs that score at least
// least. It stops after the record that completes limit pairs, and when the time until has passed; List may then be empty.
func (f *Finder) Pairs(ctx context.Context, least float64, after int64, limit int, until time.Time) (Pairs, error) {
	if err := f.Refresh(ctx); err != nil {
		return Pairs{}, err
	}
	f.mu.RLock()
	owners := f.names.Owners()
	p := Pairs{Head: f.seq}
	f.mu.RUnlock()
	from, _ := slices.BinarySearch(owners, after+1)
	for i, owner := range owners[from:] {
		if err := ctx.Err(); err != nil {
			return Pairs{}, err
		}
		p.List = append(p.List, f.pairsOf(owner, least)...)
		if (len(p.List) >= limit || time.Now().After(until)) && from+i+1 < len(owners) {
			p.Next = owner
			break
		}
	}
	slices.SortStableFunc(p.List, byScore)
	return p, nil
}

// pairsOf returns the pairs of a record with records of higher ids. It holds the lock for one record only, so that the
// index can change in between.
func (f *Finder) pairsOf(owner int64, least float64) (pairs []Pair) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, own := range f.names.Spellings(owner) {
		for _, found := range f.names.View(false).Find(own, least, maxPairs) {
			if found.Owner <= owner {
				continue
			}
			pair := Pair{Match{ID: owner, Spelling: own, Score: found.Score}, Match{ID: found.Owner, Query: own, Spelling: found.Spelling, Score: found.Score}}
			switch i := slices.IndexFunc(pairs, func(p Pair) bool { return p.Second.ID == found.Owner }); {
			case i < 0:
				pairs = append(pairs, pair)
			case found.Score > pairs[i].Second.Score:
				pairs[i] = pair
			}
		}
	}
	slices.SortStableFunc(pairs, byScore)
	return pairs[:min(len(pairs), maxPairs)]
}

func byScore(a, b Pair) int { return cmp.Compare(b.Second.Score, a.Second.Score) }
