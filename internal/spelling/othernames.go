package spelling

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// AsListed is the kind of other names that are remembered: a document used them, and the record was confirmed.
const AsListed = "as_listed"

// AddName adds a name to the other names of a record, unless it is already one of its spellings or contains no letter and no
// digit. A full list is apperr.Invalid.
func AddName(others []text.OtherName, spellings []string, other text.OtherName) ([]text.OtherName, error) {
	key := names.Key(other.Text)
	if key == "" || slices.Contains(names.Keys(spellings...), key) {
		return others, nil
	}
	if len(others) >= text.MaxOtherNames {
		return nil, apperr.Validation([]apperr.Field{apperr.At("/keep_spelling", "other_names_full", "max", strconv.Itoa(text.MaxOtherNames))})
	}
	return append(others, other), nil
}

// IsFull reports whether AddName has rejected a name only because the list of other names is full.
func IsFull(err error) bool {
	var rejected *apperr.Error
	return errors.As(err, &rejected) && len(rejected.Fields) > 0 &&
		!slices.ContainsFunc(rejected.Fields, func(f apperr.Field) bool { return f.Code != "other_names_full" })
}

// AddNames adds other names to records, by their ids. It leaves out names that a record has already in some form, and those for
// which its list of other names has no room. The number of round trips does not depend on the number of names.
func (x Index) AddNames(ctx context.Context, tx pgx.Tx, added map[int64][]text.OtherName) error {
	var ids []int64
	var keys []string
	for id, list := range added {
		for _, n := range list {
			if key := names.Key(n.Text); key != "" {
				ids, keys = append(ids, id), append(keys, key)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	// Records that have all of the names already are not locked.
	list, err := pg.All[struct {
		ID         int64            `db:"id"`
		OtherNames []text.OtherName `db:"other_names"`
		Spellings  []string         `db:"spellings"`
	}](ctx, tx, "SELECT r.id, r.other_names, ARRAY(SELECT n.spelling FROM "+x.Table+" n WHERE n."+x.Owner+" = r.id) AS spellings"+
		" FROM "+x.Records+" r WHERE r.id IN (SELECT g.id FROM unnest(@ids::bigint[], @keys::text[]) g(id, key)"+
		" WHERE NOT EXISTS (SELECT FROM "+x.Table+" n WHERE n."+x.Owner+" = g.id AND n.key = g.key)) ORDER BY r.id FOR UPDATE",
		pg.Args{"ids": ids, "keys": keys})
	if err != nil {
		return err
	}
	var b pgx.Batch
	for _, r := range list {
		kept, spellings := r.OtherNames, r.Spellings
		for _, n := range added[r.ID] {
			if more, err := AddName(kept, spellings, n); err == nil { // else the list is full
				kept, spellings = more, append(spellings, n.Text)
			}
		}
		if len(kept) > len(r.OtherNames) {
			b.Queue("UPDATE "+x.Records+" SET other_names = @other_names WHERE id = @id", pg.Args{"id": r.ID, "other_names": kept})
			x.Add(&b, r.ID, OfOthers(kept[len(r.OtherNames):]))
		}
	}
	return pg.Send(ctx, tx, "add names", &b)
}
