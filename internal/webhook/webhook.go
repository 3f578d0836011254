// Package webhook notifies partners of changes: which webhooks exist, which messages they get, and the delivery of
// these messages, which runs on a job queue in the database. Messages follow Standard Webhooks
// (standardwebhooks.com) and do not contain the content of records.
package webhook

import (
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
)

// Table and Type are the table of webhooks and their record type in the change log.
const (
	Table = "webhooks"
	Type  = "webhooks"
)

// The states of a webhook, and the reasons for which the registry disables one.
const (
	enabled  = "enabled"
	disabled = "disabled"

	gone    = "gone"
	failing = "failing"
)

// Input is what an administrator writes.
//
//	@Description	A URL that receives messages about changes.
type Input struct {
	// Where messages are sent: https, port 443 or 8443, a public address. The host name is resolved for each call.
	URL string `json:"url" db:"url" validate:"required,max=2000" example:"https://mirror.example.org/hooks/registry"`
	// Who runs the receiver and what it is for.
	Description *string `json:"description" db:"description" validate:"omitnil,min=1,max=500" example:"Mirror of the library"`
	// The record types to send changes of. Empty: all types.
	Types []string `json:"types" db:"types" validate:"max=100,unique,dive,required" enums:"feed" example:"round-tables"`
	// Whether to include records that only keys with the scope `read` see. Setting it requires that scope.
	Drafts bool `json:"drafts" db:"drafts" default:"false"`
	// Whether messages are sent. A webhook that is enabled again continues where it stopped.
	State string `json:"state" db:"state" validate:"omitempty,oneof=enabled disabled" enums:"enabled,disabled" default:"enabled"`
} //	@name	WebhookInput

// Check sets the defaults and returns the errors that the tags cannot express.
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

// Webhook is the record. It does not contain the signing secret.
//
//	@Description	A URL that receives messages about changes, without the secret that signs them.
type Webhook struct {
	changes.Record
	Input
	// Why the registry disabled it: the receiver answered 410 (`gone`), or a message could not be delivered for three days
	// (`failing`). Null: the registry did not disable it.
	DisabledReason *string `json:"disabled_reason" db:"disabled_reason" enums:"gone,failing" example:"failing"`
	// When the secret was last rotated. For 24 hours after that, messages are also signed with the previous secret.
	RotatedAt *time.Time `json:"rotated_at" db:"rotated_at" format:"date-time"`
} //	@name	Webhook

// Created is a webhook with its secret.
//
//	@Description	A webhook with a new secret. The secret is shown only here.
type Created struct {
	Webhook
	Secret *string `json:"secret" example:"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"` // The secret that signs messages. Store it now. Null after a dry run.
} //	@name	CreatedWebhook

// Filter narrows a list of webhooks.
type Filter struct {
	paging.Params
	ID    []int64  `query:"id" form:"id" validate:"max=200"`                                // Only these records.
	State []string `query:"state" form:"state" enums:"enabled,disabled" validate:"max=200"` // Only webhooks in these states.
}
