package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// changeParams are the parameters of the change feed.
type changeParams struct {
	Type        []string `query:"type" form:"type" validate:"max=50" enums:"feed"`  // Only records of these types.
	Cursor      string   `query:"cursor" form:"cursor"`                             // The position to continue from: `meta.cursor` of the previous page, `cursor` of the checkpoint, or the cursor of a complete list or export. Empty: a full copy.
	Limit       int      `query:"limit" form:"limit" default:"50" validate:"min=1"` // Changes a page, 1 to 500; a higher number is lowered to 500.
	IncludeData bool     `query:"include_data" form:"include_data"`                 // Includes the members of each record that clients write, `id`, `version`, `created_at` and `updated_at`. References are ids; nothing comes from other records.
	Wait        int      `query:"wait" form:"wait" validate:"min=0,max=30"`         // Seconds to wait for a change if there is none, 0 to 30. Afterwards the page is empty and has the same cursor.
}

// maxWait is the largest `wait`, in seconds.
const maxWait = 30

// askedWait returns how long a request asks to wait for changes.
func askedWait(_ *server, c echo.Context) time.Duration {
	seconds, _ := strconv.Atoi(c.QueryParam("wait"))
	return time.Duration(max(0, min(seconds, maxWait))) * time.Second
}

// Change is the newest change of one record.
//
//	@Description	The newest change of one record since the cursor, even if the record changed several times.
type Change struct {
	changes.Change
	Data any `json:"data,omitempty" validate:"optional" swaggertype:"object"` // With `include_data=true` and op upsert: the members of the record that clients write, `id`, `version`, `created_at` and `updated_at`.
} //	@name	Change

// listChanges returns the changes after a cursor.
//
//	@ID				listChanges
//	@Summary		List changes
//	@Description	Keeps a mirror current. The first call, without a cursor, returns everything. Pass `meta.cursor` to get later
//	@Description	changes; while `page.next` is not null, continue at once.
//	@Description	Changes come in the order of their commits, and each page is one snapshot, so no change is lost. A record
//	@Description	appears once, at its last change, in its newest state.
//	@Description	A cursor belongs to its types and to your view (with or without drafts). After the registry was restored from a
//	@Description	backup, it returns 410: start again without a cursor, or from the exports that the problem names. See [Keeping a
//	@Description	mirror](/docs/guides/mirroring).
//	@Tags			Changes
//	@Param			params	query		changeParams	false	"-"
//	@Success		200		{object}	Page[Change]		"A page of changes."
//	@Router			/v1/changes [get]
func (s *server) listChanges(c echo.Context) error {
	var p changeParams
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
		return err
	}
	ctx := c.Request().Context()
	from, err := s.positionOf(ctx, p)
	if err != nil {
		return err
	}
	if c.Request().Method == http.MethodHead {
		p.Wait = 0
	}
	if p.Wait > 0 {
		held, err := s.streams.enter(c)
		if err != nil {
			p.Wait = 0 // a client with too many waiting requests gets an empty page at once
		} else {
			defer s.streams.leave(held)
		}
	}
	end := time.NewTimer(time.Duration(p.Wait) * time.Second)
	defer end.Stop()
	for {
		page, err := s.readChanges(ctx, from, p)
		if err != nil {
			return err
		}
		if len(page.list) > 0 || p.Wait == 0 || p.Cursor == "" || !s.follower.beyond(ctx, page.head, end.C) {
			return s.sendChanges(c, p, page)
		}
	}
}

// positionOf returns the position of the cursor in the parameters; nil without one.
func (s *server) positionOf(ctx context.Context, p changeParams) (*logPosition, error) {
	if p.Cursor == "" {
		return nil, nil
	}
	at, err := s.cursors.decodePosition(p.Cursor, viewOf(ctx), wanted(p.Type))
	return &at, err
}

// changePage is a page of the feed with the position after it.
type changePage struct {
	list []Change
	head int64
	more bool
	next logPosition
}

// readChanges reads the page after a position, in one snapshot.
func (s *server) readChanges(ctx context.Context, from *logPosition, p changeParams) (changePage, error) {
	page := changePage{list: []Change{}}
	types := wanted(p.Type)
	feed := changes.Feed{Types: types, Limit: min(p.Limit, paging.MaxLimit), Public: viewOf(ctx) == viewPublic}
	err := changes.Snapshot(ctx, s.db, func(tx pgx.Tx) error {
		head, err := changes.ReadHead(ctx, tx)
		if err != nil {
			return err
		}
		at := logPosition{Epoch: head.Epoch, Copied: head.Seq}
		if from != nil {
			at = *from
		}
		if at.Epoch != head.Epoch || at.Seq > head.Seq {
			return s.errChangesRestarted(types)
		}
		feed.After, feed.Copied = at.Seq, at.Copied
		found, more, err := feed.Read(ctx, tx)
		if err != nil {
			return err
		}
		for _, f := range found {
			page.list = append(page.list, Change{Change: f})
		}
		page.head, page.more = head.Seq, more
		page.next = at
		if len(found) > 0 || from == nil {
			page.next = nextPosition(ctx, at, found, more, head, p)
		}
		if p.IncludeData {
			return withData(ctx, tx, page.list)
		}
		return nil
	})
	return page, err
}

// nextPosition returns the position after a page.
func nextPosition(ctx context.Context, at logPosition, found []changes.Change, more bool, head changes.Head, p changeParams) logPosition {
	next := logPosition{Epoch: head.Epoch, Seq: head.Seq, View: viewOf(ctx)}
	if len(p.Type) > 0 {
		next.Types = wanted(p.Type)
	}
	if more {
		next.Seq = found[len(found)-1].Seq
		if next.Seq < at.Copied {
			next.Copied = at.Copied
		}
	}
	return next
}

func (s *server) sendChanges(c echo.Context, p changeParams, page changePage) error {
	next := p.Cursor // an empty page keeps it
	if len(page.list) > 0 || next == "" {
		next = s.cursors.encodePosition(page.next)
	}
	answer := Page[Change]{Data: page.list, Page: PageInfo{Limit: min(p.Limit, paging.MaxLimit)},
		Meta: ListMeta{Cursor: next, License: License}}
	if page.more {
		s.linkNext(c, &answer.Page, next)
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, answer)
}

// checkpointParams are the parameters of the checkpoint.
type checkpointParams struct {
	Type []string `query:"type" form:"type" validate:"max=50" enums:"feed"` // Only these types.
}

// Checkpoint holds the checksums of a complete copy.
//
//	@Description	The counts and checksums of a copy that has followed the changes up to the cursor.
type Checkpoint struct {
	Cursor string        `json:"cursor"` // The change cursor that the checksums belong to.
	Types  []changes.Sum `json:"types"`  // The count and checksum of each type.
} //	@name	Checkpoint

// getCheckpoint returns the checksums of a complete copy.
//
//	@ID				getCheckpoint
//	@Summary		Get checksums to verify a copy
//	@Description	Returns the count and checksum of each type, in one snapshot of all records that you may see. A copy that has
//	@Description	followed the changes up to `cursor` is complete if its counts and checksums are equal. A checksum is the XOR,
//	@Description	over all records, of the first 8 bytes of SHA-256 of `type:id:version` in ASCII, such as `round-tables:1:3`.
//	@Tags			Changes
//	@Param			params	query		checkpointParams	false	"-"
//	@Success		200		{object}	Checkpoint			"The counts and checksums."
//	@Router			/v1/changes/checkpoint [get]
func (s *server) getCheckpoint(c echo.Context) error {
	var p checkpointParams
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
		return err
	}
	ctx := c.Request().Context()
	sums, err := s.checksums.read(ctx, s.db)
	if err != nil {
		return err
	}
	at := logPosition{Epoch: sums.Head.Epoch, Seq: sums.Head.Seq, View: viewOf(ctx)}
	if len(p.Type) > 0 {
		at.Types = wanted(p.Type)
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, Checkpoint{Cursor: s.cursors.encodePosition(at), Types: sums.List(wanted(p.Type))})
}

// checksums stores the newest checksums of each view, so that each call only adds the changes since. Calls wait for each other.
type checksums struct {
	turn  chan struct{} // holds one token
	known map[string]changes.Sums
}

func newChecksums() *checksums {
	return &checksums{turn: make(chan struct{}, 1), known: map[string]changes.Sums{}}
}

// read returns the checksums of the records that the actor may see.
func (s *checksums) read(ctx context.Context, db changes.Pool) (now changes.Sums, err error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return now, ctx.Err()
	}
	view := viewOf(ctx)
	err = changes.Snapshot(ctx, db, func(tx pgx.Tx) error {
		now, err = changes.Checkpoint(ctx, tx, feedTypes, s.known[view], view == viewPublic)
		return err
	})
	if err == nil {
		s.known[view] = now
	}
	return now, err
}
