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
func including(p *paging.Params, include []string) *paging.Params {
	if len(include) > 0 {
		p.Limit = min(p.Limit, maxIncludingPage)
		p.Fields = keepIncluded(p.Fields, include)
	}
	return p
}

// keepIncluded adds the parts to the fields that a client names, if any.
func keepIncluded(fields, include []string) []string {
	if len(fields) == 0 {
		return fields
	}
	for _, name := range append([]string{"truncated"}, include...) {
		if top, _, _ := strings.Cut(name, "."); !slices.Contains(fields, top) {
			fields = append(fields, top)
		}
	}
	return fields
}

// asks reports whether include names a part or one of its own parts.
func asks(include []string, name string) bool {
	return slices.ContainsFunc(include, func(i string) bool { return i == name || strings.HasPrefix(i, name+".") })
}

// parts reads the parts of one type and calls give for each record with its list, which may be empty.
func parts[T any](ctx context.Context, db pg.DB, name string, ids []int64, read func(context.Context, pg.DB, []int64, int) ([]T, error),
	parent func(T) int64, give func(i int, list []T) *Partial) error {
	all, err := read(ctx, db, ids, maxIncluded+1)
	if err != nil {
		return err
	}
	lists := make(map[int64][]T, len(ids))
	for _, part := range all {
		lists[parent(part)] = append(lists[parent(part)], part)
	}
	for i, id := range ids {
		list := lists[id]
		if list == nil {
			list = []T{}
		}
		full := len(list) > maxIncluded
		partial := give(i, list[:min(len(list), maxIncluded)])
		if full {
			partial.Truncated = append(partial.Truncated, name)
		}
	}
	return nil
}

func withRoundTables(ctx context.Context, db pg.DB, list []roundtable.RoundTable, include []string) ([]RoundTable, error) {
	with, ids := make([]RoundTable, len(list)), make([]int64, len(list))
	for i, r := range list {
		with[i].RoundTable, ids[i] = r, r.ID
	}
	if asks(include, "attendees") {
		var flat []attendee.Attendee
		var at [][2]int // the indexes of the round table and the attendee, for each of flat
		err := parts(ctx, db, "attendees", ids, attendee.OfRoundTables, func(a attendee.Attendee) int64 { return a.RoundTableID },
			func(i int, list []attendee.Attendee) *Partial {
				with[i].Attendees = make([]Attendee, len(list))
				for j := range list {
					at = append(at, [2]int{i, j})
				}
				flat = append(flat, list...)
				return &with[i].Partial
			})
		if err != nil {
			return nil, err
		}
		var below []string
		if slices.Contains(include, "attendees.statements") {
			below = []string{"statements"}
		}
		attendees, err := withAttendees(ctx, db, flat, below)
		if err != nil {
			return nil, err
		}
		for n, i := range at {
			with[i[0]].Attendees[i[1]] = attendees[n]
		}
	}
	if asks(include, "statements") {
		err := parts(ctx, db, "statements", ids, statement.OfRoundTables, func(s statement.Statement) int64 { return s.RoundTableID },
			func(i int, list []statement.Statement) *Partial { with[i].Statements = list; return &with[i].Partial })
		if err != nil {
			return nil, err
		}
	}
	if asks(include, "recommendations") {
		err := parts(ctx, db, "recommendations", ids, recommendation.OfRoundTables,
			func(r recommendation.Recommendation) int64 { return r.RoundTableID },
			func(i int, list []recommendation.Recommendation) *Partial {
				with[i].Recommendations = list
				return &with[i].Partial
			})
		if err != nil {
			return nil, err
		}
	}
	return with, nil
}

func withAttendees(ctx context.Context, db pg.DB, list []attendee.Attendee, include []string) ([]Attendee, error) {
	with, ids := make([]Attendee, len(list)), make([]int64, len(list))
	for i, a := range list {
		with[i].Attendee, ids[i] = a, a.ID
	}
	if !asks(include, "statements") {
		return with, nil
	}
	err := parts(ctx, db, "statements", ids, statement.OfAttendees, func(s statement.Statement) int64 { return *s.AttendeeID },
		func(i int, list []statement.Statement) *Partial { with[i].Statements = list; return &with[i].Partial })
	return with, err
}

func withPeople(ctx context.Context, db pg.DB, list []person.Person, include []string) ([]Person, error) {
	with, ids := make([]Person, len(list)), make([]int64, len(list))
	for i, p := range list {
		with[i].Person, ids[i] = p, p.ID
	}
	if asks(include, "affiliations") {
		err := parts(ctx, db, "affiliations", ids, affiliation.OfPeople, func(f affiliation.Affiliation) int64 { return f.PersonID },
			func(i int, list []affiliation.Affiliation) *Partial {
				with[i].Affiliations = list
				return &with[i].Partial
			})
		if err != nil {
			return nil, err
		}
	}
	if asks(include, "attendees") {
		err := parts(ctx, db, "attendees", ids, attendee.OfPeople, func(a attendee.Attendee) int64 { return *a.PersonID },
			func(i int, list []attendee.Attendee) *Partial { with[i].Attendees = list; return &with[i].Partial })
		if err != nil {
			return nil, err
		}
	}
	if asks(include, "statements") {
		err := parts(ctx, db, "statements", ids, statement.OfPeople, func(s statement.Statement) int64 { return s.Speaker.ID },
			func(i int, list []statement.Statement) *Partial { with[i].Statements = list; return &with[i].Partial })
		if err != nil {
			return nil, err
		}
	}
	return with, nil
}

func withOrganizations(ctx context.Context, db pg.DB, list []organization.Organization, include []string) ([]Organization, error) {
	with, ids := make([]Organization, len(list)), make([]int64, len(list))
	for i, o := range list {
		with[i].Organization, ids[i] = o, o.ID
	}
	if asks(include, "affiliations") {
		err := parts(ctx, db, "affiliations", ids, affiliation.OfOrganizations, func(f affiliation.Affiliation) int64 { return f.OrganizationID },
			func(i int, list []affiliation.Affiliation) *Partial {
				with[i].Affiliations = list
				return &with[i].Partial
			})
		if err != nil {
			return nil, err
		}
	}
	if asks(include, "organizers") {
		err := parts(ctx, db, "organizers", ids, organizer.OfOrganizations, func(o organizer.Organizer) int64 { return o.OrganizationID },
			func(i int, list []organizer.Organizer) *Partial { with[i].Organizers = list; return &with[i].Partial })
		if err != nil {
			return nil, err
		}
	}
	return with, nil
}

// The parameters of lists and items with `include`.

type roundTableQuery struct {
	roundtable.Filter
	Include []string `query:"include" form:"include" enums:"attendees,attendees.statements,statements,recommendations" validate:"max=10"` // Parts to include with each record, at most 200 of each type. A page then has at most 100 records.
}

func (q *roundTableQuery) Page() *paging.Params { return including(q.Filter.Page(), q.Include) }

type roundTableParams struct {
	itemParams
	Include []string `query:"include" form:"include" enums:"attendees,attendees.statements,statements,recommendations" validate:"max=10"` // Parts to include with the record, at most 200 of each type.
}

type attendeeQuery struct {
	attendee.Filter
	Include []string `query:"include" form:"include" enums:"statements" validate:"max=10"` // Parts to include with each record, at most 200 of each type. A page then has at most 100 records.
}

func (q *attendeeQuery) Page() *paging.Params { return including(q.Filter.Page(), q.parts()) }

func (q *attendeeQuery) parts() []string { return orCandidates(q.Include, q.Resolved) }

type attendeeWithinQuery struct {
	attendee.Within
	Include []string `query:"include" form:"include" enums:"statements" validate:"max=10"` // Parts to include with each record, at most 200 of each type. A page then has at most 100 records.
}

func (q *attendeeWithinQuery) Page() *paging.Params { return including(q.Within.Page(), q.parts()) }

func (q *attendeeWithinQuery) parts() []string { return orCandidates(q.Include, q.Resolved) }

type attendeeParams struct {
	itemParams
	Include []string `query:"include" form:"include" enums:"statements" validate:"max=10"` // Parts to include with the record, at most 200 of each type.
}

type personQuery struct {
	person.Filter
	Include []string `query:"include" form:"include" enums:"affiliations,attendees,statements" validate:"max=10"` // Parts to include with each record, at most 200 of each type. A page then has at most 100 records.
}

func (q *personQuery) Page() *paging.Params { return including(q.Filter.Page(), q.Include) }

type personParams struct {
	itemParams
	Include []string `query:"include" form:"include" enums:"affiliations,attendees,statements" validate:"max=10"` // Parts to include with the record, at most 200 of each type.
}

type organizationQuery struct {
	organization.Filter
	Include []string `query:"include" form:"include" enums:"affiliations,organizers" validate:"max=10"` // Parts to include with each record, at most 200 of each type. A page then has at most 100 records.
}

func (q *organizationQuery) Page() *paging.Params { return including(q.Filter.Page(), q.Include) }

type organizationParams struct {
	itemParams
	Include []string `query:"include" form:"include" enums:"affiliations,organizers" validate:"max=10"` // Parts to include with the record, at most 200 of each type.
}

// pageWith returns a page whose records have parts.
func pageWith[T, W any](ctx context.Context, db pg.DB, page paging.Page[T], err error, include []string,
	with func(context.Context, pg.DB, []T, []string) ([]W, error)) (paging.Page[W], error) {
	shown := paging.Page[W]{Limit: page.Limit, Next: page.Next, Total: page.Total, Estimated: page.Estimated, State: page.State}
	if err == nil {
		shown.Items, err = with(ctx, db, page.Items, include)
	}
	return shown, err
}

// getWith returns a function that reads one record with parts.
func getWith[T, W any](p *itemParams, include *[]string, get func(context.Context, pg.DB, int64) (T, error),
	with func(context.Context, pg.DB, []T, []string) ([]W, error)) func(context.Context, pg.DB, int64) (W, error) {
	return func(ctx context.Context, db pg.DB, id int64) (shown W, err error) {
		r, err := get(ctx, db, id)
		if err != nil {
			return shown, err
		}
		p.Fields = keepIncluded(p.Fields, *include)
		list, err := with(ctx, db, []T{r}, *include)
		if err != nil {
			return shown, err
		}
		return list[0], nil
	}
}
