package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/webhook"

	"github.com/jackc/pgx/v5"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func TestAMessageListsTheChangesAndIsSigned(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := newReceiver(t, nil)
	fixture.Topic(t, db) // before the webhook exists
	id, secret := create(t, db, r.URL+"/hooks?of=us")
	before := head(t, db)
	_, stop := run(t, db)
	made := fixture.Topic(t, db)
	got := r.next(t)
	stop()
	after := head(t, db)
	if got.Type != "changes.committed" || time.Since(got.Timestamp).Abs() > time.Hour || len(got.Data.Changes) != 1 ||
		got.Data.Cursor != cursor(after, []string{}, false) || !strings.HasPrefix(got.Data.After, before.Epoch) {
		t.Errorf("the message is %s", got.body)
	}
	if c := got.Data.Changes[0]; c.Op != "upsert" || c.Type != "topics" || c.ID != made || c.Version != 1 || c.ChangedAt.IsZero() || c.Into != nil {
		t.Errorf("the change is %+v", c)
	}
	if strings.Contains(string(got.body), "Interethnic") {
		t.Errorf("the message contains the content of the record: %s", got.body)
	}
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(got.body, got.header); err != nil {
		t.Error(err)
	}
	if want := "v1," + signature(t, secret, got); got.header.Get("Webhook-Signature") != want || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("the headers are %v, want the signature %s", got.header, want)
	}
	got.body[20] ^= 1
	if verifier.Verify(got.body, got.header) == nil {
		t.Error("a message that was tampered with has a valid signature")
	}
	list := deliveries(t, db, id)
	if len(list) != 1 {
		t.Fatalf("%d deliveries", len(list))
	}
	d := list[0]
	if d.State != "delivered" || d.Kind != "changes" || d.Changes != 1 || d.Attempts != 1 || d.Status == nil || *d.Status != 204 || d.Error != nil ||
		d.DurationMS == nil || d.NextAttemptAt != nil || d.DeliveredAt == nil || d.MessageID != got.header.Get("Webhook-Id") {
		t.Errorf("the delivery is %+v", d)
	}
	whole, err := webhook.GetDelivery(t.Context(), db, id, d.ID)
	if err != nil || !strings.Contains(string(whole.Payload), `"topics"`) {
		t.Errorf("%s, %v", whole.Payload, err)
	}
	r.none(t)
}

// signature computes the signature as Standard Webhooks defines it, without its library.
func signature(t *testing.T, secret string, got received) string {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) != 32 || !strings.HasPrefix(secret, "whsec_") {
		t.Fatalf("the secret is %s: %v", secret, err)
	}
	m := hmac.New(sha256.New, key)
	fmt.Fprintf(m, "%s.%s.%s", got.header.Get("Webhook-Id"), got.header.Get("Webhook-Timestamp"), got.body)
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

func TestConcurrentWritesAndFailingCallsNeitherLoseNorRepeatChanges(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.URL(t), pg.Options{MaxConns: 14})
	r := newReceiver(t, func(w http.ResponseWriter, n int) {
		if n%3 == 0 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	id, _ := create(t, db, r.URL)
	noDelays := make([]time.Duration, 1000)
	_, stop := run(t, db, retryDelays(noDelays...))
	_, stopOther := run(t, db, retryDelays(noDelays...)) // stands for another process
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for n := range 20 {
				err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
					for range 3 {
						if _, err := tx.Exec(context.Background(), "INSERT INTO round_tables (title, date_precision, publication) VALUES ('{\"en\": \"One\"}', 'unknown', 'published')"); err != nil {
							return err
						}
					}
					if n%4 == 0 {
						return errRolledBack
					}
					return nil
				})
				if err != nil && !errors.Is(err, errRolledBack) {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	end := cursor(head(t, db), []string{}, false)
	at, held := "", map[int64]int64{}
	seen := map[string]bool{}
	for at != end {
		got := r.next(t)
		if got.n%3 == 0 { // answered 500
			continue
		}
		if seen[got.header.Get("Webhook-Id")] {
			t.Fatalf("an accepted message was sent again: %s", got.body)
		}
		if at != "" && got.Data.After != at {
			t.Fatalf("a message continues after %s, want %s", got.Data.After, at)
		}
		seen[got.header.Get("Webhook-Id")], at = true, got.Data.Cursor
		for _, c := range got.Data.Changes {
			held[c.ID] = c.Version
		}
	}
	stop()
	stopOther()
	if len(held) != 8*15*3 {
		t.Errorf("%d records arrived, want %d", len(held), 8*15*3)
	}
	attempts := 0
	for _, d := range deliveries(t, db, id) {
		if d.State != "delivered" || !seen[d.MessageID] {
			t.Errorf("%+v", d)
		}
		attempts += d.Attempts
	}
	if sent := attempts - len(seen); r.n != attempts || sent == 0 {
		t.Errorf("%d messages arrived, %d attempts were made for %d messages", r.n, attempts, len(seen))
	}
}

var errRolledBack = errors.New("rolled back")

func TestAFailedMessageIsRetriedUnchangedAndTheNextOneWaits(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := newReceiver(t, func(w http.ResponseWriter, n int) { w.WriteHeader(map[int]int{1: 500, 2: 429, 3: 200}[min(n, 3)]) })
	id, _ := create(t, db, r.URL)
	_, stop := run(t, db, retryDelays(time.Nanosecond, time.Nanosecond, time.Nanosecond))
	fixture.Topic(t, db)
	first, second := r.next(t), r.next(t)
	later := fixture.Topic(t, db)
	third := r.next(t)
	for _, again := range []received{second, third} {
		if string(again.body) != string(first.body) || again.header.Get("Webhook-Id") != first.header.Get("Webhook-Id") {
			t.Errorf("sent again as %s %s, first as %s %s", again.header.Get("Webhook-Id"), again.body, first.header.Get("Webhook-Id"), first.body)
		}
	}
	if got := r.next(t); got.Data.After != first.Data.Cursor || got.Data.Changes[0].ID != later {
		t.Errorf("the next message is %s", got.body)
	}
	stop()
	list := deliveries(t, db, id)
	if len(list) != 2 || list[0].Attempts != 3 || list[0].State != "delivered" || *list[0].Status != 200 || list[0].Error != nil || list[1].Attempts != 1 {
		t.Errorf("%+v", list)
	}
}

func TestAFailingWebhookIsDisabledAndContinuesWhereItStopped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason   string
		status   int
		attempts int
	}{{"failing", 503, 3}, {"gone", 410, 1}} {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			db := dbtest.New(t)
			r := newReceiver(t, func(w http.ResponseWriter, n int) {
				if n <= c.attempts {
					w.WriteHeader(c.status)
				}
			})
			id, _ := create(t, db, r.URL)
			log := &logBuffer{}
			_, stop := run(t, db, retryDelays(time.Nanosecond, time.Nanosecond), log.use)
			lost := fixture.Topic(t, db)
			for range c.attempts {
				r.next(t)
			}
			stop()
			w := get(t, db, id)
			if w.State != "disabled" || w.DisabledReason == nil || *w.DisabledReason != c.reason {
				t.Errorf("%+v", w)
			}
			list := deliveries(t, db, id)
			if len(list) != 1 || list[0].State != "failed" || list[0].Attempts != c.attempts || *list[0].Error != "status" || *list[0].Status != c.status || list[0].NextAttemptAt != nil {
				t.Errorf("%+v", list)
			}
			if text := log.String(); !strings.Contains(text, "webhook disabled") || strings.Contains(text, r.URL) {
				t.Errorf("the log says %s", text)
			}
			var actor, why string
			if err := db.QueryRow(t.Context(), "SELECT actor, reason FROM changes WHERE type = 'webhooks' AND is_head").Scan(&actor, &why); err != nil || actor != "system:webhooks" || why == "" {
				t.Errorf("it was disabled by %q because of %q, %v", actor, why, err)
			}
			missed := fixture.Topic(t, db)
			_, stop = run(t, db)
			patch(t, db, id, func(in *webhook.Input) { in.State = "enabled" })
			got := r.next(t)
			if len(got.Data.Changes) != 2 || got.Data.Changes[0].ID != lost || got.Data.Changes[1].ID != missed {
				t.Errorf("the message is %s", got.body)
			}
			stop()
			if w := get(t, db, id); w.DisabledReason != nil || w.State != "enabled" {
				t.Errorf("%+v", w)
			}
		})
	}
}

func TestABacklogIsSentInSmallConsecutiveMessages(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := newReceiver(t, nil)
	create(t, db, r.URL)
	write(t, db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO topics (label) SELECT jsonb_build_object('en', n::text) FROM generate_series(1, $1) n`, 2*webhook.MaxChanges+50)
		return err
	})
	run(t, db)
	at := ""
	for i, want := range []int{webhook.MaxChanges, webhook.MaxChanges, 50} {
		got := r.next(t)
		if len(got.Data.Changes) != want || len(got.body) > 20_000 || at != "" && got.Data.After != at {
			t.Errorf("message %d has %d changes in %d bytes, after %s", i, len(got.Data.Changes), len(got.body), got.Data.After)
		}
		at = got.Data.Cursor
	}
	if at != cursor(head(t, db), []string{}, false) {
		t.Errorf("the last cursor is %s", at)
	}
}

func TestAWebhookGetsOnlyItsTypesAndDraftsOnlyIfEnabled(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	public, editors, topics := newReceiver(t, nil), newReceiver(t, nil), newReceiver(t, nil)
	create(t, db, public.URL)
	create(t, db, editors.URL, func(in *webhook.Input) { in.Drafts = true })
	create(t, db, topics.URL, func(in *webhook.Input) { in.Types = []string{"topics", "places"} })
	_, stop := run(t, db)
	draft := fixture.RoundTable(t, db, fixture.Draft)
	if got := editors.next(t); len(got.Data.Changes) != 1 || got.Data.Changes[0].ID != draft || !strings.HasSuffix(got.Data.Cursor, "[] true") {
		t.Errorf("%s", got.body)
	}
	publish := func(to string) {
		write(t, db, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE round_tables SET publication = $2 WHERE id = $1", draft, to)
			return err
		})
		editors.next(t)
	}
	publish("published")
	if got := public.next(t); len(got.Data.Changes) != 1 || got.Data.Changes[0].Op != "upsert" || got.Data.Changes[0].ID != draft {
		t.Errorf("%s", got.body)
	}
	publish("withdrawn")
	if got := public.next(t); len(got.Data.Changes) != 1 || got.Data.Changes[0].Op != "withdraw" || got.Data.Changes[0].ID != draft {
		t.Errorf("%s", got.body)
	}
	made := fixture.Topic(t, db)
	if got := topics.next(t); len(got.Data.Changes) != 1 || got.Data.Changes[0].ID != made || !strings.HasSuffix(got.Data.Cursor, "[topics places] false") {
		t.Errorf("%s", got.body)
	}
	public.next(t)
	editors.next(t)
	stop()
	for _, r := range []*receiver{public, editors, topics} {
		r.none(t)
	}
}

func TestADispatcherContinuesWhereAnotherOneStopped(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r, entered, leave := holding(t, http.StatusOK)
	id, _ := create(t, db, r.URL)
	d := newDispatcher(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx, time.Minute) }()
	fixture.Topic(t, db)
	<-entered
	cancel() // the call in progress may finish
	close(leave)
	if err := <-done; err != nil {
		t.Error(err)
	}
	r.next(t)
	if list := deliveries(t, db, id); len(list) != 1 || list[0].State != "delivered" {
		t.Errorf("%+v", list)
	}
	made := fixture.Topic(t, db)
	run(t, db)
	if got := r.next(t); len(got.Data.Changes) != 1 || got.Data.Changes[0].ID != made {
		t.Errorf("%s", got.body)
	}
}
