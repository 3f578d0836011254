package spelling

import (
	"cmp"
	"context"
	"slices"
	"time"

	"roundtables.kz/registry/internal/pg"
)

// Pair is a pair of possible duplicates: the lower id first, with the spellings that match best.
type Pair struct {
	First, Second Match
	Uses          int64 // how many records refer to one of the two
}

// Pairs is a part of all pairs of a resource. Those that most records refer to come first, then those with the highest score.
type Pairs struct {
	List []Pair
	Next *Place // continue after this record; nil: there are no more
	Head int64  // of the change log at the time of the comparison
}

// Place is the place of a record in the order of the comparison: by the number of records that refer to it, the highest first, and
// by its id.
type Place struct{ Uses, ID int64 }

func (p Place) compare(q Place) int {
	return cmp.Or(cmp.Compare(q.Uses, p.Uses), cmp.Compare(p.ID, q.ID))
}

const (
	maxPairs  = 20 // largest number of records that one record is paired with
	maxFactor = 4  // a part has at most so many times the pairs that were asked for, except those of one record
)

// Uses returns how many records refer to each record, for those that any refers to.
func (x Index) Uses(ctx context.Context, db pg.DB) (map[int64]int64, error) {
	list, err := pg.All[struct {
		ID   int64 `db:"id"`
		Uses int64 `db:"uses"`
	}](ctx, db, "SELECT u.id, count(*) AS uses FROM ("+x.References+") u(id) WHERE u.id IS NOT NULL GROUP BY u.id", nil)
	uses := make(map[int64]int64, len(list))
	for _, r := range list {
		uses[r.ID] = r.Uses
	}
	return uses, err
}

// Pairs compares each record after a place with all records after it, and returns the pairs that score at least least. It stops
// when it has limit pairs and no later pair can have more uses than these, and when the time until has passed; List may then be
// empty. A nil place is the beginning.
func (f *Finder) Pairs(ctx context.Context, least float64, uses map[int64]int64, after *Place, limit int, until time.Time) (Pairs, error) {
	if err := f.Refresh(ctx); err != nil {
		return Pairs{}, err
	}
	f.mu.RLock()
	owners := f.names.Owners()
	p := Pairs{Head: f.seq}
	f.mu.RUnlock()
	places := make([]Place, len(owners))
	for i, id := range owners {
		places[i] = Place{uses[id], id}
	}
	slices.SortFunc(places, Place.compare)
	if after != nil {
		from, found := slices.BinarySearchFunc(places, *after, Place.compare)
		if found {
			from++
		}
		places = places[from:]
	}
	for i, place := range places {
		if err := ctx.Err(); err != nil {
			return Pairs{}, err
		}
		p.List = append(p.List, f.pairsOf(place, uses, least)...)
		slices.SortStableFunc(p.List, byUses)
		if i+1 == len(places) {
			break
		}
		// The next record is the most used one of its pairs.
		isComplete := len(p.List) >= limit && (p.List[limit-1].Uses >= 2*places[i+1].Uses || len(p.List) >= maxFactor*limit)
		if isComplete || time.Now().After(until) {
			p.Next = &place
			break
		}
	}
	return p, nil
}

// pairsOf returns the pairs of a record with records that come later. It holds the lock for one record only, so that the index can
// change in between.
func (f *Finder) pairsOf(place Place, uses map[int64]int64, least float64) (pairs []Pair) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, own := range f.names.Spellings(place.ID) {
		for _, found := range f.names.View(false).Find(own, least, maxPairs) {
			other := Place{uses[found.Owner], found.Owner}
			if place.compare(other) >= 0 {
				continue
			}
			pair := Pair{
				Match{ID: place.ID, Query: found.Spelling, Spelling: own, Score: found.Score},
				Match{ID: other.ID, Query: own, Spelling: found.Spelling, Score: found.Score}, place.Uses + other.Uses,
			}
			if pair.First.ID > pair.Second.ID {
				pair.First, pair.Second = pair.Second, pair.First
			}
			switch i := slices.IndexFunc(pairs, func(p Pair) bool { return p.First.ID == pair.First.ID && p.Second.ID == pair.Second.ID }); {
			case i < 0:
				pairs = append(pairs, pair)
			case found.Score > pairs[i].Second.Score:
				pairs[i] = pair
			}
		}
	}
	slices.SortStableFunc(pairs, byUses)
	return pairs[:min(len(pairs), maxPairs)]
}

func byUses(a, b Pair) int {
	return cmp.Or(cmp.Compare(b.Uses, a.Uses), cmp.Compare(b.Second.Score, a.Second.Score))
}
