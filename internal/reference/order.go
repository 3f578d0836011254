package reference

import (
	"context"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Placed is a part of a round table with its place.
type Placed struct {
	ID       int64 `json:"id" example:"30"`      // The record.
	Version  int64 `json:"version" example:"2"`  // Its version. It is higher than before if the record moved.
	Position int64 `json:"position" example:"1"` // Its position, from 1: `sequence` of a statement, `position` of other parts.
} //	@name	OrderedPart

// Order is how the parts of a round table are ordered: the table and its column with the place.
type Order struct{ Table, Column string }

// parts returns the parts of a round table in their order. It locks the round table, so that places change one after the other.
func (o Order) parts(ctx context.Context, tx pgx.Tx, roundTable int64) ([]Placed, error) {
	if err := pg.Exec(ctx, tx, "SELECT FROM round_tables WHERE id = @id FOR NO KEY UPDATE", pg.Args{"id": roundTable}); err != nil {
		return nil, err
	}
	return pg.All[Placed](ctx, tx, "SELECT id, version, "+o.Column+" AS position FROM "+o.Table+" WHERE round_table_id = @id ORDER BY "+o.Column+", id",
		pg.Args{"id": roundTable})
}

// Set gives the parts of a round table the places of a list of their ids, from 1. The list must name each part once; otherwise
// the error is apperr.Invalid.
func (o Order) Set(ctx context.Context, tx pgx.Tx, roundTable int64, ids []int64) ([]Placed, error) {
	parts, err := o.parts(ctx, tx, roundTable)
	if err != nil {
		return nil, err
	}
	var fields []apperr.Field
	for i, id := range ids {
		if !slices.ContainsFunc(parts, func(p Placed) bool { return p.ID == id }) {
			fields = append(fields, apperr.At("/ids/"+strconv.Itoa(i), "not_of_round_table", "id", strconv.FormatInt(id, 10)))
		}
	}
	var missing string
	for _, p := range parts {
		if !slices.Contains(ids, p.ID) {
			missing += ", " + strconv.FormatInt(p.ID, 10)
		}
	}
	if missing != "" {
		fields = append(fields, apperr.At("/ids", "order_incomplete", "missing", missing[2:]))
	}
	if err := apperr.Validation(fields); err != nil {
		return nil, err
	}
	err = pg.Exec(ctx, tx, "UPDATE "+o.Table+" t SET "+o.Column+" = g.place FROM unnest(@ids::bigint[]) WITH ORDINALITY g(id, place) WHERE t.id = g.id AND t."+
		o.Column+" <> g.place", pg.Args{"ids": ids})
	if err != nil {
		return nil, err
	}
	return o.parts(ctx, tx, roundTable)
}

// Move makes room for a part that has taken a place: the parts between the place that it had and its place move by one. was is the
// place that it had, 0 if it is new in its round table. Places without a part stay free, so that parts can be entered in any order.
func (o Order) Move(ctx context.Context, tx pgx.Tx, roundTable, id, was int64) error {
	parts, err := o.parts(ctx, tx, roundTable)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(parts, func(p Placed) bool { return p.ID == id })
	if at < 0 {
		return nil
	}
	place := parts[at].Position
	parts = slices.Delete(parts, at, at+1)
	taken := slices.ContainsFunc(parts, func(p Placed) bool { return p.Position == place })
	if !taken {
		return nil
	}
	var ids, places []int64
	move := func(p Placed, to int64) { ids, places = append(ids, p.ID), append(places, to) }
	next := place + 1
	for _, p := range parts {
		switch {
		case was > 0 && was < place && p.Position > was && p.Position <= place:
			move(p, p.Position-1)
		case (was == 0 || was > place) && p.Position >= place && p.Position < next:
			move(p, next)
			next++
		}
	}
	return pg.Exec(ctx, tx, "UPDATE "+o.Table+" t SET "+o.Column+" = g.place FROM unnest(@ids::bigint[], @places::bigint[]) g(id, place) WHERE t.id = g.id",
		pg.Args{"ids": pg.OrEmpty(ids), "places": pg.OrEmpty(places)})
}
