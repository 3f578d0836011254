package api

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"

	"github.com/labstack/echo/v4"
)

// slots limits how many requests of one sort run at once: in all, without a key, and of each client, so that no client can
// take all of them.
type slots struct {
	total, anonymous  int           // anonymous is how many of total are for requests without a key
	each              int           // of one client
	ownCode, busyCode string        // the codes of the errors if the client, or all clients, hold too many
	wait              time.Duration // how long a request waits for a slot
	short             bool          // whether the requests are short, so that a client may wait for its own

	mu   sync.Mutex
	held map[*slot]bool
	free chan struct{} // closed when a slot is released
}

// slot is one running request.
type slot struct {
	client client
	cut    func() // ends the request
	waited bool   // whether it was not free at once

	mu      sync.Mutex
	writing time.Time // since when it has been waiting for the client to read; zero if it is not
}

// stalledAfter is how long a client may take to accept a part of a download while another request waits for its slot.
const stalledAfter = time.Second

// downloadSlots are for requests that hold a connection of the pool for long. They use at most half of the connections.
func downloadSlots(connections int32) *slots {
	return publicSlots(max(1, int(connections)/2), &slots{ownCode: "too_many_own_downloads", busyCode: "too_many_downloads"})
}

// importSlots are for imports, which also hold a connection for long.
func importSlots(connections int32) *slots {
	total := max(1, int(connections)/3)
	return newSlots(&slots{total: total, each: max(1, total/2), ownCode: "too_many_own_imports", busyCode: "too_many_imports", wait: 10 * time.Second})
}

// aggregateSlots are for aggregates, which may read all records of a collection. They use at most a third of the connections, so
// that some are left beside downloads. The panels of a page wait for each other.
func aggregateSlots(connections int32) *slots {
	return publicSlots(max(1, int(connections)/3), &slots{ownCode: "too_many_own_aggregates", busyCode: "too_many_aggregates", short: true})
}

// publicSlots are for requests without a key, too. A client can have half of them, and some are for keys.
func publicSlots(total int, s *slots) *slots {
	s.total, s.anonymous, s.each, s.wait = total, max(1, total-max(1, total/3)), max(1, total/2), 5*time.Second
	return newSlots(s)
}

// maxStreams is how many open streams and waiting requests one client may have.
const maxStreams = 8

// streamSlots are for requests that wait for changes. They hold no connection of the pool while they wait.
func streamSlots() *slots {
	return newSlots(&slots{total: 2000, anonymous: 1500, each: maxStreams, ownCode: "too_many_streams", busyCode: "too_many_streams_open"})
}

func newSlots(s *slots) *slots {
	s.held, s.free = map[*slot]bool{}, make(chan struct{})
	return s
}

// clientFrom returns the client that sent a request: its key, or its address if it has none.
func clientFrom(c echo.Context) client {
	if who := actor.From(c.Request().Context()); !who.Anonymous() {
		return client{key: who.KeyID}
	}
	return clientOf(c.RealIP())
}

// enter takes a slot. A client that holds too many gets apperr.TooMany: at once, or after waiting if the requests are short. If
// no slot is free, enter ends requests whose client has stopped reading and waits; then it returns apperr.Unavailable.
func (s *slots) enter(c echo.Context) (*slot, error) {
	control := http.NewResponseController(c.Response())
	own := &slot{client: clientFrom(c), cut: func() { _ = control.SetWriteDeadline(time.Now()) }}
	ctx, cancel := context.WithTimeout(c.Request().Context(), s.wait)
	defer cancel()
	for {
		s.mu.Lock()
		all, anonymous, same := s.count(own.client)
		full := same >= s.each
		if full && !s.cutStalled(&own.client) && !s.short {
			s.mu.Unlock()
			return nil, s.tooMany(c)
		}
		if !full && all < s.total && (own.client.key != 0 || anonymous < s.anonymous) {
			s.held[own] = true
			s.mu.Unlock()
			return own, nil
		}
		free := s.free
		s.cutStalled(nil)
		s.mu.Unlock()
		own.waited = true
		timer := time.NewTimer(stalledAfter)
		select {
		case <-free:
		case <-timer.C: // look again for stalled requests
		case <-ctx.Done():
			timer.Stop()
			if full {
				return nil, s.tooMany(c)
			}
			s.setRetryAfter(c)
			return nil, apperr.New(apperr.Unavailable, s.busyCode)
		}
		timer.Stop()
	}
}

// tooMany is the error for a client that holds too many slots.
func (s *slots) tooMany(c echo.Context) error {
	s.setRetryAfter(c)
	return apperr.New(apperr.TooMany, s.ownCode, "max", strconv.Itoa(s.each))
}

// setRetryAfter tells a rejected request to wait once more as long as it has waited, or would have.
func (s *slots) setRetryAfter(c echo.Context) {
	c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(max(1, seconds(s.wait))))
}

// count counts the slots that are held: all, those without a key, and those of a client. The caller holds the lock.
func (s *slots) count(of client) (all, anonymous, same int) {
	for h := range s.held {
		all++
		if h.client.key == 0 {
			anonymous++
		}
		if h.client == of {
			same++
		}
	}
	return all, anonymous, same
}

// cutStalled ends the requests, of one client or of all, whose client has stopped reading. It reports whether there are any.
// The caller holds the lock.
func (s *slots) cutStalled(of *client) (found bool) {
	for h := range s.held {
		if (of == nil || h.client == *of) && h.stalled() {
			h.cut()
			found = true
		}
	}
	return found
}

// leave releases a slot.
func (s *slots) leave(h *slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.held, h)
	close(s.free)
	s.free = make(chan struct{})
}

// write runs a write to the client, so that a stalled client is noticed.
func (h *slot) write(f func() error) error {
	h.note(time.Now())
	defer h.note(time.Time{})
	return f()
}

func (h *slot) note(t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.writing = t
}

func (h *slot) stalled() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.writing.IsZero() && time.Since(h.writing) >= stalledAfter
}
