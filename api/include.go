package api

import (
	"context"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/match"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"

	"github.com/labstack/echo/v4"
)

// Parts of records that `include` adds. Each part takes one statement, for any number of records.

const (
	maxIncluded      = 200 // parts of one type in one record
	maxIncludingPage = 100 // records on a page with parts
)

// Partial names the parts that are incomplete.
type Partial struct {
	Truncated []string `json:"truncated,omitzero" validate:"optional" example:"statements"` // The parts of which `include` shows only the first 200. Their own lists have the others.
}

// RoundTable is a round table with the parts that `include` asks for.
//
//	@Description	An event, with the parts that `include` asks for.
type RoundTable struct {
	roundtable.RoundTable
	Attendees       []Attendee                      `json:"attendees,omitzero" validate:"optional"`       // With `include=attendees`: the attendees, in the order of the source.
	Statements      []statement.Statement           `json:"statements,omitzero" validate:"optional"`      // With `include=statements`: the statements, in the order of the source.
	Recommendations []recommendation.Recommendation `json:"recommendations,omitzero" validate:"optional"` // With `include=recommendations`: the recommendations.
	Partial
} //	@name	RoundTableWithParts

// Attendee is an attendee with the parts that `include` asks for.
//
//	@Description	An attendee of a round table, with the parts that `include` asks for.
type Attendee struct {
	attendee.Attendee
	Statements []statement.Statement     `json:"statements,omitzero" validate:"optional"` // With `include=statements`: the statements of this attendee, in the order of the source.
	Candidates []match.AttendeeCandidate `json:"candidates,omitzero" validate:"optional"` // With `resolved=false`: records that the name as listed and the organizations may refer to, the best first.
	Partial
} //	@name	AttendeeWithParts

// Person is a person with the parts that `include` asks for.
//
//	@Description	A person, with the parts that `include` asks for.
type Person struct {
	person.Person
	Affiliations []affiliation.Affiliation `json:"affiliations,omitzero" validate:"optional"` // With `include=affiliations`: positions over time, the latest first.
	Attendees    []attendee.Attendee       `json:"attendees,omitzero" validate:"optional"`    // With `include=attendees`: attendances of round tables, the latest first.
	Statements   []statement.Statement     `json:"statements,omitzero" validate:"optional"`   // With `include=statements`: statements of the person, the latest first.
	Partial
} //	@name	PersonWithParts

// Organization is an organization with the parts that `include` asks for.
//
//	@Description	An organization, with the parts that `include` asks for.
type Organization struct {
	organization.Organization
	Affiliations []affiliation.Affiliation `json:"affiliations,omitzero" validate:"optional"` // With `include=affiliations`: positions of people there, the latest first.
	Organizers   []organizer.Organizer     `json:"organizers,omitzero" validate:"optional"`   // With `include=organizers`: organized round tables, the latest first.
	Partial
} //	@name	OrganizationWithParts

// including lowers the limit of a page with parts and adds the parts to its fields.
func including(p *paging.PageParams, include []string) *paging.PageParams {
	if len(include) > 0 {
		p.Limit = min(p.Limit, maxIncludingPage)
		p.Fields = keepIncluded(p.Fields, include)
	}
	return p
}

// keepIncluded adds the parts to the fields that a client names, if any. Of a part that the client names with some of its fields, only
// these stay.
func keepIncluded(fields, include []string) []string {
	if len(fields) == 0 {
		return fields
	}
	for _, name := range append([]string{"truncated"}, include...) {
		if top, _, _ := strings.Cut(name, "."); !asks(fields, top) {
			fields = append(fields, top)
		}
	}
	return fields
}

// asks reports whether include names a part or one of its own parts.
func asks(include []string, name string) bool {
	return slices.ContainsFunc(include, func(i string) bool { return i == name || strings.HasPrefix(i, name+".") })
}

// part is a part that `include` can add to records of type W.
type part[W any] struct {
	name string
	add  func(ctx context.Context, db pg.DB, ids []int64, with []W) error
}

// partOf is a part that read reads for all records at once. parent returns the id of the record that a part belongs to, and in
// returns where the record holds its parts.
func partOf[W, T any](name string, read func(context.Context, pg.DB, []int64, int) ([]T, error), parent func(T) int64,
	in func(*W) (*[]T, *Partial)) part[W] {
	return part[W]{name, func(ctx context.Context, db pg.DB, ids []int64, with []W) error {
		all, err := read(ctx, db, ids, maxIncluded+1)
		if err != nil {
			return err
		}
		lists := make(map[int64][]T, len(ids))
		for _, p := range all {
			lists[parent(p)] = append(lists[parent(p)], p)
		}
		for i, id := range ids {
			list := lists[id]
			held, partial := in(&with[i])
			*held = append([]T{}, list[:min(len(list), maxIncluded)]...)
			if len(list) > maxIncluded {
				partial.Truncated = append(partial.Truncated, name)
			}
		}
		return nil
	}}
}

// addParts adds the parts that include names. wrap returns a record without parts, and its id.
func addParts[T, W any](ctx context.Context, db pg.DB, list []T, include []string, wrap func(T) (W, int64), parts ...part[W]) ([]W, error) {
	with, ids := make([]W, len(list)), make([]int64, len(list))
	for i, r := range list {
		with[i], ids[i] = wrap(r)
	}
	for _, p := range parts {
		if asks(include, p.name) {
			if err := p.add(ctx, db, ids, with); err != nil {
				return nil, err
			}
		}
	}
	return with, nil
}

func withRoundTables(ctx context.Context, db pg.DB, list []roundtable.RoundTable, include []string) ([]RoundTable, error) {
	readAttendees := func(ctx context.Context, db pg.DB, ids []int64, limit int) ([]Attendee, error) {
		found, err := attendee.OfRoundTables(ctx, db, ids, limit)
		if err != nil {
			return nil, err
		}
		var below []string
		if slices.Contains(include, "attendees.statements") {
			below = []string{"statements"}
		}
		return withAttendees(ctx, db, found, below)
	}
	return addParts(ctx, db, list, include, func(r roundtable.RoundTable) (RoundTable, int64) { return RoundTable{RoundTable: r}, r.ID },
		partOf("attendees", readAttendees, func(a Attendee) int64 { return a.RoundTableID },
			func(r *RoundTable) (*[]Attendee, *Partial) { return &r.Attendees, &r.Partial }),
		partOf("statements", statement.OfRoundTables, func(s statement.Statement) int64 { return s.RoundTableID },
			func(r *RoundTable) (*[]statement.Statement, *Partial) { return &r.Statements, &r.Partial }),
		partOf("recommendations", recommendation.OfRoundTables, func(r recommendation.Recommendation) int64 { return r.RoundTableID },
			func(r *RoundTable) (*[]recommendation.Recommendation, *Partial) {
				return &r.Recommendations, &r.Partial
			}),
	)
}

func withAttendees(ctx context.Context, db pg.DB, list []attendee.Attendee, include []string) ([]Attendee, error) {
	return addParts(ctx, db, list, include, func(a attendee.Attendee) (Attendee, int64) { return Attendee{Attendee: a}, a.ID },
		partOf("statements", statement.OfAttendees, func(s statement.Statement) int64 { return *s.AttendeeID },
			func(a *Attendee) (*[]statement.Statement, *Partial) { return &a.Statements, &a.Partial }),
	)
}

func withPeople(ctx context.Context, db pg.DB, list []person.Person, include []string) ([]Person, error) {
	return addParts(ctx, db, list, include, func(p person.Person) (Person, int64) { return Person{Person: p}, p.ID },
		partOf("affiliations", affiliation.OfPeople, func(f affiliation.Affiliation) int64 { return f.PersonID },
			func(p *Person) (*[]affiliation.Affiliation, *Partial) { return &p.Affiliations, &p.Partial }),
		partOf("attendees", attendee.OfPeople, func(a attendee.Attendee) int64 { return *a.PersonID },
			func(p *Person) (*[]attendee.Attendee, *Partial) { return &p.Attendees, &p.Partial }),
		partOf("statements", statement.OfPeople, func(s statement.Statement) int64 { return s.Speaker.ID },
			func(p *Person) (*[]statement.Statement, *Partial) { return &p.Statements, &p.Partial }),
	)
}

func withOrganizations(ctx context.Context, db pg.DB, list []organization.Organization, include []string) ([]Organization, error) {
	return addParts(ctx, db, list, include, func(o organization.Organization) (Organization, int64) { return Organization{Organization: o}, o.ID },
		partOf("affiliations", affiliation.OfOrganizations, func(f affiliation.Affiliation) int64 { return f.OrganizationID },
			func(o *Organization) (*[]affiliation.Affiliation, *Partial) { return &o.Affiliations, &o.Partial }),
		partOf("organizers", organizer.OfOrganizations, func(o organizer.Organizer) int64 { return o.OrganizationID },
			func(o *Organization) (*[]organizer.Organizer, *Partial) { return &o.Organizers, &o.Partial }),
	)
}

// The parameters of lists and items with `include`.

type roundTableInclude struct {
	Include []string `query:"include" form:"include" enums:"attendees,attendees.statements,statements,recommendations" validate:"max=10"` // Parts to include with a record, at most 200 of each type. A page with parts has at most 100 records. `attendees.statements` lacks the statements whose speaker the source does not name: `statements` has all.
}

type roundTableQuery struct {
	roundtable.Filter
	roundTableInclude
}

func (q *roundTableQuery) Page() *paging.PageParams { return including(q.Filter.Page(), q.Include) }

type attendeeInclude struct {
	Include []string `query:"include" form:"include" enums:"statements" validate:"max=10"` // Parts to include with a record, at most 200 of each type. A page with parts has at most 100 records.
}

type attendeeQuery struct {
	attendee.Filter
	attendeeInclude
}

func (q *attendeeQuery) Page() *paging.PageParams { return including(q.Filter.Page(), q.parts()) }

func (q *attendeeQuery) parts() []string { return orCandidates(q.Include, q.Resolved) }

type attendeeWithinQuery struct {
	attendee.Within
	attendeeInclude
}

func (q *attendeeWithinQuery) Page() *paging.PageParams { return including(q.Within.Page(), q.parts()) }

func (q *attendeeWithinQuery) parts() []string { return orCandidates(q.Include, q.Resolved) }

type personInclude struct {
	Include []string `query:"include" form:"include" enums:"affiliations,attendees,statements" validate:"max=10"` // Parts to include with a record, at most 200 of each type. A page with parts has at most 100 records.
}

type personQuery struct {
	person.Filter
	personInclude
}

func (q *personQuery) Page() *paging.PageParams { return including(q.Filter.Page(), q.Include) }

type organizationInclude struct {
	Include []string `query:"include" form:"include" enums:"affiliations,organizers" validate:"max=10"` // Parts to include with a record, at most 200 of each type. A page with parts has at most 100 records.
}

type organizationQuery struct {
	organization.Filter
	organizationInclude
}

func (q *organizationQuery) Page() *paging.PageParams { return including(q.Filter.Page(), q.Include) }

type roundTableParams struct {
	itemParams
	roundTableInclude
}

type attendeeParams struct {
	itemParams
	attendeeInclude
}

type personParams struct {
	itemParams
	personInclude
}

type organizationParams struct {
	itemParams
	organizationInclude
}

// pageWith returns a page whose records have parts.
func pageWith[T, W any](ctx context.Context, db pg.DB, page paging.Page[T], err error, include []string,
	with func(context.Context, pg.DB, []T, []string) ([]W, error)) (paging.Page[W], error) {
	if err != nil {
		return paging.Page[W]{}, err
	}
	items, err := with(ctx, db, page.Items, include)
	return withItems(page, items), err
}

// withItems is a page with other items.
func withItems[A, B any](page paging.Page[A], items []B) paging.Page[B] {
	return paging.Page[B]{
		Limit: page.Limit, Next: page.Next, Total: page.Total, Estimated: page.Estimated, State: page.State, Items: items,
	}
}

// getWith is the operation Get of records with parts. of returns the fields of its parameters.
func getWith[P, T any, W record](get func(context.Context, pg.DB, int64) (T, error),
	add func(context.Context, pg.DB, []T, []string) ([]W, error), of func(*P) (p *itemParams, include *[]string)) Operation {
	return with[P, W](func(s *server, c echo.Context) error {
		var params P
		p, include := of(&params)
		return itemWith(s, c, &params, p, func(ctx context.Context, db pg.DB, id int64) (shown W, err error) {
			r, err := get(ctx, db, id)
			if err != nil {
				return shown, err
			}
			p.Fields = keepIncluded(p.Fields, *include)
			list, err := add(ctx, db, []T{r}, *include)
			if err != nil {
				return shown, err
			}
			return list[0], nil
		})
	})
}
