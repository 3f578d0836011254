package api

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// stall is how long a client may take to accept a piece of a download; a whole download may take as long as it takes.
const stall = time.Minute

// stallDatabase ends the transaction of a download that has not asked for its next records for so long.
const stallDatabase = "5min"

// sentWhole are the beginnings of the routes whose answers are sent while they are made: they have no deadline but stall.
var sentWhole = []string{"/v1/exports/", "/v1/calendar.ics"}

func isSentWhole(path string) bool {
	for _, begin := range sentWhole {
		if strings.HasPrefix(path, begin) {
			return true
		}
	}
	return false
}

// cutOff is why an answer was broken off after its beginning had been sent.
type cutOff struct{ error }

func (c cutOff) Unwrap() error { return c.error }

// snapshot runs f in a transaction that sees one moment of the registry. Only so many run at once that other requests
// still find connections: one too many is apperr.Unavailable. An error after the answer has begun breaks the connection
// off, so that no client takes the part for the whole.
func (s *server) snapshot(c echo.Context, f func(ctx context.Context, tx pgx.Tx) error) error {
	select {
	case s.downloads <- struct{}{}:
		defer func() { <-s.downloads }()
	default:
		return apperr.New(apperr.Unavailable, "too_many_downloads")
	}
	err := s.readOnly(c.Request().Context(), f)
	if err != nil && c.Response().Committed {
		c.Set(errorKey, cutOff{err})
		panic(http.ErrAbortHandler)
	}
	return err
}

func (s *server) readOnly(ctx context.Context, f func(ctx context.Context, tx pgx.Tx) error) error {
	return changes.Snapshot(ctx, s.db, func(tx pgx.Tx) error {
		if err := pg.Exec(ctx, tx, "SET LOCAL idle_in_transaction_session_timeout = '"+stallDatabase+"'", nil); err != nil {
			return err
		}
		return f(ctx, tx)
	})
}

// download is an answer that is sent while it is made.
type download struct {
	*bufio.Writer
	c       echo.Context
	control *http.ResponseController
}

func newDownload(c echo.Context) *download {
	d := &download{c: c, control: http.NewResponseController(c.Response())}
	d.Writer = bufio.NewWriterSize(piece{d}, 32<<10)
	return d
}

// piece sends what has gathered, and gives the client new time to take it.
type piece struct{ *download }

func (p piece) Write(b []byte) (int, error) {
	p.extend()
	return p.c.Response().Write(b)
}

// extend moves the deadline forward: it is for one piece only. Writers of tests have none.
func (d *download) extend() { _ = d.control.SetWriteDeadline(time.Now().Add(stall)) }

// begin sends the headers of a file.
func (d *download) begin(mediaType, name, cursor string) {
	h := d.c.Response().Header()
	h.Set(echo.HeaderContentType, mediaType)
	h.Set("X-Change-Cursor", cursor)
	h.Set("Cache-Control", "no-store")
	if name != "" {
		h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	}
	d.c.Response().WriteHeader(http.StatusOK)
}

// send sends what there is, however little.
func (d *download) send() error {
	if err := d.Flush(); err != nil {
		return err
	}
	if err := d.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return d.c.Request().Context().Err()
}
