// Package idempotency remembers for a day what requests were answered, so that repeating one does nothing twice. It knows
// neither HTTP nor any resource.
package idempotency

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Kept is how long an answer is remembered.
const Kept = 24 * time.Hour

// MaxKey is the longest key, in characters.
const MaxKey = 255

// Valid reports whether a key is 1 to MaxKey visible characters of ASCII.
func Valid(key string) bool {
	for i := range len(key) {
		if key[i] < '!' || key[i] > '~' {
			return false
		}
	}
	return key != "" && len(key) <= MaxKey
}

// Request is a request that must not have its effect twice.
type Request struct {
	APIKeyID    int64
	Secret      string // of the client; the answer is encrypted with it
	Request     string // "POST /v1/topics"
	Key         string
	Fingerprint []byte // of all else that the client asked
}

// swept is how many old rows one request removes at most: more than it adds.
const swept = 20

// Claim makes the request this transaction's, or gives the answer that it got before. It waits for another transaction with
// the same request. Another request with the same key is apperr.Invalid.
func Claim(ctx context.Context, tx pgx.Tx, r Request) (answer []byte, err error) {
	var old []byte
	err = tx.QueryRow(ctx, `
		INSERT INTO idempotency_keys AS k (api_key_id, request, key, fingerprint) VALUES (@api_key, @request, @key, @fingerprint)
		ON CONFLICT (api_key_id, request, key) DO UPDATE SET fingerprint = excluded.fingerprint, answer = NULL, created_at = now()
		WHERE k.created_at < now() - @kept::interval
		RETURNING fingerprint`, r.args(pg.Args{"fingerprint": r.Fingerprint, "kept": Kept})).Scan(&old)
	if err == nil {
		return nil, sweep(ctx, tx)
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return nil, pg.Error(err)
	}
	err = tx.QueryRow(ctx, "SELECT fingerprint, answer FROM idempotency_keys WHERE api_key_id = @api_key AND request = @request AND key = @key", r.args(nil)).Scan(&old, &answer)
	switch {
	case errors.Is(err, pgx.ErrNoRows): // removed just now, since it was old
		return nil, apperr.New(apperr.Unavailable, "database_unavailable")
	case err != nil:
		return nil, pg.Error(err)
	case !bytes.Equal(old, r.Fingerprint):
		return nil, &apperr.Error{Kind: apperr.Invalid, Code: "idempotency_key_reused", Fields: []apperr.Field{apperr.In("Idempotency-Key", "key_of_another_request")}}
	}
	return r.open(answer)
}

// Keep remembers the answer to a request that was claimed. It is seen when the transaction is committed.
func Keep(ctx context.Context, tx pgx.Tx, r Request, answer []byte) error {
	sealed, err := r.seal(answer)
	if err != nil {
		return err
	}
	return pg.Exec(ctx, tx, "UPDATE idempotency_keys SET answer = @answer WHERE api_key_id = @api_key AND request = @request AND key = @key", r.args(pg.Args{"answer": sealed}))
}

// sweep removes some of the rows that are too old to count. Those that another transaction is about to remove are left to it.
func sweep(ctx context.Context, tx pgx.Tx) error {
	return pg.Exec(ctx, tx, `
		DELETE FROM idempotency_keys WHERE (api_key_id, request, key) IN (
			SELECT api_key_id, request, key FROM idempotency_keys WHERE created_at < now() - @kept::interval
			ORDER BY created_at LIMIT @most FOR UPDATE SKIP LOCKED)`, pg.Args{"kept": Kept, "most": swept})
}

func (r Request) args(more pg.Args) pg.Args {
	args := pg.Args{"api_key": r.APIKeyID, "request": r.Request, "key": r.Key}
	for name, value := range more {
		args[name] = value
	}
	return args
}

// cipher makes the cipher of the request's answer. Answers hold what the database keeps from whoever reads it, such as a new
// API key, so only who sends the request again can read one.
func (r Request) cipher() (cipher.AEAD, error) {
	h := hmac.New(sha256.New, []byte(r.Secret))
	h.Write([]byte(r.Request + "\x00" + r.Key))
	block, err := aes.NewCipher(h.Sum(nil))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (r Request) seal(answer []byte) ([]byte, error) {
	c, err := r.cipher()
	if err != nil {
		return nil, err
	}
	return c.Seal(nil, nil, answer, nil), nil
}

func (r Request) open(sealed []byte) ([]byte, error) {
	c, err := r.cipher()
	if err != nil {
		return nil, err
	}
	answer, err := c.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("decrypt the answer to a request: %w", err)
	}
	return answer, nil
}
