package api

import (
	"roundtables.kz/registry/internal/organizer"

	"github.com/labstack/echo/v4"
)

// OrganizerPage is a page of organizers.
type OrganizerPage = Page[organizer.Organizer] //	@name	OrganizerPage

// listOrganizers answers a page of organizers.
//
//	@ID			listOrganizers
//	@Summary	List organizers
//	@Tags		Organizers
//	@x-sort		["position", "starts_on"]
//	@Param		filter	query		organizer.Filter	false	"-"
//	@Success	200		{object}	OrganizerPage		"A page of organizers."
//	@Router		/v1/organizers [get]
func (s *server) listOrganizers(c echo.Context) error { return listOf(s, c, organizer.List) }

// getOrganizer answers one organizer.
//
//	@ID			getOrganizer
//	@Summary	Get an organizer
//	@Tags		Organizers
//	@Param		id		path		int			true	"The organizer."
//	@Param		params	query		itemParams	false	"-"
//	@Success	200		{object}	organizer.Organizer	"The organizer."
//	@Router		/v1/organizers/{id} [get]
func (s *server) getOrganizer(c echo.Context) error { return itemOf(s, c, organizer.Get) }

// createOrganizer makes an organizer.
//
//	@ID				createOrganizer
//	@Summary		Create an organizer
//	@Description	Without `position` it becomes the last one of its round table. An organization that has this part already is refused with 409.
//	@Tags			Organizers
//	@Param			params	query		writeParams		false	"-"
//	@Param			organizer	body		organizer.Input	true	"The organizer."
//	@Success		201		{object}	organizer.Organizer	"The new organizer."
//	@Router			/v1/organizers [post]
func (s *server) createOrganizer(c echo.Context) error {
	return createOf(s, c, organizer.Create, organizer.Get)
}

// patchOrganizer changes an organizer.
//
//	@ID			patchOrganizer
//	@Summary	Change an organizer
//	@Tags		Organizers
//	@Param		id		path		int				true	"The organizer."
//	@Param		params	query		writeParams		false	"-"
//	@Param		patch	body		organizer.Input	true	"What changes."
//	@Success	200		{object}	organizer.Organizer	"The organizer as it is now."
//	@Router		/v1/organizers/{id} [patch]
func (s *server) patchOrganizer(c echo.Context) error {
	return patchOf(s, c, organizer.Table, organizer.Type, organizer.Get, func(r *organizer.Organizer) *organizer.Input { return &r.Input }, organizer.Update)
}

// deleteOrganizer deletes an organizer.
//
//	@ID				deleteOrganizer
//	@Summary		Delete an organizer
//	@Description	Refused with 409 while other records refer to the organizer.
//	@Tags			Organizers
//	@Param			id		path	int			true	"The organizer."
//	@Param			params	query	writeParams	false	"-"
//	@Success		204		"The organizer is gone, or would be after a dry run."
//	@Router			/v1/organizers/{id} [delete]
func (s *server) deleteOrganizer(c echo.Context) error {
	return deleteOf(s, c, organizer.Table, organizer.Type, organizer.Get)
}

// listOrganizersOfRoundTable answers a page of the organizers of one round table.
//
//	@ID				listOrganizersOfRoundTable
//	@Summary		List organizers of a round table
//	@Description	The list of organizers narrowed to one round table.
//	@Tags			Round tables
//	@x-sort			["position", "starts_on"]
//	@Param			id		path		int				true	"The round table."
//	@Param			filter	query		organizer.Within	false	"-"
//	@Success		200		{object}	OrganizerPage		"A page of organizers."
//	@Router			/v1/round-tables/{id}/organizers [get]
func (s *server) listOrganizersOfRoundTable(c echo.Context) error {
	return withinOf(s, c, organizer.ListWithin)
}
