package api

import (
	"context"
	"net/http"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// changeParams are what the feed of changes takes.
type changeParams struct {
	Type        []feedType `query:"type" form:"type" validate:"max=50" enums:"feed"`  // Only records of these types.
	Cursor      string     `query:"cursor" form:"cursor"`                             // Where to go on: `meta.cursor` of the page before, of the checkpoint, or of a list or an export that you hold whole. Empty: a full copy.
	Limit       int        `query:"limit" form:"limit" default:"50" validate:"min=1"` // Changes a page, 1 to 500; a higher number is lowered to 500.
	IncludeData bool       `query:"include_data" form:"include_data"`                 // Tell each record, too, as its own address shows it.
	Wait        int        `query:"wait" form:"wait" validate:"min=0,max=30"`         // Seconds to wait for a change where there is none, 0 to 30. Then comes an empty page with the same cursor.
	Lang        string     `query:"lang" form:"lang" validate:"omitempty,language"`   // Adds `<field>_text` and `<field>_lang` beside every text of the records, in this language or the next one of the chain ru, en, kk.
}

// maxWait is the highest `wait`, in seconds.
const maxWait = 30

// Change is what became of one record.
//
//	@Description	What became of one record since the cursor: its newest state only, however often it changed.
type Change struct {
	changes.Change
	Data any `json:"data,omitempty" validate:"optional" swaggertype:"object"` // With `include_data=true` and op upsert: the record, as its own address shows it.
} //	@name	Change

// listChanges answers what has changed since a cursor.
//
//	@ID				listChanges
//	@Summary		Follow the changes
//	@Description	For a copy that stays current. Without a cursor, a full copy; go on with `meta.cursor`, at once while `page.next` is not null, and later to hear what has changed since.
//	@Description	Changes come in the order of their commits, each page from one snapshot: nothing is lost, however many write. A record stands where it changed last, with its newest state.
//	@Description	A cursor belongs to what you may see (with a key that reads drafts or without) and to the types it was made for. After the database was restored from a backup it is answered with 410: begin anew, or with the exports that the problem names.
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
	if p.Lang == "" {
		p.Lang = acceptedLanguage(c.Request())
	}
	from, err := s.positionOf(ctx, p)
	if err != nil {
		return err
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

// positionOf is where a request begins: its cursor, or nowhere.
func (s *server) positionOf(ctx context.Context, p changeParams) (*logPosition, error) {
	if p.Cursor == "" {
		return nil, nil
	}
	at, err := s.cursors.decodePosition(p.Cursor, viewOf(ctx), wanted(p.Type))
	return &at, err
}

// changePage is a page of the feed, and where it leaves off.
type changePage struct {
	list []Change
	head int64
	more bool
	next logPosition
}

// readChanges reads the page after a place, of one snapshot.
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
			return withData(ctx, tx, page.list, p.Lang)
		}
		return nil
	})
	return page, err
}

// nextPosition is where a page leaves off.
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
	next := p.Cursor // of an empty page: the same
	if len(page.list) > 0 || next == "" {
		next = s.cursors.encodePosition(page.next)
	}
	answer := Page[Change]{Data: page.list, Page: PageInfo{Limit: min(p.Limit, paging.MaxLimit)}, Meta: ListMeta{Cursor: next, License: License}}
	if page.more {
		query := c.QueryParams()
		query.Set("cursor", next)
		link := s.config.PublicBaseURL + c.Request().URL.Path + "?" + query.Encode()
		answer.Page.NextCursor, answer.Page.Next = &next, &link
		c.Response().Header().Set("Link", "<"+link+`>; rel="next"`)
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, answer)
}

// checkpointParams are what the checkpoint takes.
type checkpointParams struct {
	Type []feedType `query:"type" form:"type" validate:"max=50" enums:"feed"` // Only these types.
}

// Checkpoint is what a copy must amount to.
//
//	@Description	What a copy must amount to when it has followed the changes up to the cursor.
type Checkpoint struct {
	Cursor string        `json:"cursor"` // The place in the changes that the sums are of.
	Types  []changes.Sum `json:"types"`  // One sum for each type.
} //	@name	Checkpoint

// getCheckpoint answers what a copy must amount to.
//
//	@ID				getCheckpoint
//	@Summary		Prove a copy
//	@Description	Counts and checksums of all records that you may see, from one snapshot. A copy that has followed the changes up to `cursor` (an empty page after it) is equal if each of its types has the same count and checksum: the XOR over its records of the first 8 bytes of SHA-256 of `type:id:version` in ASCII, such as `round-tables:1:3`.
//	@Tags			Changes
//	@Param			params	query		checkpointParams	false	"-"
//	@Success		200		{object}	Checkpoint			"The sums."
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

// sums keeps the newest sums of each view, so that only what has changed is added up; and never twice at a time.
type checksums struct {
	turn  chan struct{} // holds one token
	known map[string]changes.Sums
}

func newChecksums() *checksums {
	return &checksums{turn: make(chan struct{}, 1), known: map[string]changes.Sums{}}
}

// now gives the sums as the actor sees the records.
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
