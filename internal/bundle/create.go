package bundle

import (
	"context"
	"strings"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"

	"github.com/jackc/pgx/v5"
)

// Writer writes bundles in one transaction. Later bundles find the records that earlier ones created in it.
type Writer struct {
	tx                    pgx.Tx
	people, organizations *nameMatcher

	// Learn makes a document's answers last: a name beside an id becomes another name of the record, and a new record is stored
	// as distinct from those that its name fits.
	Learn bool

	// CreateDoubtful creates new records for people and organizations whose names may belong to existing ones. Otherwise such a
	// document is rejected.
	CreateDoubtful bool

	// AllowDuplicate creates an event that may exist, and stores that the two are distinct. Otherwise such a document is rejected.
	AllowDuplicate bool
}

// NewWriter returns a writer for the transaction.
func NewWriter(tx pgx.Tx, f spelling.Finders) *Writer {
	return &Writer{tx: tx, people: newNameMatcher(f.People, person.Spellings), organizations: newNameMatcher(f.Organizations, organization.Spellings)}
}

// Create writes the event and everything that is new in the document. It checks the document first (see input.Check). form are
// mistakes that were found when the document was read. They are reported together with all others, and nothing is written.
// Uncertain names are apperr.Invalid with the code ambiguous_names, an event that may exist with the code similar_event. An
// external id that a round table already has is apperr.Conflict with that round table as the candidate. After an error the
// transaction must not be committed.
func (w *Writer) Create(ctx context.Context, in Input, form ...apperr.Field) (Report, error) {
	tx := w.tx
	form = input.Add(form, input.Check(&in))
	if err := roundtable.MayCreate(ctx, in.RoundTable.Publication); err != nil {
		return Report{}, err
	}
	if err := checkNotTaken(ctx, tx, in.RoundTable.ExternalIDs, 0); err != nil {
		return Report{}, err
	}
	p, err := w.newPlan(ctx, &in, nil, form)
	if err != nil {
		return Report{}, err
	}
	r, err := p.report(ctx, tx)
	if err != nil {
		return Report{}, err
	}
	if err := p.write(ctx, tx, &r); err != nil {
		return Report{}, err
	}
	r.Summary.Created = len(r.Created)
	if err := distinction.Record(ctx, tx, roundtable.Type, p.event, roundtable.Candidates(p.similar)); err != nil {
		return Report{}, err
	}
	if w.Learn {
		err = p.learn(ctx, tx)
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

// checkNotTaken rejects an event that already exists, other than the one with the id own.
func checkNotTaken(ctx context.Context, db pg.DB, externalIDs []string, own int64) error {
	if len(externalIDs) == 0 {
		return nil
	}
	rows, err := db.Query(ctx, `SELECT array_position(@ids::text[], x.external_id) - 1 AS index, r.id, text_sort_key(r.title) AS name
		FROM external_ids x JOIN round_tables r ON r.id = x.id
		WHERE x.type = 'round_tables' AND x.external_id = ANY(@ids) AND r.id <> @own ORDER BY 1`, pg.Args{"ids": externalIDs, "own": own})
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

// report reports the existing records that the document mentions, and its questions.
func (p *plan) report(ctx context.Context, db pg.DB) (r Report, err error) {
	r = newReport(*p.in)
	if r.Doubtful, err = p.describeQuestions(ctx, db); err != nil {
		return r, err
	}
	p.places.report(&r)
	p.topics.report(&r)
	p.organizations.report(&r)
	p.people.report(&r)
	for i, d := range p.documents.found {
		if d.ID > 0 {
			r.Matched = append(r.Matched, Matched{pointer("documents", i), document.Type, d.ID, d.Name, d.Score, p.documents.reasons[i]})
		}
	}
	r.United = append(r.United, p.documents.united...)
	r.SimilarEvents = append(r.SimilarEvents, p.similar...)
	r.Summary = Summary{Matched: len(r.Matched), Doubtful: len(r.Doubtful), SimilarEvents: len(p.similar)}
	return r, nil
}

// write creates everything that is new, in two round trips: one reserves the ids, one inserts the records.
func (p *plan) write(ctx context.Context, tx pgx.Tx, r *Report) error {
	in := p.in
	places, topics, organizations, people := p.places.news(), p.topics.news(), p.organizations.news(), p.people.news()
	documents := p.documents.news()
	ids, err := pg.NextIDs(ctx, tx, map[string]int{
		place.Table: len(places), topic.Table: len(topics), organization.Table: len(organizations), person.Table: len(people),
		document.Table: len(documents), roundtable.Table: missing([]int64{p.event}), organizer.Table: missing(p.organizers),
		attendee.Table: missing(p.attendees), statement.Table: missing(p.statements), recommendation.Table: missing(p.recommendations),
	})
	if err != nil {
		return err
	}
	if p.was == nil {
		p.event = ids[roundtable.Table][0]
	}
	fill(p.organizers, ids[organizer.Table])
	fill(p.attendees, ids[attendee.Table])
	fill(p.statements, ids[statement.Table])
	fill(p.recommendations, ids[recommendation.Table])
	r.RoundTable.ID = &p.event
	var b pg.Batch
	p.places.insert(&b, places, ids[place.Table], r)
	p.topics.insert(&b, topics, ids[topic.Table], r)
	p.organizations.insert(&b, organizations, ids[organization.Table], r)
	p.people.insert(&b, people, ids[person.Table], r)
	p.documents.setIDs(ids[document.Table])
	for _, i := range documents {
		x := p.parts.document(i)
		insert(&b, r, pointer("documents", i), document.Type, p.documentID(i), x, document.Insert, title(x.Title))
	}
	if p.was == nil {
		event := p.parts.roundTable()
		insert(&b, r, "/round_table", roundtable.Type, p.event, event, roundtable.Insert, title(event.Title))
	}
	for i, o := range in.Organizers {
		if !p.parts.isKept(organizer.Type, i) {
			insert(&b, r, pointer("organizers", i), organizer.Type, p.organizers[i], p.parts.organizer(i), organizer.Insert, o.Organization.Name)
		}
	}
	for i, id := range p.attendees {
		if x := p.parts.attendee(i); !p.parts.isKept(attendee.Type, i) {
			insert(&b, r, pointer("attendees", i), attendee.Type, id, x, attendee.Insert, attendeeTitle(x))
		}
	}
	for i, id := range p.statements {
		if x := p.parts.statement(i); !p.parts.isKept(statement.Type, i) {
			insert(&b, r, pointer("statements", i), statement.Type, id, x, statement.Insert, excerpt(x.Texts[0].Text))
		}
	}
	for i, id := range p.recommendations {
		if x := p.parts.recommendation(i); !p.parts.isKept(recommendation.Type, i) {
			insert(&b, r, pointer("recommendations", i), recommendation.Type, id, x, recommendation.Insert, excerpt(title(x.Text)))
		}
	}
	return b.Run(ctx, tx)
}

// missing counts the parts without an id.
func missing(list []int64) (n int) {
	for _, id := range list {
		if id == 0 {
			n++
		}
	}
	return n
}

// fill gives the parts without an id the next of the ids.
func fill(list, ids []int64) {
	for i := range list {
		if list[i] == 0 {
			list[i], ids = ids[0], ids[1:]
		}
	}
}

// insert adds the record of a part of the document to a batch and to the report.
func insert[I any](b *pg.Batch, r *Report, at, recordType string, id int64, in I, queue pg.Insert[I], name string) {
	pg.Add(b, id, in, queue, func(err error) error { return under(at, err) })
	r.created(at, recordType, id, name)
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
