package webhook_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/webhook"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// waiting returns a receiver that answered its first message with 502, and its webhook, whose next attempt is due in an
// hour. No dispatcher is running.
func waiting(t *testing.T, db *pgxpool.Pool) (r *receiver, id int64) {
	t.Helper()
	r = newReceiver(t, func(w http.ResponseWriter, n int) {
		if n == 1 {
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	id, _ = create(t, db, r.URL)
	_, stop := run(t, db, retryDelays(time.Hour))
	fixture.Topic(t, db)
	r.next(t)
	stop() // returns once the outcome is saved
	return r, id
}

func TestARestoreOfTheDatabaseIsAnnounced(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r, id := waiting(t, db)
	exec(t, db, "UPDATE registry SET epoch = 'restored'")
	_, stop := run(t, db)
	got := r.next(t)
	if got.Type != "changes.began_anew" || got.Data.Cursor != cursor(head(t, db), []string{}, false) || got.Data.Changes != nil {
		t.Errorf("%s", got.body)
	}
	made := fixture.Topic(t, db)
	if then := r.next(t); then.Data.After != got.Data.Cursor || then.Data.Changes[0].ID != made {
		t.Errorf("%s", then.body)
	}
	stop()
	var states []string
	for _, d := range deliveries(t, db, id) {
		states = append(states, d.Kind+" "+d.State)
	}
	if !slices.Equal(states, []string{"changes cancelled", "began_anew delivered", "changes delivered"}) {
		t.Errorf("%q", states)
	}
}

func TestADeliveryWithoutAJobIsReplaced(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r, id := waiting(t, db)
	exec(t, db, "DELETE FROM river_job")
	_, stop := run(t, db)
	r.next(t)
	stop()
	if list := deliveries(t, db, id); len(list) != 2 || list[0].State != "cancelled" || list[1].State != "delivered" {
		t.Errorf("%+v", list)
	}
}

func TestPurgeDeletesOldDeliveriesAndFailsInterruptedTests(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id, tried := fixture.Webhook(t, db)
	_, old := fixture.Webhook(t, db)
	d := newDispatcher(t, db)
	exec(t, db, "UPDATE webhook_deliveries SET created_at = now() - interval '31 days', updated_at = now() - interval '31 days'")
	exec(t, db, "UPDATE webhook_deliveries SET state = 'delivered' WHERE id = $1", old)
	if err := d.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	list := deliveries(t, db, id)
	if len(list) != 1 || list[0].ID != tried || list[0].State != "failed" || list[0].NextAttemptAt != nil {
		t.Errorf("%+v", list)
	}
	var n int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM webhook_deliveries").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d deliveries are left, %v", n, err)
	}
}

func TestRetryDelaysAddUpToThreeDaysAndHonourRetryAfter(t *testing.T) {
	t.Parallel()
	var sum time.Duration
	for i, delay := range webhook.RetryDelays {
		sum += delay
		if got := webhook.RetryDelay(500, i, webhook.RetryDelays, 0); got < delay || got > delay+delay/10 {
			t.Errorf("delay %d is %s, want about %s", i, got, delay)
		}
	}
	if sum < 70*time.Hour || sum > 74*time.Hour {
		t.Errorf("%s in all", sum)
	}
	if webhook.RetryDelay(500, len(webhook.RetryDelays), webhook.RetryDelays, time.Hour) != -1 || webhook.RetryDelay(410, 0, webhook.RetryDelays, 0) != -1 {
		t.Error("the delivery is retried for ever")
	}
	if got := webhook.RetryDelay(429, 0, webhook.RetryDelays, time.Hour); got != time.Hour {
		t.Errorf("the receiver asked for an hour and gets %s", got)
	}
	now := time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, "-5": 0, "soon": 0, "99999999999999": 0, "900000": 24 * time.Hour, now.Add(time.Minute).Format(http.TimeFormat): time.Minute, now.Add(-time.Hour).Format(http.TimeFormat): 0,
	} {
		if got := webhook.RetryAfter(header, now); got != want {
			t.Errorf("Retry-After %q is %s, want %s", header, got, want)
		}
	}
}

func TestOnlyAPendingDeliveryCanBeRetriedAtOnce(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r, id := waiting(t, db)
	dispatcher, stop := run(t, db, retryDelays(time.Hour))
	d := deliveries(t, db, id)[0]
	if d.State != "pending" || d.NextAttemptAt == nil || time.Until(*d.NextAttemptAt) < 50*time.Minute || *d.Error != "status" {
		t.Errorf("%+v", d)
	}
	retry := func() (err error) {
		ctx := fixture.Context()
		return changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error { return dispatcher.Retry(ctx, tx, id, d.ID) })
	}
	if err := retry(); err != nil {
		t.Fatal(err)
	}
	r.next(t)
	stop()
	if d := deliveries(t, db, id)[0]; d.State != "delivered" || d.Attempts != 2 {
		t.Errorf("%+v", d)
	}
	if err := retry(); !apperr.IsKind(err, apperr.Conflict) {
		t.Errorf("a second time: %v", err)
	}
}

func TestARetryDoesNotWaitForACallInProgress(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r, entered, leave := holding(t, http.StatusBadGateway)
	id, _ := create(t, db, r.URL)
	d, stop := run(t, db, retryDelays(time.Hour))
	fixture.Topic(t, db)
	<-entered
	write(t, db, func(ctx context.Context, tx pgx.Tx) error {
		return d.Retry(ctx, tx, id, deliveries(t, db, id)[0].ID)
	})
	r.next(t) // of the retry
	close(leave)
	r.next(t)
	stop()
	if list := deliveries(t, db, id); len(list) != 1 || list[0].State != "delivered" || list[0].Attempts != 2 {
		t.Errorf("%+v", list)
	}
}

func TestRequestedAttemptsDoNotDisableAWebhook(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := newReceiver(t, func(w http.ResponseWriter, _ int) { w.WriteHeader(http.StatusBadGateway) })
	id, _ := create(t, db, r.URL)
	_, stop := run(t, db, retryDelays(time.Hour))
	fixture.Topic(t, db)
	r.next(t)
	stop()
	for range 3 {
		d, stop := run(t, db, retryDelays(time.Hour))
		write(t, db, func(ctx context.Context, tx pgx.Tx) error { return d.Retry(ctx, tx, id, deliveries(t, db, id)[0].ID) })
		r.next(t)
		stop()
	}
	if d := deliveries(t, db, id)[0]; d.State != "pending" || d.Attempts != 4 || time.Until(*d.NextAttemptAt) < 50*time.Minute {
		t.Errorf("%+v", d)
	}
}

func TestAnAttemptIsRecordedEvenIfTheDeliveryWasCancelledDuringTheCall(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r, entered, leave := holding(t, http.StatusOK)
	id, _ := create(t, db, r.URL)
	_, stop := run(t, db)
	fixture.Topic(t, db)
	<-entered
	patch(t, db, id, func(in *webhook.Input) { in.State = "disabled" })
	close(leave)
	r.next(t)
	stop()
	if d := deliveries(t, db, id)[0]; d.State != "cancelled" || d.Attempts != 1 || d.Status == nil || *d.Status != 200 || d.DeliveredAt == nil || d.NextAttemptAt != nil {
		t.Errorf("%+v", d)
	}
}

// refuse makes the database reject a write of deliveries until the returned function is called.
func refuse(t *testing.T, db pg.DB, when string) (allow func()) {
	t.Helper()
	exec(t, db, "CREATE FUNCTION refuse_for_a_test() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused for a test'; END $$")
	exec(t, db, "CREATE TRIGGER refuse_for_a_test BEFORE "+when+" EXECUTE FUNCTION refuse_for_a_test()")
	return func() { exec(t, db, "DROP FUNCTION refuse_for_a_test CASCADE") }
}

func TestAnOutcomeThatCannotBeSavedIsLoggedAndTheMessageIsSentAgain(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := newReceiver(t, nil)
	id, _ := create(t, db, r.URL)
	allow := refuse(t, db, "UPDATE ON webhook_deliveries FOR EACH ROW WHEN (new.attempts > 0)")
	log := &logBuffer{}
	_, stop := run(t, db, log.use)
	fixture.Topic(t, db)
	first := r.next(t)
	log.wait(t, "webhook delivery job failed")
	allow()
	if again := r.next(t); again.header.Get("Webhook-Id") != first.header.Get("Webhook-Id") {
		t.Errorf("the next message is %s", again.body)
	}
	stop()
	if list := deliveries(t, db, id); len(list) != 1 || list[0].State != "delivered" || list[0].Attempts != 1 {
		t.Errorf("%+v", list)
	}
	if text := log.String(); !strings.Contains(text, "refused for a test") || strings.Contains(text, r.URL) {
		t.Errorf("the log says %s", text)
	}
}

func TestAnErrorOfOneWebhookDoesNotDelayTheOthers(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := newReceiver(t, nil)
	create(t, db, "http://127.0.0.1:1/") // the first in the order of ids
	create(t, db, r.URL)
	refuse(t, db, "INSERT ON webhook_deliveries FOR EACH ROW WHEN (new.webhook_id = 1)")
	log := &logBuffer{}
	fixture.Topic(t, db) // its delivery is already rejected in the first round
	run(t, db, log.use)
	r.next(t)
	fixture.Topic(t, db)
	r.next(t)
	log.wait(t, "refused for a test")
}
