package api

import (
	"roundtables.kz/registry/internal/role"

	"github.com/labstack/echo/v4"
)

// RolePage is a page of roles.
type RolePage = Page[role.Role] //	@name	RolePage

// listRoles answers a page of roles.
//
//	@ID			listRoles
//	@Summary	List roles
//	@Tags		Roles
//	@x-sort		["rank", "code", "updated_at"]
//	@Param		filter	query		role.Filter	false	"-"
//	@Success	200		{object}	RolePage		"A page of roles."
//	@Router		/v1/roles [get]
func (s *server) listRoles(c echo.Context) error { return listOf(s, c, role.List) }

// getRole answers one role.
//
//	@ID			getRole
//	@Summary	Get a role
//	@Tags		Roles
//	@Param		id		path		int			true	"The role."
//	@Param		params	query		itemParams	false	"-"
//	@Success	200		{object}	role.Role	"The role."
//	@Router		/v1/roles/{id} [get]
func (s *server) getRole(c echo.Context) error { return itemOf(s, c, role.Get) }

// createRole makes a role.
//
//	@ID				createRole
//	@Summary		Create a role
//	@Description	Attendees refer to a role by its `code`, which never changes.
//	@Tags			Roles
//	@Param			params	query		writeParams		false	"-"
//	@Param			role	body		role.Input	true	"The role."
//	@Success		201		{object}	role.Role	"The new role."
//	@Router			/v1/roles [post]
func (s *server) createRole(c echo.Context) error {
	return createOf(s, c, role.Create, role.Get)
}

// patchRole changes a role.
//
//	@ID			patchRole
//	@Summary	Change a role
//	@Tags		Roles
//	@Param		id		path		int				true	"The role."
//	@Param		params	query		writeParams		false	"-"
//	@Param		patch	body		role.Input	true	"What changes."
//	@Success	200		{object}	role.Role	"The role as it is now."
//	@Router		/v1/roles/{id} [patch]
func (s *server) patchRole(c echo.Context) error {
	return patchOf(s, c, role.Table, role.Type, role.Get, func(r *role.Role) *role.Input { return &r.Input }, role.Update)
}

// deleteRole deletes a role.
//
//	@ID				deleteRole
//	@Summary		Delete a role
//	@Description	Refused with 409 while other records refer to the role.
//	@Tags			Roles
//	@Param			id		path	int			true	"The role."
//	@Param			params	query	writeParams	false	"-"
//	@Success		204		"The role is gone, or would be after a dry run."
//	@Router			/v1/roles/{id} [delete]
func (s *server) deleteRole(c echo.Context) error {
	return deleteOf(s, c, role.Table, role.Type, role.Get)
}
