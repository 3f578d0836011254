package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// files are the addresses of all files and feeds that the public may read.
func files() []string {
	list := []string{"/v1/calendar.ics?lang=en", "/v1/feed.atom", "/v1/feed.json?limit=2", "/v1/exports/popolo.json", "/v1/round-tables/aggregate.csv?group_by=month"}
	for _, x := range collections {
		list = append(list, "/v1/exports/"+x+".csv", "/v1/exports/"+x+".ndjson?sort=id", "/v1/exports/"+x+".xlsx")
	}
	return list
}

// agedLog makes the log and the release of the service one hour older.
func agedLog(t testing.TB, r *rig) {
	t.Helper()
	r.server.releasedAt = r.server.releasedAt.Add(-time.Hour)
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		return pg.Exec(ctx, tx, "ALTER TABLE changes DISABLE TRIGGER USER; UPDATE changes SET at = at - interval '1 hour'; ALTER TABLE changes ENABLE TRIGGER USER", nil)
	})
}

func TestAFileThatHasNotChangedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	fixture.RoundTable(t, r.pool)
	agedLog(t, r)
	public, reader := r.as(t), r.as(t, actor.Read)
	agedLog(t, r) // the key is in the log, too
	tags, times := map[string]string{}, map[string]string{}
	for _, at := range files() {
		first := public.get(t, at).want(t, http.StatusOK)
		tag, modified := first.Header().Get("ETag"), first.Header().Get("Last-Modified")
		if len(tag) < 20 || !strings.HasPrefix(tag, "W/") || modified == "" || first.Header().Get("Cache-Control") != "public, max-age=0, must-revalidate" {
			t.Fatalf("%s: %v", at, first.Header())
		}
		tags[at], times[at] = tag, modified
		since, err := http.ParseTime(modified)
		if err != nil {
			t.Fatal(err)
		}
		later := since.Add(time.Minute).Format(http.TimeFormat)
		earlier := since.Add(-time.Second).Format(http.TimeFormat)
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			for _, held := range [][]string{
				{"If-None-Match", tag}, {"If-None-Match", strings.TrimPrefix(tag, "W/")}, {"If-None-Match", `"other", ` + tag}, {"If-None-Match", "*"},
				{"If-None-Match", strings.TrimSuffix(tag, `"`) + `-gzip"`}, {"If-Modified-Since", modified}, {"If-Modified-Since", later},
				{"If-None-Match", tag, "If-Modified-Since", earlier},
			} {
				same := public.do(t, method, at, nil, held...).want(t, http.StatusNotModified)
				if same.Body.Len() > 0 || same.Header().Get("ETag") != tag || same.Header().Get("Last-Modified") != modified {
					t.Errorf("%s %s with %q: %v %s", method, at, held, same.Header(), same.Body)
				}
			}
			for _, held := range [][]string{{"If-Modified-Since", earlier}, {"If-None-Match", `"other"`, "If-Modified-Since", modified}, {"If-Modified-Since", "yesterday"}} {
				if again := public.do(t, method, at, nil, held...).want(t, http.StatusOK); again.Header().Get("ETag") != tag {
					t.Errorf("%s %s with %q: %v", method, at, held, again.Header())
				}
			}
		}
		other := at + map[bool]string{true: "&lang=kk", false: "?lang=kk"}[strings.Contains(at, "?")]
		if !strings.Contains(at, "lang=") && public.do(t, http.MethodGet, other, nil, "If-None-Match", tag).want(t, http.StatusOK).Header().Get("ETag") == tag {
			t.Errorf("%s has the tag of %s", other, at)
		}
		if again := r.do(t, http.MethodGet, at, nil, append([]string{"If-None-Match", tag}, reader.headers...)...).want(t, http.StatusOK); again.Header().Get("ETag") == tag {
			t.Errorf("%s: another reader has the tag of the public", at)
		}
		public.do(t, http.MethodGet, other+"&gossip=1", nil, "If-None-Match", "*").wantProblem(t, http.StatusBadRequest, "bad_parameters")
	}
	fixture.Topic(t, r.pool)
	for at, tag := range tags {
		for _, held := range [][]string{{"If-None-Match", tag}, {"If-Modified-Since", times[at]}} {
			if again := public.do(t, http.MethodGet, at, nil, held...).want(t, http.StatusOK); again.Header().Get("ETag") == tag {
				t.Errorf("%s: the tag is as before a change", at)
			}
		}
	}
	if h := public.get(t, "/v1/exports/places.csv?q=Astana").want(t, http.StatusOK).Header(); h.Get("ETag")+h.Get("Last-Modified") != "" {
		t.Errorf("places by names, of which the keys are not in the log: %v", h)
	}
}

// Last-Modified has no fractions of a second. Who has read a file between two changes in one second must get the second change.
func TestTwoChangesInOneSecondAreTwo(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t)
	for range 3 { // at least two of them fall into one second
		fixture.RoundTable(t, r.pool)
		held := c.get(t, "/v1/calendar.ics").want(t, http.StatusOK).Header().Get("Last-Modified")
		fixture.RoundTable(t, r.pool)
		c.do(t, http.MethodGet, "/v1/calendar.ics", nil, "If-Modified-Since", held).want(t, http.StatusOK)
	}
}

func TestOnlyTheLogIsReadForAFileThatHasNotChanged(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	fixture.RoundTable(t, r.pool)
	tags := map[string]string{}
	for _, at := range files() {
		tags[at] = r.as(t).get(t, at).want(t, http.StatusOK).Header().Get("ETag")
	}
	r.server.downloads.total, r.server.downloads.wait = 0, 0 // no slot is needed
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {  // reading another table fails
		return pg.Exec(ctx, tx, `DO $$ DECLARE name text; BEGIN
			FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'changes' LOOP
				EXECUTE format('ALTER TABLE %I RENAME TO %I', name, 'hidden_' || name);
			END LOOP; END $$`, nil)
	})
	for at, tag := range tags {
		r.do(t, http.MethodGet, at, nil, "If-None-Match", tag).want(t, http.StatusNotModified)
	}
}

func TestAFileDependsOnItsAddressAndTheKeyOnly(t *testing.T) {
	t.Parallel()
	c := sampled(t).as(t)
	for _, at := range append(files(), "/v1/people/41.ics", "/v1/round-tables/13.jsonld", cataloguePath) {
		first := c.get(t, at).want(t, http.StatusOK)
		again := c.do(t, http.MethodGet, at, nil, "Accept", "text/html", "Accept-Language", "kk").want(t, http.StatusOK)
		if again.Header().Get("ETag") != first.Header().Get("ETag") || again.Header().Get("Content-Type") != first.Header().Get("Content-Type") {
			t.Errorf("%s: %v, want %v", at, again.Header(), first.Header())
		}
		if vary := strings.Join(first.Header().Values("Vary"), ","); strings.Contains(strings.ReplaceAll(vary, "Accept-Encoding", ""), "Accept") || !strings.Contains(vary, "Authorization") {
			t.Errorf("%s: Vary %s", at, vary)
		}
	}
}
