package api

import (
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/history"
)

var documents = resource[document.Input, document.Document, document.Filter]{
	Kind: history.Kind{
		Type: document.Type, Table: document.Table,
		Parts: []history.Part{history.References("author_ids", "document_authors", "document_id", "person_id")},
	},
	one: "document", many: "documents",
	about: "Press releases, reports, programmes: sources and results of round tables.",
	sorts: []string{"title", "published_on", "updated_at"},
	list:  document.List, get: document.Get, create: document.Create, update: document.Update,
	input: func(r *document.Document) *document.Input { return &r.Input },
	notes: map[Feature]string{
		Create: "Round tables link to documents by `document_links`. A document that only unpublished round tables link to is not public.",
	},
}
