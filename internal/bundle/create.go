package bundle

import (
	"context"
	"strings"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/input"
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
}

// NewWriter returns a writer for the transaction.
func NewWriter(tx pgx.Tx, f spelling.Finders) *Writer {
	return &Writer{tx, newNameMatcher(f.People, person.Spellings), newNameMatcher(f.Organizations, organization.Spellings)}
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
	return r, nil
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
