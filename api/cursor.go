package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/paging"

	"github.com/go-json-experiment/json"
)

// cursors signs and verifies the cursors of lists. A cursor is stateless, never expires, and belongs to one query: its path,
// filters and order.
type cursors struct{ secret []byte }

const macSize = 8

// presentation lists the parameters that may differ from page to page.
var presentation = []string{"cursor", "limit", "count", "lang", "fields", "include"}

type wireCursor struct {
	Query string   `json:"q"`
	ID    int64    `json:"i"`
	Keys  []string `json:"k"`
}

func (c cursors) encode(at *paging.Cursor, path string, query url.Values) string {
	return c.sign("", wireCursor{queryHash(path, query), at.ID, at.Keys})
}

func (c cursors) decode(s, path string, query url.Values) (*paging.Cursor, error) {
	var w wireCursor
	if !c.verify(s, "", &w) || w.Query != queryHash(path, query) {
		return nil, paging.BadCursor()
	}
	return &paging.Cursor{Keys: w.Keys, ID: w.ID}, nil
}

// sign encodes a cursor with its signature. The prefix makes the signatures of one kind of cursors differ from those of others.
func (c cursors) sign(prefix string, cursor any) string {
	payload, _ := json.Marshal(cursor)
	return base64.RawURLEncoding.EncodeToString(append(c.mac(prefix, payload), payload...))
}

// verify decodes what sign returned, and reports whether the signature is correct.
func (c cursors) verify(s, prefix string, cursor any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(raw) < macSize || !hmac.Equal(raw[:macSize], c.mac(prefix, raw[macSize:])) {
		return false
	}
	return json.Unmarshal(raw[macSize:], cursor) == nil
}

func (c cursors) mac(prefix string, payload []byte) []byte {
	m := hmac.New(sha256.New, c.secret)
	m.Write([]byte(prefix))
	m.Write(payload)
	return m.Sum(nil)[:macSize]
}

// queryHash hashes the path, filters and order, whatever the order of the parameters.
func queryHash(path string, query url.Values) string {
	var b strings.Builder
	b.WriteString(path)
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if value := query.Get(name); value != "" && !slices.Contains(presentation, name) {
			b.WriteString(strconv.Quote(name) + strconv.Quote(value))
		}
	}
	sum := sha256.Sum256([]byte(b.String()))
	return base64.RawURLEncoding.EncodeToString(sum[:8])
}
