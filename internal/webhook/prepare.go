package webhook

import (
	"context"
	"errors"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// next is what a webhook is to be told.
type next struct {
	kind    string // empty: nothing of what came concerns it
	payload string
	changes int
	place   changes.Head // where it stands after that
}

// prepare makes the next delivery of a webhook, or moves it on where nothing of what came concerns it. A webhook that somebody is busy
// with, that is disabled or has a delivery on its way is left alone.
func (c *Courier) prepare(ctx context.Context, tx pgx.Tx, id int64) error {
	w, err := pg.One[Webhook](ctx, tx, Source.Item()+" AND w.state = 'enabled' FOR UPDATE OF w SKIP LOCKED", pg.Args{"id": id})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	head, err := changes.ReadHead(ctx, tx) // first: all up to it is in what is read next
	if err != nil {
		return err
	}
	if err := cancelPending(ctx, tx, id, head.Epoch); err != nil {
		return err
	}
	at, err := pg.One[changes.Head](ctx, tx, `
		SELECT epoch, seq FROM webhook_places WHERE webhook_id = @id
		AND NOT EXISTS (SELECT FROM webhook_deliveries WHERE webhook_id = @id AND state = 'pending' AND kind <> 'test')`, pg.Args{"id": id})
	if errors.Is(err, pgx.ErrNoRows) || err == nil && at == head {
		return nil
	}
	if err != nil {
		return err
	}
	n, err := c.nextOf(ctx, tx, w, at, head)
	switch {
	case err != nil:
		return err
	case n.kind == "":
		return move(ctx, tx, id, n.place)
	}
	return c.enqueue(ctx, tx, id, n)
}

// nextOf finds what comes after a place, up to the head of the log or beyond it.
func (c *Courier) nextOf(ctx context.Context, tx pgx.Tx, w Webhook, at, head changes.Head) (next, error) {
	if at.Epoch != head.Epoch || at.Seq > head.Seq {
		payload, err := beganAnewMessage(c.o.Cursor(head, w.Types, w.Drafts))
		return next{kindBeganAnew, payload, 0, head}, err
	}
	types := w.Types
	if len(types) == 0 {
		types = c.o.Types
	}
	list, more, err := changes.Feed{Types: types, After: at.Seq, Limit: mostChanges, Public: !w.Drafts}.Read(ctx, tx)
	if err != nil {
		return next{}, err
	}
	if len(list) == 0 {
		return next{place: head}, nil
	}
	to := changes.Head{Epoch: head.Epoch, Seq: list[len(list)-1].Seq}
	if !more {
		to.Seq = max(to.Seq, head.Seq)
	}
	payload, err := changesMessage(c.o.Cursor(at, w.Types, w.Drafts), c.o.Cursor(to, w.Types, w.Drafts), list)
	return next{kindChanges, payload, len(list), to}, err
}

// enqueue keeps a delivery and the job that carries it out.
func (c *Courier) enqueue(ctx context.Context, tx pgx.Tx, webhook int64, n next) error {
	id, err := pg.ID(ctx, tx, `
		INSERT INTO webhook_deliveries (webhook_id, message_id, kind, payload, epoch, through_seq, changes, next_attempt_at)
		VALUES (@webhook, @message_id, @kind, @payload, @epoch, @through, @changes, now()) RETURNING id`, pg.Args{
		"webhook": webhook, "message_id": newMessageID(), "kind": n.kind, "payload": n.payload, "epoch": n.place.Epoch, "through": n.place.Seq, "changes": n.changes,
	})
	if err != nil {
		return err
	}
	job, err := c.enlist(ctx, tx, id)
	if err != nil {
		return err
	}
	return pg.Exec(ctx, tx, "UPDATE webhook_deliveries SET job_id = @job WHERE id = @id", pg.Args{"id": id, "job": job})
}

// enlist makes the job of a delivery and gives its id.
func (c *Courier) enlist(ctx context.Context, tx pgx.Tx, delivery int64) (int64, error) {
	jobs, err := c.jobs()
	if err != nil {
		return 0, err
	}
	made, err := jobs.InsertTx(ctx, tx, deliverArgs{delivery}, nil)
	if err != nil {
		return 0, pg.Error(err)
	}
	return made.Job.ID, nil
}
