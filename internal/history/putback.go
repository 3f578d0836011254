package history

import (
	"cmp"
	"context"
	"slices"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// ReleaseExternalIDs takes the external ids from the records that have other ones than before. They are unique: another record
// may get them back.
func (all Kinds) ReleaseExternalIDs(ctx context.Context, tx pgx.Tx, list []Touched) error {
	var tables []string
	var records []int64
	for _, t := range list {
		if kind, ok := all.Of(t.Type); ok {
			tables, records = append(tables, kind.Table), append(records, t.ID)
		}
	}
	identified, err := pg.Column[string](ctx, tx, "SELECT DISTINCT type FROM external_ids"+
		" JOIN unnest(@tables::text[], @records::bigint[]) t(type, id) USING (type, id)",
		pg.Args{"tables": tables, "records": records})
	if err != nil {
		return err
	}
	for _, kind := range all {
		if !slices.Contains(identified, kind.Table) {
			continue
		}
		var ids []int64
		var before [][]byte
		for _, t := range list {
			if t.Type == kind.Type {
				ids, before = append(ids, t.ID), append(before, t.Before)
			}
		}
		err := pg.Exec(ctx, tx, "UPDATE "+kind.Table+` r SET external_ids = '{}' FROM unnest(@ids::bigint[], @before::jsonb[]) was(id, content)
			WHERE r.id = was.id AND r.external_ids <> '{}' AND to_jsonb(r.external_ids) IS DISTINCT FROM was.content -> 'external_ids'`,
			pg.Args{"ids": ids, "before": before})
		if err != nil {
			return err
		}
	}
	return nil
}

// PutAllBack undoes a write. It releases external ids, restores the records that the write deleted or changed, and then deletes
// those that it created: records that refer to others come first. Parts of an event may exchange their people.
func (all Kinds) PutAllBack(ctx context.Context, tx pgx.Tx, list []Touched) error {
	if err := pg.DeferUnique(ctx, tx); err != nil {
		return err
	}
	if err := all.ReleaseExternalIDs(ctx, tx, list); err != nil {
		return err
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
