package api

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// clock is a clock that stands still until it is told to move.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Now()} }

func (c *clock) now() time.Time { return c.at }

func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

func TestAQuotaIsCountedPerClientAndBeginsAnewAfterItsWindow(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := newLimiter("anonymous", 3, c.now)
	a, b := clientOf("192.0.2.1"), clientOf("192.0.2.2")
	for want := 1; want <= 4; want++ {
		if got := l.take(a).used; got != want {
			t.Fatalf("request %d is counted as %d", want, got)
		}
	}
	if got := l.take(b).used; got != 1 {
		t.Errorf("the first request of another client is counted as %d", got)
	}
	c.pass(quotaWindow - time.Second)
	if got := l.look(a).used; got != 4 {
		t.Errorf("a second before the end %d requests are known, want 4", got)
	}
	c.pass(time.Second)
	if got := l.take(a).used; got != 1 {
		t.Errorf("the first request of the next window is counted as %d", got)
	}
}

func TestARequestThatIsGivenBackIsFree(t *testing.T) {
	t.Parallel()
	l := newLimiter("anonymous", 2, newClock().now)
	a := clientOf("192.0.2.1")
	for range 100 {
		l.take(a)
		l.refund(a)
	}
	if got := l.look(a).used; got != 0 {
		t.Errorf("%d requests are counted", got)
	}
}

func TestTheMemoryOfALimiterIsBounded(t *testing.T) {
	t.Parallel()
	l := newLimiter("anonymous", 10, newClock().now)
	for i := range 3 * maxClients {
		l.take(clientOf(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)))
	}
	if n := len(l.young) + len(l.old); n > 2*maxClients {
		t.Errorf("%d clients are remembered, want at most %d", n, 2*maxClients)
	}
}

func TestAddressesOfOneIPv6NetworkAreOneClient(t *testing.T) {
	t.Parallel()
	if clientOf("2001:db8:1:2::1") != clientOf("2001:db8:1:2:ffff::9") {
		t.Error("two addresses of a /64 are two clients")
	}
	if clientOf("2001:db8:1:2::1") == clientOf("2001:db8:1:3::1") {
		t.Error("two networks are one client")
	}
	if clientOf("::ffff:192.0.2.1") != clientOf("192.0.2.1") {
		t.Error("an IPv4 address in IPv6 dress is another client")
	}
}

func TestTheHeadersSayWhatIsLeftAndUntilWhen(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := newLimiter("key", 5, c.now)
	a := client{key: 7}
	l.take(a)
	c.pass(12500 * time.Millisecond)
	h := http.Header{}
	l.announce(h, l.take(a))
	if got, want := h.Get("RateLimit-Policy"), `"key";q=5;w=60`; got != want {
		t.Errorf("RateLimit-Policy is %s, want %s", got, want)
	}
	if got, want := h.Get("RateLimit"), `"key";r=3;t=48`; got != want {
		t.Errorf("RateLimit is %s, want %s", got, want)
	}
}

func BenchmarkLimiter(b *testing.B) {
	l := newLimiter("anonymous", 1<<40, time.Now)
	clients := make([]client, 1000)
	for i := range clients {
		clients[i] = clientOf(fmt.Sprintf("10.0.%d.%d", i>>8, i&255))
	}
	h := http.Header{}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l.announce(h, l.take(clients[i%len(clients)]))
	}
}
