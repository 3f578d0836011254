package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
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
	maxStreams   = 8                // open at once by one client
	heartbeat    = 15 * time.Second // so that nothing on the way takes the connection for dead
	eventTimeout = 30 * time.Second // how long a client may take to accept what is sent
)

// streams counts the streams that each client has open.
type streams struct {
	mu   sync.Mutex
	open map[client]int
}

// enter takes a place for a client, if there is one, and gives what leaves it.
func (s *streams) enter(who client) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[who] >= maxStreams {
		return nil, false
	}
	s.open[who]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.open[who]--; s.open[who] == 0 {
			delete(s.open, who)
		}
	}, true
}

// streamParams are what the stream of changes takes.
type streamParams struct {
	Type        []feedType `query:"type" form:"type" validate:"max=50" enums:"feed"` // Only records of these types.
	Cursor      string     `query:"cursor" form:"cursor"`                            // Where to begin; the header Last-Event-ID, which browsers send when they connect again, goes before it. Without either: now.
	IncludeData bool       `query:"include_data" form:"include_data"`                // Tell each record, too, as its own address shows it.
	Lang        string     `query:"lang" form:"lang" validate:"omitempty,language"`  // Adds `<field>_text` and `<field>_lang` beside every text of the records, in this language or the next one of the chain ru, en, kk.
}

// streamChanges sends the changes as they come.
//
//	@ID				streamChanges
//	@Summary		Hear of changes as they come
//	@Description	Server-sent events: `event: change` with a Change as its data and a change cursor as its id. The first event, `begin`, has the cursor where the stream begins. A stream ends after some minutes, and when the service stops; whoever connects again with Last-Event-ID, as browsers do, misses nothing.
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
	p := changeParams{Type: q.Type, Cursor: q.Cursor, Limit: paging.MaxLimit, IncludeData: q.IncludeData, Lang: q.Lang}
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
	who := client{key: actor.From(ctx).KeyID}
	if who.key == 0 {
		who = clientOf(c.RealIP())
	}
	leave, ok := s.streams.enter(who)
	if !ok {
		return apperr.New(apperr.TooMany, "too_many_streams", "max", strconv.Itoa(maxStreams))
	}
	defer leave()
	return s.stream(c, p, *at)
}

// stream sends what comes after a place until the time is over, the client goes or the service stops. An error after the first page only ends the
// stream: the client connects again and hears it then.
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
	h.Set("X-Accel-Buffering", "no") // a proxy that gathers an answer would keep it for ever
	h.Set(gzhttp.HeaderNoCompression, "true")
	c.Response().WriteHeader(http.StatusOK)
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

// sentAll sends the changes after a place, and reports false when the client has gone.
func (s *server) sentAll(c echo.Context, at logPosition, list []Change) bool {
	for _, change := range list {
		at.Seq = change.Seq
		if err := s.event(c, "change", at, change); err != nil {
			return false
		}
	}
	return true
}

// pause waits for an entry of the log after head, with a sign of life now and then. It reports false when the stream is to end: at its time,
// with the client, the service, or the rights of the key.
func (s *server) pause(c echo.Context, head int64, end time.Time) bool {
	ctx := c.Request().Context()
	for {
		left := time.Until(end)
		timer := time.NewTimer(min(heartbeat, left))
		grown := s.follower.beyond(ctx, head, timer.C)
		timer.Stop()
		if ctx.Err() != nil || isStopping(ctx) || !grown && left < heartbeat {
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

// isStopping reports whether the service has begun to stop.
func isStopping(ctx context.Context) bool {
	select {
	case <-stopping(ctx):
		return true
	default:
		return false
	}
}

// event sends one event whose id is the place after it.
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
