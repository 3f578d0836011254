package api

import (
	"roundtables.kz/registry/internal/statement"

	"github.com/labstack/echo/v4"
)

// StatementPage is a page of statements.
type StatementPage = Page[statement.Statement] //	@name	StatementPage

// listStatements answers a page of statements.
//
//	@ID			listStatements
//	@Summary	List statements
//	@Tags		Statements
//	@x-sort		["-starts_on", "sequence"]
//	@Param		filter	query		statement.Filter	false	"-"
//	@Success	200		{object}	StatementPage		"A page of statements."
//	@Router		/v1/statements [get]
func (s *server) listStatements(c echo.Context) error { return listOf(s, c, statement.List) }

// getStatement answers one statement.
//
//	@ID			getStatement
//	@Summary	Get a statement
//	@Tags		Statements
//	@Param		id		path		int			true	"The statement."
//	@Param		params	query		itemParams	false	"-"
//	@Success	200		{object}	statement.Statement	"The statement."
//	@Router		/v1/statements/{id} [get]
func (s *server) getStatement(c echo.Context) error { return itemOf(s, c, statement.Get) }

// createStatement makes a statement.
//
//	@ID				createStatement
//	@Summary		Create a statement
//	@Description	Without `sequence` it becomes the last one of its round table. The attendee who made it attends the same round table.
//	@Tags			Statements
//	@Param			params	query		writeParams		false	"-"
//	@Param			statement	body		statement.Input	true	"The statement."
//	@Success		201		{object}	statement.Statement	"The new statement."
//	@Router			/v1/statements [post]
func (s *server) createStatement(c echo.Context) error {
	return createOf(s, c, statement.Create, statement.Get)
}

// patchStatement changes a statement.
//
//	@ID			patchStatement
//	@Summary	Change a statement
//	@Tags		Statements
//	@Param		id		path		int				true	"The statement."
//	@Param		params	query		writeParams		false	"-"
//	@Param		patch	body		statement.Input	true	"What changes."
//	@Success	200		{object}	statement.Statement	"The statement as it is now."
//	@Router		/v1/statements/{id} [patch]
func (s *server) patchStatement(c echo.Context) error {
	return patchOf(s, c, statement.Table, statement.Type, statement.Get, func(r *statement.Statement) *statement.Input { return &r.Input }, statement.Update)
}

// deleteStatement deletes a statement.
//
//	@ID				deleteStatement
//	@Summary		Delete a statement
//	@Description	Refused with 409 while other records refer to the statement.
//	@Tags			Statements
//	@Param			id		path	int			true	"The statement."
//	@Param			params	query	writeParams	false	"-"
//	@Success		204		"The statement is gone, or would be after a dry run."
//	@Router			/v1/statements/{id} [delete]
func (s *server) deleteStatement(c echo.Context) error {
	return deleteOf(s, c, statement.Table, statement.Type, statement.Get)
}

// listStatementsOfRoundTable answers a page of the statements of one round table.
//
//	@ID				listStatementsOfRoundTable
//	@Summary		List statements of a round table
//	@Description	The list of statements narrowed to one round table, in the order of the source.
//	@Tags			Round tables
//	@x-sort			["sequence", "starts_on"]
//	@Param			id		path		int				true	"The round table."
//	@Param			filter	query		statement.Within	false	"-"
//	@Success		200		{object}	StatementPage		"A page of statements."
//	@Router			/v1/round-tables/{id}/statements [get]
func (s *server) listStatementsOfRoundTable(c echo.Context) error {
	return withinOf(s, c, statement.ListWithin)
}
