// Package webhook tells partners of changes as they come: who is told of what, the messages, and their delivery, which a job queue in
// the database carries out. Messages follow Standard Webhooks (standardwebhooks.com) and hold no content of records.
package webhook

import (
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
)

// Table and Type are where webhooks are kept and what the log calls them.
const (
	Table = "webhooks"
	Type  = "webhooks"
)

// The states of a webhook, and why one is disabled that nobody has disabled.
const (
	enabled  = "enabled"
	disabled = "disabled"

	gone    = "gone"
	failing = "failing"
)

// Input is what an administrator writes.
//
//	@Description	An address that is told of changes.
type Input struct {
	URL         string   `json:"url" db:"url" validate:"required,max=2000" example:"https://mirror.example.org/hooks/registry"`           // Where messages are sent: https, port 443 or 8443, a public address. What lies behind it is looked up anew with each call.
	Description *string  `json:"description" db:"description" validate:"omitnil,min=1,max=500" example:"Mirror of the library"`           // Whose it is and what for.
	Types       []string `json:"types" db:"types" validate:"max=100,unique,dive,required" enums:"feed" example:"round-tables"`            // Only changes of these types of record are told; none: of all.
	Drafts      bool     `json:"drafts" db:"drafts" default:"false"`                                                                      // Whether what only keys with the scope `read` see is told, too. To set it takes that scope.
	State       string   `json:"state" db:"state" validate:"omitempty,oneof=enabled disabled" enums:"enabled,disabled" default:"enabled"` // Whether messages are sent. One that is enabled again goes on where it left off.
} //	@name	WebhookInput

// Check fills in what a client left out and gives the mistakes that no tag can say.
func (in *Input) Check() (fields []apperr.Field) {
	if in.State == "" {
		in.State = enabled
	}
	if in.Types == nil {
		in.Types = []string{}
	}
	if in.Description != nil && strings.TrimSpace(*in.Description) == "" && *in.Description != "" {
		fields = append(fields, apperr.At("/description", "blank"))
	}
	return fields
}

// Webhook is the record. The secret that its messages are signed with is not in it.
//
//	@Description	An address that is told of changes, without the secret that its messages are signed with.
type Webhook struct {
	changes.Record
	Input
	DisabledReason *string    `json:"disabled_reason" db:"disabled_reason" enums:"gone,failing" example:"failing"` // Why the registry has disabled it: the address answered 410 (`gone`), or a message could not be delivered for three days (`failing`). Null: it has not.
	RotatedAt      *time.Time `json:"rotated_at" db:"rotated_at" format:"date-time"`                               // When it got another secret. For 24 hours messages are signed with the former one, too.
} //	@name	Webhook

// Created is the answer that shows a secret.
//
//	@Description	A webhook with a new secret, which is shown here and never again.
type Created struct {
	Webhook
	Secret *string `json:"secret" example:"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"` // What messages are signed with: keep it now. Null after a dry run.
} //	@name	CreatedWebhook

// Filter is what a list can be narrowed by.
type Filter struct {
	paging.Params
	ID    []int64  `query:"id" form:"id" validate:"max=200"`                                // Only these records.
	State []string `query:"state" form:"state" enums:"enabled,disabled" validate:"max=200"` // Only the ones in these states.
}
