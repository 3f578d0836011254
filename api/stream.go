package api

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/gzhttp"
	"github.com/labstack/echo/v4"
)

const (
	streamPath   = "/v1/changes/stream"
	heartbeat    = 15 * time.Second // so that proxies do not close an idle connection
	eventTimeout = 30 * time.Second // how long a client may take to accept an event
)

// streamParams are the parameters of the change stream.
type streamParams struct {
	Type        []string `query:"type" form:"type" validate:"max=50" enums:"feed"` // Only records of these types.
	Cursor      string   `query:"cursor" form:"cursor"`                            // The position to start from. The header `Last-Event-ID`, which browsers send when they reconnect, takes precedence. By default, the stream starts now.
	IncludeData bool     `query:"include_data" form:"include_data"`                // Includes the members of each record that clients write, `id`, `version`, `created_at` and `updated_at`. References are ids; nothing comes from other records.
}

// streamTime returns how long a stream stays open.
func streamTime(s *server, _ echo.Context) time.Duration { return s.config.StreamFor }

// streamChanges sends changes as they happen.
//
//	@ID				streamChanges
//	@Summary		Stream changes (SSE)
//	@Description	Sends changes as server-sent events: `event: change` has a Change as its data and a change cursor as its id. The
//	@Description	first event, `begin`, has the cursor of the start. A stream ends after some minutes and when the service stops.
//	@Description	Reconnect with `Last-Event-ID`, as browsers do, to continue without a gap.
//	@Tags			Changes
//	@Produce		text/event-stream
//	@Param			params	query		streamParams	false	"-"
//	@Success		200		{string}	string			"The events."
//	@Router			/v1/changes/stream [get]
func (s *server) streamChanges(c echo.Context) error {
	var q streamParams
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &q)); err != nil {
		return err
	}
	if last := c.Request().Header.Get("Last-Event-ID"); last != "" {
		q.Cursor = last
	}
	p := changeParams{Type: q.Type, Cursor: q.Cursor, Limit: paging.MaxLimit, IncludeData: q.IncludeData}
	ctx := c.Request().Context()
	at, err := s.positionOf(ctx, p)
	if err != nil {
		return err
	}
	if at == nil {
		now, err := paging.ReadState(ctx, s.db)
		if err != nil {
			return err
		}
		at = &logPosition{Epoch: s.epoch, Seq: now.Head, View: viewOf(ctx)}
	}
	held, err := s.streams.enter(c)
	if err != nil {
		return err
	}
	defer s.streams.leave(held)
	return s.stream(c, p, *at)
}

// stream sends the changes after a position until its time is over, the client disconnects or the service stops. An error
// after the first page only ends the stream; the client gets it when it reconnects.
func (s *server) stream(c echo.Context, p changeParams, at logPosition) error {
	ctx := c.Request().Context()
	end := time.Now().Add(s.config.StreamFor)
	page, err := s.readChanges(ctx, &at, p)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies must not buffer the stream
	h.Set(gzhttp.HeaderNoCompression, "true")
	c.Response().WriteHeader(http.StatusOK)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	err = s.event(c, "begin", at, struct{}{})
	for err == nil {
		if !s.sentAll(c, at, page.list) || !page.more && !s.pause(c, page.head, end) {
			return nil
		}
		at = page.next
		page, err = s.readChanges(ctx, &at, p)
	}
	return nil
}

// sentAll sends the changes after a position. It reports false if the client has disconnected.
func (s *server) sentAll(c echo.Context, at logPosition, list []Change) bool {
	for _, change := range list {
		at.Seq = change.Seq
		if err := s.event(c, "change", at, change); err != nil {
			return false
		}
	}
	return true
}

// pause waits for a log entry after head and sends heartbeats. It reports false if the stream must end: its time is over, the
// client disconnected, the service stops, or the rights of the key changed.
func (s *server) pause(c echo.Context, head int64, end time.Time) bool {
	ctx := c.Request().Context()
	for {
		left := time.Until(end)
		timer := time.NewTimer(min(heartbeat, left))
		grown := s.follower.beyond(ctx, head, timer.C)
		timer.Stop()
		if ctx.Err() != nil || isClosed(gone(ctx)) || isClosed(stopping(ctx)) || !grown && left < heartbeat {
			return false
		}
		if now, err := s.identify(ctx, c); err != nil || now.SeesOnlyPublished() != actor.From(ctx).SeesOnlyPublished() {
			return false
		}
		if grown {
			return true
		}
		if s.send(c, ": still here\n\n") != nil {
			return false
		}
	}
}

// isClosed reports whether a channel is closed; a nil channel is not.
func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// event sends one event. Its id is the position after it.
func (s *server) event(c echo.Context, name string, at logPosition, data any) error {
	b, err := json.Marshal(data, input.JSON)
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	return s.send(c, fmt.Sprintf("event: %s\nid: %s\ndata: %s\n\n", name, s.cursors.encodePosition(at), b))
}

// send sends a part of a stream at once.
func (s *server) send(c echo.Context, part string) error {
	to := http.NewResponseController(c.Response())
	if err := to.SetWriteDeadline(time.Now().Add(eventTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := c.Response().Write([]byte(part)); err != nil {
		return err
	}
	return to.Flush()
}
