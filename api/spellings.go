package api

import (
	"context"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/profile"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Spellings is the response with the forms under which a record was listed.
//
//	@Description	The forms under which a person or an organization was listed.
type Spellings struct {
	Data []profile.Spelling `json:"data"` // The forms, the most frequent first.
	Meta SpellingsMeta      `json:"meta"`
} //	@name	ListedSpellings

// SpellingsMeta describes a list of spellings.
//
//	@Description	How many forms there are.
type SpellingsMeta struct {
	Total int64 `json:"total" example:"2"` // Forms before the limit.
	ViewMeta
} //	@name	ListedSpellingsMeta

type spellingParams struct {
	Limit int `query:"limit" form:"limit" default:"100" validate:"min=1"` // Forms to return, 1 to 500. A higher number is reduced to 500.
	viewParams
}

// getPersonSpellings returns the forms under which a person was listed.
//
//	@ID				getPersonSpellings
//	@Summary		List the spellings of a person
//	@Description	Returns every form under which attendees of round tables list the person, how often, and where last. Names that the registry
//	@Description	remembers from documents (other names of the kind `as_listed`) are among them. Only published round tables count for the public.
//	@Tags			People
//	@x-view			true
//	@Param			id		path		int				true	"The person."
//	@Param			params	query		spellingParams	false	"-"
//	@Success		200		{object}	Spellings		"The spellings."
//	@Router			/v1/people/{id}/spellings [get]
func (s *server) getPersonSpellings(c echo.Context) error {
	return s.sendSpellings(c, profile.SpellingsOfPerson)
}

// getOrganizationSpellings returns the forms under which an organization was listed.
//
//	@ID				getOrganizationSpellings
//	@Summary		List the spellings of an organization
//	@Description	Returns every form under which round tables list the organization as an organizer, as an attendee or in the position of an
//	@Description	attendee, how often, and where last. Names that the registry remembers from documents (other names of the kind `as_listed`)
//	@Description	are among them. Only published round tables count for the public.
//	@Tags			Organizations
//	@x-view			true
//	@Param			id		path		int				true	"The organization."
//	@Param			params	query		spellingParams	false	"-"
//	@Success		200		{object}	Spellings		"The spellings."
//	@Router			/v1/organizations/{id}/spellings [get]
func (s *server) getOrganizationSpellings(c echo.Context) error {
	return s.sendSpellings(c, profile.SpellingsOfOrganization)
}

func (s *server) sendSpellings(c echo.Context, read func(ctx context.Context, tx pgx.Tx, id int64, limit int) ([]profile.Spelling, int64, error)) error {
	var p spellingParams
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
		return err
	}
	n, err := id(c)
	if err != nil {
		return err
	}
	return s.sendView(c, func(ctx context.Context, tx pgx.Tx, meta ViewMeta) (any, error) {
		list, total, err := read(ctx, tx, n, min(p.Limit, paging.MaxLimit))
		if err != nil {
			return nil, err
		}
		if p.Lang != "" {
			text.Localize(list, p.Lang)
		}
		return Spellings{list, SpellingsMeta{total, meta}}, nil
	})
}
