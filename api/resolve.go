package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Linking attendees who are known by a name only.

// AttendeeCandidate is a record that an unresolved attendee may be.
//
//	@Description	A person or an organization that an unresolved attendee may be.
type AttendeeCandidate struct {
	Type    string            `json:"type" enums:"people,organizations" example:"people"` // What it is, as in its path.
	ID      int64             `json:"id" example:"1"`                                     // The record.
	Name    text.Map          `json:"name"`                                               // Its name by language.
	Matched string            `json:"matched" example:"Talgat Kaliyev"`                   // The spelling that agrees best with the name as listed.
	Score   float64           `json:"score" example:"0.97"`                               // How well, 0 to 1.
	Band    string            `json:"band" enums:"match,possible" example:"match"`        // What to make of it: an organization of both makes a match surer.
	Reasons []spelling.Reason `json:"reasons"`                                            // What agrees and what does not.
	Added   text.Added        `json:",embed" swaggerignore:"true"`
} //	@name	AttendeeCandidate

// mostAttendeeCandidates is how many records an attendee may be, at most.
const mostAttendeeCandidates = 5

// orCandidates adds the candidates to the parts that a list of unresolved attendees shows.
func orCandidates(include []string, resolved *bool) []string {
	if resolved == nil || *resolved {
		return include
	}
	return append(slices.Clone(include), "candidates")
}

// withCandidates is withAttendees that knows candidates, too.
func (s *server) withCandidates(ctx context.Context, db pg.DB, list []attendee.Attendee, include []string) ([]Attendee, error) {
	with, err := withAttendees(ctx, db, list, include)
	if err == nil && asks(include, "candidates") {
		err = s.addCandidates(ctx, with)
	}
	return with, err
}

// addCandidates gives each attendee those that the actor may see, the best first.
func (s *server) addCandidates(ctx context.Context, list []Attendee) error {
	asked := make([][]string, len(list))
	for i, a := range list {
		list[i].Candidates = []AttendeeCandidate{}
		if a.NameAsListed != nil {
			asked[i] = []string{*a.NameAsListed}
		}
	}
	// Twice as many as are shown: an employer in common puts them in another order.
	people, seenPeople, err := matchesOf(ctx, s.people, names.Possible, 2*mostAttendeeCandidates, asked, s.knownPeople)
	if err != nil {
		return err
	}
	organizations, seenOrganizations, err := matchesOf(ctx, s.organizations, names.Possible, mostAttendeeCandidates, asked, s.knownOrganizations)
	if err != nil {
		return err
	}
	for i, a := range list {
		if a.NameAsListed == nil {
			continue
		}
		add := func(kind string, matches []spelling.Match, seen map[int64]known, at []string) {
			for _, m := range matches {
				if k, ok := seen[m.ID]; ok {
					c := weighAt(*a.NameAsListed, at, m, k)
					list[i].Candidates = append(list[i].Candidates, AttendeeCandidate{Type: kind, ID: c.ID, Name: c.Name, Matched: m.Spelling, Score: c.Score, Band: c.Band, Reasons: c.Reasons})
				}
			}
		}
		add(person.Type, people[i], seenPeople, employers(a.Attendee))
		add(organization.Type, organizations[i], seenOrganizations, nil)
		slices.SortStableFunc(list[i].Candidates, func(a, b AttendeeCandidate) int { // "match" comes before "possible"
			return cmp.Or(cmp.Compare(a.Band, b.Band), cmp.Compare(b.Score, a.Score))
		})
		list[i].Candidates = list[i].Candidates[:min(len(list[i].Candidates), mostAttendeeCandidates)]
	}
	return nil
}

// employers are the organizations that an attendee came from, as a match takes them.
func employers(a attendee.Attendee) (list []string) {
	for _, f := range a.Affiliations {
		if f.OrganizationID != nil {
			list = append(list, organization.Type+"/"+strconv.FormatInt(*f.OrganizationID, 10))
		}
		if f.OrganizationAsListed != nil {
			list = append(list, *f.OrganizationAsListed)
		}
		if f.Organization != nil {
			name, _ := f.Organization.Name.In("")
			list = append(list, name)
		}
	}
	return list
}

// ResolveInput says who an attendee is.
//
//	@Description	Who an attendee is that was known by a name or a post only: a person or an organization.
type ResolveInput struct {
	PersonID       *int64 `json:"person_id" validate:"omitnil,gt=0" example:"1"`       // The person.
	OrganizationID *int64 `json:"organization_id" validate:"omitnil,gt=0" example:"1"` // Or the organization.
	KeepSpelling   bool   `json:"keep_spelling"`                                       // Whether the name as listed becomes one of the other names of the record, by which it is found from now on.
} //	@name	ResolveInput

// Check gives the mistakes that no tag can say.
func (in *ResolveInput) Check() []apperr.Field {
	switch {
	case in.PersonID == nil && in.OrganizationID == nil:
		return []apperr.Field{apperr.At("/person_id", "who_needed")}
	case in.PersonID != nil && in.OrganizationID != nil:
		return []apperr.Field{apperr.At("/organization_id", "one_attendee")}
	}
	return nil
}

// resolveAttendee links an attendee who was known by a name or a post only.
//
//	@ID				resolveAttendee
//	@Summary		Say who an attendee is
//	@Description	Links an attendee that is known by a name or a post only. One that is linked already, or a group, is refused with 409, and so is a
//	@Description	person or an organization that attends the round table already.
//	@Tags			Attendees
//	@Param			id		path		int					true	"The attendee."
//	@Param			params	query		writeParams			false	"-"
//	@Param			who		body		ResolveInput		true	"Who it is."
//	@Success		200		{object}	attendee.Attendee	"The attendee, linked."
//	@Router			/v1/attendees/{id}/resolve [post]
func (s *server) resolveAttendee(c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	in, err := body[ResolveInput](c)
	if err != nil {
		return err
	}
	var a attendee.Attendee
	p, err := s.write(c, func(ctx context.Context, tx pgx.Tx) error {
		if err := lock(ctx, tx, attendee.Table, attendee.Type, n, 0); err != nil {
			return err
		}
		if err := attendee.Resolve(ctx, tx, n, in.PersonID, in.OrganizationID); err != nil {
			return err
		}
		if a, err = attendee.Get(ctx, tx, n); err != nil {
			return err
		}
		switch {
		case !in.KeepSpelling || a.NameAsListed == nil:
			return nil
		case in.PersonID != nil:
			return person.AddSpelling(ctx, tx, *in.PersonID, *a.NameAsListed)
		}
		return organization.AddSpelling(ctx, tx, *in.OrganizationID, *a.NameAsListed)
	})
	if err != nil {
		return err
	}
	return item(c, http.StatusOK, &a, itemParams{Lang: p.Lang})
}
