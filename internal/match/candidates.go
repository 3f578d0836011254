package match

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/input"
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

// findAll is find with a score of minScore, for callers who ask whether a record exists. If no record is likely, it adds those
// that a lookup of the name finds, with their similarity.
func (m *Matcher) findAll(ctx context.Context, t RecordType, limit int, spellings [][]string) ([][]candidate, error) {
	found, err := m.find(ctx, t, minScore, limit, spellings)
	if err != nil {
		return nil, err
	}
	var asked []int
	var queries []string
	for i, list := range spellings {
		if len(list) > 0 && (len(found[i]) == 0 || found[i][0].Score < names.Possible) {
			asked, queries = append(asked, i), append(queries, list[0])
		}
	}
	if len(queries) == 0 {
		return found, nil
	}
	looked, err := m.finder(t).LookupEach(ctx, queries, limit)
	if err != nil {
		return nil, err
	}
	ids := slices.Sorted(slices.Values(idsOf(slices.Concat(looked...))))
	infos, err := m.load(ctx, t, slices.Compact(ids), nil)
	if err != nil {
		return nil, err
	}
	for n, i := range asked {
		more := slices.DeleteFunc(looked[n], func(l spelling.Match) bool {
			return slices.ContainsFunc(found[i], func(c candidate) bool { return c.ID == l.ID })
		})
		for j := range more {
			more[j].Score = min(t.index().Score(more[j].Query, more[j].Spelling), names.Possible)
		}
		slices.SortStableFunc(more, func(a, b spelling.Match) int { return cmp.Compare(b.Score, a.Score) })
		found[i] = append(found[i], withInfo(more, infos)...)
		found[i] = found[i][:min(len(found[i]), limit)]
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
	f := person.Filter{ID: ids, ExternalID: externalIDs}
	f.Limit = paging.MaxLimit
	page, err := person.List(ctx, m.DB, f)
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
	f := organization.Filter{ID: ids, ExternalID: externalIDs, Params: paging.Params{PageParams: paging.PageParams{Limit: paging.MaxLimit}}}
	page, err := organization.List(ctx, m.DB, f)
	return page.Items, err
}

// source is what a source says about a record besides its name.
type source struct {
	organizations []string // with a person: each a name in any spelling or an id such as organizations/3
	externalIDs   []string
}

// decide returns the decisions on the candidates for a name, in their order. Records with contradicting identifiers are left
// out. Of organizations, only the first can be a match: spelling.Index.Decide decides. Each person with the name, or with a
// similar one in a shared organization, is a match, so that namesakes are seen.
func decide(t RecordType, found []candidate, s source) []Candidate {
	x := t.index()
	found = slices.DeleteFunc(slices.Clone(found), func(c candidate) bool { return input.Contradict(c.externalIDs, s.externalIDs) })
	decisions := make([]Candidate, len(found))
	matches := make([]spelling.Match, len(found))
	for i, c := range found {
		decisions[i] = Candidate{ID: c.ID, Name: c.name, Score: spelling.Rounded(c.Score), Band: "possible", Reasons: []spelling.Reason{c.Reason()}}
		matches[i] = c.Match
		if best := closestAffiliation(s.organizations, c.affiliations); best.Record != "" { // the most similar organization counts
			decisions[i].Reasons = append(decisions[i].Reasons, best)
			matches[i].SharesOrganization = best.Score >= names.Possible
			matches[i].OtherOrganization = !matches[i].SharesOrganization
		}
	}
	ranked := slices.SortedStableFunc(slices.Values(matches), x.Compare)
	decision := x.Decide(ranked)
	for i, c := range matches {
		taken := decision == spelling.IsMatch && c.ID == ranked[0].ID
		hasName := c.Score >= names.Same && !(c.OtherOrganization && x.IsShortForm(c.Query))
		byName := !x.Organizations && (hasName || c.SharesOrganization && c.Score >= names.SameWithContext)
		if id := sharedID(found[i].externalIDs, s.externalIDs); id != "" {
			taken = true
			decisions[i].Score = 1
			decisions[i].Reasons = append(decisions[i].Reasons, spelling.Reason{Feature: externalID, Query: id, Record: id, Score: 1})
		}
		if taken || byName {
			decisions[i].Band = "match"
		}
	}
	return decisions
}

// sharedID returns an external id that both lists have, or "".
func sharedID(recorded, given []string) string {
	for _, id := range input.StoredForms(given) {
		if slices.Contains(recorded, id) {
			return id
		}
	}
	return ""
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

// PersonDuplicate is two people that may be the same person.
//
//	@Description	Two people that may be the same person.
type PersonDuplicate struct {
	First   PersonHit         `json:"first"`                // The person with the lower id.
	Second  PersonHit         `json:"second"`               // The other person.
	Records int64             `json:"records" example:"12"` // How many records refer to one of the two, such as attendances and positions.
	Score   float64           `json:"score" example:"0.97"` // The similarity of the names, 0 to 1.
	Reasons []spelling.Reason `json:"reasons"`              // The comparisons behind the score; `query` is of the first person, `record` of the second.
} //	@name	PersonDuplicate

// OrganizationDuplicate is two organizations that may be the same organization.
//
//	@Description	Two organizations that may be the same organization.
type OrganizationDuplicate struct {
	First   OrganizationHit   `json:"first"`                // The organization with the lower id.
	Second  OrganizationHit   `json:"second"`               // The other organization.
	Records int64             `json:"records" example:"12"` // How many records refer to one of the two, such as parts in round tables and positions.
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
	Lang     string  `query:"lang" form:"lang" validate:"omitempty,language"`                      // Adds `<field>_text` and `<field>_lang` to every text, in this language or, if missing, the first available of ru, en, kk.

	After *spelling.Place `query:"-" form:"-" swaggerignore:"true"` // The decoded cursor: pairs of the records up to this place are left out.
}

// PeopleDuplicates returns a page of pairs, without those that have a distinction or contradicting identifiers. A page can be empty although others
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
			Records: p.Uses, Score: spelling.Rounded(p.Second.Score), Reasons: []spelling.Reason{p.Second.Reason()},
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
			Records: p.Uses, Score: spelling.Rounded(p.Second.Score), Reasons: []spelling.Reason{p.Second.Reason()},
		}
	}), err
}

func (m *Matcher) pairs(ctx context.Context, t RecordType, f DuplicateFilter) (spelling.Pairs, error) {
	uses, err := t.index().Uses(ctx, m.DB)
	if err != nil {
		return spelling.Pairs{}, err
	}
	pairs, err := m.finder(t).Pairs(ctx, f.MinScore, uses, f.After, f.limit(), time.Now().Add(maxCompareTime))
	if err != nil {
		return pairs, err
	}
	ids := idsIn(pairs.List)
	distinct, err := distinction.DistinctPairs(ctx, m.DB, t.ID, ids)
	if err != nil {
		return pairs, err
	}
	identifiers, err := t.index().ExternalIDs(ctx, m.DB, ids)
	pairs.List = slices.DeleteFunc(pairs.List, func(p spelling.Pair) bool {
		return distinct[[2]int64{p.First.ID, p.Second.ID}] || input.Contradict(identifiers[p.First.ID], identifiers[p.Second.ID])
	})
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
	if pairs.Next != nil {
		page.Next = &paging.Cursor{Keys: []string{strconv.FormatInt(pairs.Next.Uses, 10)}, ID: pairs.Next.ID}
	}
	return page
}
