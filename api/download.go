package api

import (
	"bufio"
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// sendTimeout is how long a client may take to accept a piece of a download; a whole download may take as long as it takes.
const sendTimeout = time.Minute

// downloadPaths are the beginnings of the routes whose answers are sent while they are made: they have no deadline but sendTimeout.
var downloadPaths = []string{"/v1/exports/", "/v1/calendar.ics"}

func isDownload(path string) bool {
	for _, begin := range downloadPaths {
		if strings.HasPrefix(path, begin) {
			return true
		}
	}
	return false
}

// cutOff is why an answer was broken off after its beginning had been sent.
type cutOff struct{ error }

func (c cutOff) Unwrap() error { return c.error }

// snapshot runs f in a transaction that sees one moment of the registry. Half of the connections are kept for other requests:
// when all others are taken, the error is apperr.Unavailable. An error after the answer has begun breaks the connection off,
// so that no client takes a part of the answer for the whole.
func (s *server) snapshot(c echo.Context, f func(ctx context.Context, tx pgx.Tx) error) error {
	select {
	case s.downloads <- struct{}{}:
		defer func() { <-s.downloads }()
	default:
		return apperr.New(apperr.Unavailable, "too_many_downloads")
	}
	ctx := c.Request().Context()
	err := changes.LongSnapshot(ctx, s.db, func(tx pgx.Tx) error { return f(ctx, tx) })
	switch {
	case errors.Is(err, errHead):
		return nil
	case err != nil && c.Response().Committed:
		c.Set(errorKey, cutOff{err})
		panic(http.ErrAbortHandler)
	}
	return err
}

// sendFile sends the file that f writes from one moment of the registry, with the change cursor of that moment.
func (s *server) sendFile(c echo.Context, mediaType, name string, f func(ctx context.Context, tx pgx.Tx, to *download) error) error {
	return s.snapshot(c, func(ctx context.Context, tx pgx.Tx) error {
		state, err := paging.ReadState(ctx, tx)
		if err != nil {
			return err
		}
		to := newDownload(c, http.Header{
			echo.HeaderContentType:        {mediaType},
			echo.HeaderContentDisposition: {`attachment; filename="` + name + `"`},
			echo.HeaderCacheControl:       {"no-store"},
		})
		to.setCursor(s.changeCursor(ctx, state.Head))
		if err := f(ctx, tx, to); err != nil {
			return err
		}
		return to.send()
	})
}

// download is an answer that is sent while it is made. Its header is sent with the first bytes: an error before them is still
// answered as a problem.
type download struct {
	*bufio.Writer
	c       echo.Context
	control *http.ResponseController
	header  http.Header
}

func newDownload(c echo.Context, header http.Header) *download {
	d := &download{c: c, control: http.NewResponseController(c.Response()), header: header}
	d.Writer = bufio.NewWriterSize(response{d}, 32<<10)
	return d
}

// setCursor sets the change cursor that is sent with the header.
func (d *download) setCursor(cursor string) { d.header.Set("X-Change-Cursor", cursor) }

// errHead ends a download that has answered HEAD.
var errHead = errors.New("HEAD is answered by the header")

// response is what a download writes its full buffers to.
type response struct{ *download }

func (r response) Write(b []byte) (int, error) {
	if err := r.begin(); err != nil {
		return 0, err
	}
	return r.c.Response().Write(b)
}

// begin sends the header, once, and gives the client new time to take what follows. It is errHead for HEAD.
func (d *download) begin() error {
	d.extend()
	if !d.c.Response().Committed {
		maps.Copy(d.c.Response().Header(), d.header)
		d.c.Response().WriteHeader(http.StatusOK)
	}
	if d.c.Request().Method == http.MethodHead {
		return errHead
	}
	return nil
}

// extend gives the client new time. Writers of tests have no deadline.
func (d *download) extend() { _ = d.control.SetWriteDeadline(time.Now().Add(sendTimeout)) }

// send sends what has been written so far. Without any output, as for a workbook, it only moves the deadline.
func (d *download) send() error {
	d.extend()
	if d.c.Request().Method == http.MethodHead {
		return d.begin()
	}
	if err := d.Flush(); err != nil {
		return err
	}
	if d.c.Response().Committed {
		if err := d.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
	}
	return d.c.Request().Context().Err()
}
