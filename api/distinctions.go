package api

import (
	"context"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// createDistinct rejects a record that seems to be a duplicate with its candidates, unless the client allows it. Then the
// registry stores that the records are distinct.
func (r resource[I, T, F]) createDistinct(s *server, c echo.Context) error {
	var p duplicateParams
	return createWith(s, c, &p, &p.writeParams, func(ctx context.Context, tx pgx.Tx, in I) (int64, error) {
		session := r.names.finder(s).Session()
		others, err := distinction.Allow(r.names.distinct(ctx, tx, session, in), p.AllowDuplicate)
		if err != nil {
			return 0, err
		}
		id, err := r.create(ctx, tx, in)
		if err != nil {
			return 0, err
		}
		if err := distinction.Record(ctx, tx, r.Type, id, others); err != nil {
			return 0, err
		}
		return id, session.Confirm(ctx, tx)
	}, r.get)
}

// createUnlike is createDistinct for records that are not told apart by their names.
func (r resource[I, T, F]) createUnlike(s *server, c echo.Context) error {
	var p duplicateParams
	return createWith(s, c, &p, &p.writeParams, func(ctx context.Context, tx pgx.Tx, in I) (int64, error) {
		others, err := distinction.Allow(r.similar(ctx, tx, in), p.AllowDuplicate)
		if err != nil {
			return 0, err
		}
		id, err := r.create(ctx, tx, in)
		if err != nil {
			return 0, err
		}
		return id, distinction.Record(ctx, tx, r.Type, id, others)
	}, r.get)
}

// relearn rebuilds the name index of a record, and brings back the distinctions that were deleted together with it.
func relearn(recordType string, index func(context.Context, pgx.Tx, int64) error) func(context.Context, pgx.Tx, int64) error {
	return func(ctx context.Context, tx pgx.Tx, id int64) error {
		if err := index(ctx, tx, id); err != nil {
			return err
		}
		return distinction.Return(ctx, tx, recordType, id)
	}
}

// returnDistinctions brings back the distinctions that were deleted together with a round table.
func returnDistinctions(ctx context.Context, tx pgx.Tx, id int64) error {
	return distinction.Return(ctx, tx, roundtable.Type, id)
}

var distinctions = resource[distinction.Input, distinction.Distinction, distinction.Filter]{
	Kind: history.Kind{Type: distinction.Type, Table: distinction.Table},
	one:  "distinction", many: "distinctions",
	about: "People, organizations and round tables that look alike and are not the same.",
	sorts: []string{"-updated_at"},
	list:  distinction.List, get: distinction.Get, create: distinction.Create,
	input: func(r *distinction.Distinction) *distinction.Input { return &r.Input },
	read:  actor.Read,
	notes: map[Feature]string{
		Create: "Records that two people, organizations or round tables are not the same. They are no longer listed as duplicates, and cannot be merged.",
		Delete: "The two records can be merged again, or are similar events again.",
	},
	lacks: map[Feature]string{
		Patch:    "a distinction is one fact: it is there or it is not",
		Export:   "it is a working note of operators about records, not data of events",
		Import:   "it names two records by their ids, which other systems do not know",
		Template: "it has no import",
		Feed:     "mirrors hold the records, not what operators decided about their likeness",
	},
}
