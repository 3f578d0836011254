package webhook

import (
	"context"
	"errors"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
)

// The states of a delivery.
const (
	pending   = "pending"
	delivered = "delivered"
	failed    = "failed"
)

// Listed is a delivery in a list.
//
//	@Description	A message to a webhook and the outcome of its delivery, without the message itself.
type Listed struct {
	changes.Record
	WebhookID int64  `json:"webhook_id" db:"webhook_id" example:"1"`                              // The webhook.
	MessageID string `json:"message_id" db:"message_id" example:"msg_7XJ3K2ZQ5T6R4VNA5OJ4HL6MRA"` // The header Webhook-Id, the same for each attempt.
	// `changes`: the message lists changes. `began_anew`: the registry was restored from a backup. `test`: a test message without data.
	Kind string `json:"kind" db:"kind" enums:"changes,began_anew,test" example:"changes"`
	// `pending`: not delivered yet; the registry still tries. `cancelled`: the webhook was changed, disabled or replayed before delivery.
	State    string `json:"state" db:"state" enums:"pending,delivered,failed,cancelled" example:"delivered"`
	Changes  int    `json:"changes" db:"changes" example:"3"`   // Number of changes in the message.
	Attempts int    `json:"attempts" db:"attempts" example:"1"` // Number of attempts so far.
	Status   *int   `json:"status" db:"status" example:"204"`   // HTTP status of the last response; null if there was none.
	// Why the last attempt failed; null if it succeeded.
	Error         *string    `json:"error" db:"error" enums:"blocked_address,dns,connection,tls,timeout,redirect,status" example:"status"`
	DurationMS    *int       `json:"duration_ms" db:"duration_ms" example:"84"`               // Duration of the last attempt in milliseconds.
	NextAttemptAt *time.Time `json:"next_attempt_at" db:"next_attempt_at" format:"date-time"` // When the next attempt is due; null if there is none.
	DeliveredAt   *time.Time `json:"delivered_at" db:"delivered_at" format:"date-time"`       // When the receiver accepted it.
} //	@name	WebhookDeliverySummary

// Delivery is the record.
//
//	@Description	A message to a webhook and the outcome of its delivery. Kept for 30 days.
type Delivery struct {
	Listed
	Payload jsontext.Value `json:"payload" db:"payload" swaggertype:"object"` // The message as sent.
} //	@name	WebhookDelivery

// Unlogged returns what changes without an entry in the change log.
func (d Delivery) Unlogged() any { return d.Listed }

// DeliveryFilter narrows a list of the deliveries of a webhook.
type DeliveryFilter struct {
	paging.Params
	State []string `query:"state" form:"state" enums:"pending,delivered,failed,cancelled" validate:"max=200"` // Only deliveries in these states.
	Kind  []string `query:"kind" form:"kind" enums:"changes,began_anew,test" validate:"max=200"`              // Only messages of these kinds.
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

// ListDeliveries returns a page of the deliveries of a webhook, or apperr.NotFound if the webhook does not exist.
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

// GetDelivery returns one delivery of a webhook, or apperr.NotFound.
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

// CreateTest creates the delivery of a test message, which Dispatcher.SendTest sends, and returns its id.
func CreateTest(ctx context.Context, tx pgx.Tx, webhook int64) (int64, error) {
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

// pendingDelivery is what an attempt needs: the delivery and its webhook.
type pendingDelivery struct {
	ID         int64   `db:"id"`
	Webhook    int64   `db:"webhook_id"`
	MessageID  string  `db:"message_id"`
	Kind       string  `db:"kind"`
	Payload    string  `db:"payload"`
	Waited     int     `db:"waited"` // number of retry delays used
	URL        string  `db:"url"`
	Seed       string  `db:"seed"`
	FormerSeed *string `db:"former_seed"`
}

// loadPending reads a pending delivery of a job; job is 0 for a test message.
// It returns pgx.ErrNoRows if the delivery is not pending or belongs to another job.
func loadPending(ctx context.Context, db pg.DB, id, job int64) (pendingDelivery, error) {
	return pg.One[pendingDelivery](ctx, db, `
		SELECT d.id, d.webhook_id, d.message_id, d.kind, d.payload, d.waited, w.url, w.seed,
			CASE WHEN w.rotated_at > now() - @both::interval THEN w.former_seed END AS former_seed
		FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
		WHERE d.id = @id AND coalesce(d.job_id, 0) = @job AND d.state = 'pending' AND (w.state = 'enabled' OR d.kind = 'test')`,
		pg.Args{"id": id, "job": job, "both": secretOverlap})
}

// decision is the consequence of an attempt.
type decision struct {
	state    string        // of the delivery
	delay    time.Duration // until the next attempt, if the state is pending
	disabled string        // why the webhook must be disabled; empty: it stays enabled
}

// decide returns the consequence of an attempt made after waited of the delays.
func (o outcome) decide(waited int, delays []time.Duration) decision {
	switch {
	case o.reason == "":
		return decision{state: delivered}
	case o.status != nil && *o.status == 410:
		return decision{state: failed, disabled: gone}
	case waited >= len(delays):
		return decision{state: failed, disabled: failing}
	}
	return decision{state: pending, delay: max(withJitter(delays[waited]), o.retryAfter)}
}

// save records an attempt and its consequence, and reports whether the delivery was still pending. If it was cancelled
// during the call, only the attempt is recorded. A successful delivery moves the webhook to its log position.
func (p pendingDelivery) save(ctx context.Context, tx pgx.Tx, o outcome, next decision) (stillPending bool, err error) {
	if _, err := changes.Lock(ctx, tx, Table, Type, p.Webhook); err != nil {
		return false, err
	}
	type stored struct {
		changes.Head
		State string `db:"state"`
	}
	before, err := pg.One[stored](ctx, tx, "SELECT epoch, through_seq AS seq, state FROM webhook_deliveries WHERE id = @id FOR UPDATE", pg.Args{"id": p.ID})
	if err != nil {
		return false, pg.Error(err)
	}
	stillPending = before.State == pending
	if !stillPending {
		next = decision{state: before.State}
	}
	err = pg.Exec(ctx, tx, `
		UPDATE webhook_deliveries SET state = @state, attempts = attempts + 1, waited = waited + 1,
			status = @status, error = nullif(@error, ''), duration_ms = @took,
			next_attempt_at = CASE WHEN @state = 'pending' THEN now() + @wait::interval END,
			delivered_at = CASE WHEN @error = '' THEN now() ELSE delivered_at END,
			version = version + 1, updated_at = now()
		WHERE id = @id`,
		pg.Args{"id": p.ID, "state": next.state, "status": o.status, "error": o.reason, "took": int(o.took.Milliseconds()), "wait": next.delay})
	if err != nil || p.Kind == kindTest {
		return stillPending, err
	}
	if next.state == delivered && stillPending {
		err = move(ctx, tx, p.Webhook, before.Head)
	}
	if next.disabled != "" {
		err = pg.Exec(ctx, tx, "UPDATE webhooks SET state = 'disabled', disabled_reason = @reason WHERE id = @id",
			pg.Args{"id": p.Webhook, "reason": next.disabled})
	}
	return stillPending, err
}

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
