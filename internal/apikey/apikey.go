// Package apikey manages and checks the keys of clients. A key is shown once, when it is created; only a keyed hash of it
// is stored.
package apikey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Input is what an administrator writes.
//
//	@Description	A key for a client.
type Input struct {
	Name string `json:"name" db:"name" validate:"required,notblank,max=200" example:"Nightly report of the institute"` // Who uses the key and what for.
	// What the key may do.
	Scopes    []string   `json:"scopes" db:"scopes" validate:"required,min=1,unique,dive,oneof=read write publish pii admin" enums:"read,write,publish,pii,admin" example:"read"`
	ExpiresAt *time.Time `json:"expires_at" db:"expires_at" format:"date-time"` // When it stops working; null: never.
} //	@name	ApiKeyInput

// Check rejects an expiry that JSON cannot represent. The store functions check that a new expiry is in the future, so an expired key can still be
// renamed.
func (in *Input) Check() (fields []apperr.Field) {
	if in.ExpiresAt != nil && in.ExpiresAt.UTC().Year() > 9999 { // JSON cannot represent it
		fields = append(fields, apperr.At("/expires_at", "bad_value"))
	}
	return fields
}

// APIKey is the record. It does not contain the key itself.
//
//	@Description	A key for a client, without the key itself.
type APIKey struct {
	changes.Record
	Input
	// The first characters of the key, to identify it. Empty for the operator's key from the settings.
	Prefix     string     `json:"prefix" db:"prefix" example:"rtr_4kq9d2"`
	RevokedAt  *time.Time `json:"revoked_at" db:"revoked_at" format:"date-time"`     // When it was revoked; null: it was not.
	LastUsedAt *time.Time `json:"last_used_at" db:"last_used_at" format:"date-time"` // When it was last used, to the minute.
} //	@name	ApiKey

// Unlogged returns what changes without an entry in the change log.
func (k APIKey) Unlogged() any { return k.LastUsedAt }

// Created is a key with its token.
//
//	@Description	A new key. `key` is shown only here.
type Created struct {
	APIKey
	Key *string `json:"key" example:"rtr_4kq9d2m7x5w3v1t8r6p4n2l9k7j5h3g1f8d6s4a2q1w3e5r7t9y2u4"` // The key itself. Store it now. Null after a dry run.
} //	@name	CreatedApiKey

// Filter narrows a list of keys.
type Filter struct {
	paging.Params
	ID     []int64  `query:"id" form:"id" validate:"max=200"`                                            // Only records with these ids.
	Scope  []string `query:"scope" form:"scope" enums:"read,write,publish,pii,admin" validate:"max=200"` // Only keys with one of these scopes.
	Active *bool    `query:"active" form:"active"`                                                       // Only valid keys (`true`), or only revoked and expired ones (`false`).
}

// Table is the table of keys, Type their record type in the change log.
const (
	Table = "api_keys"
	Type  = "api-keys"
)

// prefixLength is the length of the part of a created key that stays readable: "rtr_" and 30 of its 256 random bits.
const prefixLength = 10

// Source is how keys are read.
var Source = paging.Source{
	Columns: changes.Columns("k") + ", k.name, k.scopes, k.expires_at, k.prefix, k.revoked_at, k.last_used_at",
	Table:   "api_keys k",
	ID:      "k.id",
	Sorts: map[string]paging.Column{
		"name":       {SQL: "k.name", Type: "text"},
		"updated_at": {SQL: "k.updated_at", Type: "timestamptz"},
	},
	Default: "name",
}

const active = "(k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()))"

// List returns a page of keys, including revoked ones.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[APIKey], error) {
	var w pg.Where
	pg.In(&w, "k.id", "id", f.ID)
	if len(f.Scope) > 0 {
		w.Add("k.scopes && @scope", "scope", f.Scope)
	}
	if f.Active != nil {
		w.Add(active+" = @active", "active", *f.Active)
	}
	return paging.Query[APIKey](ctx, db, Source, w, f.Params)
}

// Get returns one key, or apperr.NotFound.
func Get(ctx context.Context, db pg.DB, id int64) (APIKey, error) {
	return changes.Get[APIKey](ctx, db, Source, Type, id)
}

// Create creates a key and returns its id and the key itself, which cannot be read again. secret is that of the
// registry. An expiry in the past is apperr.Invalid. A scope that the actor lacks is apperr.Forbidden.
func Create(ctx context.Context, tx pgx.Tx, secret []byte, in Input) (id int64, token string, err error) {
	if err := inFuture(in.ExpiresAt); err != nil {
		return 0, "", err
	}
	if err := mayGrant(ctx, nil, in.Scopes); err != nil {
		return 0, "", err
	}
	token = Token()
	id, err = pg.ID(ctx, tx, "INSERT INTO api_keys (name, prefix, hash, scopes, expires_at) VALUES (@name, @prefix, @hash, @scopes, @expires_at) RETURNING id",
		pg.Args{"name": in.Name, "prefix": token[:prefixLength], "hash": Hash(secret, token), "scopes": in.Scopes, "expires_at": in.ExpiresAt})
	return id, token, err
}

// Update replaces the name, scopes and expiry of old. A new expiry in the past is apperr.Invalid: use Revoke to end a
// key. A new scope that the actor lacks is apperr.Forbidden. Content that is already stored changes nothing, not even the
// version.
func Update(ctx context.Context, tx pgx.Tx, old APIKey, in Input) error {
	if err := mayGrant(ctx, old.Scopes, in.Scopes); err != nil {
		return err
	}
	if in.ExpiresAt != nil && (old.ExpiresAt == nil || !old.ExpiresAt.Equal(*in.ExpiresAt)) {
		if err := inFuture(in.ExpiresAt); err != nil {
			return err
		}
	}
	return pg.Exec(ctx, tx, "UPDATE api_keys SET name = @name, scopes = @scopes, expires_at = @expires_at WHERE id = @id",
		pg.Args{"id": old.ID, "name": in.Name, "scopes": in.Scopes, "expires_at": in.ExpiresAt})
}

// Revoke ends a key permanently. A key that is already revoked does not change.
func Revoke(ctx context.Context, tx pgx.Tx, id int64) error {
	return pg.Exec(ctx, tx, "UPDATE api_keys SET revoked_at = now() WHERE id = @id AND revoked_at IS NULL", pg.Args{"id": id})
}

// Ensure makes token, a key that the operator has chosen, valid under a name with exactly these scopes and no expiry.
// It revokes the other keys of that name, so that a changed setting replaces the previous key. It writes nothing if
// nothing changes. No part of the token stays readable. A blank token is an error.
func Ensure(ctx context.Context, tx pgx.Tx, secret []byte, name, token string, scopes []string) error {
	token = strings.TrimSpace(token)
	if token == "" {
		return errors.New("ensure a key: the key is empty")
	}
	args := pg.Args{"name": name, "hash": Hash(secret, token), "scopes": scopes}
	err := pg.Exec(ctx, tx, `
		INSERT INTO api_keys AS k (name, prefix, hash, scopes) VALUES (@name, '', @hash, @scopes)
		ON CONFLICT (hash) DO UPDATE SET name = @name, scopes = @scopes, expires_at = NULL, revoked_at = NULL
		WHERE k.name <> @name OR k.scopes <> @scopes OR k.expires_at IS NOT NULL OR k.revoked_at IS NOT NULL`, args)
	if err != nil {
		return fmt.Errorf("ensure the key %q: %w", name, err)
	}
	delete(args, "scopes")
	if err := pg.Exec(ctx, tx, "UPDATE api_keys SET revoked_at = now() WHERE name = @name AND hash <> @hash AND revoked_at IS NULL", args); err != nil {
		return fmt.Errorf("revoke the previous key %q: %w", name, err)
	}
	return nil
}

// mayGrant checks that the actor has each scope that a key gains, so that no key grants itself, or another key, more than it has.
func mayGrant(ctx context.Context, was, is []string) error {
	for _, scope := range is {
		known := slices.Contains(actor.Scopes, actor.Scope(scope)) // the schema rejects others
		if known && !slices.Contains(was, scope) && !actor.From(ctx).Can(actor.Scope(scope)) {
			return apperr.MissingScope(scope)
		}
	}
	return nil
}

func inFuture(expires *time.Time) error {
	if expires == nil || expires.After(time.Now()) {
		return nil
	}
	return apperr.Validation([]apperr.Field{apperr.At("/expires_at", "in_the_past")})
}
