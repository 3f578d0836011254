package api

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// outage knows since when the database has not answered, so that Retry-After grows with the outage and the log has one line a
// second instead of one for each request.
type outage struct {
	now     func() time.Time
	ongoing atomic.Bool

	mu          sync.Mutex
	began, last time.Time // of the outage: its first and its last failed request
	logged      time.Time // the last log line
	failed      int       // requests since then
}

const (
	outageLogEvery = time.Second
	maxRetryAfter  = 30          // seconds
	outageForgot   = time.Minute // without a request, an outage counts as over
)

// isOutage reports whether an error code says that the database did not answer in time.
func isOutage(code string) bool { return code == "database_unavailable" || code == "timeout" }

// fail notes a request that failed.
func (o *outage) fail() {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	if !o.ongoing.Load() || now.Sub(o.last) > outageForgot {
		o.began = now
		o.ongoing.Store(true)
	}
	o.last = now
}

// end notes that the database answers, and logs how long it did not.
func (o *outage) end(log *slog.Logger) {
	if !o.ongoing.Load() {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ongoing.CompareAndSwap(true, false) {
		if took := o.now().Sub(o.began); took >= outageLogEvery {
			log.Info("the database answers again", "outage", took, "failed", o.failed)
			o.failed = 0
		}
	}
}

// logs counts a failed request for the log. It reports how many failed since the last line, and whether to write one now.
func (o *outage) logs() (failed int, now bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failed++
	if at := o.now(); at.Sub(o.logged) >= outageLogEvery {
		failed, o.failed, o.logged = o.failed, 0, at
		return failed, true
	}
	return 0, false
}

// retryAfter returns when it makes sense to try again, in seconds: after as long as the outage has lasted.
func (o *outage) retryAfter() int {
	if !o.ongoing.Load() {
		return 1
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return min(max(1, seconds(o.now().Sub(o.began))), maxRetryAfter)
}

// seconds rounds up to whole seconds.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// Seconds until a retry makes sense: overload takes some seconds to pass, and so does a migration.
const retryOverload, retryMigration = 5, 5

// retryAfter returns Retry-After for a code of apperr.Unavailable, in seconds.
func (s *server) retryAfter(ctx context.Context, code string) int {
	switch code {
	case "database_unavailable", "outcome_unknown":
		return s.outage.retryAfter()
	case "timeout", "query_timeout":
		return retryOverload
	case "schema_not_ready":
		return retryMigration
	case "stopping": // then another instance has the address
		return max(1, seconds(stopDelay(ctx)))
	}
	return 1 // locked: the request has waited already
}
