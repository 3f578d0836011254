package api

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"
)

func keepsNothing(c *Config) { c.AnswerCache = 0 }

// hide makes every reading of a table fail.
func hide(t *testing.T, r *rig, table string) {
	t.Helper()
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		return pg.Exec(ctx, tx, "ALTER TABLE "+table+" RENAME TO hidden", nil)
	})
}

// givenAgain is how many answers were kept and given again.
func (r *rig) givenAgain(t *testing.T) int {
	t.Helper()
	const name = "registry_http_answers_kept_total "
	for line := range strings.Lines(r.do(t, http.MethodGet, "/metrics", nil).want(t, http.StatusOK).Body.String()) {
		if count, ok := strings.CutPrefix(line, name); ok {
			n, err := strconv.Atoi(strings.TrimSpace(count))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("there is no " + name)
	return 0
}

// same reports whether two answers differ in nothing but what is of each request.
func (r reply) same(other reply) bool {
	one, two := r.Header().Clone(), other.Header().Clone()
	for _, h := range []http.Header{one, two} {
		h.Del(echo.HeaderXRequestID)
		for name := range h {
			if strings.HasPrefix(strings.ToLower(name), "ratelimit") {
				h.Del(name)
			}
		}
	}
	return r.Code == other.Code && reflect.DeepEqual(one, two) && r.Body.String() == other.Body.String()
}

func TestAnAnswerIsGivenAgainAsItWasWithoutReadingTheRecords(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	event := fixture.RoundTable(t, r.pool)
	for range 3 {
		fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID = event })
	}
	fixture.Topic(t, r.pool)
	topic := fixture.Topic(t, r.pool)
	public := r.as(t)
	for path, hidden := range map[string]string{
		fmt.Sprintf("/v1/topics/%d?lang=kk", topic):                               "",
		"/v1/topics?limit=1":                                                      "",
		fmt.Sprintf("/v1/round-tables/%d/attendees?limit=2&fields=person", event): "attendees",
	} {
		first := public.get(t, path).want(t, http.StatusOK)
		if strings.Contains(path, "limit") && !strings.Contains(first.Header().Get("Link"), `rel="next"`) {
			t.Fatalf("%s has no further page: %v", path, first.Header())
		}
		before := r.givenAgain(t)
		if hidden != "" {
			hide(t, r, hidden)
		}
		again := public.get(t, path).want(t, http.StatusOK)
		if !again.same(first) || r.givenAgain(t) != before+1 {
			t.Errorf("%s is answered again with %v %s, before with %v %s", path, again.Header(), again.Body, first.Header(), first.Body)
		}
		if got := public.do(t, http.MethodGet, path, nil, "If-None-Match", again.Header().Get("ETag")); got.Code != http.StatusNotModified {
			t.Errorf("%s, of which the client holds the answer that was kept: %d", path, got.Code)
		}
		head := public.do(t, http.MethodHead, path, nil).want(t, http.StatusOK)
		if head.Header().Get("ETag") != first.Header().Get("ETag") {
			t.Errorf("HEAD %s: %v", path, head.Header())
		}
		packed := public.do(t, http.MethodHead, path, nil, "Accept-Encoding", "gzip").want(t, http.StatusOK)
		if packed.Header().Get("ETag") != first.Header().Get("ETag") || packed.Header().Get("Content-Encoding") != "" || packed.Header().Get("Content-Length") != head.Header().Get("Content-Length") {
			t.Errorf("HEAD %s of a client that takes gzip: %v, without %v", path, packed.Header(), head.Header())
		}
	}
	nothing := newRig(t, keepsNothing)
	path := fmt.Sprintf("/v1/topics/%d", fixture.Topic(t, nothing.pool))
	nothing.as(t).get(t, path).want(t, http.StatusOK)
	hide(t, nothing, "topics")
	nothing.as(t).get(t, path).want(t, http.StatusInternalServerError)
}

func TestAnAnswerThatIsKeptIsCompressedForThoseWhoTakeIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for range 20 {
		fixture.Topic(t, r.pool)
	}
	const path = "/v1/topics"
	plain := r.do(t, http.MethodGet, path, nil).want(t, http.StatusOK)
	kept := r.givenAgain(t)
	for accept, want := range map[string]bool{"gzip": true, "br;q=1, GZIP;q=0.2": true, "gzip;q=0": false, "identity": false, "br": false} {
		got := r.do(t, http.MethodGet, path, nil, "Accept-Encoding", accept).want(t, http.StatusOK)
		kept++
		if r.givenAgain(t) != kept {
			t.Fatalf("%s is not what was kept", accept)
		}
		tag := strings.TrimSuffix(plain.Header().Get("ETag"), `"`)
		if !want {
			if !got.same(plain) {
				t.Errorf("%s: %v %s", accept, got.Header(), got.Body)
			}
			continue
		}
		z, err := gzip.NewReader(got.Body)
		if err != nil {
			t.Fatalf("%s: %v", accept, err)
		}
		text, err := io.ReadAll(z)
		if err != nil || string(text) != plain.Body.String() || got.Header().Get("ETag") != tag+`-gzip"` || got.Header().Get("Content-Encoding") != "gzip" ||
			!strings.Contains(strings.Join(got.Header().Values("Vary"), ","), "Accept-Encoding") {
			t.Errorf("%s: %v, %v, %s", accept, err, got.Header(), text)
		}
		r.do(t, http.MethodGet, path, nil, "Accept-Encoding", accept, "If-None-Match", got.Header().Get("ETag")).want(t, http.StatusNotModified)
	}
	short := fmt.Sprintf("/v1/topics/%d", fixture.Topic(t, r.pool))
	first := r.do(t, http.MethodGet, short, nil).want(t, http.StatusOK)
	if again := r.do(t, http.MethodGet, short, nil, "Accept-Encoding", "gzip"); first.Body.Len() > 1000 || !again.same(first) {
		t.Errorf("a short answer: %v", again.Header())
	}
}

func TestNobodyGetsAnAnswerOlderThanAWriteNorThatOfSomebodyElse(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	other := *r // another replica
	var err error
	if other.server, err = newServer(t.Context(), r.server.config); err != nil {
		t.Fatal(err)
	}
	if other.handler, err = other.server.handler(Routes()); err != nil {
		t.Fatal(err)
	}
	c := r.as(t, actor.Write, actor.Read)
	at := c.make(t, "/v1/roles", `{"code":"counter","label":{"en":"Counter"},"rank":0}`)
	const writes, readers = 40, 4
	var all sync.WaitGroup
	written := make(chan float64, writes*readers)
	for range readers {
		all.Go(func() {
			for least := range written {
				for _, replica := range []*rig{r, &other} {
					for _, path := range []string{at, "/v1/roles?sort=-updated_at&limit=1"} {
						got := replica.do(t, http.MethodGet, path, nil, c.headers...)
						record := got.object(t)
						if list, ok := record["data"].([]any); ok {
							record = list[0].(map[string]any)
						}
						if rank, _ := record["rank"].(float64); rank < least {
							t.Errorf("%s: %v after %v was written", path, rank, least)
						}
					}
				}
			}
		})
	}
	for n := 1; n <= writes; n++ {
		c.do(t, http.MethodPatch, at, fmt.Sprintf(`{"rank":%d}`, n), append([]string{"Content-Type", mergeBody, "If-Match", "*"}, c.headers...)...).want(t, http.StatusOK)
		for range readers {
			written <- float64(n)
		}
	}
	close(written)
	all.Wait()

	draft := fixture.RoundTable(t, r.pool, fixture.Draft)
	path := fmt.Sprintf("/v1/round-tables/%d", draft)
	c.get(t, path).want(t, http.StatusOK)
	c.get(t, path).want(t, http.StatusOK)
	r.do(t, http.MethodGet, path, nil).want(t, http.StatusNotFound)
}

// missed gives the answer to a search for Gulnara that was begun before Gulnara Bektas was written, and read its records after that.
func missed(t *testing.T, path string) (*rig, reply) {
	t.Helper()
	r := newRig(t, nil)
	fixture.Person(t, r.pool, called(text.Map{"ru": "Гульнара Сеитова"}))
	other, err := pgxpool.NewWithConfig(t.Context(), r.pool.Config())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	held := make([]*pgxpool.Conn, r.pool.Config().MaxConns)
	for i := range held {
		if held[i], err = r.pool.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	release := sync.OnceFunc(func() {
		for _, c := range held {
			c.Release()
		}
	})
	t.Cleanup(release)
	answer := make(chan reply, 1)
	go func() { answer <- r.do(t, http.MethodGet, path, nil) }()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for searched := false; !searched; { // by a connection of its own
		err := other.QueryRow(ctx, "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle' AND query LIKE '%FROM person_names n %' AND pid <> pg_backend_pid()").Scan(&searched)
		if err != nil {
			t.Fatal(err)
		}
	}
	fixture.Person(t, other, called(text.Map{"en": "Gulnara Bektas"}))
	release()
	return r, (<-answer).want(t, http.StatusOK)
}

func TestASearchThatMissedSomebodyIsNotKept(t *testing.T) {
	t.Parallel()
	const path = "/v1/people?q=Gulnara"
	r, answer := missed(t, path)
	again := r.do(t, http.MethodGet, path, nil, "If-None-Match", answer.Header().Get("ETag")).want(t, http.StatusOK)
	if n := len(again.object(t)["data"].([]any)); n != 2 {
		t.Errorf("%d people are found, want 2: %s", n, again.Body)
	}
}

func TestAfterAnExportThatMissedSomebodyTheChangesTellOfThem(t *testing.T) {
	t.Parallel()
	r, answer := missed(t, "/v1/exports/people.ndjson?q=Gulnara")
	later := r.do(t, http.MethodGet, "/v1/changes?include_data=true&cursor="+answer.Header().Get("X-Change-Cursor"), nil).want(t, http.StatusOK)
	if strings.Contains(answer.Body.String(), "Bektas") == strings.Contains(later.Body.String(), "Bektas") {
		t.Errorf("the file is %s, what changed after it %s", answer.Body, later.Body)
	}
}

func TestWhatIsKeptOfAnswersIsBounded(t *testing.T) {
	t.Parallel()
	const size = 50_000
	a, err := newResponseCache(size)
	if err != nil {
		t.Fatal(err)
	}
	key := func(n int) [sha256.Size]byte { return sha256.Sum256([]byte{byte(n), byte(n >> 8)}) }
	body := []byte(strings.Repeat("a", 2000))
	for n := range 1000 {
		a.put(key(n), cachedResponse{head: 1}, body)
	}
	a.entries.CleanUp()
	if weight := a.entries.WeightedSize(); weight > size || weight < size/2 {
		t.Errorf("%d bytes are kept of %d", weight, size)
	}
	large := newKept(t, 1<<20)
	large.put(key(1), cachedResponse{head: 1}, make([]byte, largeResponse+1))
	if large.get(key(1)) != nil {
		t.Error("a large answer is kept")
	}
	large.put(key(2), cachedResponse{head: 1}, body)
	body[0] = 'b' // whose memory is used again
	if kept := large.get(key(2)); kept == nil || kept.body[0] != 'a' {
		t.Error("what was kept has changed")
	}
	large.advance(2)
	large.advance(1)
	large.put(key(3), cachedResponse{head: 1}, body)
	if large.get(key(2)) != nil || large.get(key(3)) != nil || large.entries.EstimatedSize() != 0 {
		t.Error("what is older than the log is kept")
	}
	if none, err := newResponseCache(0); none != nil || err != nil || none.get(key(1)) != nil {
		t.Errorf("without memory: %v, %v", none, err)
	}
}

func newKept(t *testing.T, size int) *responseCache {
	t.Helper()
	a, err := newResponseCache(size)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
