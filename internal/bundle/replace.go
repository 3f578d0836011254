package bundle

import (
	"bytes"
	"context"
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
)

// Replace gives an event the content of a document that Read has returned and the client has changed: it changes the parts whose
// ids the document has, creates those without an id, deletes those that the document leaves out, and orders them as in the
// document. It changes no people, organizations, places, topics or documents; new ones are created as by Create. match gets the tag
// of the event and may return an error. form are mistakes that were found when the document was read. Replace returns the errors
// of Create and those of roundtable.Update; an id of a part of another event is apperr.Invalid. After an error the transaction
// must not be committed.
func (w *Writer) Replace(ctx context.Context, id int64, in Input, match func(tag string) error, form ...apperr.Field) (Edit, error) {
	tx := w.tx
	if err := lock(ctx, tx, id); err != nil {
		return Edit{}, err
	}
	was, err := load(ctx, tx, id)
	if err != nil {
		return Edit{}, err
	}
	if err := match(was.tag()); err != nil {
		return Edit{}, err
	}
	form = input.Add(form, input.Check(&in))
	if err := checkNotTaken(ctx, tx, in.RoundTable.ExternalIDs, id); err != nil {
		return Edit{}, err
	}
	p, err := w.newPlan(ctx, &in, &was, form)
	if err != nil {
		return Edit{}, err
	}
	if err := p.findIgnored(ctx, tx); err != nil {
		return Edit{}, err
	}
	r, err := p.report(ctx, tx)
	if err != nil {
		return Edit{}, err
	}
	if err := p.replace(ctx, tx, &r); err != nil {
		return Edit{}, err
	}
	if w.Learn {
		if err := p.learn(ctx, tx); err != nil {
			return Edit{}, err
		}
	}
	is, err := load(ctx, tx, id)
	if err != nil {
		return Edit{}, err
	}
	return p.edit(r, is), nil
}

// lock locks an event and its parts, so that nobody else changes them.
func lock(ctx context.Context, tx pgx.Tx, id int64) error {
	if _, err := changes.Lock(ctx, tx, roundtable.Table, roundtable.Type, id); err != nil {
		return err
	}
	for _, table := range []string{organizer.Table, attendee.Table, statement.Table, recommendation.Table} {
		if err := pg.Exec(ctx, tx, "SELECT FROM "+table+" WHERE round_table_id = @id ORDER BY id FOR UPDATE", pg.Args{"id": id}); err != nil {
			return err
		}
	}
	return nil
}

// keepParts finds the parts that the document keeps, and the places of all its parts.
func (p *plan) keepParts() {
	p.event = p.was.event.ID
	p.parts.places, p.parts.kept = map[string][]int64{}, map[string][]bool{}
	if id := p.in.RoundTable.ID; id != nil && *id != p.event {
		p.mistakes = append(p.mistakes, apperr.At("/round_table/id", "another_round_table"))
	}
	keep(p, organizer.Type, "organizers", p.organizers, func(i int) *int64 { return p.in.Organizers[i].ID }, p.was.organizers,
		func(o organizer.Organizer) *int64 { return o.Position })
	keep(p, attendee.Type, "attendees", p.attendees, func(i int) *int64 { return p.in.Attendees[i].ID }, p.was.attendees,
		func(a attendee.Attendee) *int64 { return a.Position })
	keep(p, statement.Type, "statements", p.statements, func(i int) *int64 { return p.in.Statements[i].ID }, p.was.statements,
		func(s statement.Statement) *int64 { return s.Sequence })
	keep(p, recommendation.Type, "recommendations", p.recommendations, func(i int) *int64 { return p.in.Recommendations[i].ID }, p.was.recommendations,
		func(r recommendation.Recommendation) *int64 { return r.Position })
}

// keep finds the parts of one list that the document keeps, and rejects ids that are not those of parts of the event.
func keep[T record](p *plan, recordType, list string, ids []int64, idOf func(i int) *int64, was []T, placeOf func(T) *int64) {
	places, kept := make([]int64, len(ids)), make([]bool, len(ids))
	p.parts.places[recordType], p.parts.kept[recordType] = places, kept
	indexes := map[int64]int{}
	for i, r := range was {
		indexes[r.Meta().ID] = i
	}
	last, inOrder := -1, true // whether the parts keep their order, and new ones come last
	for i := range ids {
		id := idOf(i)
		if id == nil {
			last = len(was)
			continue
		}
		at, ok := indexes[*id]
		switch {
		case !ok:
			p.mistakes = append(p.mistakes, apperr.At(pointer(list, i)+"/id", "not_of_event"))
			continue
		case slices.Contains(ids, *id):
			p.mistakes = append(p.mistakes, apperr.At(pointer(list, i)+"/id", "duplicate"))
			continue
		}
		ids[i], kept[i] = *id, true
		inOrder = inOrder && at > last
		last = at
		places[i] = *placeOf(was[at])
	}
	for i := range places {
		switch {
		case !inOrder:
			places[i] = int64(i + 1)
		case !kept[i] && i == 0:
			places[i] = 1
		case !kept[i]:
			places[i] = places[i-1] + 1
		}
	}
}

// replace writes the difference between the event and the document: first what is new, because kept parts may refer to it, and last
// what is left out, because kept parts may have referred to it.
func (p *plan) replace(ctx context.Context, tx pgx.Tx, r *Report) error {
	if err := pg.DeferUnique(ctx, tx); err != nil {
		return err
	}
	if err := p.write(ctx, tx, r); err != nil {
		return err
	}
	event := p.parts.roundTable()
	if err := update(ctx, tx, "/round_table", p.was.event, p.was.event.Input, event, roundtable.Update); err != nil {
		return err
	}
	if err := updateAll(ctx, tx, "organizers", p.organizers, p.was.organizers, inputOfOrganizer, p.parts.organizer, organizer.Update); err != nil {
		return err
	}
	if err := updateAll(ctx, tx, "attendees", p.attendees, p.was.attendees, inputOfAttendee, p.parts.attendee, attendee.Update); err != nil {
		return err
	}
	if err := updateAll(ctx, tx, "statements", p.statements, p.was.statements, inputOfStatement, p.parts.statement, statement.Update); err != nil {
		return err
	}
	err := updateAll(ctx, tx, "recommendations", p.recommendations, p.was.recommendations, inputOfRecommendation, p.parts.recommendation, recommendation.Update)
	if err != nil {
		return err
	}
	if err := p.remove(ctx, tx); err != nil {
		return err
	}
	return pg.CheckUnique(ctx, tx)
}

// indexed returns records by their ids.
func indexed[T record](list []T) map[int64]T {
	all := make(map[int64]T, len(list))
	for _, r := range list {
		all[r.Meta().ID] = r
	}
	return all
}

func inputOfOrganizer(o organizer.Organizer) organizer.Input                     { return o.Input }
func inputOfAttendee(a attendee.Attendee) attendee.Input                         { return a.Input }
func inputOfStatement(s statement.Statement) statement.Input                     { return s.Input }
func inputOfRecommendation(r recommendation.Recommendation) recommendation.Input { return r.Input }

// updateAll updates the parts of one list that exist. ids are those of the document, in its order.
func updateAll[I any, T record](ctx context.Context, tx pgx.Tx, list string, ids []int64, was []T, inputOf func(T) I, part func(i int) I,
	write func(context.Context, pgx.Tx, T, I) error) error {
	old := indexed(was)
	for i, id := range ids {
		if r, ok := old[id]; ok {
			if err := update(ctx, tx, pointer(list, i), r, inputOf(r), part(i), write); err != nil {
				return err
			}
		}
	}
	return nil
}

// update gives a record the content of the document, unless it has it. at is its part of the document.
func update[I, T any](ctx context.Context, tx pgx.Tx, at string, old T, was, is I, write func(context.Context, pgx.Tx, T, I) error) error {
	input.Check(&is) // sets the defaults; the document was checked
	a, err := json.Marshal(was, input.JSON)
	if err != nil {
		return err
	}
	b, err := json.Marshal(is, input.JSON)
	if err != nil || bytes.Equal(a, b) {
		return err
	}
	return under(at, write(ctx, tx, old, is))
}

// remove deletes the parts that the document leaves out, those that refer to others first. An undo restores them the other way
// round.
func (p *plan) remove(ctx context.Context, tx pgx.Tx) error {
	if err := deleteAll(ctx, tx, recommendation.Table, leftOut(p.was.recommendations, p.recommendations)); err != nil {
		return err
	}
	answers, old := leftOut(p.was.statements, p.statements), indexed(p.was.statements)
	for len(answers) > 0 {
		answered := map[int64]bool{}
		for _, id := range answers {
			if to := old[id].InReplyToID; to != nil {
				answered[*to] = true
			}
		}
		last := slices.DeleteFunc(slices.Clone(answers), func(id int64) bool { return answered[id] })
		if len(last) == 0 { // they answer each other
			last = answers
		}
		if err := deleteAll(ctx, tx, statement.Table, last); err != nil {
			return err
		}
		answers = slices.DeleteFunc(slices.Clone(answers), func(id int64) bool { return slices.Contains(last, id) })
	}
	if err := deleteAll(ctx, tx, attendee.Table, leftOut(p.was.attendees, p.attendees)); err != nil {
		return err
	}
	return deleteAll(ctx, tx, organizer.Table, leftOut(p.was.organizers, p.organizers))
}

func deleteAll(ctx context.Context, tx pgx.Tx, table string, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	return pg.Exec(ctx, tx, "DELETE FROM "+table+" WHERE id = ANY(@ids)", pg.Args{"ids": ids})
}

// leftOut returns the ids of the records that are not in the list.
func leftOut[T record](was []T, list []int64) (ids []int64) {
	for _, r := range was {
		if id := r.Meta().ID; !slices.Contains(list, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
