package api

import (
	"context"

	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"

	"github.com/labstack/echo/v4"
)

// PersonPage is a page of people.
type PersonPage = Page[Person] //	@name	PersonPage

// listPeople answers a page of people.
//
//	@ID			listPeople
//	@Summary	List people
//	@Tags		People
//	@x-sort		["name", "updated_at"]
//	@Param		filter	query		personQuery	false	"-"
//	@Success	200		{object}	PersonPage		"A page of people."
//	@Router		/v1/people [get]
func (s *server) listPeople(c echo.Context) error {
	return listOf(s, c, func(ctx context.Context, db pg.DB, q personQuery) (paging.Page[Person], error) {
		found, err := sought(ctx, s.people, q.Q)
		if err != nil {
			return paging.Page[Person]{}, err
		}
		q.Found = found
		page, err := person.List(ctx, db, q.Filter)
		return pageWith(ctx, db, page, err, q.Include, withPeople)
	})
}

// getPerson answers one person.
//
//	@ID			getPerson
//	@Summary	Get a person
//	@Tags		People
//	@Param		id		path		int			true	"The person."
//	@Param		params	query		personParams	false	"-"
//	@Success	200		{object}	Person	"The person."
//	@Router		/v1/people/{id} [get]
func (s *server) getPerson(c echo.Context) error {
	var p personParams
	return itemWith(s, c, &p, &p.itemParams, getWith(&p.itemParams, &p.Include, person.Get, withPeople))
}

// createPerson makes a person.
//
//	@ID				createPerson
//	@Summary		Create a person
//	@Description	A name that is most likely another spelling of one that is there is refused with 409 and the candidates, unless
//	@Description	`allow_duplicate=true`: then it is kept that they are not the same.
//	@Tags			People
//	@Param			params	query		duplicateParams		false	"-"
//	@Param			person	body		person.Input	true	"The person."
//	@Success		201		{object}	person.Person	"The new person."
//	@Router			/v1/people [post]
func (s *server) createPerson(c echo.Context) error {
	return createDistinct(s, c, person.Type, s.people, person.Distinct, person.Create, person.Get)
}

// patchPerson changes a person.
//
//	@ID			patchPerson
//	@Summary	Change a person
//	@Tags		People
//	@Param		id		path		int				true	"The person."
//	@Param		params	query		writeParams		false	"-"
//	@Param		patch	body		person.Input	true	"What changes."
//	@Success	200		{object}	person.Person	"The person as it is now."
//	@Router		/v1/people/{id} [patch]
func (s *server) patchPerson(c echo.Context) error {
	return patchOf(s, c, person.Table, person.Type, person.Get, func(r *person.Person) *person.Input { return &r.Input }, person.Update)
}

// deletePerson deletes a person.
//
//	@ID				deletePerson
//	@Summary		Delete a person
//	@Description	Refused with 409 while other records refer to the person.
//	@Tags			People
//	@Param			id		path	int			true	"The person."
//	@Param			params	query	writeParams	false	"-"
//	@Success		204		"The person is gone, or would be after a dry run."
//	@Router			/v1/people/{id} [delete]
func (s *server) deletePerson(c echo.Context) error {
	return deleteOf(s, c, person.Table, person.Type, person.Get)
}
