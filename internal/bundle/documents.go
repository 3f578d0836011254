package bundle

import (
	"context"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
)

// documents are the documents of the bundle and the names by which the rest of it refers to them.
type documents struct {
	found  []apperr.Candidate // of each document; a negative ID: to be created
	byName map[string]int     // key or comparable title -> index in the bundle

	mistakes  []apperr.Field
	ambiguous []apperr.Field
}

// resolveDocuments finds the existing documents by id or address, and checks the references to documents.
func (p *plan) resolveDocuments(ctx context.Context, db pg.DB) error {
	p.documents.byName = map[string]int{}
	for i := range p.in.Documents {
		at := pointer("documents", i)
		if err := p.documents.add(ctx, db, i, at, &p.in.Documents[i]); err != nil {
			return err
		}
	}
	for i, s := range p.in.Statements {
		at := pointer("statements", i)
		p.checkDocumentName(at+"/document", s.Document)
		if s.Mentions != nil {
			for j := range s.Mentions.Documents {
				p.checkDocumentName(at+"/mentions"+pointer("documents", j), &s.Mentions.Documents[j])
			}
		}
	}
	for i, r := range p.in.Recommendations {
		p.checkDocumentName(pointer("recommendations", i)+"/evidence_document", r.EvidenceDocument)
	}
	return nil
}

func (d *documents) add(ctx context.Context, db pg.DB, i int, at string, x *Document) error {
	found, err := existing(ctx, db, x)
	if err != nil {
		return err
	}
	d.found = append(d.found, apperr.Candidate{ID: -int64(i) - 1})
	switch {
	case len(found) == 1:
		d.found[i] = found[0]
	case len(found) > 1:
		d.ambiguous = append(d.ambiguous, ambiguousName(at+"/url", *x.URL, found))
	case x.ID != nil:
		d.mistakes = append(d.mistakes, apperr.At(at+"/id", "unknown_reference"))
	case x.Title == nil:
		d.mistakes = append(d.mistakes, apperr.At(at+"/title", "required"))
	}
	if x.Key != nil {
		d.byName[*x.Key] = i
	}
	for _, title := range x.Title {
		if _, taken := d.byName[names.Key(title)]; !taken { // documents with the same title differ by their keys
			d.byName[names.Key(title)] = i
		}
	}
	return nil
}

func existing(ctx context.Context, db pg.DB, x *Document) ([]apperr.Candidate, error) {
	if x.ID == nil && x.URL == nil {
		return nil, nil
	}
	return pg.All[apperr.Candidate](ctx, db, `SELECT d.id, text_sort_key(d.title) AS name, 1.0::float8 AS score FROM documents d
		WHERE CASE WHEN @id::bigint IS NULL THEN d.url = @url::text ELSE d.id = @id END ORDER BY d.id LIMIT 10`,
		pg.Args{"id": x.ID, "url": x.URL})
}

// reasons returns why the i-th document is an existing one.
func (d *documents) reasons(i int, x *Document) []spelling.Reason {
	reason := spelling.Reason{Feature: "id", Record: d.found[i].Name, Score: 1}
	if x.ID != nil {
		reason.Query = strconv.FormatInt(*x.ID, 10)
	} else {
		reason.Feature, reason.Query = "url", *x.URL
	}
	return []spelling.Reason{reason}
}

// index returns the index in the bundle of the document with the key or title.
func (d *documents) index(name string) (int, bool) {
	if i, ok := d.byName[name]; ok {
		return i, true
	}
	i, ok := d.byName[names.Key(name)]
	return i, ok
}

// checkDocumentName rejects a key or title that no document of the bundle has.
func (p *plan) checkDocumentName(at string, name *string) {
	if name == nil {
		return
	}
	if _, ok := p.documents.index(*name); !ok {
		p.mistakes = append(p.mistakes, apperr.At(at, "unknown_document", "value", *name))
	}
}
