package bundle

import (
	"context"
	"strings"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/document"
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
	"github.com/jackc/pgx/v5/pgxpool"
)

// Writer writes bundles in one transaction. What it made there it finds again for the next one, though nobody else sees it
// before the commit.
type Writer struct {
	tx                    pgx.Tx
	people, organizations *sounds
}

// Finders find people and organizations by the sound of their names.
type Finders struct{ People, Organizations *spelling.Finder }

// NewFinders makes finders for a while. Close them.
func NewFinders(pool *pgxpool.Pool) (Finders, error) {
	people, err := spelling.NewFinder(pool, person.Spellings)
	if err != nil {
		return Finders{}, err
	}
	organizations, err := spelling.NewFinder(pool, organization.Spellings)
	if err != nil {
		people.Close()
		return Finders{}, err
	}
	return Finders{people, organizations}, nil
}

// Close gives up the connections.
func (f Finders) Close() {
	f.People.Close()
	f.Organizations.Close()
}

// NewWriter makes a writer for the transaction.
func NewWriter(tx pgx.Tx, f Finders) *Writer {
	return &Writer{tx, newSounds(f.People, person.Spellings), newSounds(f.Organizations, organization.Spellings)}
}

// Create makes the event and everything that is new in the document. Names of which it is not certain whose they are, are
// apperr.Invalid with the code ambiguous_names; an external id that a round table has already is apperr.Conflict with
// that round table as the candidate. After an error the transaction must not be committed.
func (w *Writer) Create(ctx context.Context, in Input) (Report, error) {
	tx := w.tx
	if err := roundtable.MayPublish(ctx, "draft", in.RoundTable.Publication); err != nil {
		return Report{}, err
	}
	if err := taken(ctx, tx, in.RoundTable.ExternalIDs); err != nil {
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

// taken refuses an event that is there already.
func taken(ctx context.Context, db pg.DB, externalIDs []string) error {
	if len(externalIDs) == 0 {
		return nil
	}
	rows, err := db.Query(ctx, `SELECT array_position(@ids::text[], x.external_id) - 1 AS place, r.id, text_sort_key(r.title) AS name
		FROM external_ids x JOIN round_tables r ON r.id = x.id
		WHERE x.type = 'round_tables' AND x.external_id = ANY(@ids) ORDER BY 1`, pg.Args{"ids": externalIDs})
	if err != nil {
		return pg.Error(err)
	}
	var fields []apperr.Field
	var place int
	same := apperr.Candidate{Score: 1}
	_, err = pgx.ForEachRow(rows, []any{&place, &same.ID, &same.Name}, func() error {
		f := apperr.At("/round_table"+pointer("external_ids", place), "already_taken")
		f.Candidates = []apperr.Candidate{same}
		fields = append(fields, f)
		return nil
	})
	if err != nil || fields == nil {
		return pg.Error(err)
	}
	return &apperr.Error{Kind: apperr.Conflict, Code: "already_exists", Fields: fields}
}

// matched reports the existing records that the document names.
func (p *plan) matched(r *Report) {
	p.places.report(r)
	p.topics.report(r)
	p.organizations.report(r)
	p.people.report(r)
	for i, d := range p.documents.found {
		if d.ID > 0 {
			r.Matched = append(r.Matched, Matched{pointer("documents", i), document.Type, d.ID, d.Name, d.Score, p.documents.reasons(i, &p.in.Documents[i])})
		}
	}
}

func (p *plan) writeDocuments(ctx context.Context, tx pgx.Tx, r *Report) error {
	for i := range p.in.Documents {
		if p.documents.found[i].ID > 0 {
			continue
		}
		at := pointer("documents", i)
		in := p.document(i)
		id, err := document.Create(ctx, tx, in)
		if err != nil {
			return under(at, err)
		}
		p.documents.found[i].ID = id
		r.made(at, document.Type, id, title(in.Title))
	}
	return nil
}

func (p *plan) writeEvent(ctx context.Context, tx pgx.Tx, r *Report) error {
	in := p.roundTable()
	id, err := roundtable.Create(ctx, tx, in)
	if err != nil {
		return under("/round_table", err)
	}
	p.event = id
	r.RoundTable.ID = &id
	r.made("/round_table", roundtable.Type, id, title(in.Title))
	return nil
}

func (p *plan) writeOrganizers(ctx context.Context, tx pgx.Tx, r *Report) error {
	for i := range p.in.Organizers {
		at := pointer("organizers", i)
		id, err := organizer.Create(ctx, tx, p.organizer(i))
		if err != nil {
			return under(at, err)
		}
		r.made(at, organizer.Type, id, p.in.Organizers[i].Organization.Name)
	}
	return nil
}

func (p *plan) writeAttendees(ctx context.Context, tx pgx.Tx, r *Report) error {
	for i := range p.in.Attendees {
		at := pointer("attendees", i)
		in := p.attendee(i)
		id, err := attendee.Create(ctx, tx, in)
		if err != nil {
			return under(at, err)
		}
		p.attendees[i] = id
		r.made(at, attendee.Type, id, calling(in))
	}
	return nil
}

// calling is what the report calls an attendee: the name, the description of the group, or the post.
func calling(in attendee.Input) string {
	switch {
	case in.NameAsListed != nil:
		return *in.NameAsListed
	case in.Description != nil:
		return excerpt(title(in.Description))
	}
	var posts []string
	for _, a := range in.Affiliations {
		posts = append(posts, title(a.Title))
		if a.OrganizationAsListed != nil {
			posts = append(posts, *a.OrganizationAsListed)
		}
	}
	return excerpt(strings.Join(posts, ", "))
}

func (p *plan) writeStatements(ctx context.Context, tx pgx.Tx, r *Report) error {
	for i := range p.in.Statements {
		at := pointer("statements", i)
		in := p.statement(i)
		id, err := statement.Create(ctx, tx, in)
		if err != nil {
			return under(at, err)
		}
		p.statements[i] = id
		r.made(at, statement.Type, id, excerpt(in.Texts[0].Text))
	}
	return nil
}

func (p *plan) writeRecommendations(ctx context.Context, tx pgx.Tx, r *Report) error {
	for i := range p.in.Recommendations {
		at := pointer("recommendations", i)
		in := p.recommendation(i)
		id, err := recommendation.Create(ctx, tx, in)
		if err != nil {
			return under(at, err)
		}
		r.made(at, recommendation.Type, id, excerpt(title(in.Text)))
	}
	return nil
}

func title(m text.Map) string {
	value, _ := m.In(text.Fallback[0])
	return value
}

// excerpt is the beginning of a text, long enough to know it by.
func excerpt(s string) string {
	const most = 80
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
