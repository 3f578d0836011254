package api

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/fixture"
)

// listener reads the events of a stream.
type listener struct {
	t      testing.TB
	lines  *bufio.Scanner
	status int
	close  func()
}

func listen(t testing.TB, ctx context.Context, url, last string) *listener {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Last-Event-ID", last)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return &listener{t, bufio.NewScanner(answer.Body), answer.StatusCode, func() { answer.Body.Close() }}
}

// next gives the next event, its name, id and data; nothing at the end of the stream.
func (l *listener) next() (name, id, data string) {
	for l.lines.Scan() {
		field, value, _ := strings.Cut(l.lines.Text(), ": ")
		switch field {
		case "event":
			name = value
		case "id":
			id = value
		case "data":
			data = value
		case "":
			if name != "" {
				return name, id, data
			}
		}
	}
	return "", "", ""
}

func TestAStreamTellsOfChangesAndGoesOnWhereItWasLeft(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.StreamFor = time.Minute })
	server := httptest.NewServer(r.handler)
	t.Cleanup(server.Close)
	fixture.Topic(t, r.pool) // before: not told of
	l := listen(t, t.Context(), server.URL+"/v1/changes/stream?type=topics", "")
	name, begin, _ := l.next()
	if name != "begin" || begin == "" {
		t.Fatalf("the first event is %q with the id %q", name, begin)
	}
	first, second := fixture.Topic(t, r.pool), fixture.Topic(t, r.pool)
	fixture.Place(t, r.pool) // another type
	name, last, data := l.next()
	if name != "change" || !strings.Contains(data, fmt.Sprintf(`"op":"upsert","type":"topics","id":%d`, first)) {
		t.Errorf("%s %s", name, data)
	}
	l.close()
	again := listen(t, t.Context(), server.URL+"/v1/changes/stream?type=topics", last)
	again.next()
	if name, _, data := again.next(); name != "change" || !strings.Contains(data, fmt.Sprintf(`"id":%d`, second)) {
		t.Errorf("after it was left: %s %s", name, data)
	}
	if bad := listen(t, t.Context(), server.URL+"/v1/changes/stream", "x"); bad.status != http.StatusBadRequest {
		t.Errorf("a cursor that is none: %d", bad.status)
	}
}

func TestAStreamEndsWithTheService(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.StreamFor = time.Hour })
	base, stop, _ := served(t, r.handler, Stop{Delay: time.Minute})
	l := listen(t, t.Context(), base+"/v1/changes/stream", "")
	l.next()
	stop()
	if name, _, _ := l.next(); name != "" || l.lines.Err() != nil {
		t.Errorf("%q, %v", name, l.lines.Err())
	}
}

func TestOneClientOpensOnlySomeStreams(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.StreamFor = time.Minute })
	server := httptest.NewServer(r.handler)
	t.Cleanup(server.Close)
	for range maxStreams {
		if l := listen(t, t.Context(), server.URL+"/v1/changes/stream", ""); l.status != http.StatusOK {
			t.Fatalf("status %d", l.status)
		}
	}
	if l := listen(t, t.Context(), server.URL+"/v1/changes/stream", ""); l.status != http.StatusTooManyRequests {
		t.Errorf("one more: %d", l.status)
	}
}
