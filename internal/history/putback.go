package history

import (
	"cmp"
	"context"
	"slices"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// identified are the tables whose records have unique external ids.
var identified = []string{"people", "organizations", "round_tables"}

// PutAllBack frees the external ids of records that a write created, restores the records that it deleted or changed, and then
// deletes the created ones: records that refer to others come first. Parts of an event may exchange their people.
func (all Kinds) PutAllBack(ctx context.Context, tx pgx.Tx, list []Touched) error {
	if err := pg.DeferUnique(ctx, tx); err != nil {
		return err
	}
	made := map[string][]int64{}
	for _, t := range list {
		if kind, ok := all.Of(t.Type); ok && t.Before == nil && slices.Contains(identified, kind.Table) {
			made[kind.Table] = append(made[kind.Table], t.ID)
		}
	}
	for table, ids := range made {
		if err := pg.Exec(ctx, tx, "UPDATE "+table+" SET external_ids = '{}' WHERE id = ANY(@ids) AND external_ids <> '{}'", pg.Args{"ids": ids}); err != nil {
			return err
		}
	}
	rank := func(t Touched) int {
		at := all.Index(t.Type)
		if t.Before == nil {
			return 2*len(all) - at
		}
		return at
	}
	slices.Reverse(list) // what was deleted last did not refer to what was deleted before
	slices.SortStableFunc(list, func(a, b Touched) int {
		switch r := rank(a) - rank(b); {
		case r != 0:
			return r
		case a.Before == nil:
			return cmp.Compare(b.ID, a.ID) // a later one may refer to an earlier one
		case (a.Op == "delete") != (b.Op == "delete"): // a changed one may have referred to a deleted one
			if a.Op == "delete" {
				return -1
			}
			return 1
		}
		return 0
	})
	for _, t := range list {
		if err := all.PutBack(ctx, tx, t); err != nil {
			return err
		}
	}
	return pg.CheckUnique(ctx, tx)
}
