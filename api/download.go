package api

import (
	"bufio"
	"context"
	"errors"
	"maps"
	"net/http"
	"time"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// sendTimeout is how long a client may take to accept a part of a download. A whole download has no time limit.
const sendTimeout = time.Minute

// cutOff is the error that ended a response after its first bytes had been sent.
type cutOff struct{ error }

func (c cutOff) Unwrap() error { return c.error }

// slotKey is where snapshot stores the slot of a download.
const slotKey = "slot"

// snapshot runs f in a transaction that sees one moment of the registry. It takes one of the slots of downloads. An
// error after the first bytes closes the connection, so that the client notices that the response is incomplete.
func (s *server) snapshot(c echo.Context, f func(ctx context.Context, tx pgx.Tx) error) error {
	held, err := s.downloads.enter(c)
	if err != nil {
		return err
	}
	defer s.downloads.leave(held)
	c.Set(slotKey, held)
	ctx := c.Request().Context()
	err = changes.LongSnapshot(ctx, s.db, func(tx pgx.Tx) error { return f(ctx, tx) })
	switch {
	case errors.Is(err, errHead):
		return nil
	case err != nil && c.Response().Committed:
		c.Set(errorKey, cutOff{err})
		panic(http.ErrAbortHandler)
	}
	return err
}

// sendFile sends the file that f writes from one moment of the registry, with the change cursor of that moment; or 304 if the
// client has the current file. q is nil if the file depends on more than the change log.
func (s *server) sendFile(c echo.Context, q *cacheable, mediaType, name string, f func(ctx context.Context, tx pgx.Tx, to *download) error) error {
	if done, err := q.sendUnmodified(c); done || err != nil {
		return err
	}
	return s.streamFile(c, q, mediaType, name, f)
}

// streamFile is sendFile for a client that does not have the current file.
func (s *server) streamFile(c echo.Context, q *cacheable, mediaType, name string, f func(ctx context.Context, tx pgx.Tx, to *download) error) error {
	return s.snapshot(c, func(ctx context.Context, tx pgx.Tx) error {
		now, err := paging.ReadDated(ctx, tx, s.releasedAt)
		if err != nil {
			return err
		}
		to := newDownload(c, fileHeader(mediaType, name))
		to.setState = func(state paging.State) string {
			q.describe(to.header, state, now)
			cursor := s.changeCursor(ctx, state.Head)
			to.header.Set("X-Change-Cursor", cursor)
			return cursor
		}
		to.setState(now.State)
		if err := f(ctx, tx, to); err != nil {
			return err
		}
		if err := to.send(); err != nil {
			return err
		}
		return to.begin() // an empty file has a header, too
	})
}

// sendWhole sends a file that is in memory, with the headers that sendFile sets. state is that of its content. now is a state that was
// read before or with it: the file has Last-Modified if they are the same.
func (s *server) sendWhole(c echo.Context, q *cacheable, mediaType, name string, state paging.State, now paging.Dated, body []byte) error {
	h := c.Response().Header()
	maps.Copy(h, fileHeader(mediaType, name))
	q.describe(h, state, now)
	h.Set("X-Change-Cursor", s.changeCursor(c.Request().Context(), state.Head))
	return c.Blob(http.StatusOK, mediaType, body)
}

// datedName returns the name of a file that shows a collection as it is today: "people-2020-02-27.csv".
func (s *server) datedName(collection, extension string) string {
	return collection + "-" + s.config.Now().UTC().Format(time.DateOnly) + "." + extension
}

// fileHeader returns the header of every file.
func fileHeader(mediaType, name string) http.Header {
	return http.Header{
		echo.HeaderContentType:        {mediaType},
		echo.HeaderContentDisposition: {`attachment; filename="` + name + `"`},
		"Link":                        {licenseLink},
	}
}

// download is a response that is sent while it is created. Its header is sent with the first bytes, so an earlier error is
// still returned as a problem.
type download struct {
	*bufio.Writer
	c       echo.Context
	control *http.ResponseController
	header  http.Header
	slot    *slot

	setState func(paging.State) (cursor string) // sets what the header says of the state of the content
}

func newDownload(c echo.Context, header http.Header) *download {
	d := &download{c: c, control: http.NewResponseController(c.Response()), header: header}
	d.slot, _ = c.Get(slotKey).(*slot)
	d.Writer = bufio.NewWriterSize(response{d}, 32<<10)
	return d
}

// errHead ends a download after the header of a response to HEAD.
var errHead = errors.New("a response to HEAD has no body")

// response receives the full buffers of a download.
type response struct{ *download }

func (r response) Write(b []byte) (n int, err error) {
	if err := r.begin(); err != nil {
		return 0, err
	}
	err = r.slot.write(func() (err error) {
		n, err = r.c.Response().Write(b)
		return err
	})
	return n, err
}

// begin sends the header once and extends the deadline. It returns errHead for HEAD.
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

// extend extends the deadline. The response writers of tests have none.
func (d *download) extend() { _ = d.control.SetWriteDeadline(time.Now().Add(sendTimeout)) }

// send sends what has been written so far. Without output, as for a workbook, it only extends the deadline.
func (d *download) send() error {
	d.extend()
	if d.c.Request().Method == http.MethodHead {
		return d.begin()
	}
	if err := d.Flush(); err != nil {
		return err
	}
	if d.c.Response().Committed {
		if err := d.slot.write(d.control.Flush); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
	}
	return d.c.Request().Context().Err()
}
