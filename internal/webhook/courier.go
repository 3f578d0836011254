package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// Options of a courier. Zero values take the defaults.
type Options struct {
	DB        *pgxpool.Pool
	Log       *slog.Logger
	Secret    []byte // the registry's
	Reach     Reach
	Types     []string // of all records in the change feed
	Cursor    Cursor
	Waits     []time.Duration     // between the attempts of a delivery; after the last one the webhook is disabled
	Every     time.Duration       // how often the log and the queue are looked at while somebody is to be told, 250 ms
	Attempted func(result string) // is told of each attempt: "delivered", or why it failed
}

// waits add up to three days.
var waits = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 18 * time.Hour, 22 * time.Hour,
}

const (
	whenIdle   = time.Second // how often a new webhook is looked for where there was none
	tidyEvery  = time.Minute
	tellEvery  = time.Minute // that looking fails
	jobLimit   = 2 * callLimit
	stuckAfter = time.Minute // a job of a courier that is no more is taken over
	mostAtOnce = 50          // calls
	mostTries  = 10_000      // of a job whose outcome could not be kept
	mostTidied = 10_000      // deliveries that are forgotten at once
)

// Courier looks what is to be told to whom and tells it. Several of them, in several processes, may work on one database.
type Courier struct {
	o       Options
	client  *http.Client
	jobs    func() (*river.Client[pgx.Tx], error)
	wake    chan struct{}
	oldest  atomic.Int64 // when the oldest delivery that is on its way was made, in nanoseconds; 0: there is none
	working bool
	tidied  time.Time
	warned  time.Time
}

// NewCourier makes a courier, which works once it is run.
func NewCourier(o Options) *Courier {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Waits == nil {
		o.Waits = waits
	}
	if o.Every == 0 {
		o.Every = 250 * time.Millisecond
	}
	if o.Attempted == nil {
		o.Attempted = func(string) {}
	}
	c := &Courier{o: o, client: o.Reach.client(callLimit), wake: make(chan struct{}, 1)}
	c.jobs = sync.OnceValues(c.newJobs)
	return c
}

// newJobs makes the client of the job queue, which a registry without webhooks does not need.
func (c *Courier) newJobs() (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &deliverer{courier: c}); err != nil {
		return nil, err
	}
	return river.NewClient(riverpgxv5.New(c.o.DB), &river.Config{
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: mostAtOnce}}, Workers: workers, MaxAttempts: mostTries, ErrorHandler: teller{c.o.Log},
		PollOnly: true, FetchPollInterval: c.o.Every, FetchCooldown: min(c.o.Every, river.FetchCooldownDefault), // LISTEN would take a connection, and not pass every pooler
		JobTimeout: jobLimit, RescueStuckJobsAfter: stuckAfter, CompletedJobRetentionPeriod: time.Hour, Logger: slog.New(loud{c.o.Log.Handler()}),
		ReindexerSchedule: river.NeverSchedule(), // the queue is small
	})
}

// loud passes what somebody should know.
type loud struct{ slog.Handler }

// Enabled implements slog.Handler.
func (l loud) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && l.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (l loud) WithAttrs(attrs []slog.Attr) slog.Handler { return loud{l.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (l loud) WithGroup(name string) slog.Handler { return loud{l.Handler.WithGroup(name)} }

// teller logs what River does not: a job that failed and is tried again.
type teller struct{ log *slog.Logger }

// HandleError implements river.ErrorHandler.
func (t teller) HandleError(_ context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	if !errors.Is(err, context.Canceled) { // the courier stops
		t.log.Warn("deliver to a webhook", "job", string(job.EncodedArgs), "attempt", job.Attempt, "error", err.Error())
	}
	return nil
}

// HandlePanic implements river.ErrorHandler.
func (t teller) HandlePanic(_ context.Context, job *rivertype.JobRow, panicked any, trace string) *river.ErrorHandlerResult {
	t.log.Error("deliver to a webhook", "job", string(job.EncodedArgs), "panic", fmt.Sprint(panicked), "stack", trace)
	return nil
}

// Wake has the courier look at once. Whoever changes a webhook calls it.
func (c *Courier) Wake() {
	select {
	case c.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Behind is for how long the oldest delivery that is on its way has been so.
func (c *Courier) Behind() time.Duration {
	since := c.oldest.Load()
	if since == 0 {
		return 0
	}
	return time.Since(time.Unix(0, since))
}

// Run works until ctx ends; calls that are under way may finish within grace. It returns nil after an orderly stop.
func (c *Courier) Run(ctx context.Context, grace time.Duration) error {
	for {
		wait := whenIdle
		some, err := c.look(ctx)
		if some && !c.working {
			started := c.start(context.WithoutCancel(ctx))
			c.working = started == nil
			err = errors.Join(err, started)
		}
		if some { // also where something has failed, which may be one webhook's
			wait = c.o.Every
		}
		if err != nil && ctx.Err() == nil && time.Since(c.warned) > tellEvery {
			c.o.Log.Warn("look what webhooks are to be told", "error", err.Error())
			c.warned = time.Now()
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return c.stop(context.WithoutCancel(ctx), grace)
		case <-c.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

func (c *Courier) start(ctx context.Context) error {
	jobs, err := c.jobs()
	if err != nil {
		return err
	}
	return jobs.Start(ctx)
}

func (c *Courier) stop(ctx context.Context, grace time.Duration) error {
	if !c.working {
		return nil
	}
	c.working = false
	jobs, err := c.jobs()
	if err != nil {
		return err
	}
	soon, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if err := jobs.Stop(soon); err == nil {
		return nil
	}
	ended, cancel := context.WithTimeout(ctx, time.Second) // calls that are broken off are made again by the next courier
	defer cancel()
	return jobs.StopAndCancel(ended)
}

// standing is how far a webhook is.
type standing struct {
	ID      int64      `db:"id"`
	Epoch   string     `db:"epoch"`
	Seq     int64      `db:"seq"`
	Pending *time.Time `db:"pending"` // since when a delivery is on its way
}

// look prepares what is to be told, and reports whether there is anybody who wants to be told.
func (c *Courier) look(ctx context.Context) (some bool, err error) {
	ctx = actor.With(ctx, actor.System("webhooks"))
	rows, err := c.o.DB.Query(ctx, `
		SELECT w.id, coalesce(d.epoch, p.epoch) AS epoch, p.seq, d.created_at AS pending
		FROM webhooks w JOIN webhook_places p ON p.webhook_id = w.id
		LEFT JOIN webhook_deliveries d ON d.webhook_id = w.id AND d.state = 'pending' AND d.kind <> 'test' WHERE w.state = 'enabled' ORDER BY w.id`)
	if err != nil {
		return false, pg.Error(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[standing])
	if err != nil {
		return false, pg.Error(err)
	}
	var failed []error // of one webhook, which others must not suffer from
	if time.Since(c.tidied) > tidyEvery {
		c.tidied = time.Now()
		failed = append(failed, c.tidy(ctx))
	}
	var oldest int64
	for _, s := range list {
		if s.Pending != nil && (oldest == 0 || s.Pending.UnixNano() < oldest) {
			oldest = s.Pending.UnixNano()
		}
	}
	c.oldest.Store(oldest)
	if len(list) == 0 {
		return false, errors.Join(failed...)
	}
	head, err := changes.ReadHead(ctx, c.o.DB)
	if err != nil {
		return true, err
	}
	for _, s := range list {
		if s.Epoch != head.Epoch || s.Pending == nil && s.Seq != head.Seq {
			failed = append(failed, changes.Write(ctx, c.o.DB, changes.Options{}, func(tx pgx.Tx) error { return c.prepare(ctx, tx, s.ID) }))
		}
	}
	return true, errors.Join(failed...)
}

// tidy deletes old deliveries, and gives up those that nobody will carry out any more: what they told is told anew.
func (c *Courier) tidy(ctx context.Context) error {
	for _, sql := range []string{
		fmt.Sprintf("DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries WHERE state <> 'pending' AND updated_at < now() - interval '30 days' LIMIT %d)", mostTidied),
		`UPDATE webhook_deliveries SET state = 'failed', error = 'connection', next_attempt_at = NULL, version = version + 1, updated_at = now()
			WHERE state = 'pending' AND kind = 'test' AND created_at < now() - interval '1 minute'`,
		cancel + " AND NOT EXISTS (SELECT FROM river_job j WHERE j.id = d.job_id AND j.finalized_at IS NULL)",
	} {
		if err := pg.Exec(ctx, c.o.DB, sql, nil); err != nil {
			return err
		}
	}
	return nil
}

// jittered lengthens a wait by up to a tenth, so that many do not come at once.
func jittered(wait time.Duration) time.Duration {
	return wait + time.Duration(rand.Int64N(int64(wait)/10+1))
}
