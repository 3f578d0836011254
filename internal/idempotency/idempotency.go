// Package idempotency stores the responses to requests for a day, so that a repeated request has its effect only once.
// It depends neither on HTTP nor on any resource.
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
	"maps"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Retention is how long a response is stored.
const Retention = 24 * time.Hour

// MaxKey is the longest key, in characters.
const MaxKey = 255

// Valid reports whether a key consists of 1 to MaxKey visible ASCII characters.
func Valid(key string) bool {
	for i := range len(key) {
		if key[i] < '!' || key[i] > '~' {
			return false
		}
	}
	return key != "" && len(key) <= MaxKey
}

// Request is a request that must have its effect only once.
type Request struct {
	APIKeyID    int64
	Secret      string // of the client; encrypts the stored response
	Request     string // "POST /v1/topics"
	Key         string // the Idempotency-Key
	Fingerprint []byte // hash of everything else that the client sent
}

// purgeLimit is the largest number of expired rows that one request deletes: more than the one it adds.
const purgeLimit = 20

// Claim reserves the request for this transaction, or returns the stored response if the request was answered before.
// It waits for a concurrent transaction with the same request. A different request with the same key is apperr.Invalid.
// A response that was erased is apperr.Gone.
func Claim(ctx context.Context, tx pgx.Tx, r Request) (response []byte, err error) {
	var old []byte
	err = tx.QueryRow(ctx, `
		INSERT INTO idempotency_keys AS k (api_key_id, request, key, fingerprint) VALUES (@api_key, @request, @key, @fingerprint)
		ON CONFLICT (api_key_id, request, key) DO UPDATE SET fingerprint = excluded.fingerprint, answer = NULL, created_at = now()
		WHERE k.created_at < now() - @retention::interval
		RETURNING fingerprint`, r.args(pg.Args{"fingerprint": r.Fingerprint, "retention": Retention})).Scan(&old)
	if err == nil {
		return nil, purge(ctx, tx)
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return nil, pg.Error(err)
	}
	err = tx.QueryRow(ctx, "SELECT fingerprint, answer FROM idempotency_keys WHERE api_key_id = @api_key AND request = @request AND key = @key",
		r.args(nil)).Scan(&old, &response)
	switch {
	case errors.Is(err, pgx.ErrNoRows): // another transaction has just purged it
		return nil, apperr.New(apperr.Unavailable, "database_unavailable")
	case err != nil:
		return nil, pg.Error(err)
	case !bytes.Equal(old, r.Fingerprint):
		field := apperr.In("Idempotency-Key", "key_of_another_request")
		return nil, &apperr.Error{Kind: apperr.Invalid, Code: "idempotency_key_reused", Fields: []apperr.Field{field}}
	case response == nil:
		return nil, apperr.New(apperr.Gone, "response_erased")
	}
	return r.open(response)
}

// Save stores the response to a claimed request. It takes effect when the transaction commits.
func Save(ctx context.Context, tx pgx.Tx, r Request, response []byte) error {
	c, err := r.cipher()
	if err != nil {
		return err
	}
	return pg.Exec(ctx, tx, "UPDATE idempotency_keys SET answer = @answer WHERE api_key_id = @api_key AND request = @request AND key = @key",
		r.args(pg.Args{"answer": c.Seal(nil, nil, response, nil)})) // #nosec G407 -- Seal generates the nonce
}

// Forget deletes the stored responses that can hold data about people, and returns how many. It cannot tell which ones do,
// because they are encrypted. The requests keep their keys, so that they still have their effect only once: a repeated request
// is apperr.Gone.
func Forget(ctx context.Context, tx pgx.Tx) (responses int64, err error) {
	done, err := tx.Exec(ctx, "UPDATE idempotency_keys SET answer = NULL WHERE answer IS NOT NULL AND request !~ '^POST /v1/(api-keys|webhooks)'")
	return done.RowsAffected(), pg.Error(err)
}

// purge deletes some of the expired rows. It skips those that another transaction is deleting.
func purge(ctx context.Context, tx pgx.Tx) error {
	return pg.Exec(ctx, tx, `
		DELETE FROM idempotency_keys WHERE (api_key_id, request, key) IN (
			SELECT api_key_id, request, key FROM idempotency_keys WHERE created_at < now() - @retention::interval
			ORDER BY created_at LIMIT @limit FOR UPDATE SKIP LOCKED)`, pg.Args{"retention": Retention, "limit": purgeLimit})
}

func (r Request) args(more pg.Args) pg.Args {
	args := pg.Args{"api_key": r.APIKeyID, "request": r.Request, "key": r.Key}
	maps.Copy(args, more)
	return args
}

// cipher returns the cipher of the stored response. Responses can contain secrets that the database must not reveal, such
// as a new API key, so they can be decrypted only with the key of the client.
func (r Request) cipher() (cipher.AEAD, error) {
	h := hmac.New(sha256.New, []byte(r.Secret))
	h.Write([]byte(r.Request + "\x00" + r.Key))
	block, err := aes.NewCipher(h.Sum(nil))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (r Request) open(sealed []byte) ([]byte, error) {
	c, err := r.cipher()
	if err != nil {
		return nil, err
	}
	response, err := c.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("decrypt a stored response: %w", err)
	}
	return response, nil
}
