package api

import (
	"context"

	"roundtables.kz/registry/internal/aggregate"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/profile"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// PersonProfile is the response with the profile of a person.
//
//	@Description	Everything about a person on one page.
type PersonProfile struct {
	profile.OfPerson
	Meta ViewMeta `json:"meta"`
} //	@name	PersonProfile

// OrganizationProfile is the response with the profile of an organization.
//
//	@Description	Everything about an organization on one page.
type OrganizationProfile struct {
	profile.OfOrganization
	Meta ViewMeta `json:"meta"`
} //	@name	OrganizationProfile

type profileParams struct{ viewParams }

type organizationProfileParams struct {
	Parts bool `query:"parts" form:"parts"` // Whether the profile also covers the parts of the organization, and their parts.
	viewParams
}

// getPersonProfile returns the profile of a person.
//
//	@ID				getPersonProfile
//	@Summary		Get the profile of a person
//	@Description	Returns everything about a person in one response: the record, the positions, the round tables by year and by topic, the
//	@Description	roles, the people at most of the same round tables, the newest statements, and the names in the sources. The charts have the
//	@Description	shape of an aggregate: each group links to the list of its records.
//	@Description
//	@Description	A round table counts if the person is one of its attendees or is quoted there. `appeared_with` counts only round tables that both
//	@Description	attended, as in `/v1/stats/network`. A position without a known end is `current` until a year after `confirmed_on`; then it moves
//	@Description	to `unknown_positions`.
//	@Tags			People
//	@x-view			true
//	@Param			id		path		int				true	"The person."
//	@Param			params	query		profileParams	false	"-"
//	@Success		200		{object}	PersonProfile	"The profile."
//	@Router			/v1/people/{id}/profile [get]
func (s *server) getPersonProfile(c echo.Context) error {
	var p profileParams
	return s.sendProfile(c, &p, &p.viewParams, func(ctx context.Context, tx pgx.Tx, id int64, r profile.Request, meta ViewMeta) (any, *profile.Page, error) {
		found, err := profile.Person(ctx, tx, id, r)
		view := &PersonProfile{found, meta}
		return view, &view.Page, err
	})
}

// getOrganizationProfile returns the profile of an organization.
//
//	@ID				getOrganizationProfile
//	@Summary		Get the profile of an organization
//	@Description	Returns everything about an organization in one response: the record, who held which position, the round tables by year and by
//	@Description	topic, the roles of its people, the organizations at most of the same round tables, the newest statements, and the names in the
//	@Description	sources. The charts have the shape of an aggregate: each group links to the list of its records.
//	@Description
//	@Description	A round table counts if the organization organized or attended it, or if an attendee held a position there. `parts=true` adds
//	@Description	what belongs to its parts. A position without a known end is `current` until a year after `confirmed_on`; then it moves to
//	@Description	`unknown_positions`.
//	@Tags			Organizations
//	@x-view			true
//	@Param			id		path		int							true	"The organization."
//	@Param			params	query		organizationProfileParams	false	"-"
//	@Success		200		{object}	OrganizationProfile			"The profile."
//	@Router			/v1/organizations/{id}/profile [get]
func (s *server) getOrganizationProfile(c echo.Context) error {
	var p organizationProfileParams
	return s.sendProfile(c, &p, &p.viewParams, func(ctx context.Context, tx pgx.Tx, id int64, r profile.Request, meta ViewMeta) (any, *profile.Page, error) {
		found, err := profile.Organization(ctx, tx, id, p.Parts, r)
		view := &OrganizationProfile{found, meta}
		return view, &view.Page, err
	})
}

// readProfile reads a profile. It returns the response, and its page.
type readProfile func(ctx context.Context, tx pgx.Tx, id int64, r profile.Request, meta ViewMeta) (any, *profile.Page, error)

// sendProfile binds the parameters and sends a profile. common are those that every view has.
func (s *server) sendProfile(c echo.Context, params any, common *viewParams, read readProfile) error {
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), params)); err != nil {
		return err
	}
	n, err := id(c)
	if err != nil {
		return err
	}
	request := profile.Request{BaseURL: s.config.PublicBaseURL, Lang: common.Lang, Timeout: s.config.AggregateTimeout}
	return s.sendHeavyView(c, func(ctx context.Context, tx pgx.Tx, meta ViewMeta) (any, error) {
		view, page, err := read(ctx, tx, n, request, meta)
		if err != nil {
			return nil, err
		}
		page.Each(func(chart *aggregate.Result) { chart.Meta.Cursor, chart.Meta.License = meta.Cursor, meta.License })
		if common.Lang != "" {
			text.Localize(view, common.Lang)
		}
		return view, nil
	})
}
