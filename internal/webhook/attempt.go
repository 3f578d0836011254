package webhook

import (
	"context"
	"errors"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
)

// deliverArgs are those of the job that carries out a delivery.
type deliverArgs struct {
	Delivery int64 `json:"delivery"`
}

// Kind implements river.JobArgs.
func (deliverArgs) Kind() string { return "webhook_delivery" }

type deliverer struct {
	river.WorkerDefaults[deliverArgs]
	courier *Courier
}

// Work implements river.Worker: one attempt, after which the job waits for the next one or is done.
func (d *deliverer) Work(ctx context.Context, job *river.Job[deliverArgs]) error {
	again, err := d.courier.attempt(ctx, job.Args.Delivery)
	if err == nil && again != nil {
		err = river.JobSnooze(*again)
	}
	return err
}

// NextRetry implements river.Worker, for what was broken off or could not be kept.
func (d *deliverer) NextRetry(*river.Job[deliverArgs]) time.Time { return time.Now().Add(time.Second) }

// attempt sends a delivery once and gives how long to wait for the next attempt; nil: it is over.
func (c *Courier) attempt(ctx context.Context, id int64) (again *time.Duration, err error) {
	s, err := load(ctx, c.o.DB, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out, err := c.call(ctx, s)
	if err != nil {
		return nil, err
	}
	v := out.judge(s.Attempts, c.o.Waits)
	ctx = actor.With(ctx, actor.System("webhooks"))
	var mine bool
	err = changes.Write(ctx, c.o.DB, changes.Options{Reason: reasons[v.disabled]}, func(tx pgx.Tx) (err error) {
		mine, err = s.keep(ctx, tx, out, v)
		return err
	})
	if err != nil || !mine {
		return nil, err
	}
	if v.disabled != "" {
		c.o.Log.Warn("a webhook was disabled", "webhook", s.Webhook, "reason", v.disabled, "attempts", s.Attempts+1, "error", out.reason)
	}
	if v.state == pending {
		return &v.wait, nil
	}
	c.Wake() // there may be more
	return nil, nil
}

// reasons are what the log says of a webhook that was disabled.
var reasons = map[string]string{gone: "the address answered 410", failing: "the last attempt failed"}

// call sends a message. An error means that there was no attempt: the courier stops.
func (c *Courier) call(ctx context.Context, s sending) (outcome, error) {
	secrets := []string{secretOf(c.o.Secret, s.Seed)}
	if s.FormerSeed != nil {
		secrets = append(secrets, secretOf(c.o.Secret, *s.FormerSeed))
	}
	out, err := send(ctx, c.client, s.URL, secrets, s.MessageID, []byte(s.Payload))
	if err == nil && out.status == nil {
		err = ctx.Err()
	}
	if err != nil {
		return outcome{}, err
	}
	if out.reason == "" {
		c.o.Attempted(delivered)
	} else {
		c.o.Attempted(out.reason)
	}
	return out, nil
}

// CallTry sends the message of Try, once, and keeps what became of it.
func (c *Courier) CallTry(ctx context.Context, tx pgx.Tx, id int64) error {
	s, err := load(ctx, tx, id)
	if err != nil {
		return pg.Error(err)
	}
	out, err := c.call(ctx, s)
	if err != nil {
		return err
	}
	_, err = s.keep(ctx, tx, out, out.judge(0, nil))
	return err
}

// Retry has a delivery that is on its way attempted at once. One that is over is apperr.Conflict.
func (c *Courier) Retry(ctx context.Context, tx pgx.Tx, webhook, id int64) error {
	if _, err := changes.Lock(ctx, tx, Table, Type, webhook); err != nil {
		return err
	}
	d, err := GetDelivery(ctx, tx, webhook, id)
	if err != nil {
		return err
	}
	if d.State != pending || d.Kind == kindTest {
		return apperr.New(apperr.Conflict, "delivery_over")
	}
	var job int64
	err = tx.QueryRow(ctx, "UPDATE webhook_deliveries SET next_attempt_at = now(), version = version + 1, updated_at = now() WHERE id = $1 RETURNING job_id", id).Scan(&job)
	if err != nil {
		return pg.Error(err)
	}
	_, err = c.jobs.JobRetryTx(ctx, tx, job)
	return pg.Error(err)
}
