package api

import (
	"net/http"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/check"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/labstack/echo/v4"
)

// Check lists what is missing or odd in an event.
//
//	@Description	What is missing or odd in an event, errors first.
type Check struct {
	Findings []check.Finding `json:"findings"`
} //	@name	RoundTableCheck

// PublishedRoundTable is a round table after its publication.
//
//	@Description	The published round table, with what an editor should still look at.
type PublishedRoundTable struct {
	roundtable.RoundTable
	// What is missing or odd. None of it prevents the publication.
	Findings []check.Finding `json:"findings"`
} //	@name	PublishedRoundTable

// QualityPage is a page of findings.
//
//	@Description	A page of findings, with their numbers by code.
type QualityPage struct {
	Data []check.Finding `json:"data"` // The findings of this page, in order.
	Page PageInfo        `json:"page"`
	Meta ListMeta        `json:"meta"`
	// Numbers of all findings that match the filters, by code.
	Counts map[string]int64 `json:"counts"`
} //	@name	QualityPage

// translated writes the messages of findings in a language.
func translated(lang string, list []check.Finding) []check.Finding {
	for i := range list {
		list[i].Translate(lang)
	}
	if list == nil {
		list = []check.Finding{}
	}
	return list
}

// checkRoundTable checks an event before its publication.
//
//	@ID				checkRoundTable
//	@Summary		Check a round table
//	@Description	Lists what is missing or odd, errors first, each with the request that mends it: no date, place, source or
//	@Description	language; attendees without a position or not linked to a record; statements without an original or in the same
//	@Description	place; names that mix scripts; malformed links; a similar event. Errors prevent publication, warnings do not.
//	@Tags			Round tables
//	@Param			id	path		int		true	"The round table."
//	@Success		200	{object}	Check	"The findings; none if the list is empty."
//	@Router			/v1/round-tables/{id}/check [get]
func (s *server) checkRoundTable(c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	if err := noQuery(c); err != nil {
		return err
	}
	ctx := c.Request().Context()
	if err := changes.See(ctx, s.db, roundtable.Table, roundtable.Type, n); err != nil {
		return err
	}
	list, err := check.Of(ctx, s.db, n)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, Check{translated(messageLanguage(c.Request()), list)})
}

// listQuality lists the findings in all events.
//
//	@ID				listQuality
//	@Summary		List what is missing or odd
//	@Description	The findings of `GET /v1/round-tables/{id}/check` in all events, with their numbers by code.
//	@Tags			Round tables
//	@x-sort			["severity", "round_table"]
//	@x-fresh		true
//	@Param			filter	query		check.Filter	false	"-"
//	@Success		200		{object}	QualityPage		"A page of findings, errors first."
//	@Router			/v1/quality [get]
func (s *server) listQuality(c echo.Context) error {
	f, err := query[check.Filter](s, c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	page, err := check.List(ctx, s.db, f)
	if err != nil {
		return err
	}
	out := QualityPage{Data: translated(messageLanguage(c.Request()), page.Items), Page: PageInfo{Limit: page.Limit},
		Meta: ListMeta{
			Cursor: s.changeCursor(ctx, page.State.Head), Total: page.Total, TotalEstimated: page.Estimated, License: License,
		}}
	if page.Next != nil {
		s.linkNext(c, &out.Page, s.cursors.encode(page.Next, c.Request().URL.Path, c.QueryParams()))
	}
	if out.Counts, err = check.Counts(ctx, s.db, f); err != nil {
		return err
	}
	if len(f.Fields) == 0 {
		return send(c, http.StatusOK, echo.MIMEApplicationJSON, out)
	}
	projected, err := project(out.Data, f.Fields)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, map[string]any{"data": projected, "page": out.Page, "meta": out.Meta, "counts": out.Counts})
}
