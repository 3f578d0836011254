package api

import (
	"context"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/role"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"
)

// bodies read records of each type of the feed by their ids, as their item endpoints show them to the actor.
var bodies = map[string]func(ctx context.Context, db pg.DB, ids []int64, lang string) (map[int64]any, error){
	topic.Type:          bodiesOf(topic.List, func(f *topic.Filter, ids []int64) { f.ID = ids }),
	place.Type:          bodiesOf(place.List, func(f *place.Filter, ids []int64) { f.ID = ids }),
	role.Type:           bodiesOf(role.List, func(f *role.Filter, ids []int64) { f.ID = ids }),
	organization.Type:   bodiesOf(organization.List, func(f *organization.Filter, ids []int64) { f.ID = ids }),
	person.Type:         bodiesOf(person.List, func(f *person.Filter, ids []int64) { f.ID = ids }),
	affiliation.Type:    bodiesOf(affiliation.List, func(f *affiliation.Filter, ids []int64) { f.ID = ids }),
	document.Type:       bodiesOf(document.List, func(f *document.Filter, ids []int64) { f.ID = ids }),
	roundtable.Type:     bodiesOf(roundtable.List, func(f *roundtable.Filter, ids []int64) { f.ID = ids }),
	organizer.Type:      bodiesOf(organizer.List, func(f *organizer.Filter, ids []int64) { f.ID = ids }),
	attendee.Type:       bodiesOf(attendee.List, func(f *attendee.Filter, ids []int64) { f.ID = ids }),
	statement.Type:      bodiesOf(statement.List, func(f *statement.Filter, ids []int64) { f.ID = ids }),
	recommendation.Type: bodiesOf(recommendation.List, func(f *recommendation.Filter, ids []int64) { f.ID = ids }),
}

func bodiesOf[F any, T paging.Row, P filter[F]](list func(context.Context, pg.DB, F) (paging.Page[T], error), narrow func(*F, []int64)) func(context.Context, pg.DB, []int64, string) (map[int64]any, error) {
	return func(ctx context.Context, db pg.DB, ids []int64, lang string) (map[int64]any, error) {
		var f F
		narrow(&f, ids)
		p := P(&f).Page()
		p.Sort, p.Limit = "id", paging.MaxLimit
		page, err := list(ctx, db, f)
		if err != nil {
			return nil, err
		}
		if lang != "" {
			text.Localize(page.Items, lang)
		}
		byID := make(map[int64]any, len(page.Items))
		for i := range page.Items {
			byID[page.Items[i].Cursor().ID] = &page.Items[i]
		}
		return byID, nil
	}
}

// withData puts into each change that tells of a record the record. The number of statements depends on the types only.
func withData(ctx context.Context, db pg.DB, list []Change, lang string) error {
	ids := map[string][]int64{}
	for _, c := range list {
		if c.Op == "upsert" {
			ids[c.Type] = append(ids[c.Type], c.ID)
		}
	}
	for _, t := range changes.FeedTypes {
		if len(ids[t]) == 0 {
			continue
		}
		records, err := bodies[t](ctx, db, ids[t], lang)
		if err != nil {
			return err
		}
		for i, c := range list {
			if c.Type == t && c.Op == "upsert" {
				list[i].Data = records[c.ID]
			}
		}
	}
	return nil
}
