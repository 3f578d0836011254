package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
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

// logPosition is the content of a change cursor: its reader has received all visible changes of Types up to Seq.
type logPosition struct {
	Epoch  string   `json:"e"`
	Seq    int64    `json:"n"`
	Copied int64    `json:"c,omitzero"` // the end of the first full copy: records deleted before it were never sent
	Types  []string `json:"t,omitzero"` // none: all
	View   string   `json:"v"`
}

// The views of the records: that of the public, and that of keys that may read drafts.
const (
	viewPublic = "public"
	viewRead   = "read"
)

func viewOf(ctx context.Context) string {
	if actor.From(ctx).SeesOnlyPublished() {
		return viewPublic
	}
	return viewRead
}

// positionPrefix makes the signatures of change cursors differ from those of list cursors.
const positionPrefix = "changes:"

func (c cursors) encodePosition(p logPosition) string { return c.sign(positionPrefix, p) }

// decodePosition reads a change cursor. It returns an error for another view and for types that the cursor does not cover.
func (c cursors) decodePosition(s, view string, types []string) (logPosition, error) {
	var p logPosition
	if !c.verify(s, positionPrefix, &p) || p.View != view {
		return p, paging.BadCursor()
	}
	for _, t := range types {
		if len(p.Types) > 0 && !slices.Contains(p.Types, t) {
			return p, paging.BadCursor()
		}
	}
	return p, nil
}

// changeCursor returns the cursor of a position in the change log, for the view of the actor.
func (s *server) changeCursor(ctx context.Context, seq int64) string {
	return s.cursors.encodePosition(logPosition{Epoch: s.epoch, Seq: seq, View: viewOf(ctx)})
}

// errChangesRestarted is the error for a cursor from before the database was restored from a backup.
func (s *server) errChangesRestarted(types []string) error {
	e := apperr.New(apperr.Gone, "changes_began_anew")
	base := s.config.PublicBaseURL + "/v1/"
	exports := make([]string, len(types))
	for i, t := range types {
		exports[i] = base + "exports/" + t + ".ndjson"
	}
	e.Extra = map[string]any{"begin": base + "changes", "exports": exports}
	return e
}
