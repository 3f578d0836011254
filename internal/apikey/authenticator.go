package apikey

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Token returns a new key: "rtr_" and 256 random bits.
func Token() string { return "rtr_" + strings.ToLower(rand.Text()+rand.Text()) }

// Hash returns the stored hash of a key: HMAC-SHA-256 with the registry's secret.
func Hash(secret []byte, token string) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(token))
	return m.Sum(nil)
}

// cacheTTL is how long a valid key is cached. A revoked key stops working within this time.
const cacheTTL = time.Second

// Authenticator checks keys. It caches valid keys for a second. It is safe for concurrent use.
type Authenticator struct {
	db     pg.DB
	secret []byte
	now    func() time.Time
	mu     sync.RWMutex
	cache  map[string]entry
}

type entry struct {
	who     actor.Actor
	checked time.Time
}

// maxCached is the number of keys in the cache. When it is full, it is cleared.
const maxCached = 10_000

// NewAuthenticator returns an authenticator for the keys of a database; now is its clock.
func NewAuthenticator(db pg.DB, secret []byte, now func() time.Time) *Authenticator {
	return &Authenticator{db: db, secret: secret, now: now, cache: map[string]entry{}}
}

// Actor returns the actor of a key, or apperr.Unauthorized if the key is unknown, expired or revoked.
func (r *Authenticator) Actor(ctx context.Context, token string) (actor.Actor, error) {
	r.mu.RLock()
	e, ok := r.cache[token]
	r.mu.RUnlock()
	now := r.now()
	if ok && now.Sub(e.checked) < cacheTTL {
		return e.who, nil
	}
	who, err := r.lookUp(ctx, token)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		if apperr.IsKind(err, apperr.Unauthorized) {
			delete(r.cache, token)
		}
		return actor.Actor{}, err
	}
	if len(r.cache) >= maxCached {
		clear(r.cache)
	}
	// The time before the query, so that a key revoked during the query is not cached longer.
	r.cache[token] = entry{who, now}
	return who, nil
}

// Seen reports whether the key was valid when it was last checked, however long ago. It does not query the database.
func (r *Authenticator) Seen(token string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, ok := r.cache[token]
	return ok
}

// lookUp reads the key and records its use, at most once a minute.
func (r *Authenticator) lookUp(ctx context.Context, token string) (actor.Actor, error) {
	var who actor.Actor
	var fresh bool
	err := r.db.QueryRow(ctx, `
		SELECT id, name, scopes, coalesce(last_used_at > now() - interval '1 minute', false) FROM api_keys
		WHERE hash = @hash AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
		pg.Args{"hash": Hash(r.secret, token)}).Scan(&who.KeyID, &who.Name, &who.Scopes, &fresh)
	if errors.Is(err, pgx.ErrNoRows) {
		return actor.Actor{}, apperr.New(apperr.Unauthorized, "bad_key")
	}
	if err == nil && !fresh {
		// Ignore errors: a key must work even if the disk is full or its row is locked.
		_ = pg.Exec(ctx, r.db, `
			UPDATE api_keys SET last_used_at = now()
			WHERE id = (SELECT id FROM api_keys WHERE id = @id FOR UPDATE SKIP LOCKED)`, pg.Args{"id": who.KeyID})
	}
	return who, pg.Error(err)
}
