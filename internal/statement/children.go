package statement

import (
	"context"

	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
)

// OfRoundTables returns up to per statements of each round table, in the order of the source.
func OfRoundTables(ctx context.Context, db pg.DB, roundTables []int64, per int) ([]Statement, error) {
	return each(ctx, db, paging.Children{Table: "statements c", Parent: "c.round_table_id", Child: "c.id", Order: "c.sequence, c.id"}, roundTables, per)
}

// OfAttendees returns up to per statements of each attendee, in the order of the source.
func OfAttendees(ctx context.Context, db pg.DB, attendees []int64, per int) ([]Statement, error) {
	return each(ctx, db, paging.Children{Table: "statements c", Parent: "c.attendee_id", Child: "c.id", Order: "c.sequence, c.id"}, attendees, per)
}

// OfPeople returns up to per statements of each person, the latest first.
func OfPeople(ctx context.Context, db pg.DB, people []int64, per int) ([]Statement, error) {
	return each(ctx, db, paging.Children{Table: "statements c", Parent: "c.person_key", Child: "c.id", Order: "c.starts_key DESC, c.id DESC"}, people, per)
}

func each(ctx context.Context, db pg.DB, c paging.Children, parents []int64, per int) ([]Statement, error) {
	list, err := paging.Each[Statement](ctx, db, sourceFor(ctx), c, parents, per)
	for i := range list {
		list[i].finish()
	}
	return list, err
}
