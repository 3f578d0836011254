package api

import (
	"context"
	"net/http"
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/labstack/echo/v4"
)

// Finding people and organizations by their names, however spelled.

// newFinder makes a finder that is good until ctx ends. It reads the names when the first one is looked for: a service that
// nobody asks for names needs no memory for them.
func newFinder(ctx context.Context, config Config, x spelling.Index) (*spelling.Finder, error) {
	f, err := spelling.NewFinder(config.DB, x)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, f.Close)
	return f, nil
}

// mostFound is how many records a search for a name gives at most.
const mostFound = 500

// sought is what a list is narrowed to by a search for a name; nil without one.
func sought(ctx context.Context, f *spelling.Finder, q string) (*spelling.Found, error) {
	if q == "" {
		return nil, nil
	}
	matches, head, err := f.Search(ctx, q, mostFound)
	if err != nil {
		return nil, err
	}
	found := &spelling.Found{IDs: []int64{}, Head: head}
	for _, m := range matches {
		found.IDs = append(found.IDs, m.ID)
	}
	return found, nil
}

// lookupParams are what a lookup takes.
type lookupParams struct {
	Q     string `query:"q" form:"q" validate:"max=200" example:"Токаев"`          // What was typed: a name or the beginning of one, in any spelling, script and order.
	Limit int    `query:"limit" form:"limit" default:"10" validate:"min=1,max=50"` // Records at most, 1 to 50.
	Lang  string `query:"lang" form:"lang" validate:"omitempty,language"`          // Adds `<field>_text` and `<field>_lang` beside every text, in this language or the next one of the chain ru, en, kk.
}

// PersonHit is a person whom a lookup found.
//
//	@Description	A person whom what was typed may mean.
type PersonHit struct {
	ID          int64            `json:"id" example:"1"`                        // The person.
	Name        text.Map         `json:"name"`                                  // The preferred form of the name, by language.
	Affiliation *person.Position `json:"affiliation"`                           // Where the person works today, else worked when last heard of, as of a round table, too: to tell namesakes apart.
	Matched     string           `json:"matched" example:"Qasym-Jomart Toqaev"` // The spelling that agrees best with what was typed.
	Score       float64          `json:"score" example:"0.97"`                  // How well, 0 to 1.
	Added       text.Added       `json:",embed" swaggerignore:"true"`
} //	@name	PersonHit

// OrganizationHit is an organization that a lookup found.
//
//	@Description	An organization that what was typed may mean.
type OrganizationHit struct {
	ID      int64      `json:"id" example:"1"`           // The organization.
	Name    text.Map   `json:"name"`                     // Its name by language.
	Parent  *text.Ref  `json:"parent"`                   // What it is a part of.
	Matched string     `json:"matched" example:"KazISS"` // The spelling that agrees best with what was typed.
	Score   float64    `json:"score" example:"0.97"`     // How well, 0 to 1.
	Added   text.Added `json:",embed" swaggerignore:"true"`
} //	@name	OrganizationHit

// PersonHits are the answer to a lookup.
//
//	@Description	People whom what was typed may mean, the best first.
type PersonHits struct {
	Data []PersonHit `json:"data"` // The people.
} //	@name	PersonHits

// OrganizationHits are the answer to a lookup.
//
//	@Description	Organizations that what was typed may mean, the best first.
type OrganizationHits struct {
	Data []OrganizationHit `json:"data"` // The organizations.
} //	@name	OrganizationHits

// lookupPeople finds people while somebody types.
//
//	@ID				lookupPeople
//	@Summary		Find people by name while typing
//	@Description	The name may come in any spelling, script and order, with mistakes, and incomplete. Where nobody surely fits, people follow of whose name all words but one are the same, unless they are more than 20: somebody may have taken another surname.
//	@Tags			People
//	@Param			params	query		lookupParams	false	"-"
//	@Success		200		{object}	PersonHits		"The best matches."
//	@Router			/v1/people/lookup [get]
func (s *server) lookupPeople(c echo.Context) error {
	p, matches, err := lookup(c, s.people)
	if err != nil {
		return err
	}
	people, at, err := s.placed(c.Request().Context(), person.Filter{ID: idsOf(matches)})
	if err != nil {
		return err
	}
	return p.send(c, &PersonHits{ranked(p, matches, people, at.hit)})
}

// lookupOrganizations finds organizations while somebody types.
//
//	@ID				lookupOrganizations
//	@Summary		Find organizations by name while typing
//	@Description	The name may come in any spelling and script, with mistakes, and incomplete; acronyms have to be right.
//	@Tags			Organizations
//	@Param			params	query		lookupParams		false	"-"
//	@Success		200		{object}	OrganizationHits	"The best matches."
//	@Router			/v1/organizations/lookup [get]
func (s *server) lookupOrganizations(c echo.Context) error {
	p, matches, err := lookup(c, s.organizations)
	if err != nil {
		return err
	}
	page, err := organization.List(c.Request().Context(), s.db, organization.Filter{ID: idsOf(matches), Params: paging.Params{Limit: paging.MaxLimit}})
	if err != nil {
		return err
	}
	return p.send(c, &OrganizationHits{ranked(p, matches, page.Items, organizationHit)})
}

func organizationHit(r organization.Organization, m spelling.Match) OrganizationHit {
	return OrganizationHit{ID: r.ID, Name: r.Name, Parent: r.Parent, Matched: m.Spelling, Score: spelling.Rounded(m.Score)}
}

// lookup reads the parameters and finds what they ask for.
func lookup(c echo.Context, f *spelling.Finder) (p lookupParams, matches []spelling.Match, err error) {
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
		return p, nil, err
	}
	if p.Lang == "" {
		p.Lang = acceptedLanguage(c.Request())
	}
	matches, err = f.Lookup(c.Request().Context(), p.Q, p.Limit)
	return p, matches, err
}

// ranked makes hits of the records that were found and may be seen, in the order of the matches.
func ranked[T paging.Row, H any](p lookupParams, matches []spelling.Match, records []T, hit func(T, spelling.Match) H) []H {
	hits := []H{}
	for _, m := range matches {
		i := slices.IndexFunc(records, func(r T) bool { return r.Cursor().ID == m.ID })
		if i >= 0 && len(hits) < p.Limit {
			hits = append(hits, hit(records[i], m))
		}
	}
	return hits
}

func (p lookupParams) send(c echo.Context, hits any) error {
	if p.Lang != "" {
		text.Localize(hits, p.Lang)
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, hits)
}

func idsOf(matches []spelling.Match) []int64 {
	ids := make([]int64, len(matches), len(matches)+1)
	for i, m := range matches {
		ids[i] = m.ID
	}
	if len(ids) == 0 {
		ids = append(ids, -1) // an empty filter would let everything through
	}
	return ids
}

// MatchInput is what a client asks to have matched.
//
//	@Description	Names to match with the registry, up to 100 at once.
type MatchInput struct {
	Queries []MatchQuery `json:"queries" validate:"required,min=1,max=100,dive"` // The names.
} //	@name	MatchInput

// Check finds nothing that no tag can say.
func (in *MatchInput) Check() []apperr.Field { return nil }

// MatchQuery is one name.
//
//	@Description	A name as some source gives it.
type MatchQuery struct {
	Name         string `json:"name" validate:"required,max=500" example:"Tokayev Kassym-Jomart"`      // In any spelling, script and order.
	Organization string `json:"organization" validate:"max=500" example:"Presidential Administration"` // Where the person works or worked, a name in any spelling or an id such as `organizations/3`, which makes a match surer; not for organizations.
} //	@name	MatchQuery

// Matches are the answer to a MatchInput, in the same order.
//
//	@Description	What each of the names may be, in the order of the queries.
type Matches struct {
	Data []MatchResult `json:"data"` // One result for each query.
} //	@name	Matches

// MatchResult is what one name may be.
//
//	@Description	What a name may be.
type MatchResult struct {
	Candidates []MatchCandidate `json:"candidates"` // The best first, at most ten.
} //	@name	MatchResult

// MatchCandidate is a record that a name may be of.
//
//	@Description	A record that a name may be of. A `match` is safe to take if it is the only one; a `possible` one is for a person to decide.
type MatchCandidate struct {
	ID      int64             `json:"id" example:"1"`                              // The record.
	Name    text.Map          `json:"name"`                                        // Its name by language.
	Score   float64           `json:"score" example:"0.97"`                        // How alike, 0 to 1.
	Band    string            `json:"band" enums:"match,possible" example:"match"` // What to make of the score.
	Reasons []spelling.Reason `json:"reasons"`                                     // What agrees and what does not.
} //	@name	MatchCandidate

// How many candidates a query is answered with at most, and how alike they are at least.
const (
	mostCandidates = 10
	leastAlike     = .7
)

// matchPeople matches names with people.
//
//	@ID			matchPeople
//	@Summary	Match names with people
//	@Tags		People
//	@Param		queries	body		MatchInput	true	"The names."
//	@Success	200		{object}	Matches		"What each of them may be."
//	@Router		/v1/people/match [post]
func (s *server) matchPeople(c echo.Context) error {
	return s.match(c, s.people, s.knownPeople)
}

// matchOrganizations matches names with organizations.
//
//	@ID			matchOrganizations
//	@Summary	Match names with organizations
//	@Tags		Organizations
//	@Param		queries	body		MatchInput	true	"The names."
//	@Success	200		{object}	Matches		"What each of them may be."
//	@Router		/v1/organizations/match [post]
func (s *server) matchOrganizations(c echo.Context) error {
	return s.match(c, s.organizations, s.knownOrganizations)
}

func (s *server) match(c echo.Context, f *spelling.Finder, see func(context.Context, []int64) (map[int64]known, error)) error {
	in, err := body[MatchInput](c)
	if err != nil {
		return err
	}
	if err := noQuery(c); err != nil {
		return err
	}
	ctx := c.Request().Context()
	asked := make([][]string, len(in.Queries))
	for i, q := range in.Queries {
		asked[i] = []string{q.Name}
	}
	found, seen, err := matchesOf(ctx, f, leastAlike, mostCandidates, asked, see)
	if err != nil {
		return err
	}
	out := Matches{Data: make([]MatchResult, len(in.Queries))}
	for i, q := range in.Queries {
		out.Data[i] = MatchResult{Candidates: weighed(q, found[i], seen)}
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, out)
}

// weighed gives the candidates that are still there and that the actor may see.
func weighed(q MatchQuery, matches []spelling.Match, seen map[int64]known) []MatchCandidate {
	list := []MatchCandidate{}
	for _, m := range matches {
		if k, ok := seen[m.ID]; ok {
			list = append(list, weigh(q, m, k))
		}
	}
	return list
}

// weigh says what to make of a match.
func weigh(q MatchQuery, m spelling.Match, k known) MatchCandidate {
	candidate := MatchCandidate{
		ID: m.ID, Name: k.name, Score: spelling.Rounded(m.Score), Band: "possible",
		Reasons: []spelling.Reason{m.Reason()},
	}
	bar := names.Same
	if q.Organization != "" {
		if r, alike := sameOrganization(q.Organization, k.employers); r.Record != "" {
			candidate.Reasons = append(candidate.Reasons, r)
			if alike {
				bar = names.SameBeside
			}
		}
	}
	if m.Score >= bar {
		candidate.Band = "match"
	}
	return candidate
}

// weighAt says what to make of a match with a name that comes with several organizations, by the one that agrees best.
func weighAt(name string, organizations []string, m spelling.Match, k known) MatchCandidate {
	best := weigh(MatchQuery{Name: name}, m, k)
	for _, o := range organizations {
		with := weigh(MatchQuery{Name: name, Organization: o}, m, k)
		if len(best.Reasons) == 1 || len(with.Reasons) > 1 && with.Reasons[1].Score > best.Reasons[1].Score {
			best = with
		}
	}
	return best
}
