package api

import (
	"context"
	"maps"
	"slices"

	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// known is what is shown of a candidate and compared besides its names.
type known struct {
	name          text.Map
	title         text.Map   // the position of a person with the first employer
	employers     []employer // where a person works or worked, the ones of today first
	parents       []text.Ref // what an organization is a part of
	externalIDs   []string
	kind, country string // of an organization
}

// knownPeople gives those of the people that the actor may see.
func (s *server) knownPeople(ctx context.Context, ids []int64) (map[int64]known, error) {
	return s.peopleOf(ctx, person.Filter{ID: ids})
}

func (s *server) peopleOf(ctx context.Context, f person.Filter) (map[int64]known, error) {
	people, at, err := s.placed(ctx, f)
	if err != nil {
		return nil, err
	}
	employers, err := s.employers(ctx, at)
	of := map[int64]known{}
	for _, p := range people {
		k := known{name: p.Name, externalIDs: p.ExternalIDs, employers: employers[p.ID]}
		if places := at[p.ID]; len(places) > 0 {
			k.title = places[0].Title
		}
		of[p.ID] = k
	}
	return of, err
}

// knownOrganizations gives those of the organizations that are there.
func (s *server) knownOrganizations(ctx context.Context, ids []int64) (map[int64]known, error) {
	return s.organizationsOf(ctx, organization.Filter{ID: ids})
}

func (s *server) organizationsOf(ctx context.Context, f organization.Filter) (map[int64]known, error) {
	f.Limit = paging.MaxLimit
	page, err := organization.List(ctx, s.db, f)
	of := map[int64]known{}
	for _, o := range page.Items {
		k := known{name: o.Name, externalIDs: o.ExternalIDs, kind: o.Kind}
		if o.Country != nil {
			k.country = *o.Country
		}
		if o.Parent != nil {
			k.parents = []text.Ref{*o.Parent}
		}
		of[o.ID] = k
	}
	return of, err
}

// peopleWith gives those of the people with external ids that the actor may see.
func (s *server) peopleWith(ctx context.Context, externalIDs []string) (map[int64]known, error) {
	return s.peopleOf(ctx, person.Filter{ExternalID: externalIDs})
}

// organizationsWith gives the organizations with external ids.
func (s *server) organizationsWith(ctx context.Context, externalIDs []string) (map[int64]known, error) {
	return s.organizationsOf(ctx, organization.Filter{ExternalID: externalIDs})
}

// matchesOf finds records for each of the names, and what the actor may see of them.
func matchesOf(ctx context.Context, f *spelling.Finder, least float64, limit int, asked [][]string, see func(context.Context, []int64) (map[int64]known, error)) ([][]spelling.Match, map[int64]known, error) {
	found, err := f.FindEach(ctx, least, limit, asked)
	if err != nil {
		return nil, nil, err
	}
	ids := slices.Compact(slices.Sorted(slices.Values(idsOf(slices.Concat(found...)))))
	seen := map[int64]known{}
	for some := range slices.Chunk(ids, paging.MaxLimit) {
		more, err := see(ctx, some)
		if err != nil {
			return nil, nil, err
		}
		maps.Copy(seen, more)
	}
	return found, seen, nil
}
