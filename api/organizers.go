package api

import (
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/organizer"

	"github.com/labstack/echo/v4"
)

var organizers = resource[organizer.Input, organizer.Organizer, organizer.Filter]{
	Kind: history.Kind{Type: organizer.Type, Table: organizer.Table},
	one:  "organizer", many: "organizers",
	about: "Which organization held a round table, and how: organizer, host, partner, sponsor.",
	sorts: []string{"position", "starts_on"},
	list:  organizer.List, get: organizer.Get, create: organizer.Create, update: organizer.Update,
	input: func(r *organizer.Organizer) *organizer.Input { return &r.Input },
	notes: map[Feature]string{
		Create: "Without `position` the organizer becomes the last one of its round table. An organization that already has this part is rejected with 409.",
	},
}

// listOrganizersOfRoundTable sends a page of the organizers of one round table.
//
//	@ID				listOrganizersOfRoundTable
//	@Summary		List organizers of a round table
//	@Description	The list of organizers, limited to one round table.
//	@Tags			Round tables
//	@x-sort			["position", "starts_on"]
//	@Param			id		path		int				true	"The round table."
//	@Param			filter	query		organizer.Within	false	"-"
//	@Success		200		{object}	Page[organizer.Organizer]		"A page of organizers."
//	@Router			/v1/round-tables/{id}/organizers [get]
func (s *server) listOrganizersOfRoundTable(c echo.Context) error {
	return withinOf(s, c, organizer.ListWithin)
}
