package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/formats/calendar"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Files about one record, at the address of the record with the type of the file: /v1/people/12.ics.

// splitExtension splits the path of such a file into that of the record and the extension: "/v1/people/:id", ".ics".
func splitExtension(path string) (record, extension string, ok bool) {
	record, extension, ok = strings.Cut(path, "/:id.")
	return record + "/:id", "." + extension, ok && !strings.Contains(extension, "/")
}

// recordFiles returns the routes of such files, by the paths of the records and the extensions.
func recordFiles(routes []Route) map[string]map[string]Route {
	files := map[string]map[string]Route{}
	for _, r := range routes {
		if record, extension, ok := splitExtension(r.Path); ok {
			if files[record] == nil {
				files[record] = map[string]Route{}
			}
			files[record][extension] = r
		}
	}
	return files
}

// withExtensions returns the handler of a record, which leaves ids with an extension to the handlers of the files. The router
// cannot tell them apart, because a parameter lasts until the next slash.
func withExtensions(record echo.HandlerFunc, files map[string]Route, guard func(Route) echo.HandlerFunc) echo.HandlerFunc {
	handlers := map[string]echo.HandlerFunc{}
	for extension, r := range files {
		handlers[extension] = guard(r)
	}
	return func(c echo.Context) error {
		name := c.Param("id")
		dot := strings.LastIndexByte(name, '.')
		if dot < 0 || handlers[name[dot:]] == nil {
			return record(c)
		}
		c.SetPath(files[name[dot:]].Path)
		c.SetParamValues(name[:dot])
		return handlers[name[dot:]](c)
	}
}

// recordFile is a file about one record.
type recordFile[T any] struct {
	mediaType, extension string
	get                  func(context.Context, pg.DB, int64) (T, error)
	streamed             bool         // whether it is always sent page by page
	large                func(T) bool // whether it is sent page by page; nil: as streamed says
	write                func(ctx context.Context, tx pgx.Tx, r T, to io.Writer, flush func() error) error
}

// send sends the file about the record in the path, or 304 if the client has it. The path may be that of the record.
func (f recordFile[T]) send(s *server, c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	collection := strings.Split(c.Path(), "/")[2]
	q := s.cacheableAt(c, fmt.Sprintf("/v1/%s/%d%s", collection, n, f.extension), c.QueryParams(), "")
	name := fmt.Sprintf("%s-%d%s", collection, n, f.extension)
	has := versionHeld(c)
	if has.tagged() { // a tag shows that the client has seen the file. Without one, the record must be read first: it may be hidden
		if done, err := q.sendUnmodified(c); done || err != nil {
			return err
		}
	}
	if !f.streamed || has.untagged() {
		if done, err := f.sendSmall(s, c, q, n, name); done || err != nil {
			return err
		}
	}
	return s.streamFile(c, q, f.mediaType, name, func(ctx context.Context, tx pgx.Tx, to *download) error {
		r, err := f.get(ctx, tx, n)
		if err != nil {
			return err
		}
		return f.write(ctx, tx, r, to, to.send)
	})
}

// sendSmall sends the file, or 304 if the client has it. It reports whether it did: a large file is left to streamFile.
func (f recordFile[T]) sendSmall(s *server, c echo.Context, q *cacheable, n int64, name string) (done bool, err error) {
	var body bytes.Buffer
	var now paging.Dated
	var unmodified, large bool
	ctx, cancel := context.WithTimeout(c.Request().Context(), s.config.RequestTimeout)
	defer cancel()
	err = changes.Snapshot(ctx, s.db, func(tx pgx.Tx) error {
		r, err := f.get(ctx, tx, n)
		if err != nil {
			return err
		}
		if now, err = paging.ReadDated(ctx, tx, s.releasedAt); err != nil {
			return err
		}
		unmodified = q.unmodified(versionHeld(c), now)
		if large = f.streamed || f.large != nil && f.large(r); unmodified || large {
			return nil
		}
		return f.write(ctx, tx, r, &body, func() error { return nil })
	})
	switch {
	case err != nil:
		return false, err
	case unmodified:
		return true, q.sendNotModified(c, now)
	case large:
		return false, nil
	}
	return true, s.sendWhole(c, q, f.mediaType, name, now.State, now, body.Bytes())
}

// getRoundTableCalendar sends a round table as a calendar.
//
//	@ID				getRoundTableCalendar
//	@Summary		Get a round table as a calendar
//	@Description	Returns a calendar with the round table as its event, as `GET /v1/calendar.ics` does. If not even the month of the
//	@Description	round table is known, the calendar has no event.
//	@Tags			Calendars and feeds
//	@Produce		text/calendar
//	@x-file			true
//	@Param			id		path		int				true	"The round table."
//	@Param			params	query		calendarParams	false	"-"
//	@Success		200		{string}	string			"The calendar."
//	@Router			/v1/round-tables/{id}.ics [get]
func (s *server) getRoundTableCalendar(c echo.Context) error {
	lang, err := calendarLanguage(c)
	if err != nil {
		return err
	}
	return recordFile[roundtable.RoundTable]{
		mediaType: mediaICS, extension: ".ics", get: roundtable.Get,
		write: func(ctx context.Context, tx pgx.Tx, r roundtable.RoundTable, to io.Writer, _ func() error) error {
			name, _ := r.Title.In(lang)
			w := calendar.NewWriter(to, s.calendarOptions(name, lang), r.Span())
			return errors.Join(w.Begin(), w.Add(ctx, tx, []roundtable.RoundTable{r}), w.End())
		},
	}.send(s, c)
}

// getPersonCalendar sends the round tables of a person as a calendar.
//
//	@ID				getPersonCalendar
//	@Summary		Get the round tables of a person as a calendar
//	@Description	Returns the round tables that the person attended or at which the person was quoted, as
//	@Description	`GET /v1/calendar.ics?person=` does.
//	@Tags			Calendars and feeds
//	@Produce		text/calendar
//	@x-file			true
//	@Param			id		path		int				true	"The person."
//	@Param			params	query		calendarParams	false	"-"
//	@Success		200		{string}	string			"The calendar."
//	@Router			/v1/people/{id}.ics [get]
func (s *server) getPersonCalendar(c echo.Context) error {
	lang, err := calendarLanguage(c)
	if err != nil {
		return err
	}
	return recordFile[person.Person]{
		mediaType: mediaICS, extension: ".ics", get: person.Get, streamed: true,
		write: func(ctx context.Context, tx pgx.Tx, p person.Person, to io.Writer, flush func() error) error {
			name, _ := p.Name.In(lang)
			return writeCalendar(ctx, tx, to, s.calendarOptions(name, lang), roundtable.Filter{Person: []int64{p.ID}}, flush)
		},
	}.send(s, c)
}

// calendarParams are the parameters of the calendar of one record.
type calendarParams struct {
	Lang string `query:"lang" form:"lang" validate:"omitempty,language" example:"ru"` // The language of the texts, or the next one of the chain ru, en, kk.
}

func calendarLanguage(c echo.Context) (string, error) {
	var p calendarParams
	err := apperr.BadQuery(input.Bind(c.QueryParams(), &p))
	return p.Lang, err
}
