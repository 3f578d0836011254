package popolo

import (
	"context"
	"io"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
)

// Export is a document with all records.
//
//	@Description	People, organizations, memberships and events in the terms of the Popolo project.
type Export struct {
	Persons       paging.Stream `json:"persons" swaggertype:"array,object"`       // The people.
	Organizations paging.Stream `json:"organizations" swaggertype:"array,object"` // The organizations.
	Memberships   paging.Stream `json:"memberships" swaggertype:"array,object"`   // The positions of people in organizations.
	Events        paging.Stream `json:"events" swaggertype:"array,object"`        // The round tables.
} //	@name	Popolo

// Write writes all records that the actor may see as an Export. It reads them page by page and calls flush after each
// page. tx must be REPEATABLE READ.
func (w Writer) Write(ctx context.Context, tx pgx.Tx, to io.Writer, flush func() error) error {
	err := json.MarshalWrite(to, Export{
		Persons:       paging.StreamOf(paging.Walk(ctx, tx, person.List, person.Filter{}), w.Person, flush),
		Organizations: paging.StreamOf(paging.Walk(ctx, tx, organization.List, organization.Filter{}), w.Organization, flush),
		Memberships:   paging.StreamOf(paging.Walk(ctx, tx, affiliation.List, affiliation.Filter{}), w.Membership, flush),
		Events:        w.events(ctx, tx, flush),
	}, json.Deterministic(true))
	if err == nil {
		_, err = io.WriteString(to, "\n")
	}
	return err
}

// atOnce is how many attendees are held in memory at once.
const atOnce = paging.MaxLimit

// events returns the round tables with their attendees. The attendees of small events are read together, those of a
// large one page by page.
func (w Writer) events(ctx context.Context, tx pgx.Tx, flush func() error) paging.Stream {
	return func(add func(any) error) error {
		for page, err := range paging.Walk(ctx, tx, roundtable.List, roundtable.Filter{}) {
			if err != nil {
				return err
			}
			for rest := page.Items; len(rest) > 0; {
				n := readTogether(rest)
				if err := w.addEvents(ctx, tx, rest[:n], add, flush); err != nil {
					return err
				}
				rest = rest[n:]
			}
			if err := flush(); err != nil {
				return err
			}
		}
		return nil
	}
}

// readTogether returns how many of the first events have at most atOnce attendees together, but at least 1.
func readTogether(events []roundtable.RoundTable) int {
	sum := events[0].Counts.Attendees
	for i, r := range events[1:] {
		if sum += r.Counts.Attendees; sum > atOnce {
			return i + 1
		}
	}
	return len(events)
}

// addEvents adds one large event or several small ones.
func (w Writer) addEvents(ctx context.Context, db pg.DB, events []roundtable.RoundTable, add func(any) error, flush func() error) error {
	if r := events[0]; r.Counts.Attendees > atOnce {
		o := w.Event(r)
		o["attendees"] = paging.StreamOf(paging.Pages(ctx, db, attendee.ListWithin, r.ID), w.Attendee, flush)
		return add(o)
	}
	ids := make([]int64, len(events))
	for i, r := range events {
		ids[i] = r.ID
	}
	attendees, err := attendee.OfRoundTables(ctx, db, ids, atOnce)
	if err != nil {
		return err
	}
	of := map[int64][]Object{}
	for _, a := range attendees {
		if o := w.Attendee(a); o != nil {
			of[a.RoundTableID] = append(of[a.RoundTableID], o)
		}
	}
	for _, r := range events {
		o := w.Event(r)
		o["attendees"] = of[r.ID]
		if err := add(o); err != nil {
			return err
		}
	}
	return nil
}
