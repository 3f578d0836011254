// Package match links names, as sources write them, with the people and organizations of the registry: it finds the
// candidates, decides which of them match, and lists likely duplicates. How alike two spellings are is decided by
// package names; two records become one in package merge.
package match

import (
	"context"
	"slices"

	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Matcher finds people and organizations by name. An answer includes every change that was committed before the call,
// and only records that the actor may see.
type Matcher struct {
	spelling.Finders
	DB pg.DB
}

// New returns a Matcher that works until ctx ends. It reads the names of a record type on the first search.
func New(ctx context.Context, db *pgxpool.Pool) (*Matcher, error) {
	finders, err := spelling.NewFinders(db, person.Spellings, organization.Spellings)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, finders.Close)
	return &Matcher{Finders: finders, DB: db}, nil
}

// RecordType is a type of record that names are matched with.
//
//	@Description	A type of record that names are matched with.
type RecordType struct {
	ID   string `json:"id" enums:"people,organizations" example:"people"` // The type, as in paths.
	Name string `json:"name" example:"People"`                            // Its display name.
} //	@name	ReconcileType

// The record types that names are matched with. RecordTypes lists them in the order of results.
var (
	People        = RecordType{person.Type, "People"}
	Organizations = RecordType{organization.Type, "Organizations"}
	RecordTypes   = []RecordType{People, Organizations}
)

func (t RecordType) index() spelling.Index {
	if t == People {
		return person.Spellings
	}
	return organization.Spellings
}

func (m *Matcher) finder(t RecordType) *spelling.Finder {
	if t == People {
		return m.People
	}
	return m.Organizations
}

// PersonHit is a person that a lookup found.
//
//	@Description	A person that the typed text may refer to.
type PersonHit struct {
	ID          int64            `json:"id" example:"1"`                        // The id of the person.
	Name        text.Map         `json:"name"`                                  // The preferred form of the name, by language.
	Affiliation *person.Position `json:"affiliation"`                           // The current position, or else the last known one, from affiliations and round tables. It distinguishes people of the same name.
	Matched     string           `json:"matched" example:"Qasym-Jomart Toqaev"` // The spelling that is most similar to the typed text.
	Score       float64          `json:"score" example:"0.97"`                  // The similarity, 0 to 1.
	Added       text.Added       `json:",embed" swaggerignore:"true"`
} //	@name	PersonHit

// OrganizationHit is an organization that a lookup found.
//
//	@Description	An organization that the typed text may refer to.
type OrganizationHit struct {
	ID      int64      `json:"id" example:"1"`           // The id of the organization.
	Name    text.Map   `json:"name"`                     // Its name by language.
	Parent  *text.Ref  `json:"parent"`                   // The organization that it is a part of.
	Matched string     `json:"matched" example:"KazISS"` // The spelling that is most similar to the typed text.
	Score   float64    `json:"score" example:"0.97"`     // The similarity, 0 to 1.
	Added   text.Added `json:",embed" swaggerignore:"true"`
} //	@name	OrganizationHit

// PersonHits are the result of a lookup.
//
//	@Description	People that the typed text may refer to, the best match first.
type PersonHits struct {
	Data []PersonHit `json:"data"` // The people.
} //	@name	PersonHits

// OrganizationHits are the result of a lookup.
//
//	@Description	Organizations that the typed text may refer to, the best match first.
type OrganizationHits struct {
	Data []OrganizationHit `json:"data"` // The organizations.
} //	@name	OrganizationHits

// maxFound is the largest number of records that a search for a name returns.
const maxFound = 500

// Search returns the records that a list is restricted to by a search for a name; nil if q is empty.
func Search(ctx context.Context, f *spelling.Finder, q string) (*spelling.Found, error) {
	if q == "" {
		return nil, nil
	}
	matches, head, err := f.Search(ctx, q, maxFound)
	if err != nil {
		return nil, err
	}
	return &spelling.Found{IDs: idsOf(matches), Head: head}, nil
}

// LookupPeople returns at most limit people whose name the typed text may be, or the beginning of it.
func (m *Matcher) LookupPeople(ctx context.Context, typed string, limit int) (PersonHits, error) {
	matches, err := m.People.Lookup(ctx, typed, limit)
	if err != nil {
		return PersonHits{}, err
	}
	people, positions, err := m.listPeople(ctx, idsOf(matches), nil)
	return PersonHits{rank(matches, people, func(p person.Person, m spelling.Match) PersonHit {
		return personHit(p, positions[p.ID], m)
	})}, err
}

// LookupOrganizations is LookupPeople for organizations.
func (m *Matcher) LookupOrganizations(ctx context.Context, typed string, limit int) (OrganizationHits, error) {
	matches, err := m.Organizations.Lookup(ctx, typed, limit)
	if err != nil {
		return OrganizationHits{}, err
	}
	organizations, err := m.listOrganizations(ctx, idsOf(matches), nil)
	return OrganizationHits{rank(matches, organizations, organizationHit)}, err
}

func personHit(p person.Person, held []person.Position, m spelling.Match) PersonHit {
	hit := PersonHit{ID: p.ID, Name: p.Name, Matched: m.Spelling, Score: spelling.Rounded(m.Score)}
	if len(held) > 0 {
		hit.Affiliation = &held[0]
	}
	return hit
}

func organizationHit(o organization.Organization, m spelling.Match) OrganizationHit {
	return OrganizationHit{ID: o.ID, Name: o.Name, Parent: o.Parent, Matched: m.Spelling, Score: spelling.Rounded(m.Score)}
}

// rank makes hits of the records, in the order of the matches.
func rank[T paging.Row, H any](matches []spelling.Match, records []T, hit func(T, spelling.Match) H) []H {
	hits := []H{}
	for _, m := range matches {
		if i := slices.IndexFunc(records, func(r T) bool { return r.Cursor().ID == m.ID }); i >= 0 {
			hits = append(hits, hit(records[i], m))
		}
	}
	return hits
}

// Input is the body of a match request.
//
//	@Description	Names to match with the registry, up to 100 in one request.
type Input struct {
	Queries []Query `json:"queries" validate:"required,min=1,max=100,dive"` // The names.
} //	@name	MatchInput

// Query is one name to match.
//
//	@Description	A name as a source writes it.
type Query struct {
	Name         string `json:"name" validate:"required,max=500" example:"Tokayev Kassym-Jomart"`      // The name in any spelling, script and word order.
	Organization string `json:"organization" validate:"max=500" example:"Presidential Administration"` // For people: an organization where the person works or worked, by its name in any spelling or by an id such as `organizations/3`. A shared organization lowers the score that a match needs.
	// Identifiers in other systems. A record with another identifier of a scheme that gives one to each, such as Wikidata, is no candidate.
	ExternalIDs []string `json:"external_ids" validate:"max=50,unique,dive,max=200,external_id" example:"wikidata:Q57339"`
} //	@name	MatchQuery

// Results are the results of an Input, in the order of its queries.
//
//	@Description	The candidates for each name, in the order of the queries.
type Results struct {
	Data []Result `json:"data"` // One result for each query.
} //	@name	MatchResults

// Result lists the candidates for one name.
//
//	@Description	The candidates for one name.
type Result struct {
	Candidates []Candidate `json:"candidates"` // At most ten candidates, the best first.
} //	@name	MatchResult

// Candidate is a record that a name may refer to, with a decision.
//
//	@Description	A record that the name may refer to. A `match` is safe to accept if it is the only one; a person decides about a `possible` one.
type Candidate struct {
	ID      int64             `json:"id" example:"1"`                              // The id of the record.
	Name    text.Map          `json:"name"`                                        // Its name by language.
	Score   float64           `json:"score" example:"0.97"`                        // The similarity of the names, 0 to 1.
	Band    string            `json:"band" enums:"match,possible" example:"match"` // The decision.
	Reasons []spelling.Reason `json:"reasons"`                                     // The comparisons behind the decision.
} //	@name	MatchCandidate

// The bounds of the candidates for one name.
const (
	maxCandidates = 10
	minScore      = .7
)

// Match returns the candidates for each query among the records of one type.
func (m *Matcher) Match(ctx context.Context, t RecordType, queries []Query) (Results, error) {
	spellings := make([][]string, len(queries))
	for i, q := range queries {
		spellings[i] = []string{q.Name}
	}
	found, err := m.findAll(ctx, t, maxCandidates, spellings)
	if err != nil {
		return Results{}, err
	}
	results := Results{Data: make([]Result, len(queries))}
	for i, q := range queries {
		results.Data[i].Candidates = decide(t, found[i], source{organizations: []string{q.Organization}, externalIDs: q.ExternalIDs})
	}
	return results, nil
}
