package api

import (
	"context"
	"maps"
	"slices"

	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// workplaces are where people work or worked, by their ids.
type workplaces map[int64][]person.Position

// placed gives people, and where they work or worked.
func (s *server) placed(ctx context.Context, f person.Filter) ([]person.Person, workplaces, error) {
	f.Limit = paging.MaxLimit
	page, err := person.List(ctx, s.db, f)
	if err != nil || len(page.Items) == 0 {
		return nil, nil, err
	}
	ids := make([]int64, len(page.Items))
	for i, p := range page.Items {
		ids[i] = p.ID
	}
	at, err := person.Affiliations(ctx, s.db, ids)
	return page.Items, at, err
}

func (at workplaces) hit(r person.Person, m spelling.Match) PersonHit {
	hit := PersonHit{ID: r.ID, Name: r.Name, Matched: m.Spelling, Score: spelling.Rounded(m.Score)}
	if places := at[r.ID]; len(places) > 0 {
		hit.Affiliation = &places[0]
	}
	return hit
}

// employer is an organization that a person works or worked for. Spellings are to compare it by name.
type employer struct {
	text.Ref
	spellings []spelled
}

// mostCompared is how many employers of a person are compared by name. The others are known by their ids only.
const mostCompared = 5

type spelled struct {
	text string
	name names.Name
}

// employers gives the organizations of people.
func (s *server) employers(ctx context.Context, at workplaces) (map[int64][]employer, error) {
	compared := map[int64][]spelled{}
	for _, places := range at {
		for _, p := range places[:min(len(places), mostCompared)] {
			compared[p.Organization.ID] = nil
		}
	}
	if len(compared) == 0 {
		return nil, nil
	}
	all, err := s.organizations.Spellings(ctx, slices.Collect(maps.Keys(compared)))
	if err != nil {
		return nil, err
	}
	for id, spellings := range all {
		for _, text := range spellings {
			compared[id] = append(compared[id], spelled{text, names.ParseOrganization(text)})
		}
	}
	of := map[int64][]employer{}
	for id, places := range at {
		for i, p := range places {
			e := employer{Ref: p.Organization}
			if i < mostCompared {
				e.spellings = compared[e.ID]
			}
			of[id] = append(of[id], e)
		}
	}
	return of, nil
}

// sameOrganization compares an organization, a name in any spelling or an id such as organizations/3, with the employers of a person.
func sameOrganization(asked string, of []employer) (best spelling.Reason, alike bool) {
	if len(of) == 0 {
		return best, false
	}
	if id, ok := recordID(organization.Type, asked); ok {
		same := slices.IndexFunc(of, func(e employer) bool { return e.ID == id })
		best = spelling.Reason{Feature: "organization", Query: asked, Score: map[bool]float64{true: 1}[same >= 0]}
		best.Record, _ = of[max(same, 0)].Name.In("")
		return best, same >= 0
	}
	q := names.ParseOrganization(asked)
	for _, e := range of {
		for _, s := range e.spellings {
			if score := names.Score(q, s.name); best.Record == "" || score > best.Score {
				best = spelling.Reason{Feature: "organization", Query: asked, Record: s.text, Score: spelling.Rounded(score)}
			}
		}
	}
	return best, best.Score >= names.Possible
}

// commonOrganization says which organization two people have in common, or which of theirs are most alike.
func commonOrganization(one, other []employer) (best spelling.Reason) {
	for i, e := range one {
		if slices.ContainsFunc(other, func(o employer) bool { return o.ID == e.ID }) {
			name, _ := e.Name.In("")
			return spelling.Reason{Feature: "organization", Query: name, Record: name, Score: 1}
		}
		if i < mostCompared {
			name, _ := e.Name.In("")
			if r, _ := sameOrganization(name, other); r.Record != "" && r.Score >= best.Score {
				best = r
			}
		}
	}
	return best
}
