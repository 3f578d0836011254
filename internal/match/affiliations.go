package match

import (
	"context"
	"maps"
	"slices"

	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// affiliatedOrganization is an organization where a person works or worked, with the spellings that it is compared by.
type affiliatedOrganization struct {
	text.Ref
	spellings []parsedSpelling
}

type parsedSpelling struct {
	text string
	name names.Name
}

// maxCompared is the number of affiliations of a person that are compared by name. The others are compared by id only.
const maxCompared = 5

// affiliations returns the affiliations of people, by the ids of the people.
func (m *Matcher) affiliations(ctx context.Context, positions map[int64][]person.Position) (map[int64][]affiliatedOrganization, error) {
	compared := map[int64][]parsedSpelling{}
	for _, held := range positions {
		for _, p := range held[:min(len(held), maxCompared)] {
			compared[p.Organization.ID] = nil
		}
	}
	if len(compared) == 0 {
		return nil, nil
	}
	spellings, err := m.Organizations.Spellings(ctx, slices.Collect(maps.Keys(compared)))
	if err != nil {
		return nil, err
	}
	for id, list := range spellings {
		for _, s := range list {
			compared[id] = append(compared[id], parsedSpelling{s, names.ParseOrganization(s)})
		}
	}
	affiliations := make(map[int64][]affiliatedOrganization, len(positions))
	for id, held := range positions {
		for i, p := range held {
			a := affiliatedOrganization{Ref: p.Organization}
			if i < maxCompared {
				a.spellings = compared[a.ID]
			}
			affiliations[id] = append(affiliations[id], a)
		}
	}
	return affiliations, nil
}

const featureOrganization = "organization"

// closestAffiliation compares organizations, by name or id, with the affiliations of a person and returns the most
// similar pair. Its Record is empty if there is nothing to compare.
func closestAffiliation(organizations []string, affiliations []affiliatedOrganization) (best spelling.Reason) {
	for _, o := range organizations {
		if r := compareOrganization(o, affiliations); r.Record != "" && (best.Record == "" || r.Score > best.Score) {
			best = r
		}
	}
	return best
}

func compareOrganization(asked string, affiliations []affiliatedOrganization) (best spelling.Reason) {
	if asked == "" || len(affiliations) == 0 {
		return best
	}
	if id, ok := recordID(Organizations, asked); ok {
		best = spelling.Reason{Feature: featureOrganization, Query: asked, Record: inLanguage(affiliations[0].Name, "")}
		if i := slices.IndexFunc(affiliations, func(a affiliatedOrganization) bool { return a.ID == id }); i >= 0 {
			best.Record, best.Score = inLanguage(affiliations[i].Name, ""), 1
		}
		return best
	}
	name := names.ParseOrganization(asked)
	for _, a := range affiliations {
		for _, s := range a.spellings {
			if score := names.Score(name, s.name); best.Record == "" || score > best.Score {
				best = spelling.Reason{Feature: featureOrganization, Query: asked, Record: s.text, Score: spelling.Rounded(score)}
			}
		}
	}
	return best
}

// commonAffiliation returns the organization that two people share, or else the two that are most similar. Its Record
// is empty if there is nothing to compare.
func commonAffiliation(first, second []affiliatedOrganization) (best spelling.Reason) {
	for i, a := range first {
		name := inLanguage(a.Name, "")
		if slices.ContainsFunc(second, func(b affiliatedOrganization) bool { return b.ID == a.ID }) {
			return spelling.Reason{Feature: featureOrganization, Query: name, Record: name, Score: 1}
		}
		if i < maxCompared {
			if r := compareOrganization(name, second); r.Record != "" && r.Score >= best.Score {
				best = r
			}
		}
	}
	return best
}
