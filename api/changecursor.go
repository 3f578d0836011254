package api

import (
	"context"
	"slices"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/paging"
)

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
