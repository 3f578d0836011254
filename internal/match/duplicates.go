package match

import (
	"context"
	"slices"
	"time"

	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/spelling"
)

// PersonDuplicate is two people that may be the same person.
//
//	@Description	Two people that may be the same person.
type PersonDuplicate struct {
	First   PersonHit         `json:"first"`                // The person with the lower id.
	Second  PersonHit         `json:"second"`               // The other person.
	Score   float64           `json:"score" example:"0.97"` // The similarity of the names, 0 to 1.
	Reasons []spelling.Reason `json:"reasons"`              // The comparisons behind the score; `query` is of the first person, `record` of the second.
} //	@name	PersonDuplicate

// OrganizationDuplicate is two organizations that may be the same organization.
//
//	@Description	Two organizations that may be the same organization.
type OrganizationDuplicate struct {
	First   OrganizationHit   `json:"first"`                // The organization with the lower id.
	Second  OrganizationHit   `json:"second"`               // The other organization.
	Score   float64           `json:"score" example:"0.97"` // The similarity of the names, 0 to 1.
	Reasons []spelling.Reason `json:"reasons"`              // The comparisons behind the score; `query` is of the first organization, `record` of the second.
} //	@name	OrganizationDuplicate

// The bounds of a page of pairs.
const (
	maxCompareTime = 2 * time.Second
	maxPairs       = 100
)

// DuplicateFilter are the parameters of a list of pairs.
type DuplicateFilter struct {
	MinScore float64 `query:"min_score" form:"min_score" default:"0.92" validate:"min=0.82,max=1"` // The lowest similarity of the names, 0.82 to 1.
	Limit    int     `query:"limit" form:"limit" default:"50" validate:"min=1"`                    // Pairs in a page, 1 to 100; a higher number is lowered to 100. The pairs of one record stay together, so a page can have some more.
	Cursor   string  `query:"cursor" form:"cursor"`                                                // Where the page begins: `page.next_cursor` of the previous page. Empty: the first page.
	Lang     string  `query:"lang" form:"lang" validate:"omitempty,language"`                      // Adds `<field>_text` and `<field>_lang` beside every text, in this language or the next one of the chain ru, en, kk.
	After    int64   `query:"-" form:"-" swaggerignore:"true"`                                     // The id in the decoded cursor: pairs up to this first record are left out.
}

// PeopleDuplicates returns a page of pairs, without those that have a distinction. A page can be empty although others
// follow, because comparing stops after two seconds.
func (m *Matcher) PeopleDuplicates(ctx context.Context, f DuplicateFilter) (page paging.Page[PersonDuplicate], err error) {
	pairs, err := m.pairs(ctx, People, f)
	if err != nil {
		return page, err
	}
	people, positions, err := m.listPeople(ctx, idsIn(pairs.List), nil)
	if err != nil {
		return page, err
	}
	affiliations, err := m.affiliations(ctx, positions)
	return pageOf(pairs, f, people, func(p spelling.Pair, first, second person.Person) PersonDuplicate {
		d := PersonDuplicate{
			First: personHit(first, positions[first.ID], p.First), Second: personHit(second, positions[second.ID], p.Second),
			Score: spelling.Rounded(p.Second.Score), Reasons: []spelling.Reason{p.Second.Reason()},
		}
		if shared := commonAffiliation(affiliations[first.ID], affiliations[second.ID]); shared.Record != "" {
			d.Reasons = append(d.Reasons, shared)
		}
		return d
	}), err
}

// OrganizationsDuplicates is PeopleDuplicates for organizations.
func (m *Matcher) OrganizationsDuplicates(ctx context.Context, f DuplicateFilter) (page paging.Page[OrganizationDuplicate], err error) {
	pairs, err := m.pairs(ctx, Organizations, f)
	if err != nil {
		return page, err
	}
	organizations, err := m.listOrganizations(ctx, idsIn(pairs.List), nil)
	return pageOf(pairs, f, organizations, func(p spelling.Pair, first, second organization.Organization) OrganizationDuplicate {
		return OrganizationDuplicate{
			First: organizationHit(first, p.First), Second: organizationHit(second, p.Second),
			Score: spelling.Rounded(p.Second.Score), Reasons: []spelling.Reason{p.Second.Reason()},
		}
	}), err
}

func (m *Matcher) pairs(ctx context.Context, t RecordType, f DuplicateFilter) (spelling.Pairs, error) {
	pairs, err := m.finder(t).Pairs(ctx, f.MinScore, f.After, f.limit(), time.Now().Add(maxCompareTime))
	if err != nil {
		return pairs, err
	}
	distinct, err := distinction.DistinctPairs(ctx, m.DB, t.ID, idsIn(pairs.List))
	pairs.List = slices.DeleteFunc(pairs.List, func(p spelling.Pair) bool { return distinct[[2]int64{p.First.ID, p.Second.ID}] })
	return pairs, err
}

func (f DuplicateFilter) limit() int { return min(f.Limit, maxPairs) }

func idsIn(pairs []spelling.Pair) []int64 {
	ids := make([]int64, 0, 2*len(pairs))
	for _, p := range pairs {
		ids = append(ids, p.First.ID, p.Second.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// pageOf makes an item of each pair of which both records were read.
func pageOf[T paging.Row, D any](pairs spelling.Pairs, f DuplicateFilter, records []T, item func(p spelling.Pair, first, second T) D) paging.Page[D] {
	byID := make(map[int64]T, len(records))
	for _, r := range records {
		byID[r.Cursor().ID] = r
	}
	page := paging.Page[D]{State: paging.State{Head: pairs.Head}, Items: []D{}, Limit: f.limit()}
	for _, p := range pairs.List {
		first, hasFirst := byID[p.First.ID]
		second, hasSecond := byID[p.Second.ID]
		if hasFirst && hasSecond {
			page.Items = append(page.Items, item(p, first, second))
		}
	}
	if pairs.Next != 0 {
		page.Next = &paging.Cursor{ID: pairs.Next}
	}
	return page
}
