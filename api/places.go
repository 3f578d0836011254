package api

import (
	"roundtables.kz/registry/internal/place"

	"github.com/labstack/echo/v4"
)

// PlacePage is a page of places.
type PlacePage = Page[place.Place] //	@name	PlacePage

// listPlaces answers a page of places.
//
//	@ID			listPlaces
//	@Summary	List places
//	@Tags		Places
//	@x-sort		["name", "updated_at"]
//	@Param		filter	query		place.Filter	false	"-"
//	@Success	200		{object}	PlacePage		"A page of places."
//	@Router		/v1/places [get]
func (s *server) listPlaces(c echo.Context) error {
	if c.QueryParam("q") != "" { // keys of names may be made anew, which the log does not say
		return freshListOf(s, c, place.List)
	}
	return listOf(s, c, place.List)
}

// getPlace answers one place.
//
//	@ID			getPlace
//	@Summary	Get a place
//	@Tags		Places
//	@Param		id		path		int			true	"The place."
//	@Param		params	query		itemParams	false	"-"
//	@Success	200		{object}	place.Place	"The place."
//	@Router		/v1/places/{id} [get]
func (s *server) getPlace(c echo.Context) error { return itemOf(s, c, place.Get) }

// createPlace makes a place.
//
//	@ID				createPlace
//	@Summary		Create a place
//	@Tags			Places
//	@Param			params	query		writeParams		false	"-"
//	@Param			place	body		place.Input	true	"The place."
//	@Success		201		{object}	place.Place	"The new place."
//	@Router			/v1/places [post]
func (s *server) createPlace(c echo.Context) error {
	return createOf(s, c, place.Create, place.Get)
}

// patchPlace changes a place.
//
//	@ID			patchPlace
//	@Summary	Change a place
//	@Tags		Places
//	@Param		id		path		int				true	"The place."
//	@Param		params	query		writeParams		false	"-"
//	@Param		patch	body		place.Input	true	"What changes."
//	@Success	200		{object}	place.Place	"The place as it is now."
//	@Router		/v1/places/{id} [patch]
func (s *server) patchPlace(c echo.Context) error {
	return patchOf(s, c, place.Table, place.Type, place.Get, func(r *place.Place) *place.Input { return &r.Input }, place.Update)
}

// deletePlace deletes a place.
//
//	@ID				deletePlace
//	@Summary		Delete a place
//	@Description	Refused with 409 while other records refer to the place.
//	@Tags			Places
//	@Param			id		path	int			true	"The place."
//	@Param			params	query	writeParams	false	"-"
//	@Success		204		"The place is gone, or would be after a dry run."
//	@Router			/v1/places/{id} [delete]
func (s *server) deletePlace(c echo.Context) error {
	return deleteOf(s, c, place.Table, place.Type, place.Get)
}
