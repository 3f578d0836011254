package attendee

import (
	"context"

	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
)

// OfRoundTables returns up to per attendees of each round table, in the order of the source.
func OfRoundTables(ctx context.Context, db pg.DB, roundTables []int64, per int) ([]Attendee, error) {
	return each(ctx, db, paging.Children{Table: "attendees c", Parent: "c.round_table_id", Child: "c.id", Order: "c.position, c.id"}, roundTables, per)
}

// OfPeople returns up to per attendees of each person, those of the latest round tables first.
func OfPeople(ctx context.Context, db pg.DB, people []int64, per int) ([]Attendee, error) {
	return each(ctx, db, paging.Children{Table: "attendees c", Parent: "c.person_id", Child: "c.id", Order: "c.starts_key DESC, c.id DESC"}, people, per)
}

func each(ctx context.Context, db pg.DB, c paging.Children, parents []int64, per int) ([]Attendee, error) {
	list, err := paging.Each[Attendee](ctx, db, sourceFor(ctx), c, parents, per)
	for i := range list {
		list[i].finish()
	}
	return list, err
}
