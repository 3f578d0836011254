package api

import (
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/statement"

	"github.com/labstack/echo/v4"
)

var statements = resource[statement.Input, statement.Statement, statement.Filter]{
	Kind: history.Kind{
		Type: statement.Type, Table: statement.Table,
		Parts: []history.Part{
			history.Objects("texts", "statement_texts", "statement_id", "lang text", "text text", "original boolean", "translator text"),
			history.References("topic_ids", "statement_topics", "statement_id", "topic_id"),
			history.References("mentions,person_ids", "statement_people", "statement_id", "person_id"),
			history.References("mentions,organization_ids", "statement_organizations", "statement_id", "organization_id"),
			history.References("mentions,place_ids", "statement_places", "statement_id", "place_id"),
			history.References("mentions,document_ids", "statement_documents", "statement_id", "document_id"),
		},
	},
	one: "statement", many: "statements",
	about: "What was said: verbatim, paraphrased or jointly, in the order of the event.",
	sorts: []string{"-starts_on", "sequence"},
	list:  statement.List, get: statement.Get, create: statement.Create, update: statement.Update,
	input: func(r *statement.Statement) *statement.Input { return &r.Input },
	notes: map[Feature]string{
		Create: "Without `sequence` the statement becomes the last one of its round table. Its attendee must attend the same round table.",
	},
}

// listStatementsOfRoundTable sends a page of the statements of one round table.
//
//	@ID				listStatementsOfRoundTable
//	@Summary		List statements of a round table
//	@Description	The list of statements, limited to one round table, in the order of the source.
//	@Tags			Round tables
//	@x-sort			["sequence", "starts_on"]
//	@Param			id		path		int				true	"The round table."
//	@Param			filter	query		statement.Within	false	"-"
//	@Success		200		{object}	Page[statement.Statement]		"A page of statements."
//	@Router			/v1/round-tables/{id}/statements [get]
func (s *server) listStatementsOfRoundTable(c echo.Context) error {
	return withinOf(s, c, statement.ListWithin)
}
