package api

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"

	"github.com/labstack/echo/v4"
)

// quotaWindow is the period of a quota. It begins with the first request of a client.
const quotaWindow = time.Minute

// maxClients bounds the memory of a limiter, which stores up to twice as many clients (about 10 MB). Beyond that, it forgets
// the clients that were inactive the longest.
const maxClients = 40_000

// client identifies a client: a key or an address.
type client struct {
	key     int64
	address netip.Addr
}

// clientOf returns the client of an address. An IPv6 /64 is one client, because a single host can use all of it.
func clientOf(address string) client {
	a, _ := netip.ParseAddr(address)
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			a = p.Addr()
		}
	}
	return client{address: a}
}

// limiter counts the requests of each client in fixed windows, so that the numbers in the headers are exact. A quota of 0 means
// no limit. Each process counts on its own.
type limiter struct {
	quota  int
	name   string
	policy []string // the header RateLimit-Policy
	now    func() time.Time

	mu     sync.Mutex
	young  map[client]window // active since turned
	old    map[client]window // active in the previous generation
	turned time.Time
}

type window struct {
	began time.Time
	used  int
}

func newLimiter(name string, quota int, now func() time.Time) *limiter {
	return &limiter{
		name: name, quota: max(quota, 0), now: now, turned: now(),
		policy: []string{fmt.Sprintf("%q;q=%d;w=%d", name, quota, int(quotaWindow.Seconds()))},
		young:  map[client]window{}, old: map[client]window{},
	}
}

// take counts one request, even beyond the quota, and returns the window of the client.
func (l *limiter) take(c client) window { return l.add(c, 1) }

// refund subtracts one request.
func (l *limiter) refund(c client) { l.add(c, -1) }

// look returns the window of a client without counting.
func (l *limiter) look(c client) window { return l.add(c, 0) }

func (l *limiter) add(c client, n int) window {
	if l.quota == 0 {
		return window{used: -1}
	}
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	// Clients in old were inactive for a whole window when it is cleared, so their quota is full again anyway.
	if now.Sub(l.turned) >= quotaWindow || len(l.young) >= maxClients {
		clear(l.old)
		l.young, l.old, l.turned = l.old, l.young, now
	}
	w, ok := l.young[c]
	if !ok {
		w = l.old[c]
	}
	if now.Sub(w.began) >= quotaWindow {
		w = window{began: now}
	}
	if n != 0 {
		w.used = max(w.used+n, 0)
		l.young[c] = w
	}
	return w
}

// reset returns the seconds until the window ends, at least 1.
func (l *limiter) reset(w window) int {
	left := w.began.Add(quotaWindow).Sub(l.now())
	return max(1, int((left+time.Second-1)/time.Second))
}

// announce sets RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10).
func (l *limiter) announce(h http.Header, w window) {
	h["Ratelimit-Policy"] = l.policy
	b := make([]byte, 0, 48)
	b = strconv.AppendQuote(b, l.name)
	b = strconv.AppendInt(append(b, ";r="...), int64(max(l.quota-w.used, 0)), 10)
	b = strconv.AppendInt(append(b, ";t="...), int64(l.reset(w)), 10)
	h["Ratelimit"] = []string{string(b)}
}

// reject returns the error for a client whose quota is used up, and sets its headers.
func (l *limiter) reject(c echo.Context, w window) error {
	l.announce(c.Response().Header(), w)
	seconds := strconv.Itoa(l.reset(w))
	c.Response().Header().Set(echo.HeaderRetryAfter, seconds)
	return apperr.New(apperr.TooMany, "rate_limited", "quota", strconv.Itoa(l.quota), "seconds", seconds)
}

// maxLookups is how many keys of an address are looked up at once after it has used up its quota of wrong keys.
const maxLookups = 2

// lookups makes requests of an address take turns.
type lookups struct {
	mu sync.Mutex
	of map[client]*turns
}

type turns struct {
	slots    chan struct{}
	requests int // those that look up a key or wait
}

// enter waits for the turn of a request, which ends with leave. It returns an error if ctx ends before.
func (l *lookups) enter(ctx context.Context, from client) (leave func(), err error) {
	l.mu.Lock()
	t := l.of[from]
	if t == nil {
		t = &turns{slots: make(chan struct{}, maxLookups)}
		l.of[from] = t
	}
	t.requests++
	l.mu.Unlock()
	gone := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if t.requests--; t.requests == 0 {
			delete(l.of, from)
		}
	}
	select {
	case t.slots <- struct{}{}:
		return func() { <-t.slots; gone() }, nil
	case <-ctx.Done():
		gone()
		return nil, ctx.Err()
	}
}

// takeQuota counts a request of a key or an address and sets the headers. refund subtracts the request again.
func (s *server) takeQuota(c echo.Context, who actor.Actor) (refund func(), err error) {
	if ofPage(c.Request().Context()) {
		return func() {}, nil
	}
	l, from := s.keyed, client{key: who.KeyID}
	if who.Anonymous() {
		l, from = s.anonymous, clientOf(c.RealIP())
	}
	if l.quota == 0 {
		return func() {}, nil
	}
	w := l.take(from)
	if w.used > l.quota {
		return nil, l.reject(c, w)
	}
	l.announce(c.Response().Header(), w)
	return func() { l.refund(from) }, nil
}
