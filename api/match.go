package api

import (
	"context"
	"net/http"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/match"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/text"

	"github.com/labstack/echo/v4"
)

// sought returns the records that a list is restricted to by a search for a name; nil if q is empty.
var sought = match.Search

// lookupParams are the parameters of a lookup.
type lookupParams struct {
	Q     string `query:"q" form:"q" validate:"max=200" example:"Токаев"`          // The typed text: a name or the beginning of one, in any spelling, script and word order.
	Limit int    `query:"limit" form:"limit" default:"10" validate:"min=1,max=50"` // Records to return at most, 1 to 50.
	Lang  string `query:"lang" form:"lang" validate:"omitempty,language"`          // Adds `<field>_text` and `<field>_lang` beside every text, in this language or the next one of the chain ru, en, kk.
}

// lookupPeople finds people by the text that a user types.
//
//	@ID				lookupPeople
//	@Summary		Find people by name while typing
//	@Description	The name may be in any spelling, script and word order, misspelled or incomplete. If no result is certain, the
//	@Description	results end with people of whose
//	@Description	name all words but one are equal, because they may have changed their surname. If more than 20 people qualify,
//	@Description	these are left out.
//	@Tags			People
//	@Param			params	query		lookupParams	false	"-"
//	@Success		200		{object}	match.PersonHits		"The best matches."
//	@Router			/v1/people/lookup [get]
func (s *server) lookupPeople(c echo.Context) error { return lookup(c, s.matcher.LookupPeople) }

// lookupOrganizations finds organizations by the text that a user types.
//
//	@ID				lookupOrganizations
//	@Summary		Find organizations by name while typing
//	@Description	The name may be in any spelling and script, misspelled or incomplete. Acronyms must be exact.
//	@Tags			Organizations
//	@Param			params	query		lookupParams		false	"-"
//	@Success		200		{object}	match.OrganizationHits	"The best matches."
//	@Router			/v1/organizations/lookup [get]
func (s *server) lookupOrganizations(c echo.Context) error {
	return lookup(c, s.matcher.LookupOrganizations)
}

func lookup[H any](c echo.Context, find func(ctx context.Context, typed string, limit int) (H, error)) error {
	var p lookupParams
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
		return err
	}
	hits, err := find(c.Request().Context(), p.Q, p.Limit)
	if err != nil {
		return err
	}
	if p.Lang == "" {
		p.Lang = acceptedLanguage(c.Request())
	}
	if p.Lang != "" {
		text.Localize(&hits, p.Lang)
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, hits)
}

// matchPeople matches names with people.
//
//	@ID			matchPeople
//	@Summary	Match names with people
//	@Tags		People
//	@Param		queries	body		match.Input		true	"The names."
//	@Success	200		{object}	match.Results	"The candidates for each name."
//	@Router		/v1/people/match [post]
func (s *server) matchPeople(c echo.Context) error { return s.match(c, match.People) }

// matchOrganizations matches names with organizations.
//
//	@ID			matchOrganizations
//	@Summary	Match names with organizations
//	@Tags		Organizations
//	@Param		queries	body		match.Input		true	"The names."
//	@Success	200		{object}	match.Results	"The candidates for each name."
//	@Router		/v1/organizations/match [post]
func (s *server) matchOrganizations(c echo.Context) error { return s.match(c, match.Organizations) }

func (s *server) match(c echo.Context, t match.RecordType) error {
	in, err := body[match.Input](c)
	if err != nil {
		return err
	}
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &struct{}{})); err != nil {
		return err
	}
	results, err := s.matcher.Match(c.Request().Context(), t, in.Queries)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, results)
}

// listPeopleDuplicates lists pairs of people that may be the same person.
//
//	@ID				listPeopleDuplicates
//	@Summary		List possible duplicates of people
//	@Description	Pairs of people with similar names, the most similar of each page first. Merge the two, or record with `POST
//	@Description	/v1/distinctions` that they are different:
//	@Description	the pair is then no longer listed. A page is computed for two seconds at most, so it can be short or empty
//	@Description	although `next_cursor` leads to more pairs.
//	@Tags			People
//	@Param			filter	query		match.DuplicateFilter	false	"-"
//	@Success		200		{object}	Page[match.PersonDuplicate]	"A page of pairs."
//	@Router			/v1/people/duplicates [get]
func (s *server) listPeopleDuplicates(c echo.Context) error {
	return listDuplicates(s, c, s.matcher.PeopleDuplicates)
}

// listOrganizationsDuplicates lists pairs of organizations that may be the same organization.
//
//	@ID				listOrganizationsDuplicates
//	@Summary		List possible duplicates of organizations
//	@Description	Pairs of organizations with similar names, the most similar of each page first. Merge the two, or record with
//	@Description	`POST /v1/distinctions` that they are
//	@Description	different: the pair is then no longer listed. A page is computed for two seconds at most, so it can be short or
//	@Description	empty although `next_cursor` leads to
//	@Description	more pairs.
//	@Tags			Organizations
//	@Param			filter	query		match.DuplicateFilter		false	"-"
//	@Success		200		{object}	Page[match.OrganizationDuplicate]	"A page of pairs."
//	@Router			/v1/organizations/duplicates [get]
func (s *server) listOrganizationsDuplicates(c echo.Context) error {
	return listDuplicates(s, c, s.matcher.OrganizationsDuplicates)
}

func listDuplicates[D any](s *server, c echo.Context, find func(context.Context, match.DuplicateFilter) (paging.Page[D], error)) error {
	var f match.DuplicateFilter
	values := c.QueryParams()
	fields := input.Bind(values, &f)
	if f.Cursor != "" {
		after, err := s.cursors.decode(f.Cursor, c.Request().URL.Path, values)
		if err != nil {
			fields = append(fields, apperr.In("cursor", "bad_cursor"))
		} else {
			f.After = after.ID
		}
	}
	if err := apperr.BadQuery(fields); err != nil {
		return err
	}
	page, err := find(c.Request().Context(), f)
	if err != nil {
		return err
	}
	if f.Lang == "" {
		f.Lang = acceptedLanguage(c.Request())
	}
	return s.list(c, &paging.Params{Lang: f.Lang}, page.Items, infoOf(page), nil)
}
