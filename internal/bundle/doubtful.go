package bundle

import (
	"context"
	"slices"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// What a person must decide about a document.

// Summary counts what a document does.
//
//	@Description	What the document does, in numbers.
type Summary struct {
	Created       int `json:"created" example:"24"`       // New records.
	Matched       int `json:"matched" example:"7"`        // Existing records that the document mentions.
	Doubtful      int `json:"doubtful" example:"1"`       // Names that may belong to existing records: see `doubtful`.
	SimilarEvents int `json:"similar_events" example:"0"` // Round tables that may be the same event.
} //	@name	BundleSummary

// Doubtful is a name that may belong to existing records.
//
//	@Description	A name that may belong to one of the candidates. Put the `id` of that record beside the name, or `"new": true`.
type Doubtful struct {
	Pointer    string              `json:"pointer" example:"/attendees/0/person"` // The first mention in the document (RFC 6901).
	Type       string              `json:"type" example:"people"`                 // Its type, as in the path of its resource.
	Name       string              `json:"name" example:"T. Kaliyev"`             // The name in the document.
	Candidates []DoubtfulCandidate `json:"candidates"`                            // The records that it may be, the best first.
} //	@name	BundleDoubtful

// DoubtfulCandidate is a record that a doubtful name may belong to, with what tells it apart from others.
//
//	@Description	A record that the name may belong to.
type DoubtfulCandidate struct {
	ID           *int64              `json:"id" example:"7"`                                                     // The record. Null if it is another new record of the document.
	Pointer      string              `json:"pointer,omitzero" validate:"optional" example:"/attendees/3/person"` // The first mention of that new record in the document.
	Name         string              `json:"name" example:"Talgat Kaliyev"`                                      // Its main name.
	Organization *text.Ref           `json:"organization"`                                                       // Of a person: where the person works, or worked last. Of an organization: the one that it is part of.
	LastEvent    *text.RoundTableRef `json:"last_event"`                                                         // The latest event in which it has a part.
	Score        float64             `json:"score" example:"0.9"`                                                // Similarity, 0 to 1.
	Reasons      []spelling.Reason   `json:"reasons"`                                                            // What agrees and what does not.
} //	@name	BundleDoubtfulCandidate

// question is a doubtful name with the errors that a client gets unless new records are created for doubtful names.
type question struct {
	Doubtful
	fields []apperr.Field
	open   bool // no new record can answer it: several records have the identifiers or exactly the name
}

// ask adds a question about an entry that has no certain match.
func (r *records[T]) ask(e *entry[T], name string, open bool, fields []apperr.Field, candidates ...DoubtfulCandidate) {
	r.questions = append(r.questions, question{Doubtful{e.at, r.recordType.plural, name, candidates}, fields, open})
	e.doubtful = true
}

// askAbout asks which of the records an entry is.
func (r *records[T]) askAbout(e *entry[T], name string, reason spelling.Reason, open bool, found []apperr.Candidate) {
	list := make([]DoubtfulCandidate, len(found))
	for i, c := range found {
		own := reason
		own.Record, own.Score = c.Name, c.Score
		list[i] = DoubtfulCandidate{ID: &c.ID, Score: c.Score, Reasons: []spelling.Reason{own}}
	}
	e.candidates = found
	r.ask(e, name, open, []apperr.Field{ambiguousName(e.at, name, found)}, list...)
}

// countNew counts the entries that are certainly new records.
func (r *records[T]) countNew() (n int) {
	for _, e := range r.entries {
		if e.id <= 0 && !e.doubtful {
			n++
		}
	}
	return n
}

// maxDoubtful is the number of questions that a report or an error describes.
const maxDoubtful = 100

// describeQuestions returns all questions of the document in its order, with what tells their candidates apart.
func (p *plan) describeQuestions(ctx context.Context, db pg.DB) ([]Doubtful, error) {
	list := []Doubtful{}
	for _, q := range p.questions() {
		if !p.follows(q.fields[0]) {
			list = append(list, q.Doubtful)
		}
	}
	slices.SortStableFunc(list, func(a, b Doubtful) int { return comparePointers(a.Pointer, b.Pointer) })
	list = list[:min(len(list), maxDoubtful)]
	for recordType, sql := range candidateDetails(actor.From(ctx).SeesOnlyPublished()) {
		if err := describe(ctx, db, list, recordType, sql); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (p *plan) questions() []question {
	return slices.Concat(p.people.questions, p.organizations.questions, p.places.questions, p.topics.questions, p.documents.questions)
}

// describe completes the candidates of one type.
func describe(ctx context.Context, db pg.DB, list []Doubtful, recordType, sql string) error {
	var ids []int64
	candidates(list, recordType, func(c *DoubtfulCandidate) { ids = append(ids, *c.ID) })
	if len(ids) == 0 {
		return nil
	}
	found, err := pg.All[struct {
		ID           int64               `db:"id"`
		Name         string              `db:"name"`
		Organization *text.Ref           `db:"organization"`
		LastEvent    *text.RoundTableRef `db:"last_event"`
	}](ctx, db, sql, pg.Args{"ids": ids})
	if err != nil {
		return err
	}
	candidates(list, recordType, func(c *DoubtfulCandidate) {
		for _, f := range found {
			if f.ID == *c.ID {
				c.Name, c.Organization, c.LastEvent = f.Name, f.Organization, f.LastEvent
			}
		}
	})
	return nil
}

// candidates visits the existing records among the candidates of one type.
func candidates(list []Doubtful, recordType string, visit func(*DoubtfulCandidate)) {
	for i := range list {
		for j := range list[i].Candidates {
			if c := &list[i].Candidates[j]; c.ID != nil && list[i].Type == recordType {
				visit(c)
			}
		}
	}
}

// candidateDetails returns, by type, the SELECT of what tells records apart. The public sees no unpublished events.
func candidateDetails(public bool) map[string]string {
	shown := ""
	if public {
		shown = " AND e.publication = 'published'"
	}
	last := func(links, owner string) string {
		return "(SELECT " + reference.RoundTable("e") + " FROM (SELECT l.round_table_id FROM " + links + " WHERE l." + owner +
			" = r.id) m JOIN round_tables e ON e.id = m.round_table_id" + shown + " ORDER BY e.starts_key DESC, e.id DESC LIMIT 1) AS last_event"
	}
	named := func(table, name string) string {
		return "SELECT r.id, text_sort_key(r." + name + ") AS name, NULL::json AS organization, NULL::json AS last_event" +
			" FROM " + table + " r WHERE r.id = ANY (@ids)"
	}
	ref := "json_build_object('id', g.id, 'name', g.name)"
	return map[string]string{
		person.Type: `SELECT r.id, text_sort_key(r.name) AS name, coalesce(
				(SELECT ` + ref + ` FROM affiliations f JOIN organizations g ON g.id = f.organization_id WHERE f.person_id = r.id
				 ORDER BY f.held_during @> current_date DESC, f.is_primary DESC, lower(f.held_during) DESC NULLS LAST, f.id DESC LIMIT 1),
				(SELECT ` + ref + ` FROM attendees a JOIN round_tables e ON e.id = a.round_table_id` + shown + `
				 JOIN attendee_affiliations f ON f.attendee_id = a.id JOIN organizations g ON g.id = f.organization_id
				 WHERE a.person_id = r.id ORDER BY e.starts_key DESC, e.id DESC, f.position LIMIT 1)) AS organization, ` +
			last(reference.EventPersonLinks, "person_id") + ` FROM people r WHERE r.id = ANY (@ids)`,
		organization.Type: `SELECT r.id, text_sort_key(r.name) AS name, CASE WHEN g.id IS NOT NULL THEN ` + ref + ` END AS organization, ` +
			last(reference.EventOrganizationLinks, "organization_id") +
			` FROM organizations r LEFT JOIN organizations g ON g.id = r.parent_id WHERE r.id = ANY (@ids)`,
		places.plural: named("places", "name"), topics.plural: named("topics", "label"), "documents": named("documents", "title"),
	}
}
