package match

import (
	"context"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// candidate is a record that was found by its name.
type candidate struct {
	spelling.Match
	candidateInfo
}

// candidateInfo is what a candidate is compared by and described with, besides the spellings of its name.
type candidateInfo struct {
	name         text.Map
	title        text.Map                 // of a person: the position in the first of the affiliations
	affiliations []affiliatedOrganization // of a person: current ones first
	parent       *text.Ref                // of an organization
	kind         string                   // of an organization
	country      string                   // of an organization
	externalIDs  []string
}

// find returns the candidates for each record that is given by its spellings, the best first.
func (m *Matcher) find(ctx context.Context, t RecordType, minScore float64, limit int, spellings [][]string) ([][]candidate, error) {
	matches, err := m.finder(t).FindEach(ctx, minScore, limit, spellings)
	if err != nil {
		return nil, err
	}
	ids := slices.Sorted(slices.Values(idsOf(slices.Concat(matches...))))
	infos, err := m.load(ctx, t, slices.Compact(ids), nil)
	if err != nil {
		return nil, err
	}
	found := make([][]candidate, len(matches))
	for i := range matches {
		found[i] = withInfo(matches[i], infos)
	}
	return found, nil
}

// withInfo leaves out records that were deleted in the meantime or that the actor may not see.
func withInfo(matches []spelling.Match, infos map[int64]candidateInfo) []candidate {
	var candidates []candidate
	for _, m := range matches {
		if info, ok := infos[m.ID]; ok {
			candidates = append(candidates, candidate{m, info})
		}
	}
	return candidates
}

func idsOf(matches []spelling.Match) []int64 {
	ids := make([]int64, len(matches))
	for i, m := range matches {
		ids[i] = m.ID
	}
	return ids
}

// load reads the records with the ids or external ids.
func (m *Matcher) load(ctx context.Context, t RecordType, ids []int64, externalIDs []string) (map[int64]candidateInfo, error) {
	read := m.peopleInfo
	if t == Organizations {
		read = m.organizationsInfo
	}
	infos := map[int64]candidateInfo{}
	for some := range slices.Chunk(ids, paging.MaxLimit) {
		if err := read(ctx, some, nil, infos); err != nil {
			return nil, err
		}
	}
	for some := range slices.Chunk(externalIDs, paging.MaxLimit) {
		if err := read(ctx, nil, some, infos); err != nil {
			return nil, err
		}
	}
	return infos, nil
}

func (m *Matcher) peopleInfo(ctx context.Context, ids []int64, externalIDs []string, infos map[int64]candidateInfo) error {
	people, positions, err := m.listPeople(ctx, ids, externalIDs)
	if err != nil {
		return err
	}
	affiliations, err := m.affiliations(ctx, positions)
	for _, p := range people {
		info := candidateInfo{name: p.Name, externalIDs: p.ExternalIDs, affiliations: affiliations[p.ID]}
		if held := positions[p.ID]; len(held) > 0 {
			info.title = held[0].Title
		}
		infos[p.ID] = info
	}
	return err
}

func (m *Matcher) organizationsInfo(ctx context.Context, ids []int64, externalIDs []string, infos map[int64]candidateInfo) error {
	list, err := m.listOrganizations(ctx, ids, externalIDs)
	for _, o := range list {
		info := candidateInfo{name: o.Name, externalIDs: o.ExternalIDs, kind: o.Kind, parent: o.Parent}
		if o.Country != nil {
			info.country = *o.Country
		}
		infos[o.ID] = info
	}
	return err
}

// listPeople returns the people with the ids or external ids and, by their ids, the positions that they hold or held,
// current ones first.
func (m *Matcher) listPeople(ctx context.Context, ids []int64, externalIDs []string) ([]person.Person, map[int64][]person.Position, error) {
	if len(ids)+len(externalIDs) == 0 { // an empty filter would select everything
		return nil, nil, nil
	}
	page, err := person.List(ctx, m.DB, person.Filter{ID: ids, ExternalID: externalIDs, Params: paging.Params{Limit: paging.MaxLimit}})
	if err != nil || len(page.Items) == 0 {
		return nil, nil, err
	}
	ids = make([]int64, len(page.Items))
	for i, p := range page.Items {
		ids[i] = p.ID
	}
	positions, err := person.Affiliations(ctx, m.DB, ids)
	return page.Items, positions, err
}

// listOrganizations returns the organizations with the ids or external ids.
func (m *Matcher) listOrganizations(ctx context.Context, ids []int64, externalIDs []string) ([]organization.Organization, error) {
	if len(ids)+len(externalIDs) == 0 {
		return nil, nil
	}
	f := organization.Filter{ID: ids, ExternalID: externalIDs, Params: paging.Params{Limit: paging.MaxLimit}}
	page, err := organization.List(ctx, m.DB, f)
	return page.Items, err
}

// decide returns the decision on a candidate by its name and by the organizations that the source names with it: each a
// name in any spelling or an id such as organizations/3. The most similar organization counts.
func (c candidate) decide(organizations ...string) Candidate {
	decision := Candidate{
		ID: c.ID, Name: c.name, Score: spelling.Rounded(c.Score), Band: "possible", Reasons: []spelling.Reason{c.Reason()},
	}
	threshold := names.Same
	if best := closestAffiliation(organizations, c.affiliations); best.Record != "" {
		decision.Reasons = append(decision.Reasons, best)
		if best.Score >= names.Possible {
			threshold = names.SameWithContext
		}
	}
	if c.Score >= threshold {
		decision.Band = "match"
	}
	return decision
}

// description returns what distinguishes a record from others of the same name.
func (i candidateInfo) description(lang string) string {
	parts := []string{inLanguage(i.title, lang), "", i.country}
	switch {
	case len(i.affiliations) > 0:
		parts[1] = inLanguage(i.affiliations[0].Name, lang)
	case i.parent != nil:
		parts[1] = inLanguage(i.parent.Name, lang)
	}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ", ")
}

func inLanguage(m text.Map, lang string) string {
	value, _ := m.In(lang)
	return value
}
