package api

import (
	"context"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// ContactPage is a page of contacts.
type ContactPage = Page[person.Contact] //	@name	ContactPage

// contacts are the functions of the contacts of the person in the path.
type contacts struct{ person int64 }

func contactsOf(c echo.Context) (contacts, error) {
	n, err := pathID(c, "person_id")
	return contacts{n}, err
}

func (o contacts) see(ctx context.Context, db pg.DB) error {
	return changes.See(ctx, db, person.Table, person.Type, o.person)
}

func (o contacts) list(ctx context.Context, db pg.DB, f person.ContactFilter) (paging.Page[person.Contact], error) {
	page, err := person.ListContacts(ctx, db, o.person, f)
	if err == nil {
		err = o.see(ctx, db) // after the state of the page was read: a person who is gone since is none
	}
	return page, err
}

func (o contacts) get(ctx context.Context, db pg.DB, id int64) (person.Contact, error) {
	if err := o.see(ctx, db); err != nil {
		return person.Contact{}, err
	}
	return person.GetContact(ctx, db, o.person, id)
}

func (o contacts) create(ctx context.Context, tx pgx.Tx, in person.ContactInput) (int64, error) {
	if err := o.see(ctx, tx); err != nil {
		return 0, err
	}
	return person.CreateContact(ctx, tx, o.person, in)
}

// listContacts answers a page of the contacts of a person.
//
//	@ID				listContacts
//	@Summary		List contacts of a person
//	@Description	Personal data: no other answer holds them.
//	@Tags			People
//	@x-sort			["id", "updated_at"]
//	@Param			person_id	path		int						true	"The person."
//	@Param			filter		query		person.ContactFilter	false	"-"
//	@Success		200			{object}	ContactPage				"A page of contacts."
//	@Router			/v1/people/{person_id}/contacts [get]
func (s *server) listContacts(c echo.Context) error {
	of, err := contactsOf(c)
	if err != nil {
		return err
	}
	return listOf(s, c, of.list)
}

// getContact answers one contact.
//
//	@ID			getContact
//	@Summary	Get a contact of a person
//	@Tags		People
//	@Param		person_id	path		int				true	"The person."
//	@Param		id			path		int				true	"The contact."
//	@Param		params		query		itemParams		false	"-"
//	@Success	200			{object}	person.Contact	"The contact."
//	@Router		/v1/people/{person_id}/contacts/{id} [get]
func (s *server) getContact(c echo.Context) error {
	of, err := contactsOf(c)
	if err != nil {
		return err
	}
	return itemOf(s, c, of.get)
}

// createContact makes a contact.
//
//	@ID			createContact
//	@Summary	Create a contact of a person
//	@Tags		People
//	@Param		person_id	path		int					true	"The person."
//	@Param		params		query		writeParams			false	"-"
//	@Param		contact		body		person.ContactInput	true	"The contact."
//	@Success	201			{object}	person.Contact		"The new contact."
//	@Router		/v1/people/{person_id}/contacts [post]
func (s *server) createContact(c echo.Context) error {
	of, err := contactsOf(c)
	if err != nil {
		return err
	}
	return createOf(s, c, of.create, of.get)
}

// patchContact changes a contact.
//
//	@ID			patchContact
//	@Summary	Change a contact of a person
//	@Tags		People
//	@Param		person_id	path		int					true	"The person."
//	@Param		id			path		int					true	"The contact."
//	@Param		params		query		writeParams			false	"-"
//	@Param		patch		body		person.ContactInput	true	"What changes."
//	@Success	200			{object}	person.Contact		"The contact as it is now."
//	@Router		/v1/people/{person_id}/contacts/{id} [patch]
func (s *server) patchContact(c echo.Context) error {
	of, err := contactsOf(c)
	if err != nil {
		return err
	}
	return patchOf(s, c, person.ContactTable, person.ContactType, of.get, func(r *person.Contact) *person.ContactInput { return &r.ContactInput }, person.UpdateContact)
}

// deleteContact deletes a contact.
//
//	@ID			deleteContact
//	@Summary	Delete a contact of a person
//	@Tags		People
//	@Param		person_id	path	int			true	"The person."
//	@Param		id			path	int			true	"The contact."
//	@Param		params		query	writeParams	false	"-"
//	@Success	204			"The contact is gone, or would be after a dry run."
//	@Router		/v1/people/{person_id}/contacts/{id} [delete]
func (s *server) deleteContact(c echo.Context) error {
	of, err := contactsOf(c)
	if err != nil {
		return err
	}
	return deleteOf(s, c, person.ContactTable, person.ContactType, of.get)
}

// historyContact answers the changes of a contact.
//
//	@ID			getContactHistory
//	@Summary	The history of a contact
//	@Tags		People
//	@x-sort		["-changed_at"]
//	@Param		person_id	path		int				true	"The person."
//	@Param		id			path		int				true	"The contact."
//	@Param		filter		query		historyQuery	false	"-"
//	@Success	200			{object}	RevisionPage	"A page of changes, the newest first."
//	@Router		/v1/people/{person_id}/contacts/{id}/history [get]
func (s *server) historyContact(c echo.Context) error {
	of, err := contactsOf(c)
	if err != nil {
		return err
	}
	return historyWith(s, c, person.ContactType, of.seeHistory)
}

// seeHistory is apperr.NotFound unless the contact is, or was, one of the person, whom the actor may see.
func (o contacts) seeHistory(ctx context.Context, db pg.DB, id int64) error {
	if err := o.see(ctx, db); err != nil {
		return err
	}
	var theirs bool
	err := db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM changes WHERE type = @type AND id = @id AND (coalesce(after, before) ->> 'person_id')::bigint = @person)`,
		pg.Args{"type": person.ContactType, "id": id, "person": o.person}).Scan(&theirs)
	if err == nil && !theirs {
		err = apperr.New(apperr.NotFound, "not_found")
	}
	return pg.Error(err)
}
