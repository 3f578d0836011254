package apikey_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apikey"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// clock is a clock that the test advances.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func newAuthenticator(db pg.DB) (*apikey.Authenticator, *clock) {
	c := &clock{t: time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)}
	return apikey.NewAuthenticator(db, fixture.Secret, c.now), c
}

func write(t testing.TB, db *pgxpool.Pool, f func(ctx context.Context, tx pgx.Tx) error) {
	t.Helper()
	ctx := fixture.Context()
	if err := changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error { return f(ctx, tx) }); err != nil {
		t.Fatal(err)
	}
}

func value[T any](t testing.TB, db pg.DB, sql string, args ...any) (v T) {
	t.Helper()
	if err := db.QueryRow(context.Background(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func exec(t testing.TB, db pg.DB, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// wantValid fails the test unless the key is accepted, and returns its actor.
func wantValid(t testing.TB, r *apikey.Authenticator, token string) actor.Actor {
	t.Helper()
	a, err := r.Actor(context.Background(), token)
	if err != nil {
		t.Fatalf("a valid key was rejected: %v", err)
	}
	return a
}

// wantInvalid fails the test unless the key is rejected.
func wantInvalid(t testing.TB, r *apikey.Authenticator, token string) {
	t.Helper()
	if a, err := r.Actor(context.Background(), token); !apperr.IsKind(err, apperr.Unauthorized) || !a.Anonymous() {
		t.Fatalf("an invalid key returned %v, %v", a, err)
	}
}

func TestAKeyIdentifiesItsActor(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id, token := fixture.APIKey(t, db, func(in *apikey.Input) { in.Name, in.Scopes = "Dashboard", []string{"read", "pii"} })
	r, _ := newAuthenticator(db)
	a := wantValid(t, r, token)
	if a.KeyID != id || a.Name != "Dashboard" || !slices.Equal(a.Scopes, []actor.Scope{actor.Read, actor.PII}) {
		t.Errorf("%+v", a)
	}
	for name, other := range map[string]string{"none": "", "another": apikey.Token(), "in capitals": strings.ToUpper(token), "cut off": token[:len(token)-1], "longer": token + "a", "its prefix": token[:10]} {
		if a, err := r.Actor(t.Context(), other); !apperr.IsKind(err, apperr.Unauthorized) {
			t.Errorf("%s: %v, %v", name, a, err)
		}
	}
	elsewhere := apikey.NewAuthenticator(db, []byte("another secret"), time.Now)
	wantInvalid(t, elsewhere, token)
}

func TestARevokedKeyStopsWorkingWithinASecond(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id, token := fixture.APIKey(t, db)
	r, c := newAuthenticator(db)
	wantValid(t, r, token)
	write(t, db, func(ctx context.Context, tx pgx.Tx) error { return apikey.Revoke(ctx, tx, id) })
	c.advance(999 * time.Millisecond)
	wantValid(t, r, token) // caches it
	c.advance(time.Millisecond)
	wantInvalid(t, r, token)
	if r.Seen(token) {
		t.Error("a revoked key still counts as valid")
	}
	wantInvalid(t, r, token)
}

func TestAKeyInConstantUseIsStillCheckedEverySecond(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id, token := fixture.APIKey(t, db)
	r, c := newAuthenticator(db)
	wantValid(t, r, token)
	write(t, db, func(ctx context.Context, tx pgx.Tx) error { return apikey.Revoke(ctx, tx, id) })
	for range 9 {
		c.advance(100 * time.Millisecond)
		wantValid(t, r, token)
	}
	c.advance(100 * time.Millisecond)
	wantInvalid(t, r, token)
}

func TestAnExpiredKeyIsRejected(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id, token := fixture.APIKey(t, db, func(in *apikey.Input) { soon := time.Now().Add(time.Hour); in.ExpiresAt = &soon })
	r, c := newAuthenticator(db)
	wantValid(t, r, token)
	exec(t, db, "UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = $1", id)
	c.advance(time.Second)
	wantInvalid(t, r, token)
}

func TestARemovedScopeIsGoneWithinASecond(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id, token := fixture.APIKey(t, db, func(in *apikey.Input) { in.Scopes = []string{"write"} })
	r, c := newAuthenticator(db)
	if !wantValid(t, r, token).Can(actor.Write) {
		t.Fatal("the key cannot write")
	}
	write(t, db, func(ctx context.Context, tx pgx.Tx) error {
		old, err := apikey.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		return apikey.Update(ctx, tx, old, apikey.Input{Name: "a", Scopes: []string{"read"}})
	})
	c.advance(time.Second)
	if wantValid(t, r, token).Can(actor.Write) {
		t.Error("the key can still write")
	}
}

func TestOnlyTheHashOfAKeyIsStored(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id, token := fixture.APIKey(t, db)
	hash := value[[]byte](t, db, "SELECT hash FROM api_keys WHERE id = $1", id)
	if !bytes.Equal(hash, apikey.Hash(fixture.Secret, token)) || bytes.Equal(hash, apikey.Hash(nil, token)) || len(hash) != 32 {
		t.Errorf("the hash is %x", hash)
	}
	secretPart := token[10:]
	for _, sql := range []string{"SELECT count(*) FROM api_keys k WHERE k::text LIKE $1", "SELECT count(*) FROM changes c WHERE c::text LIKE $1"} {
		if value[int64](t, db, sql, "%"+secretPart[:8]+"%") != 0 {
			t.Errorf("the key is stored: %s", sql)
		}
	}
	if value[int64](t, db, "SELECT count(*) FROM changes WHERE type = 'api-keys' AND (after ? 'hash' OR after ? 'last_used_at')") != 0 {
		t.Error("the change log contains the hash or the use of a key")
	}
	if prefix := value[string](t, db, "SELECT prefix FROM api_keys WHERE id = $1", id); prefix != token[:10] {
		t.Errorf("the prefix is %q", prefix)
	}
}

func TestKeysAreRandom(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		token := apikey.Token()
		if len(token) != 56 || !strings.HasPrefix(token, "rtr_") || strings.ToLower(token) != token || seen[token] {
			t.Fatal(token)
		}
		seen[token] = true
	}
}

func TestUseIsRecordedToTheMinuteAndNotInTheChangeLog(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id, token := fixture.APIKey(t, db)
	const used = "SELECT last_used_at FROM api_keys WHERE id = $1"
	if value[*time.Time](t, db, used, id) != nil {
		t.Error("a new key has a time of use")
	}
	entries := value[int64](t, db, "SELECT count(*) FROM changes")
	r, c := newAuthenticator(db)
	wantValid(t, r, token)
	first := value[time.Time](t, db, used, id)
	c.advance(2 * time.Second)
	wantValid(t, r, token)
	if again := value[time.Time](t, db, used, id); !again.Equal(first) {
		t.Errorf("recorded at %v and again at %v", first, again)
	}
	exec(t, db, "UPDATE api_keys SET last_used_at = now() - interval '2 minutes' WHERE id = $1", id)
	c.advance(2 * time.Second)
	wantValid(t, r, token)
	if later := value[time.Time](t, db, used, id); later.Before(first) {
		t.Errorf("recorded at %v", later)
	}
	if value[int64](t, db, "SELECT version FROM api_keys WHERE id = $1", id) != 1 || value[int64](t, db, "SELECT count(*) FROM changes") != entries {
		t.Error("the use of a key changed its version")
	}
}

func TestAKeyWorksWhileItsRowIsLocked(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id, token := fixture.APIKey(t, db)
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	exec(t, tx, "SELECT FROM api_keys WHERE id = $1 FOR UPDATE", id)
	r, _ := newAuthenticator(db)
	wantValid(t, r, token)
}

// counting counts queries.
type counting struct {
	pg.DB
	mu sync.Mutex
	n  int
}

func (c *counting) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.DB.QueryRow(ctx, sql, args...)
}

func TestAnAuthenticatorIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	_, token := fixture.APIKey(t, db)
	asked := &counting{DB: db}
	r, _ := newAuthenticator(asked)
	wantValid(t, r, token)
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() {
			for range 100 {
				if _, err := r.Actor(context.Background(), token); err != nil {
					errs[i] = err
				}
				_ = r.Seen(token)
			}
			_, err := r.Actor(context.Background(), apikey.Token())
			if !apperr.IsKind(err, apperr.Unauthorized) {
				errs[i] = errors.Join(errs[i], err, errors.New("a wrong key has passed"))
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if asked.n != 1+len(errs) {
		t.Errorf("%d queries within a second, want one, and one for each wrong key", asked.n)
	}
}

// anyKey is a database in which every key is valid.
type anyKey struct{ pg.DB }

func (k anyKey) QueryRow(context.Context, string, ...any) pgx.Row { return k }

func (anyKey) Scan(to ...any) error {
	*to[len(to)-1].(*bool) = true // its use is already recorded
	return nil
}

func TestTheCacheOfAnAuthenticatorIsClearedAtTenThousandKeys(t *testing.T) {
	t.Parallel()
	const most = 10_000
	r, _ := newAuthenticator(anyKey{})
	for i := range most {
		wantValid(t, r, strconv.Itoa(i))
	}
	if !r.Seen("0") || !r.Seen(strconv.Itoa(most-1)) {
		t.Errorf("a key was removed before there were %d", most)
	}
	wantValid(t, r, "one more")
	if r.Seen("0") || !r.Seen("one more") {
		t.Errorf("the cache has more than %d keys, or not the newest", most)
	}
}
