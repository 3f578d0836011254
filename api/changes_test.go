package api

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"

	"github.com/jackc/pgx/v5"
)

// feedPage is a page of changes as a client reads it.
type feedPage struct {
	Data []struct {
		Op, Type    string
		ID, Version int64
		Into        *int64
		Data        map[string]any
	}
	Page struct {
		NextCursor *string `json:"next_cursor"`
	}
	Meta struct{ Cursor string }
}

// copyOf is what a partner keeps: the version of each record, by "type:id".
type copyOf struct {
	caller
	query    string
	cursor   string
	records  map[string]int64
	previous map[string]int64 // versions ever told, to notice repetition and inversion
}

func newCopy(c caller, query string) *copyOf {
	return &copyOf{caller: c, query: query, records: map[string]int64{}, previous: map[string]int64{}}
}

// step reads one page and reports whether the copy is current.
func (m *copyOf) step(t testing.TB) (feedPage, bool) {
	t.Helper()
	var page feedPage
	reply := m.get(t, "/v1/changes?"+m.query+"&cursor="+url.QueryEscape(m.cursor)).want(t, http.StatusOK)
	if err := json.Unmarshal(reply.Body.Bytes(), &page); err != nil {
		t.Fatal(err)
	}
	for _, c := range page.Data {
		at := fmt.Sprintf("%s:%d", c.Type, c.ID)
		if c.Version < m.previous[at] {
			t.Errorf("%s: version %d after %d", at, c.Version, m.previous[at])
		}
		m.previous[at] = c.Version
		if c.Op == "upsert" {
			m.records[at] = c.Version
		} else {
			delete(m.records, at)
		}
	}
	m.cursor = page.Meta.Cursor
	return page, page.Page.NextCursor == nil
}

// catchUp reads until nothing is left, and gives what was told as "op type:id".
func (m *copyOf) catchUp(t testing.TB) (told []string) {
	t.Helper()
	for {
		page, current := m.step(t)
		for _, c := range page.Data {
			told = append(told, fmt.Sprintf("%s %s:%d", c.Op, c.Type, c.ID))
		}
		if current {
			return told
		}
	}
}

// prove holds the copy against the checkpoint, of all types or of some.
func (m *copyOf) prove(t testing.TB, types ...string) {
	t.Helper()
	var sums Checkpoint
	if err := json.Unmarshal(m.get(t, "/v1/changes/checkpoint?type="+strings.Join(types, ",")).want(t, http.StatusOK).Body.Bytes(), &sums); err != nil {
		t.Fatal(err)
	}
	for _, s := range sums.Types {
		var count int64
		var sum uint64
		for at, version := range m.records {
			if strings.HasPrefix(at, s.Type+":") {
				hash := sha256.Sum256(fmt.Appendf(nil, "%s:%d", at, version))
				count, sum = count+1, sum^binary.BigEndian.Uint64(hash[:8])
			}
		}
		if got := fmt.Sprintf("%016x", sum); count != s.Count || got != s.Checksum {
			t.Errorf("%s: the copy holds %d with the sum %s, the registry %d with %s", s.Type, count, got, s.Count, s.Checksum)
		}
	}
}

func TestACopyThatFollowsTheChangesIsProvedByTheCheckpointWhileOthersWrite(t *testing.T) {
	t.Parallel()
	const writers, transactions = 16, 25
	r := newRig(t, nil)
	db := dbtest.Open(t, r.pool.Config().ConnString(), pg.Options{MaxConns: writers})
	topic := fixture.Topic(t, db)
	var events []int64
	for range 12 {
		events = append(events, fixture.RoundTable(t, db))
	}
	elsewhere, err := pgx.Connect(t.Context(), dbtest.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer elsewhere.Close(context.Background())
	if _, err := elsewhere.Exec(t.Context(), "BEGIN; SELECT pg_current_xact_id()"); err != nil { // a horizon of transactions would stand still
		t.Fatal(err)
	}
	early, late, reader := newCopy(r.as(t), "limit=7"), newCopy(r.as(t), "limit=11"), newCopy(r.as(t, actor.Read), "limit=5")
	done := make(chan struct{})
	var writing, reading sync.WaitGroup
	half := make(chan struct{}, writers)
	for n := range writers {
		writing.Go(func() {
			random := rand.New(rand.NewPCG(3, uint64(n)))
			for i := range transactions {
				if i == transactions/2 {
					half <- struct{}{}
				}
				writeSomething(t, db, random, events, topic)
			}
		})
	}
	follow := func(m *copyOf) {
		for {
			last := false
			select {
			case <-done:
				last = true
			default:
			}
			if m.catchUp(t); last {
				return
			}
		}
	}
	reading.Go(func() { follow(early) })
	reading.Go(func() { follow(reader) })
	reading.Go(func() { <-half; follow(late) })
	writing.Wait()
	close(done)
	reading.Wait()
	for _, m := range []*copyOf{early, late, reader} {
		m.prove(t)
	}
	for _, m := range []*copyOf{early, late} {
		m.compare(t, r)
	}
	if len(reader.records) <= len(early.records) || len(early.records) < 20 {
		t.Errorf("the load was none: %d records, %d of them public", len(reader.records), len(early.records))
	}
}

// compare holds a copy of the public's against the tables themselves, which know nothing of the log.
func (m *copyOf) compare(t testing.TB, r *rig) {
	t.Helper()
	seen := map[string]int64{}
	for _, kind := range feedTypes {
		table := strings.ReplaceAll(kind, "-", "_")
		rows, err := r.pool.Query(t.Context(), "SELECT '"+kind+":' || id, version FROM "+table+" WHERE "+table+"_public(id)")
		if err != nil {
			t.Fatal(err)
		}
		var at string
		var version int64
		if _, err := pgx.ForEachRow(rows, []any{&at, &version}, func() error { seen[at] = version; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if !maps.Equal(seen, m.records) {
		t.Errorf("the copy holds %v, the tables %v", m.records, seen)
	}
}

var errGivenUp = errors.New("given up")

// writeSomething runs one transaction: some are slow, one in ten is given up; round tables are published and withdrawn, people restricted.
func writeSomething(t testing.TB, db changes.Pool, random *rand.Rand, events []int64, topic int64) {
	seed := random.Uint64()
	err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) (err error) {
		again := rand.New(rand.NewPCG(seed, 1))
		run := func(sql string, args ...any) {
			if err == nil {
				_, err = tx.Exec(context.Background(), sql, args...)
			}
		}
		event := events[again.IntN(len(events))]
		if again.IntN(3) == 0 {
			run("SELECT pg_current_xact_id(), pg_sleep($1)", float64(again.IntN(8))/1000)
		}
		switch again.IntN(6) {
		case 0:
			run("UPDATE round_tables SET publication = $2 WHERE id = $1", event, []string{"draft", "published", "withdrawn"}[again.IntN(3)])
		case 1:
			run("WITH p AS (INSERT INTO people (name) VALUES (jsonb_build_object('en', $2::text)) RETURNING id) INSERT INTO attendees (round_table_id, person_id, position) SELECT $1, id, 1 FROM p", event, fmt.Sprint(seed))
		case 2:
			run("UPDATE people SET visibility = CASE visibility WHEN 'public' THEN 'restricted' ELSE 'public' END WHERE id = (SELECT min(id) + $1 FROM people)", again.IntN(20))
		case 3:
			run("DELETE FROM attendees WHERE id = (SELECT min(id) FROM attendees WHERE round_table_id = $1)", event)
		case 4:
			run("INSERT INTO organizations (name) VALUES (jsonb_build_object('en', $1::text))", fmt.Sprint(seed))
		case 5:
			run("UPDATE round_tables SET title = jsonb_build_object('en', $2::text) WHERE id = $1", event, fmt.Sprint(seed))
			run("UPDATE topics SET description = jsonb_build_object('en', $2::text) WHERE id = $1", topic, fmt.Sprint(seed))
		}
		if again.IntN(4) == 0 {
			run("SELECT pg_sleep($1)", float64(again.IntN(15))/1000)
		}
		if err == nil && again.IntN(10) == 0 {
			return errGivenUp
		}
		return err
	})
	if err != nil && !errors.Is(err, errGivenUp) && !pg.IsCode(err, pg.DeadlockDetected) {
		t.Error(err)
	}
}

// eventOf is a round table with a part of each kind.
type eventOf struct{ table, person, attendee, statement, recommendation, document int64 }

func newEvent(t testing.TB, r *rig, publication string) (e eventOf) {
	t.Helper()
	e.person = fixture.Person(t, r.pool)
	e.document = fixture.Document(t, r.pool)
	e.table = fixture.RoundTable(t, r.pool, func(in *roundtable.Input) {
		in.Publication, in.DocumentLinks = publication, []roundtable.DocumentLink{{DocumentID: e.document, Relation: "source"}}
	})
	e.attendee = fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID, in.PersonID = e.table, &e.person })
	e.statement = fixture.Statement(t, r.pool, func(in *statement.Input) { in.RoundTableID, in.AttendeeID = e.table, &e.attendee })
	e.recommendation = fixture.Recommendation(t, r.pool, func(in *recommendation.Input) { in.RoundTableID, in.StatementID = e.table, &e.statement })
	return e
}

func wantTold(t testing.TB, what string, told, want []string) {
	t.Helper()
	if fmt.Sprint(told) != fmt.Sprint(want) {
		t.Errorf("%s: told %v, want %v", what, told, want)
	}
}

func TestPublishingAndWithdrawingTellsOfThePartsToo(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	e := newEvent(t, r, "draft")
	public, reader := newCopy(r.as(t), ""), newCopy(r.as(t, actor.Read), "")
	public.catchUp(t)
	reader.catchUp(t)
	publish := func(publication string) {
		r.write(t, func(ctx context.Context, tx pgx.Tx) error {
			return pg.Exec(ctx, tx, "UPDATE round_tables SET publication = @to WHERE id = @id", pg.Args{"id": e.table, "to": publication})
		})
	}
	parts := func(op string) []string {
		return []string{
			fmt.Sprintf("%s round-tables:%d", op, e.table), fmt.Sprintf("%s attendees:%d", op, e.attendee), fmt.Sprintf("%s statements:%d", op, e.statement),
			fmt.Sprintf("%s recommendations:%d", op, e.recommendation), fmt.Sprintf("%s documents:%d", op, e.document),
		}
	}
	publish("review")
	wantTold(t, "a draft in review", public.catchUp(t), nil)
	publish("published")
	wantTold(t, "published", public.catchUp(t), parts("upsert"))
	public.prove(t)
	public.compare(t, r)
	publish("withdrawn")
	wantTold(t, "withdrawn", public.catchUp(t), parts("withdraw"))
	public.prove(t)
	public.compare(t, r)
	publish("review") // what happens to it behind the curtain is nobody's business
	wantTold(t, "in review again", public.catchUp(t), nil)
	wantTold(t, "to who reads drafts", reader.catchUp(t), []string{fmt.Sprintf("upsert round-tables:%d", e.table)})
	reader.prove(t)
}

func TestWhatNamesAPersonIsToldAnewWhenThePersonIsRestricted(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	e := newEvent(t, r, "published")
	public := newCopy(r.as(t), "include_data=true")
	public.catchUp(t)
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		return pg.Exec(ctx, tx, "UPDATE people SET visibility = 'restricted' WHERE id = @id", pg.Args{"id": e.person})
	})
	page, _ := public.step(t)
	var told []string
	for _, c := range page.Data {
		told = append(told, fmt.Sprintf("%s %s:%d", c.Op, c.Type, c.ID))
		if c.Type == "attendees" && (c.Data["person"] != nil || c.Data["person_id"] != nil) {
			t.Errorf("the attendee still names the person: %v", c.Data)
		}
	}
	wantTold(t, "restricted", told, []string{
		fmt.Sprintf("withdraw people:%d", e.person), fmt.Sprintf("upsert attendees:%d", e.attendee), fmt.Sprintf("upsert statements:%d", e.statement),
		fmt.Sprintf("upsert recommendations:%d", e.recommendation),
	})
	public.prove(t)
}

// contentAfter applies the feed after a cursor to the content of a copy and returns the next cursor.
func contentAfter(t *testing.T, c caller, cursor string, content map[string]string) string {
	t.Helper()
	for {
		var page struct {
			Data []struct {
				Op, Type string
				ID       int64
				Data     json.RawMessage
			}
			Page PageInfo
			Meta ListMeta
		}
		decodeReply(t, c.get(t, "/v1/changes?include_data=true&limit=500&cursor="+url.QueryEscape(cursor)), &page)
		for _, change := range page.Data {
			name := fmt.Sprintf("%s:%d", change.Type, change.ID)
			if delete(content, name); change.Op == "upsert" {
				content[name] = string(change.Data)
			}
		}
		if cursor = page.Meta.Cursor; page.Page.Next == nil {
			return cursor
		}
	}
}

func TestACopyThatFollowsTheFeedHasTheContentOfAFreshOne(t *testing.T) {
	t.Parallel()
	for name, scopes := range map[string][]actor.Scope{"public": nil, "reader": {actor.Read}} {
		r := sampled(t)
		c := r.as(t, scopes...)
		editor := r.as(t, actor.Write, actor.Publish)
		held := map[string]string{}
		cursor := contentAfter(t, c, "", held)
		attendee := path(editor.get(t, "/v1/attendees?limit=1&sort=starts_on").object(t), "data").([]any)[0]
		event, someone := path(attendee, "round_table_id"), path(attendee, "person_id")
		for _, w := range []struct{ path, body string }{
			{fmt.Sprint("/v1/people/", someone), `{"name":{"en":"Renamed Person"}}`}, {"/v1/organizations/1", `{"name":{"en":"Renamed Institute of ` + name + `"}}`},
			{"/v1/topics/1", `{"label":{"en":"Renamed topic of ` + name + `"}}`}, {"/v1/places/1", `{"name":{"en":"Renamed place"}}`},
			{fmt.Sprint("/v1/round-tables/", event), `{"title":{"en":"Renamed event"}}`},
		} {
			editor.patch(t, w.path, w.body).want(t, http.StatusOK)
		}
		for path, body := range map[string]string{
			"/v1/organizers": `{"round_table_id":%v,"organization_id":2,"kind":"partner"}`, "/v1/attendees": `{"round_table_id":%v,"name_as_listed":"Somebody Else"}`,
			"/v1/statements": `{"round_table_id":%v,"texts":[{"lang":"en","text":"Said.","original":true}]}`, "/v1/recommendations": `{"round_table_id":%v,"text":{"en":"Do it."}}`,
		} {
			at := editor.make(t, path, body, event)
			if path == "/v1/recommendations" {
				editor.del(t, at).want(t, http.StatusNoContent)
			}
		}
		contentAfter(t, c, cursor, held)
		fresh := map[string]string{}
		contentAfter(t, c, "", fresh)
		if !maps.Equal(held, fresh) {
			for name, content := range fresh {
				if held[name] != content {
					t.Errorf("%s: %s is\n%s\nbut a fresh copy has\n%s", c.headers, name, held[name], content)
				}
			}
			t.Errorf("%d records, a fresh copy has %d", len(held), len(fresh))
		}
		for name, content := range fresh {
			for _, derived := range []string{`"counts"`, `"person":`, `"speaker":`, `"organizers":`, `"place":`, `"authors":`, `"topics":`} {
				if strings.Contains(content, derived) {
					t.Errorf("%s holds members of other records: %s", name, content)
				}
			}
		}
	}
}

func TestADeletedPartNamesItsRoundTable(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	e := newEvent(t, r, "published")
	cursor := r.cursor(t)
	r.as(t, actor.Write).del(t, fmt.Sprint("/v1/recommendations/", e.recommendation)).want(t, http.StatusNoContent)
	list := r.as(t).get(t, "/v1/changes?cursor="+cursor).object(t)["data"].([]any)
	if len(list) != 1 || path(list[0], "op") != "delete" || path(list[0], "round_table_id") != float64(e.table) {
		t.Errorf("%v", list)
	}
}

func TestADocumentThatOnlyADraftLinksToIsWithdrawn(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	source := fixture.Document(t, r.pool, func(in *document.Input) {})
	public := newCopy(r.as(t), "type=documents")
	public.catchUp(t)
	draft := fixture.RoundTable(t, r.pool, fixture.Draft, func(in *roundtable.Input) {
		in.DocumentLinks = []roundtable.DocumentLink{{DocumentID: source, Relation: "source"}}
	})
	wantTold(t, "linked to by a draft", public.catchUp(t), []string{fmt.Sprintf("withdraw documents:%d", source)})
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		return pg.Exec(ctx, tx, "DELETE FROM document_links WHERE round_table_id = @id", pg.Args{"id": draft})
	})
	wantTold(t, "no longer", public.catchUp(t), []string{fmt.Sprintf("upsert documents:%d", source)})
}

func TestADraftLeavesNoTraceInThePublicFeed(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	for _, query := range []string{"", "include_data=true"} {
		public, reader := newCopy(m.as(t), "limit=500&"+query), newCopy(m.as(t, actor.Read), "limit=500&"+query)
		told := strings.Join(public.catchUp(t), " ")
		for _, collection := range []string{"round-tables", "people", "documents", "attendees", "statements", "recommendations", "organizers", "affiliations"} {
			if at := fmt.Sprintf("%s:%d", collection, m.ids[collection][hidden]); strings.Contains(told+" ", at+" ") {
				t.Errorf("the public is told of %s", at)
			}
		}
		if !strings.Contains(strings.Join(reader.catchUp(t), " "), fmt.Sprintf("round-tables:%d", m.ids["round-tables"][hidden])) {
			t.Error("who reads drafts is not told of one")
		}
		public.prove(t)
		reader.prove(t)
	}
	body := m.as(t).get(t, "/v1/changes?include_data=true&limit=500").want(t, 200).Body.String()
	for _, canary := range []string{draftCanary, restrictedCanary, notesCanary, contactCanary} {
		if strings.Contains(body, canary) {
			t.Errorf("the feed shows %s", canary)
		}
	}
}

// contained reports whether a value equals the shown one, apart from members of objects that only the shown one has.
func contained(value, shown any) bool {
	switch value := value.(type) {
	case map[string]any:
		object, ok := shown.(map[string]any)
		for member, v := range value {
			s, there := object[member]
			ok = ok && there && contained(v, s)
		}
		return ok
	case []any:
		list, ok := shown.([]any)
		return ok && slices.EqualFunc(value, list, contained)
	default:
		return value == shown
	}
}

func TestEveryMemberOfAChangeIsAsItsAddressShowsIt(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	c := m.as(t)
	page, _ := newCopy(c, "include_data=true&limit=500").step(t)
	for _, change := range page.Data {
		item := c.get(t, fmt.Sprintf("/v1/%s/%d", change.Type, change.ID)).want(t, 200).object(t)
		for member, value := range change.Data {
			if shown, there := item[member]; !there || !contained(value, shown) {
				t.Errorf("%s %d: %s is %v in the feed and %v at its address", change.Type, change.ID, member, value, shown)
			}
		}
	}
	if len(page.Data) < 12 {
		t.Errorf("only %d changes", len(page.Data))
	}
}

func TestAFullCopyHasNoTombstonesAndGoesOnWithThem(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	gone, kept, later := fixture.Topic(t, r.pool), fixture.Topic(t, r.pool), fixture.Topic(t, r.pool)
	remove := func(id int64) {
		r.write(t, func(ctx context.Context, tx pgx.Tx) error {
			return pg.Exec(ctx, tx, "DELETE FROM topics WHERE id = @id", pg.Args{"id": id})
		})
	}
	remove(gone)
	m := newCopy(r.as(t), "type=topics&limit=1")
	first, _ := m.step(t)
	wantTold(t, "the first page", []string{fmt.Sprint(first.Data[0].ID)}, []string{fmt.Sprint(kept)})
	remove(kept)
	wantTold(t, "the rest", m.catchUp(t), []string{fmt.Sprintf("upsert topics:%d", later), fmt.Sprintf("delete topics:%d", kept)})
	m.prove(t, "topics")
}

func TestAChangeCursorBelongsToWhatItsReaderSeesAndToItsTypes(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	fixture.RoundTable(t, r.pool)
	public, reader := r.as(t), r.as(t, actor.Read)
	all, topics := newCopy(public, ""), newCopy(public, "type=topics")
	all.catchUp(t)
	topics.catchUp(t)
	list := pageOf(t, public.get(t, "/v1/topics").want(t, 200)).Meta.Cursor
	good := map[string]string{"": all.cursor, "type=topics": topics.cursor, "type=people": all.cursor, "type=people,topics": list}
	for query, cursor := range good {
		public.get(t, "/v1/changes?"+query+"&cursor="+cursor).want(t, 200)
	}
	for query, cursor := range map[string]string{"type=people": topics.cursor, "type=topics,people": topics.cursor, "": topics.cursor, "limit=2": all.cursor[:len(all.cursor)-2] + "AA", "limit=3": "x", "limit=4": "1f0c9a3e.128"} {
		public.get(t, "/v1/changes?"+query+"&cursor="+cursor).wantProblem(t, http.StatusBadRequest, "bad_parameters", "cursor bad_cursor")
	}
	reader.get(t, "/v1/changes?cursor="+all.cursor).wantProblem(t, http.StatusBadRequest, "bad_parameters", "cursor bad_cursor")
	public.get(t, "/v1/changes?type=gossip").wantProblem(t, http.StatusBadRequest, "bad_parameters", "type not_allowed")
	public.get(t, "/v1/changes?wait=31").wantProblem(t, http.StatusBadRequest, "bad_parameters", "wait too_large")
}

func TestACursorOfTheTimeBeforeARestoreIsGone(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.PublicBaseURL = "https://registry.example.org" })
	m := newCopy(r.as(t), "type=topics")
	m.catchUp(t)
	if _, err := r.pool.Exec(t.Context(), "UPDATE registry SET epoch = 'another'"); err != nil {
		t.Fatal(err)
	}
	gone := m.get(t, "/v1/changes?type=topics&cursor="+m.cursor)
	gone.wantProblem(t, http.StatusGone, "changes_began_anew")
	if p := gone.object(t); fmt.Sprint(p["exports"]) != "[https://registry.example.org/v1/exports/topics.ndjson]" || p["begin"] != "https://registry.example.org/v1/changes" {
		t.Errorf("%v", p)
	}
}

func TestWhoWaitsIsToldAtOnceAndElseGetsTheSameCursor(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	m := newCopy(r.as(t), "wait=20")
	m.catchUp(t)
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if told := m.catchUp(t); len(told) != 1 || !strings.HasPrefix(told[0], "upsert topics:") {
			t.Errorf("told %v", told)
		}
	})
	fixture.Topic(t, r.pool)
	began := time.Now()
	waiting.Wait()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("told after %v", took)
	}
	before := m.cursor
	m.query = "wait=1"
	if page, _ := m.step(t); len(page.Data) != 0 || m.cursor != before {
		t.Errorf("%d changes, the cursor %s became %s", len(page.Data), before, m.cursor)
	}
}
