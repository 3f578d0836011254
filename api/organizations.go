package api

import (
	"context"

	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/labstack/echo/v4"
)

// OrganizationPage is a page of organizations.
type OrganizationPage = Page[Organization] //	@name	OrganizationPage

// listOrganizations answers a page of organizations.
//
//	@ID			listOrganizations
//	@Summary	List organizations
//	@Tags		Organizations
//	@x-sort		["name", "updated_at"]
//	@Param		filter	query		organizationQuery	false	"-"
//	@Success	200		{object}	OrganizationPage		"A page of organizations."
//	@Router		/v1/organizations [get]
func (s *server) listOrganizations(c echo.Context) error {
	return listOf(s, c, func(ctx context.Context, db pg.DB, q organizationQuery) (paging.Page[Organization], error) {
		found, err := sought(ctx, s.organizations, q.Q)
		if err != nil {
			return paging.Page[Organization]{}, err
		}
		q.Found = found
		page, err := organization.List(ctx, db, q.Filter)
		return pageWith(ctx, db, page, err, q.Include, withOrganizations)
	})
}

// getOrganization answers one organization.
//
//	@ID			getOrganization
//	@Summary	Get an organization
//	@Tags		Organizations
//	@Param		id		path		int			true	"The organization."
//	@Param		params	query		organizationParams	false	"-"
//	@Success	200		{object}	Organization	"The organization."
//	@Router		/v1/organizations/{id} [get]
func (s *server) getOrganization(c echo.Context) error {
	var p organizationParams
	return itemWith(s, c, &p, &p.itemParams, getWith(&p.itemParams, &p.Include, organization.Get, withOrganizations))
}

// createOrganization makes an organization.
//
//	@ID				createOrganization
//	@Summary		Create an organization
//	@Description	A name that is most likely another spelling of one that is there is refused with 409 and the candidates, unless
//	@Description	`allow_duplicate=true`: then it is kept that they are not the same.
//	@Tags			Organizations
//	@Param			params	query		duplicateParams		false	"-"
//	@Param			organization	body		organization.Input	true	"The organization."
//	@Success		201		{object}	organization.Organization	"The new organization."
//	@Router			/v1/organizations [post]
func (s *server) createOrganization(c echo.Context) error {
	return createDistinct(s, c, organization.Type, s.organizations, organization.Distinct, organization.Create, organization.Get)
}

// patchOrganization changes an organization.
//
//	@ID			patchOrganization
//	@Summary	Change an organization
//	@Tags		Organizations
//	@Param		id		path		int				true	"The organization."
//	@Param		params	query		writeParams		false	"-"
//	@Param		patch	body		organization.Input	true	"What changes."
//	@Success	200		{object}	organization.Organization	"The organization as it is now."
//	@Router		/v1/organizations/{id} [patch]
func (s *server) patchOrganization(c echo.Context) error {
	return patchOf(s, c, organization.Table, organization.Type, organization.Get, func(r *organization.Organization) *organization.Input { return &r.Input }, organization.Update)
}

// deleteOrganization deletes an organization.
//
//	@ID				deleteOrganization
//	@Summary		Delete an organization
//	@Description	Refused with 409 while other records refer to the organization.
//	@Tags			Organizations
//	@Param			id		path	int			true	"The organization."
//	@Param			params	query	writeParams	false	"-"
//	@Success		204		"The organization is gone, or would be after a dry run."
//	@Router			/v1/organizations/{id} [delete]
func (s *server) deleteOrganization(c echo.Context) error {
	return deleteOf(s, c, organization.Table, organization.Type, organization.Get)
}
