package api

import (
	"context"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/profile"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Positions is the response with the positions of a person, or in an organization.
//
//	@Description	The positions of a person, or in an organization.
type Positions struct {
	Data    []profile.Position `json:"data"`    // The positions: current ones first, then those confirmed latest. With `on`, only those held on that day.
	Unknown []profile.Position `json:"unknown"` // With `on`: positions that may have been held on that day. Otherwise empty.
	Meta    PositionsMeta      `json:"meta"`
} //	@name	Positions

// PositionsMeta describes a list of positions.
//
//	@Description	The day of the statuses, and how many positions there are.
type PositionsMeta struct {
	On        date.Day `json:"on"`                        // The day for which `status` is given.
	Total     int64    `json:"total" example:"2"`         // Positions in both lists before the limit.
	Truncated bool     `json:"truncated" example:"false"` // Whether the limit left positions out.
	ViewMeta
} //	@name	PositionsMeta

type positionParams struct {
	On    *date.Day `query:"on" form:"on" swaggertype:"string" format:"date" example:"2020-02-27"` // Only positions that were held on this day. `unknown` lists those of which the registry does not know it.
	Limit int       `query:"limit" form:"limit" default:"100" validate:"min=1"`                    // Positions in each list, 1 to 500. A higher number is reduced to 500.
	viewParams
}

// getPersonPositions returns the positions of a person.
//
//	@ID				getPersonPositions
//	@Summary		List the positions of a person
//	@Description	Returns which positions the person held: as recorded (`/v1/affiliations`) and as observed at round tables, joined if the
//	@Description	organization and the title are the same. An affiliation without an end does not last for ever: it is `current` until a year
//	@Description	after `confirmed_on`, and then `unknown`.
//	@Tags			People
//	@x-view			true
//	@Param			id		path		int				true	"The person."
//	@Param			params	query		positionParams	false	"-"
//	@Success		200		{object}	Positions		"The positions."
//	@Router			/v1/people/{id}/positions [get]
func (s *server) getPersonPositions(c echo.Context) error {
	return s.sendPositions(c, profile.PositionsOf)
}

// getOrganizationPositions returns the positions in an organization.
//
//	@ID				getOrganizationPositions
//	@Summary		List the positions in an organization
//	@Description	Returns who held which position: as recorded (`/v1/affiliations`) and as observed at round tables, joined if the person and the
//	@Description	title are the same. With `on=2020-02-27`, `data` has those held on that day, and `unknown` those that may have been. An affiliation
//	@Description	without an end does not last for ever: it is `current` until a year after `confirmed_on`, and then `unknown`.
//	@Tags			Organizations
//	@x-view			true
//	@Param			id		path		int				true	"The organization."
//	@Param			params	query		positionParams	false	"-"
//	@Success		200		{object}	Positions		"The positions."
//	@Router			/v1/organizations/{id}/positions [get]
func (s *server) getOrganizationPositions(c echo.Context) error {
	return s.sendPositions(c, func(ctx context.Context, tx pgx.Tx, id int64, on *date.Day, limit int) (profile.Positions, error) {
		return profile.PositionsIn(ctx, tx, []int64{id}, on, limit)
	})
}

func (s *server) sendPositions(c echo.Context, read func(context.Context, pgx.Tx, int64, *date.Day, int) (profile.Positions, error)) error {
	var p positionParams
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
		return err
	}
	n, err := id(c)
	if err != nil {
		return err
	}
	return s.sendView(c, func(ctx context.Context, tx pgx.Tx, meta ViewMeta) (any, error) {
		found, err := read(ctx, tx, n, p.On, min(p.Limit, paging.MaxLimit))
		if err != nil {
			return nil, err
		}
		if p.Lang != "" {
			text.Localize(found.Held, p.Lang)
			text.Localize(found.Unknown, p.Lang)
		}
		return Positions{found.Held, found.Unknown, PositionsMeta{found.On, found.Total, found.Truncated, meta}}, nil
	})
}
