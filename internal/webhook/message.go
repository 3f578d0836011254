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

// message is what is sent.
type message struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"` // when it was made
	Data      any       `json:"data"`
}

// committed tells of changes: those after one place in the log up to another.
type committed struct {
	After   string `json:"after"`
	Cursor  string `json:"cursor"`
	Changes []told `json:"changes"`
}

// told is what became of one record, as in the feed of changes.
type told struct {
	Op        string    `json:"op"`
	Type      string    `json:"type"`
	ID        int64     `json:"id"`
	Version   int64     `json:"version"`
	ChangedAt time.Time `json:"changed_at"`
	Into      *int64    `json:"into,omitzero"`
}

// anew tells that the database was restored from a backup: copies are to be made anew, and go on from the cursor.
type anew struct {
	Cursor string `json:"cursor"`
}

func changesMessage(after, cursor string, list []changes.Change) message {
	all := make([]told, len(list))
	for i, c := range list {
		all[i] = told{c.Op, c.Type, c.ID, c.Version, c.At, c.Into}
	}
	return message{Type: "changes.committed", Data: committed{after, cursor, all}}
}

func beganAnewMessage(cursor string) message {
	return message{Type: "changes.began_anew", Data: anew{cursor}}
}

func testMessage() message {
	return message{Type: "webhook.test", Data: struct{}{}}
}

// write gives the bytes of a message, which do not change however often it is sent.
func (m message) write() (string, error) {
	m.Timestamp = time.Now().UTC().Truncate(time.Microsecond)
	b, err := json.Marshal(m)
	return string(b), err
}

func newMessageID() string { return "msg_" + rand.Text() }
