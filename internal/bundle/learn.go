package bundle

import (
	"context"

	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// learn stores the answers in a document: names beside an id, and records that it states to be new although others fit.
func (p *plan) learn(ctx context.Context, tx pgx.Tx) error {
	if err := learn(ctx, tx, p.people); err != nil {
		return err
	}
	return learn(ctx, tx, p.organizations)
}

func learn[T any](ctx context.Context, tx pgx.Tx, r *records[T]) error {
	if err := r.findDistinct(ctx, tx); err != nil {
		return err
	}
	added := map[int64][]text.OtherName{}
	var pairs [][2]int64
	for _, e := range r.entries {
		for _, name := range e.spellings {
			if !names.IsPlaceholder(name) {
				added[e.id] = append(added[e.id], text.OtherName{Text: name, Lang: &r.lang, Kind: spelling.AsListed})
			}
		}
		for _, other := range e.distinct {
			pairs = append(pairs, [2]int64{other, e.id})
		}
	}
	if err := r.matcher.index.AddNames(ctx, tx, added); err != nil {
		return err
	}
	return distinction.RecordPairs(ctx, tx, r.recordType.plural, pairs)
}

// findDistinct finds the records that the names of the new records fit.
func (r *records[T]) findDistinct(ctx context.Context, db pg.DB) error {
	var list []*entry[T]
	var queries [][]string
	for _, e := range r.entries {
		if r.recordType.identity(e.details).isNew {
			list, queries = append(list, e), append(queries, r.queriesOf(e))
		}
	}
	if len(list) == 0 {
		return nil
	}
	found, err := r.matcher.session.FindEach(ctx, names.Possible, maxCandidates, queries)
	if err != nil {
		return err
	}
	known, err := r.loadContext(ctx, db, list, found)
	if err != nil {
		return err
	}
	for i, e := range list {
		for _, c := range r.candidates(e, found[i], known) {
			if c.ID > 0 && c.ID != e.id && c.isPlausible(r.matcher.index) {
				e.distinct = append(e.distinct, c.ID)
			}
		}
	}
	return nil
}
