package api

import (
	"context"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

type contactResource = resource[person.ContactInput, person.Contact, person.ContactFilter]

var contacts = contactResource{
	Kind: history.Kind{Type: person.ContactType, Table: person.ContactTable, Guard: person.ContactKept},
	one:  "contact", many: "contacts",
	parent: "/v1/people/:person_id", of: "person",
	sorts: []string{"id", "updated_at"},
	input: func(r *person.Contact) *person.ContactInput { return &r.ContactInput },
	in:    contactsOf, update: person.UpdateContact,
	read: actor.PII, write: actor.All(actor.PII, actor.Write),
	notes: map[Feature]string{
		List:    "Contacts are personal data. No other response contains them.",
		Restore: "The service erases the content of deleted contacts after 30 days. Then the response is 410 `erased`.",
	},
	lacks: map[Feature]string{
		Aggregate:    "contacts are personal data of one person",
		AggregateCSV: "contacts are personal data of one person",

		Export:   "contacts are personal data",
		Import:   "contacts are personal data",
		Template: "it has no import",
		Feed:     "contacts are personal data",
	},
}

// contactsOf limits the contacts to those of the person in the path, whom the actor must be allowed to see.
func contactsOf(c echo.Context, r contactResource) (contactResource, error) {
	of, err := pathID(c, "person_id")
	if err != nil {
		return r, err
	}
	see := func(ctx context.Context, db pg.DB) error { return changes.See(ctx, db, person.Table, person.Type, of) }
	r.list = func(ctx context.Context, db pg.DB, f person.ContactFilter) (paging.Page[person.Contact], error) {
		page, err := person.ListContacts(ctx, db, of, f)
		if err == nil {
			err = see(ctx, db) // after the page was read: the person may have been deleted in between
		}
		return page, err
	}
	r.get = func(ctx context.Context, db pg.DB, id int64) (person.Contact, error) {
		if err := see(ctx, db); err != nil {
			return person.Contact{}, err
		}
		return person.GetContact(ctx, db, of, id)
	}
	r.create = func(ctx context.Context, tx pgx.Tx, in person.ContactInput) (int64, error) {
		if err := see(ctx, tx); err != nil {
			return 0, err
		}
		return person.CreateContact(ctx, tx, of, in)
	}
	r.seen = func(ctx context.Context, db pg.DB, id int64) error {
		if err := see(ctx, db); err != nil {
			return err
		}
		return person.HadContact(ctx, db, of, id)
	}
	return r, nil
}
