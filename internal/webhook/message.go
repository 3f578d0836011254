package webhook

import (
	"crypto/rand"
	"time"

	"roundtables.kz/registry/internal/changes"

	"github.com/go-json-experiment/json"
)

// The kinds of delivery.
const (
	kindChanges   = "changes"
	kindBeganAnew = "began_anew"
	kindTest      = "test"
)

// mostChanges of a message keep it below 20 kB, as Standard Webhooks asks.
const mostChanges = 100

// Cursor names a place in the log for whoever is told of such types, with drafts or without: a cursor of the feed of changes.
type Cursor func(place changes.Head, types []string, drafts bool) string

// ChangesCommitted tells of changes.
//
//	@Description	What has changed, in the order of the commits: which records, not what they hold. A receiver that keeps a copy asks for the changes after the cursor that it has.
type ChangesCommitted struct {
	Type      string      `json:"type" example:"changes.committed"`                                   // Always `changes.committed`.
	Timestamp time.Time   `json:"timestamp" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When the message was made.
	Data      ChangesTold `json:"data"`
} //	@name	ChangesCommitted

// ChangesTold are the changes between two places in the log.
//
//	@Description	The changes between two cursors.
type ChangesTold struct {
	After   string           `json:"after" example:"q8k1zJ4vV0m2o6nT5x7yWg3d9eAeyJlIjoiN2YzYTlkMTIiLCJuIjo0MTIsInYiOiJwdWJsaWMifQ"` // The cursor of the message before.
	Cursor  string           `json:"cursor" example:"w2c5pR8sU1x4z7A0d3f6hKbNmQeyJlIjoiN2YzYTlkMTIiLCJuIjo0MTgsInYiOiJwdWJsaWMifQ"` // The cursor of the changes that follow these. For a webhook with `types` it is good for these types.
	Changes []changes.Change `json:"changes"`                                                                                       // At most 100.
} //	@name	ChangesTold

// ChangesBeganAnew tells that the database was restored from a backup.
//
//	@Description	The registry was restored from a backup. Copies are to be made anew: from the exports, or from the changes without a cursor.
type ChangesBeganAnew struct {
	Type      string    `json:"type" example:"changes.began_anew"`                                  // Always `changes.began_anew`.
	Timestamp time.Time `json:"timestamp" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When the message was made.
	Data      PlaceTold `json:"data"`
} //	@name	ChangesBeganAnew

// PlaceTold is a place in the log.
//
//	@Description	From where messages go on.
type PlaceTold struct {
	Cursor string `json:"cursor" example:"w2c5pR8sU1x4z7A0d3f6hKbNmQeyJlIjoiN2YzYTlkMTIiLCJuIjo0MTgsInYiOiJwdWJsaWMifQ"` // The cursor of the changes that follow.
} //	@name	PlaceTold

// Tested tells nothing.
//
//	@Description	Nothing: somebody tries whether messages arrive.
type Tested struct {
	Type      string    `json:"type" example:"webhook.test"`                                        // Always `webhook.test`.
	Timestamp time.Time `json:"timestamp" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When the message was made.
	Data      struct{}  `json:"data"`
} //	@name	WebhookTest

// changesMessage tells of changes after one cursor up to another.
//
//	@ID				changesCommitted
//	@Summary		Records have changed
//	@Description	Sent within a second of the change, signed, until it is answered with 2xx; see the description of webhooks.
//	@Tags			Webhooks
//	@Success		200	{object}	ChangesCommitted	"The message."
//	@Router			/_webhooks/changes.committed [post]
func changesMessage(after, cursor string, list []changes.Change) (string, error) {
	return text(ChangesCommitted{"changes.committed", now(), ChangesTold{after, cursor, list}})
}

// beganAnewMessage tells that copies are to be made anew, and go on from a cursor.
//
//	@ID				changesBeganAnew
//	@Summary		The registry was restored from a backup
//	@Description	Copies are to be made anew.
//	@Tags			Webhooks
//	@Success		200	{object}	ChangesBeganAnew	"The message."
//	@Router			/_webhooks/changes.began_anew [post]
func beganAnewMessage(cursor string) (string, error) {
	return text(ChangesBeganAnew{"changes.began_anew", now(), PlaceTold{cursor}})
}

// testMessage tells nothing.
//
//	@ID				webhookTest
//	@Summary		A try
//	@Description	Sent when somebody calls the webhook for a test.
//	@Tags			Webhooks
//	@Success		200	{object}	Tested	"The message."
//	@Router			/_webhooks/webhook.test [post]
func testMessage() (string, error) { return text(Tested{Type: "webhook.test", Timestamp: now()}) }

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// text gives the bytes of a message, which do not change however often it is sent.
func text(message any) (string, error) {
	b, err := json.Marshal(message)
	return string(b), err
}

func newMessageID() string { return "msg_" + rand.Text() }
