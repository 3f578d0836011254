package webhook

import (
	"context"
	"net/http"
	"time"
)

// Exported for the tests, which are outside this package because they use package fixture.

// MaxChanges is the largest number of changes in a message.
const MaxChanges = maxChanges

// RetryDelays are the default delays between attempts.
var RetryDelays = retryDelays

// ReasonOf returns why a call failed.
var ReasonOf = reasonOf

// RetryAfter parses the header Retry-After.
var RetryAfter = retryAfter

// Check returns pointer and code of each error of a URL.
func (r Reach) Check(url string) (codes []string) {
	for _, f := range r.check(url) {
		codes = append(codes, f.Pointer+" "+f.Code)
	}
	return codes
}

// Call sends a message and returns why that failed.
func (r Reach) Call(ctx context.Context, url string, timeout time.Duration) (reason string, err error) {
	return CallWith(ctx, r.client(timeout), url)
}

// CallWith is Call with another client.
func CallWith(ctx context.Context, client *http.Client, url string) (reason string, err error) {
	out, err := send(ctx, client, url, []string{secretOf(nil, "seed")}, "msg_1", []byte("{}"))
	return out.reason, err
}

// RetryDelay returns the delay after an attempt that was answered with a status, or -1 if there is no further attempt.
func RetryDelay(status, waited int, delays []time.Duration, retryAfter time.Duration) time.Duration {
	next := outcome{status: &status, reason: badStatus, retryAfter: retryAfter}.decide(waited, delays)
	if next.state != pending {
		return -1
	}
	return next.delay
}

// Purge does what the dispatcher does once a minute.
func (d *Dispatcher) Purge(ctx context.Context) error { return d.purge(ctx) }
