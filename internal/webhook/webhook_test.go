package webhook_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/webhook"

	"github.com/jackc/pgx/v5"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func TestBothSecretsAreValidForADayAfterARotation(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := newReceiver(t, nil)
	id, previous := create(t, db, r.URL)
	var secret string
	write(t, db, func(ctx context.Context, tx pgx.Tx) (err error) {
		secret, err = webhook.Rotate(ctx, tx, fixture.Secret, id)
		return err
	})
	run(t, db)
	verifies := func(secret string, got received) bool {
		w, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		return w.Verify(got.body, got.header) == nil
	}
	fixture.Topic(t, db)
	if got := r.next(t); previous == secret || !verifies(previous, got) || !verifies(secret, got) || strings.Count(got.header.Get("Webhook-Signature"), "v1,") != 2 {
		t.Errorf("the signatures are %s", got.header.Get("Webhook-Signature"))
	}
	exec(t, db, "UPDATE webhooks SET rotated_at = now() - interval '24 hours 1 second'")
	fixture.Topic(t, db)
	if got := r.next(t); verifies(previous, got) || !verifies(secret, got) || strings.Count(got.header.Get("Webhook-Signature"), "v1,") != 1 {
		t.Errorf("after a day the signatures are %s", got.header.Get("Webhook-Signature"))
	}
}

func TestSecretsAreNotStored(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	_, secret := create(t, db, "http://127.0.0.1:1/")
	var n int
	err := db.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM webhooks w WHERE w::text LIKE $1) + (SELECT count(*) FROM changes c WHERE c::text LIKE $1)", "%"+secret[6:20]+"%").Scan(&n)
	if err != nil || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM changes WHERE type = 'webhooks' AND (after ? 'seed' OR after ? 'former_seed' OR NOT after ? 'url')").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d entries of the change log contain a seed, %v", n, err)
	}
}

func TestAReplaySendsTheChangesAgain(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := newReceiver(t, nil)
	id, _ := create(t, db, r.URL)
	start := head(t, db)
	d, _ := run(t, db)
	first := fixture.Topic(t, db)
	r.next(t)
	second := fixture.Topic(t, db)
	r.next(t)
	write(t, db, func(ctx context.Context, tx pgx.Tx) error { return webhook.ReplayFrom(ctx, tx, id, start) })
	d.Wake()
	if got := r.next(t); got.Data.After != cursor(start, []string{}, false) || len(got.Data.Changes) != 2 || got.Data.Changes[0].ID != first || got.Data.Changes[1].ID != second {
		t.Errorf("%s", got.body)
	}
}

func TestAPendingDeliveryIsReplacedWhenItsWebhookChanges(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(in *webhook.Input, url string){
		"another URL": func(in *webhook.Input, url string) { in.URL = url },
		"other types": func(in *webhook.Input, url string) { in.URL, in.Types = url, []string{"topics"} },
		"with drafts": func(in *webhook.Input, url string) { in.URL, in.Drafts = url, true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := dbtest.New(t)
			dead := newReceiver(t, func(w http.ResponseWriter, _ int) { w.WriteHeader(http.StatusBadGateway) })
			id, _ := create(t, db, dead.URL)
			_, stop := run(t, db, retryDelays(time.Hour))
			made := fixture.Topic(t, db)
			dead.next(t)
			stop()
			r := newReceiver(t, nil)
			patch(t, db, id, func(in *webhook.Input) { set(in, r.URL) })
			patch(t, db, id, func(in *webhook.Input) { d := "of the library"; in.Description = &d }) // does not cancel the delivery
			_, stop = run(t, db)
			if got := r.next(t); len(got.Data.Changes) != 1 || got.Data.Changes[0].ID != made {
				t.Errorf("%s", got.body)
			}
			stop()
			dead.none(t)
			if list := deliveries(t, db, id); len(list) != 2 || list[0].State != "cancelled" || list[0].NextAttemptAt != nil || list[1].State != "delivered" {
				t.Errorf("%+v", list)
			}
		})
	}
}

func TestADisabledWebhookGetsNoMessages(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	off, on := newReceiver(t, nil), newReceiver(t, nil)
	id, _ := create(t, db, off.URL, func(in *webhook.Input) { in.State = "disabled" })
	create(t, db, on.URL)
	_, stop := run(t, db)
	fixture.Topic(t, db)
	on.next(t)
	stop()
	off.none(t)
	if list := deliveries(t, db, id); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}
