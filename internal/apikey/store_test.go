package apikey_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apikey"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"

	"github.com/jackc/pgx/v5"
)

func TestEveryFilterRuns(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	fixture.APIKey(t, db)
	fixture.APIKey(t, db, func(in *apikey.Input) { in.Scopes = []string{"write", "publish"} })
	fixture.APIKey(t, db, func(in *apikey.Input) { in.Scopes = []string{"admin"} })
	fixture.EveryFilter(t, db, apikey.List, func(f *apikey.Filter) { f.Scope = []string{"read", "admin"} })
}

func TestEnsureSetsTheOperatorKeyOnce(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r, c := newAuthenticator(db)
	ensure := func(name, token string, scopes ...string) {
		t.Helper()
		write(t, db, func(ctx context.Context, tx pgx.Tx) error {
			return apikey.Ensure(ctx, tx, fixture.Secret, name, token, scopes)
		})
		c.advance(time.Second)
	}
	entries := func() int64 { return value[int64](t, db, "SELECT count(*) FROM changes WHERE type = 'api-keys'") }

	ensure("operator", " first-of-the-operator\n", "admin", "write")
	a := wantValid(t, r, "first-of-the-operator")
	if !a.Can(actor.Admin) || a.Can(actor.Publish) || a.Name != "operator" {
		t.Errorf("%+v", a)
	}
	if before := entries(); before != 1 {
		t.Errorf("%d entries", before)
	}
	ensure("operator", "first-of-the-operator", "admin", "write")
	if n := entries(); n != 1 {
		t.Errorf("ensured again: %d entries", n)
	}
	ensure("operator", "first-of-the-operator", "admin")
	if wantValid(t, r, "first-of-the-operator").Can(actor.Write) || entries() != 2 {
		t.Error("a removed scope is still there")
	}
	ensure("operator", "second-of-the-operator", "admin")
	wantInvalid(t, r, "first-of-the-operator")
	wantValid(t, r, "second-of-the-operator")
	ensure("operator", "first-of-the-operator", "admin") // back again
	wantValid(t, r, "first-of-the-operator")
	wantInvalid(t, r, "second-of-the-operator")
	if n := value[int64](t, db, "SELECT count(*) FROM api_keys"); n != 2 {
		t.Errorf("%d keys", n)
	}
	if prefixes := value[string](t, db, "SELECT string_agg(prefix, '') FROM api_keys"); prefixes != "" {
		t.Errorf("the database contains %q of a key chosen by the operator", prefixes)
	}
}

func TestEnsureLeavesOtherKeysAlone(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	_, token := fixture.APIKey(t, db)
	r, _ := newAuthenticator(db)
	write(t, db, func(ctx context.Context, tx pgx.Tx) error {
		return apikey.Ensure(ctx, tx, fixture.Secret, "operator", "key-of-the-operator", []string{"admin"})
	})
	wantValid(t, r, token)
	for _, blank := range []string{"", " \t\n"} {
		err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
			return apikey.Ensure(t.Context(), tx, fixture.Secret, "operator", blank, []string{"admin"})
		})
		if err == nil {
			t.Errorf("%q works as a key", blank)
		}
	}
	wantValid(t, r, "key-of-the-operator")
}

func TestServicesThatStartConcurrentlyEnsureOneKey(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	var all sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		all.Go(func() {
			errs[i] = changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
				return apikey.Ensure(t.Context(), tx, fixture.Secret, "operator", "key-of-the-operator", []string{"admin"})
			})
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if n := value[int64](t, db, "SELECT count(*) FROM changes WHERE type = 'api-keys'"); n != 1 {
		t.Errorf("%d entries", n)
	}
}

func TestANewExpiryMustBeInTheFuture(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx := fixture.Context()
	past, future := time.Now().Add(-time.Second), time.Now().Add(time.Hour).Truncate(time.Microsecond).UTC()
	id, _ := fixture.APIKey(t, db, func(in *apikey.Input) { in.Name, in.ExpiresAt = "a", &future })
	update := func(in apikey.Input) error {
		return changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error {
			old, err := apikey.Get(ctx, tx, id)
			if err != nil {
				return err
			}
			return apikey.Update(ctx, tx, old, in)
		})
	}
	var rejected *apperr.Error
	if err := update(apikey.Input{Name: "a", Scopes: []string{"read"}, ExpiresAt: &past}); !errors.As(err, &rejected) || rejected.Fields[0].Pointer != "/expires_at" {
		t.Errorf("a past expiry: %v", err)
	}
	err := changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error {
		_, _, err := apikey.Create(ctx, tx, fixture.Secret, apikey.Input{Name: "b", Scopes: []string{"read"}, ExpiresAt: &past})
		return err
	})
	if !errors.As(err, &rejected) || rejected.Fields[0].Code != "in_the_past" {
		t.Errorf("a new key that is expired: %v", err)
	}
	exec(t, db, "UPDATE api_keys SET expires_at = $2 WHERE id = $1", id, past)
	expired, err := apikey.Get(ctx, db, id)
	if err != nil {
		t.Fatal(err)
	}
	expired.Name = "renamed"
	if err := update(expired.Input); err != nil {
		t.Errorf("an expired key cannot be renamed: %v", err)
	}
	if k, err := apikey.Get(ctx, db, id); err != nil || k.Name != "renamed" || k.Version != 3 {
		t.Errorf("%+v, %v", k, err)
	}
}

func TestErrorsOfAKeyNameTheField(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx := fixture.Context()
	for name, c := range map[string]struct {
		in   apikey.Input
		want string
	}{
		"no name":       {apikey.Input{Scopes: []string{"read"}}, "/name"},
		"no scope":      {apikey.Input{Name: "a", Scopes: []string{}}, "/scopes"},
		"another scope": {apikey.Input{Name: "a", Scopes: []string{"root"}}, "/scopes"},
	} {
		err := changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error {
			_, _, err := apikey.Create(ctx, tx, fixture.Secret, c.in)
			return err
		})
		var rejected *apperr.Error
		if !errors.As(err, &rejected) || rejected.Kind != apperr.Invalid || len(rejected.Fields) != 1 || rejected.Fields[0].Pointer != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if fields := input.Check(&apikey.Input{Name: " \t", Scopes: []string{"read"}}); len(fields) != 1 || fields[0].Code != "blank" {
		t.Errorf("a blank name: %v", fields)
	}
	if fields := input.Check(&apikey.Input{Name: "a", Scopes: []string{"read"}}); len(fields) != 0 {
		t.Errorf("%v", fields)
	}
}

func TestKeysCanBeFilteredByScopeAndValidity(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx := fixture.Context()
	named := func(name string, scopes ...string) int64 {
		id, _ := fixture.APIKey(t, db, func(in *apikey.Input) { in.Name, in.Scopes = name, scopes })
		return id
	}
	reads, writes, revoked, expired := named("d", "read"), named("c", "write", "publish"), named("b", "read"), named("a", "admin")
	write(t, db, func(ctx context.Context, tx pgx.Tx) error { return apikey.Revoke(ctx, tx, revoked) })
	exec(t, db, "UPDATE api_keys SET expires_at = now() - interval '1 hour' WHERE id = $1", expired)
	yes, no := true, false
	for name, c := range map[string]struct {
		f    apikey.Filter
		want []int64
	}{
		"all, by name":  {apikey.Filter{}, []int64{expired, revoked, writes, reads}},
		"working":       {apikey.Filter{Active: &yes}, []int64{writes, reads}},
		"over":          {apikey.Filter{Active: &no}, []int64{expired, revoked}},
		"of one scope":  {apikey.Filter{Scope: []string{"read"}}, []int64{revoked, reads}},
		"of any scope":  {apikey.Filter{Scope: []string{"publish", "admin"}}, []int64{expired, writes}},
		"by id":         {apikey.Filter{ID: []int64{reads, 900}}, []int64{reads}},
		"two at once":   {apikey.Filter{Scope: []string{"read"}, Active: &yes}, []int64{reads}},
		"another order": {apikey.Filter{Params: paging.Params{PageParams: paging.PageParams{Sort: "-name"}}}, []int64{reads, writes, revoked, expired}},
	} {
		page, err := apikey.List(ctx, db, c.f)
		var got []int64
		for _, k := range page.Items {
			got = append(got, k.ID)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v: %v", name, got, c.want, err)
		}
	}
	k, err := apikey.Get(ctx, db, revoked)
	if err != nil || k.RevokedAt == nil {
		t.Errorf("%+v, %v", k, err)
	}
	write(t, db, func(ctx context.Context, tx pgx.Tx) error { return apikey.Revoke(ctx, tx, revoked) })
	if again, err := apikey.Get(ctx, db, revoked); err != nil || !again.RevokedAt.Equal(*k.RevokedAt) || again.Version != k.Version {
		t.Errorf("revoked again: %+v, %v", again, err)
	}
	if _, err := apikey.Get(ctx, db, 900); !apperr.IsKind(err, apperr.NotFound) {
		t.Error(err)
	}
}
