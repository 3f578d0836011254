package document

import (
	"context"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"

	"github.com/jackc/pgx/v5"
)

// Table is the table of documents, Type their record type in the change log.
const (
	Table = "documents"
	Type  = "documents"
)

// sourceFor returns how the actor reads documents.
var sourceFor = actor.PerView(newSource)

// newSource returns how documents are read. The public does not see restricted authors, and no documents that only
// unpublished round tables link to.
func newSource(public bool) paging.Source {
	s := paging.Source{
		Table: "documents d",
		ID:    "d.id",
		Sorts: map[string]paging.Column{
			"title":        {SQL: "d.title_sort", Type: "text"},
			"published_on": {SQL: "d.published_key", Type: "integer", Date: true},
			"updated_at":   {SQL: "d.updated_at", Type: "timestamptz"},
		},
		Default: "title",
	}
	authors := paging.Values{Pairs: "SELECT document_id, " + reference.Unrestricted("person_id", public) + " FROM document_authors", Once: true}
	s.Dimensions = map[string]paging.Dimension{
		"kind":   {Values: paging.Values{SQL: "d.kind"}, Vocabulary: "document_kind"},
		"person": {Values: authors, Named: reference.NamedPeople},
	}
	s.Metrics = map[string]paging.Values{"people": authors}
	if public {
		s.Visible = `coalesce((SELECT bool_or(r.publication = 'published')
			FROM document_links l JOIN round_tables r ON r.id = l.round_table_id WHERE l.document_id = d.id), true)`
	}
	s.Columns = changes.Columns("d") + `, d.title, d.kind, d.url, d.language, d.published_on,
		(SELECT coalesce(json_agg(json_build_object('id', p.id, 'name', p.name, 'position', held.title,
			'organization', CASE WHEN g.id IS NOT NULL THEN json_build_object('id', g.id, 'name', g.name) END) ORDER BY a.position), '[]')
		 FROM document_authors a JOIN people p ON p.id = a.person_id
		 LEFT JOIN LATERAL (SELECT f.organization_id, f.title FROM affiliations f
			WHERE f.person_id = p.id AND f.held_during @> coalesce(partial_date_start(d.published_on), current_date)
			ORDER BY f.is_primary DESC, lower(f.held_during) DESC NULLS LAST, f.id LIMIT 1) held ON true
		 LEFT JOIN organizations g ON g.id = held.organization_id
		 WHERE a.document_id = d.id` + reference.Shown("p", public) + `) AS authors`
	return s
}

// List returns a page of documents.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Document], error) {
	return paging.Query[Document](ctx, db, sourceFor(ctx), f.where(actor.From(ctx).SeesOnlyPublished()), f.Params)
}

// where turns the filter into predicates. For the public, links of unpublished round tables and restricted people do
// not count.
func (f Filter) where(public bool) (w pg.Where) {
	pg.In(&w, "d.id", "id", f.ID)
	pg.In(&w, "d.kind", "kind", f.Kind)
	if len(f.RoundTable) > 0 || len(f.Relation) > 0 {
		var links pg.Where
		pg.In(&links, "l.round_table_id", "round_table", f.RoundTable)
		pg.In(&links, "l.relation", "relation", f.Relation)
		if public {
			links.Add("EXISTS (SELECT FROM round_tables r WHERE r.id = l.round_table_id AND r.publication = 'published')")
		}
		w.Add("d.id IN (SELECT l.document_id FROM document_links l" + links.SQL("", true) + ")")
		for name, value := range links.Args() {
			w.Bind(name, value)
		}
	}
	if len(f.Person) > 0 {
		shown := ""
		if public {
			shown = " JOIN people p ON p.id = a.person_id" + reference.Shown("p", public)
		}
		w.Add("d.id IN (SELECT a.document_id FROM document_authors a"+shown+" WHERE a.person_id = ANY(@person))", "person", f.Person)
	}
	reference.AddSearch(&w, "d.id", Type, f.Q, public)
	authors := pg.Link{Table: "document_authors l", Parent: "document_id"}
	reference.TogetherPeople(&w, "d.id", authors, "l.person_id", "person", f.AllPeople, public)
	return w
}

// Finish sets the fields that are derived from the columns of the row.
func (d *Document) Finish() {
	for _, a := range d.Authors {
		d.AuthorIDs = append(d.AuthorIDs, a.ID)
	}
}

// Get returns one document. It returns apperr.NotFound if there is none and apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (Document, error) {
	return changes.Get[Document](ctx, db, sourceFor(ctx), Type, id)
}

// Create creates a document. An unknown author is apperr.Invalid.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	return pg.Create(ctx, tx, Table, in, Insert)
}

// Insert queues the statements of Create.
func Insert(b *pgx.Batch, id int64, in Input, fields *[]apperr.Field) {
	in.complete()
	args := in.args()
	args["id"] = id
	b.Queue(`INSERT INTO documents (id, title, kind, url, language, published_on)
		VALUES (@id, @title, @kind, @url, @language, @published_on)`, args)
	authorList.Replace(b, id, nil, in.AuthorIDs, fields)
}

// Update replaces the content of old, with the errors of Create. Content that is already stored changes nothing, not
// even the version.
func Update(ctx context.Context, tx pgx.Tx, old Document, in Input) error {
	in.complete()
	args := in.args()
	args["id"] = old.ID
	err := pg.Exec(ctx, tx, `UPDATE documents SET title = @title, kind = @kind, url = @url, language = @language, published_on = @published_on
		WHERE id = @id`, args)
	if err != nil {
		return err
	}
	return setAuthors(ctx, tx, old.ID, old.AuthorIDs, in.AuthorIDs)
}

func (in Input) args() pg.Args {
	return pg.Args{"title": in.Title, "kind": in.Kind, "url": in.URL, "language": in.Language, "published_on": in.PublishedOn}
}

var authorList = reference.List{Table: "document_authors", Owner: "document_id", Column: "person_id", Records: "people", Pointer: "/author_ids"}

// setAuthors replaces the authors of a document, in order, if they differ from old.
func setAuthors(ctx context.Context, tx pgx.Tx, id int64, old, authors []int64) error {
	var b pgx.Batch
	var fields []apperr.Field
	authorList.Replace(&b, id, old, authors, &fields)
	if err := pg.Send(ctx, tx, "set the authors of a document", &b); err != nil {
		return err
	}
	return apperr.Validation(fields)
}
