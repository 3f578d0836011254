package roundtable

import (
	"context"
	"errors"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Table is the table of round tables, Type their record type in the change log.
const (
	Table = "round_tables"
	Type  = "round-tables"
)

// List returns a page of round tables.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[RoundTable], error) {
	return paging.Query[RoundTable](ctx, db, sourceFor(ctx), f.where(actor.From(ctx).SeesOnlyPublished()), f.Params)
}

// Get returns one round table. It returns apperr.NotFound if there is none and apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (RoundTable, error) {
	return changes.Get[RoundTable](ctx, db, sourceFor(ctx), Type, id)
}

// Finish sets the fields that are derived from the columns of the row.
func (r *RoundTable) Finish() {
	r.localize()
	for _, t := range r.Topics {
		r.TopicIDs = append(r.TopicIDs, t.ID)
	}
	for _, d := range r.DocumentLinks {
		r.Input.DocumentLinks = append(r.Input.DocumentLinks, d.DocumentLink)
	}
}

// Create creates a round table. A published or withdrawn one is apperr.Forbidden without the scope publish. An
// unknown place, parent, topic or document is apperr.Invalid. An external id that another record has is
// apperr.Conflict.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	in.complete()
	if err := MayPublish(ctx, "draft", in.Publication); err != nil {
		return 0, err
	}
	id, err := pg.ID(ctx, tx, `
		INSERT INTO round_tables (title, purpose, format, status, publication, starts_on, ends_on, date_precision, starts_at, ends_at, timezone,
			mode, place_id, venue, online_url, parent_id, languages, outcome, external_ids, notes)
		VALUES (@title, @purpose, @format, @status, @publication, @starts_on, @ends_on, @date_precision, @starts_at, @ends_at, @timezone,
			@mode, @place_id, @venue, @online_url, @parent_id, @languages, @outcome, @external_ids, @notes)
		RETURNING id`, in.args())
	if err != nil {
		return 0, err
	}
	return id, setParts(ctx, tx, id, Input{}, in)
}

// Update replaces the content of old, with the errors of Create. A parent that is a descendant is apperr.Invalid.
// Content that is already stored changes nothing, not even the version.
func Update(ctx context.Context, tx pgx.Tx, old RoundTable, in Input) error {
	in.complete()
	if err := MayPublish(ctx, old.Publication, in.Publication); err != nil {
		return err
	}
	args := in.args()
	args["id"] = old.ID
	err := pg.Exec(ctx, tx, `
		UPDATE round_tables SET title = @title, purpose = @purpose, format = @format, status = @status, publication = @publication,
			starts_on = @starts_on, ends_on = @ends_on, date_precision = @date_precision, starts_at = @starts_at, ends_at = @ends_at,
			timezone = @timezone, mode = @mode, place_id = @place_id, venue = @venue, online_url = @online_url, parent_id = @parent_id,
			languages = @languages, outcome = @outcome, external_ids = @external_ids, notes = @notes
		WHERE id = @id`, args)
	if err != nil {
		return err
	}
	return setParts(ctx, tx, old.ID, old.Input, in)
}

// Publish sets the publication of a round table to "published" or "withdrawn". If it is already set, nothing changes.
// Without the scope publish, Publish returns apperr.Forbidden.
func Publish(ctx context.Context, tx pgx.Tx, id int64, publication string) error {
	was, err := publicationOf(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := MayPublish(ctx, was, publication); err != nil {
		return err
	}
	return pg.Exec(ctx, tx, "UPDATE round_tables SET publication = @publication WHERE id = @id", pg.Args{"id": id, "publication": publication})
}

func publicationOf(ctx context.Context, tx pgx.Tx, id int64) (publication string, err error) {
	publication, err = pg.Value[string](ctx, tx, "SELECT publication FROM round_tables WHERE id = @id", pg.Args{"id": id})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", changes.Missing(ctx, tx, Type, id)
	}
	return publication, err
}

// MayPublish checks that the actor may change the publication. A change from or to published or withdrawn requires
// the scope publish; otherwise it is apperr.Forbidden.
func MayPublish(ctx context.Context, was, is string) error {
	moves := func(publication string) bool { return publication == "published" || publication == "withdrawn" }
	if was == is || !moves(was) && !moves(is) || actor.From(ctx).Can(actor.Publish) {
		return nil
	}
	return apperr.New(apperr.Forbidden, "scope_missing", "scope", string(actor.Publish))
}

func (in Input) args() pg.Args {
	return pg.Args{
		"title": in.Title, "purpose": in.Purpose, "format": in.Format, "status": in.Status, "publication": in.Publication,
		"starts_on": in.StartsOn, "ends_on": in.EndsOn, "date_precision": in.DatePrecision, "starts_at": in.StartsAt, "ends_at": in.EndsAt,
		"timezone": in.Timezone, "mode": in.Mode, "place_id": in.PlaceID, "venue": in.Venue, "online_url": in.OnlineURL,
		"parent_id": in.ParentID, "languages": pg.OrEmpty(in.Languages), "outcome": in.Outcome, "external_ids": pg.OrEmpty(in.ExternalIDs), "notes": in.Notes,
	}
}
