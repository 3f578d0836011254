package recommendation

import (
	"context"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Table is the table of recommendations, Type their record type in the change log.
const (
	Table = "recommendations"
	Type  = "recommendations"
)

// List returns a page of recommendations.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Recommendation], error) {
	return paging.Query[Recommendation](ctx, db, sourceFor(ctx), f.where(actor.From(ctx).SeesOnlyPublished()), f.Params)
}

// ListWithin returns a page of the recommendations of one round table. It does not check that the
// round table exists.
func ListWithin(ctx context.Context, db pg.DB, roundTable int64, f Within) (paging.Page[Recommendation], error) {
	return List(ctx, db, Filter{Within: f, RoundTable: []int64{roundTable}})
}

// Get returns one recommendation. It returns apperr.NotFound if there is none and apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (Recommendation, error) {
	return changes.Get[Recommendation](ctx, db, sourceFor(ctx), Type, id)
}

// Create creates a recommendation. An unknown round table, addressee or document is apperr.Invalid, and so is a
// statement of another round table.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	in.complete()
	return pg.ID(ctx, tx, `
		INSERT INTO recommendations (round_table_id, statement_id, text, addressee_id, status, status_on, evidence_document_id)
		VALUES (@round_table_id, @statement_id, @text, @addressee_id, @status, @status_on, @evidence_document_id)
		RETURNING id`, in.args())
}

// Update replaces the content of old, with the errors of Create. Content that is already stored changes nothing, not
// even the version.
func Update(ctx context.Context, tx pgx.Tx, old Recommendation, in Input) error {
	in.complete()
	args := in.args()
	args["id"] = old.ID
	return pg.Exec(ctx, tx, `
		UPDATE recommendations SET round_table_id = @round_table_id, statement_id = @statement_id, text = @text, addressee_id = @addressee_id,
			status = @status, status_on = @status_on, evidence_document_id = @evidence_document_id
		WHERE id = @id`, args)
}

func (in Input) args() pg.Args {
	return pg.Args{
		"round_table_id": in.RoundTableID, "statement_id": in.StatementID, "text": in.Text, "addressee_id": in.AddresseeID,
		"status": in.Status, "status_on": in.StatusOn, "evidence_document_id": in.EvidenceDocumentID,
	}
}

// OfRoundTables returns the first recommendations of each round table, up to per for each.
func OfRoundTables(ctx context.Context, db pg.DB, roundTables []int64, per int) ([]Recommendation, error) {
	children := paging.Children{Table: "recommendations c", Parent: "c.round_table_id", Child: "c.id", Order: "c.id"}
	return paging.Each[Recommendation](ctx, db, sourceFor(ctx), children, roundTables, per)
}
