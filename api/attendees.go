package api

import (
	"context"

	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/labstack/echo/v4"
)

// AttendeePage is a page of attendees.
type AttendeePage = Page[Attendee] //	@name	AttendeePage

// listAttendees answers a page of attendees.
//
//	@ID			listAttendees
//	@Summary	List attendees
//	@Description	With `resolved=false` each comes with `candidates`: people and organizations that the name as listed may mean, `match` before `possible`; an organization that both have makes surer. A page has 100 records at most then.
//	@Tags		Attendees
//	@x-sort		["-starts_on", "position"]
//	@Param		filter	query		attendeeQuery	false	"-"
//	@Success	200		{object}	AttendeePage		"A page of attendees."
//	@Router		/v1/attendees [get]
func (s *server) listAttendees(c echo.Context) error {
	return listOf(s, c, func(ctx context.Context, db pg.DB, q attendeeQuery) (paging.Page[Attendee], error) {
		page, err := attendee.List(ctx, db, q.Filter)
		return pageWith(ctx, db, page, err, q.parts(), s.withCandidates)
	})
}

// getAttendee answers one attendee.
//
//	@ID			getAttendee
//	@Summary	Get an attendee
//	@Tags		Attendees
//	@Param		id		path		int			true	"The attendee."
//	@Param		params	query		attendeeParams	false	"-"
//	@Success	200		{object}	Attendee	"The attendee."
//	@Router		/v1/attendees/{id} [get]
func (s *server) getAttendee(c echo.Context) error {
	var p attendeeParams
	return itemWith(s, c, &p, &p.itemParams, getWith(&p.itemParams, &p.Include, attendee.Get, withAttendees))
}

// createAttendee makes an attendee.
//
//	@ID				createAttendee
//	@Summary		Create an attendee
//	@Description	Without `position` it becomes the last one of its round table. A person or an organization that attends already is refused with 409.
//	@Tags			Attendees
//	@Param			params	query		writeParams		false	"-"
//	@Param			attendee	body		attendee.Input	true	"The attendee."
//	@Success		201		{object}	attendee.Attendee	"The new attendee."
//	@Router			/v1/attendees [post]
func (s *server) createAttendee(c echo.Context) error {
	return createOf(s, c, attendee.Create, attendee.Get)
}

// patchAttendee changes an attendee.
//
//	@ID			patchAttendee
//	@Summary	Change an attendee
//	@Tags		Attendees
//	@Param		id		path		int				true	"The attendee."
//	@Param		params	query		writeParams		false	"-"
//	@Param		patch	body		attendee.Input	true	"What changes."
//	@Success	200		{object}	attendee.Attendee	"The attendee as it is now."
//	@Router		/v1/attendees/{id} [patch]
func (s *server) patchAttendee(c echo.Context) error {
	return patchOf(s, c, attendee.Table, attendee.Type, attendee.Get, func(r *attendee.Attendee) *attendee.Input { return &r.Input }, attendee.Update)
}

// deleteAttendee deletes an attendee.
//
//	@ID				deleteAttendee
//	@Summary		Delete an attendee
//	@Description	Refused with 409 while other records refer to the attendee.
//	@Tags			Attendees
//	@Param			id		path	int			true	"The attendee."
//	@Param			params	query	writeParams	false	"-"
//	@Success		204		"The attendee is gone, or would be after a dry run."
//	@Router			/v1/attendees/{id} [delete]
func (s *server) deleteAttendee(c echo.Context) error {
	return deleteOf(s, c, attendee.Table, attendee.Type, attendee.Get)
}

// listAttendeesOfRoundTable answers a page of the attendees of one round table.
//
//	@ID				listAttendeesOfRoundTable
//	@Summary		List attendees of a round table
//	@Description	The list of attendees narrowed to one round table, in the order of the source. With `resolved=false` each comes with `candidates`, as there.
//	@Tags			Round tables
//	@x-sort			["position", "starts_on"]
//	@Param			id		path		int				true	"The round table."
//	@Param			filter	query		attendeeWithinQuery	false	"-"
//	@Success		200		{object}	AttendeePage		"A page of attendees."
//	@Router			/v1/round-tables/{id}/attendees [get]
func (s *server) listAttendeesOfRoundTable(c echo.Context) error {
	return withinOf(s, c, func(ctx context.Context, db pg.DB, roundTable int64, q attendeeWithinQuery) (paging.Page[Attendee], error) {
		page, err := attendee.ListWithin(ctx, db, roundTable, q.Within)
		return pageWith(ctx, db, page, err, q.parts(), s.withCandidates)
	})
}
