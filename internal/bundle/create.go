package bundle

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// Writer writes bundles in one transaction. Later bundles find the records that earlier ones created in it.
type Writer struct {
	tx                    pgx.Tx
	people, organizations *nameMatcher

	// Learn makes a document's answers last: a name beside an id becomes another name of the record, and a new record is stored
	// as distinct from those that its name fits.
	Learn bool
}

// NewWriter returns a writer for the transaction.
func NewWriter(tx pgx.Tx, f spelling.Finders) *Writer {
	return &Writer{tx: tx, people: newNameMatcher(f.People, person.Spellings), organizations: newNameMatcher(f.Organizations, organization.Spellings)}
}

// Create writes the event and everything that is new in the document. It checks the document first (see input.Check).
// Uncertain names are apperr.Invalid with the code ambiguous_names. An external id that a round table already has is
// apperr.Conflict with that round table as the candidate. After an error the transaction must not be committed.
func (w *Writer) Create(ctx context.Context, in Input) (Report, error) {
	tx := w.tx
	if err := apperr.Validation(input.Check(&in)); err != nil {
		return Report{}, err
	}
	if err := roundtable.MayPublish(ctx, "draft", in.RoundTable.Publication); err != nil {
		return Report{}, err
	}
	if err := checkNotTaken(ctx, tx, in.RoundTable.ExternalIDs); err != nil {
		return Report{}, err
	}
	p, err := w.newPlan(ctx, &in)
	if err != nil {
		return Report{}, err
	}
	r := Report{
		RoundTable: RoundTableRef{Title: in.RoundTable.Title},
		Matched:    []Matched{}, Created: []Created{}, Counts: map[string]int{},
	}
	p.matched(&r)
	for _, write := range []func(context.Context, pgx.Tx, *Report) error{
		p.places.write, p.topics.write, p.organizations.write, p.people.write, p.writeDocuments, p.writeEvent,
		p.writeOrganizers, p.writeAttendees, p.writeStatements, p.writeRecommendations,
	} {
		if err := write(ctx, tx, &r); err != nil {
			return Report{}, err
		}
	}
	if w.Learn {
		err = cmp.Or(learn(ctx, tx, p.people, person.AddSpelling), learn(ctx, tx, p.organizations, organization.AddSpelling))
	}
	return r, err
}

// Confirm makes sure that no other transaction has created one of the new people and organizations. It must come after the
// last document; see spelling.Session.Confirm.
func (w *Writer) Confirm(ctx context.Context) error {
	if err := w.organizations.session.Confirm(ctx, w.tx); err != nil {
		return err
	}
	return w.people.session.Confirm(ctx, w.tx)
}

// checkNotTaken rejects an event that already exists.
func checkNotTaken(ctx context.Context, db pg.DB, externalIDs []string) error {
	if len(externalIDs) == 0 {
		return nil
	}
	rows, err := db.Query(ctx, `SELECT array_position(@ids::text[], x.external_id) - 1 AS index, r.id, text_sort_key(r.title) AS name
		FROM external_ids x JOIN round_tables r ON r.id = x.id
		WHERE x.type = 'round_tables' AND x.external_id = ANY(@ids) ORDER BY 1`, pg.Args{"ids": externalIDs})
	if err != nil {
		return pg.Error(err)
	}
	var fields []apperr.Field
	var index int
	same := apperr.Candidate{Score: 1}
	_, err = pgx.ForEachRow(rows, []any{&index, &same.ID, &same.Name}, func() error {
		f := apperr.At("/round_table"+pointer("external_ids", index), "already_taken")
		f.Candidates = []apperr.Candidate{same}
		fields = append(fields, f)
		return nil
	})
	if err != nil || fields == nil {
		return pg.Error(err)
	}
	return &apperr.Error{Kind: apperr.Conflict, Code: "already_exists", Fields: fields}
}

// matched reports the existing records that the document mentions.
func (p *plan) matched(r *Report) {
	p.places.report(r)
	p.topics.report(r)
	p.organizations.report(r)
	p.people.report(r)
	for i, d := range p.documents.found {
		if d.ID > 0 {
			reasons := p.documents.reasons(i, &p.in.Documents[i])
			r.Matched = append(r.Matched, Matched{pointer("documents", i), document.Type, d.ID, d.Name, d.Score, reasons})
		}
	}
}

func (p *plan) writeDocuments(ctx context.Context, tx pgx.Tx, r *Report) error {
	for i := range p.in.Documents {
		if p.documents.found[i].ID > 0 {
			continue
		}
		at := pointer("documents", i)
		in := p.parts.document(i)
		id, err := document.Create(ctx, tx, in)
		if err != nil {
			return under(at, err)
		}
		p.documents.found[i].ID = id
		r.created(at, document.Type, id, title(in.Title))
	}
	return nil
}

func (p *plan) writeEvent(ctx context.Context, tx pgx.Tx, r *Report) error {
	in := p.parts.roundTable()
	id, err := roundtable.Create(ctx, tx, in)
	if err != nil {
		return under("/round_table", err)
	}
	p.event = id
	r.RoundTable.ID = &id
	r.created("/round_table", roundtable.Type, id, title(in.Title))
	return nil
}

func (p *plan) writeOrganizers(ctx context.Context, tx pgx.Tx, r *Report) error {
	for i := range p.in.Organizers {
		at := pointer("organizers", i)
		id, err := organizer.Create(ctx, tx, p.parts.organizer(i))
		if err != nil {
			return under(at, err)
		}
		r.created(at, organizer.Type, id, p.in.Organizers[i].Organization.Name)
	}
	return nil
}

func (p *plan) writeAttendees(ctx context.Context, tx pgx.Tx, r *Report) error {
	for i := range p.in.Attendees {
		at := pointer("attendees", i)
		in := p.parts.attendee(i)
		id, err := attendee.Create(ctx, tx, in)
		if err != nil {
			return under(at, err)
		}
		p.attendees[i] = id
		r.created(at, attendee.Type, id, attendeeTitle(in))
	}
	return nil
}

// attendeeTitle returns the name of an attendee for the report: the name as listed, the description of the group, or
// the positions.
func attendeeTitle(in attendee.Input) string {
	switch {
	case in.NameAsListed != nil:
		return *in.NameAsListed
	case in.Description != nil:
		return excerpt(title(in.Description))
	}
	var positions []string
	for _, a := range in.Affiliations {
		positions = append(positions, title(a.Title))
		if a.OrganizationAsListed != nil {
			positions = append(positions, *a.OrganizationAsListed)
		}
	}
	return excerpt(strings.Join(positions, ", "))
}

func (p *plan) writeStatements(ctx context.Context, tx pgx.Tx, r *Report) error {
	for i := range p.in.Statements {
		at := pointer("statements", i)
		in := p.parts.statement(i)
		id, err := statement.Create(ctx, tx, in)
		if err != nil {
			return under(at, err)
		}
		p.statements[i] = id
		r.created(at, statement.Type, id, excerpt(in.Texts[0].Text))
	}
	return nil
}

func (p *plan) writeRecommendations(ctx context.Context, tx pgx.Tx, r *Report) error {
	for i := range p.in.Recommendations {
		at := pointer("recommendations", i)
		in := p.parts.recommendation(i)
		id, err := recommendation.Create(ctx, tx, in)
		if err != nil {
			return under(at, err)
		}
		r.created(at, recommendation.Type, id, excerpt(title(in.Text)))
	}
	return nil
}

func title(m text.Map) string {
	value, _ := m.In(text.Fallback[0])
	return value
}

// excerpt returns the beginning of a text, long enough to recognize it.
func excerpt(s string) string {
	const maxLength = 80
	if utf8.RuneCountInString(s) <= maxLength {
		return s
	}
	return string([]rune(s)[:maxLength-1]) + "…"
}

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
