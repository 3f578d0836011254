package bundle

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/jackc/pgx/v5"
)

// plan is a document with its mentions resolved to existing or new records. It finds the ids for parts.
type plan struct {
	in            *Input
	parts         parts
	people        *records[Person]
	organizations *records[Organization]
	places        *records[Place]
	topics        *records[Topic]
	documents     documents

	attendeeIndex *names.Index   // names of the attendees, under index+1; nil until a speaker needs it
	speakers      []int          // index of each statement's speaker among the attendees, or -1
	keyed         map[string]int // key -> index of the statement

	event           int64 // ids of the event and its parts, in order; 0: to be created
	organizers      []int64
	attendees       []int64
	statements      []int64
	recommendations []int64

	was     *stored   // the event that the document replaces; nil: a new one
	ignored []Ignored // what the document says about existing records, see findIgnored

	createDoubtful, allowDuplicate bool                      // see Writer
	similar                        []roundtable.SimilarEvent // events that may be the same

	form     []apperr.Field // mistakes that were found without the database
	mistakes []apperr.Field
}

// preventsResolution reports whether a mistake makes it useless or expensive to look up the names in the document.
func preventsResolution(f apperr.Field) bool {
	return f.Code == "too_long" || f.Code == "too_many" || f.Pointer == "/attendees" || f.Pointer == "/statements"
}

// follows reports whether a mistake may only follow from those of the form: it stands in one of them, or is about a speaker
// although an attendee has a mistake.
func (p *plan) follows(f apperr.Field) bool {
	return slices.ContainsFunc(p.form, func(g apperr.Field) bool {
		return strings.HasPrefix(f.Pointer+"/", g.Pointer+"/") || strings.HasPrefix(g.Pointer, f.Pointer+"/") ||
			f.Code == "unknown_speaker" && (strings.HasPrefix(g.Pointer, "/attendees/") || strings.HasPrefix(g.Pointer, "/people/"))
	})
}

// newPlan resolves everything that the document mentions. was is the event that it replaces, or nil. form are the mistakes that were
// found without the database. newPlan returns all mistakes and all ambiguous names in one error.
func (w *Writer) newPlan(ctx context.Context, in *Input, was *stored, form []apperr.Field) (*plan, error) {
	own := *in // the plan completes documents with what their other mentions say
	own.Documents = slices.Clone(in.Documents)
	in = &own
	if slices.ContainsFunc(form, preventsResolution) {
		return nil, apperr.Validation(form)
	}
	lang := in.textLang()
	p := &plan{
		in: in, was: was, form: form,
		people:        newRecords(people, lang, w.people),
		organizations: newRecords(organizations, lang, w.organizations),
		places:        newRecords(places, lang, nil),
		topics:        newRecords(topics, lang, nil),

		organizers: make([]int64, len(in.Organizers)), attendees: make([]int64, len(in.Attendees)),
		statements: make([]int64, len(in.Statements)), recommendations: make([]int64, len(in.Recommendations)),

		createDoubtful: w.CreateDoubtful, allowDuplicate: w.AllowDuplicate,
	}
	p.people.createDoubtful, p.organizations.createDoubtful = w.CreateDoubtful, w.CreateDoubtful
	p.parts = parts{in: in, lang: lang, ids: p, fillNames: true}
	if was != nil {
		p.keepParts()
	}
	p.collect()
	for _, resolve := range []func(context.Context, pg.DB) error{
		p.organizations.resolve, p.people.resolve, // the organizations help to find the people
		p.places.resolve, p.topics.resolve, p.resolveDocuments, p.checkRoles, p.resolveSpeakers,
	} {
		if err := resolve(ctx, w.tx); err != nil {
			return nil, err
		}
	}
	p.checkStatementKeys()
	p.checkDuplicates()
	if was == nil {
		var err error
		if p.similar, err = p.findSimilar(ctx, w.tx); err != nil {
			return nil, err
		}
	}
	if err := p.rejection(ctx, w.tx); err != nil {
		return nil, err
	}
	return p, nil
}

// rejection returns the error of a document that cannot be written, or nil.
func (p *plan) rejection(ctx context.Context, db pg.DB) error {
	var ambiguous []apperr.Field
	for _, q := range p.questions() {
		if q.open || !p.createDoubtful {
			ambiguous = append(ambiguous, q.fields...)
		}
	}
	mistakes := slices.Concat(
		p.mistakes, p.people.mistakes, p.organizations.mistakes, p.places.mistakes, p.topics.mistakes, p.documents.mistakes)
	ambiguous, mistakes = slices.DeleteFunc(ambiguous, p.follows), append(slices.DeleteFunc(mistakes, p.follows), p.form...)
	slices.SortStableFunc(ambiguous, byPointer)
	slices.SortStableFunc(mistakes, byPointer)
	code := "ambiguous_names"
	if len(p.similar) > 0 && !p.allowDuplicate {
		if len(ambiguous) == 0 {
			code = "similar_event"
		}
		ambiguous = append(ambiguous, apperr.Field{Pointer: "/round_table", Code: "similar_event", Candidates: roundtable.Candidates(p.similar)})
	}
	if len(ambiguous) == 0 || code == "similar_event" && len(mistakes) > 0 {
		return apperr.Validation(append(mistakes, ambiguous...))
	}
	report, err := p.report(ctx, db)
	if err != nil {
		return err
	}
	report.Summary.Created = p.countNew()
	return &apperr.Error{
		Kind: apperr.Invalid, Code: code, Fields: append(ambiguous, mistakes...),
		Extra: map[string]any{"summary": report.Summary, "doubtful": report.Doubtful, "similar_events": report.SimilarEvents},
	}
}

// findSimilar returns the events that may be the same as that of the document.
func (p *plan) findSimilar(ctx context.Context, tx pgx.Tx) ([]roundtable.SimilarEvent, error) {
	if len(p.in.RoundTable.Title) == 0 {
		return nil, nil // an error in itself
	}
	var people, organizers []int64
	for _, a := range p.in.Attendees {
		if a.Person != nil {
			if id := p.personID(*a.Person); id > 0 && !slices.Contains(people, id) {
				people = append(people, id)
			}
		}
	}
	for _, o := range p.in.Organizers {
		if id := p.organizationID(o.Organization); id > 0 {
			organizers = append(organizers, id)
		}
	}
	in := roundtable.Input{
		Title: p.in.RoundTable.Title, Status: p.in.RoundTable.Status, StartsOn: p.in.RoundTable.StartsOn, EndsOn: p.in.RoundTable.EndsOn,
		DatePrecision: p.in.RoundTable.DatePrecision, StartsAt: p.in.RoundTable.StartsAt, EndsAt: p.in.RoundTable.EndsAt,
		Timezone: p.in.RoundTable.Timezone, ParentID: p.in.RoundTable.ParentID,
	}
	if p.in.RoundTable.Place != nil {
		if id := p.placeID(*p.in.RoundTable.Place); id > 0 {
			in.PlaceID = &id
		}
	}
	return roundtable.FindSimilar(ctx, tx, in, people, organizers)
}

// countNew counts the records that the document creates beside those in question.
func (p *plan) countNew() int {
	n := missing(p.organizers) + missing(p.attendees) + missing(p.statements) + missing(p.recommendations) + missing([]int64{p.event})
	return n + p.documents.countNew() + p.people.countNew() + p.organizations.countNew() + p.places.countNew() + p.topics.countNew()
}

// collect adds every mention of the document to the records.
func (p *plan) collect() {
	p.in.eachMention(visitor{
		person:       func(at string, x Person) { p.people.add(at, x) },
		organization: func(at string, x Organization) { p.organizations.add(at, x) },
		place:        func(at string, x Place) { p.places.add(at, x) },
		placeName:    func(at, name string) { p.places.addName(at, name) },
		topic:        func(at string, x Topic) { p.topics.add(at, x) },
		topicLabel:   func(at, label string) { p.topics.addName(at, label) },
	})
	for _, a := range p.in.Attendees {
		if a.Person != nil {
			p.people.of(*a.Person).attends = true
		}
		for _, f := range a.Affiliations {
			if a.Person != nil && f.Organization != nil {
				e := p.people.of(*a.Person)
				e.affiliatedWith = append(e.affiliatedWith, p.organizations.of(*f.Organization))
			}
		}
	}
	p.organizations.linkParents()
	p.places.linkParents()
	p.topics.linkParents()
}

// checkRoles rejects roles that do not exist.
func (p *plan) checkRoles(ctx context.Context, db pg.DB) error {
	var names, codes []string
	for _, a := range p.in.Attendees {
		names = append(names, a.Roles...)
	}
	known, err := pg.Column[string](ctx, db, "SELECT DISTINCT g.name FROM unnest(@names::text[]) g(name) WHERE "+reference.RoleNamed("g.name")+" IS NOT NULL",
		pg.Args{"names": names})
	if err == nil && slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(known, n) }) {
		codes, err = pg.Column[string](ctx, db, "SELECT code FROM roles ORDER BY rank, code", nil)
	}
	if err != nil || codes == nil {
		return err
	}
	for i, a := range p.in.Attendees {
		for j, role := range a.Roles {
			if !slices.Contains(known, role) {
				p.mistakes = append(p.mistakes, apperr.NotOneOf(pointer("attendees", i)+pointer("roles", j), codes))
			}
		}
	}
	return nil
}

// checkStatementKeys finds the statements that answers and recommendations refer to. A new statement must come before its
// answers.
func (p *plan) checkStatementKeys() {
	p.keyed = map[string]int{}
	for i, s := range p.in.Statements {
		if s.Key != nil && p.statements[i] != 0 {
			p.keyed[*s.Key] = i
		}
	}
	check := func(at string, key *string) {
		if key == nil {
			return
		}
		if _, ok := p.keyed[*key]; !ok {
			p.mistakes = append(p.mistakes, apperr.At(at, "unknown_statement", "value", *key))
		}
	}
	for i, s := range p.in.Statements {
		check(pointer("statements", i)+"/in_reply_to", s.InReplyTo)
		if s.Key != nil {
			p.keyed[*s.Key] = i
		}
	}
	for i, r := range p.in.Recommendations {
		check(pointer("recommendations", i)+"/statement", r.Statement)
	}
}

// checkDuplicates rejects a person or an organization that attends twice, and two equal parts in the event.
func (p *plan) checkDuplicates() {
	type part struct {
		part string
		id   int64
	}
	seen := map[part]string{} // where it stands
	check := func(at, kind string, id int64, name string) {
		if first, ok := seen[part{kind, id}]; ok {
			p.mistakes = append(p.mistakes, apperr.At(at, "listed_twice", "name", name, "pointer", first))
			return
		}
		seen[part{kind, id}] = at
	}
	for i, o := range p.in.Organizers {
		e := p.organizations.of(o.Organization)
		check(pointer("organizers", i)+"/organization", "organizer "+cmp.Or(o.Kind, "organizer"), e.id, cmp.Or(o.Organization.Name, e.name))
	}
	for i, a := range p.in.Attendees {
		if a.Person != nil {
			e := p.people.of(*a.Person)
			check(pointer("attendees", i)+"/person", "person", e.id, cmp.Or(a.Person.Name, e.name))
		}
		if a.Organization != nil {
			e := p.organizations.of(*a.Organization)
			check(pointer("attendees", i)+"/organization", "organization", e.id, cmp.Or(a.Organization.Name, e.name))
		}
	}
	for i, d := range p.in.Documents {
		if d.Relation != nil {
			title, _ := d.Title.In(p.in.Lang)
			check(pointer("documents", i), "document "+*d.Relation, p.documentID(i), cmp.Or(title, *cmp.Or(d.URL, d.Key, new(""))))
		}
	}
}

func (p *plan) eventID() int64                      { return p.event }
func (p *plan) personID(x Person) int64             { return p.people.of(x).id }
func (p *plan) organizationID(x Organization) int64 { return p.organizations.of(x).id }
func (p *plan) placeID(name string) int64           { return p.places.ofName(name).id }
func (p *plan) topicID(label string) int64          { return p.topics.ofName(label).id }
func (p *plan) documentID(i int) int64              { return p.documents.found[i].ID }
func (p *plan) speakerID(statement int) int64       { return p.attendees[p.speakers[statement]] }
func (p *plan) statementID(key string) int64        { return p.statements[p.keyed[key]] }
func (p *plan) namedDocumentID(name string) int64 {
	i, _ := p.documents.index(name) // resolveDocuments has rejected unknown names
	return p.documentID(i)
}
