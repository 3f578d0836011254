package api

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/formats/calendar"
	"roundtables.kz/registry/internal/formats/feed"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Round tables for calendars and feed readers. They subscribe to an address, so the response depends on the address only.

// ofCalendars and ofFeeds are the parameters of lists that calendars and feeds do not have.
var (
	ofCalendars = []string{"limit", "cursor", "count", "sort", "fields"}
	ofFeeds     = []string{"cursor", "count", "sort", "fields"}
)

// getCalendar sends round tables as a calendar.
//
//	@ID				getCalendar
//	@Summary		Get a calendar
//	@Description	Returns round tables for a subscription in a calendar program, with the filters of the list. The `UID` of an
//	@Description	event never changes, and `SEQUENCE` is its version. Times are local times of the event with their time zone
//	@Description	(`TZID`). `ORGANIZER` is the first organizer, `GEO` the position of the place. Cancelled events stay with `STATUS:CANCELLED`; postponed
//	@Description	events are `TENTATIVE`. Events without times are all-day. An event with a known month only spans that month
//	@Description	without blocking it. Events with a known year only, or without a date, are left out. Texts are in the language
//	@Description	of `lang`, or the next one of the chain ru, en, kk.
//	@Tags			Calendars and feeds
//	@Produce		text/calendar
//	@x-file			true
//	@x-without		["limit", "cursor", "count", "sort", "fields"]
//	@Param			filter	query		roundtable.Filter	false	"-"
//	@Success		200		{string}	string				"The calendar."
//	@Router			/v1/calendar.ics [get]
func (s *server) getCalendar(c echo.Context) error {
	var f roundtable.Filter
	if err := apperr.BadQuery(input.BindAll(c.QueryParams(), ofCalendars, &f)); err != nil {
		return err
	}
	return s.sendFile(c, s.cacheable(c), mediaICS, "round-tables.ics", func(ctx context.Context, tx pgx.Tx, to *download) error {
		return writeCalendar(ctx, tx, to, s.calendarOptions("Round tables", f.Lang), f, to.send)
	})
}

// mediaICS is the media type of calendars.
const mediaICS = "text/calendar; charset=utf-8"

func (s *server) calendarOptions(name, lang string) calendar.Options {
	return calendar.Options{
		Name: name, Lang: lang, Base: s.config.PublicBaseURL, Domain: s.calendarDomain, Authority: s.authority, License: License,
	}
}

// writeCalendar writes the round tables of a filter as a calendar. It reads them page by page and calls flush after each page.
func writeCalendar(ctx context.Context, tx pgx.Tx, to io.Writer, o calendar.Options, f roundtable.Filter, flush func() error) error {
	spans, err := roundtable.Spans(ctx, tx, f)
	if err != nil {
		return err
	}
	w := calendar.NewWriter(to, o, spans)
	if err := w.Begin(); err != nil {
		return err
	}
	for page, err := range paging.Walk(ctx, tx, roundtable.List, f) {
		if err != nil {
			return err
		}
		if err := errors.Join(w.Add(ctx, tx, page.Items), flush()); err != nil {
			return err
		}
	}
	return w.End()
}

// getAtomFeed sends the latest round tables as an Atom feed.
//
//	@ID				getAtomFeed
//	@Summary		Get an Atom feed
//	@Description	Returns the round tables that changed last, the latest first, with the filters of the list.
//	@Tags			Calendars and feeds
//	@Produce		application/atom+xml
//	@x-feed			true
//	@x-without		["cursor", "count", "sort", "fields"]
//	@Param			filter	query		roundtable.Filter	false	"-"
//	@Success		200		{string}	string				"The feed."
//	@Router			/v1/feed.atom [get]
func (s *server) getAtomFeed(c echo.Context) error {
	return s.sendFeed(c, func(m feed.Maker, list []roundtable.RoundTable) error {
		b, err := m.Atom(list)
		if err != nil {
			return err
		}
		return c.Blob(http.StatusOK, "application/atom+xml; charset=utf-8", b)
	})
}

// getJSONFeed sends the latest round tables as a JSON Feed.
//
//	@ID				getJsonFeed
//	@Summary		Get a JSON Feed
//	@Description	Returns the round tables that changed last, the latest first, with the filters of the list, as JSON Feed 1.1.
//	@Tags			Calendars and feeds
//	@Produce		application/feed+json
//	@x-feed			true
//	@x-without		["cursor", "count", "sort", "fields"]
//	@Param			filter	query		roundtable.Filter	false	"-"
//	@Success		200		{object}	feed.JSON			"The feed."
//	@Router			/v1/feed.json [get]
func (s *server) getJSONFeed(c echo.Context) error {
	return s.sendFeed(c, func(m feed.Maker, list []roundtable.RoundTable) error {
		return send(c, http.StatusOK, "application/feed+json", m.JSON(list))
	})
}

// sendFeed reads the round tables of a feed, which write sends; or it sends 304 if the client has the current feed.
func (s *server) sendFeed(c echo.Context, write func(feed.Maker, []roundtable.RoundTable) error) error {
	var f roundtable.Filter
	if err := apperr.BadQuery(input.BindAll(c.QueryParams(), ofFeeds, &f)); err != nil {
		return err
	}
	q := s.cacheable(c)
	if done, err := q.sendUnmodified(c); done || err != nil {
		return err
	}
	ctx := c.Request().Context()
	now, err := paging.ReadDated(ctx, s.db, s.releasedAt)
	if err != nil {
		return err
	}
	f.Sort = "-updated_at"
	page, err := roundtable.List(ctx, s.db, f)
	if err != nil {
		return err
	}
	last := &now.At
	if len(page.Items) == 0 {
		if last, err = changes.LastAt(ctx, s.db, actor.From(ctx).SeesOnlyPublished()); err != nil {
			return err
		}
	}
	h := c.Response().Header()
	q.describe(h, page.State, now)
	h.Set("Link", licenseLink)
	self := s.config.PublicBaseURL + c.Request().URL.Path
	if len(c.QueryParams()) > 0 {
		self += "?" + c.QueryParams().Encode()
	}
	return write(feed.Maker{
		Lang: f.Lang, Base: s.config.PublicBaseURL, Self: self, Authority: s.authority, License: feed.License{Name: licenseName, URL: License},
		Now: *cmp.Or(last, &now.At),
	}, page.Items)
}
