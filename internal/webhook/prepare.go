package webhook

import (
	"context"
	"errors"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

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
