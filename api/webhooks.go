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
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/webhook"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

func (s *server) newDispatcher() *webhook.Dispatcher {
	return webhook.NewDispatcher(webhook.Options{
		DB: s.db, Log: s.config.Log, Types: feedTypes, Secret: s.secret, Reach: s.reach(),
		RetryDelays: s.config.WebhookWaits, PollInterval: s.config.WebhookEvery,
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

// Deliver tells webhooks of changes until ctx ends; calls that are under way may finish within grace.
func (a *API) Deliver(ctx context.Context, grace time.Duration) error {
	return a.server.dispatcher.Run(ctx, grace)
}

// mayReceive checks what a webhook is to receive: its types are in the change feed, and a key that cannot read drafts
// does not have more of them delivered, or delivered elsewhere (apperr.Forbidden).
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

// listWebhooks answers a page of webhooks.
//
//	@ID			listWebhooks
//	@Summary	List webhooks
//	@Tags		Webhooks
//	@x-sort		["id", "updated_at"]
//	@Param		filter	query		webhook.Filter	false	"-"
//	@Success	200		{object}	Page[webhook.Webhook]		"A page of webhooks."
//	@Router		/v1/webhooks [get]
func (s *server) listWebhooks(c echo.Context) error { return listOf(s, c, webhook.List) }

// getWebhook answers one webhook.
//
//	@ID			getWebhook
//	@Summary	Get a webhook
//	@Tags		Webhooks
//	@Param		id		path		int				true	"The webhook."
//	@Param		params	query		itemParams		false	"-"
//	@Success	200		{object}	webhook.Webhook	"The webhook."
//	@Router		/v1/webhooks/{id} [get]
func (s *server) getWebhook(c echo.Context) error { return itemOf(s, c, webhook.Get) }

// createWebhook makes a webhook.
//
//	@ID				createWebhook
//	@Summary		Create a webhook
//	@Description	From now on its address is told of what changes. The answer is the only one that shows the secret with which receivers check that a message is from here.
//	@Tags			Webhooks
//	@Param			params	query		writeParams		false	"-"
//	@Param			webhook	body		webhook.Input	true	"The webhook."
//	@Success		201		{object}	webhook.Created	"The new webhook. Keep `secret` now."
//	@Router			/v1/webhooks [post]
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

// withSecret reads a webhook for the answer that shows its secret; after a dry run there is none.
func withSecret(c echo.Context, secret *string) func(context.Context, pg.DB, int64) (webhook.Created, error) {
	return func(ctx context.Context, db pg.DB, id int64) (webhook.Created, error) {
		w, err := webhook.Get(ctx, db, id)
		if c.QueryParam("dry_run") == "true" {
			secret = nil
		}
		return webhook.Created{Webhook: w, Secret: secret}, err
	}
}

// patchWebhook changes a webhook.
//
//	@ID				patchWebhook
//	@Summary		Change a webhook
//	@Description	With another address, other types, `drafts` or `state`, what is on its way is cancelled and told anew as it is now. One that is enabled again goes on where it left off.
//	@Tags			Webhooks
//	@Param			id		path		int				true	"The webhook."
//	@Param			params	query		writeParams		false	"-"
//	@Param			patch	body		webhook.Input	true	"What changes."
//	@Success		200		{object}	webhook.Webhook	"The webhook as it is now."
//	@Router			/v1/webhooks/{id} [patch]
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

// deleteWebhook deletes a webhook.
//
//	@ID				deleteWebhook
//	@Summary		Delete a webhook
//	@Description	With its deliveries, and for good: it cannot be restored.
//	@Tags			Webhooks
//	@Param			id		path	int			true	"The webhook."
//	@Param			params	query	writeParams	false	"-"
//	@Success		204		"The webhook is gone, or would be after a dry run."
//	@Router			/v1/webhooks/{id} [delete]
func (s *server) deleteWebhook(c echo.Context) error {
	return deleteOf(s, c, webhook.Table, webhook.Type, webhook.Get)
}

// historyWebhook answers the changes of a webhook.
//
//	@ID			getWebhookHistory
//	@Summary	The history of a webhook
//	@Tags		Webhooks
//	@x-sort		["-changed_at"]
//	@Param		id		path		int				true	"The webhook."
//	@Param		filter	query		historyQuery	false	"-"
//	@Success	200		{object}	Page[Revision]	"A page of changes, the newest first."
//	@Router		/v1/webhooks/{id}/history [get]
func (s *server) historyWebhook(c echo.Context) error { return historyOf(s, c, webhook.Type, nil) }

// actOnWebhook runs a write on the webhook of the path and answers what show reads after it.
func actOnWebhook[T record](s *server, c echo.Context, act func(ctx context.Context, tx pgx.Tx, id int64) error,
	show func(context.Context, pg.DB, int64) (T, error)) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	var r T
	p, err := s.write(c, func(ctx context.Context, tx pgx.Tx) error {
		if err := act(ctx, tx, n); err != nil {
			return err
		}
		r, err = show(ctx, tx, n)
		return err
	})
	if err != nil {
		return err
	}
	s.dispatcher.Wake()
	return item(c, http.StatusOK, &r, itemParams{Lang: p.Lang})
}

// rotateWebhookSecret gives a webhook another secret.
//
//	@ID				rotateWebhookSecret
//	@Summary		Replace the secret
//	@Description	For 24 hours messages carry two signatures, of the new secret and of the former one, so that a receiver can change over at leisure. A further rotation ends the former secret at once.
//	@Tags			Webhooks
//	@Param			id		path		int				true	"The webhook."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	webhook.Created	"The webhook. Keep `secret` now."
//	@Router			/v1/webhooks/{id}/rotate [post]
func (s *server) rotateWebhookSecret(c echo.Context) error {
	var secret string
	rotate := func(ctx context.Context, tx pgx.Tx, id int64) (err error) {
		secret, err = webhook.Rotate(ctx, tx, s.secret, id)
		return err
	}
	return actOnWebhook(s, c, rotate, withSecret(c, &secret))
}

// Replay is where a webhook is to begin anew.
//
//	@Description	Where a webhook is to begin anew.
type Replay struct {
	Cursor string `json:"cursor" validate:"required,max=2000"` // A cursor of the changes: `data.after` or `data.cursor` of a message, `meta.cursor` of a list. All that came after it is told.
} //	@name	WebhookReplay

// Check implements the input of a write.
func (*Replay) Check() []apperr.Field { return nil }

// replayWebhook has a webhook told anew.
//
//	@ID				replayWebhook
//	@Summary		Tell again
//	@Description	Tells the webhook anew what has changed after a cursor, each record at its newest state. What is on its way is cancelled.
//	@Tags			Webhooks
//	@Param			id		path		int				true	"The webhook."
//	@Param			params	query		writeParams		false	"-"
//	@Param			replay	body		Replay			true	"From where."
//	@Success		200		{object}	webhook.Webhook	"The webhook."
//	@Router			/v1/webhooks/{id}/replay [post]
func (s *server) replayWebhook(c echo.Context) error {
	in, err := body[Replay](c)
	if err != nil {
		return err
	}
	return actOnWebhook(s, c, func(ctx context.Context, tx pgx.Tx, id int64) error {
		at, err := s.replayPosition(ctx, tx, in.Cursor)
		if err != nil {
			return err
		}
		return webhook.ReplayFrom(ctx, tx, id, at)
	}, webhook.Get)
}

// replayPosition reads a cursor of the changes, of whoever it was made for: it only says from where.
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

// testWebhook calls a webhook.
//
//	@ID				testWebhook
//	@Summary		Call for a test
//	@Description	Sends a message of type `webhook.test`, once and at once, and answers what became of it: `state` is `delivered`, or `failed` with the reason. It works for a disabled webhook, too. A dry run sends nothing, and a request that is repeated calls again: there is no Idempotency-Key.
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
	return item(c, http.StatusOK, &d, itemParams{Lang: p.Lang})
}

// webhookTestPath is that of an action whose effect is elsewhere: no transaction spans the call.
const webhookTestPath = "/v1/webhooks/:id/test"

// deliveries are the functions of the deliveries of the webhook in the path.
type deliveries struct{ webhook int64 }

func deliveriesOf(c echo.Context) (deliveries, error) {
	n, err := pathID(c, "webhook_id")
	return deliveries{n}, err
}

func (o deliveries) list(ctx context.Context, db pg.DB, f webhook.DeliveryFilter) (paging.Page[webhook.Listed], error) {
	return webhook.ListDeliveries(ctx, db, o.webhook, f)
}

func (o deliveries) get(ctx context.Context, db pg.DB, id int64) (webhook.Delivery, error) {
	return webhook.GetDelivery(ctx, db, o.webhook, id)
}

// listWebhookDeliveries answers a page of the deliveries of a webhook.
//
//	@ID				listWebhookDeliveries
//	@Summary		List deliveries of a webhook
//	@Description	The newest first. They are kept for 30 days.
//	@Tags			Webhooks
//	@x-sort			["-id"]
//	@x-fresh		true
//	@Param			webhook_id	path		int						true	"The webhook."
//	@Param			filter		query		webhook.DeliveryFilter	false	"-"
//	@Success		200			{object}	Page[webhook.Listed]		"A page of deliveries."
//	@Router			/v1/webhooks/{webhook_id}/deliveries [get]
func (s *server) listWebhookDeliveries(c echo.Context) error {
	of, err := deliveriesOf(c)
	if err != nil {
		return err
	}
	return uncachedListOf(s, c, of.list)
}

// getWebhookDelivery answers one delivery.
//
//	@ID			getWebhookDelivery
//	@Summary	Get a delivery of a webhook
//	@Tags		Webhooks
//	@x-fresh	true
//	@Param		webhook_id	path		int					true	"The webhook."
//	@Param		id			path		int					true	"The delivery."
//	@Param		params		query		itemParams			false	"-"
//	@Success	200			{object}	webhook.Delivery	"The delivery, with the message."
//	@Router		/v1/webhooks/{webhook_id}/deliveries/{id} [get]
func (s *server) getWebhookDelivery(c echo.Context) error {
	of, err := deliveriesOf(c)
	if err != nil {
		return err
	}
	return uncachedItemOf(s, c, of.get)
}

// retryWebhookDelivery has a delivery attempted at once.
//
//	@ID				retryWebhookDelivery
//	@Summary		Do not wait
//	@Description	A delivery that waits for its next attempt is sent at once. One that is over is not sent again: replay from `data.after` of its message instead.
//	@Tags			Webhooks
//	@Param			webhook_id	path		int					true	"The webhook."
//	@Param			id			path		int					true	"The delivery."
//	@Param			params		query		writeParams			false	"-"
//	@Success		200			{object}	webhook.Delivery	"The delivery."
//	@Router			/v1/webhooks/{webhook_id}/deliveries/{id}/retry [post]
func (s *server) retryWebhookDelivery(c echo.Context) error {
	of, err := deliveriesOf(c)
	if err != nil {
		return err
	}
	return actOnWebhook(s, c, func(ctx context.Context, tx pgx.Tx, id int64) error {
		return s.dispatcher.Retry(ctx, tx, of.webhook, id)
	}, of.get)
}
