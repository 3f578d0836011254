package webhook

import (
	"context"
	"errors"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"
)

// The states of a delivery.
const (
	pending   = "pending"
	delivered = "delivered"
	failed    = "failed"
)

// Listed is a delivery in a list.
//
//	@Description	A message to a webhook and what became of it, without the message itself.
type Listed struct {
	changes.Record
	WebhookID     int64      `json:"webhook_id" db:"webhook_id" example:"1"`                                                               // The webhook.
	MessageID     string     `json:"message_id" db:"message_id" example:"msg_7XJ3K2ZQ5T6R4VNA5OJ4HL6MRA"`                                  // The header Webhook-Id, the same with each attempt.
	Kind          string     `json:"kind" db:"kind" enums:"changes,began_anew,test" example:"changes"`                                     // What it tells: changes; that the registry was restored from a backup; nothing, for a try.
	State         string     `json:"state" db:"state" enums:"pending,delivered,failed,cancelled" example:"delivered"`                      // pending: on its way, or to be tried again. cancelled: the webhook was changed, disabled or replayed before.
	Changes       int        `json:"changes" db:"changes" example:"3"`                                                                     // How many changes it tells.
	Attempts      int        `json:"attempts" db:"attempts" example:"1"`                                                                   // How often it was sent.
	Status        *int       `json:"status" db:"status" example:"204"`                                                                     // The status of the last answer; null without one.
	Error         *string    `json:"error" db:"error" enums:"blocked_address,dns,connection,tls,timeout,redirect,status" example:"status"` // Why the last attempt failed; null if it did not.
	DurationMS    *int       `json:"duration_ms" db:"duration_ms" example:"84"`                                                            // How many milliseconds the last attempt took.
	NextAttemptAt *time.Time `json:"next_attempt_at" db:"next_attempt_at" format:"date-time"`                                              // When it is sent next; null once it is over.
	DeliveredAt   *time.Time `json:"delivered_at" db:"delivered_at" format:"date-time"`                                                    // When it was taken.
} //	@name	WebhookDeliveryListed

// Delivery is the record.
//
//	@Description	A message to a webhook and what became of it. Kept for 30 days.
type Delivery struct {
	Listed
	Payload jsontext.Value `json:"payload" db:"payload" swaggertype:"object"` // The message, as it is sent.
} //	@name	WebhookDelivery

// DeliveryFilter is what the deliveries of a webhook can be narrowed by.
type DeliveryFilter struct {
	paging.Params
	State []string `query:"state" form:"state" enums:"pending,delivered,failed,cancelled" validate:"max=200"` // Only deliveries in these states.
	Kind  []string `query:"kind" form:"kind" enums:"changes,began_anew,test" validate:"max=200"`              // Only these kinds.
}

// DeliverySource is how deliveries are read, without their payload.
var DeliverySource = paging.Source{
	Columns: changes.Columns("d") + `, d.webhook_id, d.message_id, d.kind, d.state, d.changes, d.attempts, d.status, d.error, d.duration_ms,
		d.next_attempt_at, d.delivered_at`,
	Table:   "webhook_deliveries d",
	ID:      "d.id",
	Sorts:   map[string]paging.Column{},
	Default: "-id",
}

// ListDeliveries gives a page of the deliveries of a webhook, or apperr.NotFound where there is no such webhook.
func ListDeliveries(ctx context.Context, db pg.DB, webhook int64, f DeliveryFilter) (paging.Page[Listed], error) {
	if _, err := Get(ctx, db, webhook); err != nil {
		return paging.Page[Listed]{}, err
	}
	var w pg.Where
	w.Add("d.webhook_id = @webhook", "webhook", webhook)
	pg.In(&w, "d.state", "state", f.State)
	pg.In(&w, "d.kind", "kind", f.Kind)
	return paging.Query[Listed](ctx, db, DeliverySource, w, f.Params)
}

// GetDelivery gives one delivery of a webhook, or apperr.NotFound.
func GetDelivery(ctx context.Context, db pg.DB, webhook, id int64) (Delivery, error) {
	if _, err := Get(ctx, db, webhook); err != nil {
		return Delivery{}, err
	}
	whole := DeliverySource
	whole.Columns += ", d.payload::json AS payload"
	d, err := pg.One[Delivery](ctx, db, whole.Item()+" AND d.webhook_id = @webhook", pg.Args{"id": id, "webhook": webhook})
	if errors.Is(err, pgx.ErrNoRows) {
		err = apperr.New(apperr.NotFound, "not_found")
	}
	return d, err
}

// Try makes the delivery of a message that tells nothing, for CallTry.
func Try(ctx context.Context, tx pgx.Tx, webhook int64) (int64, error) {
	if _, err := Get(ctx, tx, webhook); err != nil {
		return 0, err
	}
	payload, err := testMessage()
	if err != nil {
		return 0, err
	}
	return pg.ID(ctx, tx, `
		INSERT INTO webhook_deliveries (webhook_id, message_id, kind, payload, epoch, through_seq, next_attempt_at)
		VALUES (@webhook, @message_id, 'test', @payload, '', 0, now()) RETURNING id`,
		pg.Args{"webhook": webhook, "message_id": newMessageID(), "payload": payload})
}

// sending is what an attempt needs to know.
type sending struct {
	ID         int64   `db:"id"`
	Webhook    int64   `db:"webhook_id"`
	MessageID  string  `db:"message_id"`
	Kind       string  `db:"kind"`
	Payload    string  `db:"payload"`
	Waited     int     `db:"waited"` // how many of the waits between attempts are over
	URL        string  `db:"url"`
	Seed       string  `db:"seed"`
	FormerSeed *string `db:"former_seed"`
}

// load reads a delivery that is on its way by a job, 0 for that of a test; pgx.ErrNoRows where it is not.
func load(ctx context.Context, db pg.DB, id, job int64) (sending, error) {
	return pg.One[sending](ctx, db, `
		SELECT d.id, d.webhook_id, d.message_id, d.kind, d.payload, d.waited, w.url, w.seed,
			CASE WHEN w.rotated_at > now() - @both::interval THEN w.former_seed END AS former_seed
		FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
		WHERE d.id = @id AND coalesce(d.job_id, 0) = @job AND d.state = 'pending' AND (w.state = 'enabled' OR d.kind = 'test')`,
		pg.Args{"id": id, "job": job, "both": bothSecrets})
}

// verdict is what follows from the outcome of an attempt.
type verdict struct {
	state    string // of the delivery
	wait     time.Duration
	disabled string // why the webhook is disabled now
}

// judge decides what follows from an attempt, after so many of the waits between attempts.
func (o outcome) judge(waited int, waits []time.Duration) verdict {
	switch {
	case o.reason == "":
		return verdict{state: delivered}
	case o.status != nil && *o.status == 410:
		return verdict{state: failed, disabled: gone}
	case waited >= len(waits):
		return verdict{state: failed, disabled: failing}
	}
	return verdict{state: pending, wait: max(jittered(waits[waited]), o.retryAfter)}
}

// keep notes an attempt and what follows from it, and reports whether the delivery was still on its way: of one that was cancelled meanwhile it
// notes the attempt only. Once it is delivered, the webhook stands where the delivery says.
func (s sending) keep(ctx context.Context, tx pgx.Tx, o outcome, v verdict) (bool, error) {
	if _, err := changes.Lock(ctx, tx, Table, Type, s.Webhook); err != nil {
		return false, err
	}
	type kept struct {
		changes.Head
		State string `db:"state"`
	}
	was, err := pg.One[kept](ctx, tx, "SELECT epoch, through_seq AS seq, state FROM webhook_deliveries WHERE id = @id FOR UPDATE", pg.Args{"id": s.ID})
	if err != nil {
		return false, pg.Error(err)
	}
	mine := was.State == pending
	if !mine {
		v = verdict{state: was.State}
	}
	err = pg.Exec(ctx, tx, `
		UPDATE webhook_deliveries SET state = @state, attempts = attempts + 1, waited = waited + 1, status = @status, error = nullif(@error, ''), duration_ms = @took,
			next_attempt_at = CASE WHEN @state = 'pending' THEN now() + @wait::interval END, delivered_at = CASE WHEN @error = '' THEN now() ELSE delivered_at END,
			version = version + 1, updated_at = now()
		WHERE id = @id`,
		pg.Args{"id": s.ID, "state": v.state, "status": o.status, "error": o.reason, "took": int(o.took.Milliseconds()), "wait": v.wait})
	if err != nil || s.Kind == kindTest {
		return mine, err
	}
	if v.state == delivered && mine {
		err = move(ctx, tx, s.Webhook, was.Head)
	}
	if v.disabled != "" {
		err = pg.Exec(ctx, tx, "UPDATE webhooks SET state = 'disabled', disabled_reason = @reason WHERE id = @id", pg.Args{"id": s.Webhook, "reason": v.disabled})
	}
	return mine, err
}
