package webhook

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/pg"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
)

// The kinds of delivery.
const (
	kindChanges   = "changes"
	kindBeganAnew = "began_anew"
	kindTest      = "test"
)

// maxChanges keeps a message below 20 kB, as Standard Webhooks recommends.
const maxChanges = 100

// Cursor encodes a log position as a cursor of GET /v1/changes, for a reader of these types, with or without drafts.
type Cursor func(logPosition changes.Head, types []string, drafts bool) string

// ChangesCommitted is the message that lists changes.
//
//	@Description	Lists the records that have changed, in commit order, without their content. To update a copy, get the changes after the cursor that it has reached.
type ChangesCommitted struct {
	Type      string      `json:"type" example:"changes.committed"`                                   // Always `changes.committed`.
	Timestamp time.Time   `json:"timestamp" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When the message was created.
	Data      ChangesData `json:"data"`
} //	@name	ChangesCommitted

// ChangesData holds the changes between two log positions.
//
//	@Description	The changes between two cursors.
type ChangesData struct {
	// The cursor of the previous message.
	After string `json:"after" example:"q8k1zJ4vV0m2o6nT5x7yWg3d9eAeyJlIjoiN2YzYTlkMTIiLCJuIjo0MTIsInYiOiJwdWJsaWMifQ"`
	// The cursor after these changes. If the webhook has `types`, it is valid for the same types.
	Cursor  string           `json:"cursor" example:"w2c5pR8sU1x4z7A0d3f6hKbNmQeyJlIjoiN2YzYTlkMTIiLCJuIjo0MTgsInYiOiJwdWJsaWMifQ"`
	Changes []changes.Change `json:"changes"` // At most 100.
} //	@name	WebhookChanges

// ChangesBeganAnew is the message sent after the database was restored from a backup.
//
//	@Description	The registry was restored from a backup. Rebuild copies: from the exports, or from the changes without a cursor.
type ChangesBeganAnew struct {
	Type      string        `json:"type" example:"changes.began_anew"`                                  // Always `changes.began_anew`.
	Timestamp time.Time     `json:"timestamp" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When the message was created.
	Data      BeganAnewData `json:"data"`
} //	@name	ChangesExpired

// BeganAnewData is the log position at which messages continue after a restore.
//
//	@Description	Where messages continue after a restore.
type BeganAnewData struct {
	// The cursor of the changes that follow.
	Cursor string `json:"cursor" example:"w2c5pR8sU1x4z7A0d3f6hKbNmQeyJlIjoiN2YzYTlkMTIiLCJuIjo0MTgsInYiOiJwdWJsaWMifQ"`
} //	@name	WebhookRestart

// Test is the test message.
//
//	@Description	A test message. It carries no data.
type Test struct {
	Type      string    `json:"type" example:"webhook.test"`                                        // Always `webhook.test`.
	Timestamp time.Time `json:"timestamp" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When the message was created.
	Data      struct{}  `json:"data"`
} //	@name	WebhookTest

// changesMessage returns the message about the changes after one cursor up to another.
//
//	@ID				changesCommitted
//	@Summary		Records have changed
//	@Description	Sent within a second of the change. The message is signed, and retried until the receiver answers 2xx; see the section on webhooks.
//	@Tags			Webhooks
//	@Success		200	{object}	ChangesCommitted	"The message."
//	@Router			/_webhooks/changes.committed [post]
func changesMessage(after, cursor string, list []changes.Change) (string, error) {
	return text(ChangesCommitted{"changes.committed", now(), ChangesData{after, cursor, list}})
}

// beganAnewMessage returns the message that asks receivers to rebuild their copies and to continue from a cursor.
//
//	@ID				changesBeganAnew
//	@Summary		The registry was restored from a backup
//	@Description	Receivers must rebuild their copies.
//	@Tags			Webhooks
//	@Success		200	{object}	ChangesBeganAnew	"The message."
//	@Router			/_webhooks/changes.began_anew [post]
func beganAnewMessage(cursor string) (string, error) {
	return text(ChangesBeganAnew{"changes.began_anew", now(), BeganAnewData{cursor}})
}

// testMessage returns the test message.
//
//	@ID				webhookTest
//	@Summary		Test message
//	@Description	Sent on request, to test a webhook.
//	@Tags			Webhooks
//	@Success		200	{object}	Test	"The message."
//	@Router			/_webhooks/webhook.test [post]
func testMessage() (string, error) { return text(Test{Type: "webhook.test", Timestamp: now()}) }

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// text encodes a message. Every attempt sends these same bytes.
func text(message any) (string, error) {
	b, err := json.Marshal(message)
	return string(b), err
}

func newMessageID() string { return "msg_" + rand.Text() }

// nextDelivery is the next message of a webhook.
type nextDelivery struct {
	kind        string // empty: no new change matches the webhook, so there is no message
	payload     string
	changes     int
	logPosition changes.Head // of the webhook after this message
}

// prepare creates the next delivery of a webhook, or moves the webhook forward if no new change matches it.
// It does nothing if the webhook is locked or disabled, or has a pending delivery.
func (d *Dispatcher) prepare(ctx context.Context, tx pgx.Tx, id int64) error {
	w, err := pg.One[Webhook](ctx, tx, Source.Item()+" AND w.state = 'enabled' FOR UPDATE OF w SKIP LOCKED", pg.Args{"id": id})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	head, err := changes.ReadHead(ctx, tx) // read before the changes, so that they include everything up to it
	if err != nil {
		return err
	}
	if err := cancelPending(ctx, tx, id, head.Epoch); err != nil {
		return err
	}
	position, err := pg.One[changes.Head](ctx, tx, `
		SELECT epoch, seq FROM webhook_places WHERE webhook_id = @id
		AND NOT EXISTS (SELECT FROM webhook_deliveries WHERE webhook_id = @id AND state = 'pending' AND kind <> 'test')`, pg.Args{"id": id})
	if errors.Is(err, pgx.ErrNoRows) || err == nil && position == head {
		return nil
	}
	if err != nil {
		return err
	}
	next, err := d.buildNext(ctx, tx, w, position, head)
	switch {
	case err != nil:
		return err
	case next.kind == "":
		return move(ctx, tx, id, next.logPosition)
	}
	return d.enqueue(ctx, tx, id, next)
}

// buildNext builds the message that follows a log position. Changes committed after head was read may be included.
func (d *Dispatcher) buildNext(ctx context.Context, tx pgx.Tx, w Webhook, position, head changes.Head) (nextDelivery, error) {
	if position.Epoch != head.Epoch || position.Seq > head.Seq {
		payload, err := beganAnewMessage(d.o.Cursor(head, w.Types, w.Drafts))
		return nextDelivery{kindBeganAnew, payload, 0, head}, err
	}
	types := w.Types
	if len(types) == 0 {
		types = d.o.Types
	}
	list, more, err := changes.Feed{Types: types, After: position.Seq, Limit: maxChanges, Public: !w.Drafts}.Read(ctx, tx)
	if err != nil {
		return nextDelivery{}, err
	}
	if len(list) == 0 {
		return nextDelivery{logPosition: head}, nil
	}
	to := changes.Head{Epoch: head.Epoch, Seq: list[len(list)-1].Seq}
	if !more {
		to.Seq = max(to.Seq, head.Seq)
	}
	payload, err := changesMessage(d.o.Cursor(position, w.Types, w.Drafts), d.o.Cursor(to, w.Types, w.Drafts), list)
	return nextDelivery{kindChanges, payload, len(list), to}, err
}

// enqueue inserts a delivery and its job.
func (d *Dispatcher) enqueue(ctx context.Context, tx pgx.Tx, webhook int64, next nextDelivery) error {
	id, err := pg.ID(ctx, tx, `
		INSERT INTO webhook_deliveries (webhook_id, message_id, kind, payload, epoch, through_seq, changes, next_attempt_at)
		VALUES (@webhook, @message_id, @kind, @payload, @epoch, @through, @changes, now()) RETURNING id`, pg.Args{
		"webhook": webhook, "message_id": newMessageID(), "kind": next.kind, "payload": next.payload,
		"epoch": next.logPosition.Epoch, "through": next.logPosition.Seq, "changes": next.changes,
	})
	if err != nil {
		return err
	}
	job, err := d.insertJob(ctx, tx, id)
	if err != nil {
		return err
	}
	return pg.Exec(ctx, tx, "UPDATE webhook_deliveries SET job_id = @job WHERE id = @id", pg.Args{"id": id, "job": job})
}

// insertJob inserts a job for a delivery and returns the id of the job.
func (d *Dispatcher) insertJob(ctx context.Context, tx pgx.Tx, delivery int64) (int64, error) {
	jobs, err := d.jobs()
	if err != nil {
		return 0, err
	}
	made, err := jobs.InsertTx(ctx, tx, jobArgs{delivery}, nil)
	if err != nil {
		return 0, pg.Error(err)
	}
	return made.Job.ID, nil
}
