package spelling

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Pair is two records that may be one: the lower id first, with the spellings that agree best.
type Pair struct{ First, Second Match }

// Pairs is a part of all pairs of a resource, the most alike first.
type Pairs struct {
	List []Pair
	Next int64 // compare on after this record; 0: none is left
	Head int64 // the newest change that was known
}

// mostTwins is how many records one record is paired with, at most.
const mostTwins = 20

// Pairs compares the records after an id with all that have higher ones and gives those that are at least as like as least. It stops at
// the record with which there are limit pairs, and at the first one after until: then List may even be empty.
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
		p.List = append(p.List, f.twins(owner, least)...)
		if (len(p.List) >= limit || time.Now().After(until)) && from+i+1 < len(owners) {
			p.Next = owner
			break
		}
	}
	slices.SortStableFunc(p.List, byScore)
	return p, nil
}

// twins gives the pairs of a record with those of higher ids. Others may change the names between two records.
func (f *Finder) twins(owner int64, least float64) (pairs []Pair) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, own := range f.names.Spellings(owner) {
		for _, found := range f.names.View(false).Find(own, least, mostTwins) {
			if found.Owner <= owner {
				continue
			}
			pair := Pair{Match{ID: owner, Spelling: own, Score: found.Score}, Match{ID: found.Owner, Asked: own, Spelling: found.Spelling, Score: found.Score}}
			switch i := slices.IndexFunc(pairs, func(p Pair) bool { return p.Second.ID == found.Owner }); {
			case i < 0:
				pairs = append(pairs, pair)
			case found.Score > pairs[i].Second.Score:
				pairs[i] = pair
			}
		}
	}
	slices.SortStableFunc(pairs, byScore)
	return pairs[:min(len(pairs), mostTwins)]
}

func byScore(a, b Pair) int { return cmp.Compare(b.Second.Score, a.Second.Score) }
