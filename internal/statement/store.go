package statement

import (
	"context"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Table is the table of statements, Type their record type in the change log.
const (
	Table = "statements"
	Type  = "statements"
)

// List returns a page of statements.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Statement], error) {
	return paging.Query[Statement](ctx, db, sourceFor(ctx), f.where(actor.From(ctx).SeesOnlyPublished()), f.Params)
}

// ListWithin returns a page of the statements of one round table, in the order of the source. It does not
// check that the round table exists.
func ListWithin(ctx context.Context, db pg.DB, roundTable int64, f Within) (paging.Page[Statement], error) {
	if f.Sort == "" {
		f.Sort = "sequence"
	}
	return List(ctx, db, Filter{Within: f, RoundTable: []int64{roundTable}})
}

// Get returns one statement. It returns apperr.NotFound if there is none and apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (Statement, error) {
	return changes.Get[Statement](ctx, db, sourceFor(ctx), Type, id)
}

// Create creates a statement. Without a sequence number it becomes the last one of its round table. An unknown
// reference is apperr.Invalid, and so is an attendee or an answered statement of another round table.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	in.complete()
	id, err := pg.ID(ctx, tx, `
		INSERT INTO statements (round_table_id, attendee_id, attribution, kind, act, sequence, quoted_person_id, in_reply_to_id, document_id, locator)
		VALUES (@round_table_id, @attendee_id, @attribution, @kind, @act,
			coalesce(@sequence, (SELECT coalesce(max(s.sequence), 0) + 1 FROM statements s WHERE s.round_table_id = @round_table_id)),
			@quoted_person_id, @in_reply_to_id, @document_id, @locator)
		RETURNING id`, in.args())
	if err != nil {
		return 0, err
	}
	return id, setParts(ctx, tx, id, Input{}, in)
}

// Update replaces the content of old, with the errors of Create. Another round table is apperr.Invalid. Without a
// sequence number it keeps its own. Content that is already stored changes nothing, not even the version.
func Update(ctx context.Context, tx pgx.Tx, old Statement, in Input) error {
	in.complete()
	if old.RoundTableID != in.RoundTableID {
		return apperr.Validation([]apperr.Field{apperr.At("/round_table_id", "immutable")})
	}
	args := in.args()
	delete(args, "round_table_id")
	args["id"] = old.ID
	err := pg.Exec(ctx, tx, `
		UPDATE statements SET attendee_id = @attendee_id, attribution = @attribution, kind = @kind, act = @act, sequence = coalesce(@sequence, sequence),
			quoted_person_id = @quoted_person_id, in_reply_to_id = @in_reply_to_id, document_id = @document_id, locator = @locator
		WHERE id = @id`, args)
	if err != nil {
		return err
	}
	return setParts(ctx, tx, old.ID, old.Input, in)
}

func (in Input) args() pg.Args {
	return pg.Args{
		"round_table_id": in.RoundTableID, "attendee_id": in.AttendeeID, "attribution": in.Attribution, "kind": in.Kind, "act": in.Act,
		"sequence": in.Sequence, "quoted_person_id": in.QuotedPersonID, "in_reply_to_id": in.InReplyToID, "document_id": in.DocumentID, "locator": in.Locator,
	}
}

// OfRoundTables returns up to per statements of each round table, in the order of the source.
func OfRoundTables(ctx context.Context, db pg.DB, roundTables []int64, per int) ([]Statement, error) {
	return paging.Each[Statement](ctx, db, sourceFor(ctx), "c.round_table_id", "c.sequence, c.id", roundTables, per)
}

// OfAttendees returns up to per statements of each attendee, in the order of the source.
func OfAttendees(ctx context.Context, db pg.DB, attendees []int64, per int) ([]Statement, error) {
	return paging.Each[Statement](ctx, db, sourceFor(ctx), "c.attendee_id", "c.sequence, c.id", attendees, per)
}

// OfPeople returns up to per statements of each person, the latest first.
func OfPeople(ctx context.Context, db pg.DB, people []int64, per int) ([]Statement, error) {
	return paging.Each[Statement](ctx, db, sourceFor(ctx), "c.person_key", "c.starts_key DESC, c.id DESC", people, per)
}
