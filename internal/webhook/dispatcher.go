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

// Options configure a Dispatcher. Zero values mean the defaults.
type Options struct {
	DB           *pgxpool.Pool
	Log          *slog.Logger
	Secret       []byte // the registry's secret, from which the signing secrets are derived
	Reach        Reach
	Types        []string // all record types of the change feed
	Cursor       Cursor
	RetryDelays  []time.Duration             // between the attempts of a delivery; after the last one the webhook is disabled
	PollInterval time.Duration               // how often the change log and the queue are polled while a webhook is enabled; 250 ms
	Purge        func(context.Context) error // called every minute, to delete other data whose time is over
	OnAttempt    func(result string)         // called after each attempt with "delivered" or the reason of the failure
}

// retryDelays add up to three days.
var retryDelays = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 18 * time.Hour, 22 * time.Hour,
}

const (
	idlePollInterval = time.Second // while no webhook is enabled
	purgeInterval    = time.Minute
	warnInterval     = time.Minute // at least this long between two warnings that polling fails
	jobTimeout       = 2 * callTimeout
	rescueAfter      = time.Minute // then the job of a dispatcher that died is taken over
	maxConcurrent    = 50          // calls
	maxJobAttempts   = 10_000      // of a job whose outcome could not be saved
	purgeBatch       = 10_000      // deliveries deleted by one statement
)

// Dispatcher finds pending changes and delivers them to webhooks.
// Several dispatchers, in several processes, can share one database.
type Dispatcher struct {
	o        Options
	client   *http.Client
	jobs     func() (*river.Client[pgx.Tx], error)
	wake     chan struct{}
	oldest   atomic.Int64 // creation time of the oldest pending delivery in nanoseconds; 0 if there is none
	working  bool
	purgedAt time.Time
	warnedAt time.Time
}

// NewDispatcher returns a dispatcher. It does nothing until Run is called.
func NewDispatcher(o Options) *Dispatcher {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.RetryDelays == nil {
		o.RetryDelays = retryDelays
	}
	if o.PollInterval == 0 {
		o.PollInterval = 250 * time.Millisecond
	}
	if o.OnAttempt == nil {
		o.OnAttempt = func(string) {}
	}
	if o.Purge == nil {
		o.Purge = func(context.Context) error { return nil }
	}
	d := &Dispatcher{o: o, client: o.Reach.client(callTimeout), wake: make(chan struct{}, 1)}
	d.jobs = sync.OnceValues(d.newJobs)
	return d
}

// newJobs returns the client of the job queue. A registry without webhooks never creates one.
func (d *Dispatcher) newJobs() (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &worker{dispatcher: d}); err != nil {
		return nil, err
	}
	return river.NewClient(riverpgxv5.New(d.o.DB), &river.Config{
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: maxConcurrent}},
		Workers: workers, MaxAttempts: maxJobAttempts, ErrorHandler: logHandler{d.o.Log},
		// LISTEN would occupy a connection, and does not work through every connection pooler.
		PollOnly: true, FetchPollInterval: d.o.PollInterval, FetchCooldown: min(d.o.PollInterval, river.FetchCooldownDefault),
		JobTimeout: jobTimeout, RescueStuckJobsAfter: rescueAfter, CompletedJobRetentionPeriod: time.Hour,
		Logger:            slog.New(warnHandler{d.o.Log.Handler()}),
		ReindexerSchedule: river.NeverSchedule(), // the queue is small
	})
}

// warnHandler drops log records below the level of a warning.
type warnHandler struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h warnHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h warnHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h warnHandler) WithGroup(name string) slog.Handler {
	return warnHandler{h.Handler.WithGroup(name)}
}

// logHandler logs what River does not log: a job that failed and is retried.
type logHandler struct{ log *slog.Logger }

// HandleError implements river.ErrorHandler.
func (h logHandler) HandleError(_ context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	if !errors.Is(err, context.Canceled) { // canceled: the dispatcher is stopping
		h.log.Warn("webhook delivery job failed", "job", string(job.EncodedArgs), "attempt", job.Attempt, "error", err.Error())
	}
	return nil
}

// HandlePanic implements river.ErrorHandler.
func (h logHandler) HandlePanic(_ context.Context, job *rivertype.JobRow, panicked any, trace string) *river.ErrorHandlerResult {
	h.log.Error("webhook delivery job panicked", "job", string(job.EncodedArgs), "panic", fmt.Sprint(panicked), "stack", trace)
	return nil
}

// Wake makes the dispatcher poll at once. Call it after changing a webhook.
func (d *Dispatcher) Wake() {
	select {
	case d.wake <- struct{}{}:
	default: // a wake-up is already pending
	}
}

// Lag returns the age of the oldest pending delivery, or 0 if there is none.
func (d *Dispatcher) Lag() time.Duration {
	since := d.oldest.Load()
	if since == 0 {
		return 0
	}
	return time.Since(time.Unix(0, since))
}

// Run polls and delivers until ctx ends; calls in progress may then finish within grace.
// It returns nil after an orderly stop.
func (d *Dispatcher) Run(ctx context.Context, grace time.Duration) error {
	for {
		wait := idlePollInterval
		active, err := d.poll(ctx)
		if active && !d.working {
			started := d.start(context.WithoutCancel(ctx))
			d.working = started == nil
			err = errors.Join(err, started)
		}
		if active { // also after an error, which may concern only one webhook
			wait = d.o.PollInterval
		}
		if err != nil && ctx.Err() == nil && time.Since(d.warnedAt) > warnInterval {
			d.o.Log.Warn("webhook polling failed", "error", err.Error())
			d.warnedAt = time.Now()
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return d.stop(context.WithoutCancel(ctx), grace)
		case <-d.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

func (d *Dispatcher) start(ctx context.Context) error {
	jobs, err := d.jobs()
	if err != nil {
		return err
	}
	return jobs.Start(ctx)
}

func (d *Dispatcher) stop(ctx context.Context, grace time.Duration) error {
	if !d.working {
		return nil
	}
	d.working = false
	jobs, err := d.jobs()
	if err != nil {
		return err
	}
	graceful, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if err := jobs.Stop(graceful); err == nil {
		return nil
	}
	forced, cancel := context.WithTimeout(ctx, time.Second) // the next dispatcher repeats the calls that this aborts
	defer cancel()
	return jobs.StopAndCancel(forced)
}

// progress is the log position of an enabled webhook.
type progress struct {
	ID      int64      `db:"id"`
	Epoch   string     `db:"epoch"`
	Seq     int64      `db:"seq"`
	Pending *time.Time `db:"pending"` // creation time of its pending delivery
}

// poll creates the deliveries that are due, and reports whether any webhook is enabled.
func (d *Dispatcher) poll(ctx context.Context) (active bool, err error) {
	ctx = actor.With(ctx, actor.System("webhooks"))
	list, err := pg.All[progress](ctx, d.o.DB, `
		SELECT w.id, coalesce(d.epoch, p.epoch) AS epoch, p.seq, d.created_at AS pending
		FROM webhooks w JOIN webhook_places p ON p.webhook_id = w.id
		LEFT JOIN webhook_deliveries d ON d.webhook_id = w.id AND d.state = 'pending' AND d.kind <> 'test' WHERE w.state = 'enabled' ORDER BY w.id`, nil)
	if err != nil {
		return false, err
	}
	var failed []error // an error of one webhook must not stop the others
	if time.Since(d.purgedAt) > purgeInterval {
		d.purgedAt = time.Now()
		failed = append(failed, d.purge(ctx), d.o.Purge(ctx))
	}
	var oldest int64
	for _, p := range list {
		if p.Pending != nil && (oldest == 0 || p.Pending.UnixNano() < oldest) {
			oldest = p.Pending.UnixNano()
		}
	}
	d.oldest.Store(oldest)
	if len(list) == 0 {
		return false, errors.Join(failed...)
	}
	head, err := changes.ReadHead(ctx, d.o.DB)
	if err != nil {
		return true, err
	}
	for _, p := range list {
		if p.Epoch != head.Epoch || p.Pending == nil && p.Seq != head.Seq {
			failed = append(failed, changes.Write(ctx, d.o.DB, changes.Options{}, func(tx pgx.Tx) error { return d.prepare(ctx, tx, p.ID) }))
		}
	}
	return true, errors.Join(failed...)
}

// purge deletes old deliveries, fails tests that were interrupted, and cancels deliveries whose job no longer exists.
// The changes of a cancelled delivery are sent in a new one.
func (d *Dispatcher) purge(ctx context.Context) error {
	for _, sql := range []string{
		fmt.Sprintf(`DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries
			WHERE state <> 'pending' AND updated_at < now() - interval '30 days' LIMIT %d)`, purgeBatch),
		`UPDATE webhook_deliveries SET state = 'failed', error = 'connection', next_attempt_at = NULL, version = version + 1, updated_at = now()
			WHERE state = 'pending' AND kind = 'test' AND created_at < now() - interval '1 minute'`,
		cancel + " AND NOT EXISTS (SELECT FROM river_job j WHERE j.id = d.job_id AND j.finalized_at IS NULL)",
	} {
		if err := pg.Exec(ctx, d.o.DB, sql, nil); err != nil {
			return err
		}
	}
	return nil
}

// withJitter lengthens a delay by up to a tenth, so that retries do not all happen at the same moment.
func withJitter(delay time.Duration) time.Duration {
	return delay + time.Duration(rand.Int64N(int64(delay)/10+1)) // #nosec G404 -- jitter need not be secret
}
