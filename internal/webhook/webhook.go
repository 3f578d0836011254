// Package webhook notifies partners of changes: which webhooks exist, which messages they get, and the delivery of
// these messages, which runs on a job queue in the database. Messages follow Standard Webhooks
// (standardwebhooks.com) and do not contain the content of records.
package webhook

import (
	"context"
	"slices"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Table and Type are the table of webhooks and their record type in the change log.
const (
	Table = "webhooks"
	Type  = "webhooks"
)

// The states of a webhook, and the reasons for which the registry disables one.
const (
	enabled  = "enabled"
	disabled = "disabled"

	gone    = "gone"
	failing = "failing"
)

// Input is what an administrator writes.
//
//	@Description	A URL that receives messages about changes.
type Input struct {
	// Where messages are sent: https, port 443 or 8443, a public address. The host name is resolved for each call.
	URL string `json:"url" db:"url" validate:"required,max=2000" example:"https://mirror.example.org/hooks/registry"`
	// Who runs the receiver and what it is for.
	Description *string `json:"description" db:"description" validate:"omitnil,notblank,max=500" lines:"keep" example:"Mirror of the library"`
	// The record types to send changes of. Empty: all types.
	Types []string `json:"types" db:"types" validate:"max=100,unique,dive,required" enums:"feed" example:"round-tables"`
	// Whether to include records that only keys with the scope `read` see. Setting it requires that scope.
	Drafts bool `json:"drafts" db:"drafts" default:"false"`
	// Whether messages are sent. A webhook that is enabled again continues where it stopped.
	State string `json:"state" db:"state" validate:"omitempty,oneof=enabled disabled" enums:"enabled,disabled" default:"enabled"`
} //	@name	WebhookInput

// Check sets the defaults. The tags express all rules.
func (in *Input) Check() []apperr.Field {
	if in.State == "" {
		in.State = enabled
	}
	if in.Types == nil {
		in.Types = []string{}
	}
	return nil
}

// Webhook is the record. It does not contain the signing secret.
//
//	@Description	A URL that receives messages about changes, without the secret that signs them.
type Webhook struct {
	changes.Record
	Input
	// Why the registry disabled it: the receiver answered 410 (`gone`), or a message could not be delivered for three days
	// (`failing`). Null: the registry did not disable it.
	DisabledReason *string `json:"disabled_reason" db:"disabled_reason" enums:"gone,failing" example:"failing"`
	// When the secret was last rotated. For 24 hours after that, messages are also signed with the previous secret.
	RotatedAt *time.Time `json:"rotated_at" db:"rotated_at" format:"date-time"`
} //	@name	Webhook

// Created is a webhook with its secret.
//
//	@Description	A webhook with a new secret. The secret is shown only here.
type Created struct {
	Webhook
	Secret *string `json:"secret" example:"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"` // The secret that signs messages. Store it now. Null after a dry run.
} //	@name	CreatedWebhook

// Filter narrows a list of webhooks.
type Filter struct {
	paging.Params
	ID    []int64  `query:"id" form:"id" validate:"max=200"`                                // Only records with these ids.
	State []string `query:"state" form:"state" enums:"enabled,disabled" validate:"max=200"` // Only webhooks in these states.
}

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
