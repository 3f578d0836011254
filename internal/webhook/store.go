package webhook

import (
	"context"
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Source is how webhooks are read.
var Source = paging.Source{
	Columns: changes.Columns("w") + ", w.url, w.description, w.types, w.drafts, w.state, w.disabled_reason, w.rotated_at",
	Table:   "webhooks w",
	ID:      "w.id",
	Sorts:   map[string]paging.Column{"updated_at": {SQL: "w.updated_at", Type: "timestamptz"}},
	Default: "id",
}

// List gives a page of webhooks.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Webhook], error) {
	var w pg.Where
	pg.In(&w, "w.id", "id", f.ID)
	pg.In(&w, "w.state", "state", f.State)
	return paging.Query[Webhook](ctx, db, Source, w, f.Params)
}

// Get gives one webhook, or apperr.NotFound, or apperr.Gone after its deletion for whoever reads drafts.
func Get(ctx context.Context, db pg.DB, id int64) (Webhook, error) {
	return changes.Get[Webhook](ctx, db, Source, Type, id)
}

// Create makes a webhook that is told of what changes from now on, and gives its id and its secret, which cannot be read again.
// registry is the registry's secret. An address out of reach is apperr.Invalid.
func Create(ctx context.Context, tx pgx.Tx, registry []byte, reach Reach, in Input) (id int64, secret string, err error) {
	if err := apperr.Validation(reach.check(in.URL)); err != nil {
		return 0, "", err
	}
	seed := newSeed()
	id, err = pg.ID(ctx, tx, "INSERT INTO webhooks (url, description, types, drafts, state, seed) VALUES (@url, @description, @types, @drafts, @state, @seed) RETURNING id",
		pg.Args{"url": in.URL, "description": in.Description, "types": in.Types, "drafts": in.Drafts, "state": in.State, "seed": seed})
	if err != nil {
		return 0, "", err
	}
	head, err := changes.ReadHead(ctx, tx)
	if err != nil {
		return 0, "", err
	}
	err = pg.Exec(ctx, tx, "INSERT INTO webhook_places (webhook_id, epoch, seq) VALUES (@id, @epoch, @seq)", pg.Args{"id": id, "epoch": head.Epoch, "seq": head.Seq})
	return id, secretOf(registry, seed), err
}

// Update gives a webhook, whose row is locked, new content; content that is already there changes nothing. What is on its way by the
// content of before is cancelled and told anew. An address out of reach is apperr.Invalid.
func Update(ctx context.Context, tx pgx.Tx, reach Reach, old Webhook, in Input) error {
	if in.URL != old.URL || in.State == enabled && old.State == disabled {
		if err := apperr.Validation(reach.check(in.URL)); err != nil {
			return err
		}
	}
	if in.URL != old.URL || in.Drafts != old.Drafts || in.State != old.State || !slices.Equal(in.Types, old.Types) {
		if err := cancelPending(ctx, tx, old.ID, ""); err != nil {
			return err
		}
	}
	return pg.Exec(ctx, tx, `
		UPDATE webhooks SET url = @url, description = @description, types = @types, drafts = @drafts, state = @state,
			disabled_reason = CASE WHEN @state = 'disabled' THEN disabled_reason END WHERE id = @id`,
		pg.Args{"id": old.ID, "url": in.URL, "description": in.Description, "types": in.Types, "drafts": in.Drafts, "state": in.State})
}

// Rotate gives a webhook another secret. The one of before is used beside it for 24 hours.
func Rotate(ctx context.Context, tx pgx.Tx, registry []byte, id int64) (secret string, err error) {
	if _, err := changes.Lock(ctx, tx, Table, Type, id); err != nil {
		return "", err
	}
	seed := newSeed()
	err = pg.Exec(ctx, tx, "UPDATE webhooks SET former_seed = seed, seed = @seed, rotated_at = now() WHERE id = @id", pg.Args{"id": id, "seed": seed})
	return secretOf(registry, seed), err
}

// ReplayFrom has a webhook told anew of what came after a place in the log. What is on its way is cancelled.
func ReplayFrom(ctx context.Context, tx pgx.Tx, id int64, place changes.Head) error {
	if _, err := changes.Lock(ctx, tx, Table, Type, id); err != nil {
		return err
	}
	if err := cancelPending(ctx, tx, id, ""); err != nil {
		return err
	}
	return move(ctx, tx, id, place)
}

// move sets up to where a webhook was told. Its row is locked.
func move(ctx context.Context, tx pg.DB, id int64, place changes.Head) error {
	return pg.Exec(ctx, tx, "UPDATE webhook_places SET epoch = @epoch, seq = @seq WHERE webhook_id = @id", pg.Args{"id": id, "epoch": place.Epoch, "seq": place.Seq})
}

// cancelPending gives up what is on its way to a webhook, whose row is locked; with an epoch given, only what is of another one.
func cancelPending(ctx context.Context, tx pg.DB, id int64, epoch string) error {
	return pg.Exec(ctx, tx, cancel+" AND webhook_id = @id AND epoch <> @epoch", pg.Args{"id": id, "epoch": epoch})
}

// cancel gives up deliveries; tests are nobody's to wait for.
const cancel = `
	UPDATE webhook_deliveries d SET state = 'cancelled', next_attempt_at = NULL, version = version + 1, updated_at = now()
	WHERE state = 'pending' AND kind <> 'test'`
