// Package apikey holds the keys that clients identify themselves with: made once, shown once, stored as a keyed hash.
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
	Name      string     `json:"name" db:"name" validate:"required,max=200" example:"Dashboard of the frontend team"`                                                             // Who uses the key and what for.
	Scopes    []string   `json:"scopes" db:"scopes" validate:"required,min=1,unique,dive,oneof=read write publish pii admin" enums:"read,write,publish,pii,admin" example:"read"` // What the key may do.
	ExpiresAt *time.Time `json:"expires_at" db:"expires_at" format:"date-time"`                                                                                                   // When it stops to work; null: never.
} //	@name	ApiKeyInput

// Check refuses a name of nothing but spaces. That an expiry is not over yet is checked where it is set: an expired key
// can still be renamed.
func (in *Input) Check() (fields []apperr.Field) {
	if in.Name != "" && strings.TrimSpace(in.Name) == "" {
		fields = append(fields, apperr.At("/name", "blank"))
	}
	if in.ExpiresAt != nil && in.ExpiresAt.UTC().Year() > 9999 { // JSON has no way to say it
		fields = append(fields, apperr.At("/expires_at", "bad_value"))
	}
	return fields
}

// APIKey is the record. The key itself is not in it: nobody can read it again.
//
//	@Description	A key for a client, without the key itself.
type APIKey struct {
	changes.Record
	Input
	Prefix     string     `json:"prefix" db:"prefix" example:"rtr_4kq9d2"`           // How the key begins, to tell keys apart; empty for the key that the operator set in the service's settings.
	RevokedAt  *time.Time `json:"revoked_at" db:"revoked_at" format:"date-time"`     // When it was revoked; null: it was not.
	LastUsedAt *time.Time `json:"last_used_at" db:"last_used_at" format:"date-time"` // When it was last used, to the minute.
} //	@name	ApiKey

// Created is the answer to the creation of a key, the only one that shows it.
//
//	@Description	A new key. `key` is shown here and never again.
type Created struct {
	APIKey
	Key *string `json:"key" example:"rtr_4kq9d2m7x5w3v1t8r6p4n2l9k7j5h3g1f8d6s4a2q1w3e5r7t9y2u4"` // The key itself: keep it now. Null after a dry run.
} //	@name	CreatedApiKey

// Filter is what a list can be narrowed by.
type Filter struct {
	paging.Params
	ID     []int64  `query:"id" form:"id" validate:"max=200"`                                            // Only these records.
	Scope  []string `query:"scope" form:"scope" enums:"read,write,publish,pii,admin" validate:"max=200"` // Only keys that carry one of these scopes.
	Active *bool    `query:"active" form:"active"`                                                       // Only keys that work now (`true`), or only revoked and expired ones (`false`).
}
