package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/webhook"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

func (s *server) newDispatcher() *webhook.Dispatcher {
	return webhook.NewDispatcher(webhook.Options{
		DB: s.db.Pool, Log: s.config.Log, Types: feedTypes, Secret: s.secret, Reach: s.reach(),
		RetryDelays: s.config.WebhookWaits, PollInterval: s.config.WebhookEvery,
		Purge:     s.purgeContacts,
		OnAttempt: func(result string) { s.metrics.attempts.WithLabelValues(result).Inc() },
		Cursor: func(at changes.Head, types []string, drafts bool) string {
			p := logPosition{Epoch: at.Epoch, Seq: at.Seq, View: viewPublic}
			if len(types) > 0 {
				p.Types = wanted(types)
			}
			if drafts {
				p.View = viewRead
			}
			return s.cursors.encodePosition(p)
		},
	})
}

func (s *server) reach() webhook.Reach { return webhook.Reach{Private: s.config.WebhooksPrivate} }

// Deliver delivers changes to webhooks until ctx ends. Calls in progress may finish within grace.
func (a *API) Deliver(ctx context.Context, grace time.Duration) error {
	return a.server.dispatcher.Run(ctx, grace)
}

// mayReceive checks that the types of a webhook are in the change feed. It returns apperr.Forbidden if a key that cannot read
// drafts would have more drafts delivered, or have them delivered to another address.
func mayReceive(ctx context.Context, was, in webhook.Input) error {
	for i, t := range in.Types {
		if !slices.Contains(feedTypes, t) {
			return apperr.Validation([]apperr.Field{apperr.NotOneOf("/types/"+strconv.Itoa(i), feedTypes)})
		}
	}
	same := was.Drafts && was.URL == in.URL && slices.Equal(was.Types, in.Types) && (was.State == in.State || in.State == "disabled")
	if !in.Drafts || same {
		return nil
	}
	return admit(actor.From(ctx), actor.Read)
}

var webhooks = resource[webhook.Input, webhook.Webhook, webhook.Filter]{
	Kind: history.Kind{Type: webhook.Type, Table: webhook.Table},
	one:  "webhook", many: "webhooks",
	sorts: []string{"id", "updated_at"},
	list:  webhook.List, get: webhook.Get,
	read: actor.Admin, write: actor.Admin,
	replaced: map[Feature]Operation{
		Create: with[writeParams, webhook.Created]((*server).createWebhook),
		Patch:  with[writeParams, webhook.Webhook]((*server).patchWebhook),
	},
	only: []Feature{List, Create, Get, Patch, Delete, History},
	notes: map[Feature]string{
		Create: "The service delivers all changes from now on to the address. Only this response shows the secret that verifies " +
			"signatures: store `secret` now.",
		Patch: "If the address, `types`, `drafts` or `state` changes, pending deliveries are cancelled and their changes are delivered in " +
			"new messages. A webhook that is enabled again continues where it stopped.",
		Delete: "Deletes the webhook and its deliveries. They cannot be restored.",
	},
}

var webhookDeliveries = resource[struct{}, webhook.Delivery, webhook.DeliveryFilter]{
	Kind: history.Kind{Type: "deliveries"},
	one:  "webhook delivery", many: "webhook deliveries",
	parent: "/v1/webhooks/:webhook_id", of: "webhook",
	sorts:    []string{"-id"},
	read:     actor.Admin,
	unlogged: true,
	replaced: map[Feature]Operation{
		List: with[webhook.DeliveryFilter, Page[webhook.Listed]]((*server).listWebhookDeliveries),
		Get:  with[itemParams, webhook.Delivery]((*server).getWebhookDelivery),
	},
	only:  []Feature{List, Get},
	notes: map[Feature]string{List: "The newest comes first. Deliveries are stored for 30 days."},
}

func (s *server) createWebhook(c echo.Context) error {
	var secret string
	create := func(ctx context.Context, tx pgx.Tx, in webhook.Input) (id int64, err error) {
		if err := mayReceive(ctx, webhook.Input{}, in); err != nil {
			return 0, err
		}
		id, secret, err = webhook.Create(ctx, tx, s.secret, s.reach(), in)
		return id, err
	}
	defer s.dispatcher.Wake()
	return createOf(s, c, create, withSecret(c, &secret))
}

// withSecret returns a function that reads a webhook and adds its secret, except after a dry run.
func withSecret(c echo.Context, secret *string) func(context.Context, pg.DB, int64) (webhook.Created, error) {
	return func(ctx context.Context, db pg.DB, id int64) (webhook.Created, error) {
		w, err := webhook.Get(ctx, db, id)
		if c.QueryParam("dry_run") == "true" {
			secret = nil
		}
		return webhook.Created{Webhook: w, Secret: secret}, err
	}
}

func (s *server) patchWebhook(c echo.Context) error {
	update := func(ctx context.Context, tx pgx.Tx, old webhook.Webhook, in webhook.Input) error {
		if err := mayReceive(ctx, old.Input, in); err != nil {
			return err
		}
		return webhook.Update(ctx, tx, s.reach(), old, in)
	}
	defer s.dispatcher.Wake()
	return patchOf(s, c, webhook.Get, func(w *webhook.Webhook) *webhook.Input { return &w.Input }, update)
}

// rotateWebhookSecret replaces the secret of a webhook.
//
//	@ID				rotateWebhookSecret
//	@Summary		Replace the secret
//	@Description	For 24 hours messages have two signatures, one for the new and one for the previous secret. Another rotation
//	@Description	ends the previous secret at once.
//	@Tags			Webhooks
//	@Param			id		path		int				true	"The webhook."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	webhook.Created	"The webhook. Store `secret` now."
//	@Router			/v1/webhooks/{id}/rotate [post]
func (s *server) rotateWebhookSecret(c echo.Context) error {
	var secret string
	rotate := func(ctx context.Context, tx pgx.Tx, id int64) (err error) {
		secret, err = webhook.Rotate(ctx, tx, s.secret, id)
		return err
	}
	defer s.dispatcher.Wake()
	return actOn(s, c, rotate, withSecret(c, &secret))
}

// Replay is the position to replay from.
//
//	@Description	The position to replay from.
type Replay struct {
	Cursor string `json:"cursor" validate:"required,max=2000"` // A change cursor: `data.after` or `data.cursor` of a message, or `meta.cursor` of a list. The changes after it are delivered again.
} //	@name	WebhookReplay

// Check makes Replay the input of a write. It has no further rules.
func (*Replay) Check() []apperr.Field { return nil }

// replayWebhook delivers the changes after a cursor again.
//
//	@ID				replayWebhook
//	@Summary		Replay deliveries from a cursor
//	@Description	Delivers the changes after a cursor again, each record in its newest state. Pending deliveries are cancelled.
//	@Description	If the webhook includes drafts, this requires the scope `read`.
//	@Tags			Webhooks
//	@Param			id		path		int				true	"The webhook."
//	@Param			params	query		writeParams		false	"-"
//	@Param			replay	body		Replay			true	"The position."
//	@Success		200		{object}	webhook.Webhook	"The webhook."
//	@Router			/v1/webhooks/{id}/replay [post]
func (s *server) replayWebhook(c echo.Context) error {
	in, err := body[Replay](c)
	if err != nil {
		return err
	}
	defer s.dispatcher.Wake()
	return actOn(s, c, func(ctx context.Context, tx pgx.Tx, id int64) error {
		w, err := webhook.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := mayReceive(ctx, webhook.Input{}, w.Input); err != nil {
			return err
		}
		at, err := s.replayPosition(ctx, tx, in.Cursor)
		if err != nil {
			return err
		}
		return webhook.ReplayFrom(ctx, tx, id, at)
	}, webhook.Get)
}

// replayPosition reads a cursor of any view, because it only names a position.
func (s *server) replayPosition(ctx context.Context, db pg.DB, cursor string) (changes.Head, error) {
	at, err := s.cursors.decodePosition(cursor, viewPublic, nil)
	if err != nil {
		at, err = s.cursors.decodePosition(cursor, viewRead, nil)
	}
	if err != nil {
		return changes.Head{}, apperr.Validation([]apperr.Field{apperr.At("/cursor", "bad_place")})
	}
	head, err := changes.ReadHead(ctx, db)
	if err != nil {
		return changes.Head{}, err
	}
	if at.Epoch != head.Epoch || at.Seq > head.Seq {
		return changes.Head{}, s.errChangesRestarted(feedTypes)
	}
	return changes.Head{Epoch: at.Epoch, Seq: at.Seq}, nil
}

// testWebhook sends a test message.
//
//	@ID				testWebhook
//	@Summary		Send a test message
//	@Description	Sends a message of type `webhook.test` once and returns its delivery: `state` is `delivered`, or `failed` with
//	@Description	the reason. It also works for a disabled webhook. A dry run sends nothing. There is no `Idempotency-Key`: a
//	@Description	repeated request sends another message.
//	@Tags			Webhooks
//	@Param			id		path		int					true	"The webhook."
//	@Param			params	query		writeParams			false	"-"
//	@Success		200		{object}	webhook.Delivery	"The delivery."
//	@Router			/v1/webhooks/{id}/test [post]
func (s *server) testWebhook(c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	var d webhook.Delivery
	step := func(act func(ctx context.Context, tx pgx.Tx) (int64, error)) (writeParams, error) {
		return s.write(c, func(ctx context.Context, tx pgx.Tx) error {
			made, err := act(ctx, tx)
			if err != nil {
				return err
			}
			d, err = webhook.GetDelivery(ctx, tx, n, made)
			return err
		})
	}
	p, err := step(func(ctx context.Context, tx pgx.Tx) (int64, error) { return webhook.CreateTest(ctx, tx, n) })
	if err == nil && !p.DryRun {
		var keep func(context.Context, pgx.Tx) error
		if keep, err = s.dispatcher.SendTest(c.Request().Context(), d.ID); err == nil {
			_, err = step(func(ctx context.Context, tx pgx.Tx) (int64, error) { return d.ID, keep(ctx, tx) })
		}
	}
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, &d, itemParams{Lang: p.Lang}, nil)
}

// webhookTestPath takes no Idempotency-Key, because no transaction can include the call to the receiver.
const webhookTestPath = "/v1/webhooks/:id/test"

// deliveryOf returns a function that reads a delivery of one webhook.
func deliveryOf(of int64) func(context.Context, pg.DB, int64) (webhook.Delivery, error) {
	return func(ctx context.Context, db pg.DB, id int64) (webhook.Delivery, error) {
		return webhook.GetDelivery(ctx, db, of, id)
	}
}

func (s *server) listWebhookDeliveries(c echo.Context) error {
	of, err := pathID(c, "webhook_id")
	if err != nil {
		return err
	}
	return uncachedListOf(s, c, func(ctx context.Context, db pg.DB, f webhook.DeliveryFilter) (paging.Page[webhook.Listed], error) {
		return webhook.ListDeliveries(ctx, db, of, f)
	})
}

func (s *server) getWebhookDelivery(c echo.Context) error {
	of, err := pathID(c, "webhook_id")
	if err != nil {
		return err
	}
	return unloggedItemOf(s, c, deliveryOf(of))
}

// retryWebhookDelivery retries a delivery at once.
//
//	@ID				retryWebhookDelivery
//	@Summary		Retry a delivery now
//	@Description	Sends a delivery that waits for its next attempt at once. A finished delivery is not sent again: replay from
//	@Description	`data.after` of its message instead.
//	@Tags			Webhooks
//	@Param			webhook_id	path		int					true	"The webhook."
//	@Param			id			path		int					true	"The delivery."
//	@Param			params		query		writeParams			false	"-"
//	@Success		200			{object}	webhook.Delivery	"The delivery."
//	@Router			/v1/webhooks/{webhook_id}/deliveries/{id}/retry [post]
func (s *server) retryWebhookDelivery(c echo.Context) error {
	of, err := pathID(c, "webhook_id")
	if err != nil {
		return err
	}
	defer s.dispatcher.Wake()
	return actOn(s, c, func(ctx context.Context, tx pgx.Tx, id int64) error {
		return s.dispatcher.Retry(ctx, tx, of, id)
	}, deliveryOf(of))
}
