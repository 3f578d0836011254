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

// Token makes a new key: "rtr_" and 256 random bits.
func Token() string { return "rtr_" + strings.ToLower(rand.Text()+rand.Text()) }

// Hash is what is stored of a key: HMAC-SHA-256 with the registry's secret.
func Hash(secret []byte, token string) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(token))
	return m.Sum(nil)
}

// remembered is how long a checked key is not looked up again; a revoked key stops to work within it.
const remembered = time.Second

// Ring checks keys. It remembers good ones for a second. It may be used by many goroutines at once.
type Ring struct {
	db     pg.DB
	secret []byte
	now    func() time.Time
	mu     sync.RWMutex
	known  map[string]entry
}

type entry struct {
	who     actor.Actor
	checked time.Time
}

// maxKnown bounds the memory of a ring; more keys than that are looked up more often.
const maxKnown = 10_000

// NewRing makes a ring over the keys of a database; now is its clock.
func NewRing(db pg.DB, secret []byte, now func() time.Time) *Ring {
	return &Ring{db: db, secret: secret, now: now, known: map[string]entry{}}
}

// Actor gives the actor of a key, or apperr.Unauthorized for one that is unknown, expired or revoked.
func (r *Ring) Actor(ctx context.Context, token string) (actor.Actor, error) {
	r.mu.RLock()
	e, ok := r.known[token]
	r.mu.RUnlock()
	now := r.now()
	if ok && now.Sub(e.checked) < remembered {
		return e.who, nil
	}
	who, err := r.lookUp(ctx, token)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		delete(r.known, token)
		return actor.Actor{}, err
	}
	if len(r.known) >= maxKnown {
		clear(r.known)
	}
	// The time is that of before the look-up: a key that was revoked meanwhile is not remembered longer for it.
	r.known[token] = entry{who, now}
	return who, nil
}

// Seen reports whether the key was good when it was last checked, however long ago. It asks no database.
func (r *Ring) Seen(token string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, ok := r.known[token]
	return ok
}

// lookUp reads the key and notes its use, to the minute, so that a busy key writes seldom.
func (r *Ring) lookUp(ctx context.Context, token string) (actor.Actor, error) {
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
		// A key works also where its use cannot be noted: the disk is full, or an administrator holds the row.
		_ = pg.Exec(ctx, r.db, `
			UPDATE api_keys SET last_used_at = now()
			WHERE id = (SELECT id FROM api_keys WHERE id = @id FOR UPDATE SKIP LOCKED)`, pg.Args{"id": who.KeyID})
	}
	return who, pg.Error(err)
}
