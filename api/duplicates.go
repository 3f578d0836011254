package api

import (
	"slices"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/spelling"

	"github.com/labstack/echo/v4"
)

// Pairs of records that may be one.

// duplicateFilter is what a list of pairs can be narrowed by.
type duplicateFilter struct {
	MinScore float64 `query:"min_score" form:"min_score" default:"0.92" validate:"min=0.82,max=1"` // How alike the two are at least, 0.82 to 1.
	Limit    int     `query:"limit" form:"limit" default:"50" validate:"min=1"`                    // Pairs a page, 1 to 100; a higher number is lowered to 100. The pairs of one record stay together, which can be some more.
	Cursor   string  `query:"cursor" form:"cursor"`                                                // Where the page begins: `page.next_cursor` of the page before. Empty: the first page.
	Lang     string  `query:"lang" form:"lang" validate:"omitempty,language"`                      // Adds `<field>_text` and `<field>_lang` beside every text, in this language or the next one of the chain ru, en, kk.
}

// PersonDuplicate is two people who may be one.
//
//	@Description	Two people who may be one.
type PersonDuplicate struct {
	First   PersonHit         `json:"first"`                // The one with the lower id.
	Second  PersonHit         `json:"second"`               // The other one.
	Score   float64           `json:"score" example:"0.97"` // How alike, 0 to 1.
	Reasons []spelling.Reason `json:"reasons"`              // What agrees and what does not; `query` is of the first, `record` of the second.
} //	@name	PersonDuplicate

// OrganizationDuplicate is two organizations that may be one.
//
//	@Description	Two organizations that may be one.
type OrganizationDuplicate struct {
	First   OrganizationHit   `json:"first"`                // The one with the lower id.
	Second  OrganizationHit   `json:"second"`               // The other one.
	Score   float64           `json:"score" example:"0.97"` // How alike, 0 to 1.
	Reasons []spelling.Reason `json:"reasons"`              // What agrees and what does not; `query` is of the first, `record` of the second.
} //	@name	OrganizationDuplicate

// PersonDuplicatePage is a page of pairs.
type PersonDuplicatePage = Page[PersonDuplicate] //	@name	PersonDuplicatePage

// OrganizationDuplicatePage is a page of pairs.
type OrganizationDuplicatePage = Page[OrganizationDuplicate] //	@name	OrganizationDuplicatePage

// comparing is how long a page of pairs may be looked for, mostPairs how many pairs it may have.
const (
	comparing = 2 * time.Second
	mostPairs = 100
)

// listPeopleDuplicates answers pairs of people who may be one.
//
//	@ID				listPeopleDuplicates
//	@Summary		List people who may be one
//	@Description	Pairs of people whose names are spellings of one name, the most alike of each page first. Merge the two, or say with `POST /v1/distinctions` that they
//	@Description	are not the same: then they are not listed again. A page takes two seconds at most, so it may be short, or empty, while `next_cursor` leads on.
//	@Tags			People
//	@Param			filter	query		duplicateFilter		false	"-"
//	@Success		200		{object}	PersonDuplicatePage	"A page of pairs."
//	@Router			/v1/people/duplicates [get]
func (s *server) listPeopleDuplicates(c echo.Context) error {
	f, pairs, err := s.duplicates(c, s.people, person.Type)
	if err != nil {
		return err
	}
	people, at, err := s.placed(c.Request().Context(), person.Filter{ID: idsIn(pairs.List)})
	if err != nil {
		return err
	}
	employers, err := s.employers(c.Request().Context(), at)
	if err != nil {
		return err
	}
	list := paired(pairs.List, people, func(p spelling.Pair, one, other person.Person) PersonDuplicate {
		return PersonDuplicate{at.hit(one, p.First), at.hit(other, p.Second), spelling.Rounded(p.Second.Score), reasonsOf(p, employers[one.ID], employers[other.ID])}
	})
	return s.list(c, &paging.Params{Lang: f.Lang}, list, f.info(pairs), nil)
}

// listOrganizationsDuplicates answers pairs of organizations that may be one.
//
//	@ID				listOrganizationsDuplicates
//	@Summary		List organizations that may be one
//	@Description	Pairs of organizations whose names are spellings of one name, the most alike of each page first. Merge the two, or say with `POST /v1/distinctions` that they
//	@Description	are not the same: then they are not listed again. A page takes two seconds at most, so it may be short, or empty, while `next_cursor` leads on.
//	@Tags			Organizations
//	@Param			filter	query		duplicateFilter				false	"-"
//	@Success		200		{object}	OrganizationDuplicatePage	"A page of pairs."
//	@Router			/v1/organizations/duplicates [get]
func (s *server) listOrganizationsDuplicates(c echo.Context) error {
	f, pairs, err := s.duplicates(c, s.organizations, organization.Type)
	if err != nil {
		return err
	}
	page, err := organization.List(c.Request().Context(), s.db, organization.Filter{ID: idsIn(pairs.List), Params: paging.Params{Limit: paging.MaxLimit}})
	if err != nil {
		return err
	}
	list := paired(pairs.List, page.Items, func(p spelling.Pair, one, other organization.Organization) OrganizationDuplicate {
		return OrganizationDuplicate{organizationHit(one, p.First), organizationHit(other, p.Second), spelling.Rounded(p.Second.Score), reasonsOf(p, nil, nil)}
	})
	return s.list(c, &paging.Params{Lang: f.Lang}, list, f.info(pairs), nil)
}

// duplicates reads the parameters and finds the pairs of a page, without those that are not the same.
func (s *server) duplicates(c echo.Context, finder *spelling.Finder, kind string) (f duplicateFilter, pairs spelling.Pairs, err error) {
	values := c.QueryParams()
	mistakes, after := input.Bind(values, &f), paging.Cursor{}
	if f.Cursor != "" {
		at, err := s.cursors.decode(f.Cursor, c.Request().URL.Path, values)
		if err != nil {
			mistakes = append(mistakes, apperr.In("cursor", "bad_cursor"))
		} else {
			after = *at
		}
	}
	if err := apperr.BadQuery(mistakes); err != nil {
		return f, pairs, err
	}
	if f.Lang == "" {
		f.Lang = acceptedLanguage(c.Request())
	}
	ctx := c.Request().Context()
	f.Limit = min(f.Limit, mostPairs)
	if pairs, err = finder.Pairs(ctx, f.MinScore, after.ID, f.Limit, time.Now().Add(comparing)); err != nil {
		return f, pairs, err
	}
	said, err := distinction.DistinctPairs(ctx, s.db, kind, idsIn(pairs.List))
	pairs.List = slices.DeleteFunc(pairs.List, func(p spelling.Pair) bool { return said[[2]int64{p.First.ID, p.Second.ID}] })
	return f, pairs, err
}

// info is where the page of the pairs stands.
func (f duplicateFilter) info(p spelling.Pairs) listInfo {
	info := listInfo{limit: f.Limit, state: paging.State{Head: p.Head}}
	if p.Next != 0 {
		info.next = &paging.Cursor{ID: p.Next}
	}
	return info
}

// idsIn gives the records of pairs, each once.
func idsIn(pairs []spelling.Pair) []int64 {
	ids := []int64{-1} // an empty filter would let everything through
	for _, p := range pairs {
		ids = append(ids, p.First.ID, p.Second.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// paired makes an item of each pair of which both records were read; else one was deleted just now.
func paired[T paging.Row, D any](pairs []spelling.Pair, records []T, item func(p spelling.Pair, one, other T) D) []D {
	known := make(map[int64]T, len(records))
	for _, r := range records {
		known[r.Cursor().ID] = r
	}
	list := []D{}
	for _, p := range pairs {
		one, isOne := known[p.First.ID]
		other, isOther := known[p.Second.ID]
		if isOne && isOther {
			list = append(list, item(p, one, other))
		}
	}
	return list
}

// reasonsOf are what makes two records alike: their names, and where they work.
func reasonsOf(p spelling.Pair, one, other []employer) []spelling.Reason {
	reasons := []spelling.Reason{p.Second.Reason()}
	best := commonOrganization(one, other)
	if best.Record != "" {
		reasons = append(reasons, best)
	}
	return reasons
}
