// Package apikey manages and checks the keys of clients. A key is shown once, when it is created; only a keyed hash of it
// is stored.
package apikey

import (
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
)

// Input is what an administrator writes.
//
//	@Description	A key for a client.
type Input struct {
	Name string `json:"name" db:"name" validate:"required,max=200" example:"Dashboard of the frontend team"` // Who uses the key and what for.
	// What the key may do.
	Scopes    []string   `json:"scopes" db:"scopes" validate:"required,min=1,unique,dive,oneof=read write publish pii admin" enums:"read,write,publish,pii,admin" example:"read"`
	ExpiresAt *time.Time `json:"expires_at" db:"expires_at" format:"date-time"` // When it stops working; null: never.
} //	@name	ApiKeyInput

// Check rejects a blank name. The store functions check that a new expiry is in the future, so an expired key can still be
// renamed.
func (in *Input) Check() (fields []apperr.Field) {
	if in.Name != "" && strings.TrimSpace(in.Name) == "" {
		fields = append(fields, apperr.At("/name", "blank"))
	}
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
	ID     []int64  `query:"id" form:"id" validate:"max=200"`                                            // Only these records.
	Scope  []string `query:"scope" form:"scope" enums:"read,write,publish,pii,admin" validate:"max=200"` // Only keys with one of these scopes.
	Active *bool    `query:"active" form:"active"`                                                       // Only valid keys (`true`), or only revoked and expired ones (`false`).
}
