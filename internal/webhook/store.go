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

// List returns a page of webhooks.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Webhook], error) {
	var w pg.Where
	pg.In(&w, "w.id", "id", f.ID)
	pg.In(&w, "w.state", "state", f.State)
	return paging.Query[Webhook](ctx, db, Source, w, f.Params)
}

// Get returns one webhook. It returns apperr.NotFound if there is none, and apperr.Gone after its deletion if the
// actor may read drafts.
func Get(ctx context.Context, db pg.DB, id int64) (Webhook, error) {
	return changes.Get[Webhook](ctx, db, Source, Type, id)
}

// Create creates a webhook for the changes from now on. It returns its id and its secret, which cannot be read again.
// registry is the secret of the registry. An address that must not be called is apperr.Invalid.
func Create(ctx context.Context, tx pgx.Tx, registry []byte, reach Reach, in Input) (id int64, secret string, err error) {
	if err := apperr.Validation(reach.check(in.URL)); err != nil {
		return 0, "", err
	}
	seed := newSeed()
	id, err = pg.ID(ctx, tx, `INSERT INTO webhooks (url, description, types, drafts, state, seed)
		VALUES (@url, @description, @types, @drafts, @state, @seed) RETURNING id`,
		pg.Args{"url": in.URL, "description": in.Description, "types": in.Types, "drafts": in.Drafts, "state": in.State, "seed": seed})
	if err != nil {
		return 0, "", err
	}
	head, err := changes.ReadHead(ctx, tx)
	if err != nil {
		return 0, "", err
	}
	err = pg.Exec(ctx, tx, "INSERT INTO webhook_places (webhook_id, epoch, seq) VALUES (@id, @epoch, @seq)",
		pg.Args{"id": id, "epoch": head.Epoch, "seq": head.Seq})
	return id, secretOf(registry, seed), err
}

// Update replaces the content of old, whose row must be locked. Pending deliveries for the previous content are
// cancelled and prepared again. An address that must not be called is apperr.Invalid. Content that is already stored
// changes nothing, not even the version.
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

// Rotate replaces the secret of a webhook. The previous one stays valid for 24 hours.
func Rotate(ctx context.Context, tx pgx.Tx, registry []byte, id int64) (secret string, err error) {
	if _, err := changes.Lock(ctx, tx, Table, Type, id); err != nil {
		return "", err
	}
	seed := newSeed()
	err = pg.Exec(ctx, tx, "UPDATE webhooks SET former_seed = seed, seed = @seed, rotated_at = now() WHERE id = @id", pg.Args{"id": id, "seed": seed})
	return secretOf(registry, seed), err
}

// ReplayFrom delivers the changes after a position in the log to a webhook again. Pending deliveries are cancelled.
func ReplayFrom(ctx context.Context, tx pgx.Tx, id int64, logPosition changes.Head) error {
	if _, err := changes.Lock(ctx, tx, Table, Type, id); err != nil {
		return err
	}
	if err := cancelPending(ctx, tx, id, ""); err != nil {
		return err
	}
	return move(ctx, tx, id, logPosition)
}

// move sets the position in the log up to which a webhook has got changes. Its row must be locked.
func move(ctx context.Context, tx pg.DB, id int64, logPosition changes.Head) error {
	return pg.Exec(ctx, tx, "UPDATE webhook_places SET epoch = @epoch, seq = @seq WHERE webhook_id = @id",
		pg.Args{"id": id, "epoch": logPosition.Epoch, "seq": logPosition.Seq})
}

// cancelPending cancels the pending deliveries of a webhook, except those of the epoch. Its row must be locked.
func cancelPending(ctx context.Context, tx pg.DB, id int64, epoch string) error {
	return pg.Exec(ctx, tx, cancel+" AND webhook_id = @id AND epoch <> @epoch", pg.Args{"id": id, "epoch": epoch})
}

// cancel cancels pending deliveries, but not test messages, which are delivered only once.
const cancel = `
	UPDATE webhook_deliveries d SET state = 'cancelled', next_attempt_at = NULL, version = version + 1, updated_at = now()
	WHERE state = 'pending' AND kind <> 'test'`
