package api

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"slices"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/paging"

	"github.com/go-json-experiment/json"
)

// logPosition is what a change cursor stands for: everything of the types that its reader could see was told up to Seq.
type logPosition struct {
	Epoch  string   `json:"e"`
	Seq    int64    `json:"n"`
	Copied int64    `json:"c,omitzero"` // a first copy goes on to here: what is gone before it was never told of
	Types  []string `json:"t,omitzero"` // none: all
	View   string   `json:"v"`
}

// The views of the records: what the public sees, and what whoever may read drafts does.
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

// positionPrefix keeps the cursors of changes and those of lists apart.
const positionPrefix = "changes:"

func (c cursors) encodePosition(p logPosition) string {
	payload, _ := json.Marshal(p)
	return base64.RawURLEncoding.EncodeToString(append(c.mac(append([]byte(positionPrefix), payload...)), payload...))
}

// decodePosition reads a change cursor. It is good for its view, and for types that it knows of.
func (c cursors) decodePosition(s, view string, types []string) (logPosition, error) {
	var p logPosition
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(raw) < macSize || !hmac.Equal(raw[:macSize], c.mac(append([]byte(positionPrefix), raw[macSize:]...))) {
		return p, paging.BadCursor()
	}
	if err := json.Unmarshal(raw[macSize:], &p); err != nil || p.View != view {
		return p, paging.BadCursor()
	}
	for _, t := range types {
		if len(p.Types) > 0 && !slices.Contains(p.Types, t) {
			return p, paging.BadCursor()
		}
	}
	return p, nil
}

// changeCursor names, for the actor, a place in the change log of this database.
func (s *server) changeCursor(ctx context.Context, seq int64) string {
	return s.cursors.encodePosition(logPosition{Epoch: s.epoch, Seq: seq, View: viewOf(ctx)})
}

// begun is the error for a cursor of a log that is another one by now: the database was restored from a backup.
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
