package api

import (
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/statement"
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
	sorts: []string{"-starts_on", "sequence", "updated_at"},
	list:  statement.List, get: statement.Get, create: statement.Create, update: statement.Update,
	input:  func(r *statement.Statement) *statement.Input { return &r.Input },
	order:  &reference.Order{Table: statement.Table, Column: "sequence"},
	placed: func(in statement.Input) (int64, *int64) { return in.RoundTableID, in.Sequence },
	more:   map[Feature]Operation{Within: within(statement.ListWithin, "sequence", "starts_on", "updated_at")},
	notes: map[Feature]string{
		Within: "The list of statements, limited to one round table, in the order of the source.",
		Create: "Without `sequence` the statement becomes the last one of its round table. Its attendee must attend the same round table.",
	},
}
