package webhook

import (
	"context"
	"net/http"
	"time"
)

// For the tests of this package, which use the fixtures of others.

// MostChanges is how many changes a message tells at most.
const MostChanges = mostChanges

// Waits are those between attempts.
var Waits = waits

// ReasonOf says why a call failed.
var ReasonOf = reasonOf

// RetryAfter reads the header.
var RetryAfter = retryAfter

// Check gives the codes of what is wrong with an address.
func (r Reach) Check(url string) (codes []string) {
	for _, f := range r.check(url) {
		codes = append(codes, f.Pointer+" "+f.Code)
	}
	return codes
}

// Call sends a message and gives why that failed.
func (r Reach) Call(ctx context.Context, url string, limit time.Duration) (reason string, err error) {
	return CallWith(ctx, r.client(limit), url)
}

// CallWith sends a message with a client.
func CallWith(ctx context.Context, client *http.Client, url string) (reason string, err error) {
	out, err := send(ctx, client, url, []string{secretOf(nil, "seed")}, "msg_1", []byte("{}"))
	return out.reason, err
}

// Wait is how long to wait after an attempt that was refused with a status, after so many before it; -1: there is no further one.
func Wait(status, before int, waits []time.Duration, retryAfter time.Duration) time.Duration {
	v := outcome{status: &status, reason: refusedStatus, retryAfter: retryAfter}.judge(before, waits)
	if v.state != pending {
		return -1
	}
	return v.wait
}

// Tidy does what is done each minute.
func (c *Courier) Tidy(ctx context.Context) error { return c.tidy(ctx) }
