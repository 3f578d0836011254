//go:build chaos

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// load consists of writers, which note what the service acknowledges, and a follower of the feed.
type load struct {
	counts
	urls     []string
	client   func() *http.Client // for one writer
	strict   bool                // every request must be answered at the first attempt
	repeat   int                 // a further status after which clients repeat a request
	twice    bool                // every POST is sent to all replicas at once
	examples []string

	mu        sync.Mutex
	moved     *sync.Cond          // a counter changed
	refused   int                 // attempts without a response, or with 503
	stopping  bool                // for the writers
	drained   bool                // no writer is left
	written   map[string]*written // by name
	delivered []delivery
	writers   sync.WaitGroup
	follower  sync.WaitGroup
}

// written is a record that a writer has sent. Its name is unique.
type written struct {
	table        string
	id           int64 // 0 if only its name is known
	version      int64
	parts        int // its number of parts, -1 if it varies
	acknowledged bool
}

// delivery is a change that the follower received.
type delivery struct {
	Op, Type string
	ID       int64
	Version  int64
}

func newLoad() *load {
	l := &load{written: map[string]*written{}}
	l.moved = sync.NewCond(&l.mu)
	l.client = func() *http.Client { return &http.Client{Transport: &http.Transport{}, Timeout: patience / 2} }
	return l
}

// begin starts the follower and the writers.
func (l *load) begin(t *testing.T) {
	t.Helper()
	client := l.client()
	cursor := l.follow(client, "")
	if cursor == "" {
		t.Fatalf("the feed does not answer: %s", l.examples)
	}
	l.delivered = nil // the full copy is in the order of references
	l.follower.Go(func() {
		for last := false; !last && cursor != ""; {
			last = l.isTrue(&l.drained) // before the request, so that the last one begins after the last write
			cursor = l.follow(client, cursor)
		}
	})
	for n := range 8 {
		l.writers.Go(func() {
			client := l.client()
			for i := n; !l.isTrue(&l.stopping); i++ {
				[]func(*http.Client){l.topic, l.person, l.event, l.bundle}[i%4](client)
			}
		})
	}
}

// finish ends the writers, then the follower when it has received everything.
func (l *load) finish() {
	l.set(&l.stopping)
	l.writers.Wait()
	l.set(&l.drained)
	l.follower.Wait()
}

func (l *load) set(flag *bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*flag = true
}

func (l *load) isTrue(flag *bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return *flag
}

// count increases a counter. A text describes a failure.
func (l *load) count(counter *int, text string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*counter++
	if text != "" && *counter <= 3 {
		l.examples = append(l.examples, fmt.Sprintf(text, args...))
	}
	l.moved.Broadcast()
}

// await waits until the service has acknowledged and refused so many more requests.
func (l *load) await(t *testing.T, acknowledged, refused int) {
	t.Helper()
	late := false
	timer := time.AfterFunc(patience, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		late = true
		l.moved.Broadcast()
	})
	defer timer.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	acknowledged, refused = acknowledged+l.acknowledged, refused+l.refused
	for l.acknowledged < acknowledged || l.refused < refused {
		if late {
			t.Fatalf("%d were acknowledged, waiting for %d; %d were refused, waiting for %d; %q",
				l.acknowledged, acknowledged, l.refused, refused, l.examples)
		}
		l.moved.Wait()
	}
}

type request struct{ method, path, key, ifMatch, body string }

type reply struct {
	status   int
	location string
	body     []byte
}

// send repeats a request until it is answered, as the guides say: after a broken connection and after 503, with the same
// Idempotency-Key. It returns nil if that fails or the response is unexpected.
func (l *load) send(client *http.Client, r request) *reply {
	for attempt, began := rand.IntN(len(l.urls)), time.Now(); ; attempt++ {
		got, err := attemptTo(client, l.urls[attempt%len(l.urls)], r)
		refused := err != nil || got.status == http.StatusServiceUnavailable || got.status == l.repeat
		switch {
		case !refused && (got.status < 300 || got.status == http.StatusPreconditionFailed):
			return got
		case !refused, l.strict, time.Since(began) > patience:
			l.count(&l.failed, "%s %s: %v, %v after %s", r.method, r.path, got, err, time.Since(began))
			return nil
		}
		l.count(&l.refused, "")
		time.Sleep(20 * time.Millisecond)
	}
}

func (r *reply) String() string {
	if r == nil {
		return "no response"
	}
	return fmt.Sprintf("%d %s", r.status, r.body)
}

func attemptTo(client *http.Client, url string, r request) (*reply, error) {
	q, err := http.NewRequest(r.method, url+r.path, strings.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"Authorization": "Bearer " + myKey, "Idempotency-Key": r.key, "If-Match": r.ifMatch} {
		if value != "" {
			q.Header.Set(name, value)
		}
	}
	switch r.method {
	case http.MethodPost:
		q.Header.Set("Content-Type", "application/json")
	case http.MethodPatch:
		q.Header.Set("Content-Type", "application/merge-patch+json")
	}
	answer, err := client.Do(q)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return &reply{answer.StatusCode, answer.Header.Get("Location"), body}, err
}

// create sends a new record until it is acknowledged, and returns its id, or 0.
func (l *load) create(client *http.Client, path, name string, body string) int64 {
	r := request{method: http.MethodPost, path: path, key: strings.ReplaceAll(name, " ", "-"), body: body}
	var second *reply
	var both sync.WaitGroup
	if l.twice {
		both.Go(func() { second = l.send(client, r) })
	}
	first := l.send(client, r)
	both.Wait()
	if first == nil {
		return 0
	}
	if l.twice && second != nil && second.location != first.location {
		l.count(&l.duplicated, "POST %s %s: %s and %s", path, name, first.location, second.location)
	}
	id, _ := strconv.ParseInt(first.location[strings.LastIndex(first.location, "/")+1:], 10, 64)
	l.acknowledge(name, id, 1)
	return id
}

func (l *load) acknowledge(name string, id, version int64) {
	l.mu.Lock()
	w := l.written[name]
	w.acknowledged, w.id, w.version = true, id, version
	l.mu.Unlock()
	l.count(&l.acknowledged, "")
}

// name returns a new name of two random words and registers it.
func (l *load) name(table string, parts int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := word() + " " + word()
	l.written[name] = &written{table: table, parts: parts}
	return name
}

func word() string {
	var b strings.Builder
	for range 5 {
		b.WriteByte("bdfgklmnprstvz"[rand.IntN(14)])
		b.WriteByte("aeiou"[rand.IntN(5)])
	}
	return strings.ToUpper(b.String()[:1]) + b.String()[1:]
}

// topic creates a topic and changes it.
func (l *load) topic(client *http.Client) {
	name := l.name("topics", 0)
	id := l.create(client, "/v1/topics", name, fmt.Sprintf(`{"label":{"en":%q}}`, name))
	if id == 0 {
		return
	}
	path := fmt.Sprint("/v1/topics/", id)
	got := l.send(client, request{method: http.MethodPatch, path: path, ifMatch: `"1"`, body: `{"description":{"en":"Changed"}}`})
	switch {
	case got == nil:
		return
	case got.status == http.StatusPreconditionFailed: // the response to an earlier attempt may have been lost
		if got = l.send(client, request{method: http.MethodGet, path: path}); got == nil {
			return
		}
		if !bytes.Contains(got.body, []byte(`"version":2`)) || !bytes.Contains(got.body, []byte(`"Changed"`)) {
			l.count(&l.failed, "the change of %s was rejected, although no other client changes it: %s", path, got)
			return
		}
	}
	l.acknowledge(name, id, 2)
}

func (l *load) person(client *http.Client) {
	name := l.name("people", 0)
	l.create(client, "/v1/people?allow_duplicate=true", name, fmt.Sprintf(`{"name":{"en":%q}}`, name))
}

// event creates a round table, then its attendees. Each attendee has two parts.
func (l *load) event(client *http.Client) {
	name := l.name("round_tables", -1)
	id := l.create(client, "/v1/round-tables", name, fmt.Sprintf(`{"title":{"en":%q},"starts_on":%q}`, name, anyDay()))
	for range 3 {
		if id != 0 {
			name := l.name("attendees", 2)
			l.create(client, "/v1/attendees", name, fmt.Sprintf(
				`{"round_table_id":%d,"name_as_listed":%q,"roles":["observer"],"affiliations":[{"title":{"en":"Guest"}}]}`, id, name))
		}
	}
}

func anyDay() string {
	return time.Date(2000, 1, 1+rand.IntN(9000), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// bundle creates a round table with an organization, three people who attend and speak, and a recommendation: 1 organizer,
// 3 attendees with a role each, 3 statements with a text each, and 1 recommendation are 14 parts.
func (l *load) bundle(client *http.Client) {
	title, organization := l.name("round_tables", 14), l.name("organizations", 1)
	var attendees, statements []string
	names := []string{organization}
	for range 3 {
		name := l.name("people", 1)
		names = append(names, name)
		attendees = append(attendees, fmt.Sprintf(`{"person":{"name":%q,"new":true},"roles":["speaker"]}`, name))
		statements = append(statements, fmt.Sprintf(`{"speaker":%q,"texts":[{"text":"Spoke."}]}`, name))
	}
	body := fmt.Sprintf(`{"lang":"en","round_table":{"title":{"en":%q},"starts_on":%q},"organizers":[{"organization":{"name":%q,"new":true}}],
		"attendees":[%s],"statements":[%s],"recommendations":[{"text":{"en":"Meet again."}}]}`,
		title, anyDay(), organization, strings.Join(attendees, ","), strings.Join(statements, ","))
	if l.create(client, "/v1/bundles", title, body) == 0 {
		return
	}
	for _, name := range names {
		l.acknowledge(name, 0, 1)
	}
}

// follow reads the pages of the feed after a cursor, and returns the next cursor, or "".
func (l *load) follow(client *http.Client, cursor string) string {
	path := "/v1/changes?limit=100"
	if cursor != "" {
		path += "&wait=1&cursor=" + cursor
	}
	for path != "" {
		got := l.send(client, request{method: http.MethodGet, path: path})
		if got == nil {
			return ""
		}
		var page struct {
			Data []delivery
			Page struct{ Next string }
			Meta struct{ Cursor string }
		}
		if err := json.Unmarshal(got.body, &page); err != nil || page.Meta.Cursor == "" {
			l.count(&l.failed, "GET %s: %v %s", path, err, got)
			return ""
		}
		l.delivered = append(l.delivered, page.Data...)
		cursor, path = page.Meta.Cursor, page.Page.Next
	}
	return cursor
}

// everything lists every record with the number of its parts, of its entries in the log with its version, and of all its
// entries. Both the tables and the log must hold it.
const everything = `
	WITH records AS (
		SELECT 'topics' AS type, label ->> 'en' AS name, id, version, 0 AS parts FROM topics
		UNION ALL SELECT 'people', name ->> 'en', id, version, (SELECT count(*) FROM attendees WHERE person_id = p.id) FROM people p
		UNION ALL SELECT 'organizations', name ->> 'en', id, version, (SELECT count(*) FROM organizers WHERE organization_id = o.id) FROM organizations o
		UNION ALL SELECT 'attendees', name_as_listed, id, version, (SELECT count(*) FROM attendee_roles WHERE attendee_id = a.id)
			+ (SELECT count(*) FROM attendee_affiliations WHERE attendee_id = a.id) FROM attendees a WHERE person_id IS NULL
		UNION ALL SELECT 'round-tables', title ->> 'en', id, version, (SELECT count(*) FROM organizers WHERE round_table_id = r.id)
			+ (SELECT count(*) FROM attendees WHERE round_table_id = r.id)
			+ (SELECT count(*) FROM attendee_roles ar JOIN attendees a ON a.id = ar.attendee_id WHERE a.round_table_id = r.id)
			+ (SELECT count(*) FROM statements WHERE round_table_id = r.id)
			+ (SELECT count(*) FROM statement_texts st JOIN statements s ON s.id = st.statement_id WHERE s.round_table_id = r.id)
			+ (SELECT count(*) FROM recommendations WHERE round_table_id = r.id) FROM round_tables r)
	SELECT type, name, id, version, parts,
		(SELECT count(*) FROM changes c WHERE c.type = r.type AND c.id = r.id AND c.version = r.version AND c.is_head) AS heads,
		(SELECT count(*) FROM changes c WHERE c.type = r.type AND c.id = r.id) AS entries
	  FROM records r`

type stored struct {
	Type, Name            string
	ID, Version           int64
	Parts, Heads, Entries int
}

// verify compares what was acknowledged with the tables, the API and the feed.
func (l *load) verify(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, _ := conn.Query(t.Context(), everything)
	records, err := pgx.CollectRows(rows, pgx.RowToStructByName[stored])
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]stored{}
	for _, r := range records {
		w := l.written[r.Name]
		if _, twice := byName[r.Name]; twice || w == nil {
			l.count(&l.duplicated, "%+v exists twice, or was never sent", r)
		} else if w.parts >= 0 && w.parts != r.Parts {
			l.count(&l.partial, "%+v has not the parts of %+v", r, *w)
		}
		if r.Heads != 1 || int64(r.Entries) != r.Version {
			l.count(&l.partial, "%+v has not one entry in the log for each version", r)
		}
		byName[r.Name] = r
	}
	for name, w := range l.written {
		if r, ok := byName[name]; w.acknowledged && (!ok || r.Version < w.version) {
			l.count(&l.lost, "%s %+v was acknowledged, the table holds %+v", name, *w, r)
		}
	}
	l.readBack()
	l.verifyFeed(t, conn, records)
}

// readBack requests every acknowledged record whose id is known.
func (l *load) readBack() {
	client := l.client()
	for name, w := range l.written {
		if !w.acknowledged || w.id == 0 {
			continue
		}
		got := l.send(client, request{method: http.MethodGet, path: fmt.Sprintf("/v1/%s/%d", strings.ReplaceAll(w.table, "_", "-"), w.id)})
		if got == nil || !bytes.Contains(got.body, []byte(strconv.Quote(name))) {
			l.count(&l.lost, "%s %+v was acknowledged, and the API returns %s", name, *w, got)
		}
	}
}

// verifyFeed checks that the feed delivered changes in the order of the log, each once, and every record in its newest
// version.
func (l *load) verifyFeed(t *testing.T, conn *pgx.Conn, records []stored) {
	t.Helper()
	type key struct {
		Type        string
		ID, Version int64
	}
	type entry struct {
		key
		Seq int64
	}
	rows, _ := conn.Query(t.Context(), "SELECT type, id, version, seq FROM changes WHERE op <> 'visibility'")
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e entry, err error) {
		return e, row.Scan(&e.Type, &e.ID, &e.Version, &e.Seq)
	})
	if err != nil {
		t.Fatal(err)
	}
	order := map[key]int64{}
	for _, e := range entries {
		order[e.key] = e.Seq
	}
	mirror := map[key]bool{}
	last := int64(0)
	for _, d := range l.delivered {
		k := key{d.Type, d.ID, d.Version}
		if order[k] <= last { // also if the log does not hold it
			l.count(&l.inverted, "%+v is number %d of the log and came after number %d", d, order[k], last)
		}
		last = max(last, order[k])
		mirror[k] = true
	}
	for _, r := range records {
		if !mirror[key{r.Type, r.ID, r.Version}] {
			l.count(&l.lost, "%+v was not delivered", r)
		}
	}
}
