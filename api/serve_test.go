package api

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
)

// served runs Serve on a free port and gives its address, a function that tells it to stop, and what it returns.
func served(t *testing.T, h http.Handler, stop Stop) (base string, cancel func(), ended <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	result := make(chan error, 1)
	go func() { result <- Serve(ctx, l, h, slog.New(slog.DiscardHandler), stop) }()
	return "http://" + l.Addr().String(), cancel, result
}

// fetch gets an address over a connection of its own.
func fetch(url string) (status int, body string, err error) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	r, err := client.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return r.StatusCode, string(b), err
}

func TestAStoppingServiceFinishesWhatItBeganAndRefusesWhatIsNew(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-stopping(r.Context())
		<-release
		_, _ = io.WriteString(w, "whole")
	})
	base, stop, ended := served(t, h, Stop{Grace: 10 * time.Second})
	type answer struct {
		body string
		err  error
	}
	begun := make(chan answer, 1)
	go func() {
		_, body, err := fetch(base)
		begun <- answer{body, err}
	}()
	<-entered
	stop()
	for { // the listener closes shortly after the word to stop
		c, err := net.DialTimeout("tcp", strings.TrimPrefix(base, "http://"), time.Second)
		if err != nil {
			break
		}
		c.Close()
	}
	close(release)
	if got := <-begun; got.err != nil || got.body != "whole" {
		t.Errorf("the request that had begun got %q, %v", got.body, got.err)
	}
	if err := <-ended; err != nil {
		t.Errorf("an orderly stop ended with %v", err)
	}
}

func TestAStoppingServiceBreaksOffWhatOutlastsTheGrace(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	})
	base, stop, ended := served(t, h, Stop{Grace: time.Millisecond})
	begun := make(chan error, 1)
	go func() {
		_, _, err := fetch(base)
		begun <- err
	}()
	<-entered
	stop()
	if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Serve returned %v, want that requests were broken off", err)
	}
	if err := <-begun; err == nil {
		t.Error("the request that outlasted the grace got an answer")
	}
}

func TestAStoppingServiceClosesKeptConnectionsOnlyWithAResponse(t *testing.T) {
	t.Parallel()
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "whole") })
	base, stop, ended := served(t, h, Stop{Delay: time.Hour})
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	for _, stopped := range []bool{false, true} {
		if stopped {
			stop()
		}
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("stopped %v: %v", stopped, err)
		}
		if body, err := io.ReadAll(answer.Body); string(body) != "whole" || err != nil || answer.Close != stopped {
			t.Errorf("stopped %v: %q, %v, close %v", stopped, body, err, answer.Close)
		}
		_ = answer.Body.Close()
	}
	select {
	case err := <-ended:
		t.Errorf("the service stopped before its delay: %v", err)
	default:
	}
}

func TestServeReturnsWhenItsListenerFails(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := Serve(t.Context(), l, http.NotFoundHandler(), slog.New(slog.DiscardHandler), Stop{}); err == nil {
		t.Error("Serve on a closed listener returned nil")
	}
}

func TestAnAnswerSaysHowLongItIs(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for range 30 {
		fixture.Topic(t, r.pool)
	}
	for _, path := range []string{"/v1/topics", "/v1/topics/1"} {
		for _, encoding := range []string{"identity", "gzip"} {
			answer := r.do(t, http.MethodGet, path, nil, "Accept-Encoding", encoding).want(t, http.StatusOK)
			said := answer.Header().Get("Content-Length")
			compressed := answer.Header().Get("Content-Encoding") != ""
			if said != strconv.Itoa(answer.Body.Len()) && (said != "" || !compressed) {
				t.Errorf("%s, %s: %q said of %d bytes", path, encoding, said, answer.Body.Len())
			}
			if want := encoding == "gzip" && path == "/v1/topics"; compressed != want {
				t.Errorf("%s, %s: compressed %v", path, encoding, compressed)
			}
		}
	}
}

// Somebody who still sends when the connection is closed sees a broken connection instead of the answer.
func TestWhoSendsWhatIsRefusedIsToldSo(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Write)
	server := httptest.NewServer(r.handler)
	defer server.Close()
	const size = 8 << 20
	send := func(mediaType, expect string, body []byte) int {
		t.Helper()
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(conn, "POST /v1/topics HTTP/1.1\r\nHost: registry\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s", token, mediaType, size, expect, body)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	for mediaType, want := range map[string]int{jsonBody: http.StatusRequestEntityTooLarge, "text/plain": http.StatusUnsupportedMediaType} {
		if status := send(mediaType, "Expect: 100-continue\r\n", nil); status != want {
			t.Errorf("who asks first with %s: %d", mediaType, status)
		}
		for range 3 {
			if status := send(mediaType, "", bytes.Repeat([]byte(" "), size)); status != want {
				t.Errorf("who sends %s at once: %d", mediaType, status)
			}
		}
	}
}

func TestOnlyDownloadsAreCompressedAsAWhole(t *testing.T) {
	t.Parallel()
	routes := []Route{
		route(http.MethodGet, "/v1/round-tables/:id.ics", actor.Public, nil).with(properties{streams: true}),
		route(http.MethodGet, "/v1/exports/topics.:format", actor.Public, nil).with(properties{streams: true}),
		route(http.MethodGet, "/v1/feed.atom", actor.Public, nil),
	}
	text := []byte(strings.Repeat("text ", 1000))
	h, err := compress(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(text) }), routes)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/v1/round-tables/1.ics": "zstd", "/v1/round-tables/1/topics": "", "/v1/round-tables/topics": "", "/v1/round-tables/1": "",
		"/v1/exports/topics.csv": "zstd", "/v1/exports/topics.xml": "zstd", "/v1/exports/topics": "", "/v1/feed.atom": "",
	} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Encoding", "zstd")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("%s has the encoding %q, want %q", path, got, want)
		}
	}
}
