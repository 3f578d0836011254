package api

import (
	"roundtables.kz/registry/internal/affiliation"

	"github.com/labstack/echo/v4"
)

// AffiliationPage is a page of affiliations.
type AffiliationPage = Page[affiliation.Affiliation] //	@name	AffiliationPage

// listAffiliations answers a page of affiliations.
//
//	@ID			listAffiliations
//	@Summary	List affiliations
//	@Tags		Affiliations
//	@x-sort		["-from", "updated_at"]
//	@Param		filter	query		affiliation.Filter	false	"-"
//	@Success	200		{object}	AffiliationPage		"A page of affiliations."
//	@Router		/v1/affiliations [get]
func (s *server) listAffiliations(c echo.Context) error { return listOf(s, c, affiliation.List) }

// getAffiliation answers one affiliation.
//
//	@ID			getAffiliation
//	@Summary	Get an affiliation
//	@Tags		Affiliations
//	@Param		id		path		int			true	"The affiliation."
//	@Param		params	query		itemParams	false	"-"
//	@Success	200		{object}	affiliation.Affiliation	"The affiliation."
//	@Router		/v1/affiliations/{id} [get]
func (s *server) getAffiliation(c echo.Context) error { return itemOf(s, c, affiliation.Get) }

// createAffiliation makes an affiliation.
//
//	@ID				createAffiliation
//	@Summary		Create an affiliation
//	@Description	The same position with the same beginning is refused with 409.
//	@Tags			Affiliations
//	@Param			params	query		writeParams		false	"-"
//	@Param			affiliation	body		affiliation.Input	true	"The affiliation."
//	@Success		201		{object}	affiliation.Affiliation	"The new affiliation."
//	@Router			/v1/affiliations [post]
func (s *server) createAffiliation(c echo.Context) error {
	return createOf(s, c, affiliation.Create, affiliation.Get)
}

// patchAffiliation changes an affiliation.
//
//	@ID			patchAffiliation
//	@Summary	Change an affiliation
//	@Tags		Affiliations
//	@Param		id		path		int				true	"The affiliation."
//	@Param		params	query		writeParams		false	"-"
//	@Param		patch	body		affiliation.Input	true	"What changes."
//	@Success	200		{object}	affiliation.Affiliation	"The affiliation as it is now."
//	@Router		/v1/affiliations/{id} [patch]
func (s *server) patchAffiliation(c echo.Context) error {
	return patchOf(s, c, affiliation.Table, affiliation.Type, affiliation.Get, func(r *affiliation.Affiliation) *affiliation.Input { return &r.Input }, affiliation.Update)
}

// deleteAffiliation deletes an affiliation.
//
//	@ID				deleteAffiliation
//	@Summary		Delete an affiliation
//	@Description	Refused with 409 while other records refer to the affiliation.
//	@Tags			Affiliations
//	@Param			id		path	int			true	"The affiliation."
//	@Param			params	query	writeParams	false	"-"
//	@Success		204		"The affiliation is gone, or would be after a dry run."
//	@Router			/v1/affiliations/{id} [delete]
func (s *server) deleteAffiliation(c echo.Context) error {
	return deleteOf(s, c, affiliation.Table, affiliation.Type, affiliation.Get)
}
