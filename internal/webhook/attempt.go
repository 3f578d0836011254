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

// jobArgs are the arguments of the job that delivers a message.
type jobArgs struct {
	Delivery int64 `json:"delivery"`
}

// Kind implements river.JobArgs.
func (jobArgs) Kind() string { return "webhook_delivery" }

type worker struct {
	river.WorkerDefaults[jobArgs]
	dispatcher *Dispatcher
}

// Work implements river.Worker. It makes one attempt; then the job is snoozed until the next one, or is done.
func (w *worker) Work(ctx context.Context, job *river.Job[jobArgs]) error {
	delay, err := w.dispatcher.attempt(ctx, job.Args.Delivery, job.ID)
	if err == nil && delay != nil {
		err = river.JobSnooze(*delay)
	}
	return err
}

// NextRetry implements river.Worker for attempts that were interrupted or whose outcome could not be saved.
// The delay starts at one second and doubles.
func (w *worker) NextRetry(job *river.Job[jobArgs]) time.Time {
	return time.Now().Add(min(time.Second<<min(max(job.Attempt-1, 0), 10), maxJobRetryDelay))
}

const maxJobRetryDelay = 5 * time.Minute

// attempt sends a delivery once and returns the delay until the next attempt.
// The delay is nil if the delivery is finished or has been handed to another job.
func (d *Dispatcher) attempt(ctx context.Context, id, job int64) (delay *time.Duration, err error) {
	p, err := loadPending(ctx, d.o.DB, id, job)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out, err := d.call(ctx, p)
	if err != nil {
		return nil, err
	}
	next := out.decide(p.Waited, d.o.RetryDelays)
	ctx = actor.With(ctx, actor.System("webhooks"))
	var stillPending bool
	err = changes.Write(ctx, d.o.DB, changes.Options{Reason: disableReasons[next.disabled]}, func(tx pgx.Tx) (err error) {
		stillPending, err = p.save(ctx, tx, out, next)
		return err
	})
	if err != nil || !stillPending {
		return nil, err
	}
	if next.disabled != "" {
		d.o.Log.Warn("webhook disabled", "webhook", p.Webhook, "reason", next.disabled, "error", out.reason)
	}
	if next.state == pending {
		return &next.delay, nil
	}
	d.Wake() // there may be more changes to deliver
	return nil, nil
}

// disableReasons are the reasons that the change log records when the registry disables a webhook.
var disableReasons = map[string]string{gone: "the receiver answered 410", failing: "the last attempt failed"}

// call sends a message. An error means that no attempt was made because the dispatcher is stopping.
func (d *Dispatcher) call(ctx context.Context, p pendingDelivery) (outcome, error) {
	secrets := []string{secretOf(d.o.Secret, p.Seed)}
	if p.FormerSeed != nil {
		secrets = append(secrets, secretOf(d.o.Secret, *p.FormerSeed))
	}
	out, err := send(ctx, d.client, p.URL, secrets, p.MessageID, []byte(p.Payload))
	if err == nil && out.status == nil {
		err = ctx.Err()
	}
	if err != nil {
		return outcome{}, err
	}
	if out.reason == "" {
		d.o.OnAttempt(delivered)
	} else {
		d.o.OnAttempt(out.reason)
	}
	return out, nil
}

// SendTest sends the message of CreateTest, which must be committed, and returns a function that saves the outcome.
// No transaction is open during the call.
func (d *Dispatcher) SendTest(ctx context.Context, id int64) (save func(ctx context.Context, tx pgx.Tx) error, err error) {
	p, err := loadPending(ctx, d.o.DB, id, 0)
	if err != nil {
		return nil, pg.Error(err)
	}
	out, err := d.call(ctx, p)
	return func(ctx context.Context, tx pgx.Tx) error {
		_, err := p.save(ctx, tx, out, out.decide(0, nil))
		return err
	}, err
}

// Retry makes a pending delivery due at once, in a new job, because the current job may be in the middle of a call.
// Requested attempts do not use up the retry delays. A delivery that is not pending is apperr.Conflict.
func (d *Dispatcher) Retry(ctx context.Context, tx pgx.Tx, webhook, id int64) error {
	if _, err := changes.Lock(ctx, tx, Table, Type, webhook); err != nil {
		return err
	}
	delivery, err := GetDelivery(ctx, tx, webhook, id)
	if err != nil {
		return err
	}
	switch {
	case delivery.Kind == kindTest:
		return apperr.New(apperr.Conflict, "test_over")
	case delivery.State != pending:
		return apperr.New(apperr.Conflict, "delivery_over")
	}
	job, err := d.insertJob(ctx, tx, id)
	if err != nil {
		return err
	}
	return pg.Exec(ctx, tx, `
		UPDATE webhook_deliveries SET job_id = @job, waited = greatest(waited - 1, 0), next_attempt_at = now(), version = version + 1, updated_at = now()
		WHERE id = @id`, pg.Args{"id": id, "job": job})
}
