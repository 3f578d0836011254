package api

import (
	"context"
	"net/http"
	"net/url"

	"roundtables.kz/registry/internal/apperr"
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
//	@Description	event never changes, and `SEQUENCE` is its version. Cancelled events stay with `STATUS:CANCELLED`; postponed
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
	return s.sendFile(c, s.cacheable(c), "text/calendar; charset=utf-8", "round-tables.ics", func(ctx context.Context, tx pgx.Tx, to *download) error {
		w := calendar.Writer{W: to, Lang: f.Lang, Base: s.config.PublicBaseURL, Host: s.host()}
		if err := w.Begin(); err != nil {
			return err
		}
		for page, err := range paging.Walk(ctx, tx, roundtable.List, f) {
			if err != nil {
				return err
			}
			for _, r := range page.Items {
				if err := w.Add(r); err != nil {
					return err
				}
			}
			if err := to.send(); err != nil {
				return err
			}
		}
		return w.End()
	})
}

// host returns the host name for globally unique ids.
func (s *server) host() string {
	if u, err := url.Parse(s.config.PublicBaseURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "roundtables.kz"
}

// getAtomFeed sends the latest round tables as an Atom feed.
//
//	@ID				getAtomFeed
//	@Summary		Get an Atom feed
//	@Description	Returns the round tables that changed last, the latest first, with the filters of the list.
//	@Tags			Calendars and feeds
//	@Produce		application/atom+xml
//	@x-file			true
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
//	@x-file			true
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
	now, err := paging.ReadDated(ctx, s.db)
	if err != nil {
		return err
	}
	f.Sort = "-updated_at"
	page, err := roundtable.List(ctx, s.db, f)
	if err != nil {
		return err
	}
	q.describe(c.Response().Header(), page.State, now)
	self := s.config.PublicBaseURL + c.Request().URL.Path
	if len(c.QueryParams()) > 0 {
		self += "?" + c.QueryParams().Encode()
	}
	return write(feed.Maker{Lang: f.Lang, Base: s.config.PublicBaseURL, Self: self, Now: now.At}, page.Items)
}
