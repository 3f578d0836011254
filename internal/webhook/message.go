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

// maxChanges keeps a message below 20 kB, as Standard Webhooks recommends.
const maxChanges = 100

// Cursor encodes a log position as a cursor of GET /v1/changes, for a reader of these types, with or without drafts.
type Cursor func(logPosition changes.Head, types []string, drafts bool) string

// ChangesCommitted is the message that lists changes.
//
//	@Description	Lists the records that have changed, in commit order, without their content. To update a copy, get the changes after the cursor that it has reached.
type ChangesCommitted struct {
	Type      string      `json:"type" example:"changes.committed"`                                   // Always `changes.committed`.
	Timestamp time.Time   `json:"timestamp" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When the message was created.
	Data      ChangesData `json:"data"`
} //	@name	ChangesCommitted

// ChangesData holds the changes between two log positions.
//
//	@Description	The changes between two cursors.
type ChangesData struct {
	// The cursor of the previous message.
	After string `json:"after" example:"q8k1zJ4vV0m2o6nT5x7yWg3d9eAeyJlIjoiN2YzYTlkMTIiLCJuIjo0MTIsInYiOiJwdWJsaWMifQ"`
	// The cursor after these changes. If the webhook has `types`, it is valid for the same types.
	Cursor  string           `json:"cursor" example:"w2c5pR8sU1x4z7A0d3f6hKbNmQeyJlIjoiN2YzYTlkMTIiLCJuIjo0MTgsInYiOiJwdWJsaWMifQ"`
	Changes []changes.Change `json:"changes"` // At most 100.
} //	@name	ChangesTold

// ChangesBeganAnew is the message sent after the database was restored from a backup.
//
//	@Description	The registry was restored from a backup. Rebuild copies: from the exports, or from the changes without a cursor.
type ChangesBeganAnew struct {
	Type      string        `json:"type" example:"changes.began_anew"`                                  // Always `changes.began_anew`.
	Timestamp time.Time     `json:"timestamp" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When the message was created.
	Data      BeganAnewData `json:"data"`
} //	@name	ChangesBeganAnew

// BeganAnewData is the log position at which messages continue after a restore.
//
//	@Description	Where messages continue after a restore.
type BeganAnewData struct {
	// The cursor of the changes that follow.
	Cursor string `json:"cursor" example:"w2c5pR8sU1x4z7A0d3f6hKbNmQeyJlIjoiN2YzYTlkMTIiLCJuIjo0MTgsInYiOiJwdWJsaWMifQ"`
} //	@name	PlaceTold

// Test is the test message.
//
//	@Description	A test message. It carries no data.
type Test struct {
	Type      string    `json:"type" example:"webhook.test"`                                        // Always `webhook.test`.
	Timestamp time.Time `json:"timestamp" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When the message was created.
	Data      struct{}  `json:"data"`
} //	@name	WebhookTest

// changesMessage returns the message about the changes after one cursor up to another.
//
//	@ID				changesCommitted
//	@Summary		Records have changed
//	@Description	Sent within a second of the change. The message is signed, and retried until the receiver answers 2xx; see the section on webhooks.
//	@Tags			Webhooks
//	@Success		200	{object}	ChangesCommitted	"The message."
//	@Router			/_webhooks/changes.committed [post]
func changesMessage(after, cursor string, list []changes.Change) (string, error) {
	return text(ChangesCommitted{"changes.committed", now(), ChangesData{after, cursor, list}})
}

// beganAnewMessage returns the message that asks receivers to rebuild their copies and to continue from a cursor.
//
//	@ID				changesBeganAnew
//	@Summary		The registry was restored from a backup
//	@Description	Receivers must rebuild their copies.
//	@Tags			Webhooks
//	@Success		200	{object}	ChangesBeganAnew	"The message."
//	@Router			/_webhooks/changes.began_anew [post]
func beganAnewMessage(cursor string) (string, error) {
	return text(ChangesBeganAnew{"changes.began_anew", now(), BeganAnewData{cursor}})
}

// testMessage returns the test message.
//
//	@ID				webhookTest
//	@Summary		Test message
//	@Description	Sent on request, to test a webhook.
//	@Tags			Webhooks
//	@Success		200	{object}	Test	"The message."
//	@Router			/_webhooks/webhook.test [post]
func testMessage() (string, error) { return text(Test{Type: "webhook.test", Timestamp: now()}) }

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// text encodes a message. Every attempt sends these same bytes.
func text(message any) (string, error) {
	b, err := json.Marshal(message)
	return string(b), err
}

func newMessageID() string { return "msg_" + rand.Text() }
