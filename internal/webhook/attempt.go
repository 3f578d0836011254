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
	again, err := d.courier.attempt(ctx, job.Args.Delivery, job.ID)
	if err == nil && again != nil {
		err = river.JobSnooze(*again)
	}
	return err
}

// NextRetry implements river.Worker, for what was broken off or could not be kept: after a second first, then ever later.
func (d *deliverer) NextRetry(job *river.Job[deliverArgs]) time.Time {
	return time.Now().Add(min(time.Second<<min(max(job.Attempt-1, 0), 10), longestRetry))
}

const longestRetry = 5 * time.Minute

// attempt sends a delivery once and gives how long to wait for the next attempt; nil: it is over,
// or another job carries it out by now.
func (c *Courier) attempt(ctx context.Context, id, job int64) (again *time.Duration, err error) {
	s, err := load(ctx, c.o.DB, id, job)
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
	v := out.judge(s.Waited, c.o.Waits)
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
		c.o.Log.Warn("a webhook was disabled", "webhook", s.Webhook, "reason", v.disabled, "error", out.reason)
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

// CallTry sends the message of Try, which must be committed, and gives what keeps the outcome. It holds no transaction meanwhile.
func (c *Courier) CallTry(ctx context.Context, id int64) (keep func(ctx context.Context, tx pgx.Tx) error, err error) {
	s, err := load(ctx, c.o.DB, id, 0)
	if err != nil {
		return nil, pg.Error(err)
	}
	out, err := c.call(ctx, s)
	return func(ctx context.Context, tx pgx.Tx) error {
		_, err := s.keep(ctx, tx, out, out.judge(0, nil))
		return err
	}, err
}

// Retry has a delivery that is on its way attempted at once, by a job of its own: the one of before may be under way. Attempts that somebody
// asks for use up none of the waits. A delivery that is over is apperr.Conflict.
func (c *Courier) Retry(ctx context.Context, tx pgx.Tx, webhook, id int64) error {
	if _, err := changes.Lock(ctx, tx, Table, Type, webhook); err != nil {
		return err
	}
	d, err := GetDelivery(ctx, tx, webhook, id)
	if err != nil {
		return err
	}
	switch {
	case d.Kind == kindTest:
		return apperr.New(apperr.Conflict, "test_over")
	case d.State != pending:
		return apperr.New(apperr.Conflict, "delivery_over")
	}
	job, err := c.enlist(ctx, tx, id)
	if err != nil {
		return err
	}
	return pg.Exec(ctx, tx, `
		UPDATE webhook_deliveries SET job_id = @job, waited = greatest(waited - 1, 0), next_attempt_at = now(), version = version + 1, updated_at = now()
		WHERE id = @id`, pg.Args{"id": id, "job": job})
}
